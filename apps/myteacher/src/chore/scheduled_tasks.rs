//! `scheduled-tasks …`: scheduled tasks are created, stopped for a while, taken away and asked about; and one day of them is
//! tried or made good by hand.

use banto::{Date, text::visible};
use clap::{Args, Subcommand};
use serde_json::json;

use super::batch::works;
use crate::{
    args::At,
    batch::{
        day::Day,
        holiday, ledger, scheduled_task,
        wish::{self, Wish},
    },
    error::Error,
    print,
    report::Report,
    table::Tables,
};

/// `scheduled-tasks …`.
#[derive(Debug, Clone, Subcommand)]
pub enum ScheduledTasks {
    /// Make what is due on a day, or with --dry-run tell what would be made. What was made before is not made again.
    Execute(Execute),
    /// Create one.
    Create(Box<Create>),
    /// Stop one for a while; what comes due meanwhile is skipped.
    Pause(One),
    /// Let a paused one go on.
    Resume(One),
    /// Take one away; its tasks and its history stay.
    Delete(One),
    /// Show what became of its latest due instants.
    History(One),
}

/// `scheduled-tasks execute`.
#[derive(Debug, Clone, Args)]
pub struct Execute {
    /// The day, in each creator's own zone; today when left out.
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<Date>,
    /// Only tell.
    #[arg(long)]
    dry_run: bool,
    /// Picks members by this seed instead of by chance.
    #[arg(long)]
    seed: Option<u64>,
    /// Where.
    #[command(flatten)]
    at: At,
}

/// `scheduled-tasks pause`, and whatever else needs its number only.
#[derive(Debug, Clone, Args)]
pub struct One {
    /// Which; `batch list-tasks` shows them.
    id: i64,
    /// Where.
    #[command(flatten)]
    at: At,
}

/// `scheduled-tasks create`. Numbers and dates are text here, so that all faults are told at once.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  myteacher scheduled-tasks create --by 1 --title 'Water the flowers' --schedule 'daily 08:00' --due-hours 4
  myteacher scheduled-tasks create --by 1 --title 'Clean up' --schedule 'weekly 16:00 1,5' --schedule 'monthly 16:00 31' \\
    --auto-assign --skip-holidays --tag room --reward 50")]
pub struct Create {
    /// Who creates it: a user with the right to edit their group.
    #[arg(long, value_name = "USER")]
    by: String,
    /// What is to be done: 1 to 255 characters.
    #[arg(long, default_value = "")]
    title: String,
    /// The same at length: up to 5000 characters.
    #[arg(long)]
    description: Option<String>,
    /// When: 'daily HH:MM', 'weekly HH:MM DAYS' (0 is Sunday) or 'monthly HH:MM DATES'; up to 16 of them.
    #[arg(long = "schedule", value_name = "WHEN")]
    schedules: Vec<String>,
    /// What it is worth, from 0.
    #[arg(long, default_value = "0", allow_hyphen_values = true)]
    reward: String,
    /// A picture has to show that it is done.
    #[arg(long)]
    requires_image: bool,
    /// Somebody has to approve it.
    #[arg(long)]
    requires_approval: bool,
    /// Who alone gets it; else every member of the group without the right to edit it.
    #[arg(long, value_name = "USER")]
    assign: Option<String>,
    /// One such member gets it, by chance.
    #[arg(long)]
    auto_assign: bool,
    /// Days until it is to be done, 0 to 365.
    #[arg(long, allow_hyphen_values = true)]
    due_days: Option<String>,
    /// Hours until it is to be done, 0 to 8760.
    #[arg(long, allow_hyphen_values = true)]
    due_hours: Option<String>,
    /// The first day; today when left out.
    #[arg(long, value_name = "YYYY-MM-DD")]
    start: Option<String>,
    /// The last day, which is in it.
    #[arg(long, value_name = "YYYY-MM-DD")]
    end: Option<String>,
    /// Not on holidays.
    #[arg(long)]
    skip_holidays: bool,
    /// On the next business day instead of a holiday.
    #[arg(long)]
    move_to_next_business_day: bool,
    /// What is not done of the last time stays.
    #[arg(long)]
    keep_previous: bool,
    /// What the 29th to 31st are in a shorter month: last_day or skip.
    #[arg(long, default_value = "last_day")]
    month_end: String,
    /// What an outage missed is made up for: last, skip, or all:N.
    #[arg(long, default_value = "last")]
    missed: String,
    /// A tag of its tasks: 1 to 50 characters; may be given again.
    #[arg(long = "tag")]
    tags: Vec<String>,
    /// Where.
    #[command(flatten)]
    at: At,
}

