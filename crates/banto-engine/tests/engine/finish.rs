//! Ends on their way to the store: retried while the lease lives, let go after it, and never doubled.

use std::{collections::BTreeSet, sync::Arc};

use banto_core::{NewJob, Options, Progress, State, limits::ATTEMPTS_DEFAULT};
use banto_engine::{Context, Event, Job, JobError, Policy, Registry};
use banto_store::{
    Clock, Fault, Read,
    faulty::{Plan, Strike, Verb},
};

use serde::{Deserialize, Serialize};

use crate::house::{Diary, House, Running, act, acting, pass};

#[tokio::test(start_paused = true)]
async fn an_end_waits_for_a_store_that_is_down() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let faulty = house.faulty();
    faulty.plan(&[Verb::Finish], Plan { rate: 1.0, strikes: vec![Strike::Before(Fault::Gone)] });
    let mut a = Running::new(house.worker_at(Arc::new(faulty.clone()), acting(|_, _| async { Ok(()) }), |_| {}));
    a.heard(|event| matches!(event, Event::StoreDown { verb: "finish", .. })).await;
    pass(60_000).await; // renewals go on, so the lease lives and the end is kept
    assert_eq!(house.job(id).await.state, State::Running);
    faulty.heal();
    a.heard(|event| *event == Event::StoreBack).await;
    a.ended(id, "done").await;
    let job = house.job(id).await;
    assert_eq!((job.state, job.fence), (State::Done, 1));
    a.halt().await;
}

#[tokio::test(start_paused = true)]
async fn an_end_and_the_claim_of_the_next_share_a_round_trip() {
    // While the store has the one it is asked for the other, so a job costs one way there and back, not two.
    let house = House::new();
    let ids = [house.enqueue("x").await, house.enqueue("y").await];
    let faulty = house.faulty();
    faulty.hold(Verb::Finish);
    let mut a = Running::new(house.worker_at(Arc::new(faulty.clone()), acting(|_, _| async { Ok(()) }), |config| {
        (config.concurrency, config.prefetch_max) = (1, 0);
    }));
    faulty.until_held(Verb::Finish, 1).await;
    a.heard(|event| matches!(event, Event::Started { job, .. } if *job == ids[1])).await;
    assert_eq!(house.job(ids[0]).await.state, State::Running, "its end is still on the way");
    faulty.let_go(Verb::Finish);
    for id in ids {
        house.until(id, State::Done).await;
    }
    a.halt().await;
    house.check();
}

#[tokio::test(start_paused = true)]
async fn solid_queue_748_finish_lost() {
    // Solid Queue, issue 748: the end could not be written, the worker lived on, and the job was claimed for ever.
    let house = House::new();
    let id = house.enqueue("x").await;
    let faulty = house.faulty();
    let diary = Diary::default();
    let runs = diary.clone();
    let registry = move || {
        let runs = runs.clone();
        acting(move |_, context| {
            runs.note(format!("runs {}", context.fence()));
            async { Ok(()) }
        })
    };
    faulty.hold(Verb::Finish);
    let mut a = Running::new(house.worker_at(Arc::new(faulty.clone()), registry(), |_| {}));
    faulty.until_held(Verb::Finish, 1).await;
    let gone = Plan { rate: 1.0, strikes: vec![Strike::Before(Fault::Gone)] };
    faulty.plan(&[Verb::Finish, Verb::Renew, Verb::Claim], gone);
    faulty.let_go(Verb::Finish);
    a.heard(|event| matches!(event, Event::Late { .. })).await;
    let mut b = house.work(registry());
    b.ended(id, "done").await;
    assert_eq!(diary.lines(), ["runs 1", "runs 2"]);
    assert_eq!(house.job(id).await.crashes, 0, "its holder lives: that was no crash");
    faulty.heal();
    let next = house.enqueue("y").await;
    house.until(next, State::Done).await;
    assert_eq!(a.halt().await.late, 1, "what was let go is counted");
    b.halt().await;
    house.check();
}

#[tokio::test(start_paused = true)]
async fn an_end_whose_answer_was_lost_is_told_once() {
    let house = House::new();
    let faulty = house.faulty();
    faulty.plan(&[Verb::Finish], Plan { rate: 0.5, strikes: vec![Strike::After, Strike::Instead] });
    let mut ids = Vec::new();
    for _ in 0..50 {
        ids.push(house.enqueue("x").await);
    }
    let mut a = Running::new(house.worker_at(Arc::new(faulty.clone()), acting(|_, _| async { Ok(()) }), |config| {
        config.concurrency = 3;
        config.renew_ms = 50; // renewals meet leases whose end is written and not yet told
    }));
    for id in ids {
        house.until(id, State::Done).await;
    }
    // The answer may be lost many times in a row: what matters is that in the end each is told, and none twice.
    let mut told = BTreeSet::new();
    while told.len() < 50 {
        if let Event::Ended { job, .. } = a.heard(|event| matches!(event, Event::Ended { .. })).await {
            assert!(told.insert(job), "{job} is told twice");
        }
    }
    pass(2_000).await;
    assert!(!a.told().iter().any(|event| matches!(event, Event::Ended { .. })), "one is told twice");
    let report = a.halt().await;
    assert_eq!((report.ended.get("done"), report.late), (Some(&50), 0));
    assert_eq!(house.memory.tally().await.unwrap().late, 0);
    house.check();
}

