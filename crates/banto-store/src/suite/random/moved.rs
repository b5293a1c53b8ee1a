//! A history that moves house in its middle.
//!
//! One half is acted by two oracles; then one moves into the store under test and the other into a third oracle, and the
//! other half is acted by those two. What the first half has left behind in all its variety must have come along whole.

use std::sync::Arc;

use banto_core::{Facts, Outcome, decide, retry::Backoff};

use super::{Pair, Stage};
use crate::{
    Finish, Step, Store,
    memory::Memory,
    suite::{
        house::haul,
        settle::{arrive, other as place, step},
    },
};

/// Acts the history of `seed`, with a move in its middle. Panics where the two part.
pub(super) async fn act(stage: &Stage, seed: u64) {
    let memory = |number: u64| Memory::new(Arc::new(stage.clock.clone()), seed ^ number);
    let (one, other, third) = (memory(1), memory(2), memory(3));
    let mut before = Pair::of(stage, Arc::new(one.clone()), Arc::new(other.clone()), seed);
    before.act(&one, seed).await;
    let claimed = before.claimed;
    for source in [&one, &other] {
        step(source, Step::Leave(place("there"))).await.unwrap();
    }
    stage.clock.pass(10_000);
    moves(stage, &one, &*stage.store).await;
    moves(stage, &other, &third).await;
    let mut after = Pair::of(stage, Arc::new(third.clone()), stage.store.clone(), seed ^ 0xff);
    // The leases of before hold nowhere any more, and both must say so.
    after.claimed = claimed;
    assert_eq!(after.compare(true).await, Ok(()), "right after the move");
    after.act(&third, seed).await;
}

async fn moves(stage: &Stage, from: &Memory, to: &dyn Store) {
    arrive(to).await;
    let over = from.expired(1_000).await.unwrap();
    let verdict = |one: &crate::Expired| {
        let outcome = Outcome::Crashed { error: "gone".into() };
        let backoff = Backoff::Table(vec![1_000]);
        Finish { lease: one.lease, verdict: decide(&Facts::of(&one.job, &backoff), outcome, stage.clock_ms(), 1) }
    };
    from.rescue(over.iter().map(verdict).collect()).await.unwrap();
    step(from, Step::Close).await.unwrap();
    haul(from, to, 17).await;
    step(to, Step::Open).await.unwrap();
}
