//! Avatars as rows: made, begun, completed, failed.
//!
//! Every function here is one step inside the caller's transaction. A row's life is `pending → generating → completed |
//! failed`; it is `completed` only if every picture of its look and every comment is there, and it reaches an end
//! whatever happens to its job (see [`crate::reconcile`]).

use banto::sqlite::rusqlite::{self, Connection, OptionalExtension, Row, params};
use serde::Serialize;

use crate::{
    event::CommentEvent,
    look::{Look, Picture},
    notice, price, token,
};

/// An avatar's row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Avatar {
    /// Its number.
    pub id: i64,
    /// Its owner.
    pub user: i64,
    /// How it looks and talks.
    pub look: Look,
    /// pending, generating, completed or failed.
    pub status: String,
    /// Why it failed, for its owner.
    pub failure: Option<String>,
    /// The generation it is in.
    pub run: String,
    /// The job that makes it.
    pub job: String,
    /// What it may cost at most, in tokens.
    pub estimate: i64,
}

const COLUMNS: &str = "id, user_id, look, generation_status, failure_reason, run, job, estimated_token_usage";

fn read(row: &Row<'_>) -> rusqlite::Result<Avatar> {
    let look: String = row.get(2)?;
    let unreadable = |error| rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, Box::new(error));
    Ok(Avatar {
        id: row.get(0)?,
        user: row.get(1)?,
        look: serde_json::from_str(&look).map_err(unreadable)?,
        status: row.get(3)?,
        failure: row.get(4)?,
        run: row.get(5)?,
        job: row.get(6)?,
        estimate: row.get(7)?,
    })
}

/// The avatar with that number.
pub fn find(tx: &Connection, id: i64) -> rusqlite::Result<Option<Avatar>> {
    tx.query_row(&format!("SELECT {COLUMNS} FROM teacher_avatars WHERE id = ?1"), [id], read).optional()
}

/// The avatars that are pending or generating.
pub fn unfinished(tx: &Connection) -> rusqlite::Result<Vec<Avatar>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM teacher_avatars WHERE generation_status IN ('pending', 'generating') ORDER BY id"
    );
    tx.prepare_cached(&sql)?.query_map([], read)?.collect()
}

/// The newest avatars of a user, or of everybody.
pub fn list(tx: &Connection, user: Option<i64>, limit: u32) -> rusqlite::Result<Vec<Avatar>> {
    let sql =
        format!("SELECT {COLUMNS} FROM teacher_avatars WHERE ?1 IS NULL OR user_id = ?1 ORDER BY id DESC LIMIT ?2");
    tx.prepare_cached(&sql)?.query_map(params![user, limit], read)?.collect()
}

/// A new avatar, pending; its job is to be enqueued in the same transaction and named by [`made_by`].
pub fn create(tx: &Connection, user: i64, look: &Look, run: &str, now: i64) -> rusqlite::Result<i64> {
    let estimate = price::most(tx, look)?;
    let sql = "INSERT INTO teacher_avatars (user_id, look, run, job, estimated_token_usage, created_at, updated_at)
               VALUES (?1, ?2, ?3, '', ?4, ?5, ?5)";
    tx.execute(sql, params![user, json(look)?, run, estimate, now])?;
    Ok(tx.last_insert_rowid())
}

/// An avatar is to be made anew, under a new run. The old pictures stay until the new ones are there.
pub fn restart(tx: &Connection, id: i64, look: &Look, run: &str, now: i64) -> rusqlite::Result<()> {
    let estimate = price::most(tx, look)?;
    let sql =
        "UPDATE teacher_avatars SET look = ?2, run = ?3, estimated_token_usage = ?4, generation_status = 'pending',
               generating_since = NULL, failure_reason = NULL, updated_at = ?5 WHERE id = ?1";
    tx.execute(sql, params![id, json(look)?, run, estimate, now])?;
    Ok(())
}

/// Names the job that makes an avatar.
pub fn made_by(tx: &Connection, id: i64, job: &str) -> rusqlite::Result<()> {
    tx.execute("UPDATE teacher_avatars SET job = ?2 WHERE id = ?1", params![id, job])?;
    Ok(())
}

/// A run begins (or begins again): the tokens are held, the row says so. Answers what is missing otherwise.
pub fn begin(tx: &Connection, avatar: &Avatar, now: i64) -> rusqlite::Result<Result<(), i64>> {
    if let Err(missing) = token::hold(tx, avatar.user, &avatar.run, avatar.estimate, now)? {
        return Ok(Err(missing));
    }
    let sql = "UPDATE teacher_avatars SET generation_status = 'generating', failure_reason = NULL,
               generating_since = coalesce(generating_since, ?2), updated_at = ?2 WHERE id = ?1 AND run = ?3";
    tx.execute(sql, params![avatar.id, now, avatar.run])?;
    Ok(Ok(()))
}

/// What a provider was used for, in one run.
pub struct Usage<'a> {
    /// "bust_happy", "login", …
    pub item: &'a str,
    /// Who did it.
    pub provider: &'a str,
    /// With which model.
    pub model: &'a str,
    /// How many images or tokens it billed.
    pub units: u32,
    /// What it costs the user, in tokens.
    pub cost: i64,
}

