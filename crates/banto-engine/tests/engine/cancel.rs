//! An operator cancels a job that runs.

use std::sync::Arc;

use banto_core::State;
use banto_engine::{JobError, Why};
use banto_store::Clock;
use tokio::sync::Notify;

use crate::house::{Diary, House, Running, acting, pass};

#[tokio::test(start_paused = true)]
async fn the_order_reaches_the_handler_with_the_next_renewal() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let diary = Diary::default();
    let told = diary.clone();
    let mut worker = house.work(acting(move |_, context| {
        let told = told.clone();
        async move {
            told.note(format!("{:?}", context.stopped().await));
            Err(JobError::retry("stopped half-way"))
        }
    }));
    house.until(id, State::Running).await;
    pass(100).await;
    assert_eq!(house.cancel(id).await.asked, 1);
    let asked = house.clock.steady_ms();
    worker.ended(id, "cancel").await;
    assert!(house.clock.steady_ms() - asked <= 3_100);
    assert_eq!(diary.lines(), [format!("{:?}", Why::Cancelled)]);
    assert_eq!(house.job(id).await.state, State::Cancelled);
    worker.halt().await;
    house.check();
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_does_not_heed_is_dropped() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let mut worker = house.work(acting(|_, _| std::future::pending()));
    house.until(id, State::Running).await;
    house.cancel(id).await;
    worker.ended(id, "cancel").await;
    assert_eq!(house.job(id).await.error.as_deref(), Some("cancelled while it ran"));
    worker.halt().await;
}

#[tokio::test(start_paused = true)]
async fn an_order_that_comes_as_the_run_ends_is_obeyed_before_the_next_run() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let (diary, go) = (Diary::default(), Arc::new(Notify::new()));
    let (told, going) = (diary.clone(), go.clone());
    let registry = acting(move |_, context| {
        let (told, going) = (told.clone(), going.clone());
        async move {
            told.note(format!("attempt {}", context.attempt()));
            going.notified().await;
            Err(JobError::retry("x"))
        }
    });
    let mut worker =
        Running::new(house.worker(registry, |config| config.backoff = banto_core::Backoff::Table(vec![500])));
    house.until(id, State::Running).await;
    house.cancel(id).await;
    go.notify_one(); // before any renewal has told the run
    worker.ended(id, "retry").await;
    worker.ended(id, "cancel").await;
    let job = house.job(id).await;
    assert_eq!((job.state, job.error.as_deref()), (State::Cancelled, Some("cancelled before it ran again")));
    assert_eq!(diary.lines(), ["attempt 1"]);
    worker.halt().await;
    house.check();
}
