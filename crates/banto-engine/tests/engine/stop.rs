//! How a worker stops, and what becomes of what it holds.

use std::sync::Arc;

use banto_core::State;
use banto_core::lease::LEASE_MS;
use banto_engine::{Event, Halt, Why};
use banto_store::{Clock, Order, Read, Status, faulty::Verb};

use crate::house::{Diary, House, Running, act, acting, freeze, pass};

#[tokio::test(start_paused = true)]
async fn a_graceful_stop_finishes_what_runs_and_takes_nothing_new() {
    let house = House::new();
    let first = house.enqueue("first").await;
    let worker = house.work(acting(|_, context| async move {
        pass(20_000).await;
        assert_eq!(context.stop(), None, "within the grace nobody is told");
        Ok(())
    }));
    house.until(first, State::Running).await;
    worker.stop.graceful("TERM");
    let second = house.enqueue("second").await;
    let report = worker.report().await;
    assert_eq!((report.halt, report.hurried, report.reason.as_str()), (Halt::Asked, false, "TERM"));
    assert_eq!(report.ended.get("done"), Some(&1));
    assert_eq!(house.job(first).await.state, State::Done);
    let job = house.job(second).await;
    assert_eq!((job.state, job.attempt, job.fence), (State::Ready, 0, 0));
    let seen = house.memory.instances().await.unwrap();
    assert_eq!((seen[0].instance.status, seen[0].living), (Status::Stopped, false));
    house.check();
}

#[tokio::test(start_paused = true)]
async fn what_outlasts_the_grace_is_told_and_handed_back_unburned() {
    let house = House::new();
    let ids = [house.enqueue("heeds").await, house.enqueue("ignores").await];
    let diary = Diary::default();
    let told = diary.clone();
    let worker = Running::new(house.worker(
        acting(move |act, context| {
            let told = told.clone();
            async move {
                if act.0 == "ignores" {
                    std::future::pending::<()>().await;
                }
                told.note(format!("{:?}", context.stopped().await));
                Err(banto_engine::JobError::retry("stopped half-way"))
            }
        }),
        |config| config.grace_ms = 5_000,
    ));
    house.until(ids[1], State::Running).await;
    let begun = house.clock.steady_ms();
    let report = worker.halt().await;
    let took = house.clock.steady_ms() - begun;
    assert!((5_000..=6_000).contains(&took), "{took}");
    assert_eq!((report.ended.get("hand_back"), report.left.len()), (Some(&2), 0));
    assert_eq!(diary.lines(), [format!("{:?}", Why::Stopping)]);
    for id in ids {
        let job = house.job(id).await;
        assert_eq!((job.state, job.attempt, job.crashes), (State::Ready, 0, 0));
    }
    house.check();
}

#[tokio::test(start_paused = true)]
async fn stop_now_drops_what_runs_and_hands_it_back() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let worker = house.work(acting(|_, _| std::future::pending()));
    house.until(id, State::Running).await;
    worker.stop.graceful("TERM");
    pass(1_000).await;
    let begun = house.clock.steady_ms();
    worker.stop.now("a second TERM");
    let report = worker.report().await;
    assert!(house.clock.steady_ms() - begun <= 1_000);
    assert_eq!((report.halt, report.reason.as_str(), report.hurried), (Halt::Asked, "a second TERM", true));
    let job = house.job(id).await;
    assert_eq!((job.state, job.attempt), (State::Ready, 0));
    house.check();
}

#[tokio::test(start_paused = true)]
async fn jobs_claimed_ahead_are_handed_back_when_they_wait_and_when_the_worker_stops() {
    for stops in [false, true] {
        let house = House::new();
        let words = |word: &str, count: usize| (0..count).map(|_| act(word)).collect::<Vec<_>>();
        house.client.enqueue_all(&words("quick", 300)).await.unwrap();
        house.client.enqueue_all(&words("slow", 300)).await.unwrap();
        let registry = acting(|act, _| async move {
            if act.0 == "slow" {
                pass(15_000).await;
            }
            Ok(())
        });
        let worker = Running::new(house.worker(registry, |config| config.concurrency = 4));
        while house.count(State::Done).await < 300 {
            pass(1).await;
        }
        let held = house.count(State::Running).await;
        assert!(held > 4, "short runs are claimed ahead: {held}");
        if stops {
            let report = worker.halt().await;
            assert_eq!(report.ended.get("hand_back"), Some(&(held as u64 - 4)));
            assert_eq!(house.count(State::Running).await, 0);
        } else {
            pass(1_500).await;
            assert_eq!(house.count(State::Running).await, 4, "the others were handed back");
            worker.stop.now("the test is over");
            worker.report().await;
        }
        let page = house.memory.jobs(banto_store::Select::states([State::Ready]), None).await.unwrap();
        assert!(page.jobs.iter().all(|job| job.attempt == 0), "no attempt is burned");
        house.check();
    }
}

