//! Promises about `settle`: the steps of a move, and what a store does not do meanwhile.

use banto_core::{Hold, Outcome, State, lease::LEASE_MS};

use super::{
    Stage,
    fire::{firing, runs},
    schedule::{schedule, service},
    stage::{asks, queue, race},
};
use crate::{
    Fault, Finished, Load, MoveId, Note, Order, Other, Prune, Record, Renewed, Select, Settle, Settled, Stand,
    Standing, Steer, Step, Store, StoreError,
};

/// The move of most promises.
pub const MOVE: MoveId = MoveId(0x6d6f_7665);

/// The other store of a move.
pub fn other(place: &str) -> Other {
    Other { place: place.into(), by: "ann".into() }
}

/// A step of the usual move.
pub async fn step(store: &dyn Store, step: Step) -> Result<Settled, StoreError> {
    store.settle(Settle { id: MOVE, step }).await
}

/// The destination waits for what comes.
pub async fn arrive(store: &dyn Store) {
    step(store, Step::Arrive(other("there"))).await.unwrap();
}

/// The destination keeps these things; how many jobs of them were new.
pub async fn put(store: &dyn Store, load: Load) -> u64 {
    step(store, Step::Put(Box::new(load))).await.unwrap().fresh
}

/// A standing that lets everybody in, as JSON: its fields.
const ARRIVED: [(&str, &str); 6] = [
    ("id", "\"000000006d6f7665\""),
    ("stand", "\"arrived\""),
    ("place", "\"there\""),
    ("by", "\"ann\""),
    ("at", "1767225600000"),
    ("bookmark", "null"),
];

/// Texts that look like a standing that lets everybody in, and that nobody could have written: each lacks a field, has one of another
/// sort, or one more. For the tests of stores that keep it as JSON: they write each by hand, and nobody may be let in.
pub fn unlike_a_standing() -> Vec<String> {
    let object = |fields: &mut dyn Iterator<Item = (&str, &str)>| {
        let fields: Vec<String> = fields.map(|(field, value)| format!("\"{field}\":{value}")).collect();
        format!("{{{}}}", fields.join(","))
    };
    let with = |other: &str, odd: &str| {
        object(&mut ARRIVED.into_iter().map(|(field, value)| (field, if field == other { odd } else { value })))
    };
    let must = || ARRIVED.into_iter().map(|(field, _)| field).filter(|field| *field != "bookmark");
    let lacks = must().map(|lacking| object(&mut ARRIVED.into_iter().filter(|(field, _)| *field != lacking)));
    let nulls = must().map(|field| with(field, "null"));
    let sorts = ARRIVED.into_iter().filter(|(field, _)| *field != "at").map(|(field, _)| with(field, "5"));
    let values =
        [("at", "\"5\""), ("at", "1.5"), ("id", "\"5\""), ("id", "\"not16hexadecimal\""), ("stand", "\"open\"")];
    let values = values.into_iter().map(|(field, odd)| with(field, odd));
    let more = object(&mut ARRIVED.into_iter().chain([("more", "5")]));
    let others = [more, "[\"arrived\"]".into(), "\"arrived\"".into()];
    lacks.chain(nulls).chain(sorts).chain(values).chain(others).collect()
}

async fn leave(store: &dyn Store) {
    step(store, Step::Leave(other("there"))).await.unwrap();
}

async fn stand(stage: &Stage) -> Option<Stand> {
    stage.store.standing().await.unwrap().map(|standing| standing.stand)
}

/// What is forbidden fails with `Moved` and the cause.
#[track_caller]
fn forbidden<T: std::fmt::Debug>(answer: Result<T, StoreError>, cause: &str) {
    let error = answer.unwrap_err();
    assert_eq!(*error.fault(), Fault::Moved, "{error}");
    assert!(error.again() && error.to_string().contains(cause), "{error}");
}

