//! Waiting for a lock that another process holds.
//!
//! SQLite's own waiting looks ten times a second in the end. Between writers whose transactions follow each other closely
//! it may not find a gap for seconds, while the others each find many; so whoever writes looks every few milliseconds, by
//! chance, as the others do.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, Result};

/// The longest pause between two looks, in microseconds.
const PAUSE_US: u64 = 4_000;

/// Does `work` as soon as nobody else holds the lock it needs; gives up after `busy_ms` of pauses, or when it is `over`.
pub(crate) fn patiently<T>(
    db: &Connection,
    busy_ms: u64,
    over: &AtomicBool,
    mut work: impl FnMut(&Connection) -> Result<T>,
) -> Result<T> {
    db.busy_timeout(Duration::ZERO)?;
    let mut left_us = busy_ms.saturating_mul(1_000);
    loop {
        match work(db) {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && left_us > 0
                    && !over.load(Ordering::Relaxed) =>
            {
                let pause_us = fastrand::u64(1..=PAUSE_US).min(left_us);
                left_us -= pause_us;
                std::thread::sleep(Duration::from_micros(pause_us));
            }
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_up_after_its_time_and_goes_on_as_soon_as_it_can() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let (one, two) = (Connection::open(&path).unwrap(), Connection::open(&path).unwrap());
        one.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut looks = 0;
        let refused = patiently(&two, 20, &AtomicBool::new(false), |db| {
            looks += 1;
            db.execute_batch("BEGIN IMMEDIATE")
        });
        assert_eq!(refused.unwrap_err().sqlite_error_code(), Some(ErrorCode::DatabaseBusy));
        assert!(looks > 5, "{looks} looks in 20 ms");
        let mut held = Some(one);
        let begun = patiently(&two, 60_000, &AtomicBool::new(false), |db| {
            let begun = db.execute_batch("BEGIN IMMEDIATE");
            held.take().map_or(Ok(()), |one| one.execute_batch("ROLLBACK"))?;
            begun
        });
        assert!(begun.is_ok() && !two.is_autocommit());
    }

    #[test]
    fn it_waits_no_longer_once_it_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let (one, two) = (Connection::open(&path).unwrap(), Connection::open(&path).unwrap());
        one.execute_batch("BEGIN IMMEDIATE").unwrap();
        let (over, mut looks) = (AtomicBool::new(false), 0);
        let refused = patiently(&two, 3_600_000, &over, |db| {
            looks += 1;
            over.store(looks == 3, Ordering::Relaxed);
            db.execute_batch("BEGIN IMMEDIATE")
        });
        assert!(refused.is_err() && looks == 3, "{looks} looks");
    }

    #[test]
    fn another_error_is_not_waited_for() {
        let db = Connection::open_in_memory().unwrap();
        let mut looks = 0;
        let refused = patiently(&db, 60_000, &AtomicBool::new(false), |db| {
            looks += 1;
            db.execute_batch("no SQL")
        });
        assert!(refused.is_err() && looks == 1);
    }
}
