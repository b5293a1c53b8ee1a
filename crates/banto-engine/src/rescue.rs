//! `rescue`: brings back the jobs of the dead and the frozen.
//!
//! Every worker looks, none leads: the store writes a rescue only where the lease is still over, so two rescuers cannot
//! do harm. It needs no handler and judges no kind: whoever knows the kind will run the job.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use banto_core::{Facts, InstanceId, Job, Outcome, State, decide};
use banto_store::{Clock, Expired, Finish, Finished, Seen, Store, StoreError};
use tokio::time::sleep;

use crate::{Config, event::Event, worker::Shared};

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

/// A job that was taken from a worker that is dead or frozen.
#[derive(Debug, Clone, PartialEq)]
pub struct Rescued {
    /// The job, as it was.
    pub job: Job,
    /// Times the process died under it.
    pub crashes: u16,
    /// Where it stands now.
    pub state: State,
}

/// Rescues what is expired now.
async fn once(shared: &Shared) -> Result<(), StoreError> {
    for Rescued { job, crashes, state } in look(&shared.store, &*shared.clock, &shared.config).await? {
        shared.events.tell(|| Event::Rescued { job: job.id, kind: job.kind, crashes, state });
    }
    Ok(())
}

/// Rescues what is expired now, as a worker of that configuration does all the time: for a process that does not live long
/// enough to be waited for. Answers what was rescued here.
pub async fn look(store: &Arc<dyn Store>, clock: &dyn Clock, config: &Config) -> Result<Vec<Rescued>, StoreError> {
    let expired = store.expired(BATCH_MAX).await?;
    if expired.is_empty() {
        return Ok(Vec::new());
    }
    let alive = alive(config, store.instances().await?);
    let finishes: Vec<Finish> = expired.iter().map(|one| verdict(config, clock, one, &alive)).collect();
    let answers = store.rescue(finishes.clone()).await?;
    let mut rescued = Vec::new();
    for ((Expired { job, .. }, finish), answer) in expired.into_iter().zip(finishes).zip(answers) {
        if answer == Finished::Written {
            let (crashes, state) = (finish.verdict.crashes, finish.verdict.to);
            let error = finish.verdict.error.as_deref();
            tracing::warn!(job = %job.id, kind = %job.kind, crashes, state = state.word(), error, "rescued");
            rescued.push(Rescued { job, crashes, state });
        }
    }
    Ok(rescued)
}

/// Those who have surely not died. A process beats as often as it renews, so one that died under a lease has been silent
/// for two thirds of it when the lease is over; one that beat within half a lease lives.
fn alive(config: &Config, instances: Vec<Seen>) -> BTreeSet<InstanceId> {
    let lives = |seen: &Seen| seen.living && seen.silent_ms <= config.lease_ms / 2;
    instances.into_iter().filter(lives).map(|seen| seen.instance.id).collect()
}

/// What becomes of a job whose lease is over. A holder that lives has let go of it, or never heard that it was given it (the
/// answer to its claim was lost): that is no crash, and three lost answers must not quarantine a healthy job.
fn verdict(config: &Config, clock: &dyn Clock, expired: &Expired, alive: &BTreeSet<InstanceId>) -> Finish {
    let holder = expired.job.instance;
    let outcome = match holder.filter(|id| alive.contains(id)) {
        Some(_) => Outcome::HandBack { delay_ms: 0 },
        None => {
            let holder = holder.map_or_else(|| "an unknown worker".into(), |id| format!("worker {id}"));
            let lease_ms = config.lease_ms;
            Outcome::Crashed {
                error: format!("{holder} died or froze; it had not renewed its lease for {lease_ms} ms"),
            }
        }
    };
    let facts = Facts::of(&expired.job, &config.backoff);
    let verdict = decide(&facts, outcome, clock.wall_ms(), fastrand::u64(..));
    Finish { lease: expired.lease, verdict }
}
