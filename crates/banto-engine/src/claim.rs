//! `claim`: takes jobs while there is room for them.
//!
//! Back-pressure is the room in `slots`; an idle worker sleeps until the store says that something changed, the next
//! scheduled job is due, or (a safety net) the poll interval is over.

use std::{sync::Arc, time::Duration};

use banto_core::{Job, Lease, Name, limits::CLAIM_MAX};
use banto_store::{Claim, Renewed, StoreError};
use tokio::time::sleep;

use crate::{
    config::QueueWeight,
    run,
    stop::Halt,
    worker::{Duty, Shared},
};

/// What is due so soon, in milliseconds, is as good as there: a retry without a back-off is due a millisecond after its last run.
const SOON_MS: u64 = 10;

/// The loop; ends when a stop is asked for.
pub(crate) async fn work(shared: Arc<Shared>) {
    let (mut seen, mut waited) = (0, false);
    let mut order = fastrand::Rng::with_seed(shared.config.seed);
    loop {
        if shared.stop.asked() {
            return;
        }
        if shared.slots.spent() {
            return shared.stop.halt(Halt::Spent, "it has run as many jobs as it should (--max-jobs, --once)");
        }
        if let Some(reason) = shared.stop.last()
            && shared.slots.count().0 == 0
        {
            return shared.stop.halt(Halt::Asked, reason);
        }
        let room = shared.slots.room().min(CLAIM_MAX);
        if room == 0 || shared.stop.last().is_some() {
            shared.pulses.claim.say(shared.moment(), Duty::Full);
            tokio::select! { biased;
                () = shared.stop.until_graceful() => return,
                () = shared.slots.freed.notified() => continue,
            }
        }
        // Asked before the claim: a job that ends meanwhile may have enqueued another first, a look may bring one back.
        let (held, _) = shared.slots.count();
        let looked = shared.looked();
        match once(&shared, room, &mut order).await {
            Ok(taken) if taken.jobs >= room || shared.aside.any() => waited = false,
            Ok(taken) => {
                let empty = shared.config.stop_when_empty && taken.jobs == 0 && held == 0 && looked;
                // Waited for once: under a clock that a test holds still, it never comes.
                let soon_ms = taken.due_in_ms.filter(|ms| empty && !waited && *ms <= SOON_MS);
                waited = soon_ms.is_some();
                if let Some(ms) = soon_ms {
                    sleep(Duration::from_millis(ms.max(1))).await;
                    continue;
                }
                if empty {
                    return shared.stop.halt(Halt::Empty, "there is nothing to do (--stop-when-empty)");
                }
                if !idle(&shared, &mut seen, taken.due_in_ms, held + taken.jobs > 0).await {
                    return;
                }
            }
            Err(error) => {
                shared.pulses.claim.say(shared.moment(), Duty::StoreDown { error: error.to_string() });
                if !shared.outage("claim", &error) {
                    return;
                }
                sleep(shared.again_in(&error)).await;
            }
        }
    }
}

/// What a claim brought.
struct Taken {
    jobs: usize,
    due_in_ms: Option<u64>,
}

/// Claims once and begins what it can.
async fn once(shared: &Arc<Shared>, room: usize, order: &mut fastrand::Rng) -> Result<Taken, StoreError> {
    let since = shared.clock.steady_ms();
    let claim = Claim {
        instance: shared.instance,
        queues: in_turn(&shared.config.queues, order),
        limit: room,
        lease_ms: shared.config.lease_ms,
        adopt: shared.aside.take(room),
    };
    shared.pulses.claim.say(shared.moment(), Duty::Asking);
    let claimed = shared.store.claim(claim).await?;
    shared.pulses.claim.tick(shared.moment(), Duty::Waiting);
    shared.store_answers();
    for job in &claimed.damaged {
        tracing::error!(%job, "a stored row cannot be read; it is parked as damaged");
    }
    let taken = Taken { jobs: claimed.jobs.len(), due_in_ms: claimed.due_in_ms };
    let (jobs, since) = trusted(shared, claimed.jobs, since).await?;
    shared.slots.put(jobs, since, shared.trusted_until(since));
    run::begin(shared);
    Ok(taken)
}

