//! One due instant, in one transaction: its row is taken, the tasks are made, and what is left of the last time goes.
//!
//! Whatever fails, nothing of it remains. Nobody is told here: who is to hear of a task is written down beside it, and
//! [`notice`](super::notice) does it after the commit.

use banto::sqlite::rusqlite::{Connection, OptionalExtension, params};
use uuid::Builder;

use super::{
    Chance, assign, due,
    ledger::{self, Due, Over},
    scheduled_task::ScheduledTask,
};
use crate::error::Error;

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// Tasks were made.
    Tasks {
        /// For whom.
        assignees: Vec<i64>,
        /// How many incomplete tasks of the last time were removed.
        deleted: usize,
    },
    /// Nothing was made, on purpose; the row says why.
    Skipped(String),
    /// Somebody else has its row.
    Elsewhere,
    /// The scheduled task was changed or paused since it was read: the next look decides.
    Changed,
}

/// Makes the tasks of `due` at `now` (ms since 1970). `late` is for a due instant that is made up for long after its time: its
/// due date is counted from now, for nobody shall be late with what was not there.
pub fn make(
    tx: &Connection,
    task: &ScheduledTask,
    due: &Due,
    over: Over,
    late: bool,
    chance: &Chance,
    now: i64,
) -> Result<Made, Error> {
    if !is_as_read(tx, task)? {
        return Ok(Made::Changed);
    }
    let Some(row) = ledger::take(tx, task.id, due, over, now)? else { return Ok(Made::Elsewhere) };
    if task.delete_incomplete_previous && has_later(tx, task.id, due)? {
        let note = "a later one was made already, and only the last one's tasks stay".to_owned();
        let sql = "UPDATE scheduled_task_executions SET status = 'skipped', note = ?2 WHERE id = ?1";
        tx.execute(sql, params![row, note])?;
        return Ok(Made::Skipped(note));
    }
    if task.orphaned {
        let user = task.created_by;
        return Err(Error::Asked(format!(
            "find its creator: user {user} is deleted; delete it, and let another create it anew"
        )));
    }
    let mut rng = chance.rng(task.id, due.at_ms);
    let assignees = assign::assignees(tx, task, &mut rng)?;
    let group = Builder::from_random_bytes(fastrand::u128(..).to_be_bytes()).into_uuid().to_string();
    let due_date = due::date(task, if late { now } else { due.at_ms })?;
    let previous = previous(tx, task, row)?;
    let mut first = None;
    for user in &assignees {
        let made = one(tx, task, *user, &group, due_date.as_deref(), now)?;
        first.get_or_insert(made);
    }
    let deleted = match previous {
        Some(group) => remove_incomplete(tx, &group, now)?,
        None => Vec::new(),
    };
    let sql = "UPDATE scheduled_task_executions SET group_task_id = ?2, created_task_id = ?3, deleted_task_id = ?4,
               created_count = ?5, deleted_count = ?6 WHERE id = ?1";
    let count = |many: usize| i64::try_from(many).unwrap_or(i64::MAX);
    let counts = (count(assignees.len()), count(deleted.len()));
    tx.execute(sql, params![row, group, first, deleted.first(), counts.0, counts.1])?;
    Ok(Made::Tasks { assignees, deleted: deleted.len() })
}

fn is_as_read(tx: &Connection, task: &ScheduledTask) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM scheduled_group_tasks
               WHERE id = ?1 AND updated_at = ?2 AND is_active = 1 AND paused_at IS ?3 AND deleted_at IS NULL";
    let same = tx.query_row(sql, params![task.id, task.updated_at, task.paused_at], |_| Ok(())).optional()?;
    Ok(same.is_some())
}

fn has_later(tx: &Connection, task: i64, due: &Due) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM scheduled_task_executions
               WHERE scheduled_task_id = ?1 AND status = 'success' AND due_at > ?2 LIMIT 1";
    Ok(tx.query_row(sql, [task, due.at_ms], |_| Ok(())).optional()?.is_some())
}

/// The group of tasks that was made last, if what is left of it is to go.
fn previous(tx: &Connection, task: &ScheduledTask, row: i64) -> Result<Option<String>, Error> {
    if !task.delete_incomplete_previous {
        return Ok(None);
    }
    let sql = "SELECT group_task_id FROM scheduled_task_executions
               WHERE scheduled_task_id = ?1 AND status = 'success' AND id <> ?2 AND group_task_id IS NOT NULL
               ORDER BY executed_at DESC, due_at DESC LIMIT 1";
    Ok(tx.query_row(sql, [task.id, row], |row| row.get(0)).optional()?)
}

/// Removes what is not completed of a whole group of tasks; answers their numbers, the first one first.
fn remove_incomplete(tx: &Connection, group: &str, now: i64) -> Result<Vec<i64>, Error> {
    let sql = "UPDATE tasks SET deleted_at = ?2, updated_at = ?2
               WHERE group_task_id = ?1 AND is_completed = 0 AND deleted_at IS NULL RETURNING id";
    let mut removed: Vec<i64> =
        tx.prepare(sql)?.query_map(params![group, now], |row| row.get(0))?.collect::<Result<_, _>>()?;
    removed.sort_unstable();
    Ok(removed)
}

/// One assignee's task, with its tags, and that they are still to be told.
fn one(
    tx: &Connection,
    task: &ScheduledTask,
    user: i64,
    group: &str,
    due_date: Option<&str>,
    now: i64,
) -> Result<i64, Error> {
    let sql =
        "INSERT INTO tasks (user_id, assigned_by_user_id, title, description, due_date, span, group_task_id, reward,
                 requires_approval, requires_image, created_at, updated_at)
               VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7, ?8, ?9, ?10, ?10) RETURNING id";
    let values = params![
        user,
        task.created_by,
        task.title,
        task.description,
        due_date,
        group,
        task.reward,
        task.requires_approval,
        task.requires_image,
        now
    ];
    let id: i64 = tx.query_row(sql, values, |row| row.get(0))?;
    let sql = "INSERT INTO tags (user_id, name, created_at)
               SELECT ?1, tag_name, ?3 FROM scheduled_task_tags WHERE scheduled_task_id = ?2
               ON CONFLICT DO NOTHING";
    tx.execute(sql, [user, task.id, now])?;
    let sql = "INSERT INTO task_tag (task_id, tag_id)
               SELECT ?1, t.id FROM scheduled_task_tags s JOIN tags t ON t.user_id = ?2 AND t.name = s.tag_name
               WHERE s.scheduled_task_id = ?3";
    tx.execute(sql, [id, user, task.id])?;
    tx.execute("INSERT INTO task_notices (task_id) VALUES (?1)", [id])?;
    Ok(id)
}