/// All that only an open store does.
async fn does_nothing_more(stage: &Stage, cause: &str) {
    let store = &stage.store;
    forbidden(store.claim(asks(10)).await, cause);
    forbidden(store.register(service("app", vec![schedule("a", 1)])).await, cause);
    forbidden(store.fire(firing(vec![runs(stage, "a", 1)])).await, cause);
    forbidden(store.prune(Prune { done_ms: 0, dead_ms: 0, ..Prune::default() }).await, cause);
    for preview in [true, false] {
        let order = Order::Cancel(Select::default());
        forbidden(store.steer(Steer { order, by: "ann".into(), preview }).await, cause);
    }
}

/// A store that was never asked takes part in no move, and one that refuses a step takes part in none after it.
pub async fn a_store_takes_part_in_no_move_by_itself(stage: Stage) {
    assert_eq!(stand(&stage).await, None);
    for wrong in [Step::Close, Step::Put(Box::default()), Step::Clear { limit: 1 }, Step::Open] {
        let refused = step(&*stage.store, wrong).await.unwrap_err();
        assert!(matches!(refused.fault(), Fault::Refused(_)), "{refused}");
    }
    step(&*stage.store, Step::Stay).await.unwrap();
    assert_eq!(stand(&stage).await, None);
    stage.running().await;
}

/// A store that is leaving says so with its cause to every process, gives no work and takes no order; what is enqueued is
/// still taken.
pub async fn a_store_that_is_leaving_gives_nothing_and_takes_jobs(stage: Stage) {
    stage.ended(Outcome::Done).await;
    stage.one().await;
    stage.clock.pass(5);
    leave(&*stage.store).await;
    let at = stage.clock_ms();
    let expected =
        Standing { id: MOVE, stand: Stand::Leaving, place: "there".into(), by: "ann".into(), at, bookmark: None };
    assert_eq!(stage.again().await.standing().await.unwrap(), Some(expected));
    let before = stage.everything().await;
    does_nothing_more(&stage, "moves to \"there\"").await;
    assert_eq!(stage.everything().await, before);
    let id = stage.one().await;
    assert!(stage.listed(id).await);
    forbidden(stage.again().await.claim(asks(10)).await, "moves to");
}

/// What runs when a store begins to leave may be renewed, may speak, ends as ever, and is rescued as ever.
pub async fn what_runs_may_end_while_a_store_is_leaving(stage: Stage) {
    let (speaks, its) = stage.running().await;
    let (dies, lost) = stage.running().await;
    leave(&*stage.store).await;
    let record = Record { lease: its, note: Note::Line("said".into()) };
    assert_eq!(stage.store.record(vec![record]).await.unwrap(), 1);
    stage.clock.pass(LEASE_MS - 1);
    let held = Renewed::Held { cancel_asked: false };
    assert_eq!(stage.store.renew(vec![its], LEASE_MS).await.unwrap(), [held]);
    stage.clock.pass(1);
    assert_eq!(stage.expired().await, [lost]);
    assert_eq!(stage.rescue(&dies, lost).await, Finished::Written);
    assert_eq!(stage.finish(&speaks, its, Outcome::Done).await, Finished::Written);
    assert_eq!(stage.card(speaks.id).await.trail.len(), 1);
    assert_eq!(stage.state(dies.id).await, State::Ready);
    forbidden(stage.store.claim(asks(10)).await, "moves to");
}

