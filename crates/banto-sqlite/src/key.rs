//! Unique keys: who holds one, and when it is let go.
//!
//! A key belongs to one job. It is taken with the enqueue, and let go by the first claim (`Queued`), by the end (`Done`),
//! some time after the end (`Remember`) or some time after the enqueue (`Period`). A key whose time runs outlives its
//! job: neither prune nor forget lets go of it.

use banto_core::{Hold, JobId, Unique};
use banto_store::Holder;
use rusqlite::{Connection, OptionalExtension, params};

use crate::desk::{Desk, Now};

/// Who holds `key` now.
pub(crate) fn holder(db: &Connection, key: &str, now: Now) -> rusqlite::Result<Option<Holder>> {
    if crate::mutate::unique_dropped() {
        return Ok(None);
    }
    let mut find =
        db.prepare_cached("SELECT job, until FROM banto_key WHERE key = ?1 AND (until IS NULL OR until > ?2)")?;
    let read = |row: &rusqlite::Row<'_>| Ok(Holder { job: JobId::of_bytes(row.get(0)?), until: row.get(1)? });
    find.query_row(params![key, now.wall], read).optional()
}

/// Gives a key that is known to be free to a job that is just accepted.
pub(crate) fn take(desk: &Desk<'_>, unique: &Unique, job: JobId) -> rusqlite::Result<()> {
    let until = match unique.hold {
        Hold::Period(ms) => Some(desk.now.wall_in(ms)),
        Hold::Queued | Hold::Done | Hold::Remember(_) => None,
    };
    let mut give = desk.db.prepare_cached("INSERT OR REPLACE INTO banto_key (key, job, until) VALUES (?1, ?2, ?3)")?;
    give.execute(params![unique.key.as_str(), job.bytes(), until])?;
    Ok(())
}

/// Gives the key of a job that had ended back to it, if nobody else holds it; says whether the job may run.
pub(crate) fn retake(desk: &Desk<'_>, unique: Option<&Unique>, job: JobId) -> rusqlite::Result<bool> {
    let Some(unique) = unique else { return Ok(true) };
    if holder(desk.db, unique.key.as_str(), desk.now)?.is_some_and(|holder| holder.job != job) {
        return Ok(false);
    }
    if !matches!(unique.hold, Hold::Period(_)) {
        take(desk, unique, job)?;
    }
    Ok(true)
}

/// The job is claimed.
pub(crate) fn at_claim(desk: &Desk<'_>, unique: &Unique, job: JobId) -> rusqlite::Result<()> {
    match unique.hold {
        Hold::Queued => let_go(desk, unique, job),
        Hold::Done | Hold::Remember(_) | Hold::Period(_) => Ok(()),
    }
}

/// The job has ended.
pub(crate) fn at_end(desk: &Desk<'_>, unique: &Unique, job: JobId) -> rusqlite::Result<()> {
    match unique.hold {
        Hold::Queued | Hold::Done => let_go(desk, unique, job),
        Hold::Remember(ms) => {
            let mut set = desk.db.prepare_cached("UPDATE banto_key SET until = ?3 WHERE key = ?1 AND job = ?2")?;
            set.execute(params![unique.key.as_str(), job.bytes(), desk.now.wall_in(ms)])?;
            Ok(())
        }
        Hold::Period(_) => Ok(()),
    }
}

/// A job has ended whose row cannot be believed: whatever key only its end could free is free.
pub(crate) fn at_damaged_end(desk: &Desk<'_>, job: JobId) -> rusqlite::Result<()> {
    desk.db.execute("DELETE FROM banto_key WHERE job = ?1 AND until IS NULL", [job.bytes()])?;
    Ok(())
}

/// Only its own: the key may be another's by now.
fn let_go(desk: &Desk<'_>, unique: &Unique, job: JobId) -> rusqlite::Result<()> {
    let mut delete = desk.db.prepare_cached("DELETE FROM banto_key WHERE key = ?1 AND job = ?2")?;
    delete.execute(params![unique.key.as_str(), job.bytes()])?;
    Ok(())
}
