//! SQLite with nothing around it.
//!
//! The same SQLite, disk, pragmas, bytes a row and rows a commit as ours; one plain table without an index, prepared
//! statements, one thread, no fence, no counts, no queue. Nothing that keeps jobs in SQLite can be faster, so it is
//! what every rate is measured against.

use std::{path::Path, time::Instant};

use banto_sqlite::rusqlite::{Connection, params};

use crate::{Tried, child::Took, letter, machine::Meter};

const TABLE: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000;
    PRAGMA journal_size_limit = 16384000; PRAGMA cache_size = -12288;
    CREATE TABLE IF NOT EXISTS job (seq INTEGER PRIMARY KEY, id BLOB NOT NULL, kind TEXT NOT NULL,
        version INTEGER NOT NULL, queue TEXT NOT NULL, priority INTEGER NOT NULL, state INTEGER NOT NULL,
        run_at INTEGER NOT NULL, enqueued_at INTEGER NOT NULL, attempts_max INTEGER NOT NULL, token INTEGER,
        payload TEXT NOT NULL) STRICT;";

/// Inserts `jobs` rows, so many a commit.
pub fn insert(path: &Path, jobs: usize, rows_a_commit: usize) -> Tried<Took> {
    failing(path, || {
        let db = open(path)?;
        let payloads: Vec<String> = (0..jobs).map(letter::text).collect();
        let meter = Meter::start(None);
        for group in payloads.chunks(rows_a_commit.max(1)) {
            commit(&db, || group.iter().try_for_each(|payload| insert_one(&db, payload)))?;
        }
        Ok(meter.took())
    })
}

/// Claims and finishes `jobs` rows that were inserted before: each commit finishes the last group and claims the next.
pub fn work(path: &Path, jobs: usize, rows_a_commit: usize) -> Tried<Took> {
    failing(path, || {
        let db = open(path)?;
        let meter = Meter::start(None);
        let (mut held, mut done) = (Vec::new(), 0);
        while done < jobs {
            commit(&db, || {
                let ended = std::mem::take(&mut held);
                done += ended.len();
                ended.iter().try_for_each(|seq| move_one(&db, *seq, 4))?;
                held = claim(&db, done, rows_a_commit.max(1))?;
                held.iter().try_for_each(|seq| move_one(&db, *seq, 2))
            })?;
        }
        Ok(meter.took())
    })
}

/// What a job cannot come to run without: one commit that brings it and one that claims it, in milliseconds each time.
pub fn latency(path: &Path, times: usize) -> Tried<Took> {
    failing(path, || {
        let db = open(path)?;
        let mut took = Took::default();
        for number in 0..times {
            std::thread::sleep(letter::PAUSE);
            let payload = letter::text(number);
            let began = Instant::now();
            commit(&db, || insert_one(&db, &payload))?;
            commit(&db, || claim(&db, number, 1)?.iter().try_for_each(|seq| move_one(&db, *seq, 2)))?;
            took.samples.push(began.elapsed().as_secs_f64() * 1e3);
        }
        Ok(took)
    })
}

/// How many commits a store of ours has counted.
pub fn commits(path: &Path) -> Tried<f64> {
    failing(path, || {
        let db = Connection::open(path)?;
        db.query_row("SELECT commits FROM banto_tally", [], |row| row.get(0))
    })
}

type Done<T> = banto_sqlite::rusqlite::Result<T>;

fn failing<T>(path: &Path, work: impl FnOnce() -> Done<T>) -> Tried<T> {
    work().map_err(|error| format!("measure bare SQLite at {}: {error}", path.display()))
}

fn open(path: &Path) -> Done<Connection> {
    let db = Connection::open(path)?;
    db.execute_batch(TABLE)?;
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(db)
}

fn commit(db: &Connection, work: impl FnOnce() -> Done<()>) -> Done<()> {
    db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    work()?;
    db.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}

fn insert_one(db: &Connection, payload: &str) -> Done<()> {
    let now = 1_790_000_000_000_i64;
    let mut insert = db.prepare_cached(
        "INSERT INTO job (id, kind, version, queue, priority, state, run_at, enqueued_at, attempts_max, payload)
         VALUES (?1, ?2, 1, 'default', 5, 1, ?3, ?3, 3, ?4)",
    )?;
    insert.execute(params![[7_u8; 16], letter::KIND, now, payload]).map(|_| ())
}

fn move_one(db: &Connection, seq: i64, state: i64) -> Done<()> {
    db.prepare_cached("UPDATE job SET state = ?2, token = ?3 WHERE seq = ?1")?.execute(params![seq, state, seq])?;
    Ok(())
}

/// Reads the next rows whole, as a worker must.
fn claim(db: &Connection, after: usize, limit: usize) -> Done<Vec<i64>> {
    let mut next = db.prepare_cached("SELECT seq, id, kind, payload FROM job WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
    let mut rows = next.query(params![after as i64, limit as i64])?;
    let mut found = Vec::with_capacity(limit);
    while let Some(row) = rows.next()? {
        let (_id, _kind, _payload): (Vec<u8>, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
        found.push(row.get(0)?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inserted_is_claimed_and_finished_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("raw.db");
        insert(&path, 25, 10).unwrap();
        work(&path, 25, 7).unwrap();
        let db = Connection::open(&path).unwrap();
        let done: i64 = db.query_row("SELECT count(*) FROM job WHERE state = 4", [], |row| row.get(0)).unwrap();
        assert_eq!(done, 25);
    }

    #[test]
    fn each_latency_is_one_sample() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(latency(&folder.path().join("raw.db"), 3).unwrap().samples.len(), 3);
    }

    #[test]
    fn a_file_that_cannot_be_had_is_named() {
        assert!(insert(Path::new("/nowhere/raw.db"), 1, 1).unwrap_err().contains("/nowhere/raw.db"));
    }
}
