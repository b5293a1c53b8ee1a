//! Words of the questions: what can be asked of a store.

use banto_core::{Cause, Job, JobId, Label, Name, State};
use serde::Serialize;

use crate::instance::Instance;

/// Which jobs; what is `None` or empty fits all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Select {
    /// These ids only.
    pub ids: Vec<JobId>,
    /// Of this queue.
    pub queue: Option<Name>,
    /// Of this kind.
    pub kind: Option<Name>,
    /// In one of these states.
    pub states: Vec<State>,
    /// With this tag.
    pub tag: Option<Label>,
    /// Parked for this cause.
    pub cause: Option<Cause>,
    /// Only what can be read: no row that is parked, or to be parked, as damaged.
    pub readable: bool,
    /// Ended before this wall-clock time, in milliseconds since 1970.
    pub ended_before: Option<i64>,
    /// How many at most: a page of a listing is never longer than `PAGE_MAX`; an order takes as many as it says.
    pub limit: usize,
}

impl Default for Select {
    fn default() -> Select {
        Select {
            ids: Vec::new(),
            queue: None,
            kind: None,
            states: Vec::new(),
            tag: None,
            cause: None,
            readable: false,
            ended_before: None,
            limit: usize::MAX,
        }
    }
}

impl Select {
    /// These jobs only.
    pub fn ids(ids: impl IntoIterator<Item = JobId>) -> Select {
        Select { ids: ids.into_iter().collect(), ..Select::default() }
    }

    /// Jobs in these states.
    pub fn states(states: impl IntoIterator<Item = State>) -> Select {
        Select { states: states.into_iter().collect(), ..Select::default() }
    }

    /// The states that it leaves room for.
    pub fn may_stand(&self) -> Vec<State> {
        let fits = |state: &State| {
            (self.states.is_empty() || self.states.contains(state))
                && (self.cause.is_none() || *state == State::Parked)
                && (self.ended_before.is_none() || state.ended())
        };
        State::ALL.into_iter().filter(fits).collect()
    }

    /// Whether a damaged row that nobody has met yet would fit. Such a row stands anywhere, and is found only by reading all
    /// that could be one.
    pub fn seeks_damaged(&self) -> bool {
        self.may_stand().contains(&State::Parked)
            && !self.readable
            && self.cause.is_none_or(|cause| cause == Cause::Damaged)
    }

    /// Whether `job` fits (the limit apart).
    pub fn fits(&self, job: &Job) -> bool {
        (self.ids.is_empty() || self.ids.contains(&job.id))
            && self.queue.as_ref().is_none_or(|queue| *queue == job.queue)
            && self.kind.as_ref().is_none_or(|kind| *kind == job.kind)
            && (self.states.is_empty() || self.states.contains(&job.state))
            && self.tag.as_ref().is_none_or(|tag| job.options.tags.contains(tag))
            && self.cause.is_none_or(|cause| job.park.as_ref().is_some_and(|park| park.cause == cause))
            && !(self.readable && job.park.as_ref().is_some_and(|park| park.cause == Cause::Damaged))
            && self.ended_before.is_none_or(|before| job.finished_at.is_some_and(|at| at < before))
    }
}

/// What a store is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct About {
    /// "memory", "sqlite", …
    pub store: String,
    /// Where, without secrets.
    pub place: String,
    /// What an `Ok` survives, in words: "process crash and power loss", …
    pub durability: String,
    /// What an operator should know now: lost rows, a full disk, a weaker mode.
    pub notices: Vec<String>,
}

/// One job and what happened to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    /// The job.
    pub job: Job,
    /// Its trail, the oldest line first.
    pub trail: Vec<Line>,
    /// For a damaged row: what is stored, as far as it can be shown.
    pub raw: Option<String>,
}

/// One line of a job's trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// In which claim of the job (its fence then).
    pub fence: u32,
    /// "log" for what the job said, else the word of the outcome or order.
    pub word: String,
    /// What was said.
    pub text: String,
}

/// A page of jobs.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Page {
    /// The jobs, newest first. A row that cannot be read is shown as parked for `damaged`, as far as it can be.
    pub jobs: Vec<Job>,
    /// Whether there may be more.
    pub more: bool,
}

/// A pause and who made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pause {
    /// By whom.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Since when, in milliseconds since 1970.
    pub at: i64,
    /// Until when, if not for ever.
    pub until: Option<i64>,
}

impl Pause {
    /// Whether it says what another says: it does not take the other's place then.
    pub fn says_what(&self, other: &Pause) -> bool {
        (&self.reason, self.until) == (&other.reason, other.until)
    }
}

/// How long ago is lately, in milliseconds: an hour.
pub const LATELY_MS: u64 = 3_600_000;

/// One queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueView {
    /// Its name.
    pub queue: Name,
    /// Jobs by state, in the order of `State::ALL`.
    pub counts: [u64; 7],
    /// Scheduled jobs whose time has come: they stay scheduled until somebody claims from the queue.
    pub due: u64,
    /// Since when the job has been due that has waited longest, ready or still scheduled, in milliseconds since 1970.
    pub oldest_at: Option<i64>,
    /// Dead jobs that died within the last [`LATELY_MS`].
    pub died_lately: u64,
    /// The pause in force, if there is one.
    pub pause: Option<Pause>,
}

impl QueueView {
    /// How many of its jobs are in that state.
    pub fn count(&self, state: State) -> u64 {
        self.counts.get(usize::from(state.number())).copied().unwrap_or(0)
    }
}

/// Jobs that have not ended and are alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Census {
    /// Their queue.
    pub queue: Name,
    /// Their kind.
    pub kind: Name,
    /// Their payload's version.
    pub version: u16,
    /// Where they stand.
    pub state: State,
    /// Why they are parked, if they are.
    pub cause: Option<Cause>,
    /// How many.
    pub jobs: u64,
}

/// An instance as the store sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// What it said last.
    pub instance: Instance,
    /// When it registered, in milliseconds since 1970.
    pub since: i64,
    /// How long ago it beat, in milliseconds of the store's steady clock; since this boot, if it beat in another.
    pub silent_ms: u64,
    /// Whether it lives: it has not left and beat within `LIVING_MS`, in this boot.
    pub living: bool,
}

/// Who holds a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The job it was given to.
    pub job: JobId,
    /// Until when, if a time is set, in milliseconds since 1970.
    pub until: Option<i64>,
}

/// What was counted since the store was made: every accepted job, and every loss, late answer, double and refusal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Jobs accepted.
    pub accepted: u64,
    /// Enqueues answered with an earlier job.
    pub doubles: u64,
    /// Claims.
    pub claimed: u64,
    /// Finishes refused because the lease did not hold.
    pub late: u64,
    /// Jobs taken from a holder whose lease was over.
    pub rescued: u64,
    /// Jobs deleted by prune or forget.
    pub removed: u64,
    /// Jobs that were accepted and are missing: see the store's notices. Always 0 where a store lies on a server: whatever remembered how
    /// far it had come would lie there too, and go back with it. SQLite has a mark beside its file.
    pub lost: u64,
}
