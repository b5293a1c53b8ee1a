//! `park`: takes back parked jobs that this build can run.
//!
//! A job is set aside by a worker that cannot run it (see `run`). Here each worker looks through what is set aside in its
//! queues, at its start and now and then, tries each one out *without running it* (kind, version, needs, decoding), and
//! leaves those it can run to `claim`, which leases them to this very worker: nothing goes back and forth.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use banto_core::{Cause, Job, JobId, State};
use banto_store::{Select, StoreError};
use tokio::{sync::Notify, time::sleep};

use crate::worker::Shared;

/// Rows looked at in one step.
const PAGE: usize = 200;
/// Most jobs remembered of each sort.
const REMEMBERED_MAX: usize = 100_000;

/// What a worker knows of jobs that were set aside.
#[derive(Default)]
pub(crate) struct Aside {
    wanted: Mutex<VecDeque<JobId>>,
    missed: Mutex<BTreeSet<JobId>>,
    /// Rung when there are jobs to take back, and when a loop has looked for the first time.
    pub rung: Notify,
}

impl Aside {
    /// Whether there are jobs to take back.
    pub fn any(&self) -> bool {
        !lock(&self.wanted).is_empty()
    }

    /// The next jobs to take back.
    pub fn take(&self, most: usize) -> Vec<JobId> {
        let mut wanted = lock(&self.wanted);
        let taken = wanted.len().min(most);
        wanted.drain(..taken).collect()
    }

    /// Notes that the handler of this very worker missed something: it does not take the job back, or it would go back
    /// and forth for ever. Another worker may try, and so may this one after a restart.
    pub fn missed(&self, job: JobId) {
        let mut missed = lock(&self.missed);
        if missed.len() >= REMEMBERED_MAX {
            missed.clear();
        }
        missed.insert(job);
    }

    fn want(&self, jobs: impl Iterator<Item = JobId>) {
        lock(&self.wanted).extend(jobs);
        if self.any() {
            self.rung.notify_one();
        }
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The loop; ends when a stop is asked for.
pub(crate) async fn work(shared: Arc<Shared>) {
    let (mut not_ours, mut first) = (BTreeSet::new(), true);
    while !shared.stop.asked() {
        match once(&shared, &mut not_ours).await {
            Ok(()) if std::mem::take(&mut first) => shared.looked_first(),
            Ok(()) => {}
            Err(error) => {
                shared.outage("park", &error);
            }
        }
        sleep(Duration::from_millis(shared.config.adopt_ms)).await;
    }
}

async fn once(shared: &Shared, not_ours: &mut BTreeSet<JobId>) -> Result<(), StoreError> {
    lock(&shared.aside.wanted).clear();
    for queue in shared.config.queues.iter().map(|weighted| weighted.queue.clone()) {
        let mut before = None;
        loop {
            let parked = Select { readable: true, limit: PAGE, ..Select::states([State::Parked]) };
            let select = Select { queue: Some(queue.clone()), ..parked };
            let page = shared.store.jobs(select, before).await?;
            let ours = page.jobs.iter().filter(|job| ours(shared, job, not_ours));
            shared.aside.want(ours.map(|job| job.id));
            before = page.jobs.last().map(|job| job.id);
            if !page.more || before.is_none() {
                break;
            }
        }
    }
    Ok(())
}

/// Whether this worker can run the job. What its build cannot is remembered, unless the reason may pass while it lives.
fn ours(shared: &Shared, job: &Job, not_ours: &mut BTreeSet<JobId>) -> bool {
    let Some(cause) = job.park.as_ref().map(|park| park.cause) else { return false };
    // What was missed here and then released may have been set aside anew by another worker, for a cause of its own.
    let missed = cause == Cause::Missing && lock(&shared.aside.missed).contains(&job.id);
    if cause == Cause::Damaged || missed || not_ours.contains(&job.id) {
        return false;
    }
    let refused = shared.registry.verdict(job);
    if refused.as_ref().is_some_and(|park| park.cause != Cause::Missing) && not_ours.len() < REMEMBERED_MAX {
        not_ours.insert(job.id);
    }
    refused.is_none()
}
