//! What is enqueued, and what is kept of it.
//!
//! [`NewJob`] is the order as its author gives it, checked once by [`NewJob::check`]; [`Job`] is the record as a
//! store holds it. A kind is a stable name given by its author, never a code path. Times are wall-clock
//! milliseconds since 1970 (UTC).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    lease::InstanceId,
    limits::{
        ATTEMPTS_DEFAULT, ATTEMPTS_MAX, CRASHES_MAX, PRIORITY_DEFAULT, PRIORITY_MAX, SPAN_MS_MAX, TAGS_MAX, TIME_MS_MAX,
    },
    name::{Label, Name, ScheduleName},
    outcome::Park,
    payload::Payload,
    refusal::Refusal,
    retry::{Backoff, mix},
    run,
    state::State,
    unique::{Hold, REMEMBER_MS, Unique},
};

/// A job's identity: a UUIDv7 (RFC 9562), so that ids sort by the time of their making. Made by whoever enqueues,
/// before the store is asked; so a call whose answer was lost can be repeated and nothing is doubled.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobId(Uuid);

impl JobId {
    /// The sixteen bytes.
    pub fn bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The id of sixteen bytes, whatever made them: an id that comes back from a store.
    pub fn of_bytes(bytes: [u8; 16]) -> JobId {
        JobId(Uuid::from_bytes(bytes))
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    }
}

impl fmt::Debug for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for JobId {
    type Err = Refusal;
    fn from_str(text: &str) -> Result<JobId, Refusal> {
        let allowed = "a UUID is wanted, as `queue list` prints it";
        Uuid::try_parse(text).map(JobId).map_err(|_| Refusal::new("a job id", text, allowed))
    }
}

/// A maker of ids: given the time, it never makes one twice and never one that sorts before its last.
#[derive(Debug, Clone)]
pub struct Ids {
    seed: u64,
    last: u128,
}

impl Ids {
    /// A maker whose random bits follow from `seed`. Two processes must have two seeds.
    pub fn new(seed: u64) -> Ids {
        Ids { seed, last: 0 }
    }

    /// The next id at wall-clock time `now_ms`. A clock that stands still or goes back only makes ids denser.
    pub fn make(&mut self, now_ms: i64) -> JobId {
        let time = (now_ms.max(0) as u128 & 0xffff_ffff_ffff) << 80;
        let random = (u128::from(self.draw()) << 64 | u128::from(self.draw())) & ((1 << 74) - 1);
        // Version (0111) and variant (10) split the random bits into 12 and 62: RFC 9562, section 5.7. The top bit
        // of the 62 begins as 0, which is the room that `after_last` counts in.
        let made = |r: u128| time | 0x7 << 76 | (r >> 62) << 64 | 0b10 << 62 | r & ((1 << 61) - 1);
        let fresh = made(random);
        self.last = if fresh > self.last { fresh } else { self.after_last() };
        JobId(Uuid::from_u128(self.last))
    }

    /// A successor of the last id. Steps are under 2^17, so 2^44 ids fit into one millisecond.
    fn after_last(&mut self) -> u128 {
        let step = u128::from(self.draw() & 0xffff) + 1;
        self.last + step
    }

    fn draw(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.seed)
    }
}

/// When a job is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// At once.
    Now,
    /// That many milliseconds after the store took it, by the store's clock.
    In(u64),
    /// At that wall-clock time, in milliseconds since 1970.
    At(i64),
}

/// A due instant of a schedule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FireId {
    /// Of which schedule.
    pub schedule: ScheduleName,
    /// When it was due, in milliseconds since 1970.
    pub due_at: i64,
}

/// What few jobs ask for; absent means the kind's own rule or the house's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Longest run of one attempt, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Waits between attempts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Backoff>,
    /// No attempt begins after this wall-clock time, in milliseconds since 1970, unless an operator retries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_until: Option<i64>,
    /// Crashes of the process before quarantine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crashes_max: Option<u16>,
    /// Labels to find it by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Label>,
    /// The due instant of a schedule that it is the run of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fire: Option<FireId>,
    /// The trace it belongs to (a W3C `traceparent`), handed on to the handler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<Label>,
}

/// A job as its author orders it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Its identity; see [`Ids`].
    pub id: JobId,
    /// What is to be done.
    pub kind: Name,
    /// The version of the payload's form, 1 or more.
    pub version: u16,
    /// Where it waits.
    pub queue: Name,
    /// 0 (first) to 9 (last).
    pub priority: u8,
    /// With what.
    pub payload: Payload,
    /// When.
    pub due: Due,
    /// Attempts before it is dead, 1 or more; what its kind asks for, else what its worker was told (`--tries`), else 3,
    /// when `None`. A crash, a snooze, a park and a hand-back do not count.
    pub attempts_max: Option<u16>,
    /// The key that keeps others out, if any.
    pub unique: Option<Unique>,
    /// What few jobs ask for.
    pub options: Options,
}

impl NewJob {
    /// A job of that kind, with the house's defaults: version 1, queue `default`, priority 5, due now, no number of attempts.
    pub fn new(id: JobId, kind: Name, queue: Name, payload: Payload) -> NewJob {
        NewJob {
            id,
            kind,
            version: 1,
            queue,
            priority: PRIORITY_DEFAULT,
            payload,
            due: Due::Now,
            attempts_max: None,
            unique: None,
            options: Options::default(),
        }
    }

    /// Makes `key` an idempotency key: one job for it until 24 h after that job's end.
    pub fn once(mut self, key: Label) -> NewJob {
        self.unique = Some(Unique { key, hold: Hold::Remember(REMEMBER_MS) });
        self
    }

