//! Unique keys: one job for one key, for as long as the key is held.
//!
//! The key is kept beside the job and let go by the job's own end, so there is no lock with a life of its own
//! that could leak. The store guards it with a unique index, also inside one bulk call.

use serde::{Deserialize, Serialize};

use crate::name::Label;

/// How long a unique key keeps others out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// While the job waits; the key is free again when the job is claimed for the first time.
    Queued,
    /// Until the job is done, dead or cancelled.
    Done,
    /// Until the job has ended, and that many milliseconds more: an idempotency key.
    Remember(u64),
    /// For that many milliseconds from the enqueue, whatever becomes of the job.
    Period(u64),
}

/// How long an idempotency key is remembered after its job's end, in milliseconds (24 h).
pub const REMEMBER_MS: u64 = 86_400_000;

/// A key and how long it is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unique {
    /// The key: the application's own text.
    pub key: Label,
    /// How long it keeps others out.
    pub hold: Hold,
}