#[tokio::test(start_paused = true)]
async fn last_words_are_written_before_the_end() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let faulty = house.faulty();
    faulty.strike_next(Verb::Record, Strike::Before(Fault::Busy));
    let mut a = Running::new(house.worker_at(
        Arc::new(faulty),
        acting(|_, context| async move {
            context.log("begins");
            context.progress(1, 2, "half");
            pass(10).await;
            context.log("22 comments");
            context.progress(2, 2, "whole");
            Ok(())
        }),
        |_| {},
    ));
    a.ended(id, "done").await;
    let card = house.card(id).await;
    let said: Vec<&str> = card.trail.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(said, ["begins", "22 comments"]);
    assert_eq!(card.job.progress, Some(Progress { done: 2, total: 2, text: "whole".into() }));
    a.halt().await;
}

#[tokio::test(start_paused = true)]
async fn the_attempts_of_a_worker_are_for_jobs_that_ask_for_no_number_of_their_own() {
    let house = House::new();
    let plain = house.enqueue("x").await;
    let own = house.client.draft(&act("y")).attempts_max(5);
    let own = house.client.send(own).await.unwrap().id;
    let registry = acting(|_, _| async { Err(JobError::retry("no paper")) });
    let worker = Running::new(house.worker(registry, |config| config.attempts_max = Some(1)));
    house.until(plain, State::Dead).await;
    house.until(own, State::Scheduled).await;
    assert_eq!((house.job(plain).await.attempt, house.job(own).await.attempt), (1, 1));
    worker.halt().await;
}

/// It was asked only when a run had ended: one attempt began an hour too late.
#[tokio::test(start_paused = true)]
async fn no_attempt_begins_after_the_time_that_a_job_may_be_retried_until() {
    let house = House::new();
    let soon = Options { retry_until: Some(house.clock.wall_ms() + 1_000), ..Options::default() };
    let late = NewJob { options: soon, ..house.client.draft(&act("late")).ready().unwrap() };
    let on_time = NewJob {
        options: Options { retry_until: Some(house.clock.wall_ms() + 60_000), ..Options::default() },
        ..house.client.draft(&act("on time")).ready().unwrap()
    };
    let (late_id, on_time_id) = (late.id, on_time.id);
    house.client.put(vec![late, on_time]).await.unwrap();
    pass(1_001).await;
    let diary = Diary::default();
    let seen = diary.clone();
    let registry = acting(move |act, _| {
        seen.note(act.0);
        async { Ok(()) }
    });
    let worker = house.work(registry);
    let dead = house.until(late_id, State::Dead).await;
    house.until(on_time_id, State::Done).await;
    assert_eq!(diary.lines(), ["on time"]);
    assert_eq!((dead.attempt, dead.fence), (0, 1), "it was claimed, and no attempt was made");
    let said = dead.error.unwrap();
    assert!(said.contains("no attempt may begin after 2023-11-14T22:13:21Z"), "{said}");
    let card = house.card(late_id).await;
    assert_eq!(card.trail.last().map(|line| line.word.as_str()), Some("too_late"));
    worker.halt().await;
}

/// A bug: three that were ordered were taken for the three that nobody orders.
#[tokio::test(start_paused = true)]
async fn a_job_that_is_ordered_with_as_many_attempts_as_the_default_keeps_them() {
    let house = House::new();
    let thrice = house.client.draft(&act("x")).attempts_max(ATTEMPTS_DEFAULT);
    let thrice = house.client.send(thrice).await.unwrap().id;
    let registry = acting(|_, _| async { Err(JobError::retry("no paper")) });
    let worker = Running::new(house.worker(registry, |config| config.attempts_max = Some(1)));
    house.until(thrice, State::Scheduled).await;
    assert_eq!(house.job(thrice).await.attempt, 1);
    worker.halt().await;
}

/// A kind that asks for the very number that is the default.
#[derive(Serialize, Deserialize)]
struct Thrice;

impl Job for Thrice {
    const KIND: &'static str = "thrice";

    fn policy() -> Policy {
        Policy { attempts_max: Some(ATTEMPTS_DEFAULT), ..Policy::default() }
    }
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_asks_for_as_many_attempts_as_the_default_keeps_them() {
    let house = House::new();
    let thrice = house.client.enqueue(&Thrice).await.unwrap().id;
    let mut registry = Registry::new("1");
    let fail = |_: Thrice, _: Context| async { Err(JobError::retry("no paper")) };
    registry.add::<Thrice, (), _, _>(Arc::new(()), fail);
    let worker = Running::new(house.worker(registry, |config| config.attempts_max = Some(1)));
    house.until(thrice, State::Scheduled).await;
    assert_eq!(house.job(thrice).await.attempt, 1);
    worker.halt().await;
}
