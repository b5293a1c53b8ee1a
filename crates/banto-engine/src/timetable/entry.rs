//! A schedule and what it does: the half that never leaves this build.

use std::{path::Path, sync::Arc};

use banto_core::{
    Due, FireId, Hold, JobId, Label, Name, NewJob, Payload, Reason, Refusal, Schedule, ScheduleName, Unique,
    run::queue_for_runs, text::visible,
};
use banto_process::{OutputFile, Spec};
use banto_store::NewSchedule;

use super::{RUN_KIND, RUN_MS_MAX, RUN_QUEUE};
use crate::{BoxFuture, command, context::Context, handler::JobError, panic::guarded};

pub(super) type Make = Arc<dyn Fn(JobId, i64) -> Result<NewJob, Refusal> + Send + Sync>;
pub(super) type Call = Arc<dyn Fn(Context) -> BoxFuture<'static, Result<(), JobError>> + Send + Sync>;

/// What must hold for a due instant to fire.
#[derive(Clone)]
pub(super) struct Condition {
    /// What is to be said where it does not hold; nothing, where only code knows.
    pub words: String,
    pub holds: Arc<dyn Fn() -> bool + Send + Sync>,
}

/// What a schedule does when it is due.
#[derive(Clone)]
pub enum Action {
    /// A job of some kind is enqueued.
    Enqueue {
        /// Its kind.
        kind: Name,
        /// Makes it.
        make: Make,
    },
    /// A command runs.
    Command(Arc<Spec>),
    /// A closure runs.
    Call(Call),
}

/// A schedule and what it does.
#[derive(Clone)]
pub struct Entry {
    /// When.
    pub schedule: Schedule,
    /// What.
    pub action: Action,
    /// Where it was written down: "code", or a file and a line.
    pub source: String,
    pub(super) queue: Name,
    pub(super) attempts_max: u16,
    pub(super) timeout_ms: Option<u64>,
    pub(super) conditions: Vec<Condition>,
}

impl Entry {
    /// A schedule that does that, written down at `source`: one attempt, in the queue `schedules`. A command's output goes to
    /// the schedule's file; nothing else has any.
    pub fn new(schedule: Schedule, action: Action, source: impl Into<String>) -> Result<Entry, Refusal> {
        let queue = Name::new(RUN_QUEUE)?;
        let source = source.into();
        let action = match (action, &schedule.output) {
            (Action::Command(spec), Some(output)) if spec.file.is_none() => {
                let file = Some(OutputFile { zone: zone_of(&schedule), ..OutputFile::new(&output.path) });
                Action::Command(Arc::new(Spec { file, ..(*spec).clone() }))
            }
            (Action::Command(spec), _) => Action::Command(spec),
            (_, Some(output)) => {
                let allowed = "only a command's output goes to a file; a job and a closure write to the log";
                return Err(Refusal::new("a file for the output", &output.path, allowed));
            }
            (action, None) => action,
        };
        Ok(Entry { schedule, action, source, queue, attempts_max: 1, timeout_ms: None, conditions: Vec::new() })
    }

    /// In that queue, with so many attempts, each so long at most. Refuses a queue that is not for runs of schedules.
    pub fn run_as(
        self,
        queue: Option<Name>,
        attempts_max: Option<u16>,
        timeout_ms: Option<u64>,
    ) -> Result<Entry, Refusal> {
        let queue = queue.map_or(Ok(self.queue), queue_for_runs)?;
        let attempts_max = attempts_max.unwrap_or(self.attempts_max);
        Ok(Entry { queue, attempts_max, timeout_ms: timeout_ms.or(self.timeout_ms), ..self })
    }

    /// A due instant fires only while this file or folder is there; or, with `there` off, only while it is not. It is looked for
    /// right before.
    pub fn only_while(mut self, path: &Path, there: bool) -> Entry {
        let (shown, path) = (visible(&path.to_string_lossy(), 200), path.to_owned());
        let words = format!("{shown} is {}there", if there { "not " } else { "" });
        self.conditions.push(Condition { words, holds: Arc::new(move || path.exists() == there) });
        self
    }

    /// In words, each thing that keeps its due instants from firing, as far as it is no code.
    pub fn kept_back_when(&self) -> impl Iterator<Item = &str> {
        self.conditions.iter().map(|condition| condition.words.as_str()).filter(|words| !words.is_empty())
    }

