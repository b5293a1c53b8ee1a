//! The schema's steps, the options of an address by their edges, and what the mark says of one loss after another.
#![expect(clippy::unwrap_used, reason = "tests")]

mod bench;

use std::{fs, path::PathBuf, sync::Arc};

use banto_sqlite::{Options, Read, SCHEMA, Sqlite, Store, Synchronous, rusqlite::Connection};
use banto_store::{Fault, StoreError};
use bench::{Bench, claim, jobs, sound};

fn opened(bench: &Bench) -> Result<Sqlite, StoreError> {
    Sqlite::open_with(bench.options(), Arc::new(bench.clock.clone()))
}

fn read(options: &str) -> Result<Options, StoreError> {
    format!("sqlite://a.db{options}").parse()
}

#[test]
fn each_option_is_read_up_to_its_edge_and_refused_beyond() {
    let reserve = [
        ("0", Some(0)),
        ("1", Some(1)),
        ("4k", Some(4 << 10)),
        ("3m", Some(3 << 20)),
        ("1024g", Some(1 << 40)),
        ("1099511627776", Some(1 << 40)),
        ("1025g", None),
        ("1099511627777", None),
        ("18446744073709551616", None),
        ("17592186044416m", None),
        ("k", None),
        ("1kk", None),
        ("1K", None),
        ("1 k", None),
        ("-1", None),
        ("0x10", None),
        ("1.5m", None),
        ("١k", None),
    ];
    for (text, bytes) in reserve {
        assert_eq!(read(&format!("?reserve={text}")).ok().map(|options| options.reserve_bytes), bytes, "{text}");
    }
    for (text, ms) in [("0", Some(0)), ("3600000", Some(3_600_000)), ("3600001", None), ("", None), ("5s", None)] {
        assert_eq!(read(&format!("?busy_ms={text}")).ok().map(|options| options.busy_ms), ms, "{text}");
    }
    for (text, readers) in [("1", Some(1)), ("64", Some(64)), ("65", None), ("0", None), ("-1", None)] {
        assert_eq!(read(&format!("?readers={text}")).ok().map(|options| options.readers), readers, "{text}");
    }
    let modes =
        [("full", Some(Synchronous::Full)), ("normal", Some(Synchronous::Normal)), ("FULL", None), ("extra", None)];
    for (text, mode) in modes {
        assert_eq!(read(&format!("?synchronous={text}")).ok().map(|options| options.synchronous), mode, "{text}");
    }
}

