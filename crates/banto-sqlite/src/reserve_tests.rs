//! Tests of the reserve where the disk has room: what counts as held, when it is looked at, and what the end of a disk
//! means with and without it. (`tests/disk.rs` has the disks that really are full.)

use std::os::unix::fs::PermissionsExt;

use super::*;

const BYTES: u64 = 1 << 20;

/// A folder for a store, and a connection to ask about pages.
fn place() -> (tempfile::TempDir, PathBuf, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("banto.db");
    let db = Connection::open(&store).unwrap();
    (folder, store, db)
}

fn file(store: &Path) -> PathBuf {
    PathBuf::from(format!("{}-reserve", store.display()))
}

/// How much of the reserve is really on the disk.
fn allotted(store: &Path) -> u64 {
    fs::metadata(file(store)).map_or(0, |file| file.blocks() * 512)
}

#[test]
fn it_is_allotted_for_its_owner_only_and_found_again() {
    let (_folder, store, _) = place();
    let reserve = Reserve::open(&store, BYTES);
    assert!(!reserve.full() && !reserve.tight() && reserve.notice().is_none());
    assert!(allotted(&store) >= BYTES);
    let made = fs::metadata(file(&store)).unwrap();
    assert_eq!(made.permissions().mode() & 0o077, 0);
    Reserve::open(&store, BYTES);
    assert_eq!(fs::metadata(file(&store)).unwrap().ino(), made.ino());
}

#[test]
fn without_one_no_file_is_made_and_there_is_nothing_to_give_up() {
    let (_folder, store, db) = place();
    let mut reserve = Reserve::open(&store, 0);
    assert!(!file(&store).exists() && !reserve.give_up());
    // Whoever asked for one before does not get its room back by accident.
    fs::write(file(&store), "").unwrap();
    assert!(!reserve.give_up());
    reserve.meet_end();
    assert!(reserve.full() && reserve.tight(), "there is no room for claims to go on in");
    reserve.look(&db, 5_000);
    assert!(!reserve.full() && !reserve.tight(), "SQLite is asked again");
}

#[test]
fn a_file_whose_blocks_are_not_there_is_no_reserve() {
    let (_folder, store, _) = place();
    File::create(file(&store)).unwrap().set_len(BYTES).unwrap();
    assert!(allotted(&store) < BYTES, "this test wants a file system that leaves holes");
    Reserve::open(&store, BYTES);
    assert!(allotted(&store) >= BYTES);
    fs::write(file(&store), vec![1; 4_096]).unwrap();
    Reserve::open(&store, BYTES);
    assert!(allotted(&store) >= BYTES, "a part of one is none either");
}

#[test]
fn it_is_given_up_once_and_allotted_anew_where_there_is_room() {
    let (_folder, store, db) = place();
    let mut reserve = Reserve::open(&store, BYTES);
    reserve.look(&db, 1_000);
    reserve.meet_end();
    assert!(reserve.full() && !reserve.tight(), "claims go on in the reserve");
    assert!(reserve.notice().unwrap().contains("new jobs are refused"));
    assert!(reserve.give_up() && !file(&store).exists());
    assert!(!reserve.give_up(), "another process has given it up by now");
    reserve.look(&db, 1_099);
    assert!(reserve.full() && !file(&store).exists(), "it was looked at less than a tenth of a second ago");
    reserve.look(&db, 1_100);
    assert!(!reserve.full() && !reserve.tight() && reserve.notice().is_none());
    assert!(allotted(&store) >= BYTES);
}

#[test]
fn after_a_restart_of_the_machine_it_is_looked_at_at_once() {
    let (_folder, store, db) = place();
    let mut reserve = Reserve::open(&store, BYTES);
    reserve.look(&db, u64::MAX - 10);
    reserve.meet_end();
    reserve.look(&db, 88);
    assert!(reserve.full(), "99 ms, over the end of the numbers");
    reserve.look(&db, 200);
    assert!(!reserve.full());
    reserve.meet_end();
    reserve.look(&db, 0);
    assert!(!reserve.full(), "the clock began anew");
}

#[test]
fn a_reserve_that_another_process_gave_up_is_made_again_by_whoever_looks() {
    let (_folder, store, db) = place();
    let mut reserve = Reserve::open(&store, BYTES);
    fs::remove_file(file(&store)).unwrap();
    reserve.look(&db, 1_000);
    assert!(!reserve.full() && allotted(&store) >= BYTES);
}

#[test]
fn one_that_cannot_be_made_is_full_from_the_beginning() {
    let (folder, store, _) = place();
    // More than any disk has.
    let reserve = Reserve::open(&store, 1 << 60);
    assert!(reserve.full());
    assert!(!file(&store).exists(), "a part of a reserve only takes room from others");
    fs::create_dir(file(&folder.path().join("other.db"))).unwrap();
    assert!(Reserve::open(&folder.path().join("other.db"), BYTES).full());
}

#[test]
fn where_blocks_cannot_be_asked_for_they_are_written() {
    let (_folder, store, _) = place();
    for bytes in [0, 1, 65_536, 100_000] {
        let written = File::create(file(&store)).unwrap();
        fill(&written, bytes).unwrap();
        assert_eq!(fs::metadata(file(&store)).unwrap().len(), bytes);
    }
}

#[test]
fn room_in_the_file_is_what_was_deleted() {
    let (_folder, _, db) = place();
    assert_eq!(free_in_file(&db), 0);
    db.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(1000000)); DELETE FROM t;").unwrap();
    let free = free_in_file(&db);
    assert!((900_000..1_100_000).contains(&free), "{free}");
    assert_eq!(growth(&db), 0, "nothing waits in a log");
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; INSERT INTO t VALUES (zeroblob(3000000));",
    )
    .unwrap_or_else(|error| panic!("{error}"));
    assert!(growth(&db) > 1_000_000, "{}", growth(&db));
}
