//! Promises about `changed`: it never sleeps over a change.
//!
//! The only promises with a limit of real time: it is how a waker that sleeps too well is told from one that works.

use std::{sync::Arc, time::Duration};

use banto_core::{Due, NewJob, Outcome, lease::LEASE_MS};

use super::Stage;
use crate::{Order, Select, Store};

/// Far longer than any store needs (50 ms are promised); short enough to end a test.
const PATIENCE: Duration = Duration::from_secs(5);

async fn wakes(store: &Arc<dyn Store>, seen: u64) -> u64 {
    let woken = tokio::time::timeout(PATIENCE, store.changed(seen)).await;
    woken.unwrap_or_else(|_| panic!("it slept over a change")).unwrap()
}

/// The number of now: after a change of its own, what `changed` answers.
async fn now(stage: &Stage, store: &Arc<dyn Store>) -> u64 {
    stage.one().await;
    wakes(store, 0).await
}

/// A change made before the question counts: there is no moment between looking and waiting.
pub async fn a_change_made_before_the_question_counts(stage: Stage) {
    let seen = now(&stage, &stage.store).await;
    stage.one().await;
    let next = wakes(&stage.store, seen).await;
    assert_ne!(next, seen);
    stage.pause(&super::stage::queue()).await;
    wakes(&stage.store, next).await;
}

/// Each change that makes work or orders wakes whoever waits.
pub async fn each_kind_of_change_wakes(stage: Stage) {
    let seen = now(&stage, &stage.store).await;
    let (job, lease) = stage.claim_one().await;
    stage.finish(&job, lease, Outcome::HandBack { delay_ms: 0 }).await;
    let seen = wakes(&stage.store, seen).await;

    let (job, lease) = stage.claim_one().await;
    stage.finish(&job, lease, Outcome::Retry { error: "e".into(), delay_ms: Some(1) }).await;
    let seen = wakes(&stage.store, seen).await;

    stage.clock.pass(1);
    let (job, lease) = stage.claim_one().await;
    stage.clock.pass(LEASE_MS);
    stage.rescue(&job, lease).await;
    let seen = wakes(&stage.store, seen).await;

    stage.pause(&super::stage::queue()).await;
    let seen = wakes(&stage.store, seen).await;
    stage.steer(Order::Resume { queue: super::stage::queue() }).await;
    let seen = wakes(&stage.store, seen).await;

    let (job, _) = stage.claim_one().await;
    stage.steer(Order::Cancel(Select::ids([job.id]))).await;
    let seen = wakes(&stage.store, seen).await;

    stage.enqueue(NewJob { due: Due::In(9_000), ..stage.job() }).await;
    wakes(&stage.store, seen).await;
}

/// A waiter that sleeps is woken.
pub async fn a_sleeper_is_woken(stage: Stage) {
    let mut seen = now(&stage, &stage.store).await;
    for _ in 0..20 {
        let store = stage.store.clone();
        let sleeper = tokio::spawn(async move { wakes(&store, seen).await });
        tokio::task::yield_now().await;
        stage.one().await;
        seen = sleeper.await.unwrap();
    }
}

/// Many may wait, and all are woken.
pub async fn all_sleepers_are_woken(stage: Stage) {
    let seen = now(&stage, &stage.store).await;
    let mut sleepers = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let store = stage.store.clone();
        sleepers.spawn(async move { wakes(&store, seen).await });
    }
    stage.one().await;
    assert_eq!(sleepers.join_all().await.len(), 16);
}

/// What one process does wakes another.
pub async fn another_process_is_woken(stage: Stage) {
    let other = stage.again().await;
    let mut seen = now(&stage, &other).await;
    for _ in 0..3 {
        let store = other.clone();
        let sleeper = tokio::spawn(async move { wakes(&store, seen).await });
        tokio::task::yield_now().await;
        stage.one().await;
        seen = sleeper.await.unwrap();
    }
}

/// A sleeper that is dropped takes nothing with it.
pub async fn a_dropped_sleeper_is_harmless(stage: Stage) {
    let seen = now(&stage, &stage.store).await;
    for _ in 0..50 {
        let mut waiting = std::pin::pin!(stage.store.changed(seen));
        let _ = std::future::poll_fn(|context| std::task::Poll::Ready(waiting.as_mut().poll(context))).await;
    }
    stage.one().await;
    wakes(&stage.store, seen).await;
}
