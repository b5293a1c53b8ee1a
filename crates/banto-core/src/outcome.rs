//! How a run ended, and what becomes of the job.
//!
//! A handler, a time-out, a panic or a crash gives an [`Outcome`]; [`decide`] turns it into a [`Verdict`]; a store
//! writes the verdict if the lease still holds, and decides nothing. For workers and for the rescuer alike.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    job::Job,
    limits::{ERROR_BYTES_MAX, SPAN_MS_MAX},
    retry::Backoff,
    state::State,
    text::cut,
};

/// Why nobody here can run a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The worker that took it does not know the kind.
    UnknownKind,
    /// The payload's version is newer than the worker's.
    NewerVersion,
    /// The payload does not decode as the kind's type.
    Undecodable,
    /// A setting or a service that the kind needs is absent.
    Missing,
    /// The stored row itself cannot be read.
    Damaged,
}

impl Cause {
    /// All causes.
    pub const ALL: [Cause; 5] =
        [Cause::UnknownKind, Cause::NewerVersion, Cause::Undecodable, Cause::Missing, Cause::Damaged];

    /// The word that people and stores use.
    pub fn word(self) -> &'static str {
        match self {
            Cause::UnknownKind => "unknown_kind",
            Cause::NewerVersion => "newer_version",
            Cause::Undecodable => "undecodable",
            Cause::Missing => "missing",
            Cause::Damaged => "damaged",
        }
    }

    /// The cause with that word, if there is one.
    pub fn of_word(word: &str) -> Option<Cause> {
        Cause::ALL.into_iter().find(|cause| cause.word() == word)
    }

    /// What to do about it.
    pub fn cure(self) -> &'static str {
        match self {
            Cause::UnknownKind => {
                "start a worker whose build knows this kind, or give the kind's new name this one as an alias"
            }
            Cause::NewerVersion => "start a worker of the newer build, or roll it out to the end",
            Cause::Undecodable => "raise the kind's version and add an upcast step, or cancel the job",
            Cause::Missing => "set what is named, then restart the worker; it takes the job back by itself",
            Cause::Damaged => "look at the bytes (`queue show`), then cancel the job and enqueue it anew",
        }
    }
}

/// Why a job is parked: the cause, what was seen, and by which build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Park {
    /// The kind of reason.
    pub cause: Cause,
    /// What was seen, in words.
    pub text: String,
    /// The build that could not run it.
    pub build: String,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Well.
    Done,
    /// Badly; another attempt may help.
    Retry {
        /// What went wrong.
        error: String,
        /// Wait this long instead of the back-off, in milliseconds.
        delay_ms: Option<u64>,
    },
    /// Not yet: try again after a while. Burns no attempt.
    Snooze {
        /// How long, in milliseconds.
        delay_ms: u64,
        /// Why.
        reason: String,
    },
    /// By order, or because there is nothing left to do.
    Cancel {
        /// Why.
        reason: String,
    },
    /// Badly; no attempt would help.
    Dead {
        /// What went wrong.
        error: String,
    },
    /// Nobody here can run it. Burns no attempt.
    Park(Park),
    /// The process died under it. Burns no attempt, but is counted; the third time quarantines the job.
    Crashed {
        /// The last words.
        error: String,
    },
    /// No attempt was made: the time in which one could begin is over. Burns none.
    TooLate {
        /// Until when, and what to do.
        error: String,
    },
    /// Given back unfinished by a worker that stops or has too much. Burns no attempt.
    HandBack {
        /// How long it should rest, in milliseconds; 0 is not at all.
        delay_ms: u64,
    },
}

impl Outcome {
    /// The word that logs, events and the job's trail use.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Retry { .. } => "retry",
            Outcome::Snooze { .. } => "snooze",
            Outcome::Cancel { .. } => "cancel",
            Outcome::Dead { .. } => "dead",
            Outcome::Park(_) => "park",
            Outcome::Crashed { .. } => "crashed",
            Outcome::TooLate { .. } => "too_late",
            Outcome::HandBack { .. } => "hand_back",
        }
    }
}

/// What [`decide`] needs to know of a job.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The attempt that ran, 1 or more.
    pub attempt: u16,
    /// Attempts before it is dead.
    pub attempts_max: u16,
    /// Times the process had died under it before.
    pub crashes: u16,
    /// The crashes after which it is quarantined.
    pub crashes_max: u16,
    /// Waits between attempts.
    pub backoff: &'a Backoff,
    /// No attempt begins after this wall-clock time, in milliseconds since 1970.
    pub retry_until: Option<i64>,
    /// Whether an operator has asked it to stop.
    pub cancel_asked: bool,
}

impl<'a> Facts<'a> {
    /// The facts of `job`; `backoff` is the rule of its kind, used when the job brings none of its own.
    pub fn of(job: &'a Job, backoff: &'a Backoff) -> Facts<'a> {
        Facts {
            attempt: job.attempt,
            attempts_max: job.attempts_max(),
            crashes: job.crashes,
            crashes_max: job.crashes_max(),
            backoff: job.options.backoff.as_ref().unwrap_or(backoff),
            retry_until: job.options.retry_until,
            cancel_asked: job.cancel_asked,
        }
    }
}

