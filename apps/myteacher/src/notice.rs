//! Notifications to an avatar's owner: one word for each generation's end.

use banto::sqlite::rusqlite::{self, Connection, params};

/// How long a notification stays, in milliseconds (30 days).
const STAYS_MS: i64 = 30 * 86_400_000;

/// Tells the owner how a run ended. A run that failed and was tried again ends anew: its one notification says so, and is
/// unread again.
pub fn avatar_ended(
    tx: &Connection,
    user: i64,
    run: &str,
    title: &str,
    message: &str,
    now: i64,
) -> rusqlite::Result<()> {
    let sql =
        "INSERT INTO notification_templates (sender_id, type, priority, title, message, run, expire_at, created_at)
               VALUES (?1, 'avatar_generated', 'normal', ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (run) DO UPDATE SET title = excluded.title, message = excluded.message,
               expire_at = excluded.expire_at RETURNING id";
    let values = params![user, title, message, run, now + STAYS_MS, now];
    let template: i64 = tx.query_row(sql, values, |row| row.get(0))?;
    let sql = "INSERT INTO user_notifications (user_id, notification_template_id) VALUES (?1, ?2)
               ON CONFLICT (user_id, notification_template_id) DO UPDATE SET is_read = 0, read_at = NULL";
    tx.execute(sql, [user, template])?;
    Ok(())
}
