//! Which job goes first: queues, weights, priorities, pauses, rests.

use std::time::Duration;

use banto_core::State;
use banto_engine::config::QueueWeight;
use banto_store::{Clock, Order};

use crate::house::{Diary, House, Running, act, acting, name, pass};

/// A registry that notes each word in turn.
fn noting(diary: &Diary) -> banto_engine::Registry {
    let diary = diary.clone();
    acting(move |act, _| {
        diary.note(act.0);
        async { Ok(()) }
    })
}

async fn into(house: &House, queue: &str, word: &str, priority: u8) {
    let order = house.client.draft(&act(word)).queue(queue).priority(priority);
    house.client.send(order).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_urgent_go_first_then_the_older() {
    let house = House::new();
    for (word, priority) in [("c", 5), ("e", 9), ("a", 0), ("d", 5), ("b", 0)] {
        into(&house, "default", word, priority).await;
    }
    let diary = Diary::default();
    let worker = Running::new(house.worker(noting(&diary), |config| config.concurrency = 1));
    while diary.lines().len() < 5 {
        pass(10).await;
    }
    assert_eq!(diary.lines().concat(), "abcde");
    worker.halt().await;
}

#[tokio::test(start_paused = true)]
async fn without_weights_the_first_queue_is_emptied_first() {
    let house = House::new();
    for at in 0..10 {
        into(&house, "low", "l", at % 10).await;
        into(&house, "high", "h", at % 10).await;
    }
    let diary = Diary::default();
    let worker = Running::new(house.worker(noting(&diary), |config| {
        config.concurrency = 1;
        config.queues = ["high", "low"].map(|queue| QueueWeight { queue: name(queue), weight: 0 }).into();
    }));
    while diary.lines().len() < 20 {
        pass(10).await;
    }
    assert_eq!(diary.lines().concat(), "hhhhhhhhhhllllllllll");
    worker.halt().await;
}

#[tokio::test(start_paused = true)]
async fn weights_share_the_turns_and_starve_nobody() {
    let house = House::new();
    for _ in 0..300 {
        into(&house, "low", "l", 5).await;
        into(&house, "high", "h", 5).await;
    }
    let diary = Diary::default();
    let noted = diary.clone();
    let registry = acting(move |act, _| {
        noted.note(act.0);
        async {
            pass(100).await; // long enough that each turn is a claim of its own
            Ok(())
        }
    });
    let worker = Running::new(house.worker(registry, |config| {
        config.concurrency = 1;
        config.queues =
            [("high", 3), ("low", 1)].map(|(queue, weight)| QueueWeight { queue: name(queue), weight }).into();
    }));
    while diary.lines().len() < 200 {
        pass(100).await;
    }
    let high = diary.lines()[..200].iter().filter(|word| *word == "h").count();
    assert!((125..175).contains(&high), "{high} of 200 turns for a weight of 3 to 1");
    worker.halt().await;
}

#[tokio::test(start_paused = true)]
async fn a_paused_queue_gives_nothing_until_it_is_resumed() {
    let house = House::new();
    let pause = |until| Order::Pause { queue: name("default"), reason: "a flood".into(), until };
    house.steer(pause(None)).await;
    let id = house.enqueue("x").await;
    let worker = house.work(noting(&Diary::default()));
    pass(600_000).await;
    assert_eq!(house.job(id).await.fence, 0);
    house.steer(Order::Resume { queue: name("default") }).await;
    pass(5).await;
    assert_eq!(house.job(id).await.state, State::Done, "an idle worker is woken by the order");

    house.steer(pause(Some(house.clock.wall_ms() + 30_000))).await;
    let id = house.enqueue("x").await;
    pass(29_000).await;
    assert_eq!(house.job(id).await.fence, 0);
    pass(1_010).await;
    assert_eq!(house.job(id).await.state, State::Done, "and by the pause's end");
    worker.halt().await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_worker_is_woken_for_new_work_and_by_the_hour() {
    let house = House::new();
    let mut worker = house.work(noting(&Diary::default()));
    pass(10_123).await;
    let id = house.enqueue("x").await;
    let begun = house.clock.steady_ms();
    worker.ended(id, "done").await;
    assert!(house.clock.steady_ms() - begun <= 2, "at once");
    let due = house.client.send(house.client.draft(&act("x")).delay(Duration::from_millis(1_234))).await.unwrap().id;
    worker.ended(due, "done").await;
    let late = house.clock.steady_ms() - begun - 1_234;
    assert!(late <= 5, "{late} ms late");
    worker.halt().await;
}

#[tokio::test(start_paused = true)]
async fn a_slot_rests_between_two_jobs() {
    let house = House::new();
    for _ in 0..4 {
        house.enqueue("x").await;
    }
    let worker = Running::new(house.worker(noting(&Diary::default()), |config| {
        (config.concurrency, config.rest_ms, config.stop_when_empty) = (1, 5_000, true);
    }));
    let begun = house.clock.steady_ms();
    worker.report().await;
    let took = house.clock.steady_ms() - begun;
    assert!((15_000..20_100).contains(&took), "{took}");
}
