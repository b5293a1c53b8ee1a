//! Leases: kept while a worker lives, lost in time, and what happens to those who come too late.

use std::sync::Arc;

use banto_core::State;
use banto_engine::{Event, Registry};
use banto_store::{
    Clock, Read,
    faulty::{Plan, Strike, Verb},
};
use tokio::sync::Notify;

use crate::house::{Diary, House, Running, acting, freeze, pass};

/// Notes how it begins and that it is told to stop, and ends well when it is let.
fn stubborn(diary: &Diary, who: &'static str, go: &Arc<Notify>) -> Registry {
    let (diary, go) = (diary.clone(), go.clone());
    acting(move |_, context| {
        let (diary, go) = (diary.clone(), go.clone());
        async move {
            diary.note(format!("{who} begins {}", context.fence()));
            tokio::select! { biased;
                why = context.stopped() => diary.note(format!("{who} is told {why:?}")),
                () = go.notified() => {}
            }
            if context.lease_lost() {
                go.notified().await;
            }
            Ok(())
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_zombie_is_told_and_its_end_is_refused() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let (diary, go) = (Diary::default(), Arc::new(Notify::new()));
    let faulty = house.faulty();
    let registry = stubborn(&diary, "A", &go);
    let a = Running::new(house.worker_at(Arc::new(faulty.clone()), registry, |config| config.cancel_grace_ms = 60_000));
    house.until(id, State::Running).await;
    freeze(&faulty);
    let told = diary.clone();
    let mut b = house.work(acting(move |_, context| {
        told.note(format!("B begins {}", context.fence()));
        async { Ok(()) }
    }));
    b.ended(id, "done").await;
    go.notify_one(); // A ends well, long after its lease
    pass(1_000).await;
    faulty.heal();
    pass(1_000).await;
    assert_eq!(diary.lines(), ["A begins 1", "A is told LeaseLost", "B begins 2"]);
    let report = a.halt().await;
    assert_eq!((report.late, report.ended.get("done")), (1, None));
    assert_eq!(b.halt().await.ended.get("done"), Some(&1));
    let job = house.job(id).await;
    assert_eq!((job.state, job.fence, job.attempt, job.crashes), (State::Done, 2, 1, 1));
    assert_eq!(house.memory.tally().await.unwrap().late, 1);
    house.check();
}

#[tokio::test(start_paused = true)]
async fn runs_are_told_before_their_lease_is_over_also_when_the_store_hangs() {
    for hangs in [true, false] {
        let house = House::new();
        let id = house.enqueue("x").await;
        let (diary, go) = (Diary::default(), Arc::new(Notify::new()));
        let faulty = house.faulty();
        let mut a = Running::new(house.worker_at(Arc::new(faulty.clone()), stubborn(&diary, "A", &go), |_| {}));
        house.until(id, State::Running).await;
        let begun = house.clock.steady_ms();
        if hangs {
            freeze(&faulty);
        } else {
            let strikes = vec![Strike::Before(banto_store::Fault::Gone)];
            faulty.plan(&Verb::ALL, Plan { rate: 1.0, strikes });
        }
        a.heard(|event| matches!(event, Event::LeaseLost { .. })).await;
        let after = house.clock.steady_ms() - begun;
        assert!((8_900..9_900).contains(&after), "told after {after} ms (hangs: {hangs})");
        faulty.heal();
        a.stop.now("the test is over");
        a.report().await;
    }
}

/// The claim waits for a connection for longer than a lease, as behind a wire that is cut: what it brings is the worker's all
/// the same, and need not wait for its lease to be over.
#[tokio::test(start_paused = true)]
async fn what_a_slow_claim_brings_is_renewed_and_begins() {
    let house = House::new();
    let faulty = house.faulty();
    faulty.hold(Verb::Claim);
    let mut a = Running::new(house.worker_at(Arc::new(faulty.clone()), acting(|_, _| async { Ok(()) }), |_| {}));
    pass(60_000).await;
    let id = house.enqueue("x").await;
    let healed = house.clock.steady_ms();
    faulty.let_go(Verb::Claim);
    a.ended(id, "done").await;
    let after = house.clock.steady_ms() - healed;
    assert!(after < 1_000, "after {after} ms");
    assert_eq!(a.halt().await.late, 0);
}

#[tokio::test(start_paused = true)]
async fn a_short_outage_loses_no_lease() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let (diary, go) = (Diary::default(), Arc::new(Notify::new()));
    let faulty = house.faulty();
    let mut a = Running::new(house.worker_at(Arc::new(faulty.clone()), stubborn(&diary, "A", &go), |_| {}));
    let b = house.work(stubborn(&diary, "B", &go));
    house.until(id, State::Running).await;
    for _ in 0..10 {
        faulty.plan(&Verb::ALL, Plan { rate: 1.0, strikes: Strike::usual() });
        pass(5_000).await;
        faulty.heal();
        pass(5_000).await;
    }
    go.notify_waiters();
    a.ended(id, "done").await;
    assert_eq!(diary.lines().len(), 1, "{:?}", diary.lines());
    a.halt().await;
    b.halt().await;
    assert_eq!(house.job(id).await.crashes, 0);
}

#[tokio::test(start_paused = true)]
async fn oban_hexpm_1825_long_job() {
    // Oban's Lifeline rescued executing jobs by their age, so that long ones ran twice (hexpm pull request 1825).
    let house = House::new();
    let id = house.enqueue("x").await;
    let diary = Diary::default();
    let registry = || {
        let diary = diary.clone();
        acting(move |_, context| {
            diary.note(format!("begins {}", context.fence()));
            async {
                pass(30 * 60_000).await;
                Ok(())
            }
        })
    };
    let long = |config: &mut banto_engine::Config| config.timeout_ms = 24 * 3_600_000;
    let workers = [0, 1].map(|_| Running::new(house.worker(registry(), long)));
    for part in 0..6 {
        pass(5 * 60_000).await;
        house.clock.jump(if part % 2 == 0 { 3 * 86_400_000 } else { -3_600_000 });
    }
    house.until(id, State::Done).await;
    assert_eq!(diary.lines(), ["begins 1"]);
    for worker in workers {
        assert_eq!(worker.halt().await.late, 0);
    }
    house.check();
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_back_keeps_its_job_but_not_the_run_that_was_told() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let diary = Diary::default();
    let told = diary.clone();
    let faulty = house.faulty();
    let mut a = Running::new(house.worker_at(
        Arc::new(faulty.clone()),
        acting(move |_, context| {
            let told = told.clone();
            async move {
                if context.fence() > 1 {
                    return Ok(());
                }
                told.note(format!("{:?}", context.stopped().await));
                Err(banto_engine::JobError::retry("stopped"))
            }
        }),
        |_| {},
    ));
    house.until(id, State::Running).await;
    freeze(&faulty);
    pass(9_500).await; // not trusted any more, and nobody has rescued it
    faulty.heal();
    a.ended(id, "hand_back").await;
    a.ended(id, "done").await;
    let job = house.job(id).await;
    assert_eq!(
        (diary.lines().len(), job.attempt, job.crashes),
        (1, 1, 0),
        "nothing is burned by a store that was away"
    );
    let report = a.halt().await;
    assert_eq!(report.late, 0);
}
