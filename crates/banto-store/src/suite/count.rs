//! Promises about counts: nothing is lost, and everything is counted.

use banto_core::{Hold, Outcome, State, lease::LEASE_MS};

use super::Stage;
use crate::{Finished, Order, Prune, Select, Tally};

/// P2: accepted = listed + removed, whatever happens in between.
pub async fn p2_accepted_is_listed_plus_removed(stage: Stage) {
    let outcomes = [
        Outcome::Done,
        Outcome::Dead { error: "e".into() },
        Outcome::Cancel { reason: "r".into() },
        Outcome::HandBack { delay_ms: 0 },
        Outcome::Retry { error: "e".into(), delay_ms: None },
    ];
    for round in 0..6u64 {
        stage.enqueue_all((0..10).map(|_| stage.job())).await;
        let jobs = stage.claim(7).await;
        for ((job, lease), outcome) in jobs.iter().zip(&outcomes) {
            stage.finish(job, *lease, outcome.clone()).await;
        }
        stage.clock.pass(LEASE_MS);
        for expired in stage.store.expired(100).await.unwrap() {
            stage.rescue(&expired.job, expired.lease).await;
        }
        let select = Select { limit: 1, ..Select::states([State::Dead]) };
        stage.steer(if round % 2 == 0 { Order::Forget(select) } else { Order::Retry(select) }).await;
        stage.store.prune(Prune { done_ms: 0, limit: 1, ..Prune::default() }).await.unwrap();

        let tally = stage.store.tally().await.unwrap();
        let listed = stage.list(Select::default()).await.len() as u64;
        let counted: u64 = stage.store.queues().await.unwrap().iter().flat_map(|view| view.counts).sum();
        assert_eq!((tally.accepted, tally.lost), (10 * (round + 1), 0));
        assert_eq!(tally.accepted, listed + tally.removed, "{tally:?}");
        assert_eq!(counted, listed, "counts are the sum of the states");
    }
}

/// P15: each thing that happened is counted once.
pub async fn p15_every_count_is_exact(stage: Stage) {
    let first = stage.keyed("k", Hold::Done);
    stage.enqueue_all([first.clone()]).await;
    stage.enqueue(first).await;
    stage.enqueue(stage.keyed("k", Hold::Done)).await;
    let (job, lease) = stage.claim_one().await;
    stage.clock.pass(LEASE_MS);
    stage.rescue(&job, lease).await;
    let (again, held) = stage.claim_one().await;
    assert_eq!(stage.finish(&job, lease, Outcome::Done).await, Finished::Late);
    assert_eq!(stage.finish(&again, held, Outcome::Done).await, Finished::Written);
    stage.steer(Order::Forget(Select::default())).await;
    let expected = Tally { accepted: 1, doubles: 2, claimed: 2, late: 1, rescued: 1, removed: 1, lost: 0 };
    assert_eq!(stage.store.tally().await.unwrap(), expected);
}

/// Counts are the store's, not a process's.
pub async fn counts_are_shared_by_processes(stage: Stage) {
    let other = stage.again().await;
    stage.one().await;
    other.enqueue([stage.job()].into()).await.unwrap();
    assert_eq!(stage.store.tally().await.unwrap(), other.tally().await.unwrap());
    assert_eq!(other.tally().await.unwrap().accepted, 2);
}

/// To look changes nothing: every question, twice, over a store with something of everything.
pub async fn questions_change_nothing(stage: Stage) {
    stage.ended(Outcome::Done).await;
    stage.running().await;
    stage.enqueue(stage.keyed("k", Hold::Done)).await;
    stage.store.beat(super::instance::an_instance(1)).await.unwrap();
    stage.clock.pass(1);
    let before = stage.everything().await;
    for _ in 0..3 {
        assert_eq!(stage.everything().await, before);
    }
}