/// What becomes of a job; a store writes it as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Where the job goes. `Scheduled` and `Ready` by `delay_ms`.
    pub to: State,
    /// How long it rests first, in milliseconds by the store's clock.
    pub delay_ms: u64,
    /// Attempts burned now.
    pub attempt: u16,
    /// Crashes counted now.
    pub crashes: u16,
    /// The outcome's word, for the trail.
    pub word: &'static str,
    /// What there is to say, at most 16 KiB. The store keeps it on the job and adds a line to its trail.
    pub error: Option<String>,
    /// Why it is parked, if it is.
    pub park: Option<Park>,
}

/// How a claimed job ends at once because no attempt of it may begin at `now_ms` (wall-clock time); `None` if one may.
pub fn barred(job: &Job, now_ms: i64) -> Option<Outcome> {
    // Asked while its last run was ending: the order has waited in the store for whoever claims the job next.
    if job.cancel_asked {
        return Some(Outcome::Cancel { reason: "cancelled before it ran again".into() });
    }
    let until = job.options.retry_until.filter(|until| now_ms > *until)?;
    let shown =
        Timestamp::from_millisecond(until).map_or_else(|_| format!("{until} ms since 1970"), |at| at.to_string());
    let cure = "if it is still wanted, retry it, which lifts that";
    Some(Outcome::TooLate { error: format!("no attempt may begin after {shown}; {cure}") })
}

/// Decides what becomes of a job whose run ended so. `now_ms` is wall-clock time, `seed` places the jitter.
///
/// Every outcome of a running job leads to a state the table of moves allows; the property test below holds that.
pub fn decide(facts: &Facts<'_>, outcome: Outcome, now_ms: i64, seed: u64) -> Verdict {
    let word = outcome.word();
    let unburned = facts.attempt.saturating_sub(1);
    let verdict = |to, delay_ms: u64, attempt, error: Option<String>| Verdict {
        to,
        delay_ms: delay_ms.min(SPAN_MS_MAX),
        attempt,
        crashes: facts.crashes,
        word,
        error: error.map(|text| cut(&text, ERROR_BYTES_MAX)),
        park: None,
    };
    // What would run again is stopped here when an operator has asked for it; what has ended stays as it ended.
    let again =
        !matches!(outcome, Outcome::Done | Outcome::Dead { .. } | Outcome::Cancel { .. } | Outcome::TooLate { .. });
    if facts.cancel_asked && again {
        return verdict(State::Cancelled, 0, facts.attempt, Some("cancelled while it ran".into()));
    }
    match outcome {
        Outcome::Done => verdict(State::Done, 0, facts.attempt, None),
        Outcome::Cancel { reason } => verdict(State::Cancelled, 0, facts.attempt, Some(reason)),
        Outcome::Dead { error } => verdict(State::Dead, 0, facts.attempt, Some(error)),
        Outcome::TooLate { error } => verdict(State::Dead, 0, unburned, Some(error)),
        Outcome::HandBack { delay_ms: 0 } => verdict(State::Ready, 0, unburned, None),
        Outcome::HandBack { delay_ms } => verdict(State::Scheduled, delay_ms, unburned, None),
        Outcome::Park(park) => {
            let park = Park { text: cut(&park.text, ERROR_BYTES_MAX), ..park };
            let said = Some(park.text.clone()); // the trail keeps it when the job is taken back
            Verdict { park: Some(park), ..verdict(State::Parked, 0, unburned, said) }
        }
        Outcome::Snooze { delay_ms, reason } => match facts.too_late(now_ms, delay_ms) {
            true => verdict(State::Dead, 0, unburned, Some(format!("no time left to retry; {reason}"))),
            false => verdict(State::Scheduled, delay_ms.max(1), unburned, Some(reason)),
        },
        Outcome::Retry { error, delay_ms } => {
            let delay_ms = delay_ms.unwrap_or_else(|| facts.backoff.delay_ms(facts.attempt, seed));
            if facts.attempt >= facts.attempts_max {
                return verdict(State::Dead, 0, facts.attempt, Some(error));
            }
            match facts.too_late(now_ms, delay_ms) {
                true => verdict(State::Dead, 0, facts.attempt, Some(format!("no time left to retry; {error}"))),
                false => verdict(State::Scheduled, delay_ms.max(1), facts.attempt, Some(error)),
            }
        }
        Outcome::Crashed { error } => {
            let crashes = facts.crashes.saturating_add(1);
            let (to, error) = match crashes >= facts.crashes_max {
                true => (State::Dead, format!("quarantined after {crashes} crashes; {error}")),
                false => (State::Ready, error),
            };
            Verdict { crashes, ..verdict(to, 0, unburned, Some(error)) }
        }
    }
}

impl Facts<'_> {
    /// Whether an attempt after that wait would begin after `retry_until`.
    fn too_late(&self, now_ms: i64, delay_ms: u64) -> bool {
        let then = now_ms.saturating_add_unsigned(delay_ms);
        self.retry_until.is_some_and(|until| then > until)
    }
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
