//! What a run sees, says, and what is put around it.

use std::sync::Arc;

use banto_core::{Outcome, State};
use banto_engine::{BoxFuture, Context, Event, Job, Layer, Next, Registry, run::Run};
use banto_store::{
    Fault, Order, Select, Store,
    faulty::{Strike, Verb},
};
use serde::{Deserialize, Serialize};

use crate::house::{Diary, House, Running, acting, pass};

struct Ring(&'static str, Diary);

impl Layer for Ring {
    fn around<'a>(&'a self, run: &'a Run, next: Next<'a>) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            self.1.note(format!("{} in, attempt {}", self.0, run.attempt()));
            let ended = next.run().await;
            self.1.note(format!("{} out, {}", self.0, ended.word()));
            ended
        })
    }
}

/// Ends what it is put around without running it.
struct Shut;

impl Layer for Shut {
    fn around<'a>(&'a self, _: &'a Run, _: Next<'a>) -> BoxFuture<'a, Outcome> {
        Box::pin(async { Outcome::Dead { error: "nobody comes in".into() } })
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_layer_is_the_outermost() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let diary = Diary::default();
    let runs = diary.clone();
    let registry = acting(move |_, _| {
        runs.note("runs");
        async { Ok(()) }
    });
    let worker =
        house.worker(registry, |_| {}).layer(Ring("first", diary.clone())).layer(Ring("second", diary.clone()));
    let mut worker = Running::new(worker);
    worker.ended(id, "done").await;
    let wanted = ["first in, attempt 1", "second in, attempt 1", "runs", "second out, done", "first out, done"];
    assert_eq!(diary.lines(), wanted);
    worker.halt().await;
}

#[tokio::test(start_paused = true)]
async fn a_layer_may_keep_the_run_from_happening() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let worker = house.worker(acting(|_, _| async { panic!("it ran") }), |_| {}).layer(Shut);
    let mut worker = Running::new(worker);
    worker.ended(id, "dead").await;
    assert_eq!(house.job(id).await.error.as_deref(), Some("nobody comes in"));
    worker.halt().await;
}

#[tokio::test(start_paused = true)]
async fn events_tell_the_life_of_a_job_in_order() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let mut worker = house.work(acting(|_, context| async move {
        context.progress(1, 3, "painting");
        pass(1_000).await;
        Ok(())
    }));
    house.until(id, State::Done).await;
    worker.stop.graceful("enough");
    pass(10).await;
    let told = worker.told();
    let [started, progressed, ended, stopping] = &told[..] else { panic!("{told:?}") };
    assert!(matches!(started, Event::Started { job, attempt: 1, .. } if *job == id));
    assert!(matches!(progressed, Event::Progressed { job, progress } if *job == id && progress.done == 1));
    let Event::Ended { outcome: "done", state: State::Done, ran_ms, error: None, .. } = ended else {
        panic!("{ended:?}")
    };
    assert!((1_000..1_050).contains(ran_ms), "{ran_ms}");
    assert_eq!(*stopping, Event::Stopping { reason: "enough".into() });
    worker.report().await;
}

#[tokio::test(start_paused = true)]
async fn progress_is_seen_while_the_job_runs_and_a_trail_stays() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let worker = house.work(acting(|_, context| async move {
        for at in 1..=3 {
            context.progress(at, 3, format!("image {at}"));
            context.log(format!("painted {at}"));
            pass(10_000).await;
        }
        Ok(())
    }));
    pass(15_000).await;
    let card = house.card(id).await;
    let progress = card.job.progress.unwrap();
    assert_eq!((progress.done, progress.total, progress.text.as_str()), (2, 3, "image 2"));
    house.until(id, State::Done).await;
    let lines: Vec<_> = house.card(id).await.trail.into_iter().map(|line| (line.word, line.text)).collect();
    assert_eq!(lines, ["painted 1", "painted 2", "painted 3"].map(|text| ("log".to_owned(), text.to_owned())));
    worker.halt().await;
}

#[derive(Serialize, Deserialize)]
struct Count(u64);

impl Job for Count {
    const KIND: &'static str = "count";
}

#[tokio::test(start_paused = true)]
async fn a_run_sees_its_job_and_its_state() {
    let house = House::new();
    let mut registry = Registry::new("b1");
    registry.add::<Count, Diary, _, _>(Arc::new(Diary::default()), |count, context: Context<Diary>| async move {
        context.state().note("seen");
        assert_eq!((count.0, context.job().kind.as_str(), context.fence()), (7, "count", 1));
        assert_eq!((context.id(), context.state().lines().len()), (context.job().id, 1));
        assert!(!context.lease_lost() && !context.token().is_cancelled());
        Ok(())
    });
    let id = house.client.enqueue(&Count(7)).await.unwrap().id;
    let mut worker = house.work(registry);
    worker.ended(id, "done").await;
    worker.halt().await;
}

#[tokio::test(start_paused = true)]
async fn an_order_on_very_many_jobs_reaches_all_of_them() {
    let house = House::new();
    let words: Vec<_> = (0..10_000).map(|_| crate::house::act("x")).collect();
    house.client.enqueue_all(&words).await.unwrap();
    house.client.enqueue_all(&words[..2_500]).await.unwrap();
    assert_eq!(house.claim_and_die(1_000).await.len(), 1_000);
    let steered = house.steer(Order::Cancel(Select::default())).await;
    assert_eq!((steered.count, steered.asked, steered.sample.len()), (11_500, 1_000, 20));
    let steered = house.steer(Order::Retry(Select { limit: 6_000, ..Select::default() })).await;
    assert_eq!(steered.count, 6_000);
}

/// The slices before the one that failed stay done; their count was lost.
#[tokio::test(start_paused = true)]
async fn an_order_that_fails_on_its_way_says_how_far_it_came() {
    let house = House::new();
    let words: Vec<_> = (0..10_000).map(|_| crate::house::act("x")).collect();
    house.client.enqueue_all(&words).await.unwrap();
    assert_eq!(house.claim_and_die(1_000).await.len(), 1_000);
    let faulty = house.faulty();
    faulty.pass_next(Verb::Steer);
    faulty.strike_next(Verb::Steer, Strike::Before(Fault::Busy));
    let store: Arc<dyn Store> = Arc::new(faulty);
    let cancel = || Order::Cancel(Select::default());
    let error = banto_engine::steer::steer(&store, cancel(), "tester", false).await.unwrap_err();
    let said = error.to_string();
    assert_eq!(*error.fault(), Fault::Busy);
    assert!(said.contains("failed on purpose") && said.contains("4000 jobs") && said.contains("1000"), "{said}");
    let rest = house.steer(cancel()).await;
    assert_eq!((rest.count, rest.asked), (5_000, 0), "what it says is what was done");
}

#[tokio::test(start_paused = true)]
async fn an_order_that_fails_at_once_says_nothing_of_others() {
    let house = House::new();
    house.enqueue("x").await;
    let faulty = house.faulty();
    faulty.strike_next(Verb::Steer, Strike::Before(Fault::Busy));
    let store: Arc<dyn Store> = Arc::new(faulty);
    let error =
        banto_engine::steer::steer(&store, Order::Cancel(Select::default()), "tester", false).await.unwrap_err();
    assert_eq!(error.to_string(), "Steer: failed on purpose");
}
