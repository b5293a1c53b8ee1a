//! The fault store: with its faults off it keeps every promise; with them on it does what its plan says, by its seed.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use banto_core::{Ids, JobId, Name, NewJob, Payload};
use banto_store::{
    Enqueued, Fault, GivenClock, Read, Store, StoreError,
    faulty::{Faulty, Injected, Plan, Strike, Verb},
    memory::Memory,
};

use crate::place::InMemory;

banto_store::suite!(InMemory::new(|memory| Arc::new(Faulty::new(Arc::new(memory), 1))));

fn faulty(seed: u64) -> Faulty {
    Faulty::new(Arc::new(Memory::new(Arc::new(GivenClock::at(1_000)), 1)), seed)
}

fn job(number: u64) -> NewJob {
    let name = |text| Name::new(text).unwrap();
    NewJob::new(Ids::new(number).make(1_000), name("send"), name("mail"), Payload::parse("{}").unwrap())
}

async fn enqueue(store: &Faulty, number: u64) -> Result<Enqueued, StoreError> {
    store.enqueue([job(number)].into()).await.map(|answers| answers[0])
}

async fn listed(store: &Faulty, id: JobId) -> bool {
    store.job(id).await.unwrap().is_some()
}

fn fault<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> Fault {
    answer.unwrap_err().fault().clone()
}

#[tokio::test]
async fn before_did_not_happen_and_says_so() {
    let store = faulty(1);
    for named in [Fault::Busy, Fault::Full, Fault::Gone, Fault::Damaged, Fault::Newer] {
        store.strike_next(Verb::Enqueue, Strike::Before(named.clone()));
        assert_eq!(fault(enqueue(&store, 1).await), named);
        assert!(!listed(&store, job(1).id).await);
    }
    assert!(enqueue(&store, 1).await.unwrap().fresh, "the strikes are used up");
}

#[tokio::test]
async fn after_happened_and_instead_did_not_and_both_are_in_doubt() {
    let store = faulty(1);
    store.strike_next(Verb::Enqueue, Strike::After);
    store.strike_next(Verb::Enqueue, Strike::Instead);
    assert_eq!(fault(enqueue(&store, 1).await), Fault::InDoubt);
    assert_eq!(fault(enqueue(&store, 2).await), Fault::InDoubt);
    assert_eq!([listed(&store, job(1).id).await, listed(&store, job(2).id).await], [true, false]);
    let again = [enqueue(&store, 1).await.unwrap(), enqueue(&store, 2).await.unwrap()];
    assert_eq!(again.map(|answer| answer.fresh), [false, true], "repeating doubles nothing and loses nothing");
}

#[tokio::test]
async fn a_refusal_is_not_turned_into_doubt() {
    let store = faulty(1);
    store.strike_next(Verb::Enqueue, Strike::After);
    let refused = store.enqueue([NewJob { priority: 99, ..job(1) }].into()).await;
    assert!(matches!(fault(refused), Fault::Refused(_)));
}

/// What became of a hundred calls, as one word each.
async fn history(store: &Faulty, verb_between: bool) -> Vec<String> {
    let mut words = Vec::new();
    for number in 0..100 {
        if verb_between {
            let _ = store.prune(Default::default()).await;
        }
        words.push(match enqueue(store, number).await {
            Ok(_) => "ok".to_owned(),
            Err(error) => format!("{:?} {}", error.fault(), listed(store, job(number).id).await),
        });
    }
    words
}

fn half() -> Plan {
    Plan { rate: 0.5, strikes: Strike::usual() }
}

#[tokio::test]
async fn one_seed_is_one_history_whatever_other_verbs_do() {
    let run = async |seed, between| {
        let store = faulty(seed);
        store.plan(&[Verb::Enqueue, Verb::Prune], half());
        history(&store, between).await
    };
    let first = run(7, false).await;
    assert_eq!(first, run(7, true).await);
    assert_ne!(first, run(8, false).await);
    for word in ["ok", "Busy false", "Full false", "Gone false", "InDoubt true", "InDoubt false"] {
        assert!(first.iter().any(|seen| seen == word), "{word} is among {first:?}");
    }
}

#[tokio::test]
async fn what_was_done_is_counted() {
    let store = faulty(7);
    store.plan(&[Verb::Enqueue], half());
    let words = history(&store, false).await;
    let count = |word: &str| words.iter().filter(|seen| seen.starts_with(word)).count() as u64;
    let injected = store.injected()[&Verb::Enqueue];
    assert_eq!(
        (injected.calls, injected.after, injected.instead),
        (100, count("InDoubt true"), count("InDoubt false"))
    );
    assert_eq!(injected.before, count("Busy") + count("Full") + count("Gone"));
    assert!((30..=70).contains(&(injected.before + injected.after + injected.instead)), "{injected:?}");
    assert_eq!(store.injected()[&Verb::Read].before, 0, "other verbs were left alone");
}

#[tokio::test]
async fn rates_change_while_it_runs_and_healing_ends_all() {
    let store = faulty(1);
    store.plan(&Verb::ALL, Plan { rate: 1.0, strikes: vec![Strike::Before(Fault::Gone)] });
    assert_eq!(fault(enqueue(&store, 1).await), Fault::Gone);
    assert_eq!(fault(store.tally().await), Fault::Gone);
    store.plan(&[Verb::Read], Plan { rate: 0.0, strikes: Strike::usual() });
    assert_eq!(store.tally().await.unwrap().accepted, 0);
    store.strike_next(Verb::Enqueue, Strike::After);
    store.heal();
    assert!(enqueue(&store, 1).await.unwrap().fresh);
    assert_eq!(store.injected()[&Verb::Enqueue], Injected { calls: 2, before: 1, after: 0, instead: 0 });
}

#[tokio::test]
async fn a_plan_without_strikes_strikes_nothing() {
    let store = faulty(1);
    store.plan(&Verb::ALL, Plan { rate: 1.0, strikes: Vec::new() });
    assert!(enqueue(&store, 1).await.unwrap().fresh);
}

#[tokio::test]
async fn a_held_call_hangs_until_it_is_let_go() {
    let store = faulty(1);
    store.hold(Verb::Enqueue);
    let held = tokio::spawn({
        let store = store.clone();
        async move { enqueue(&store, 1).await }
    });
    store.until_held(Verb::Enqueue, 1).await;
    assert!(!listed(&store, job(1).id).await, "it has not happened, and reads do not hang");
    store.let_go(Verb::Enqueue);
    assert!(held.await.unwrap().unwrap().fresh);
    assert!(enqueue(&store, 2).await.unwrap().fresh, "later calls pass");
}

#[tokio::test]
async fn healing_lets_go_and_a_dropped_call_hangs_no_more() {
    let store = faulty(1);
    store.hold(Verb::Read);
    {
        let mut dropped = pin!(store.tally());
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(dropped.as_mut().poll(&mut context), Poll::Pending));
        store.until_held(Verb::Read, 1).await;
    }
    let held = tokio::spawn({
        let store = store.clone();
        async move { store.tally().await }
    });
    store.until_held(Verb::Read, 1).await;
    store.heal();
    assert_eq!(held.await.unwrap().unwrap().accepted, 0);
}
