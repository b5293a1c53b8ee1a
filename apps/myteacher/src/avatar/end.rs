//! How a run ends: completed or failed, each in one step with its tokens and its notification.

use banto::sqlite::rusqlite::{self, Connection, OptionalExtension, params};

use crate::{event::CommentEvent, look::Look, notice, price, reason::Why, token};

use super::{Avatar, Unfinished, made};

/// What came of completing a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Complete {
    /// It is completed, and so much was charged.
    Charged(i64),
    /// Something is not there, in words.
    Lacks(String),
    /// Another run has taken its place; nothing was charged.
    Replaced,
}

/// Completes a run in one step: checks that all is there, charges, shows it, lets go of what earlier runs made, says
/// `completed`, tells the owner. The files of earlier runs are the caller's to delete, after this is durable.
pub fn complete(tx: &Connection, avatar: &Avatar, look: &Look, now: i64) -> rusqlite::Result<Complete> {
    let made = made(tx, avatar)?;
    let (pictures, comments) = (look.pictures().len(), CommentEvent::ALL.len());
    if made.pictures.len() != pictures || made.comments.len() != comments {
        let (have, said) = (made.pictures.len(), made.comments.len());
        return Ok(Complete::Lacks(format!(
            "complete avatar {}: it has {have} of {pictures} pictures and {said} of {comments} comments",
            avatar.id
        )));
    }
    let sql = "UPDATE teacher_avatars SET generation_status = 'completed', failure_reason = NULL, failure_detail = NULL,
               generating_since = NULL, shown_run = run, last_generated_at = ?2, updated_at = ?2 WHERE id = ?1 AND run = ?3";
    if tx.execute(sql, params![avatar.id, now, avatar.run])? == 0 {
        return Ok(Complete::Replaced);
    }
    for table in ["avatar_images", "avatar_comments"] {
        let sql = format!("DELETE FROM {table} WHERE teacher_avatar_id = ?1 AND run <> ?2");
        tx.execute(&sql, params![avatar.id, avatar.run])?;
    }
    tx.execute("DELETE FROM avatar_drawings WHERE teacher_avatar_id = ?1", [avatar.id])?;
    let sql = "SELECT coalesce(sum(token_cost), 0) FROM ai_usage_logs WHERE run = ?1";
    let used: i64 = tx.query_row(sql, [&avatar.run], |row| row.get(0))?;
    let charged = token::charge(tx, avatar.user, &avatar.run, (used + price::BASE_TOKENS).min(avatar.estimate), now)?;
    let message = format!("モデル: {} / 消費トークン: {charged}", look.draw_model_version);
    notice::avatar_ended(tx, avatar.user, &avatar.run, "アバターが完成しました", &message, now)?;
    Ok(Complete::Charged(charged))
}

/// Fails a run in one step: the hold goes back, the row says why, the owner is told; what the avatar shows stays. Answers
/// whether this changed anything.
pub fn fail(tx: &Connection, row: &Unfinished, why: &Why, now: i64) -> rusqlite::Result<bool> {
    let sql = "UPDATE teacher_avatars SET generation_status = 'failed', failure_reason = ?2, failure_detail = ?3,
               generating_since = NULL, updated_at = ?4
               WHERE id = ?1 AND run = ?5 AND job = ?6 AND generation_status IN ('pending', 'generating')
               RETURNING shown_run IS NOT NULL";
    let sentence = why.reason.sentence();
    let values = params![row.id, sentence, why.detail, now, row.run, row.job];
    let Some(shows) = tx.query_row(sql, values, |row| row.get::<_, bool>(0)).optional()? else { return Ok(false) };
    token::release(tx, &row.run)?;
    let stays = if shows { "これまでのアバターはそのまま使えます。" } else { "" };
    let message = format!("{sentence}トークンは消費されていません。{stays}");
    notice::avatar_ended(tx, row.user, &row.run, "アバターを作成できませんでした", &message, now)?;
    Ok(true)
}
