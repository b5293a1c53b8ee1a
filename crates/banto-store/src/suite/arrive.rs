//! Promises about what a store keeps that came from another: all of it, as it stood there.
//!
//! The source is the oracle, under the same clock. What the destination shows must be what the source shows, but for the
//! tally and the instances, which are each store's own.

use banto_core::{Hold, Job, JobId, NewJob, Outcome, Reason, State};

use super::{
    Stage,
    fire::{firing, rows, runs},
    house::{HOLDS, HOUR, alike, shown},
    schedule::{schedule, schedule_name, service},
    settle::{arrive, other, put, step},
    stage::{START_MS, asks, label, name, queue},
};
use crate::{
    Fault, Fired, Holder, Key, Load, MoveId, Order, Prune, Registered, Select, Settle, Settled, Stand, Step,
    settle::LOAD_MAX,
};

/// What was put is shown as the source shows it, to every process, before the store is open and after.
pub async fn everything_arrives_as_it_stood(stage: Stage) {
    let source = stage.beside(7);
    source.full_house().await;
    arrive(&*stage.store).await;
    source.haul_to(&*stage.store, 4).await;
    let wanted = shown(&*source.store).await;
    assert!(wanted.len() > 60, "{}", wanted.len());
    alike(&wanted, &shown(&*stage.store).await);
    alike(&wanted, &shown(&*stage.again().await).await);
    step(&*stage.store, Step::Open).await.unwrap();
    alike(&wanted, &shown(&*stage.store).await);
    let accepted = stage.store.tally().await.unwrap().accepted;
    assert_eq!(accepted as usize, source.list(Select::default()).await.len(), "each counts as accepted here, once");
}

/// Whatever is put twice is there once, with whatever page, and is left as it is.
pub async fn what_is_put_twice_is_there_once(stage: Stage) {
    let source = stage.beside(7);
    source.full_house().await;
    arrive(&*stage.store).await;
    source.haul_to(&*stage.store, 1_000).await;
    let (once, tally) = (shown(&*stage.store).await, stage.store.tally().await.unwrap());
    source.haul_to(&*stage.store, 5).await;
    alike(&once, &shown(&*stage.store).await);
    assert_eq!(stage.store.tally().await.unwrap(), tally);
    let mut jobs = source.store.cards(Select::default(), None).await.unwrap();
    let count = jobs.len() as u64;
    for card in &mut jobs {
        (card.job.attempt, card.job.priority) = (card.job.attempt + 1, 9);
        card.trail.clear();
    }
    let new = Load { jobs: jobs.clone(), ..Load::default() };
    assert_eq!(put(&*stage.store, new).await, 0, "a known id is left alone, whatever comes under it");
    alike(&once, &shown(&*stage.store).await);
    let fresh = NewJob { id: stage.id(), ..source.job() };
    source.enqueue(fresh).await;
    let jobs = source.store.cards(Select::default(), None).await.unwrap();
    assert_eq!((put(&*stage.store, Load { jobs, ..Load::default() }).await, count + 1), (1, count + 1));
}

