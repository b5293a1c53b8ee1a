//! One local day of every scheduled task, for operators: what would happen on it, and what is made good by hand.
//!
//! Unlike a run it looks at no policy for what was missed: whoever names a day wants its tasks. What was made, or skipped on
//! purpose, stays as it is, and what is not due yet is left to the run. A dry run makes everything and takes it back, so
//! that it tells what a run would do, failures included.

use std::{panic::AssertUnwindSafe, sync::Arc};

use banto::{Date, sqlite::rusqlite::Connection};
use banto_core::{What, plan};
use futures_util::FutureExt;
use serde::Serialize;

use super::{
    Batch, Chance, due,
    holiday::{self, Days},
    ledger::{self, Due, Over},
    make::{self, Made},
    notice,
    run::{due_of, late},
    scheduled_task::{self, ScheduledTask},
};
use crate::error::Error;

/// What became, or would become, of one due instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The scheduled task.
    pub task: i64,
    /// What it is called.
    pub title: String,
    /// The due instant on its creator's wall clock; empty for a plan that cannot be read.
    pub due_local: String,
    /// `success`, `done` (before), `skipped`, `not_due_yet` or `failed`.
    pub what: &'static str,
    /// How many tasks are made.
    pub created: usize,
    /// How many of the last time are removed.
    pub deleted: usize,
    /// For whom, why, or what went wrong.
    pub detail: String,
}

/// What became, or would become, of a day.
#[derive(Debug, Clone, Default)]
pub struct Day {
    /// A line for each due instant.
    pub lines: Vec<Line>,
    /// Owners that were told.
    pub told: usize,
    /// What people should know; nothing of it has failed.
    pub warnings: Vec<String>,
}

