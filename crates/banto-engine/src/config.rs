//! How a worker works: every knob, its unit and its default.

use banto_core::{Backoff, Name, lease};
use banto_store::Prune;

/// A queue and its weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueWeight {
    /// Which.
    pub queue: Name,
    /// How often it goes first against the others; 0 for all means strictly in the order given.
    pub weight: u32,
}

/// How a worker works.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// What people call this worker.
    pub name: Name,
    /// The queues it takes from.
    pub queues: Vec<QueueWeight>,
    /// How many jobs it runs at once.
    pub concurrency: usize,
    /// Most jobs claimed ahead of free slots. The worker uses as many as it runs during one claim, so slow jobs are
    /// never hoarded; those that wait over a second all the same are handed back.
    pub prefetch_max: usize,
    /// Longest run of an attempt whose kind and job say nothing, in milliseconds.
    pub timeout_ms: u64,
    /// Waits between attempts for kinds that say nothing.
    pub backoff: Backoff,
    /// Attempts before a job is dead, on this worker, where neither the job nor its kind asks for a number (`--tries`).
    pub attempts_max: Option<u16>,
    /// How long running jobs may go on after a graceful stop was asked for, in milliseconds.
    pub grace_ms: u64,
    /// How long a run that was told to stop may take to do so before it is dropped, in milliseconds.
    pub cancel_grace_ms: u64,
    /// Longest sleep of an idle worker between two looks, in milliseconds: a safety net, it is woken for new work.
    pub poll_ms: u64,
    /// Pause between two jobs of a slot, in milliseconds (`--rest`).
    pub rest_ms: u64,
    /// How long a lease lives, in milliseconds.
    pub lease_ms: u64,
    /// How often leases are renewed, in milliseconds.
    pub renew_ms: u64,
    /// How often expired leases are looked for, in milliseconds.
    pub rescue_ms: u64,
    /// How often parked jobs are looked through for some that this build can run, in milliseconds.
    pub adopt_ms: u64,
    /// How often ended jobs are pruned, in milliseconds.
    pub prune_ms: u64,
    /// What may be pruned.
    pub prune: Prune,
    /// Start although a kind lacks something; its jobs are parked, the others run.
    pub start_anyway: bool,
    /// Stop after that many jobs.
    pub jobs_max: Option<u64>,
    /// Stop after that long, in milliseconds.
    pub time_max_ms: Option<u64>,
    /// Stop when the process holds more memory than that, in bytes.
    pub memory_max_bytes: Option<u64>,
    /// Stop when there is nothing to do.
    pub stop_when_empty: bool,
    /// Where the order of weighted queues and the jitter begin. Random by default.
    pub seed: u64,
}

impl Config {
    /// A worker on `queues` with equal weights and the defaults.
    pub fn new(name: Name, queues: impl IntoIterator<Item = Name>) -> Config {
        Config {
            name,
            queues: queues.into_iter().map(|queue| QueueWeight { queue, weight: 0 }).collect(),
            concurrency: 10,
            prefetch_max: 1_000,
            timeout_ms: 900_000,
            backoff: Backoff::default(),
            attempts_max: None,
            grace_ms: 25_000, // container platforms kill 30 s after TERM; 5 s are kept for the last writes
            cancel_grace_ms: 5_000,
            poll_ms: 1_000,
            rest_ms: 0,
            lease_ms: lease::LEASE_MS,
            renew_ms: lease::RENEW_MS,
            rescue_ms: 1_000,
            adopt_ms: 2_000,
            prune_ms: 60_000,
            prune: Prune::default(),
            start_anyway: false,
            jobs_max: None,
            time_max_ms: None,
            memory_max_bytes: None,
            stop_when_empty: false,
            seed: fastrand::u64(..),
        }
    }
}
