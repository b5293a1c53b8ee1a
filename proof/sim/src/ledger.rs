//! The ledger: what was seen, and every promise that was broken.
//!
//! It keeps its own account of jobs, leases and runs from what passed the witness, and believes the store nothing. What
//! must hold is in the files below; here is what they share.
//!
//! # Layout
//! - `leases`: claim, renew, finish, rescue. `moves`: what the store lists, before and after each call.
//! - [`crate::keys`]: unique keys. [`crate::end`]: what must hold when everything is over.

use std::collections::{BTreeMap, BTreeSet};

use banto_core::{InstanceId, Job, JobId, Lease, Unique};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::{history::History, plan::Order};

mod leases;
mod moves;

/// The time of one observation.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Wall-clock milliseconds since 1970.
    pub wall: i64,
    /// The steady clock, in milliseconds.
    pub steady: u64,
    /// Milliseconds since the history began.
    pub age: u64,
}

/// Who acts: 0 is people (clients and operators), each start of a worker has the next number.
pub type Who = usize;

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Store calls that were looked at.
    pub steps: u64,
    /// Jobs whose enqueue was acknowledged.
    pub acked: u64,
    /// Claims.
    pub claims: u64,
    /// Runs that began.
    pub runs: u64,
    /// Finishes that were refused.
    pub late: u64,
    /// Jobs taken from the dead and the frozen.
    pub rescued: u64,
    /// Workers killed.
    pub killed: u64,
    /// Calls that were failed.
    pub strikes: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.steps += other.steps;
        self.acked += other.acked;
        self.claims += other.claims;
        self.runs += other.runs;
        self.late += other.late;
        self.rescued += other.rescued;
        self.killed += other.killed;
        self.strikes += other.strikes;
    }
}

/// The account of one history.
#[derive(Default)]
pub struct Ledger {
    /// What happened.
    pub history: History,
    /// Promises broken, as sentences.
    pub broken: Vec<String>,
    /// What was counted.
    pub counts: Counts,
    pub(crate) jobs: BTreeMap<JobId, Job>,
    pub(crate) orders: BTreeMap<JobId, Order>,
    pub(crate) keyed: BTreeMap<JobId, Unique>,
    pub(crate) lapsed: BTreeSet<JobId>,
    pub(crate) acked: BTreeSet<JobId>,
    pub(crate) paused: BTreeMap<String, Option<i64>>,
    live: BTreeMap<JobId, Live>,
    written: BTreeMap<JobId, Lease>,
    well: BTreeSet<(JobId, u32)>,
    runs: BTreeMap<u64, RunNow>,
    health: Vec<Health>,
    holders: BTreeMap<InstanceId, Who>,
}

/// A lease that was given and not yet ended.
struct Live {
    lease: Lease,
    until: u64,
    who: Who,
}

/// A run that goes on.
struct RunNow {
    job: JobId,
    fence: u32,
    who: Who,
    told: CancellationToken,
}

/// How a worker is.
struct Health {
    alive: bool,
    stopping: bool,
    frozen: bool,
    since: u64,
    hindered_at: Option<u64>,
}

impl Health {
    /// Whether nothing has stood in its way for so long.
    fn well_for(&self, ms: u64, now: &Now) -> bool {
        self.alive && !self.frozen && self.hindered_at.is_none_or(|at| at + ms <= now.steady)
    }
}

/// How long a hindrance may still be felt: a lease, and the time in which others notice that it is over.
const FELT_MS: u64 = 15_000;

impl Ledger {
    /// Notes what happened.
    pub fn note(&mut self, who: Who, now: &Now, what: impl Into<String>) {
        let name = if who == 0 { "people".into() } else { format!("worker {who}") };
        self.history.note(now.age, &name, what.into());
    }

    /// Notes that a promise was broken.
    pub(crate) fn must(&mut self, holds: bool, now: &Now, what: impl FnOnce() -> String) {
        if !holds {
            let what = what();
            self.history.note(now.age, "BROKEN", what.clone());
            self.broken.push(what);
        }
    }

    /// A worker starts: its number.
    pub fn started(&mut self, now: &Now) -> Who {
        if self.health.is_empty() {
            self.health.push(Health { alive: false, stopping: true, frozen: false, since: 0, hindered_at: None });
        }
        let health = Health { alive: true, stopping: false, frozen: false, since: now.steady, hindered_at: None };
        self.health.push(health);
        self.health.len() - 1
    }

    /// A worker was told to stop.
    pub fn stopping(&mut self, who: Who) {
        if let Some(health) = self.health.get_mut(who) {
            health.stopping = true;
        }
    }

    /// A worker has left, or died.
    pub fn left(&mut self, who: Who) {
        if let Some(health) = self.health.get_mut(who) {
            (health.alive, health.stopping) = (false, true);
        }
    }

    /// Something stood in a worker's way just now; `frozen` says that it still does.
    pub fn hindered(&mut self, who: Who, frozen: bool, now: &Now) {
        if let Some(health) = self.health.get_mut(who) {
            (health.frozen, health.hindered_at) = (frozen, Some(now.steady));
        }
    }

    /// An enqueue was acknowledged.
    pub fn acked(&mut self, ids: impl IntoIterator<Item = JobId>) {
        self.acked.extend(ids);
        self.counts.acked = self.acked.len() as u64;
    }

    /// A run begins: its number. While it goes on, no other may begin, unless its worker was hindered or told to stop it.
    pub fn begins(&mut self, who: Who, lease: (JobId, u32), told: CancellationToken, now: &Now) -> u64 {
        self.counts.runs += 1;
        let (job, fence) = lease;
        self.note(who, now, format!("begins {job} fence {fence}"));
        let well = |who: Who| self.health.get(who).is_some_and(|health| health.well_for(FELT_MS, now));
        let beside = self.runs.values().find(|run| run.job == job && !run.told.is_cancelled() && well(run.who));
        let beside = beside.map(|run| (run.who, run.fence));
        let holds = self.live.get(&job).is_some_and(|live| live.lease.fence == fence);
        let excused = !well(who);
        self.must(beside.is_none(), now, || format!("{job} begins beside a healthy run of it: {beside:?}"));
        self.must(holds || excused, now, || format!("{job} begins under fence {fence}, whose lease is not live"));
        let number = self.counts.runs;
        self.runs.insert(number, RunNow { job, fence, who, told });
        number
    }

    /// A run has ended, or was dropped.
    pub fn ends(&mut self, run: u64) {
        self.runs.remove(&run);
    }

    /// A run has ended well.
    pub fn did_well(&mut self, job: JobId, fence: u32) {
        self.well.insert((job, fence));
    }
}
