//! Avatars as rows: made, listed, begun.
//!
//! Every function here is one step inside the caller's transaction. A row's life is `pending → generating → completed |
//! failed`; it is `completed` only if every picture of its look and every comment is there, and it reaches an end
//! whatever happens to its job (see [`crate::reconcile`]).
//!
//! # Layout
//! - `made`: what a run makes, picture by picture and comment by comment; its checkpoints.
//! - `end`: how a run ends, well or badly.

mod end;
mod made;

use banto::{
    sqlite::rusqlite::{self, Connection, OptionalExtension, Row, params},
    text::visible,
};
use serde::Serialize;

use crate::{
    look::{Kept, Look},
    price, token,
};

pub use end::{Complete, complete, fail};
pub use made::{BUILT_IN, Drawing, Made, Usage, commented, drawing, drawn, made, pictured, shown, used};

/// How much of a failure is shown.
const FAILURE_CHARS_MAX: usize = 2_000;

/// An avatar's row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Avatar {
    /// Its number.
    pub id: i64,
    /// Its owner.
    pub user: i64,
    /// How it looks and talks, if this build can read it.
    pub look: Kept,
    /// pending, generating, completed or failed.
    pub status: String,
    /// Why it failed, in a sentence for its owner.
    pub failure: Option<String>,
    /// What its job said of the failure, for operators.
    pub detail: Option<String>,
    /// The generation it is in.
    pub run: String,
    /// The generation whose pictures and comments it shows: the last that was completed.
    pub shown: Option<String>,
    /// The job that makes it.
    pub job: String,
    /// What it may cost at most, in tokens.
    pub estimate: i64,
}

const COLUMNS: &str = "id, user_id, look, generation_status, failure_reason, failure_detail, run, shown_run, job, \
                       estimated_token_usage";

fn read(row: &Row<'_>) -> rusqlite::Result<Avatar> {
    Ok(Avatar {
        id: row.get(0)?,
        user: row.get(1)?,
        look: Kept::of(row.get_ref(2)?.as_bytes()?),
        status: row.get(3)?,
        failure: words(row, 4)?,
        detail: words(row, 5)?,
        run: row.get(6)?,
        shown: row.get(7)?,
        job: row.get(8)?,
        estimate: row.get(9)?,
    })
}

/// Text that is only shown: bytes that are no text do not hide the row.
fn words(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    let bytes = row.get_ref(column)?.as_bytes_or_null()?;
    Ok(bytes.map(|bytes| visible(&String::from_utf8_lossy(bytes), FAILURE_CHARS_MAX)))
}

/// The avatar with that number.
pub fn find(tx: &Connection, id: i64) -> rusqlite::Result<Option<Avatar>> {
    tx.query_row(&format!("SELECT {COLUMNS} FROM teacher_avatars WHERE id = ?1"), [id], read).optional()
}

/// The newest avatars of a user, or of everybody.
pub fn list(tx: &Connection, user: Option<i64>, limit: u32) -> rusqlite::Result<Vec<Avatar>> {
    let sql =
        format!("SELECT {COLUMNS} FROM teacher_avatars WHERE ?1 IS NULL OR user_id = ?1 ORDER BY id DESC LIMIT ?2");
    tx.prepare_cached(&sql)?.query_map(params![user, limit], read)?.collect()
}

/// What is needed of an avatar to bring it together with its job, and nothing more: a row that is odd elsewhere must not
/// keep it, or any other, from its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Its number.
    pub id: i64,
    /// Its owner.
    pub user: i64,
    /// The generation it is in.
    pub run: String,
    /// The job that makes it.
    pub job: String,
}

/// The avatars that are pending or generating.
pub fn unfinished(tx: &Connection) -> rusqlite::Result<Vec<Unfinished>> {
    let sql = "SELECT id, user_id, run, job FROM teacher_avatars WHERE generation_status IN ('pending', 'generating') ORDER BY id";
    let read =
        |row: &Row<'_>| Ok(Unfinished { id: row.get(0)?, user: row.get(1)?, run: row.get(2)?, job: row.get(3)? });
    tx.prepare_cached(sql)?.query_map([], read)?.collect()
}

/// Whether that row is still as it was seen: unfinished, in that run, with that job.
pub fn is_still(tx: &Connection, seen: &Unfinished) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM teacher_avatars WHERE id = ?1 AND run = ?2 AND job = ?3
               AND generation_status IN ('pending', 'generating')";
    let of = params![seen.id, seen.run, seen.job];
    Ok(tx.query_row(sql, of, |_| Ok(())).optional()?.is_some())
}

/// A new avatar, pending; its job is to be enqueued in the same transaction and named by [`made_by`].
pub fn create(tx: &Connection, user: i64, look: &Look, run: &str, now: i64) -> rusqlite::Result<i64> {
    let estimate = price::most(tx, look)?;
    let sql = "INSERT INTO teacher_avatars (user_id, look, run, job, estimated_token_usage, created_at, updated_at)
               VALUES (?1, ?2, ?3, '', ?4, ?5, ?5)";
    tx.execute(sql, params![user, json(look)?, run, estimate, now])?;
    Ok(tx.last_insert_rowid())
}

/// An avatar is to be made anew, under a new run. What it shows stays until the new run is completed.
pub fn restart(tx: &Connection, id: i64, look: &Look, run: &str, now: i64) -> rusqlite::Result<()> {
    let estimate = price::most(tx, look)?;
    let sql =
        "UPDATE teacher_avatars SET look = ?2, run = ?3, estimated_token_usage = ?4, generation_status = 'pending',
               generating_since = NULL, failure_reason = NULL, failure_detail = NULL, updated_at = ?5 WHERE id = ?1";
    tx.execute(sql, params![id, json(look)?, run, estimate, now])?;
    Ok(())
}

/// Names the job that makes an avatar.
pub fn made_by(tx: &Connection, id: i64, job: &str) -> rusqlite::Result<()> {
    tx.execute("UPDATE teacher_avatars SET job = ?2 WHERE id = ?1", params![id, job])?;
    Ok(())
}

/// How a job's turn at a row began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// The row is this job's, the tokens are held, the row says so.
    Begun,
    /// The row is this job's, but so many tokens are missing.
    Short(i64),
    /// The row is not any more as it was seen: look again.
    Changed,
}

/// A job begins a run, or begins it again: the row becomes its own, unless another took it since it was seen as `avatar`.
/// So of two jobs that both found the row without a living job, one has it.
pub fn begin(tx: &Connection, avatar: &Avatar, job: &str, now: i64) -> rusqlite::Result<Begin> {
    let sql = "UPDATE teacher_avatars SET job = ?4 WHERE id = ?1 AND run = ?2 AND job = ?3 AND generation_status <> 'completed'";
    if tx.execute(sql, params![avatar.id, avatar.run, avatar.job, job])? == 0 {
        return Ok(Begin::Changed);
    }
    if let Err(missing) = token::hold(tx, avatar.user, &avatar.run, avatar.estimate, now)? {
        return Ok(Begin::Short(missing));
    }
    let sql =
        "UPDATE teacher_avatars SET generation_status = 'generating', failure_reason = NULL, failure_detail = NULL,
               generating_since = coalesce(generating_since, ?2), updated_at = ?2 WHERE id = ?1";
    tx.execute(sql, params![avatar.id, now])?;
    Ok(Begin::Begun)
}

fn json(look: &Look) -> rusqlite::Result<String> {
    serde_json::to_string(look).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}
