//! The ledger of due instants: for each one row that says what became of it.
//!
//! The unique key of a row is what keeps two containers from doing one thing twice: whoever makes tasks takes the row first, in
//! the same transaction. A failed row says when it is tried again; one that was tried often or for long enough stays failed.

use banto::{
    limits,
    sqlite::rusqlite::{self, Connection, OptionalExtension, params},
    text::cut,
};
use serde::Serialize;

/// How often a failed due instant is tried in all.
pub const ATTEMPTS_MAX: i64 = 5;
/// For how long, in milliseconds after it first failed: an hour.
pub const AGAIN_MS: i64 = 60 * 60_000;
/// How long the first failure waits, in milliseconds; the nth one waits n² times that.
const WAIT_MS: i64 = 60_000;
/// How many rows a history shows.
pub const HISTORY_MAX: u32 = 100;

/// A due instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// When, in ms since 1970.
    pub at_ms: i64,
    /// The same on its creator's wall clock, with the offset.
    pub local: String,
    /// What is to be said about it; often empty.
    pub note: String,
}

/// Which rows may be taken that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// None.
    Nothing,
    /// A failed one whose time has come again.
    FailedDue,
    /// A failed or missed one, because somebody asked for it.
    FailedOrMissed,
}

/// Takes the row of a due instant for whoever is about to make its tasks. Answers its number; `None` if it is another's.
pub fn take(tx: &Connection, task: i64, due: &Due, over: Over, now: i64) -> rusqlite::Result<Option<i64>> {
    let sql = "INSERT INTO scheduled_task_executions
                 (scheduled_task_id, due_at, due_local, executed_at, status, note, created_at, updated_at)
               VALUES (?1, ?2, ?3, ?4, 'success', nullif(?5, ''), ?4, ?4)
               ON CONFLICT (scheduled_task_id, due_at) DO UPDATE SET
                 status = 'success', attempts = attempts + 1, executed_at = ?4, retry_at = NULL, error_message = NULL,
                 note = excluded.note, updated_at = ?4
               WHERE (?6 AND status = 'failed' AND retry_at <= ?4) OR (?7 AND status IN ('failed', 'missed'))
               RETURNING id";
    let (failed, missed) = (over == Over::FailedDue, over == Over::FailedOrMissed);
    let values = params![task, due.at_ms, due.local, now, due.note, failed, missed];
    tx.query_row(sql, values, |row| row.get(0)).optional()
}

/// Writes down that nothing is made of a due instant: `skipped` or `missed`, and why. A row that is there already stays.
pub fn let_be(tx: &Connection, task: i64, due: &Due, status: &str, note: &str, now: i64) -> rusqlite::Result<bool> {
    let sql = "INSERT INTO scheduled_task_executions
                 (scheduled_task_id, due_at, due_local, executed_at, status, note, created_at, updated_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?4, ?4) ON CONFLICT DO NOTHING";
    Ok(tx.execute(sql, params![task, due.at_ms, due.local, now, status, note])? == 1)
}

/// Writes a failure down, and when it is tried again. What another has made meanwhile stays as it is.
pub fn fail(tx: &Connection, task: i64, due: &Due, error: &str, now: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO scheduled_task_executions
                 (scheduled_task_id, due_at, due_local, executed_at, status, note, error_message, retry_at, created_at, updated_at)
               VALUES (?1, ?2, ?3, ?4, 'failed', nullif(?5, ''), ?6, ?4 + ?7, ?4, ?4)
               ON CONFLICT (scheduled_task_id, due_at) DO UPDATE SET
                 status = 'failed', attempts = attempts + 1, executed_at = ?4, error_message = ?6, updated_at = ?4,
                 retry_at = CASE WHEN attempts + 1 < ?8 AND ?4 + (attempts + 1) * (attempts + 1) * ?7 <= created_at + ?9
                            THEN ?4 + (attempts + 1) * (attempts + 1) * ?7 END
               WHERE status IN ('failed', 'missed')";
    let error = cut(error, limits::ERROR_BYTES_MAX);
    tx.execute(sql, params![task, due.at_ms, due.local, now, due.note, error, WAIT_MS, ATTEMPTS_MAX, AGAIN_MS])?;
    Ok(())
}

