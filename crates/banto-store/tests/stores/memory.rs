//! Every promise, kept by the reference store; and what it promises beyond the contract.

use std::{
    future::Future,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use banto_core::{Ids, InstanceId, Name, NewJob, Payload};
use banto_store::{Claim, Claimed, GivenClock, Read, Store, memory::Memory};

use crate::place::InMemory;

banto_store::suite!(InMemory::new(|memory| Arc::new(memory)));

fn at_once<T>(answer: impl Future<Output = T>) -> T {
    match std::pin::pin!(answer).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("the answer was not ready at once"),
    }
}

fn claimed(seed: u64) -> Claimed {
    let memory = Memory::new(Arc::new(GivenClock::at(1_000)), seed);
    let mut ids = Ids::new(1);
    let name = |text| Name::new(text).unwrap();
    let job = || NewJob::new(ids.make(1_000), name("send"), name("mail"), Payload::parse("{}").unwrap());
    at_once(memory.enqueue(std::iter::repeat_with(job).take(3).collect())).unwrap();
    let claim =
        Claim { instance: InstanceId(1), queues: vec![name("mail")], limit: 3, lease_ms: 10_000, adopt: vec![] };
    at_once(memory.claim(claim)).unwrap()
}

/// A simulator on one thread needs no runtime, and one seed is one history.
#[test]
fn answers_are_ready_at_once_and_follow_from_the_seed() {
    assert_eq!(claimed(1).jobs, claimed(1).jobs);
    assert_ne!(claimed(1).jobs[0].1.token, claimed(2).jobs[0].1.token);
}

/// As with any store, what is not awaited does not happen.
#[test]
fn a_call_that_is_dropped_did_not_happen() {
    let memory = Memory::new(Arc::new(GivenClock::at(1_000)), 1);
    let name = |text| Name::new(text).unwrap();
    drop(
        memory.enqueue([NewJob::new(Ids::new(1).make(1), name("a"), name("b"), Payload::parse("{}").unwrap())].into()),
    );
    assert_eq!(at_once(memory.tally()).unwrap().accepted, 0);
}
