//! Words of `claim`.

use banto_core::{InstanceId, Job, JobId, Lease, Name};

/// What a worker asks for.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Who asks.
    pub instance: InstanceId,
    /// The queues to take from, the first before the next.
    pub queues: Vec<Name>,
    /// How many jobs at most (adopted ones count). At most `CLAIM_MAX` are given.
    pub limit: usize,
    /// How long the leases live, in milliseconds; once that much time has passed they are over.
    pub lease_ms: u64,
    /// Parked jobs, of whatever queue that is not paused, that this worker has looked at and can run.
    pub adopt: Vec<JobId>,
}

/// What a worker gets.
#[derive(Debug, Clone, Default)]
pub struct Claimed {
    /// The jobs, as they are now (running), each with its lease.
    pub jobs: Vec<(Job, Lease)>,
    /// How long until time alone brings these queues more, in milliseconds: the next scheduled job is due, or the pause
    /// of a paused queue ends. `None` if nothing will.
    pub due_in_ms: Option<u64>,
    /// Jobs whose row could not be read; they were parked as damaged.
    pub damaged: Vec<JobId>,
}
