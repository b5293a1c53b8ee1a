//! Opening: addresses, what is refused, the schema's steps, lost rows, other people's locks.
#![expect(clippy::unwrap_used, reason = "tests")]

mod bench;

use std::{fs, os::unix::fs::PermissionsExt, sync::Arc};

use banto_sqlite::{Options, Read, SCHEMA, Sqlite, Store, Synchronous};
use banto_store::{Fault, StoreError};
use bench::{Bench, claim, done, jobs, sound};

fn refused(address: &str) -> StoreError {
    Sqlite::open(address, Arc::new(banto_store::GivenClock::at(0))).unwrap_err()
}

#[test]
fn an_address_says_where_and_how() {
    let plain: Options = "some/where.db".parse().unwrap();
    assert_eq!(plain, Options::of("some/where.db"));
    let all: Options = "sqlite:///a/b.db?synchronous=normal&busy_ms=7&reserve=2m&readers=3".parse().unwrap();
    assert_eq!(all.path.to_str(), Some("/a/b.db"));
    assert_eq!((all.synchronous, all.busy_ms, all.reserve_bytes, all.readers), (Synchronous::Normal, 7, 2 << 20, 3));
    let odd: Options = "odd?name.db".parse().unwrap();
    assert_eq!(odd.path.to_str(), Some("odd?name.db"), "a plain path has no options");
}

#[test]
fn what_is_not_known_is_refused_with_what_is() {
    for bad in ["synchronous=off", "sync=full", "readers=0", "reserve=1t", "busy_ms=-1", "reserve=", "x"] {
        let error = format!("sqlite://a.db?{bad}").parse::<Options>().unwrap_err();
        assert_eq!(*error.fault(), Fault::Config);
        assert!(error.to_string().contains("synchronous=full|normal"), "{error}");
    }
    for bad in ["", "sqlite://", ":memory:", "sqlite://:memory:", "postgres://x"] {
        assert!(bad.parse::<Options>().unwrap_err().to_string().contains("a file is wanted"), "{bad}");
    }
}

#[test]
fn a_missing_folder_a_folder_and_a_file_of_something_else_are_refused() {
    let bench = Bench::new();
    let under = |name: &str| bench.folder.path().join(name).display().to_string();
    assert!(refused(&under("no/such/banto.db")).to_string().contains("there is no folder"));
    assert!(refused(&under("")).to_string().contains("it is a folder"));
    fs::write(under("photo.db"), vec![7; 5_000]).unwrap();
    let error = refused(&under("photo.db"));
    assert_eq!(*error.fault(), Fault::Damaged, "{error}");
}

#[test]
fn files_are_their_owners_only() {
    let bench = Bench::new();
    let options = Options { reserve_bytes: 65_536, ..bench.options() };
    let _store = Sqlite::open_with(options, Arc::new(bench.clock.clone())).unwrap();
    let made: Vec<_> = fs::read_dir(bench.folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(made.len() >= 5, "{made:?}");
    for path in made {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "{path:?}");
    }
}

#[test]
fn a_weaker_mode_is_shown() {
    let bench = Bench::new();
    assert_eq!(bench.open().about().durability, "process crash and power loss");
    let options = Options { synchronous: Synchronous::Normal, ..bench.options() };
    let about = Sqlite::open_with(options, Arc::new(bench.clock.clone())).unwrap().about();
    assert!(about.durability.contains("not power loss"), "{about:?}");
    assert!(about.notices.iter().any(|notice| notice.contains("synchronous=normal")), "{about:?}");
}

#[test]
fn a_schema_is_made_once_and_the_applications_version_is_left_alone() {
    let bench = Bench::new();
    bench.tool().execute_batch("PRAGMA user_version = 42; CREATE TABLE mine (x)").unwrap();
    let first = bench.open().migrated();
    let second = bench.open().migrated();
    assert_eq!((first.from, first.to, second.from, second.to), (0, SCHEMA, SCHEMA, SCHEMA));
    assert_eq!(bench.number("PRAGMA user_version"), 42);
}