#[test]
fn options_are_read_in_order_and_odd_ends_are_forgiven() {
    for nothing in ["", "?", "?&", "?&&"] {
        assert_eq!(read(nothing).unwrap(), Options::of("a.db"), "{nothing}");
    }
    let last = read("?busy_ms=1&&busy_ms=2&").unwrap();
    assert_eq!(last, Options { busy_ms: 2, ..Options::of("a.db") });
    for bad in ["?busy_ms=1&x=2", "?busy_ms", "?=1", "?busy_ms=1?readers=2", "?migrate=false", "?path=b.db"] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_path_is_taken_as_it_is() {
    let paths = [
        ("sqlite://a b/ü.db", "a b/ü.db"),
        ("sqlite:a.db", "a.db"),
        ("sqlite:/a.db", "/a.db"),
        ("./a:b.db", "./a:b.db"),
        ("/x/a:b.db", "/x/a:b.db"),
        ("a%20b.db", "a%20b.db"),
        ("sqlite.db", "sqlite.db"),
        ("memory.db", "memory.db"),
    ];
    for (address, path) in paths {
        let options: Options = address.parse().unwrap_or_else(|error| panic!("{address}: {error}"));
        assert_eq!(options.path, PathBuf::from(path), "{address}");
    }
    for bad in [
        "sqlite://?busy_ms=1",
        "sqlite://:memory:?x",
        "file:a.db",
        "C:\\a.db",
        "sqlite://mysql://h/a",
        "redis://h",
        "//h:1",
        "://x",
    ] {
        let error = bad.parse::<Options>().err();
        assert!(error.is_none_or(|error| *error.fault() == Fault::Config), "{bad}");
    }
    for bad in ["sqlite://?busy_ms=1", "sqlite://:memory:?x", "file:a.db", "C:\\a.db", "redis://h"] {
        assert!(bad.parse::<Options>().is_err(), "{bad}");
    }
}

#[test]
fn a_refused_option_is_shown_without_what_could_harm_a_terminal() {
    for bad in ["?\u{1b}[2J=1", "?reserve=\u{1b}[2J", "?readers=\u{202e}9"] {
        let error = read(bad).unwrap_err().to_string();
        assert!(!error.chars().any(banto_core::text::hides) && error.contains("allowed are synchronous"), "{error}");
    }
}

/// Every text that could stand where the version is.
#[test]
fn a_version_is_this_builds_a_newer_ones_or_damage() {
    let (this, newer) = (SCHEMA.to_string(), (SCHEMA + 1).to_string());
    let versions = [
        (this.as_str(), None),
        (newer.as_str(), Some(Fault::Newer)),
        ("18446744073709551615", Some(Fault::Newer)),
        ("0", Some(Fault::Damaged)),
        ("-1", Some(Fault::Damaged)),
        ("", Some(Fault::Damaged)),
        ("1 ", Some(Fault::Damaged)),
        ("1.0", Some(Fault::Damaged)),
        ("18446744073709551616", Some(Fault::Damaged)),
    ];
    for (text, fault) in versions {
        let bench = Bench::new();
        drop(bench.open());
        bench.tool().execute("UPDATE banto_meta SET value = ?1 WHERE name = 'schema'", [text]).unwrap();
        let before = fs::read(bench.path()).unwrap();
        for migrate in [true, false] {
            let options = Options { migrate, ..bench.options() };
            let found = Sqlite::open_with(options, Arc::new(bench.clock.clone())).err();
            assert_eq!(found.map(|error| error.fault().clone()), fault, "{text:?}");
        }
        if fault.is_some() {
            assert_eq!(fs::read(bench.path()).unwrap(), before, "{text:?}: what is refused is left as it is");
        }
    }
    let bench = Bench::new();
    drop(bench.open());
    bench.tool().execute("DELETE FROM banto_meta WHERE name = 'schema'", []).unwrap();
    assert_eq!(*opened(&bench).unwrap_err().fault(), Fault::Damaged, "a half is no store");
}

/// A step is one transaction: whatever stops it in its middle, nothing of it stays, and the next opening begins anew.
#[tokio::test]
async fn a_step_that_fails_halfway_leaves_the_file_as_it_was() {
    for (late, before) in
        [("banto_pause", 0), ("banto_tally", 0), ("banto_key", 0), ("banto_fire", 1), ("banto_halt", 1)]
    {
        let bench = Bench::new();
        let tables = |bench: &Bench| bench.number("SELECT count(*) FROM sqlite_master");
        bench.tool().execute_batch(&format!("CREATE TABLE {late} (mine)")).unwrap();
        let error = opened(&bench).unwrap_err();
        assert!(error.to_string().contains("migrate the store") && error.to_string().contains(late), "{error}");
        if before == 0 {
            assert_eq!(tables(&bench), 1, "{late}");
        }
        bench.tool().execute_batch(&format!("DROP TABLE {late}")).unwrap();
        let store = opened(&bench).unwrap();
        assert_eq!((store.migrated().from, store.migrated().to), (before, SCHEMA));
        store.enqueue(jobs(2).into()).await.unwrap();
        sound(&store).await;
    }
}

#[test]
fn a_migration_waits_for_anothers_lock_and_then_says_so() {
    let bench = Bench::new();
    let tool = bench.tool();
    tool.execute_batch("CREATE TABLE mine (x); PRAGMA journal_mode = WAL; BEGIN IMMEDIATE").unwrap();
    let error = opened(&bench).unwrap_err();
    assert!(*error.fault() == Fault::Busy && error.again(), "{error}");
    tool.execute_batch("COMMIT").unwrap();
    assert_eq!(opened(&bench).unwrap().migrated().from, 0);
}

fn back(bench: &Bench) -> String {
    format!("{}.bak", bench.path().display())
}

/// A second loss before anybody has seen the first: both must be told.
#[tokio::test]
async fn a_second_loss_does_not_hide_the_first() {
    let bench = Bench::new();
    let store = bench.open();
    store.enqueue(jobs(5).into()).await.unwrap();
    bench.tool().execute("VACUUM INTO ?1", [back(&bench)]).unwrap();
    store.enqueue(jobs(7).into()).await.unwrap();
    drop(store);
    fs::rename(back(&bench), bench.path()).unwrap();
    let store = bench.open();
    bench.tool().execute("VACUUM INTO ?1", [back(&bench)]).unwrap();
    // The second time no job is missing, only what an operator ordered.
    let order = banto_store::Order::Pause { queue: bench::name("mail"), reason: "r".into(), until: None };
    store.steer(banto_store::Steer { order, by: "ann".into(), preview: false }).await.unwrap();
    drop(store);
    fs::rename(back(&bench), bench.path()).unwrap();
    let store = bench.open();
    let notices = store.about().notices.join("\n");
    assert!(notices.contains("7 accepted jobs are missing"), "{notices}");
    assert!(notices.contains("0 accepted jobs are missing"), "{notices}");
    assert_eq!(store.tally().await.unwrap().lost, 7);
    store.acknowledge_loss().await.unwrap();
    assert_eq!(store.about().notices, Vec::<String>::new());
    drop(store);
    let store = bench.open();
    assert_eq!(store.about().notices, Vec::<String>::new());
    sound(&store).await;
}

#[tokio::test]
async fn jobs_that_are_missing_are_counted_however_many_commits_came_since() {
    let bench = Bench::new();
    let store = bench.open();
    store.enqueue(jobs(5).into()).await.unwrap();
    drop(store);
    // As if another copy had gone its own way for longer, with fewer jobs.
    let other = "DELETE FROM banto_ready; DELETE FROM banto_job; DELETE FROM banto_count;
        UPDATE banto_tally SET accepted = 0, commits = commits + 100";
    bench.tool().execute_batch(other).unwrap();
    let store = bench.open();
    let tally = store.tally().await.unwrap();
    assert_eq!((tally.accepted, tally.lost), (5, 5));
    let notices = store.about().notices;
    assert!(notices.len() == 1 && notices[0].contains("0 commits behind"), "{notices:?}");
    sound(&store).await;
}

#[tokio::test]
async fn a_mark_that_cannot_be_written_is_said_and_stops_nobody() {
    let bench = Bench::new();
    let mark = PathBuf::from(format!("{}-mark", bench.path().display()));
    fs::create_dir(&mark).unwrap();
    let store = bench.open();
    let notices = store.about().notices;
    assert!(notices.len() == 1 && notices[0].contains("cannot be opened"), "{notices:?}");
    store.enqueue(jobs(2).into()).await.unwrap();
    assert_eq!(store.tally().await.unwrap().accepted, 2);
    drop(store);
    fs::remove_dir(&mark).unwrap();
    assert!(bench.open().about().notices[0].contains("is missing"));
    assert_eq!(bench.open().about().notices, Vec::<String>::new());
}

/// Whoever commits on a connection of the application's own moves the store past its mark, which is no loss.
#[tokio::test]
async fn a_store_that_is_ahead_of_its_mark_has_lost_nothing() {
    let bench = Bench::new();
    let store = bench.open();
    store.enqueue(jobs(1).into()).await.unwrap();
    let mut tool = bench.tool();
    let tx = tool.transaction().unwrap();
    store.enqueue_in(&tx, &jobs(3)).unwrap();
    tx.commit().unwrap();
    drop(store);
    for _ in 0..2 {
        let store = bench.open();
        assert_eq!((store.about().notices, store.tally().await.unwrap().lost), (Vec::new(), 0));
    }
    assert_eq!(
        Connection::open(bench.path()).unwrap().query_row("SELECT accepted FROM banto_tally", [], |row| row.get(0)),
        Ok(4)
    );
}

/// A file as the build before left it.
fn made_older(bench: &Bench) {
    for table in ["banto_service", "banto_schedule", "banto_halt", "banto_fire", "banto_fire_last"] {
        bench.tool().execute_batch(&format!("DROP TABLE {table}")).unwrap();
    }
    bench.tool().execute("UPDATE banto_meta SET value = '1' WHERE name = 'schema'", []).unwrap();
}

#[tokio::test]
async fn a_store_of_the_build_before_is_brought_up_with_its_jobs() {
    let bench = Bench::new();
    bench.open().enqueue(jobs(3).into()).await.unwrap();
    made_older(&bench);
    let options = Options { migrate: false, ..bench.options() };
    let error = Sqlite::open_with(options, Arc::new(bench.clock.clone())).unwrap_err();
    assert!(error.to_string().contains("run `migrate` first"), "{error}");
    let store = bench.open();
    assert_eq!((store.migrated().from, store.migrated().to), (1, SCHEMA));
    assert_eq!(store.tally().await.unwrap().accepted, 3);
    assert_eq!(claim(&store, 5).await.jobs.len(), 3);
    assert!(store.schedules().await.unwrap().schedules.is_empty());
    sound(&store).await;
}
