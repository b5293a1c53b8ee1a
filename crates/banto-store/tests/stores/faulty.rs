//! The fault store: with its faults off it keeps every promise; with them on it does what its plan says, by its seed.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use banto_core::{Ids, InstanceId, JobId, Label, Name, NewJob, Payload};
use banto_store::{
    Claim, Enqueued, Fault, Firing, GivenClock, Instance, MoveId, Order, Prune, Read, Register, Select, Settle, Status,
    Steer, Step, Store, StoreError,
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

/// Calls the verb once, whatever it answers.
async fn call(store: &Faulty, verb: Verb) -> Result<(), StoreError> {
    let queue = Name::new("mail").unwrap();
    match verb {
        Verb::Enqueue => store.enqueue([job(1)].into()).await.map(drop),
        Verb::Claim => {
            let claim =
                Claim { instance: InstanceId(1), queues: vec![queue], limit: 1, lease_ms: 1_000, adopt: Vec::new() };
            store.claim(claim).await.map(drop)
        }
        Verb::Renew => store.renew(Vec::new(), 1_000).await.map(drop),
        Verb::Finish => store.finish(Vec::new()).await.map(drop),
        Verb::Expired => store.expired(1).await.map(drop),
        Verb::Rescue => store.rescue(Vec::new()).await.map(drop),
        Verb::Steer => {
            let order = Order::Pause { queue, reason: "r".into(), until: None };
            store.steer(Steer { order, by: "ann".into(), preview: false }).await.map(drop)
        }
        Verb::Prune => store.prune(Prune::default()).await.map(drop),
        Verb::Settle => store.settle(Settle { id: MoveId(1), step: Step::Stay }).await.map(drop),
        Verb::Record => store.record(Vec::new()).await.map(drop),
        Verb::Beat => {
            let (name, label) = (Name::new("w").unwrap(), Label::new("x").unwrap());
            let instance = Instance {
                id: InstanceId(1),
                name,
                host: label.clone(),
                pid: 1,
                build: label,
                kinds: Vec::new(),
                queues: Vec::new(),
                service: None,
                concurrency: 1,
                busy: 0,
                status: Status::Working,
                reason: None,
            };
            store.beat(instance).await.map(drop)
        }
        Verb::Register => {
            let (service, build) = (queue, Label::new("b1").unwrap());
            let register = Register { service, by: InstanceId(1), build, as_of: i64::MAX, schedules: Vec::new() };
            store.register(register).await.map(drop)
        }
        Verb::Fire => {
            let firing = Firing {
                service: queue,
                by: InstanceId(1),
                fires: Vec::new(),
                until: None,
                generation: 0,
                rewind: false,
            };
            store.fire(firing).await.map(drop)
        }
        Verb::Changed => store.changed(0).await.map(drop),
        Verb::Read => store.tally().await.map(drop),
    }
}

#[tokio::test]
async fn each_verb_is_struck_held_and_counted_as_itself_and_as_no_other() {
    for verb in Verb::ALL {
        let store = faulty(1);
        store.strike_next(verb, Strike::Before(Fault::Gone));
        for other in Verb::ALL.into_iter().filter(|other| *other != verb) {
            call(&store, other).await.unwrap_or_else(|error| panic!("{other:?} for {verb:?}: {error}"));
        }
        let error = call(&store, verb).await.unwrap_err();
        assert!(error.to_string().starts_with(&format!("{verb:?}:")), "{error}");
        let struck: Vec<Verb> =
            store.injected().into_iter().filter(|(_, done)| done.before > 0).map(|(verb, _)| verb).collect();
        assert_eq!(struck, [verb]);
        // The gate, too, is its own.
        store.hold(verb);
        for other in Verb::ALL.into_iter().filter(|other| *other != verb) {
            call(&store, other).await.unwrap();
        }
        let mut held = pin!(call(&store, verb));
        let mut context = Context::from_waker(Waker::noop());
        assert!(held.as_mut().poll(&mut context).is_pending(), "{verb:?}");
        assert_eq!(store.injected()[&verb].calls, 1, "{verb:?}: it has not come yet");
        store.let_go(verb);
        held.await.unwrap();
    }
}

#[tokio::test]
async fn every_question_is_one_of_those_that_fail() {
    let store = faulty(1);
    store.plan(&[Verb::Read], Plan { rate: 1.0, strikes: vec![Strike::Before(Fault::Busy)] });
    let key = Label::new("k").unwrap();
    assert_eq!(fault(store.job(job(1).id).await), Fault::Busy);
    assert_eq!(fault(store.jobs(Select::default(), None).await), Fault::Busy);
    assert_eq!(fault(store.queues().await), Fault::Busy);
    assert_eq!(fault(store.census().await), Fault::Busy);
    assert_eq!(fault(store.instances().await), Fault::Busy);
    assert_eq!(fault(store.holder(key).await), Fault::Busy);
    assert_eq!(fault(store.tally().await), Fault::Busy);
    assert_eq!(store.injected()[&Verb::Read], Injected { calls: 7, before: 7, after: 0, instead: 0 });
    assert_eq!(store.about().store, "memory", "what it is can always be asked");
}

#[tokio::test]
async fn an_order_whose_answer_was_lost_was_carried_out_and_one_instead_was_not() {
    for (strike, paused) in [(Strike::After, 1), (Strike::Instead, 0)] {
        let store = faulty(1);
        store.strike_next(Verb::Steer, strike);
        assert_eq!(fault(call(&store, Verb::Steer).await), Fault::InDoubt);
        assert_eq!(store.queues().await.unwrap().len(), paused);
    }
}

/// So that a run whose rates were changed in its middle can be compared with one whose were not.
#[tokio::test]
async fn a_changed_rate_does_not_shift_what_later_calls_draw() {
    let run = async |rate: f64| {
        let store = faulty(5);
        store.plan(&[Verb::Enqueue], Plan { rate, strikes: Strike::usual() });
        for number in 0..50 {
            let _ = enqueue(&store, number).await;
        }
        store.plan(&[Verb::Enqueue], half());
        let mut words = Vec::new();
        for number in 50..150 {
            words.push(enqueue(&store, number).await.map(|_| ()).map_err(|error| error.fault().clone()));
        }
        words
    };
    let all = run(1.0).await;
    assert_eq!(all, run(0.0).await);
    assert_eq!(all, run(0.3).await);
}

#[tokio::test]
async fn clones_share_plans_strikes_gates_and_counts() {
    let (store, clone) = {
        let store = faulty(1);
        (store.clone(), store)
    };
    clone.strike_next(Verb::Enqueue, Strike::Before(Fault::Full));
    assert_eq!(fault(enqueue(&store, 1).await), Fault::Full);
    clone.plan(&[Verb::Read], Plan { rate: 1.0, strikes: vec![Strike::Instead] });
    assert_eq!(fault(store.tally().await), Fault::InDoubt);
    store.heal();
    assert!(clone.tally().await.is_ok());
    assert_eq!(clone.injected(), store.injected());
}

#[test]
fn whether_a_failed_call_may_be_tried_again_follows_from_its_fault() {
    let refusal = banto_core::Refusal::new("a thing", "x", "y is allowed");
    let faults = [
        (Fault::Busy, true, false),
        (Fault::Full, true, false),
        (Fault::Gone, true, false),
        (Fault::InDoubt, true, true),
        (Fault::Damaged, false, false),
        (Fault::Newer, false, false),
        (Fault::Config, false, false),
        (Fault::Refused(refusal.clone()), false, false),
    ];
    for (fault, again, in_doubt) in faults {
        let error = StoreError::new(fault.clone(), "do it: no");
        assert_eq!((error.again(), error.in_doubt()), (again, in_doubt), "{fault:?}");
        assert_eq!((error.to_string().as_str(), error.fault()), ("do it: no", &fault));
    }
    let refused = StoreError::from(refusal.clone());
    assert_eq!((refused.to_string(), refused.fault()), (refusal.to_string(), &Fault::Refused(refusal)));
}