    /// The queue that its runs wait in, if it runs here; a job of a kind waits where its kind says.
    pub fn queue(&self) -> Option<&Name> {
        match &self.action {
            Action::Enqueue { .. } => None,
            Action::Command(_) | Action::Call(_) => Some(&self.queue),
        }
    }

    /// What it does, in words. Arguments are shown: a secret belongs into the environment.
    pub fn words(&self) -> String {
        match &self.action {
            Action::Enqueue { kind, .. } => format!("enqueue a job of {kind}"),
            Action::Command(spec) => format!("run {}", command::shown(spec)),
            Action::Call(_) => "call a function".into(),
        }
    }

    /// A fingerprint of all that matters: who goes by another one does something else.
    pub fn revision(&self) -> i64 {
        let Entry { queue, attempts_max, timeout_ms, .. } = self;
        let how = match &self.action {
            Action::Command(spec) => {
                let Spec { dir, user, nice, env, memory_max_bytes, success, .. } = &**spec;
                format!("{dir:?} {user:?} {nice:?} {env:?} {memory_max_bytes:?} {success:?}")
            }
            Action::Enqueue { .. } | Action::Call(_) => String::new(),
        };
        self.schedule.fingerprint_with(&[
            &self.words(),
            queue.as_str(),
            &format!("{attempts_max} {timeout_ms:?}"),
            &self.kept_back_when().fold(how, |how, when| format!("{how} {when}")),
        ])
    }

    /// Whether `other` is due and does just as this one. It is more than the revision, which is what the store must know: how a
    /// command is stopped and how its output's file is kept belong to it too.
    pub fn is_as(&self, other: &Entry) -> bool {
        let spec = |entry: &Entry| match &entry.action {
            Action::Command(spec) => Some(spec.clone()),
            Action::Enqueue { .. } | Action::Call(_) => None,
        };
        self.revision() == other.revision() && spec(self) == spec(other)
    }

    /// As it is registered.
    pub(crate) fn registered(&self) -> NewSchedule {
        NewSchedule {
            name: self.schedule.name.clone(),
            revision: self.revision(),
            model: self.schedule.to_json(),
            action: visible(&self.words(), 500),
            source: self.source.clone(),
        }
    }

    /// The job of a due instant, to be run at `run_at` (milliseconds since 1970).
    pub(crate) fn job(&self, id: JobId, due_at: i64, run_at: i64, now_ms: i64) -> Result<NewJob, Refusal> {
        let name = &self.schedule.name;
        let fire = FireId { schedule: name.clone(), due_at };
        let mut job = match &self.action {
            Action::Enqueue { make, .. } => make(id, now_ms)?,
            Action::Command(_) | Action::Call(_) => {
                let kind = Name::new(RUN_KIND)?;
                let mut job = NewJob::new(id, kind, self.queue.clone(), Payload::of(&fire)?);
                job.attempts_max = Some(self.attempts_max);
                job.options.timeout_ms = Some(self.timeout_ms.unwrap_or(RUN_MS_MAX));
                // A command that took its worker with it has ended badly: the next due instant is its next chance.
                job.options.crashes_max = Some(1);
                job
            }
        };
        if self.schedule.no_overlap {
            job.unique = Some(Unique { key: key(name)?, hold: Hold::Done });
        }
        if run_at > now_ms {
            job.due = Due::At(run_at);
        }
        job.options.fire = Some(fire);
        Ok(job)
    }

    /// Why a due instant does not fire now, by the schedule's own conditions.
    pub(crate) fn filtered(&self) -> Option<(Reason, String)> {
        for condition in &self.conditions {
            match guarded(|| (condition.holds)()) {
                Ok(true) => {}
                Ok(false) => return Some((Reason::Filter, condition.words.clone())),
                Err(text) => return Some((Reason::Filter, format!("its condition panicked: {}", visible(&text, 200)))),
            }
        }
        None
    }
}

/// The zone whose midnight turns a schedule's file.
fn zone_of(schedule: &Schedule) -> Option<String> {
    Some(schedule.zone.as_str().to_owned())
}

/// The key that keeps the runs of a schedule apart.
pub fn key(schedule: &ScheduleName) -> Result<Label, Refusal> {
    Label::new(&format!("schedule:{schedule}"))
}