/// A store closes only when nothing runs there; then it takes no job any more.
pub async fn a_store_closes_when_nothing_runs(stage: Stage) {
    let (job, lease) = stage.running().await;
    leave(&*stage.store).await;
    let refused = step(&*stage.store, Step::Close).await.unwrap_err();
    assert!(matches!(refused.fault(), Fault::Refused(_)) && refused.to_string().contains("1 jobs"), "{refused}");
    stage.one().await;
    stage.finish(&job, lease, Outcome::Done).await;
    step(&*stage.store, Step::Close).await.unwrap();
    assert_eq!(stand(&stage).await, Some(Stand::Left));
    let before = stage.everything().await;
    forbidden(stage.store.enqueue([stage.job()].into()).await, "has moved to \"there\"");
    forbidden(stage.again().await.enqueue([stage.keyed("k", Hold::Done)].into()).await, "has moved to");
    does_nothing_more(&stage, "has moved to \"there\"").await;
    assert_eq!(stage.everything().await, before);
    assert_eq!(stage.finish(&job, lease, Outcome::Done).await, Finished::Written, "what was said may be said again");
}

/// A move that is given up leaves the source as it was, from wherever it had come.
pub async fn a_store_that_stays_is_open_again(stage: Stage) {
    for close in [false, true] {
        let id = stage.one().await;
        leave(&*stage.store).await;
        if close {
            step(&*stage.store, Step::Close).await.unwrap();
        }
        step(&*stage.store, Step::Stay).await.unwrap();
        assert_eq!(stand(&stage).await, None);
        let (job, lease) = stage.claim_one().await;
        assert_eq!(job.id, id);
        stage.finish(&job, lease, Outcome::Done).await;
    }
}

/// A step that is repeated is done once, and says so again.
pub async fn a_step_may_be_repeated(stage: Stage) {
    let store = &*stage.store;
    let twice = async |given: Step, stands: Option<Stand>| {
        step(store, given.clone()).await.unwrap();
        let first = store.standing().await.unwrap();
        stage.clock.pass(1_000);
        step(store, given).await.unwrap();
        assert_eq!(store.standing().await.unwrap(), first, "also since when");
        assert_eq!(first.map(|standing| standing.stand), stands);
    };
    twice(Step::Leave(other("x")), Some(Stand::Leaving)).await;
    twice(Step::Close, Some(Stand::Left)).await;
    step(store, Step::Leave(other("x"))).await.unwrap();
    assert_eq!(stand(&stage).await, Some(Stand::Left), "a step back is none");
    twice(Step::Stay, None).await;
    twice(Step::Arrive(other("x")), Some(Stand::Arriving)).await;
    twice(Step::Open, Some(Stand::Arrived)).await;
    let other_move = Settle { id: MoveId(2), step: Step::Arrive(other("y")) };
    store.settle(other_move).await.unwrap();
    let clear = Settle { id: MoveId(2), step: Step::Clear { limit: 1 } };
    for _ in 0..2 {
        assert_eq!(store.settle(clear.clone()).await.unwrap(), Settled::default());
        assert_eq!(stand(&stage).await, Some(Stand::Cleared));
    }
}

/// Whoever comes with another move's id changes nothing.
pub async fn another_move_is_refused(stage: Stage) {
    let store = &*stage.store;
    let steps = [
        Step::Leave(other("x")),
        Step::Close,
        Step::Stay,
        Step::Arrive(other("x")),
        Step::Put(Box::default()),
        Step::Clear { limit: 1 },
        Step::Open,
    ];
    let refused = async |stands: Stand| {
        assert_eq!(stand(&stage).await, Some(stands));
        for step in steps.clone() {
            let answer = store.settle(Settle { id: MoveId(9), step: step.clone() }).await;
            assert!(answer.is_err(), "{step:?} was taken by a store that is {stands:?}");
        }
        assert_eq!(store.standing().await.unwrap().unwrap().id, MOVE);
    };
    leave(store).await;
    refused(Stand::Leaving).await;
    step(store, Step::Close).await.unwrap();
    refused(Stand::Left).await;
    step(store, Step::Stay).await.unwrap();
    arrive(store).await;
    let source = stage.beside(7);
    source.one().await;
    source.haul_to(store, 10).await;
    refused(Stand::Arriving).await;
}