/// What was put is given, run and ended as it would have been at the source.
pub async fn what_arrived_goes_on_where_it_was(stage: Stage) {
    let source = stage.beside(7);
    source.full_house().await;
    arrive(&*stage.store).await;
    source.haul_to(&*stage.store, 50).await;
    step(&*stage.store, Step::Open).await.unwrap();
    for store in [&source, &stage] {
        for queue in [queue(), name("slow")] {
            store.steer(Order::Resume { queue }).await;
        }
    }
    stage.clock.pass(2 * HOUR);
    let parked = source.list(Select::states([State::Parked])).await.iter().map(|job| job.id).collect();
    let queues = vec![name("slow"), queue(), name("keyed")];
    let claim = crate::Claim { queues, adopt: parked, ..asks(1_000) };
    let (given, wanted) = (stage.claim_as(claim.clone()).await, source.claim_as(claim).await);
    let told = |jobs: &[(Job, banto_core::Lease)]| -> Vec<_> {
        jobs.iter().map(|(job, lease)| format!("{job:?} {}", lease.fence)).collect()
    };
    alike(&told(&wanted.jobs), &told(&given.jobs));
    assert!(given.jobs.len() > 15, "{}", given.jobs.len());
    let outcomes =
        [Outcome::Done, Outcome::Dead { error: "e".into() }, Outcome::Retry { error: "e".into(), delay_ms: None }];
    for (number, ((job, lease), (_, its))) in given.jobs.iter().zip(&wanted.jobs).enumerate() {
        let outcome = &outcomes[number % 3];
        stage.finish(job, *lease, outcome.clone()).await;
        source.finish(job, *its, outcome.clone()).await;
    }
    for store in [&source, &stage] {
        store.steer(Order::Retry(Select::states([State::Dead, State::Cancelled]))).await;
    }
    alike(&shown(&*source.store).await, &shown(&*stage.store).await);
    let gone = Prune { done_ms: 0, cancelled_ms: 0, dead_ms: 0, ..Prune::default() };
    assert_eq!(stage.store.prune(gone).await.unwrap(), source.store.prune(gone).await.unwrap());
    alike(&shown(&*source.store).await, &shown(&*stage.store).await);
}

/// Each key keeps others out for as long as it would have at the source: of jobs that wait, wait again, have ended, are gone.
pub async fn keys_keep_others_out_as_before(stage: Stage) {
    let source = stage.beside(7);
    source.keys_of_every_hold().await;
    arrive(&*stage.store).await;
    source.haul_to(&*stage.store, 3).await;
    step(&*stage.store, Step::Open).await.unwrap();
    let mut kept = [0, 0];
    for (round, ms) in [0, HOUR - 1, 1].into_iter().enumerate() {
        stage.clock.pass(ms);
        for number in 0..HOLDS.len() {
            for what in ["again", "done", "dead", "gone", "waits"] {
                let key = format!("{what} {number}");
                let holder = source.store.holder(label(&key)).await.unwrap();
                assert_eq!(stage.store.holder(label(&key)).await.unwrap(), holder, "{key}");
                if round == 2 {
                    let new = NewJob { queue: name("else"), ..stage.keyed(&key, Hold::Queued) };
                    let answers = [source.enqueue(new.clone()).await, stage.enqueue(new).await];
                    assert_eq!(answers[0], answers[1], "{key}");
                    kept[usize::from(answers[0].fresh)] += 1;
                }
            }
        }
    }
    assert!(kept[0] > 4 && kept[1] > 4, "some are kept out and some are not: {kept:?}");
}

/// The id of a job that came is known: who enqueues it again hears of it.
pub async fn an_id_that_came_is_known(stage: Stage) {
    let source = stage.beside(7);
    let job = source.job();
    source.enqueue(job.clone()).await;
    arrive(&*stage.store).await;
    source.haul_to(&*stage.store, 3).await;
    step(&*stage.store, Step::Open).await.unwrap();
    let answer = stage.enqueue(job.clone()).await;
    assert_eq!((answer.id, answer.fresh), (job.id, false));
}

/// A key comes as it is held now: it takes the place of what was said before. One that only an end lets go of is left out where no
/// such job came; one with a time is not.
pub async fn a_key_is_what_was_said_last(stage: Stage) {
    let source = stage.beside(7);
    let [one, other] = [source.keyed("k", Hold::Done), source.keyed("other", Hold::Done)];
    let ended = source.ended(Outcome::Done).await;
    source.enqueue_all([one.clone(), other.clone()]).await;
    arrive(&*stage.store).await;
    let jobs = source.store.cards(Select::default(), None).await.unwrap();
    put(&*stage.store, Load { jobs, ..Load::default() }).await;
    let said = async |key: &str, job: JobId, until: Option<i64>| {
        let key = label(key);
        let keys = vec![Key { key: key.clone(), holder: Holder { job, until } }];
        put(&*stage.store, Load { keys, ..Load::default() }).await;
        stage.store.holder(key).await.unwrap()
    };
    let late = stage.clock_ms() + 10;
    for (job, until) in [(stage.id(), Some(late)), (one.id, None), (other.id, Some(late)), (one.id, None)] {
        assert_eq!(said("k", job, until).await, Some(Holder { job, until }));
    }
    for (key, job) in [("x", stage.id()), ("x", other.id), ("x", ended)] {
        assert_eq!(said(key, job, None).await, None, "{key} {job}");
    }
    assert_eq!(said("k", ended, None).await, Some(Holder { job: one.id, until: None }), "it holds no key");
}

