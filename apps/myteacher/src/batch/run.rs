//! A run: every scheduled task is looked after, and every due instant up to now ends as a row.
//!
//! First what failed before and is to be tried again, then all that came due since the last look, as the plan says: what is
//! made, what was missed, what is skipped. A scheduled task that cannot be looked after is a line of the report; the rest goes
//! on. A panic stops at the due instant that it came from.

use std::{panic::AssertUnwindSafe, sync::Arc};

use banto::Schedule;
use banto_core::{Planned, What, fire::Reason, plan};
use futures_util::FutureExt;
use serde::Serialize;

use super::{
    Batch,
    holiday::{self, Days},
    ledger::{self, Due, Over},
    make::{self, Made},
    notice,
    scheduled_task::{self, ScheduledTask},
};
use crate::error::Error;

/// How far back due instants are accounted for, in milliseconds: a year and a month. What is older is told, not listed.
const BACK_MS: i64 = 400 * 86_400_000;

/// What became of one scheduled task's due instants in this run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The scheduled task.
    pub task: i64,
    /// What it is called.
    pub title: String,
    /// Due instants whose tasks were made.
    pub success: usize,
    /// Due instants that failed, and plans that could not be read.
    pub failed: usize,
    /// Due instants that were skipped on purpose.
    pub skipped: usize,
    /// Due instants that an outage missed and that are not made up for.
    pub missed: usize,
    /// Tasks that were made.
    pub created: usize,
    /// Tasks of the last time that were removed.
    pub deleted: usize,
    /// What went wrong, each as a fragment that fits after "could not".
    pub errors: Vec<String>,
    /// What people should know; nothing of it has failed.
    #[serde(skip)]
    pub notes: Vec<String>,
}

impl Line {
    /// Due instants that this run has accounted for.
    pub fn processed(&self) -> usize {
        self.success + self.failed + self.skipped + self.missed
    }

    fn fails(&mut self, error: String) {
        self.failed += 1;
        self.errors.push(error);
    }

    fn counts(&mut self, made: &Made) {
        match made {
            Made::Tasks { assignees, deleted } => {
                self.success += 1;
                self.created += assignees.len();
                self.deleted += deleted;
            }
            Made::Skipped(_) => self.skipped += 1,
            Made::Elsewhere | Made::Changed => {}
        }
    }
}

/// What a run did.
#[derive(Debug, Clone, Default)]
pub struct Done {
    /// A line for each scheduled task that is looked after.
    pub lines: Vec<Line>,
    /// Owners that were told.
    pub told: usize,
    /// What people should know; nothing of it has failed.
    pub warnings: Vec<String>,
}

impl Batch {
    /// Looks after every active scheduled task, at the tables' time.
    pub async fn execute(&self) -> Result<Done, Error> {
        let now = self.tables.now();
        let days = holiday::days(&self.tables).await?;
        let ids = self.tables.write(move |tx| {
            ledger::give_up(tx, now)?;
            // What is switched off is not due; when it is switched on again, its time begins there.
            let sql =
                "UPDATE scheduled_group_tasks SET accounted_until = ?1 WHERE is_active = 0 AND deleted_at IS NULL";
            tx.execute(sql, [now])?;
            Ok::<_, Error>(scheduled_task::active(tx, None)?)
        });
        let mut done = Done { warnings: days.warnings.clone(), ..Done::default() };
        let mut settled = Vec::new();
        for id in ids.await? {
            let (line, all) = self.look_after(id, &days, now).await;
            settled.extend(all.then_some(id));
            done.warnings.extend(line.notes.iter().map(|note| format!("scheduled task {id}: {note}")));
            done.lines.push(line);
        }
        self.tables.write(move |tx| Ok::<_, Error>(scheduled_task::accounted(tx, &settled, now)?)).await?;
        let told = notice::deliver(&self.tables).await;
        let told = told.unwrap_or_else(|error| notice::Told {
            told: 0,
            warnings: vec![format!("owners could not be told: could not {error}")],
        });
        done.told = told.told;
        done.warnings.extend(told.warnings);
        Ok(done)
    }

    /// Looks after one; whatever is wrong is in its line. Answers, too, whether every due instant up to now has its row.
    pub async fn look_after(&self, id: i64, days: &Days, now: i64) -> (Line, bool) {
        let mut line = Line { task: id, ..Line::default() };
        let settled = self.account(&mut line, days, now).await.unwrap_or_else(|error| {
            line.fails(error.to_string());
            false
        });
        (line, settled)
    }

    async fn account(&self, line: &mut Line, days: &Days, now: i64) -> Result<bool, Error> {
        let id = line.task;
        let found = self.tables.read(move |db| Ok::<_, Error>(scheduled_task::find(db, id)?)).await?;
        let Some(task) = found.map(Arc::new) else { return Ok(true) };
        line.title.clone_from(&task.title);
        let schedule = match task.schedule(&days.calendar) {
            Ok(schedule) => schedule,
            Err(fault) => {
                line.fails(fault.clone());
                self.tables.write(move |tx| Ok::<_, Error>(ledger::unreadable(tx, id, &fault, now)?)).await?;
                return Ok(false);
            }
        };
        if task.paused_at.is_none() {
            for due in self.tables.read(move |db| Ok::<_, Error>(ledger::again(db, id, now)?)).await? {
                let late = late(&due, now);
                self.attempt(&task, due, Over::FailedDue, late, now, line).await;
            }
        }
        self.settle(&task, &schedule, now, line).await
    }

