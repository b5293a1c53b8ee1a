//! Tests of what a commit counts: that calls add up, that nothing is written for nothing, and that the clock's ends hold.

use std::collections::BTreeMap;

use banto_store::GivenClock;

use super::*;
use crate::migrate;

fn file() -> Connection {
    let mut db = Connection::open_in_memory().unwrap();
    migrate::migrate(&mut db).unwrap();
    db
}

/// What the file counts, but for noughts: queue, kind, version and state to jobs.
fn counted(db: &Connection) -> BTreeMap<String, i64> {
    let sql = "SELECT queue || ' ' || kind || ' ' || version || ' ' || state, jobs FROM banto_count WHERE jobs <> 0";
    let mut find = db.prepare(sql).unwrap();
    find.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

fn at(steady: i64) -> Now {
    Now { wall: 0, steady, boot: 1 }
}

#[test]
fn calls_add_up_whatever_their_classes_and_their_order() {
    let db = file();
    let mut desk = Desk::new(&db, at(0), 1);
    let one = |class: (&str, &str, i64), from, to| {
        let mut counts = Counts::default();
        counts.jobs(class, from, 1);
        counts.moved(class, from, to);
        counts
    };
    desk.counts.jobs(("a", "x", 1), State::Ready, 5);
    desk.counts.add(one(("a", "x", 1), State::Ready, State::Running));
    desk.counts.add(one(("b", "x", 1), State::Scheduled, State::Ready));
    desk.counts.add(one(("a", "x", 2), State::Ready, State::Done));
    desk.counts.moved(("a", "x", 1), State::Ready, State::Parked);
    desk.counts.add(one(("a", "x", 1), State::Ready, State::Running));
    assert!(desk.settle().unwrap());
    let expected = [("a x 1 1", 4), ("a x 1 2", 2), ("a x 1 3", 1), ("a x 2 4", 1), ("b x 1 1", 1)];
    assert_eq!(counted(&db), expected.map(|(class, jobs)| (class.to_owned(), jobs)).into());
    // What was written is not written again.
    assert!(!desk.settle().unwrap());
    desk.counts.moved(("a", "x", 1), State::Running, State::Done);
    desk.settle().unwrap();
    assert_eq!(counted(&db).get("a x 1 2"), Some(&1));
}

#[test]
fn every_number_of_the_tally_has_its_own_place() {
    let db = file();
    let tally = Tally { accepted: 1, doubles: 2, claimed: 3, late: 4, rescued: 5, removed: 6, lost: 7 };
    let mut desk = Desk::new(&db, at(0), 1);
    for _ in 0..2 {
        desk.counts.add(Counts { tally, ..Counts::default() });
    }
    desk.settle().unwrap();
    let read = crate::reads::tally(&db).unwrap();
    assert_eq!(read, Tally { accepted: 2, doubles: 4, claimed: 6, late: 8, rescued: 10, removed: 12, lost: 14 });
}

#[test]
fn a_commit_is_counted_if_anything_was_written_and_is_news_if_somebody_waits_for_it() {
    let db = file();
    let state = |db: &Connection| -> (i64, i64) {
        db.query_row("SELECT commits, news FROM banto_tally", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    type Change = fn(&mut Counts);
    let changes: [(&str, Change, (i64, i64)); 6] = [
        ("nothing", |_| {}, (0, 0)),
        ("a line", |counts| counts.touched = true, (1, 0)),
        ("a move", |counts| counts.moved(("a", "x", 1), State::Ready, State::Running), (1, 0)),
        ("a number", |counts| counts.tally.late += 1, (1, 0)),
        ("counting anew", |counts| counts.recount = true, (1, 0)),
        ("news", |counts| counts.news = true, (1, 1)),
    ];
    for (what, change, (commits, news)) in changes {
        let before = state(&db);
        let mut desk = Desk::new(&db, at(0), 1);
        let mut counts = Counts::default();
        change(&mut counts);
        desk.counts.add(counts);
        assert_eq!(desk.settle().unwrap(), commits > 0, "{what}");
        assert_eq!(state(&db), (before.0 + commits, before.1 + news), "{what}");
    }
}

#[test]
fn counting_anew_mends_what_was_written_over() {
    let db = file();
    db.execute_batch("INSERT INTO banto_count VALUES ('a', 'x', 1, 1, 77), ('gone', 'x', 1, 5, -3)").unwrap();
    let mut desk = Desk::new(&db, at(0), 1);
    desk.counts.recount = true;
    desk.counts.jobs(("a", "x", 1), State::Ready, 9);
    desk.settle().unwrap();
    assert_eq!(counted(&db), BTreeMap::new(), "there are no jobs");
}

#[test]
fn no_two_leases_of_a_commit_share_a_token() {
    let db = file();
    let mut desk = Desk::new(&db, at(0), 1);
    let tokens: std::collections::BTreeSet<u64> = (0..10_000).map(|_| desk.token()).collect();
    assert_eq!(tokens.len(), 10_000);
}

#[test]
fn a_lease_is_over_at_its_last_millisecond_and_in_every_other_boot() {
    let now = at(100);
    for (boot, until, over) in [(1, 101, false), (1, 100, true), (1, 99, true), (2, 101, true), (2, i64::MAX, true)] {
        assert_eq!(now.over(boot, until), over, "{boot} {until}");
    }
    assert_eq!((now.steady_in(u64::MAX), now.wall_in(u64::MAX)), (i64::MAX, i64::MAX));
    let clock = GivenClock::at(5);
    let before = Now::of(&clock);
    clock.reboot();
    let after = Now::of(&clock);
    assert!(before.wall == 5 && before.boot != after.boot && after.steady == 0);
}

/// It stands in files, so it is the same in every build: the published numbers of FNV-1a with 64 bits.
#[test]
fn the_fingerprint_is_fnv_1a() {
    let known = [("", 0xcbf2_9ce4_8422_2325_u64), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)];
    for (text, hash) in known {
        assert_eq!(fingerprint(text).cast_unsigned(), hash, "{text:?}");
    }
}
