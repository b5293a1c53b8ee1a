//! Clients: what a lost answer means, and how long they ask again.

use std::{sync::Arc, time::Duration};

use banto_core::{Due, Hold, State, Unique};
use banto_engine::Client;
use banto_store::{
    Clock, Fault, Read, Store,
    faulty::{Faulty, Plan, Strike, Verb},
};

use crate::house::{House, act};

fn behind(house: &House) -> (Faulty, Client) {
    let faulty = house.faulty();
    let store: Arc<dyn Store> = Arc::new(faulty.clone());
    (faulty, Client::seeded(store, Arc::new(house.clock.clone()), 9))
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_asked_again_and_doubles_nothing() {
    for strike in [Strike::After, Strike::Instead, Strike::Before(Fault::Busy), Strike::Before(Fault::Gone)] {
        let house = House::new();
        let (faulty, client) = behind(&house);
        (0..3).for_each(|_| faulty.strike_next(Verb::Enqueue, strike.clone()));
        let enqueued = client.enqueue(&act("x")).await.unwrap();
        assert!(enqueued.fresh, "{strike:?}: this very call has stored it");
        assert_eq!(house.memory.tally().await.unwrap().accepted, 1);
        house.check();
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_another_job_holds_is_said_also_after_doubt() {
    let house = House::new();
    let (faulty, client) = behind(&house);
    let once = |word: &str| client.draft(&act(word)).once("key");
    let first = client.send(once("a")).await.unwrap();
    faulty.strike_next(Verb::Enqueue, Strike::After);
    let second = client.send(once("b")).await.unwrap();
    assert_eq!((second.id, second.fresh), (first.id, false));
}

#[tokio::test(start_paused = true)]
async fn a_client_gives_up_after_5_s_and_doubt_stays_doubt() {
    let house = House::new();
    let (faulty, client) = behind(&house);
    faulty.strike_next(Verb::Enqueue, Strike::After);
    faulty.plan(&[Verb::Enqueue], Plan { rate: 1.0, strikes: vec![Strike::Before(Fault::Gone)] });
    let begun = house.clock.steady_ms();
    let error = client.enqueue(&act("x")).await.unwrap_err();
    let took = house.clock.steady_ms() - begun;
    assert!((5_000..5_300).contains(&took), "{took}");
    assert!(error.in_doubt(), "it may have happened, and it has: {error}");
    assert_eq!(house.memory.tally().await.unwrap().accepted, 1);
    let error = client.enqueue(&act("y")).await.unwrap_err();
    assert!(!error.in_doubt(), "nothing of this one happened");
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_and_a_refusal_are_said_at_once() {
    let house = House::new();
    let (faulty, client) = behind(&house);
    faulty.strike_next(Verb::Enqueue, Strike::Before(Fault::Full));
    let begun = house.clock.steady_ms();
    assert_eq!(*client.enqueue(&act("x")).await.unwrap_err().fault(), Fault::Full);
    let refused = client.send(client.draft(&act("x")).priority(10)).await.unwrap_err();
    assert_eq!(refused.to_string(), "take \"10\" as a priority: 0 to 9 is allowed");
    let refused = client.send(client.draft(&act("x")).queue("a:b").tag("fine")).await.unwrap_err();
    assert!(refused.to_string().contains("take \"a:b\" as a name"), "{refused}");
    assert_eq!(house.clock.steady_ms(), begun);
    assert_eq!(house.memory.tally().await.unwrap().accepted, 0);
}

#[tokio::test(start_paused = true)]
async fn an_order_is_stored_as_it_was_given() {
    let house = House::new();
    let order =
        house.client.draft(&act("x")).queue("slow").priority(2).attempts_max(9).tag("user:7").trace("00-ab-cd-01");
    let order = order.timeout(Duration::from_secs(5)).at(house.clock.wall_ms() + 60_000).once("k");
    let ready = order.clone().ready().unwrap();
    assert_eq!(ready.due, Due::At(house.clock.wall_ms() + 60_000));
    let job = house.job(house.client.send(order).await.unwrap().id).await;
    assert_eq!((job.queue.as_str(), job.priority, job.attempts_max, job.state), ("slow", 2, Some(9), State::Scheduled));
    assert_eq!((job.options.tags[0].as_str(), job.options.timeout_ms), ("user:7", Some(5_000)));
    assert_eq!(job.options.trace.unwrap().as_str(), "00-ab-cd-01");
    assert!(matches!(job.unique, Some(Unique { hold: Hold::Remember(86_400_000), .. })));
}

#[tokio::test(start_paused = true)]
async fn a_bulk_is_whole_or_nothing() {
    let house = House::new();
    let words: Vec<_> = ["a", "b", "c"].map(act).into();
    let all = house.client.enqueue_all(&words).await.unwrap();
    assert!(all.len() == 3 && all.iter().all(|one| one.fresh));
    let (faulty, client) = behind(&house);
    faulty.strike_next(Verb::Enqueue, Strike::After);
    assert!(client.enqueue_all(&words).await.unwrap().iter().all(|one| one.fresh));
    assert_eq!(house.memory.tally().await.unwrap().accepted, 6);
}