impl ScheduledTasks {
    pub(super) fn at(&self) -> &At {
        match self {
            ScheduledTasks::Execute(typed) => &typed.at,
            ScheduledTasks::Create(typed) => &typed.at,
            ScheduledTasks::Pause(one)
            | ScheduledTasks::Resume(one)
            | ScheduledTasks::Delete(one)
            | ScheduledTasks::History(one) => &one.at,
        }
    }

    pub(super) async fn carry_out(&self, tables: &Tables) -> Result<Report, Error> {
        match self {
            ScheduledTasks::Execute(typed) => {
                let day = works(tables, typed.seed).day(typed.date, typed.dry_run).await?;
                Ok(of_day(&day, typed.dry_run))
            }
            ScheduledTasks::Create(typed) => create(typed, tables).await,
            ScheduledTasks::Pause(one) => pause(one.id, tables).await,
            ScheduledTasks::Resume(one) => resume(one.id, tables).await,
            ScheduledTasks::Delete(one) => delete(one.id, tables).await,
            ScheduledTasks::History(one) => history(one.id, tables).await,
        }
    }
}

fn of_day(day: &Day, dry_run: bool) -> Report {
    let mut table = print::table(["task", "title", "due", "what", "created", "deleted", "detail"]);
    for line in &day.lines {
        table.add_row([
            line.task.to_string(),
            visible(&line.title, super::batch::TITLE_CHARS_MAX),
            line.due_local.clone(),
            line.what.replace('_', " "),
            line.created.to_string(),
            line.deleted.to_string(),
            visible(&line.detail, 200),
        ]);
    }
    let failed = day.lines.iter().filter(|line| line.what == "failed").count();
    let mut lines = match day.lines.is_empty() {
        true => vec!["nothing is due on that day".to_owned()],
        false => vec![table.to_string()],
    };
    lines.extend(day.warnings.iter().map(|warning| format!("warning: {}", visible(warning, 500))));
    lines.extend(dry_run.then(|| "this was a dry run: nothing was changed".to_owned()));
    lines.extend((failed > 0).then(|| format!("completed with failures: {failed} of {}", day.lines.len())));
    let object =
        json!({ "due": day.lines, "told": day.told, "warnings": day.warnings, "failed": failed, "dry_run": dry_run });
    Report { lines, object, exit: u8::from(failed > 0) }
}

async fn create(typed: &Create, tables: &Tables) -> Result<Report, Error> {
    let now = tables.now();
    let wish = Wish {
        by: typed.by.clone(),
        title: typed.title.clone(),
        description: typed.description.clone(),
        schedules: typed.schedules.clone(),
        reward: typed.reward.clone(),
        requires_image: typed.requires_image,
        requires_approval: typed.requires_approval,
        assign: typed.assign.clone(),
        auto_assign: typed.auto_assign,
        due_days: typed.due_days.clone(),
        due_hours: typed.due_hours.clone(),
        start: typed.start.clone(),
        end: typed.end.clone(),
        skip_holidays: typed.skip_holidays,
        move_to_next_business_day: typed.move_to_next_business_day,
        keep_previous: typed.keep_previous,
        month_end: typed.month_end.clone(),
        missed: typed.missed.clone(),
        tags: typed.tags.clone(),
    };
    let days = holiday::days(tables).await?;
    let created = tables.write(move |tx| {
        let id = wish::create(tx, &wish, now)?;
        let task = scheduled_task::find(tx, id)?.ok_or_else(|| nobody(id, "create it"))?;
        let schedule = task.schedule(&days.calendar).map_err(Error::Asked)?;
        Ok((id, schedule.next(now).map(|next| schedule.local(next.at_ms))))
    });
    let (id, next) = created.await?;
    let line = match &next {
        Some(next) => format!("scheduled task {id} is created, and first due {next}"),
        None => format!("scheduled task {id} is created; warning: it will never be due"),
    };
    Ok(Report::well([line], json!({ "id": id, "next_local": next })))
}