#[test]
fn those_that_open_migrate_and_close_at_once_take_turns() {
    // One round in twelve met a lock that SQLite does not wait for.
    for _ in 0..10 {
        let bench = Arc::new(Bench::new());
        let open = |bench: Arc<Bench>| move || bench.open().migrated();
        let all: Vec<_> = (0..8).map(|_| std::thread::spawn(open(bench.clone()))).collect();
        let all: Vec<_> = all.into_iter().map(|one| one.join().unwrap()).collect();
        assert!(all.iter().all(|migrated| migrated.to == SCHEMA), "{all:?}");
        assert_eq!(bench.number("SELECT count(*) FROM banto_tally"), 1);
    }
}

/// Eight that open at once all said once that they had made the schema.
#[test]
fn of_those_that_migrate_at_once_one_alone_says_that_it_made_the_schema() {
    for _ in 0..10 {
        let bench = Arc::new(Bench::new());
        let start = Arc::new(std::sync::Barrier::new(8));
        let open = |bench: Arc<Bench>, start: Arc<std::sync::Barrier>| {
            move || {
                start.wait();
                let store = bench.open();
                (store.migrated(), store.about().notices)
            }
        };
        let all: Vec<_> = (0..8).map(|_| std::thread::spawn(open(bench.clone(), start.clone()))).collect();
        let all: Vec<_> = all.into_iter().map(|one| one.join().unwrap()).collect();
        assert_eq!(all.iter().filter(|(migrated, _)| migrated.from == 0).count(), 1, "{all:?}");
        assert!(all.iter().all(|(_, notices)| notices.is_empty()), "no one misses a mark that is being made: {all:?}");
    }
}

#[test]
fn a_newer_schema_is_refused_by_both_numbers() {
    let bench = Bench::new();
    drop(bench.open());
    bench.tool().execute("UPDATE banto_meta SET value = '99' WHERE name = 'schema'", []).unwrap();
    let error = Sqlite::open_with(bench.options(), Arc::new(bench.clock.clone())).unwrap_err();
    assert_eq!(*error.fault(), Fault::Newer);
    assert!(
        error.to_string().contains("version 99") && error.to_string().contains(&format!("up to {SCHEMA}")),
        "{error}"
    );
    bench.tool().execute("UPDATE banto_meta SET value = 'x' WHERE name = 'schema'", []).unwrap();
    let error = Sqlite::open_with(bench.options(), Arc::new(bench.clock.clone())).unwrap_err();
    assert_eq!(*error.fault(), Fault::Damaged);
}

#[tokio::test]
async fn whoever_closes_the_store_does_not_wait_for_somebody_elses_lock() {
    let bench = Bench::new();
    let options = Options { busy_ms: 3_600_000, ..bench.options() };
    let store = Sqlite::open_with(options, Arc::new(bench.clock.clone())).unwrap();
    let tool = bench.tool();
    tool.execute_batch("BEGIN IMMEDIATE").unwrap();
    let given_up = tokio::time::timeout(std::time::Duration::ZERO, store.enqueue(jobs(1).into())).await;
    assert!(given_up.is_err(), "the lock is held");
    drop(store);
    tool.execute_batch("ROLLBACK").unwrap();
    assert_eq!(bench.number("SELECT count(*) FROM banto_job"), 0);
}

#[tokio::test]
async fn somebody_elses_lock_is_waited_for_then_refused_and_nothing_is_lost() {
    let bench = Bench::new();
    let store = bench.open();
    store.enqueue(jobs(1).into()).await.unwrap();
    let tool = bench.tool();
    tool.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let error = store.enqueue(jobs(1).into()).await.unwrap_err();
    assert_eq!(*error.fault(), Fault::Busy, "{error}");
    assert!(error.again() && error.to_string().contains("write lock"), "{error}");
    assert!(store.tally().await.is_ok(), "readers go on");
    tool.execute_batch("COMMIT").unwrap();
    store.enqueue(jobs(1).into()).await.unwrap();
    assert_eq!(store.tally().await.unwrap().accepted, 2);
    sound(&store).await;
}