    /// Every due instant since the last look gets its row. Answers whether all have one.
    async fn settle(
        &self,
        task: &Arc<ScheduledTask>,
        schedule: &Schedule,
        now: i64,
        line: &mut Line,
    ) -> Result<bool, Error> {
        let after = task.accounted_until.max(now - BACK_MS);
        if after > task.accounted_until {
            let since = schedule.local(after);
            line.notes
                .push(format!("what was due before {since} is not accounted for: nobody looked for more than a year"));
        }
        let due = schedule.occurrences(after, now, usize::MAX);
        let (mut fires, mut rest) = (Vec::new(), Vec::new());
        for planned in plan(schedule, &due, now) {
            let due = due_of(schedule, &planned);
            match verdict(task, &planned) {
                None => fires.push((due, matches!(planned.what, What::Fire { caught_up: true, .. }))),
                Some((status, note)) => rest.push((due, status, note)),
            }
        }
        let id = task.id;
        if !rest.is_empty() {
            let written = self.tables.write(move |tx| {
                let mut written = (0, 0);
                for (due, status, note) in &rest {
                    let new = usize::from(ledger::let_be(tx, id, due, status, note, now)?);
                    *(if *status == "missed" { &mut written.1 } else { &mut written.0 }) += new;
                }
                Ok::<_, Error>(written)
            });
            let (skipped, missed) = written.await?;
            line.skipped += skipped;
            line.missed += missed;
        }
        let mut settled = true;
        for (due, late) in fires {
            settled &= self.attempt(task, due, Over::Nothing, late, now, line).await;
        }
        Ok(settled)
    }

    /// Makes one due instant, or writes down why not. Answers whether it has its row.
    async fn attempt(
        &self,
        task: &Arc<ScheduledTask>,
        due: Due,
        over: Over,
        late: bool,
        now: i64,
        line: &mut Line,
    ) -> bool {
        let error = match self.made(task, &due, over, late, now).await {
            Ok(made) => {
                line.counts(&made);
                return made != Made::Changed;
            }
            Err(error) => error.to_string(),
        };
        line.fails(format!("{error} ({})", due.local));
        let written = self.failed(task.id, due, error, now).await;
        if let Err(error) = &written {
            line.errors.push(format!("write that failure down: {error}"));
        }
        written.is_ok()
    }

    /// Writes a failure down.
    pub(super) async fn failed(&self, task: i64, due: Due, error: String, now: i64) -> Result<(), Error> {
        self.tables.write(move |tx| Ok(ledger::fail(tx, task, &due, &error, now)?)).await
    }

    /// One due instant in its transaction. A panic is an error like others: the transaction is rolled back.
    pub(super) async fn made(
        &self,
        task: &Arc<ScheduledTask>,
        due: &Due,
        over: Over,
        late: bool,
        now: i64,
    ) -> Result<Made, Error> {
        let (task, due, chance) = (task.clone(), due.clone(), self.chance.clone());
        let write = self.tables.write(move |tx| make::make(tx, &task, &due, over, late, &chance, now));
        let made = AssertUnwindSafe(write).catch_unwind().await;
        made.unwrap_or_else(|panic| {
            let said = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            Err(Error::Asked(format!(
                "make its tasks: the program panicked ({said}); report it, with this scheduled task"
            )))
        })
    }
}

/// Whether a due instant is made so long after its time that its due date is counted from now.
pub(super) fn late(due: &Due, now: i64) -> bool {
    due.at_ms.abs_diff(now) > scheduled_task::LATE_MS && due.at_ms < now
}

/// A planned instant as the ledger has it.
pub(super) fn due_of(schedule: &Schedule, planned: &Planned) -> Due {
    Due { at_ms: planned.due_ms, local: schedule.local(planned.due_ms), note: planned.note.clone() }
}

/// What is written down of a due instant of which nothing is made: its status, and why.
fn verdict(task: &ScheduledTask, planned: &Planned) -> Option<(&'static str, String)> {
    let note = |text: &str| if planned.note.is_empty() { text.to_owned() } else { planned.note.clone() };
    match planned.what {
        What::Fire { .. } => {
            let paused = task.paused_at.is_some_and(|since| planned.due_ms > since);
            paused.then(|| ("skipped", "it was paused".to_owned()))
        }
        What::Not(Reason::Policy) => Some(("missed", note("nobody was there, and a later one is made, or none"))),
        What::Not(Reason::OverMax) => {
            Some(("missed", note("nobody was there, and as many as are allowed are made up for")))
        }
        What::Not(Reason::TooOld) => Some(("missed", note("nobody was there, and it is too old"))),
        What::Not(reason) => Some(("skipped", note(reason.word()))),
    }
}
