//! `rescue`: brings back the jobs of the dead and the frozen.
//!
//! Every worker looks, none leads: the store writes a rescue only where the lease is still over, so two rescuers cannot
//! do harm. It needs no handler and judges no kind: whoever knows the kind will run the job.

use std::{sync::Arc, time::Duration};

use banto_core::{Facts, Outcome, decide};
use banto_store::{Expired, Finish, Finished, StoreError};
use tokio::time::sleep;

use crate::{event::Event, worker::Shared};

/// Most jobs in one look.
const BATCH_MAX: usize = 500;

/// The loop; runs until its task is dropped.
pub(crate) async fn work(shared: Arc<Shared>) {
    let mut last = shared.clock.steady_ms();
    loop {
        sleep(Duration::from_millis(shared.config.rescue_ms + fastrand::u64(..=shared.config.rescue_ms / 4))).await;
        let now = shared.clock.steady_ms();
        let slept = now.saturating_sub(last);
        last = now;
        // After a suspend everybody's leases look over; those who live get the time to renew first.
        if slept > 3 * shared.config.rescue_ms + 1_000 {
            continue;
        }
        if let Err(error) = once(&shared).await {
            shared.outage("rescue", &error);
        }
    }
}

/// Rescues what is expired now.
pub(crate) async fn once(shared: &Shared) -> Result<usize, StoreError> {
    let expired = shared.store.expired(BATCH_MAX).await?;
    if expired.is_empty() {
        return Ok(0);
    }
    let finishes: Vec<Finish> = expired.iter().map(|one| verdict(shared, one)).collect();
    let answers = shared.store.rescue(finishes.clone()).await?;
    let mut rescued = 0;
    for ((Expired { job, .. }, finish), answer) in expired.iter().zip(&finishes).zip(answers) {
        if answer == Finished::Written {
            rescued += 1;
            let (crashes, state) = (finish.verdict.crashes, finish.verdict.to);
            let error = finish.verdict.error.as_deref();
            tracing::warn!(job = %job.id, kind = %job.kind, crashes, state = state.word(), error, "rescued");
            shared.events.tell(|| Event::Rescued { job: job.id, kind: job.kind.clone(), crashes, state });
        }
    }
    Ok(rescued)
}

fn verdict(shared: &Shared, expired: &Expired) -> Finish {
    let holder = expired.job.instance.map_or_else(|| "an unknown worker".into(), |id| format!("worker {id}"));
    let error = format!("{holder} died or froze; it had not renewed its lease for {} ms", shared.config.lease_ms);
    let facts = Facts::of(&expired.job, &shared.config.backoff);
    let verdict = decide(&facts, Outcome::Crashed { error }, shared.clock.wall_ms(), fastrand::u64(..));
    Finish { lease: expired.lease, verdict }
}