/// The ledger goes on where it was: what had fired fires no more, what was missed still may, the service goes on from its account.
pub async fn due_instants_stay_accounted_for(stage: Stage) {
    let source = stage.beside(7);
    source.schedules_and_fires().await;
    arrive(&*stage.store).await;
    source.haul_to(&*stage.store, 2).await;
    step(&*stage.store, Step::Open).await.unwrap();
    let account = stage.store.service(name("app")).await.unwrap();
    assert_eq!(account, source.store.service(name("app")).await.unwrap());
    for store in [&source, &stage] {
        for schedule in [Some(schedule_name("a")), None] {
            store.steer(Order::ResumeSchedule { schedule }).await;
        }
        let old = store.store.fire(firing(vec![runs(store, "old", START_MS + 7)])).await.unwrap();
        assert_eq!(old, [Fired::Stale], "it was dropped");
        for (due_at, there) in [(0, true), (1, false), (3, true), (4, true), (5, false)] {
            let fired = store.store.fire(firing(vec![runs(store, "a", START_MS + due_at)])).await.unwrap();
            assert_eq!(fired[0] == Fired::There, there, "{due_at}: {fired:?}");
        }
    }
    let again = service("app", vec![schedule("a", 1), schedule("b:2", i64::MIN)]);
    let registered = stage.store.register(again.clone()).await.unwrap();
    assert_eq!(registered, source.store.register(again).await.unwrap());
    assert_eq!(registered.answers, [Registered::Same; 2]);
    let later = Prune { fires_ms: 0, skips_ms: 0, dead_ms: 0, ..Prune::default() };
    assert_eq!(stage.store.prune(later).await.unwrap(), source.store.prune(later).await.unwrap());
    assert_eq!(rows(&stage).await.len(), rows(&source).await.len(), "the last of each fate stays");
}

/// A row of the ledger whose run is gone, or did not come, keeps what is said of it; one whose job came is told by the job.
pub async fn a_ledgers_row_keeps_its_run(stage: Stage) {
    let source = stage.beside(7);
    source.schedules_and_fires().await;
    arrive(&*stage.store).await;
    let fires = rows(&source).await;
    put(&*stage.store, Load { fires: fires.clone(), ..Load::default() }).await;
    assert_eq!(rows(&stage).await, fires, "without any job");
    source.haul_to(&*stage.store, 100).await;
    step(&*stage.store, Step::Open).await.unwrap();
    assert_eq!(rows(&stage).await, fires);
    stage.steer(Order::ResumeSchedule { schedule: None }).await;
    let id =
        fires.iter().find_map(|row| row.run.as_ref().filter(|run| run.state == Some(State::Scheduled))).unwrap().job;
    stage.steer(Order::Cancel(Select::ids([id]))).await;
    let now = rows(&stage).await.into_iter().find(|row| row.run.as_ref().is_some_and(|run| run.job == id)).unwrap();
    assert_eq!(now.run.unwrap().state, Some(State::Cancelled));
}

async fn stand(stage: &Stage) -> Stand {
    stage.store.standing().await.unwrap().unwrap().stand
}

