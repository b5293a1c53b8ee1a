//! Owners are told of their tasks, after the commit that made them.
//!
//! Who is still to be told is a row of `task_notices`; the notification and the end of that row are one transaction. So a
//! crash between the tasks and the words is made up for by the next run, nobody is told twice, and a notification that fails
//! takes nothing back: it is a warning, and tried again. The sender is the scheduled task's creator; nobody is logged in here.

use banto::{
    limits,
    sqlite::rusqlite::{Connection, OptionalExtension, params},
    text::cut,
};

use crate::{error::Error, table::Tables};

/// How often a notification is tried.
pub const ATTEMPTS_MAX: i64 = 10;
/// How long a notification stays, in milliseconds (30 days).
const STAYS_MS: i64 = 30 * 86_400_000;
/// How many are told in one run.
const AT_ONCE: i64 = 10_000;

/// How it went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Owners that were told.
    pub told: usize,
    /// What did not work, for people.
    pub warnings: Vec<String>,
}

/// Tells everybody who is still to be told.
pub async fn deliver(tables: &Tables) -> Result<Told, Error> {
    let now = tables.now();
    let open = tables.read(|db| {
        let sql = "SELECT task_id FROM task_notices WHERE attempts < ?1 ORDER BY task_id LIMIT ?2";
        let found = db.prepare(sql)?.query_map([ATTEMPTS_MAX, AT_ONCE], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok::<Vec<i64>, Error>(found)
    });
    let mut told = Told::default();
    for task in open.await? {
        match tables.write(move |tx| tell(tx, task, now)).await {
            Ok(true) => told.told += 1,
            Ok(false) => {}
            Err(error) => {
                let error = error.to_string();
                told.warnings
                    .push(format!("the owner of task {task} could not be told: could not {error}; it is tried again"));
                let error = cut(&error, limits::ERROR_BYTES_MAX);
                let sql = "UPDATE task_notices SET attempts = attempts + 1, error = ?2 WHERE task_id = ?1";
                tables.write(move |tx| Ok(tx.execute(sql, params![task, error])?)).await?;
            }
        }
    }
    told.warnings.extend(given_up(tables).await?);
    Ok(told)
}

async fn given_up(tables: &Tables) -> Result<Option<String>, Error> {
    let sql = "SELECT count(*), max(error) FROM task_notices WHERE attempts >= ?1";
    let found = tables.read(move |db| {
        Ok(db.query_row(sql, [ATTEMPTS_MAX], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?)))?)
    });
    let (count, error) = found.await?;
    let text = || {
        format!(
            "{count} notifications were given up after {ATTEMPTS_MAX} attempts (could not {}); their rows are in task_notices",
            error.unwrap_or_default()
        )
    };
    Ok((count > 0).then(text))
}

/// Tells one owner. Answers whether it was this call that did it.
fn tell(tx: &Connection, task: i64, now: i64) -> Result<bool, Error> {
    if tx.execute("DELETE FROM task_notices WHERE task_id = ?1", [task])? == 0 {
        return Ok(false);
    }
    // A task that was removed or completed meanwhile is no news.
    let sql = "SELECT t.user_id, t.assigned_by_user_id, t.title, u.theme = 'child' FROM tasks t JOIN users u ON u.id = t.user_id
               WHERE t.id = ?1 AND t.deleted_at IS NULL AND t.is_completed = 0 AND u.deleted_at IS NULL";
    let row = |row: &banto::sqlite::rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let Some((user, sender, title, is_child)): Option<(i64, Option<i64>, String, bool)> =
        tx.query_row(sql, [task], row).optional()?
    else {
        return Ok(false);
    };
    let (head, message) = words(&title, is_child);
    let sql = "INSERT INTO notification_templates (sender_id, type, priority, title, message, expire_at, created_at)
               VALUES (?1, 'group_task_created', 'important', ?2, ?3, ?4, ?5) RETURNING id";
    let values = params![sender.unwrap_or(user), head, message, now + STAYS_MS, now];
    let template: i64 = tx.query_row(sql, values, |row| row.get(0))?;
    tx.execute("INSERT INTO user_notifications (user_id, notification_template_id) VALUES (?1, ?2)", [user, template])?;
    Ok(true)
}

/// The same news for grown-ups and for children.
fn words(title: &str, is_child: bool) -> (&'static str, String) {
    match is_child {
        true => ("あたらしいクエストがとどいたよ！", format!("「{title}」にちょうせんしてみよう！")),
        false => {
            ("新しいグループタスクが割り当てられました", format!("グループタスク「{title}」が割り当てられました。"))
        }
    }
}