/// A destination that is still empty waits for whoever came last, and the first has no right to it any more.
pub async fn an_empty_destination_waits_for_the_last(stage: Stage) {
    let store = &*stage.store;
    arrive(store).await;
    store.settle(Settle { id: MoveId(9), step: Step::Arrive(other("else")) }).await.unwrap();
    for late in [Step::Put(Box::default()), Step::Clear { limit: 1 }, Step::Open] {
        step(store, late).await.unwrap_err();
    }
    let standing = store.standing().await.unwrap().unwrap();
    assert_eq!((standing.id, standing.place.as_str()), (MoveId(9), "else"));
}

/// A move is over once: a store that has arrived, or was emptied, never takes it up again.
pub async fn a_move_that_is_over_is_not_taken_up_again(stage: Stage) {
    let store = &*stage.store;
    arrive(store).await;
    step(store, Step::Open).await.unwrap();
    for again in
        [Step::Arrive(other("x")), Step::Put(Box::default()), Step::Clear { limit: 1 }, Step::Leave(other("x"))]
    {
        step(store, again).await.unwrap_err();
    }
    let second = |step| Settle { id: MoveId(2), step };
    store.settle(second(Step::Arrive(other("x")))).await.unwrap();
    store.settle(second(Step::Clear { limit: 1 })).await.unwrap();
    for again in [Step::Arrive(other("x")), Step::Put(Box::default()), Step::Open] {
        store.settle(second(again)).await.unwrap_err();
    }
    stage.running().await;
}

/// Only an empty store can be a destination: whatever it holds, it is refused and works on.
pub async fn a_destination_must_be_empty(stage: Stage) {
    let store = &*stage.store;
    let refused = async |why: &str| {
        let refusal = step(store, Step::Arrive(other("x"))).await.unwrap_err();
        assert!(refusal.to_string().contains("not empty"), "{why}: {refusal}");
        assert_eq!(stand(&stage).await, None, "{why}");
    };
    stage.steer(Order::Pause { queue: queue(), reason: "r".into(), until: Some(stage.clock_ms() + 10) }).await;
    refused("a queue is paused").await;
    stage.clock.pass(10);
    stage.steer(Order::PauseSchedule { schedule: None, reason: "r".into(), until: None }).await;
    refused("all schedules are paused").await;
    stage.steer(Order::ResumeSchedule { schedule: None }).await;
    stage.enqueue(stage.keyed("k", Hold::Period(1_000))).await;
    refused("a job is listed").await;
    let (job, lease) = stage.claim_one().await;
    stage.finish(&job, lease, Outcome::Done).await;
    stage.steer(Order::Forget(Select::default())).await;
    refused("a key is remembered").await;
    stage.clock.pass(1_000);
    store.beat(super::instance::an_instance(1)).await.unwrap();
    arrive(store).await;
    step(store, Step::Clear { limit: 1 }).await.unwrap();
    store.register(service("app", Vec::new())).await.unwrap();
    let refusal = store.settle(Settle { id: MoveId(3), step: Step::Arrive(other("x")) }).await.unwrap_err();
    assert!(refusal.to_string().contains("not empty"), "a service is known: {refusal}");
}

/// A destination does nothing for others until it is open; then it does everything.
pub async fn a_destination_does_nothing_until_it_is_open(stage: Stage) {
    arrive(&*stage.store).await;
    let source = stage.beside(7);
    let id = source.one().await;
    let jobs = source.store.cards(Select::default(), None).await.unwrap();
    assert_eq!(put(&*stage.store, Load { jobs, ..Load::default() }).await, 1);
    let before = stage.everything().await;
    does_nothing_more(&stage, "is being filled from \"there\"").await;
    forbidden(stage.store.enqueue([stage.job()].into()).await, "is being filled from");
    forbidden(stage.again().await.claim(asks(1)).await, "is being filled from");
    assert_eq!(stage.everything().await, before);
    step(&*stage.store, Step::Open).await.unwrap();
    stage.one().await;
    assert_eq!(stage.claim(10).await.len(), 2);
    assert_eq!(stage.state(id).await, State::Running);
}

