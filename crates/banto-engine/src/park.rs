//! `park`: takes back parked jobs that this build can run.
//!
//! A job is set aside by a worker that cannot run it (see `run`). Here each worker looks through what is set aside in its
//! queues, at its start and now and then, tries each one out *without running it* (kind, version, needs, decoding), and
//! leaves those it can run to `claim`, which leases them to this very worker: nothing goes back and forth.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use banto_core::{Cause, Job, JobId, State};
use banto_store::{Select, StoreError};
use tokio::time::sleep;

use crate::worker::Shared;

/// Rows looked at in one step.
const PAGE: usize = 200;
/// Most jobs remembered as not for this build.
const REMEMBERED_MAX: usize = 100_000;

/// The loop; ends when a stop is asked for.
pub(crate) async fn work(shared: Arc<Shared>) {
    let started = shared.clock.wall_ms();
    let mut not_ours = BTreeSet::new();
    while !shared.stop.asked() {
        if let Err(error) = once(&shared, started, &mut not_ours).await {
            shared.outage("park", &error);
        }
        sleep(Duration::from_millis(shared.config.adopt_ms)).await;
    }
}

async fn once(shared: &Shared, started: i64, not_ours: &mut BTreeSet<JobId>) -> Result<(), StoreError> {
    for queue in shared.config.queues.iter().map(|weighted| weighted.queue.clone()) {
        let mut before = None;
        loop {
            let select = Select { queue: Some(queue.clone()), limit: PAGE, ..Select::states([State::Parked]) };
            let page = shared.store.jobs(select, before).await?;
            let ours = page.jobs.iter().filter(|job| ours(shared, job, started, not_ours));
            shared.adopt(ours.map(|job| job.id).collect());
            before = page.jobs.last().map(|job| job.id);
            if !page.more || before.is_none() {
                break;
            }
        }
    }
    Ok(())
}

/// Whether this build can run the job. What it cannot is remembered, unless the reason may pass while it runs.
fn ours(shared: &Shared, job: &Job, started: i64, not_ours: &mut BTreeSet<JobId>) -> bool {
    let Some(park) = &job.park else { return false };
    // What this same build set aside since it started, because its handler missed something, waits for a restart.
    let own = park.build == shared.registry.build() && job.started_at.is_some_and(|at| at >= started);
    if park.cause == Cause::Damaged || own || not_ours.contains(&job.id) {
        return false;
    }
    match shared.registry.verdict(job) {
        None => true,
        Some(park) => {
            if park.cause != Cause::Missing && not_ours.len() < REMEMBERED_MAX {
                not_ours.insert(job.id);
            }
            false
        }
    }
}
