//! How a schedule gets what it does: `schedule("…").daily().job(…)`, `.command(…)`, `.call(…)`.
//!
//! Nothing fails on the way; what is wrong is kept for the preflight, with everything else that is wrong.

use std::{future::Future, sync::Arc, time::Duration};

use banto_core::{Name, Refusal, ScheduleDraft, limits::ATTEMPTS_MAX, run::queue_for_runs, text::visible};
use banto_process::Spec;

use super::entry::{Action, Condition, Entry, Make};
use crate::{context::Context, enqueue, handler::JobError, kind::Job};

/// A schedule that is being written down: its time is there, and what it does. See [`Does`].
pub struct Scheduled {
    pub(super) entry: Result<Entry, Vec<Refusal>>,
    pub(super) faults: Vec<Refusal>,
}

/// From a schedule's time to what it does.
pub trait Does {
    /// Enqueues this job, as its kind's policy says.
    fn job<J: Job + Sync>(self, job: J) -> Scheduled;
    /// Runs a command: a program and its arguments, of which no shell ever reads anything.
    fn command<I: IntoIterator<Item = T>, T: Into<String>>(self, argv: I) -> Scheduled;
    /// Runs a command with limits, environment and output of its own.
    fn spec(self, spec: Spec) -> Scheduled;
    /// Runs a closure.
    fn call<F, Fut>(self, call: F) -> Scheduled
    where
        F: Fn(Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static;
}

impl Does for ScheduleDraft {
    fn job<J: Job + Sync>(self, job: J) -> Scheduled {
        let key = job.unique();
        let make: Make = Arc::new(move |id, now_ms| enqueue::made(&job, id, now_ms));
        let mut scheduled = match Name::new(J::KIND) {
            Ok(kind) => Scheduled::of(self, Action::Enqueue { kind, make }),
            Err(refusal) => Scheduled { entry: Err(vec![refusal]), faults: Vec::new() },
        };
        let apart = scheduled.entry.as_ref().is_ok_and(|entry| entry.schedule.no_overlap);
        match key {
            Ok(Some(key)) if apart => scheduled.faults.push(Refusal::new(
                "the key of a schedule's job",
                key.key.as_str(),
                "no_overlap gives it the schedule's; drop one of them",
            )),
            Ok(_) => {}
            Err(refusal) => scheduled.faults.push(refusal),
        }
        scheduled
    }

    fn command<I: IntoIterator<Item = T>, T: Into<String>>(self, argv: I) -> Scheduled {
        self.spec(Spec::argv(argv))
    }

    fn spec(self, spec: Spec) -> Scheduled {
        Scheduled::of(self, Action::Command(Arc::new(spec)))
    }

    fn call<F, Fut>(self, call: F) -> Scheduled
    where
        F: Fn(Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        Scheduled::of(self, Action::Call(Arc::new(move |context| Box::pin(call(context)))))
    }
}

impl Scheduled {
    fn of(draft: ScheduleDraft, action: Action) -> Scheduled {
        let entry =
            draft.build().and_then(|schedule| Entry::new(schedule, action, "code").map_err(|fault| vec![fault]));
        Scheduled { entry, faults: Vec::new() }
    }

    /// Its run waits in that queue, which is for runs of schedules: `schedules.…`. A job of a kind waits where its kind says.
    pub fn queue(self, queue: &str) -> Scheduled {
        self.set_to(Name::new(queue).and_then(queue_for_runs), |entry, queue| entry.queue = queue)
    }

    /// A run that does not end well is tried again, so often in all; once where nothing is said. A job of a kind keeps to its kind.
    pub fn attempts_max(self, attempts: u16) -> Scheduled {
        let allowed =
            || Refusal::new("a number of attempts", &attempts.to_string(), format!("1 to {ATTEMPTS_MAX} is allowed"));
        let checked = if (1..=ATTEMPTS_MAX).contains(&attempts) { Ok(attempts) } else { Err(allowed()) };
        self.set_to(checked, |entry, attempts| entry.attempts_max = attempts)
    }

    /// A run is stopped after that long, and has failed; after a day, where nothing is said.
    pub fn timeout(self, timeout: Duration) -> Scheduled {
        let ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        self.set_to(Ok(ms), |entry, ms| entry.timeout_ms = Some(ms))
    }

    /// A due instant fires only when this holds; else it is skipped. Asked right before, on the scheduler's own thread: it
    /// must be quick.
    pub fn when(self, condition: impl Fn() -> bool + Send + Sync + 'static) -> Scheduled {
        self.fires_if("", condition)
    }

    /// A due instant is skipped when this holds; `words` say what that is, in the ledger and wherever schedules are listed:
    /// "REDIS_URL names no server".
    pub fn skip_when(self, words: &str, holds: impl Fn() -> bool + Send + Sync + 'static) -> Scheduled {
        self.fires_if(words, move || !holds())
    }

    /// A due instant is skipped when this holds.
    pub fn skip(self, condition: impl Fn() -> bool + Send + Sync + 'static) -> Scheduled {
        self.skip_when("", condition)
    }

    fn fires_if(self, words: &str, holds: impl Fn() -> bool + Send + Sync + 'static) -> Scheduled {
        let condition = Condition { words: visible(words, 200), holds: Arc::new(holds) };
        self.set_to(Ok(condition), |entry, condition| entry.conditions.push(condition))
    }

    fn set_to<T>(mut self, value: Result<T, Refusal>, change: impl FnOnce(&mut Entry, T)) -> Scheduled {
        match (value, &mut self.entry) {
            (Ok(value), Ok(entry)) => change(entry, value),
            (Ok(_), Err(_)) => {}
            (Err(fault), _) => self.faults.push(fault),
        }
        self
    }
}
