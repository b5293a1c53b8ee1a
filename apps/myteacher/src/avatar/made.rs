//! What a run makes: pictures and comments, each a checkpoint that keeps a second attempt from paying for it again.
//!
//! All of it belongs to a run, so that a run under way takes nothing from the one that is shown. A picture whose background
//! is to be removed has two checkpoints, for it is paid for twice: drawn, and cut out.

use banto::sqlite::rusqlite::{self, Connection, OptionalExtension, params};
use serde::Serialize;

use crate::{event::CommentEvent, look::Picture};

use super::Avatar;

/// The provider of a comment that took the place of one which moderation refused.
pub const BUILT_IN: &str = "built-in";

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

/// A picture that is drawn and stored, and waits for its background to be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// Where it is stored.
    pub path: String,
    /// Who drew it.
    pub model: String,
    /// With which seed.
    pub seed: u32,
}

/// A picture is drawn and stored, its background is still there.
pub fn drawn(tx: &Connection, avatar: &Avatar, picture: Picture, drawing: &Drawing, now: i64) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO avatar_drawings (teacher_avatar_id, run, picture, path, model, seed, created_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let Drawing { path, model, seed } = drawing;
    tx.execute(sql, params![avatar.id, avatar.run, picture.to_string(), path, model, seed, now])?;
    Ok(())
}

/// What is drawn of a picture of the avatar's present run and waits for its cut-out.
pub fn drawing(tx: &Connection, avatar: &Avatar, picture: Picture) -> rusqlite::Result<Option<Drawing>> {
    let sql =
        "SELECT path, model, seed FROM avatar_drawings WHERE teacher_avatar_id = ?1 AND run = ?2 AND picture = ?3";
    let of = params![avatar.id, avatar.run, picture.to_string()];
    tx.query_row(sql, of, |row| Ok(Drawing { path: row.get(0)?, model: row.get(1)?, seed: row.get(2)? })).optional()
}

/// A picture is stored as it shall be: the checkpoint that keeps a second attempt from painting it again.
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
               ON CONFLICT (teacher_avatar_id, run, image_type, expression_type)
               DO UPDATE SET path = excluded.path, bytes = excluded.bytes, created_at = excluded.created_at";
    let (pose, expression) = (picture.pose.as_str(), picture.expression.as_str());
    tx.execute(sql, params![avatar.id, pose, expression, avatar.run, path, bytes, now])?;
    let sql = "DELETE FROM avatar_drawings WHERE teacher_avatar_id = ?1 AND run = ?2 AND picture = ?3";
    tx.execute(sql, params![avatar.id, avatar.run, picture.to_string()])?;
    Ok(())
}

/// A comment is written: the checkpoint of its event.
pub fn commented(tx: &Connection, avatar: &Avatar, event: CommentEvent, text: &str, now: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO avatar_comments (teacher_avatar_id, event_type, run, comment_text, created_at)
               VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT (teacher_avatar_id, run, event_type)
               DO UPDATE SET comment_text = excluded.comment_text, created_at = excluded.created_at";
    tx.execute(sql, params![avatar.id, event.as_str(), avatar.run, text, now])?;
    Ok(())
}

/// What a run has made so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Made {
    /// Pictures, by name ("bust_happy"), with path and size in bytes.
    pub pictures: Vec<(String, String, i64)>,
    /// Comments, by event.
    pub comments: Vec<(String, String)>,
    /// The events among them whose comment is built in, because moderation refused every other.
    pub built_in: Vec<String>,
}

/// What the avatar's present run has made so far.
pub fn made(tx: &Connection, avatar: &Avatar) -> rusqlite::Result<Made> {
    made_in(tx, avatar.id, &avatar.run)
}

/// What the avatar shows: all that its last completed run made; nothing if there was none.
pub fn shown(tx: &Connection, avatar: &Avatar) -> rusqlite::Result<Made> {
    avatar.shown.as_ref().map_or_else(|| Ok(Made::default()), |run| made_in(tx, avatar.id, run))
}

fn made_in(tx: &Connection, id: i64, run: &str) -> rusqlite::Result<Made> {
    let sql = "SELECT image_type || '_' || expression_type, path, bytes FROM avatar_images
               WHERE teacher_avatar_id = ?1 AND run = ?2 ORDER BY id";
    let of = params![id, run];
    let pictures = tx
        .prepare_cached(sql)?
        .query_map(of, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    let sql =
        "SELECT event_type, comment_text FROM avatar_comments WHERE teacher_avatar_id = ?1 AND run = ?2 ORDER BY id";
    let comments =
        tx.prepare_cached(sql)?.query_map(of, |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    let sql = "SELECT item FROM ai_usage_logs WHERE teacher_avatar_id = ?1 AND run = ?2 AND provider = ?3 ORDER BY id";
    let built_in =
        tx.prepare_cached(sql)?.query_map(params![id, run, BUILT_IN], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(Made { pictures, comments, built_in })
}