/// Notes a use, once for each item of a run.
pub fn used(tx: &Connection, avatar: &Avatar, usage: &Usage<'_>, now: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO ai_usage_logs (teacher_avatar_id, user_id, run, item, provider, model, units, token_cost, created_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (run, item) DO NOTHING";
    let Usage { item, provider, model, units, cost } = usage;
    tx.execute(sql, params![avatar.id, avatar.user, avatar.run, item, provider, model, units, cost, now])?;
    Ok(())
}

/// A picture is stored: the checkpoint that keeps a second attempt from painting it again.
pub fn pictured(
    tx: &Connection,
    avatar: &Avatar,
    picture: Picture,
    path: &str,
    bytes: i64,
    now: i64,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO avatar_images (teacher_avatar_id, image_type, expression_type, run, path, bytes, created_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               ON CONFLICT (teacher_avatar_id, image_type, expression_type)
               DO UPDATE SET run = excluded.run, path = excluded.path, bytes = excluded.bytes, created_at = excluded.created_at";
    let (pose, expression) = (picture.pose.as_str(), picture.expression.as_str());
    tx.execute(sql, params![avatar.id, pose, expression, avatar.run, path, bytes, now])?;
    Ok(())
}

/// A comment is written: the checkpoint of its event.
pub fn commented(tx: &Connection, avatar: &Avatar, event: CommentEvent, text: &str, now: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO avatar_comments (teacher_avatar_id, event_type, run, comment_text, created_at)
               VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT (teacher_avatar_id, event_type)
               DO UPDATE SET run = excluded.run, comment_text = excluded.comment_text, created_at = excluded.created_at";
    tx.execute(sql, params![avatar.id, event.as_str(), avatar.run, text, now])?;
    Ok(())
}

/// What a run has made so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Made {
    /// Pictures, by name ("bust_happy"), with path and size in bytes.
    pub pictures: Vec<(String, String, i64)>,
    /// Comments, by event.
    pub comments: Vec<(String, String)>,
}

/// What the avatar's present run has made so far.
pub fn made(tx: &Connection, avatar: &Avatar) -> rusqlite::Result<Made> {
    let sql = "SELECT image_type || '_' || expression_type, path, bytes FROM avatar_images
               WHERE teacher_avatar_id = ?1 AND run = ?2 ORDER BY id";
    let of = params![avatar.id, avatar.run];
    let pictures = tx
        .prepare_cached(sql)?
        .query_map(of, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    let sql =
        "SELECT event_type, comment_text FROM avatar_comments WHERE teacher_avatar_id = ?1 AND run = ?2 ORDER BY id";
    let comments =
        tx.prepare_cached(sql)?.query_map(of, |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    Ok(Made { pictures, comments })
}

/// Completes a run in one step: checks that all is there, charges, says `completed`, tells the owner. Answers the charge,
/// or what is not there.
pub fn complete(tx: &Connection, avatar: &Avatar, now: i64) -> rusqlite::Result<Result<i64, String>> {
    let made = made(tx, avatar)?;
    let (pictures, comments) = (avatar.look.pictures().len(), CommentEvent::ALL.len());
    if made.pictures.len() != pictures || made.comments.len() != comments {
        let (have, said) = (made.pictures.len(), made.comments.len());
        return Ok(Err(format!(
            "complete avatar {}: it has {have} of {pictures} pictures and {said} of {comments} comments",
            avatar.id
        )));
    }
    let sql = "SELECT coalesce(sum(token_cost), 0) FROM ai_usage_logs WHERE run = ?1";
    let used: i64 = tx.query_row(sql, [&avatar.run], |row| row.get(0))?;
    let charged = token::charge(tx, avatar.user, &avatar.run, (used + price::BASE_TOKENS).min(avatar.estimate), now)?;
    let sql =
        "UPDATE teacher_avatars SET generation_status = 'completed', failure_reason = NULL, generating_since = NULL,
               last_generated_at = ?2, updated_at = ?2 WHERE id = ?1 AND run = ?3";
    tx.execute(sql, params![avatar.id, now, avatar.run])?;
    let message = format!("モデル: {} / 消費トークン: {charged}", avatar.look.draw_model_version);
    notice::avatar_ended(tx, avatar.user, &avatar.run, "アバターが完成しました", &message, now)?;
    Ok(Ok(charged))
}

/// Fails a run in one step: the hold goes back, the row says why, the owner is told. Answers whether this changed anything.
pub fn fail(tx: &Connection, avatar: &Avatar, reason: &str, now: i64) -> rusqlite::Result<bool> {
    let sql = "UPDATE teacher_avatars SET generation_status = 'failed', failure_reason = ?2, generating_since = NULL, updated_at = ?3
               WHERE id = ?1 AND run = ?4 AND generation_status IN ('pending', 'generating')";
    let changed = tx.execute(sql, params![avatar.id, reason, now, avatar.run])? > 0;
    if changed {
        token::release(tx, &avatar.run)?;
        notice::avatar_ended(tx, avatar.user, &avatar.run, "アバターを作成できませんでした", reason, now)?;
    }
    Ok(changed)
}

fn json(look: &Look) -> rusqlite::Result<String> {
    serde_json::to_string(look).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}
