//! Foreign code panics, and the worker goes on.

use std::sync::Arc;

use banto_core::{Outcome, State};
use banto_engine::{BoxFuture, Context, Job, Layer, Next, Registry, run::Run};
use serde::{Deserialize, Deserializer, Serialize};

use crate::house::{House, Running, act, acting, pass};

/// Runs one bad job and then a good one; answers what was kept of the bad one's first attempt.
async fn worst(word: &str) -> String {
    let house = House::new();
    let id = house.enqueue(word).await;
    let registry = acting(|act, _| async move {
        let _bomb = (act.0 == "drop").then(|| Bomb("in a drop"));
        match act.0.as_str() {
            "text" => panic!("no paper in tray {}", 2),
            "odd" => std::panic::panic_any(7),
            "value" => std::panic::panic_any(Bomb("in a panic's own value")),
            _ => Ok(()),
        }
    });
    let mut worker = house.work(registry);
    worker.ended(id, "retry").await;
    let job = house.job(id).await;
    assert_eq!((job.state, job.attempt, job.crashes), (State::Scheduled, 1, 0));
    let good = house.enqueue("good").await;
    worker.ended(good, "done").await;
    worker.halt().await;
    house.check();
    job.error.unwrap()
}

struct Bomb(&'static str);

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("{}", self.0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_burns_an_attempt_and_keeps_its_text() {
    assert_eq!(worst("text").await, "panicked: no paper in tray 2");
    assert_eq!(worst("odd").await, "panicked: with something that is no text");
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_drop_is_an_end_like_another() {
    assert_eq!(worst("drop").await, "panicked: in a drop");
}

#[tokio::test(start_paused = true)]
async fn a_panic_whose_value_panics_is_an_end_too() {
    assert_eq!(worst("value").await, "panicked: with something that is no text");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_panics_while_it_is_dropped_has_timed_out() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let registry = acting(|_, _| async {
        let _bomb = Bomb("while dropped");
        std::future::pending().await
    });
    let mut worker = Running::new(house.worker(registry, |config| config.timeout_ms = 1_000));
    worker.ended(id, "retry").await;
    assert_eq!(house.job(id).await.error.as_deref(), Some("timed out after 1000 ms"));
    worker.halt().await;
}

struct Trap;

impl Layer for Trap {
    fn around<'a>(&'a self, run: &'a Run, next: Next<'a>) -> BoxFuture<'a, Outcome> {
        assert!(run.attempt() > 2, "the trap of attempt {}", run.attempt());
        Box::pin(async move {
            let ended = next.run().await;
            assert!(run.attempt() > 3, "after the run");
            ended
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_layer_is_an_end_like_another() {
    let house = House::new();
    let order = house.client.draft(&act("x")).attempts_max(4);
    let id = house.client.send(order).await.unwrap().id;
    let mut worker = Running::new(house.worker(acting(|_, _| async { Ok(()) }), |_| {}).layer(Trap));
    worker.ended(id, "done").await;
    let trail = house.card(id).await.trail;
    let said: Vec<&str> = trail.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(said, ["panicked: the trap of attempt 1", "panicked: the trap of attempt 2", "panicked: after the run"]);
    worker.halt().await;
}

#[derive(Serialize)]
struct Rotten;

impl<'de> Deserialize<'de> for Rotten {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Rotten, D::Error> {
        panic!("rotten to the core")
    }
}

impl Job for Rotten {
    const KIND: &'static str = "rotten";
}

#[derive(Serialize, Deserialize)]
struct Needy;

impl Job for Needy {
    const KIND: &'static str = "needy";
}

#[tokio::test(start_paused = true)]
async fn a_panic_before_the_run_parks_the_job_and_the_worker_goes_on() {
    let house = House::new();
    let rotten = house.client.enqueue(&Rotten).await.unwrap().id;
    let needy = house.client.enqueue(&Needy).await.unwrap().id;
    let mut registry: Registry = acting(|_, _| async { Ok(()) });
    registry.add::<Rotten, (), _, _>(Arc::new(()), |_, _: Context| async { Ok(()) });
    registry.add_needing::<Needy, (), _, _>(Arc::new(()), |_, _: Context| async { Ok(()) }, || panic!("who asks"));
    let worker = Running::new(house.worker(registry, |config| config.start_anyway = true));
    let park = house.until(rotten, State::Parked).await.park.unwrap();
    assert_eq!(park.text, "its decoding panicked: rotten to the core");
    let park = house.until(needy, State::Parked).await.park.unwrap();
    assert_eq!(park.text, "needy lacks a check of its needs that does not panic (who asks)");
    pass(10_000).await; // the look through what is parked meets them too
    let good = house.enqueue("good").await;
    house.until(good, State::Done).await;
    assert_eq!(house.job(rotten).await.fence, 1);
    worker.halt().await;
}

/// A store that panics in one call.
struct Breaking {
    inner: Arc<dyn banto_store::Store>,
    broken: std::sync::atomic::AtomicBool,
}

impl banto_store::Store for Breaking {
    fn expired(&self, limit: usize) -> banto_store::Answer<'_, Vec<banto_store::Expired>> {
        assert!(self.broken.swap(true, std::sync::atomic::Ordering::SeqCst), "on purpose");
        self.inner.expired(limit)
    }
    banto_store::pass!(inner: enqueue claim renew finish rescue register fire steer prune settle record beat changed);
}

impl banto_store::Read for Breaking {
    banto_store::pass!(inner: about reads);
}

/// The other loops would go on without it, as if all were well.
#[tokio::test(start_paused = true)]
async fn a_loop_of_the_worker_that_panics_stops_the_worker_and_says_which() {
    let house = House::new();
    let store = Arc::new(Breaking { inner: house.store.clone(), broken: false.into() });
    let worker = Running::new(house.worker_at(store, acting(|_, _| async { Ok(()) }), |_| {}));
    let report = worker.report().await;
    assert_eq!(report.halt, banto_engine::Halt::Panicked);
    assert_eq!(report.reason, "the loop that does rescue panicked: on purpose");
    house.check();
}