#[tokio::test]
async fn a_backup_that_is_put_back_is_noticed_counted_and_said_until_acknowledged() {
    let bench = Bench::new();
    let store = bench.open();
    store.enqueue(jobs(5).into()).await.unwrap();
    bench.tool().execute("VACUUM INTO ?1", [format!("{}.bak", bench.path().display())]).unwrap();
    store.enqueue(jobs(7).into()).await.unwrap();
    drop(store);
    fs::rename(format!("{}.bak", bench.path().display()), bench.path()).unwrap();
    for _ in 0..2 {
        let store = bench.open();
        assert_eq!(store.tally().await.unwrap().lost, 7, "counted once, however often it is opened");
        let notices = store.about().notices;
        assert!(notices.iter().any(|notice| notice.contains("7 accepted jobs are missing")), "{notices:?}");
        sound(&store).await;
    }
    let store = bench.open();
    store.acknowledge_loss().await.unwrap();
    assert_eq!(store.about().notices, Vec::<String>::new());
    store.enqueue(jobs(1).into()).await.unwrap();
    drop(store);
    let store = bench.open();
    assert_eq!((store.about().notices, store.tally().await.unwrap().lost), (Vec::new(), 7));
}

#[tokio::test]
async fn a_file_that_was_emptied_or_deleted_is_noticed_by_the_mark_it_left() {
    type Loss = fn(&std::path::Path) -> std::io::Result<()>;
    let losses: [Loss; 2] = [|path| fs::remove_file(path), |path| fs::write(path, "")];
    for gone in losses {
        let bench = Bench::new();
        let store = bench.open();
        store.enqueue(jobs(5).into()).await.unwrap();
        drop(store);
        gone(&bench.path()).unwrap();
        for _ in 0..2 {
            let store = bench.open();
            assert_eq!(store.tally().await.unwrap().lost, 5, "counted once, however often it is opened");
            let notices = store.about().notices;
            assert!(notices.iter().any(|notice| notice.contains("5 accepted jobs are missing")), "{notices:?}");
            sound(&store).await;
        }
        bench.open().acknowledge_loss().await.unwrap();
        assert_eq!(bench.open().about().notices, Vec::<String>::new());
    }
}

#[test]
fn what_is_no_ordinary_file_is_refused() {
    let refused = Sqlite::open("/dev/null", Arc::new(Bench::new().clock.clone())).unwrap_err();
    assert_eq!(*refused.fault(), Fault::Config);
    assert!(refused.to_string().contains("a device, a pipe or a socket"), "{refused}");
}

#[tokio::test]
async fn lost_finishes_are_noticed_though_no_job_is_missing() {
    let bench = Bench::new();
    let store = bench.open();
    store.enqueue(jobs(2).into()).await.unwrap();
    bench.tool().execute("VACUUM INTO ?1", [format!("{}.bak", bench.path().display())]).unwrap();
    let running = claim(&store, 2).await.jobs;
    store.finish(running.iter().map(done).collect()).await.unwrap();
    drop(store);
    fs::rename(format!("{}.bak", bench.path().display()), bench.path()).unwrap();
    let store = bench.open();
    assert_eq!(store.tally().await.unwrap().lost, 0);
    let notices = store.about().notices;
    assert!(notices.iter().any(|notice| notice.contains("2 commits behind")), "{notices:?}");
}

#[tokio::test]
async fn a_log_that_was_cut_off_is_noticed() {
    let bench = Bench::new();
    let store = bench.open();
    let side = |path: &std::path::Path, end: &str| std::path::PathBuf::from(format!("{}{end}", path.display()));
    store.enqueue(jobs(5).into()).await.unwrap();
    let whole = fs::metadata(side(&bench.path(), "-wal")).unwrap().len();
    store.enqueue(jobs(5).into()).await.unwrap();
    // What a crash would leave: the file, the log (cut off in the middle of the last commit) and the mark.
    let other = Bench::new();
    for end in ["", "-wal", "-mark"] {
        fs::copy(side(&bench.path(), end), side(&other.path(), end)).unwrap();
    }
    let cut = fs::OpenOptions::new().write(true).open(side(&other.path(), "-wal")).unwrap();
    cut.set_len(whole + 2_000).unwrap();
    let found = other.open();
    assert_eq!(found.tally().await.unwrap().lost, 5);
    sound(&found).await;
}

