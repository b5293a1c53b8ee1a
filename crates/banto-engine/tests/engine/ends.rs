//! How a run may end, and what becomes of the job.

use std::time::Duration;

use banto_core::{Backoff, State};
use banto_engine::{Event, JobError};

use crate::house::{House, Running, acting, pass};

#[tokio::test(start_paused = true)]
async fn a_job_runs_and_is_done() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let mut worker = house.work(acting(|_, _| async { Ok(()) }));
    worker.ended(id, "done").await;
    let job = house.job(id).await;
    assert_eq!((job.state, job.attempt, job.fence, job.crashes), (State::Done, 1, 1, 0));
    let report = worker.halt().await;
    assert_eq!((report.ended.get("done"), report.late, report.left.len()), (Some(&1), 0, 0));
    assert_eq!(report.reason, "the test is over");
    house.check();
}

#[tokio::test(start_paused = true)]
async fn errors_are_retried_with_back_off_until_the_job_is_dead() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let registry = acting(|_, context| async move { Err(JobError::retry(format!("no {}", context.attempt()))) });
    let mut worker =
        Running::new(house.worker(registry, |config| config.backoff = Backoff::Table(vec![1_000, 60_000])));
    for (attempt, rest_ms) in [(1, 1_000), (2, 60_000)] {
        worker.ended(id, "retry").await;
        let job = house.job(id).await;
        assert_eq!(
            (job.state, job.attempt, job.error.as_deref()),
            (State::Scheduled, attempt, Some(&*format!("no {attempt}")))
        );
        let rest = job.run_at - banto_store::Clock::wall_ms(&house.clock);
        assert!((rest_ms - 20..=rest_ms).contains(&rest), "attempt {attempt} rests {rest} ms");
    }
    worker.ended(id, "retry").await;
    let job = house.job(id).await;
    assert_eq!((job.state, job.attempt, job.error.as_deref()), (State::Dead, 3, Some("no 3")));
    assert_eq!(worker.halt().await.ended.get("retry"), Some(&3));
    house.check();
}

#[tokio::test(start_paused = true)]
async fn a_retry_may_name_its_own_wait() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let wait = Duration::from_secs(77);
    let mut worker = house.work(acting(move |_, _| async move { Err(JobError::retry_in("rate limit", wait)) }));
    worker.ended(id, "retry").await;
    let rest = house.job(id).await.run_at - banto_store::Clock::wall_ms(&house.clock);
    assert!((76_900..=77_000).contains(&rest), "{rest}");
    worker.halt().await;
}

#[tokio::test(start_paused = true)]
async fn a_snooze_burns_no_attempt() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let registry = acting(|_, context| async move {
        if context.fence() < 4 { Err(JobError::snooze("not yet", Duration::from_secs(9))) } else { Ok(()) }
    });
    let mut worker = house.work(registry);
    worker.ended(id, "done").await;
    let job = house.job(id).await;
    assert_eq!((job.attempt, job.fence), (1, 4));
    worker.halt().await;
    house.check();
}

#[tokio::test(start_paused = true)]
async fn dead_and_cancel_end_at_once() {
    let house = House::new();
    let (dead, cancelled) = (house.enqueue("dead").await, house.enqueue("cancel").await);
    let mut worker = house.work(acting(|act, _| async move {
        if act.0 == "dead" { Err(JobError::dead("bad colour")) } else { Err(JobError::cancel("nothing to do")) }
    }));
    let job = house.until(dead, State::Dead).await;
    assert_eq!((job.attempt, job.error.as_deref()), (1, Some("bad colour")));
    let job = house.until(cancelled, State::Cancelled).await;
    assert_eq!(job.error.as_deref(), Some("nothing to do"));
    worker.told();
    worker.halt().await;
    house.check();
}

#[tokio::test(start_paused = true)]
async fn what_the_handler_misses_parks_the_job_once() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let mut worker = house.work(acting(|_, _| async { Err(JobError::missing("REPLICATE_API_TOKEN is not set")) }));
    worker.heard(|event| matches!(event, Event::Parked { .. })).await;
    pass(60_000).await;
    let job = house.job(id).await;
    let park = job.park.expect("it is parked");
    assert_eq!((park.text.as_str(), park.build.as_str()), ("REPLICATE_API_TOKEN is not set", "b1"));
    assert_eq!((job.attempt, job.fence), (0, 1), "no attempt is burned, and the same worker does not try again");
    assert_eq!(worker.halt().await.ended.get("park"), Some(&1));
    house.check();
}
