//! `park`: takes back parked jobs that this build can run.
//!
//! A job is set aside by a worker that cannot run it (see `run`). Here each worker looks through what is set aside in its
//! queues, at its start and now and then, tries each one out *without running it* (kind, version, needs, decoding), and
//! leaves those it can run to `claim`, which leases them to this very worker: nothing goes back and forth.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use banto_core::{Cause, Job, JobId, State};
use banto_store::{Select, StoreError};
use tokio::time::sleep;

use crate::worker::Shared;

/// Rows looked at in one step.
const PAGE: usize = 200;
/// Most jobs remembered of each sort.
const REMEMBERED_MAX: usize = 100_000;

/// What a worker has learnt of parked jobs.
#[derive(Default)]
struct Known {
    /// Jobs that are not for this build.
    not_ours: BTreeSet<JobId>,
    /// Jobs it has asked for, each with its fence then. A greater one says that it was tried since and set aside again.
    asked_for: BTreeMap<JobId, u32>,
}

/// The loop; ends when a stop is asked for.
pub(crate) async fn work(shared: Arc<Shared>) {
    let mut known = Known::default();
    while !shared.stop.asked() {
        match once(&shared, &mut known).await {
            Ok(()) => shared.looked_for_parked(),
            Err(error) => {
                shared.outage("park", &error);
            }
        }
        sleep(Duration::from_millis(shared.config.adopt_ms)).await;
    }
}

async fn once(shared: &Shared, known: &mut Known) -> Result<(), StoreError> {
    shared.forget_adoptable();
    for queue in shared.config.queues.iter().map(|weighted| weighted.queue.clone()) {
        let mut before = None;
        loop {
            let select = Select { queue: Some(queue.clone()), limit: PAGE, ..Select::states([State::Parked]) };
            let page = shared.store.jobs(select, before).await?;
            let ours = page.jobs.iter().filter(|job| ours(shared, job, known));
            shared.adopt(ours.map(|job| job.id));
            before = page.jobs.last().map(|job| job.id);
            if !page.more || before.is_none() {
                break;
            }
        }
    }
    Ok(())
}

/// Whether this worker should take the job back. It asks for each at most until somebody has tried it: were it set aside
/// again, by this build or another, it would go back and forth for ever.
fn ours(shared: &Shared, job: &Job, known: &mut Known) -> bool {
    let Some(park) = &job.park else { return false };
    if park.cause == Cause::Damaged || known.not_ours.contains(&job.id) {
        return false;
    }
    match known.asked_for.get(&job.id) {
        Some(fence) if job.fence > *fence => return false,
        Some(_) => {}
        // What its own build set aside lately waits for a restart, which is the first look of another worker.
        None if park.build == shared.registry.build() && shared.has_looked() => return false,
        None => {}
    }
    match shared.registry.verdict(job) {
        None => {
            if known.asked_for.len() >= REMEMBERED_MAX {
                known.asked_for.clear();
            }
            known.asked_for.insert(job.id, job.fence);
            true
        }
        Some(park) => {
            // What is missing may come while this worker lives; the rest stays as it is.
            if park.cause != Cause::Missing && known.not_ours.len() < REMEMBERED_MAX {
                known.not_ours.insert(job.id);
            }
            false
        }
    }
}