#[tokio::test]
async fn a_mark_that_is_missing_damaged_or_anothers_is_said_once_and_made_anew() {
    let bench = Bench::new();
    let store = bench.open();
    store.enqueue(jobs(1).into()).await.unwrap();
    assert!(store.about().notices.is_empty());
    drop(store);
    let mark = std::path::PathBuf::from(format!("{}-mark", bench.path().display()));
    let other = Bench::new();
    drop(other.open());
    let others = fs::read(format!("{}-mark", other.path().display())).unwrap();
    let good = fs::read(&mark).unwrap();
    for (written, word) in [
        (None, "missing"),
        (Some(vec![0; 32]), "damaged"),
        (Some(vec![1; 3]), "damaged"),
        (Some(others), "another store"),
    ] {
        match written {
            Some(bytes) => fs::write(&mark, bytes).unwrap(),
            None => fs::remove_file(&mark).unwrap(),
        }
        let notices = bench.open().about().notices;
        assert!(notices.len() == 1 && notices[0].contains(word), "{word}: {notices:?}");
        assert!(bench.open().about().notices.is_empty(), "{word}: said once");
        assert_eq!(fs::read(&mark).unwrap(), good);
    }
}

#[tokio::test]
async fn a_file_that_is_moved_replaced_or_deleted_while_it_is_open_takes_nothing_more() {
    let bench = Bench::new();
    let store = bench.open();
    store.enqueue(jobs(1).into()).await.unwrap();
    let aside = bench.folder.path().join("aside.db");
    fs::rename(bench.path(), &aside).unwrap();
    for replaced in [false, true] {
        if replaced {
            fs::copy(&aside, bench.path()).unwrap();
        }
        let error = store.enqueue(jobs(1).into()).await.unwrap_err();
        assert_eq!(*error.fault(), Fault::Gone);
        assert!(error.to_string().contains("moved, replaced or deleted"), "{error}");
    }
    fs::rename(&aside, bench.path()).unwrap();
    store.enqueue(jobs(1).into()).await.unwrap();
    assert_eq!(store.tally().await.unwrap().accepted, 2);
    sound(&store).await;
}

/// As a command opens it that only looks.
fn looks(bench: &Bench) -> Result<Sqlite, StoreError> {
    Sqlite::open_with(Options { migrate: false, ..bench.options() }, Arc::new(bench.clock.clone()))
}

#[test]
fn without_migrating_no_store_is_made_and_no_schema_is_touched() {
    let bench = Bench::new();
    let error = looks(&bench).unwrap_err();
    assert!(error.to_string().contains("there is no such file") && *error.fault() == Fault::Config, "{error}");
    assert_eq!(fs::read_dir(bench.folder.path()).unwrap().count(), 0, "nothing is made");
    bench.tool().execute_batch("CREATE TABLE mine (x); INSERT INTO mine VALUES (1)").unwrap();
    let before = fs::read(bench.path()).unwrap();
    let error = looks(&bench).unwrap_err();
    assert!(error.to_string().contains("run `migrate` first") && *error.fault() == Fault::Config, "{error}");
    assert_eq!(fs::read(bench.path()).unwrap(), before, "not a byte is changed, the journal's mode neither");
    drop(bench.open());
    let opened = looks(&bench).unwrap();
    assert_eq!((opened.migrated().from, opened.migrated().to), (SCHEMA, SCHEMA));
}

#[tokio::test]
async fn without_migrating_a_store_is_whole_for_orders_and_questions() {
    let bench = Bench::new();
    bench.open().enqueue(jobs(2).into()).await.unwrap();
    let store = looks(&bench).unwrap();
    assert_eq!(store.tally().await.unwrap().accepted, 2);
    store.enqueue(jobs(1).into()).await.unwrap();
    assert_eq!(store.tally().await.unwrap().accepted, 3);
    sound(&store).await;
}

#[test]
fn an_address_of_another_sort_shows_no_password() {
    for address in ["postgres://ann:secret@db/x", "postgres:ann:secret@db", "sqlite://postgres://ann:secret@db/x"] {
        let error = refused(address).to_string();
        assert!(error.contains("of the sort \"postgres\"") && error.contains("a file is wanted"), "{error}");
        assert!(!error.contains("secret") && !error.contains("ann"), "{error}");
    }
    let error = refused("sqlite://jobs.db?password=secret").to_string();
    assert!(error.contains("\"password\"") && !error.contains("secret"), "{error}");
}

#[test]
fn a_file_that_cannot_be_opened_is_not_tried_again() {
    let bench = Bench::new();
    std::os::unix::fs::symlink(bench.path(), bench.path()).unwrap();
    for (migrate, why) in [(true, "rights"), (false, "no such file")] {
        let options = Options { migrate, ..bench.options() };
        let error = Sqlite::open_with(options, Arc::new(bench.clock.clone())).unwrap_err();
        assert!(*error.fault() == Fault::Config && !error.again(), "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
}