/// Each step that changes something wakes whoever waits, in this process and in others.
pub async fn a_step_wakes_those_who_wait(stage: Stage) {
    let (store, twin) = (stage.store.clone(), stage.again().await);
    for next in [Step::Leave(other("x")), Step::Close, Step::Stay, Step::Arrive(other("x")), Step::Open] {
        let seen = [store.changed(0).await.unwrap(), twin.changed(0).await.unwrap()];
        step(&*store, next.clone()).await.unwrap();
        for (store, seen) in [&store, &twin].into_iter().zip(seen) {
            let woken = tokio::time::timeout(std::time::Duration::from_secs(5), store.changed(seen)).await;
            assert!(woken.is_ok(), "it slept over {next:?}");
        }
    }
}

/// The bookmark of the last put that had one is kept.
pub async fn a_bookmark_is_kept(stage: Stage) {
    arrive(&*stage.store).await;
    let said = async |bookmark: Option<&str>| {
        let bookmark = bookmark.map(str::to_owned);
        put(&*stage.store, Load { bookmark, ..Load::default() }).await;
        stage.again().await.standing().await.unwrap().unwrap().bookmark
    };
    assert_eq!(said(None).await, None);
    assert_eq!(said(Some("page \"7\" 番")).await.as_deref(), Some("page \"7\" 番"));
    assert_eq!(said(None).await.as_deref(), Some("page \"7\" 番"));
    assert_eq!(said(Some("")).await.as_deref(), Some(""));
    step(&*stage.store, Step::Open).await.unwrap();
    assert_eq!(stage.store.standing().await.unwrap().unwrap().bookmark.as_deref(), Some(""));
}

/// Claims that race with leaving: whoever was given a job before the answer is seen to run it, and nobody is given one after it.
pub async fn leaving_raced_with_claims_lets_nobody_through(stage: Stage) {
    for _ in 0..20 {
        let job = stage.job();
        stage.enqueue(job).await;
    }
    let given = race(&stage, 12, |store, number| async move {
        if number == 5 {
            step(&*store, Step::Leave(other("x"))).await.unwrap();
            let seen = store.jobs(Select::states([State::Running]), None).await.unwrap().jobs.len();
            // However the others fell out, this one comes too late.
            return (store.claim(asks(1)).await.map_or(0, |claimed| claimed.jobs.len()), Some(seen));
        }
        (store.claim(asks(1)).await.map_or(0, |claimed| claimed.jobs.len()), None)
    })
    .await;
    let claimed: usize = given.iter().map(|(claimed, _)| claimed).sum();
    let seen = given.iter().find_map(|(_, seen)| *seen).unwrap();
    assert_eq!(seen, claimed, "all that were given were seen when it had left");
}

/// Enqueues that race with closing: what was taken is listed when the answer comes, and nothing is taken after it.
pub async fn closing_raced_with_enqueues_loses_none(stage: Stage) {
    leave(&*stage.store).await;
    let jobs: Vec<_> = (0..12).map(|_| stage.job()).collect();
    let given = race(&stage, 12, move |store, number| {
        let job = jobs[number].clone();
        async move {
            if number == 5 {
                step(&*store, Step::Close).await.unwrap();
                let seen = store.jobs(Select::default(), None).await.unwrap().jobs.len();
                return (store.enqueue([job].into()).await.is_ok(), Some(seen));
            }
            (store.enqueue([job].into()).await.is_ok(), None)
        }
    })
    .await;
    let taken = given.iter().filter(|(taken, _)| *taken).count();
    let seen = given.iter().find_map(|(_, seen)| *seen).unwrap();
    assert_eq!(seen, taken, "all that were taken were seen when it had closed");
    assert_eq!(stage.list(Select::default()).await.len(), taken);
}
