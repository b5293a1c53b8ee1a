//! The jobs of the dead come back, soon and only theirs.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use banto_core::State;
use banto_engine::Event;
use banto_store::{
    Clock, Fault,
    faulty::{Plan, Strike, Verb},
};

use crate::house::{House, Running, acting, freeze, pass};

#[tokio::test(start_paused = true)]
async fn a_killed_workers_job_runs_again_within_15_s() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let a = house.work(acting(|_, _| std::future::pending()));
    house.until(id, State::Running).await;
    pass(7_000).await;
    a.worker.abort();
    let died = house.clock.steady_ms();
    let mut b = house.work(acting(|_, _| async { Ok(()) }));
    b.heard(|event| matches!(event, Event::Rescued { crashes: 1, .. })).await;
    b.ended(id, "done").await;
    let after = house.clock.steady_ms() - died;
    assert!(after <= 15_000, "after {after} ms");
    let job = house.job(id).await;
    assert_eq!((job.attempt, job.fence, job.crashes), (1, 2, 1), "a crash burns no attempt");
    b.halt().await;
    house.check();
}

#[tokio::test(start_paused = true)]
async fn three_crashes_quarantine_a_job() {
    let house = House::new();
    let id = house.enqueue("poison").await;
    for crashes in 1..=3 {
        let a = house.work(acting(|_, _| std::future::pending()));
        house.until_job(id, |job| job.state == State::Running && job.fence == crashes).await;
        a.worker.abort();
        let b = Running::new(house.worker(acting(|_, _| std::future::pending()), |config| config.concurrency = 1));
        let busy = house.enqueue("busy").await;
        let job = house.until_job(id, |job| u32::from(job.crashes) == crashes).await;
        assert_eq!(job.attempt, 0);
        b.worker.abort();
        house.cancel(busy).await;
    }
    let job = house.job(id).await;
    assert_eq!(job.state, State::Dead);
    let error = job.error.unwrap();
    assert!(error.starts_with("quarantined after 3 crashes; worker "), "{error}");
}

#[tokio::test(start_paused = true)]
async fn suspects_run_one_at_a_time_and_the_others_beside_them() {
    let house = House::new();
    for _ in 0..6 {
        house.enqueue("suspect").await;
    }
    assert_eq!(house.claim_and_die(6).await.len(), 6);
    let counts = Arc::new([const { AtomicUsize::new(0) }; 4]); // suspects now, most suspects, others now, most others
    let counting = counts.clone();
    let worker = house.work(acting(move |act, _| {
        let (counts, at) = (counting.clone(), if act.0 == "suspect" { 0 } else { 2 });
        async move {
            let now = counts[at].fetch_add(1, Ordering::SeqCst) + 1;
            counts[at + 1].fetch_max(now, Ordering::SeqCst);
            pass(2_000).await;
            counts[at].fetch_sub(1, Ordering::SeqCst);
            Ok(())
        }
    }));
    pass(11_500).await;
    for _ in 0..6 {
        house.enqueue("other").await;
    }
    while house.count(State::Done).await < 12 {
        pass(100).await;
    }
    assert_eq!([1, 3].map(|at| counts[at].load(Ordering::SeqCst)), [1, 6]);
    worker.halt().await;
    house.check();
}

#[tokio::test(start_paused = true)]
async fn suspects_of_short_runs_rest_briefly() {
    let house = House::new();
    for _ in 0..5 {
        house.enqueue("suspect").await;
    }
    assert_eq!(house.claim_and_die(5).await.len(), 5);
    let mut worker = house.work(acting(|_, _| async {
        pass(50).await;
        Ok(())
    }));
    for _ in 0..40 {
        house.enqueue("other").await;
    }
    worker.heard(|event| matches!(event, Event::Rescued { .. })).await;
    let since = house.clock.steady_ms();
    while house.count(State::Done).await < 45 {
        pass(5).await;
    }
    let after = house.clock.steady_ms() - since;
    assert!(after <= 500, "after {after} ms");
    worker.halt().await;
    house.check();
}

#[tokio::test(start_paused = true)]
async fn river_1302_stale_rescue() {
    // River, pull request 1302: the rescuer looked, the job ended, and the rescue overwrote the end.
    let house = House::new();
    let id = house.enqueue("x").await;
    let (frozen, rescuer) = (house.faulty(), house.faulty());
    let mut a = Running::new(house.worker_at(
        Arc::new(frozen.clone()),
        acting(|_, _| async {
            pass(11_000).await;
            Ok(())
        }),
        |config| config.cancel_grace_ms = 60_000,
    ));
    house.until(id, State::Running).await;
    freeze(&frozen);
    rescuer.hold(Verb::Rescue);
    let b = Running::new(house.worker_at(Arc::new(rescuer.clone()), acting(|_, _| async { Ok(()) }), |_| {}));
    rescuer.until_held(Verb::Rescue, 1).await; // it has seen the lease that is over
    frozen.heal();
    a.ended(id, "done").await;
    rescuer.let_go(Verb::Rescue);
    pass(20_000).await;
    let job = house.job(id).await;
    assert_eq!((job.state, job.fence, job.crashes), (State::Done, 1, 0));
    a.halt().await;
    b.halt().await;
    house.check();
}

#[tokio::test(start_paused = true)]
async fn a_claim_whose_answer_was_lost_is_no_crash() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let faulty = house.faulty();
    let a = Running::new(house.worker_at(Arc::new(faulty.clone()), acting(|_, _| async { Ok(()) }), |_| {}));
    faulty.plan(&[Verb::Claim], Plan { rate: 1.0, strikes: vec![Strike::After] });
    house.until_job(id, |job| job.fence == 5).await;
    faulty.heal();
    let job = house.until(id, State::Done).await;
    assert_eq!((job.attempt, job.crashes), (1, 0));
    a.halt().await;
}

#[tokio::test(start_paused = true)]
async fn after_an_outage_those_who_live_renew_first() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let faulty = house.faulty();
    let worker = || {
        let store = Arc::new(faulty.clone());
        Running::new(house.worker_at(
            store,
            acting(|_, context| async move {
                context.stopped().await;
                Err(banto_engine::JobError::retry("told"))
            }),
            |config| config.cancel_grace_ms = 600_000,
        ))
    };
    let (a, b) = (worker(), worker());
    house.until(id, State::Running).await;
    for _ in 0..5 {
        faulty.plan(&Verb::ALL, Plan { rate: 1.0, strikes: vec![Strike::Before(Fault::Gone)] });
        pass(30_000).await;
        faulty.heal();
        pass(10_000).await;
    }
    let job = house.job(id).await;
    assert_eq!((job.state, job.crashes), (State::Running, 0), "{:?}", house.card(id).await.trail);
    for worker in [a, b] {
        worker.stop.now("the test is over");
        worker.report().await;
    }
    house.check();
}

#[tokio::test(start_paused = true)]
async fn one_look_without_a_worker_brings_back_what_the_dead_have_left() {
    let house = House::new();
    let id = house.enqueue("x").await;
    house.claim_and_die(1).await;
    let config = banto_engine::Config::new(crate::house::name("w"), []);
    let look = || banto_engine::rescue::look(&house.store, &house.clock, &config);
    assert_eq!(look().await.unwrap(), [], "its lease holds");
    pass(10_100).await;
    let rescued = look().await.unwrap();
    assert_eq!(
        rescued.iter().map(|one| (one.job.id, one.crashes, one.state)).collect::<Vec<_>>(),
        [(id, 1, State::Ready)]
    );
    assert_eq!(look().await.unwrap(), []);
    house.check();
}