async fn pause(id: i64, tables: &Tables) -> Result<Report, Error> {
    let now = tables.now();
    let sql = "UPDATE scheduled_group_tasks SET paused_at = ?2, updated_at = max(?2, updated_at + 1)
               WHERE id = ?1 AND paused_at IS NULL";
    let fresh = tables.write(move |tx| {
        let there = scheduled_task::find(tx, id)?.ok_or_else(|| nobody(id, "pause it"))?;
        Ok(there.paused_at.is_none() && tx.execute(sql, [id, now])? == 1)
    });
    let fresh = fresh.await?;
    let word = if fresh { "is paused: what comes due is skipped" } else { "was paused already" };
    Ok(Report::well([format!("scheduled task {id} {word}")], json!({ "id": id, "paused": true, "changed": fresh })))
}

/// What came due while it was paused gets its row first, so that it is not taken for an outage.
async fn resume(id: i64, tables: &Tables) -> Result<Report, Error> {
    let find = move |db: &banto::sqlite::rusqlite::Connection| {
        scheduled_task::find(db, id)?.ok_or_else(|| nobody(id, "resume it"))
    };
    let was_paused = tables.read(find).await?.paused_at.is_some();
    if was_paused {
        let (days, now) = (holiday::days(tables).await?, tables.now());
        works(tables, None).look_after(id, &days, now).await;
        let sql = "UPDATE scheduled_group_tasks SET paused_at = NULL, accounted_until = ?2, updated_at = max(?2, updated_at + 1)
                   WHERE id = ?1";
        tables.write(move |tx| Ok::<_, Error>(tx.execute(sql, [id, now])?)).await?;
    }
    let word = if was_paused { "goes on" } else { "was not paused" };
    Ok(Report::well(
        [format!("scheduled task {id} {word}")],
        json!({ "id": id, "paused": false, "changed": was_paused }),
    ))
}

async fn delete(id: i64, tables: &Tables) -> Result<Report, Error> {
    let now = tables.now();
    let sql = "UPDATE scheduled_group_tasks SET deleted_at = ?2, updated_at = max(?2, updated_at + 1)
               WHERE id = ?1 AND deleted_at IS NULL";
    let deleted = tables.write(move |tx| match tx.execute(sql, [id, now])? {
        0 => Err(nobody(id, "delete it")),
        _ => Ok(()),
    });
    deleted.await?;
    let line = format!("scheduled task {id} is deleted; its tasks and its history stay");
    Ok(Report::well([line], json!({ "id": id, "deleted": true })))
}

async fn history(id: i64, tables: &Tables) -> Result<Report, Error> {
    let found = tables.read(move |db| {
        let sql = "SELECT count(*) FROM scheduled_group_tasks WHERE id = ?1";
        match db.query_row(sql, [id], |row| row.get::<_, i64>(0))? {
            0 => Err(nobody(id, "show its history")),
            _ => Ok(ledger::history(db, id)?),
        }
    });
    let entries = found.await?;
    let mut table = print::table(["due", "status", "attempts", "created", "deleted", "note"]);
    for entry in &entries {
        let error = entry.error.as_ref().map(|error| format!("could not {error}"));
        table.add_row([
            entry.due_local.clone(),
            entry.status.clone(),
            entry.attempts.to_string(),
            entry.created.to_string(),
            entry.deleted.to_string(),
            visible(&error.or_else(|| entry.note.clone()).unwrap_or_default(), 200),
        ]);
    }
    let line = match entries.is_empty() {
        true => format!("scheduled task {id} has not been due yet"),
        false => table.to_string(),
    };
    Ok(Report::well([line], json!({ "id": id, "history": entries })))
}

fn nobody(id: i64, what: &str) -> Error {
    Error::Asked(format!("find scheduled task {id} to {what}: there is none; `myteacher batch list-tasks` shows them"))
}
