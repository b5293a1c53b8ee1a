//! Runs that take too long: told, then dropped, and when even that fails the worker stops.

use std::{sync::Arc, time::Duration};

use banto_core::State;
use banto_engine::{Context, Job, JobError, Policy, Why};
use banto_store::Clock;
use serde::{Deserialize, Serialize};

use crate::house::{Diary, House, Running, act, acting, pass};

#[tokio::test(start_paused = true)]
async fn a_run_over_its_time_is_told_and_its_error_is_the_time_out() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let diary = Diary::default();
    let told = diary.clone();
    let registry = acting(move |_, context| {
        let told = told.clone();
        async move {
            let why = context.stopped().await;
            told.note(format!("{why:?}"));
            Err(JobError::retry("the request was cut off"))
        }
    });
    let mut worker = Running::new(house.worker(registry, |config| config.timeout_ms = 2_000));
    let begun = house.clock.steady_ms();
    worker.ended(id, "retry").await;
    let took = house.clock.steady_ms() - begun;
    assert!((2_000..2_200).contains(&took), "{took}");
    assert_eq!(diary.lines(), [format!("{:?}", Why::TimedOut)]);
    let job = house.job(id).await;
    assert_eq!((job.attempt, job.error.as_deref()), (1, Some("timed out after 2000 ms")));
    worker.halt().await;
    house.check();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_makes_it_after_all_is_done() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let registry = acting(|_, context| async move {
        context.stopped().await;
        Ok(())
    });
    let mut worker = Running::new(house.worker(registry, |config| config.timeout_ms = 2_000));
    worker.ended(id, "done").await;
    worker.halt().await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_does_not_heed_is_dropped_after_the_grace_also_when_it_is_the_only_one() {
    let house = House::new();
    let order = house.client.draft(&act("x")).attempts_max(1);
    let id = house.client.send(order).await.unwrap().id;
    let worker = Running::new(house.worker(acting(|_, _| std::future::pending()), |config| {
        (config.timeout_ms, config.cancel_grace_ms) = (2_000, 3_000);
        (config.jobs_max, config.concurrency) = (Some(1), 1);
    }));
    let begun = house.clock.steady_ms();
    let report = worker.report().await;
    let took = house.clock.steady_ms() - begun;
    assert!((5_000..5_300).contains(&took), "{took}");
    assert_eq!((report.ended.get("retry"), report.left.len()), (Some(&1), 0));
    let job = house.job(id).await;
    assert_eq!((job.state, job.attempt, job.error.as_deref()), (State::Dead, 1, Some("timed out after 2000 ms")));
    house.check();
}

#[derive(Serialize, Deserialize)]
struct Slow;

impl Job for Slow {
    const KIND: &'static str = "slow";
    fn policy() -> Policy {
        Policy { timeout_ms: Some(7_000), ..Policy::default() }
    }
}

#[tokio::test(start_paused = true)]
async fn the_jobs_own_time_counts_before_its_kinds_and_that_before_the_workers() {
    let house = House::new();
    let own = house.client.send(house.client.draft(&Slow).timeout(Duration::from_secs(2))).await.unwrap().id;
    let kinds = house.client.enqueue(&Slow).await.unwrap().id;
    let workers = house.enqueue("x").await;
    let mut registry = acting(|_, _| std::future::pending());
    registry.add::<Slow, (), _, _>(Arc::new(()), |_, _: Context| std::future::pending());
    let worker = Running::new(house.worker(registry, |config| config.timeout_ms = 12_000));
    pass(30_000).await;
    for (id, said) in
        [(own, "timed out after 2000 ms"), (kinds, "timed out after 7000 ms"), (workers, "timed out after 12000 ms")]
    {
        assert_eq!(house.card(id).await.trail[0].text, said);
    }
    worker.stop.now("the test is over");
    worker.report().await;
}
