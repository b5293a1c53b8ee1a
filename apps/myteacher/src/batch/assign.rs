//! Who gets the tasks: one by name, one by chance, or every member of the group who may not edit it.

use banto::sqlite::rusqlite::{Connection, OptionalExtension};
use fastrand::Rng;

use super::scheduled_task::ScheduledTask;
use crate::error::Error;

/// The assignees, at least one. Whoever is not there any more is a failure, never somebody else's turn.
pub fn assignees(tx: &Connection, task: &ScheduledTask, rng: &mut Rng) -> Result<Vec<i64>, Error> {
    let group = task.group_id;
    match (task.auto_assign, task.assigned_user_id) {
        (false, Some(user)) => {
            let sql = "SELECT id FROM users WHERE id = ?1 AND group_id = ?2 AND deleted_at IS NULL";
            let found = tx.query_row(sql, [user, group], |row| row.get(0)).optional()?;
            found.map(|user| vec![user]).ok_or_else(|| {
                Error::Asked(format!(
                    "assign it to user {user}: nobody of that number is in group {group}; assign it to somebody else"
                ))
            })
        }
        (by_chance, _) => {
            let members = members(tx, group)?;
            let picked = if by_chance { rng.choice(&members).copied() } else { None };
            match (members.is_empty(), by_chance) {
                (true, _) => Err(Error::Asked(format!(
                    "assign it: group {group} has no member without the right to edit it; add one, or pause it"
                ))),
                (false, true) => Ok(picked.into_iter().collect()),
                (false, false) => Ok(members),
            }
        }
    }
}

fn members(tx: &Connection, group: i64) -> Result<Vec<i64>, Error> {
    let sql = "SELECT id FROM users WHERE group_id = ?1 AND group_edit_flg = 0 AND deleted_at IS NULL ORDER BY id";
    Ok(tx.prepare(sql)?.query_map([group], |row| row.get(0))?.collect::<Result<_, _>>()?)
}