/// The jobs with leases that last until the next renewal, and since when they count: from before the question, which may have
/// waited for a connection for longer than a lease. Then those that are still held are renewed first, and count from now.
async fn trusted(
    shared: &Shared,
    mut jobs: Vec<(Job, Lease)>,
    since: u64,
) -> Result<(Vec<(Job, Lease)>, u64), StoreError> {
    let now = shared.clock.steady_ms();
    if jobs.is_empty() || now + shared.config.renew_ms < shared.trusted_until(since) {
        return Ok((jobs, since));
    }
    let leases = jobs.iter().map(|(_, lease)| *lease).collect();
    let mut answers = shared.store.renew(leases, shared.config.lease_ms).await?.into_iter();
    jobs.retain(|_| matches!(answers.next(), Some(Renewed::Held { .. })));
    Ok((jobs, now))
}

/// Sleeps until there may be work. Answers whether to go on.
async fn idle(shared: &Shared, seen: &mut u64, due_in_ms: Option<u64>, holds: bool) -> bool {
    let poll = due_in_ms.unwrap_or(u64::MAX).min(shared.config.poll_ms);
    tokio::select! { biased;
        () = shared.stop.until_graceful() => return false,
        () = shared.stop.until_last() => {}
        () = shared.aside.rung.notified() => {}
        changed = shared.store.changed(*seen) => match changed {
            Ok(now) => *seen = now,
            // Whatever ails the store, the next claim will meet and tell it.
            Err(error) => sleep(shared.again_in(&error)).await,
        },
        () = sleep(Duration::from_millis(poll.max(1))) => {}
        // A worker that stops when empty looks again when its last job has ended.
        () = shared.slots.freed.notified(), if holds && shared.config.stop_when_empty => {}
    }
    true
}

/// The queues in the order of this claim: as given when no weights are, else drawn so that each goes first as often as
/// its weight says (A. Efraimidis, P. Spirakis, *Weighted random sampling with a reservoir*, 2006: sort by u^(1/w)).
fn in_turn(queues: &[QueueWeight], order: &mut fastrand::Rng) -> Vec<Name> {
    let mut turn: Vec<(f64, &Name)> = queues
        .iter()
        .map(|q| (if q.weight == 0 { 0.0 } else { order.f64().powf(1.0 / f64::from(q.weight)) }, &q.queue))
        .collect();
    turn.sort_by(|a, b| b.0.total_cmp(&a.0));
    turn.into_iter().map(|(_, queue)| queue.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queues(weights: [u32; 3]) -> Vec<QueueWeight> {
        let names = ["a", "b", "c"].map(|name| Name::new(name).unwrap());
        names.into_iter().zip(weights).map(|(queue, weight)| QueueWeight { queue, weight }).collect()
    }

    #[test]
    fn without_weights_the_order_is_the_one_given() {
        let turn = in_turn(&queues([0, 0, 0]), &mut fastrand::Rng::with_seed(1));
        assert_eq!(turn.iter().map(Name::as_str).collect::<String>(), "abc");
    }

    #[test]
    fn each_goes_first_as_often_as_its_weight_says() {
        let mut order = fastrand::Rng::with_seed(1);
        let mut first = std::collections::BTreeMap::new();
        for _ in 0..10_000 {
            let turn = in_turn(&queues([6, 3, 1]), &mut order);
            *first.entry(turn[0].as_str().to_owned()).or_insert(0) += 1;
        }
        for (name, share) in [("a", 6_000), ("b", 3_000), ("c", 1_000)] {
            let times: i32 = first[name];
            assert!((times - share).abs() < 300, "{name} went first {times} times of 10,000");
        }
    }
}
