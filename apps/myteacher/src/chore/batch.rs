//! `batch …`: the scheduled group tasks, every minute; and what there is of them.

use banto::text::{count_of, visible};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::users;
use crate::{
    args::At,
    batch::{
        Batch as Works, Chance,
        holiday::{self, Days},
        run::{Done, Line},
        scheduled_task::{self, ScheduledTask},
    },
    error::Error,
    print,
    report::Report,
    table::Tables,
};

/// How much of a title is shown.
pub(super) const TITLE_CHARS_MAX: usize = 40;

/// `batch …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Batch {
    /// Make the tasks of every due instant since the last run, and account for each.
    ExecuteScheduledTasks(Execute),
    /// List the scheduled tasks, and when each is due next.
    ListTasks(ListTasks),
    /// What `users delete-inactive` does; the old system called it so.
    DeleteInactiveUsers(users::DeleteInactive),
}

/// `batch execute-scheduled-tasks`.
#[derive(Debug, Clone, Args)]
pub struct Execute {
    /// Picks members by this seed instead of by chance.
    #[arg(long)]
    seed: Option<u64>,
    /// Where.
    #[command(flatten)]
    at: At,
}

/// `batch list-tasks`.
#[derive(Debug, Clone, Args)]
pub struct ListTasks {
    /// Of this group only.
    #[arg(long)]
    group: Option<i64>,
    /// Where.
    #[command(flatten)]
    at: At,
}

impl Batch {
    pub(super) fn at(&self) -> &At {
        match self {
            Batch::ExecuteScheduledTasks(typed) => &typed.at,
            Batch::ListTasks(typed) => &typed.at,
            Batch::DeleteInactiveUsers(typed) => typed.at(),
        }
    }

    pub(super) async fn carry_out(&self, tables: &Tables) -> Result<Report, Error> {
        match self {
            Batch::ExecuteScheduledTasks(typed) => Ok(executed(&works(tables, typed.seed).execute().await?)),
            Batch::ListTasks(typed) => list(tables, typed.group).await,
            Batch::DeleteInactiveUsers(typed) => typed.carry_out(tables).await,
        }
    }
}

/// A batch over these tables.
pub(super) fn works(tables: &Tables, seed: Option<u64>) -> Works {
    let chance = Chance::seeded(seed.unwrap_or_else(|| fastrand::u64(..)));
    Works { tables: tables.clone(), chance }
}

/// What a run has to say. It is called a success only if it was one.
fn executed(done: &Done) -> Report {
    let mut lines = Vec::new();
    let some: Vec<&Line> = done.lines.iter().filter(|line| line.processed() > 0 || !line.errors.is_empty()).collect();
    if !some.is_empty() {
        let mut table = print::table([
            "task",
            "title",
            "processed",
            "success",
            "failed",
            "skipped",
            "missed",
            "created",
            "deleted",
        ]);
        for line in &some {
            let numbers =
                [line.processed(), line.success, line.failed, line.skipped, line.missed, line.created, line.deleted];
            let words = [line.task.to_string(), visible(&line.title, TITLE_CHARS_MAX)];
            table.add_row(words.into_iter().chain(numbers.map(|number| number.to_string())));
        }
        lines.push(table.to_string());
    }
    for line in &some {
        lines.extend(
            line.errors.iter().map(|error| format!("scheduled task {}: could not {}", line.task, visible(error, 500))),
        );
    }
    lines.extend(done.warnings.iter().map(|warning| format!("warning: {}", visible(warning, 500))));
    let sum = |of: fn(&Line) -> usize| done.lines.iter().map(of).sum::<usize>();
    let (failed, told) = (sum(|line| line.failed), done.told);
    let counts = format!(
        "{}; {} processed: {} success, {failed} failed, {} skipped, {} missed; {} created, {} removed, {} told",
        count_of(done.lines.len(), "scheduled task", "scheduled tasks"),
        count_of(sum(Line::processed), "due instant", "due instants"),
        sum(|line| line.success),
        sum(|line| line.skipped),
        sum(|line| line.missed),
        count_of(sum(|line| line.created), "task", "tasks"),
        sum(|line| line.deleted),
        count_of(told, "owner", "owners"),
    );
    let is_well = failed == 0 && done.lines.iter().all(|line| line.errors.is_empty());
    lines.push(match (is_well, done.warnings.is_empty()) {
        (true, true) => format!("executed successfully: {counts}"),
        (true, false) => format!("executed with {}: {counts}", count_of(done.warnings.len(), "warning", "warnings")),
        (false, _) => format!("completed with failures: {counts}"),
    });
    let object = json!({
        "processed": sum(Line::processed), "success": sum(|line| line.success), "failed": failed,
        "skipped": sum(|line| line.skipped), "missed": sum(|line| line.missed),
        "created": sum(|line| line.created), "deleted": sum(|line| line.deleted),
        "told": told, "warnings": done.warnings, "tasks": some,
    });
    Report { lines, object, exit: u8::from(!is_well) }
}

async fn list(tables: &Tables, group: Option<i64>) -> Result<Report, Error> {
    let days = holiday::days(tables).await?;
    let now = tables.now();
    let found = tables.read(move |db| {
        let sql = "SELECT id FROM scheduled_group_tasks
                   WHERE deleted_at IS NULL AND (?1 IS NULL OR group_id = ?1) ORDER BY group_id, id";
        let ids: Vec<i64> = db.prepare(sql)?.query_map([group], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let active = scheduled_task::active(db, group)?;
        let rows =
            ids.into_iter().filter_map(|id| Some((scheduled_task::find(db, id).transpose()?, active.contains(&id))));
        Ok::<_, Error>(rows.map(|(row, active)| row.map(|row| (row, active))).collect::<Result<Vec<_>, _>>()?)
    });
    let rows: Vec<Value> = found.await?.iter().map(|(task, active)| shown(task, *active, &days, now)).collect();
    let mut table = print::table(["id", "group", "title", "state", "zone", "when", "next"]);
    for row in &rows {
        let word = |name: &str| match row.get(name) {
            Some(Value::String(text)) => visible(text, 100),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        table.add_row(["id", "group_id", "title", "state", "timezone", "when", "next_local"].map(word));
    }
    let lines = match rows.is_empty() {
        true => vec!["no scheduled tasks; `scheduled-tasks create` makes one".to_owned()],
        false => vec![table.to_string()],
    };
    Ok(Report::well(lines, json!({ "tasks": rows })))
}

fn shown(task: &ScheduledTask, active: bool, days: &Days, now: i64) -> Value {
    let schedule = task.schedule(&days.calendar);
    let next = schedule.as_ref().ok().and_then(|schedule| schedule.next(now));
    let state = match &schedule {
        Err(_) => "broken",
        Ok(_) if !active => "off",
        Ok(_) if task.paused_at.is_some() => "paused",
        Ok(_) if next.is_none() => "over",
        Ok(_) => "active",
    };
    json!({
        "id": task.id, "group_id": task.group_id, "created_by": task.created_by,
        "title": visible(&task.title, TITLE_CHARS_MAX), "state": state, "timezone": task.timezone,
        "when": schedule.as_ref().map_or_else(|fault| format!("could not {fault}"), |schedule| schedule.words()),
        "next_at": next.as_ref().map(|next| next.at_ms),
        "next_local": next.as_ref().zip(schedule.as_ref().ok()).map(|(next, schedule)| schedule.local(next.at_ms)),
    })
}
