//! A job type: the one thing an application writes for each sort of work.
//!
//! Usually derived (`#[derive(Job)]`). The kind is a stable name, the payload is the value as JSON, and the version
//! says which form of it; older forms are lifted step by step by [`Job::upcast`].

use banto_core::{Backoff, NewJob, Refusal, Unique, limits::PRIORITY_DEFAULT};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A type whose values are jobs.
pub trait Job: Serialize + DeserializeOwned + Send + 'static {
    /// The stable name of this sort of work.
    const KIND: &'static str;
    /// The version of the payload's form; raise it when old payloads no longer decode.
    const VERSION: u16 = 1;
    /// Names this kind had before. Jobs enqueued under them run untouched.
    const ALIASES: &'static [&'static str] = &[];

    /// How jobs of this kind are queued and retried.
    fn policy() -> Policy {
        Policy::default()
    }

    /// The key that keeps equal jobs out, made from the values. Refuses what cannot be a key.
    fn unique(&self) -> Result<Option<Unique>, Refusal> {
        Ok(None)
    }

    /// Labels to find the job by.
    fn tags(&self) -> Vec<String> {
        Vec::new()
    }

    /// Lifts a payload from version `from` to `from + 1`. Says why it cannot, if it cannot: the job is then parked.
    fn upcast(from: u16, payload: Value) -> Result<Value, String> {
        drop(payload);
        Err(format!("{} has no upcast step from version {from}", Self::KIND))
    }
}

/// How jobs of a kind are queued and retried; each job may ask for something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Where they wait.
    pub queue: &'static str,
    /// 0 (first) to 9 (last).
    pub priority: u8,
    /// Attempts before a job is dead; 3, or what the worker was told (`--tries`), when `None`.
    pub attempts_max: Option<u16>,
    /// Longest run of one attempt, in milliseconds; the worker's own when `None`.
    pub timeout_ms: Option<u64>,
    /// Waits between attempts; the worker's own when `None`.
    pub backoff: Option<Backoff>,
    /// No attempt begins later than this long after the enqueue, in milliseconds.
    pub retry_for_ms: Option<u64>,
    /// Crashes of the process before a job is quarantined.
    pub crashes_max: Option<u16>,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            queue: "default",
            priority: PRIORITY_DEFAULT,
            attempts_max: None,
            timeout_ms: None,
            backoff: None,
            retry_for_ms: None,
            crashes_max: None,
        }
    }
}

impl Policy {
    /// Gives `job` this policy's numbers; `now_ms` is when it is enqueued, in milliseconds since 1970.
    pub fn set(&self, job: &mut NewJob, now_ms: i64) {
        job.priority = self.priority;
        job.attempts_max = self.attempts_max;
        job.options.crashes_max = self.crashes_max;
        job.options.retry_until = self.retry_for_ms.map(|ms| now_ms.saturating_add_unsigned(ms));
    }
}

/// Lifts `payload` from `from` to `J::VERSION`, one step at a time.
pub(crate) fn lift<J: Job>(mut payload: Value, from: u16) -> Result<Value, String> {
    for version in from..J::VERSION {
        payload = J::upcast(version, payload)?;
    }
    Ok(payload)
}