#[tokio::test(start_paused = true)]
async fn a_claim_under_way_is_waited_for_and_its_jobs_are_handed_back() {
    let house = House::new();
    let faulty = house.faulty();
    faulty.hold(Verb::Claim);
    let diary = Diary::default();
    let runs = diary.clone();
    let registry = acting(move |_, _| {
        runs.note("runs");
        async { Ok(()) }
    });
    let worker = Running::new(house.worker_at(Arc::new(faulty.clone()), registry, |_| {}));
    faulty.until_held(Verb::Claim, 1).await;
    let id = house.enqueue("x").await;
    worker.stop.graceful("TERM");
    pass(100).await;
    faulty.let_go(Verb::Claim);
    let report = worker.report().await;
    assert_eq!(report.ended.get("hand_back"), Some(&1));
    let job = house.job(id).await;
    assert_eq!((job.state, job.attempt, job.fence), (State::Ready, 0, 1));
    assert_eq!(diary.lines(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_does_not_hold_up_a_stop() {
    for now in [false, true] {
        let house = House::new();
        let faulty = house.faulty();
        let worker = Running::new(house.worker_at(Arc::new(faulty.clone()), acting(|_, _| async { Ok(()) }), |_| {}));
        pass(5_000).await;
        freeze(&faulty);
        pass(5_000).await;
        let begun = house.clock.steady_ms();
        if now {
            worker.stop.now("INT")
        } else {
            worker.stop.graceful("TERM")
        }
        worker.report().await;
        let took = house.clock.steady_ms() - begun;
        assert!(took <= if now { 2_000 } else { 27_000 }, "{took} (now: {now})");
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_whose_store_hangs_from_the_start_can_be_stopped() {
    let house = House::new();
    let faulty = house.faulty();
    freeze(&faulty);
    let worker = Running::new(house.worker_at(Arc::new(faulty), acting(|_, _| async { Ok(()) }), |_| {}));
    pass(5_000).await;
    worker.stop.now("INT");
    assert_eq!(worker.report().await.reason, "INT");
}

#[tokio::test(start_paused = true)]
async fn a_restart_is_heard_with_the_next_beat_and_says_by_whom() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let mut workers = [0, 1].map(|_| {
        house.work(acting(|_, _| async {
            pass(4_000).await;
            Ok(())
        }))
    });
    house.until(id, State::Running).await;
    pass(100).await;
    assert_eq!(house.steer(Order::Restart).await.count, 2);
    for worker in &mut workers {
        worker
            .heard(|event| matches!(event, Event::Stopping { reason } if reason == "a restart was ordered by tester"))
            .await;
    }
    for worker in workers {
        assert_eq!(worker.report().await.halt, Halt::Restart);
    }
    assert_eq!(house.job(id).await.state, State::Done);
    let fresh = house.work(acting(|_, _| async { Ok(()) }));
    pass(30_000).await;
    assert!(!fresh.stop.asked(), "who comes after the order stays");
    fresh.halt().await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_stops_after_as_many_jobs_as_it_should_run() {
    let house = House::new();
    for _ in 0..10 {
        house.enqueue("x").await;
    }
    let worker = house.worker(acting(|_, _| async { Ok(()) }), |config| config.jobs_max = Some(4));
    let report = Running::new(worker).report().await;
    assert_eq!((report.halt, report.ended.get("done")), (Halt::Spent, Some(&4)));
    assert_eq!(house.count(State::Ready).await, 6);
}

#[tokio::test(start_paused = true)]
async fn a_worker_stops_when_there_is_nothing_to_do() {
    let house = House::new();
    for _ in 0..25 {
        house.enqueue("x").await;
    }
    let registry = acting(|_, _| async {
        pass(1_000).await;
        Ok(())
    });
    let worker = Running::new(house.worker(registry, |config| config.stop_when_empty = true));
    let report = worker.report().await;
    assert_eq!((report.halt, report.ended.get("done")), (Halt::Empty, Some(&25)));
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_stops_when_empty_first_brings_back_the_jobs_of_the_dead() {
    for once in [false, true] {
        let house = House::new();
        house.enqueue("x").await;
        house.claim_and_die(1).await;
        pass(LEASE_MS + 1).await;
        let worker = house.worker(acting(|_, _| async { Ok(()) }), |config| {
            config.stop_when_empty = true;
            config.jobs_max = once.then_some(1);
        });
        let report = Running::new(worker).report().await;
        assert_eq!(report.ended.get("done"), Some(&1), "{report:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_stops_when_its_time_is_over() {
    let house = House::new();
    let worker = house.worker(acting(|_, _| async { Ok(()) }), |config| config.time_max_ms = Some(60_000));
    let begun = house.clock.steady_ms();
    assert_eq!(Running::new(worker).report().await.halt, Halt::Time);
    let took = house.clock.steady_ms() - begun;
    assert!((60_000..62_000).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn a_worker_stops_when_it_holds_too_much_memory() {
    let house = House::new();
    let worker = house.worker(acting(|_, _| async { Ok(()) }), |config| config.memory_max_bytes = Some(1 << 20));
    let report = Running::new(worker).report().await;
    assert_eq!(report.halt, Halt::Memory);
    assert!(report.reason.ends_with(" MiB of memory and 1 MiB are allowed (--memory)"), "{}", report.reason);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_dropped_is_dead_with_all_its_runs() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let diary = Diary::default();
    let lives = diary.clone();
    let worker = house.work(acting(move |_, _| {
        let lives = lives.clone();
        async move {
            pass(5_000).await;
            lives.note("a run of a dead worker goes on");
            Ok(())
        }
    }));
    house.until(id, State::Running).await;
    worker.worker.abort();
    pass(9_000).await;
    let job = house.job(id).await;
    assert_eq!((job.state, job.fence, diary.lines().len()), (State::Running, 1, 0));
    assert_eq!(house.store.expired(9).await.unwrap().len(), 0);
    pass(1_100).await;
    assert_eq!(house.store.expired(9).await.unwrap().len(), 1, "nobody renews");
}

/// A retry without a back-off is due a millisecond later: a worker that stopped in that very millisecond left it undone.
#[tokio::test(start_paused = true)]
async fn a_worker_that_stops_when_empty_waits_for_what_is_due_at_once() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let registry = acting(|_, _| async { Err(banto_engine::JobError::retry("no ink")) });
    let worker = house.worker(registry, |config| {
        config.stop_when_empty = true;
        config.backoff = banto_core::Backoff::Table(vec![0]);
    });
    let report = Running::new(worker).report().await;
    assert_eq!((report.halt, report.ended["retry"]), (Halt::Empty, 3));
    assert_eq!(house.job(id).await.state, State::Dead);
}

#[tokio::test(start_paused = true)]
async fn once_emptied_it_stops_and_takes_nothing_new_until_then() {
    let house = House::new();
    let first = house.enqueue("first").await;
    let worker = Running::new(house.worker(
        acting(|_, context| async move {
            pass(3_600_000 * 5).await;
            assert_eq!(context.stop(), None, "it may take its time, whatever the grace");
            Ok(())
        }),
        |config| (config.grace_ms, config.timeout_ms) = (10, 86_400_000),
    ));
    house.until(first, State::Running).await;
    worker.stop.once_emptied("all is done");
    let second = house.enqueue("second").await;
    let report = timeout(worker.worker).await;
    assert_eq!((report.halt, report.reason.as_str()), (Halt::Asked, "all is done"));
    assert_eq!(report.ended.get("done"), Some(&1));
    let job = house.job(second).await;
    assert_eq!((job.state, job.attempt, job.fence), (State::Ready, 0, 0));
    // One that holds nothing stops at once; a graceful stop may come on top.
    let idle = house.work(acting(|_, _| async { Ok(()) }));
    house.until(second, State::Done).await;
    idle.stop.once_emptied("nothing is left");
    assert_eq!(idle.report().await.reason, "nothing is left");
    house.enqueue("third").await;
    let worker = house.work(acting(|_, _| std::future::pending()));
    pass(100).await;
    worker.stop.once_emptied("some time");
    worker.stop.graceful("TERM");
    let report = worker.report().await;
    assert_eq!((report.reason.as_str(), report.ended.get("hand_back")), ("TERM", Some(&1)));
    house.check();
}

async fn timeout(
    worker: tokio::task::JoinHandle<Result<banto_engine::Report, banto_engine::Unfit>>,
) -> banto_engine::Report {
    let report = tokio::time::timeout(std::time::Duration::from_secs(86_400), worker).await;
    report.expect("it stops within a day").unwrap().expect("it started")
}