/// Clearing goes a bounded number of jobs at a time, counts them as removed, and leaves a store as empty as a new one.
pub async fn a_destination_is_cleared_piece_by_piece(stage: Stage) {
    let store = &*stage.store;
    let source = stage.beside(7);
    source.full_house().await;
    arrive(store).await;
    source.haul_to(store, 3).await;
    let jobs = stage.store.tally().await.unwrap().accepted;
    assert!(jobs > 6, "{jobs}");
    let mut left = jobs;
    while left > 2 {
        assert_eq!(step(store, Step::Clear { limit: 2 }).await.unwrap(), Settled { fresh: 0, more: true });
        left -= 2;
        assert_eq!(stage.list(Select::default()).await.len() as u64, left);
        assert_eq!(stand(&stage).await, Stand::Clearing);
        step(store, Step::Open).await.unwrap_err();
        step(store, Step::Put(Box::default())).await.unwrap_err();
        let refused = store.enqueue([stage.job()].into()).await.unwrap_err();
        assert!(refused.to_string().contains("is being deleted here"), "{refused}");
    }
    assert_eq!(step(store, Step::Clear { limit: 2 }).await.unwrap(), Settled::default());
    assert_eq!(stand(&stage).await, Stand::Cleared);
    let tally = store.tally().await.unwrap();
    assert_eq!((tally.accepted, tally.removed), (jobs, jobs));
    assert_eq!(store.queues().await.unwrap(), []);
    assert_eq!(store.census().await.unwrap(), []);
    assert_eq!(store.schedules().await.unwrap(), crate::Board::default());
    assert_eq!(store.keys(None, 100).await.unwrap(), crate::Keys::default());
    assert_eq!(super::fire::rows(&stage).await, []);
    store.settle(Settle { id: MoveId(2), step: Step::Arrive(other("again")) }).await.unwrap();
}

/// A load is refused whole or kept whole, and too large a one is refused.
pub async fn a_load_is_kept_whole_or_not_at_all(stage: Stage) {
    let source = stage.beside(7);
    source.ended(Outcome::Done).await;
    source.running().await;
    source.one().await;
    let jobs = source.store.cards(Select::default(), None).await.unwrap();
    assert_eq!(jobs.len(), 3, "one of them runs");
    arrive(&*stage.store).await;
    let before = stage.everything().await;
    let many = vec![jobs[0].clone(); LOAD_MAX + 1];
    for wrong in [jobs, many] {
        let load = Load { jobs: wrong, bookmark: Some("far".into()), ..Load::default() };
        let refused = step(&*stage.store, Step::Put(Box::new(load))).await.unwrap_err();
        assert!(matches!(refused.fault(), Fault::Refused(_)), "{refused}");
    }
    assert_eq!(stage.everything().await, before);
    assert_eq!(stage.store.standing().await.unwrap().unwrap().bookmark, None);
}

type Change = fn(&mut crate::Card);

/// What no store can have said of itself is refused.
pub async fn what_cannot_be_is_refused(stage: Stage) {
    let source = stage.beside(7);
    source.full_house().await;
    arrive(&*stage.store).await;
    let before = stage.everything().await;
    let cards = source.store.cards(Select::default(), None).await.unwrap();
    let of = |state: State| cards.iter().find(|card| card.job.state == state).unwrap().clone();
    let changed = |state: State, change: Change| {
        let mut card = of(state);
        change(&mut card);
        Load { jobs: vec![of(State::Ready), card], ..Load::default() }
    };
    let changes: [(State, Change); 10] = [
        (State::Ready, |card| card.job.state = State::Running),
        (State::Ready, |card| card.raw = Some("x".into())),
        (State::Done, |card| card.job.finished_at = None),
        (State::Done, |card| card.job.started_at = None),
        (State::Done, |card| card.job.instance = None),
        (State::Scheduled, |card| card.job.finished_at = Some(1)),
        (State::Parked, |card| card.job.state = State::Ready),
        (State::Ready, |card| card.job.priority = 10),
        (State::Ready, |card| card.job.version = 0),
        (State::Dead, |card| card.trail = vec![card.trail[0].clone(); banto_core::limits::LINES_MAX + 1]),
    ];
    let mut wrong: Vec<Load> = changes.into_iter().map(|(state, change)| changed(state, change)).collect();
    let mut fires = rows(&source).await;
    fires[0].reason = match fires[0].reason {
        Some(_) => None,
        None => Some(Reason::Gap),
    };
    wrong.push(Load { fires, ..Load::default() });
    let mut schedules = source.store.schedules().await.unwrap().schedules;
    schedules[0].model = "x".repeat(crate::schedule::MODEL_BYTES_MAX + 1);
    wrong.push(Load { schedules, ..Load::default() });
    for (number, load) in wrong.into_iter().enumerate() {
        let refused = step(&*stage.store, Step::Put(Box::new(load))).await.unwrap_err();
        assert!(matches!(refused.fault(), Fault::Refused(_)), "{number}: {refused}");
    }
    assert_eq!(stage.everything().await, before);
}