/// Writes down, once for each fault, that a plan cannot be read.
pub fn unreadable(tx: &Connection, task: i64, fault: &str, now: i64) -> rusqlite::Result<()> {
    let fault = cut(fault, limits::ERROR_BYTES_MAX);
    let sql = "UPDATE scheduled_group_tasks SET fault = ?2 WHERE id = ?1 AND fault IS NOT ?2";
    if tx.execute(sql, params![task, fault])? == 1 {
        let sql = "INSERT INTO scheduled_task_executions
                     (scheduled_task_id, due_local, executed_at, status, error_message, created_at, updated_at)
                   VALUES (?1, '', ?3, 'failed', ?2, ?3, ?3)";
        tx.execute(sql, params![task, fault, now])?;
    }
    Ok(())
}

/// What failed too long ago stays failed; returns how many that are.
pub fn give_up(tx: &Connection, now: i64) -> rusqlite::Result<usize> {
    let sql = "UPDATE scheduled_task_executions SET retry_at = NULL WHERE retry_at IS NOT NULL AND created_at < ?1";
    tx.execute(sql, [now - AGAIN_MS])
}

/// The failed due instants of a scheduled task whose time has come again, the oldest first.
pub fn again(db: &Connection, task: i64, now: i64) -> rusqlite::Result<Vec<Due>> {
    let sql = "SELECT due_at, due_local, coalesce(note, '') FROM scheduled_task_executions
               WHERE scheduled_task_id = ?1 AND status = 'failed' AND retry_at <= ?2 AND due_at IS NOT NULL ORDER BY due_at";
    let row = |row: &rusqlite::Row<'_>| Ok(Due { at_ms: row.get(0)?, local: row.get(1)?, note: row.get(2)? });
    db.prepare(sql)?.query_map([task, now], row)?.collect()
}

/// The status of a due instant's row and its note or error, if it has one.
pub fn status(db: &Connection, task: i64, due_ms: i64) -> rusqlite::Result<Option<(String, String)>> {
    let sql = "SELECT status, coalesce(error_message, note, '') FROM scheduled_task_executions
               WHERE scheduled_task_id = ?1 AND due_at = ?2";
    db.query_row(sql, [task, due_ms], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

/// A row, for people.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// The due instant on its creator's wall clock; empty for a plan that could not be read.
    pub due_local: String,
    /// The same in ms since 1970.
    pub due_at: Option<i64>,
    /// When it was looked at last, in ms since 1970.
    pub executed_at: i64,
    /// `success`, `failed`, `skipped` or `missed`.
    pub status: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried again, in ms since 1970.
    pub retry_at: Option<i64>,
    /// How many tasks were made.
    pub created: i64,
    /// How many tasks of the last time were removed.
    pub deleted: i64,
    /// Why, or what is to be said about it.
    pub note: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
}

/// The latest rows of a scheduled task, at most [`HISTORY_MAX`], the newest first.
pub fn history(db: &Connection, task: i64) -> rusqlite::Result<Vec<Entry>> {
    let sql = "SELECT due_local, due_at, executed_at, status, attempts, retry_at, created_count, deleted_count, note, error_message
               FROM scheduled_task_executions WHERE scheduled_task_id = ?1 ORDER BY coalesce(due_at, executed_at) DESC, id DESC LIMIT ?2";
    let row = |row: &rusqlite::Row<'_>| {
        Ok(Entry {
            due_local: row.get(0)?,
            due_at: row.get(1)?,
            executed_at: row.get(2)?,
            status: row.get(3)?,
            attempts: row.get(4)?,
            retry_at: row.get(5)?,
            created: row.get(6)?,
            deleted: row.get(7)?,
            note: row.get(8)?,
            error: row.get(9)?,
        })
    };
    db.prepare(sql)?.query_map(params![task, HISTORY_MAX], row)?.collect()
}
