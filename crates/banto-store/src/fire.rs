//! Words of `fire`: due instants of schedules, and what is to become of them.
//!
//! The ledger has one row for each due instant that is accounted for, and its key is the schedule and the instant: so a due
//! instant fires at most once, however many schedulers live. A fire's run is a job like any other.

use banto_core::{Fate, FireId, InstanceId, Job, JobId, Name, NewJob, Reason, Refusal, ScheduleName, State, text::cut};
use serde::{Deserialize, Serialize};

/// Most due instants in one call.
pub const FIRE_MAX: usize = 1_000;
/// Longest note on a due instant, in bytes; the rest is cut.
pub const NOTE_BYTES_MAX: usize = 1 << 10;
/// Longest tail of a run's output that is kept, in bytes; the beginning is cut.
pub const TAIL_BYTES_MAX: usize = 8 << 10;

/// Due instants of one service's schedules, accounted for by one scheduler.
#[derive(Debug, Clone)]
pub struct Firing {
    /// Whose they are.
    pub service: Name,
    /// Who accounts for them.
    pub by: InstanceId,
    /// The due instants, at most [`FIRE_MAX`].
    pub fires: Vec<Fire>,
    /// With these, all due instants of the service up to here are accounted for, in milliseconds since 1970. It holds for whoever
    /// goes by all of the service's schedules, so only in the generation that is registered.
    pub until: Option<i64>,
    /// The generation that the scheduler goes by.
    pub generation: i64,
    /// `until` may lie before what was accounted for: the clock was set back.
    pub rewind: bool,
}

/// One due instant, or a row of them that have the same fate.
#[derive(Debug, Clone)]
pub struct Fire {
    /// Of which schedule.
    pub schedule: ScheduleName,
    /// The revision that the scheduler goes by.
    pub revision: i64,
    /// When it was due, in milliseconds since 1970; of several, the last.
    pub due_at: i64,
    /// For how many due instants this stands, itself the last; more than one only of those that were missed.
    pub count: u64,
    /// What is to become of it.
    pub act: Act,
    /// Whether it comes later than it counts as punctual.
    pub late: bool,
    /// Whether it fires although everything is paused.
    pub even_in_maintenance: bool,
    /// What there is to say, for people.
    pub note: String,
}

/// What is to become of a due instant.
#[derive(Debug, Clone)]
pub enum Act {
    /// This job runs. Its key, if it has one, keeps runs of the same schedule apart.
    Run(Box<NewJob>),
    /// Nothing, for that reason.
    Not(Reason),
}

/// The answer to one due instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fired {
    /// It has that job now.
    Run(JobId),
    /// It was written down as skipped or missed for that reason.
    Not(Reason),
    /// It was accounted for before; nothing was changed.
    There,
    /// The schedule is registered in another revision, for another service, or not at all; nothing was changed.
    Stale,
}

/// What a run left behind, apart from its job's end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Its exit code, if it was a command that ended by itself.
    pub exit: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Whether the machine ended it because there was no memory left.
    pub out_of_memory: bool,
    /// The most memory it held, in bytes; 0 if that is not known.
    pub peak_bytes: u64,
    /// Where it ran.
    pub host: String,
    /// The last of what it printed, at most [`TAIL_BYTES_MAX`].
    pub tail: String,
}

/// Which rows of the ledger; what is `None` or empty fits all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SelectFires {
    /// Of this schedule.
    pub schedule: Option<ScheduleName>,
    /// With one of these fates.
    pub fates: Vec<Fate>,
    /// Due before this, in milliseconds since 1970.
    pub before: Option<i64>,
    /// Due at or after this, in milliseconds since 1970.
    pub since: Option<i64>,
    /// How many at most; never more than `PAGE_MAX`.
    pub limit: usize,
}

/// A row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FireView {
    /// Of which schedule.
    pub schedule: ScheduleName,
    /// When it was due, in milliseconds since 1970; of several, the last.
    pub due_at: i64,
    /// For how many due instants it stands.
    pub count: u64,
    /// What became of it.
    pub fate: Fate,
    /// Why it did not fire.
    pub reason: Option<Reason>,
    /// Whether it came later than counts as punctual.
    pub late: bool,
    /// What there is to say.
    pub note: String,
    /// When it was written down, in milliseconds since 1970.
    pub at: i64,
    /// The scheduler that wrote it down.
    pub by: InstanceId,
    /// Its run, if it fired.
    pub run: Option<Run>,
}

/// The run of a fire: its job, as it stands or as it was when it was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The job.
    pub job: JobId,
    /// Where it stands or stood last; `None` if the job is missing.
    pub state: Option<State>,
    /// Attempts burned.
    pub attempt: u16,
    /// Times the process died under it.
    pub crashes: u16,
    /// When it was last claimed, in milliseconds since 1970.
    pub started_at: Option<i64>,
    /// When it ended, in milliseconds since 1970.
    pub finished_at: Option<i64>,
    /// The process that ran it.
    pub instance: Option<InstanceId>,
    /// What was last said of a run that did not end well.
    pub error: Option<String>,
    /// What the run left behind.
    pub output: Option<Output>,
}

impl Firing {
    /// Refuses too many due instants, a job that does not say which one it is the run of, and whatever `NewJob::check` does.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.fires.len() > FIRE_MAX {
            let allowed = format!("{FIRE_MAX} are allowed in one call; send the rest in another");
            return Err(Refusal::new("a number of due instants", &self.fires.len().to_string(), allowed));
        }
        self.fires.iter().try_for_each(Fire::check)
    }
}

impl Fire {
    fn check(&self) -> Result<(), Refusal> {
        let Act::Run(job) = &self.act else { return Ok(()) };
        let own = FireId { schedule: self.schedule.clone(), due_at: self.due_at };
        if job.options.fire.as_ref() != Some(&own) {
            let allowed = "it must say which due instant it is the run of";
            return Err(Refusal::new("the job of a due instant", self.schedule.as_str(), allowed));
        }
        job.check()
    }
}

impl Output {
    /// With its tail cut to what is kept: the end counts.
    pub fn cut(self) -> Output {
        let mut from = self.tail.len().saturating_sub(TAIL_BYTES_MAX);
        while !self.tail.is_char_boundary(from) {
            from += 1;
        }
        Output { tail: self.tail.get(from..).unwrap_or_default().to_owned(), host: cut(&self.host, 255), ..self }
    }
}

impl Run {
    /// The run of that job, as it stands.
    pub fn of(job: &Job) -> Run {
        Run {
            job: job.id,
            state: Some(job.state),
            attempt: job.attempt,
            crashes: job.crashes,
            started_at: job.started_at,
            finished_at: job.finished_at,
            instance: job.instance,
            error: job.error.clone(),
            output: None,
        }
    }

    /// The run of a job that is missing.
    pub fn gone(job: JobId) -> Run {
        Run {
            job,
            state: None,
            attempt: 0,
            crashes: 0,
            started_at: None,
            finished_at: None,
            instance: None,
            error: None,
            output: None,
        }
    }
}