/// Pages of jobs with their trails show each that fits once, the newest first, as it is shown by itself.
pub async fn cards_are_listed_in_pages(stage: Stage) {
    stage.full_house().await;
    let ids: Vec<JobId> = stage.list(Select::default()).await.iter().map(|job| job.id).collect();
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let page = stage.store.cards(Select { limit: 7, ..Select::default() }, before).await.unwrap();
        assert!(page.len() <= 7);
        let Some(last) = page.last() else { break };
        before = Some(last.job.id);
        found.extend(page);
    }
    assert_eq!(found.iter().map(|card| card.job.id).collect::<Vec<_>>(), ids);
    for card in found {
        assert_eq!(card, stage.card(card.job.id).await);
    }
    let dead = stage.store.cards(Select::states([State::Dead]), None).await.unwrap();
    assert!(!dead.is_empty() && dead.iter().all(|card| card.job.state == State::Dead && !card.trail.is_empty()));
}

/// Every key that is held is listed, in pages, and none that is free.
pub async fn keys_are_listed_in_pages(stage: Stage) {
    assert_eq!(stage.store.keys(None, 10).await.unwrap(), crate::Keys::default());
    for number in 0..25 {
        stage.enqueue(stage.keyed(&format!("é {number}"), Hold::Done)).await;
    }
    stage.enqueue(stage.keyed("over", Hold::Period(5))).await;
    stage.enqueue(stage.keyed("runs", Hold::Period(6))).await;
    stage.clock.pass(5);
    for limit in [1, 4, 1_000] {
        let (mut found, mut after) = (std::collections::BTreeMap::new(), None);
        for turn in 0.. {
            assert!(turn < 200, "it goes on for ever");
            let keys = stage.store.keys(after, limit).await.unwrap();
            for key in keys.keys {
                assert_eq!(stage.store.holder(key.key.clone()).await.unwrap(), Some(key.holder));
                found.insert(key.key, key.holder);
            }
            after = keys.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found.len(), 26, "{limit}");
        assert!(!found.contains_key(&label("over")) && found.contains_key(&label("runs")));
    }
}

/// Pauses of schedules that nobody has registered yet are listed, until somebody does.
pub async fn pauses_ahead_are_listed(stage: Stage) {
    let pause = |schedule: &str| Order::PauseSchedule {
        schedule: Some(schedule_name(schedule)),
        reason: "r".into(),
        until: Some(stage.clock_ms() + 10),
    };
    stage.steer(pause("b")).await;
    stage.steer(pause("a")).await;
    let names = async || {
        let board = stage.store.schedules().await.unwrap();
        board.ahead.iter().map(|(name, _)| name.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["a", "b"]);
    stage.store.register(service("app", vec![schedule("b", 1)])).await.unwrap();
    assert_eq!(names().await, ["a"]);
    stage.clock.pass(10);
    assert_eq!(names().await, [""; 0]);
}
