//! `rescue`: brings back the jobs of the dead and the frozen.
//!
//! Every worker looks, none leads: the store writes a rescue only where the lease is still over, so two rescuers cannot
//! do harm. It needs no handler and judges no kind: whoever knows the kind will run the job.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use banto_core::{Facts, InstanceId, Outcome, decide};
use banto_store::{Expired, Finish, Finished, Seen, StoreError};
use tokio::time::sleep;

use crate::{event::Event, worker::Shared};

/// Most jobs in one look.
const BATCH_MAX: usize = 500;

/// The loop; runs until it is dropped. The first look is at once: a worker that stops when empty may not stay for a second.
pub(crate) async fn work(shared: Arc<Shared>) {
    let mut last = shared.clock.steady_ms();
    let (mut answered, mut first) = (true, true);
    loop {
        let now = shared.clock.steady_ms();
        // After a suspend or an outage everybody's leases look over; those who live get the time to renew first.
        answered &= now.saturating_sub(last) <= 3 * shared.config.rescue_ms + 1_000;
        last = now;
        let looked = match answered {
            true => once(&shared).await,
            false => shared.store.expired(1).await.map(drop),
        };
        answered = looked.is_ok();
        match looked {
            Ok(()) if std::mem::take(&mut first) => shared.looked_first(),
            Ok(()) => {}
            Err(error) => drop(shared.outage("rescue", &error)),
        }
        sleep(Duration::from_millis(shared.config.rescue_ms + fastrand::u64(..=shared.config.rescue_ms / 4))).await;
    }
}

/// Rescues what is expired now.
async fn once(shared: &Shared) -> Result<(), StoreError> {
    let expired = shared.store.expired(BATCH_MAX).await?;
    if expired.is_empty() {
        return Ok(());
    }
    let alive = alive(shared, shared.store.instances().await?);
    let finishes: Vec<Finish> = expired.iter().map(|one| verdict(shared, one, &alive)).collect();
    let answers = shared.store.rescue(finishes.clone()).await?;
    for ((Expired { job, .. }, finish), answer) in expired.iter().zip(&finishes).zip(answers) {
        if answer == Finished::Written {
            let (crashes, state) = (finish.verdict.crashes, finish.verdict.to);
            let error = finish.verdict.error.as_deref();
            tracing::warn!(job = %job.id, kind = %job.kind, crashes, state = state.word(), error, "rescued");
            shared.events.tell(|| Event::Rescued { job: job.id, kind: job.kind.clone(), crashes, state });
        }
    }
    Ok(())
}

/// Those who have surely not died. A process beats as often as it renews, so one that died under a lease has been silent
/// for two thirds of it when the lease is over; one that beat within half a lease lives.
fn alive(shared: &Shared, instances: Vec<Seen>) -> BTreeSet<InstanceId> {
    let lives = |seen: &Seen| seen.living && seen.silent_ms <= shared.config.lease_ms / 2;
    instances.into_iter().filter(lives).map(|seen| seen.instance.id).collect()
}

/// What becomes of a job whose lease is over. A holder that lives has let go of it, or never heard that it was given it (the
/// answer to its claim was lost): that is no crash, and three lost answers must not quarantine a healthy job.
fn verdict(shared: &Shared, expired: &Expired, alive: &BTreeSet<InstanceId>) -> Finish {
    let holder = expired.job.instance;
    let outcome = match holder.filter(|id| alive.contains(id)) {
        Some(_) => Outcome::HandBack { delay_ms: 0 },
        None => {
            let holder = holder.map_or_else(|| "an unknown worker".into(), |id| format!("worker {id}"));
            let lease_ms = shared.config.lease_ms;
            Outcome::Crashed {
                error: format!("{holder} died or froze; it had not renewed its lease for {lease_ms} ms"),
            }
        }
    };
    let facts = Facts::of(&expired.job, &shared.config.backoff);
    let verdict = decide(&facts, outcome, shared.clock.wall_ms(), fastrand::u64(..));
    Finish { lease: expired.lease, verdict }
}