/// Why nothing is made of a due instant: what it is, and why.
type Unwanted = (&'static str, String);

impl Batch {
    /// Makes what is due on a day, in each creator's own zone; today where none is given.
    pub async fn day(&self, date: Option<Date>, dry_run: bool) -> Result<Day, Error> {
        let now = self.tables.now();
        let days = holiday::days(&self.tables).await?;
        let mut done = Day { warnings: days.warnings.clone(), ..Day::default() };
        for id in self.tables.read(|db| Ok::<_, Error>(scheduled_task::active(db, None)?)).await? {
            let lines = self.day_of(id, date, dry_run, &days, now).await;
            done.lines.extend(lines.unwrap_or_else(|error| vec![unreadable(id, String::new(), error.to_string())]));
        }
        if !dry_run {
            let told = notice::deliver(&self.tables).await?;
            done.told = told.told;
            done.warnings.extend(told.warnings);
        }
        Ok(done)
    }

    async fn day_of(
        &self,
        id: i64,
        date: Option<Date>,
        dry_run: bool,
        days: &Days,
        now: i64,
    ) -> Result<Vec<Line>, Error> {
        let found = self.tables.read(move |db| Ok::<_, Error>(scheduled_task::find(db, id)?)).await?;
        let Some(task) = found.map(Arc::new) else { return Ok(Vec::new()) };
        let schedule = match task.schedule(&days.calendar) {
            Ok(schedule) => schedule,
            Err(fault) => return Ok(vec![unreadable(id, task.title.clone(), fault)]),
        };
        let (begins, ends) = due::day(&task, date, now)?;
        let occurrences = schedule.occurrences(begins - 1, ends - 1, usize::MAX);
        let mut wanted = Vec::new();
        for planned in plan(&schedule, &occurrences, begins - 1) {
            let due = due_of(&schedule, &planned);
            let wants = match planned.what {
                What::Fire { .. } if task.paused_at.is_some() => Err(("skipped", "it is paused".to_owned())),
                What::Fire { .. } => self.wants(&due, id, dry_run, now).await?,
                What::Not(_) => Err(("skipped", planned.note.clone())),
            };
            wanted.push((due, wants));
        }
        if dry_run {
            return self.would(&task, wanted, now).await;
        }
        let mut lines = Vec::new();
        for (due, wants) in wanted {
            let made = match wants {
                Err((what, why)) => line(&task, &due, what, why),
                Ok(()) => {
                    let made = self.made(&task, &due, Over::FailedOrMissed, late(&due, now), now).await;
                    if let Err(error) = &made {
                        self.failed(id, due.clone(), error.to_string(), now).await?;
                    }
                    line_of(&task, &due, made)
                }
            };
            lines.push(made);
        }
        Ok(lines)
    }

    /// Whether its tasks are wanted; else what it is, and why.
    async fn wants(&self, due: &Due, id: i64, dry_run: bool, now: i64) -> Result<Result<(), Unwanted>, Error> {
        let at_ms = due.at_ms;
        let there = self.tables.read(move |db| Ok::<_, Error>(ledger::status(db, id, at_ms)?)).await?;
        Ok(match there {
            Some((status, _)) if status == "success" => Err(("done", "it was made before".to_owned())),
            Some((status, note)) if status == "skipped" => Err(("skipped", note)),
            _ if at_ms > now && !dry_run => Err(("not_due_yet", "the run makes it when it is due".to_owned())),
            _ => Ok(()),
        })
    }

    /// Makes a day of one scheduled task in one transaction, and takes it all back.
    async fn would(
        &self,
        task: &Arc<ScheduledTask>,
        wanted: Vec<(Due, Result<(), Unwanted>)>,
        now: i64,
    ) -> Result<Vec<Line>, Error> {
        let (whole, chance) = (task.clone(), self.chance.clone());
        let write = self.tables.write(move |tx| {
            tx.execute_batch("SAVEPOINT dry_run")?;
            let lines = wanted.into_iter().map(|(due, wants)| match wants {
                Err((what, why)) => Ok(line(&whole, &due, what, why)),
                Ok(()) => Ok(line_of(&whole, &due, try_one(tx, &whole, &due, &chance, now)?)),
            });
            let lines: Result<Vec<Line>, Error> = lines.collect();
            tx.execute_batch("ROLLBACK TO dry_run; RELEASE dry_run")?;
            lines
        });
        let made = AssertUnwindSafe(write).catch_unwind().await;
        made.unwrap_or_else(|_| Err(Error::Asked("make its tasks: the program panicked; report it".to_owned())))
    }
}

/// One due instant inside of a dry run; after a failure nothing of it is left for the next.
fn try_one(
    tx: &Connection,
    task: &ScheduledTask,
    due: &Due,
    chance: &Chance,
    now: i64,
) -> Result<Result<Made, Error>, Error> {
    let then = now.max(due.at_ms);
    tx.execute_batch("SAVEPOINT one")?;
    let made = make::make(tx, task, due, Over::FailedOrMissed, late(due, then), chance, then);
    if made.is_err() {
        tx.execute_batch("ROLLBACK TO one")?;
    }
    tx.execute_batch("RELEASE one")?;
    Ok(made)
}

fn line(task: &ScheduledTask, due: &Due, what: &'static str, detail: String) -> Line {
    let (title, due_local) = (task.title.clone(), due.local.clone());
    Line { task: task.id, title, due_local, what, created: 0, deleted: 0, detail }
}

fn line_of(task: &ScheduledTask, due: &Due, made: Result<Made, Error>) -> Line {
    match made {
        Ok(Made::Tasks { assignees, deleted }) => {
            let users: Vec<String> = assignees.iter().map(i64::to_string).collect();
            let note = if due.note.is_empty() { String::new() } else { format!("; {}", due.note) };
            let detail = format!("for users {}{note}", users.join(", "));
            Line { created: assignees.len(), deleted, ..line(task, due, "success", detail) }
        }
        Ok(Made::Skipped(why)) => line(task, due, "skipped", why),
        Ok(Made::Elsewhere) => line(task, due, "done", "another has made it".to_owned()),
        Ok(Made::Changed) => line(task, due, "skipped", "it was changed meanwhile; look again".to_owned()),
        Err(error) => line(task, due, "failed", error.to_string()),
    }
}

fn unreadable(task: i64, title: String, detail: String) -> Line {
    Line { task, title, due_local: String::new(), what: "failed", created: 0, deleted: 0, detail }
}