    /// Where it stands and when it is due, once it is accepted at `now_ms`.
    pub fn place(&self, now_ms: i64) -> (State, i64) {
        let run_at = match self.due {
            Due::Now => now_ms,
            Due::In(ms) => now_ms.saturating_add_unsigned(ms),
            Due::At(ms) => ms,
        };
        (if run_at <= now_ms { State::Ready } else { State::Scheduled }, run_at)
    }

    /// The record of it, once it is accepted at `now_ms`.
    pub fn accepted(self, now_ms: i64) -> Job {
        let (state, run_at) = self.place(now_ms);
        Job {
            id: self.id,
            kind: self.kind,
            version: self.version,
            queue: self.queue,
            priority: self.priority,
            payload: self.payload,
            state,
            run_at,
            attempt: 0,
            attempts_max: self.attempts_max,
            crashes: 0,
            fence: 0,
            unique: self.unique,
            options: self.options,
            enqueued_at: now_ms,
            started_at: None,
            finished_at: None,
            error: None,
            park: None,
            progress: None,
            cancel_asked: false,
            instance: None,
        }
    }

    /// Refuses numbers outside their limits, and a queue that is not for such a job (see [`run`]). Names, labels and the
    /// payload were checked when they were made.
    pub fn check(&self) -> Result<(), Refusal> {
        run::apart(&self.kind, &self.queue)?;
        within("a version", self.version, 1, u16::MAX)?;
        within("a priority", self.priority, 0, PRIORITY_MAX)?;
        if let Some(attempts) = self.attempts_max {
            within("a number of attempts", attempts, 1, ATTEMPTS_MAX)?;
        }
        within("a number of tags", self.options.tags.len(), 0, TAGS_MAX)?;
        match self.due {
            Due::Now => {}
            Due::In(ms) => within("a delay in milliseconds", ms, 0, SPAN_MS_MAX)?,
            Due::At(ms) => within("a time in milliseconds since 1970", ms, 0, TIME_MS_MAX)?,
        }
        match self.unique.as_ref().map(|unique| unique.hold) {
            Some(Hold::Remember(ms) | Hold::Period(ms)) => within("a hold in milliseconds", ms, 1, SPAN_MS_MAX)?,
            Some(Hold::Queued | Hold::Done) | None => {}
        }
        self.options.check()
    }
}

impl Options {
    /// Lets go of a [`retry_until`](Options::retry_until) that is over at `now_ms`, for an operator who orders the job to
    /// run all the same. Says whether there was one.
    pub fn lift(&mut self, now_ms: i64) -> bool {
        self.retry_until.take_if(|until| *until < now_ms).is_some()
    }

    fn check(&self) -> Result<(), Refusal> {
        if let Some(ms) = self.timeout_ms {
            within("a time-out in milliseconds", ms, 1, SPAN_MS_MAX)?;
        }
        if let Some(ms) = self.retry_until {
            within("a time in milliseconds since 1970", ms, 0, TIME_MS_MAX)?;
        }
        if let Some(crashes) = self.crashes_max {
            within("a number of crashes", crashes, 1, 100)?;
        }
        self.backoff.as_ref().map_or(Ok(()), Backoff::check)
    }
}

fn within<T: PartialOrd + fmt::Display>(thing: &'static str, value: T, least: T, most: T) -> Result<(), Refusal> {
    if value >= least && value <= most {
        return Ok(());
    }
    Err(Refusal::new(thing, &value.to_string(), format!("{least} to {most} is allowed")))
}

/// How far a running job says it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Steps done.
    pub done: u64,
    /// Steps in all; 0 when it is not known.
    pub total: u64,
    /// What it does now.
    pub text: String,
}

/// A job as a store holds it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Job {
    /// Its identity.
    pub id: JobId,
    /// What is to be done.
    pub kind: Name,
    /// The version of the payload's form.
    pub version: u16,
    /// Where it waits.
    pub queue: Name,
    /// 0 (first) to 9 (last).
    pub priority: u8,
    /// With what.
    pub payload: Payload,
    /// Where it stands.
    pub state: State,
    /// When it was or will be due.
    pub run_at: i64,
    /// The attempt that runs, or the number of attempts burned.
    pub attempt: u16,
    /// Attempts before it is dead, if it was ordered with a number.
    pub attempts_max: Option<u16>,
    /// Times the process died under it.
    pub crashes: u16,
    /// Times it was claimed.
    pub fence: u32,
    /// The key that keeps others out, if any.
    pub unique: Option<Unique>,
    /// What few jobs ask for.
    pub options: Options,
    /// When the store took it.
    pub enqueued_at: i64,
    /// When it was last claimed.
    pub started_at: Option<i64>,
    /// When it ended.
    pub finished_at: Option<i64>,
    /// What was last said about a run that did not end well.
    pub error: Option<String>,
    /// Why it is parked, if it is.
    pub park: Option<Park>,
    /// How far it says it is.
    pub progress: Option<Progress>,
    /// Whether an operator has asked it to stop.
    pub cancel_asked: bool,
    /// The process that runs it, or ran it last.
    pub instance: Option<InstanceId>,
}

impl Job {
    /// Attempts before it is dead, where neither its kind nor its worker has a number for those that were ordered with none.
    pub fn attempts_max(&self) -> u16 {
        self.attempts_max.unwrap_or(ATTEMPTS_DEFAULT)
    }

    /// The crashes after which it is quarantined.
    pub fn crashes_max(&self) -> u16 {
        self.options.crashes_max.unwrap_or(CRASHES_MAX)
    }
}

#[cfg(test)]
#[path = "job_tests.rs"]
mod tests;
