//! When a queue is ill, and when it only looks so.

use banto_core::{Backoff, Cause, Facts, InstanceId, Job, Lease, Name, Outcome, Park, decide};
use banto_store::{Claim, Finish, Order, Store as _};

use crate::{
    Client,
    health::{
        Answer, Health, Limits, Parts,
        tests::{House, Letter, name},
    },
};

async fn enqueues(house: &House) {
    let client = Client::new(house.parts.store.clone()).clock(std::sync::Arc::new(house.clock.clone()));
    client.enqueue(&Letter).await.unwrap();
}

fn default() -> Name {
    name("default")
}

/// What is due is taken by instance 5.
async fn claims(house: &House) -> Vec<(Job, Lease)> {
    let instance = InstanceId(5);
    let claim = Claim { instance, queues: vec![default()], limit: 10, lease_ms: 10_000, adopt: Vec::new() };
    house.memory.claim(claim).await.unwrap().jobs
}

/// What is due ends so.
async fn ends(house: &House, outcome: Outcome) {
    for (job, lease) in claims(house).await {
        let verdict = decide(&Facts::of(&job, &Backoff::default()), outcome.clone(), house.now().wall_ms, 1);
        house.memory.finish(vec![Finish { lease, verdict }]).await.unwrap();
    }
}

/// The only queue, its answer's words, and whether all is well.
async fn seen(health: &Health) -> (serde_json::Value, String, bool) {
    health.looks().await;
    let Answer { well, body } = health.queues();
    (body["queues"][0].clone(), body["reasons"].to_string(), well)
}

#[tokio::test]
async fn jobs_that_wait_without_a_living_worker_are_an_illness_after_a_minute() {
    let house = House::new();
    let health = house.health();
    enqueues(&house).await;
    house.clock.pass(60_000);
    let (queue, _, well) = seen(&health).await;
    assert!(well);
    assert_eq!((&queue["waiting"], &queue["oldest_ms"], &queue["workers"]), (&1.into(), &60_000.into(), &0.into()));
    house.clock.pass(1);
    let (queue, why, well) = seen(&health).await;
    assert!(!well && queue["status"] == "unhealthy", "{queue:#}");
    assert!(why.contains("queue default has 1 job for a worker, and none has lived for 1 min"), "{why}");
    house.beats(5, 50, Some("default")).await;
    assert!(seen(&health).await.2, "it lives");
    let keys: Vec<String> = queue.as_object().unwrap().keys().cloned().collect();
    let promised = [
        "dead",
        "died_last_hour",
        "oldest_at",
        "oldest_ms",
        "parked",
        "paused",
        "queue",
        "running",
        "status",
        "unworked_ms",
        "waiting",
        "workers",
    ];
    assert_eq!(keys, promised, "docs/health.md promises these");
}

#[tokio::test]
async fn it_counts_from_when_the_last_worker_was_heard_of() {
    let house = House::new();
    let health = house.health();
    enqueues(&house).await;
    house.clock.pass(600_000);
    house.beats(5, 50, Some("default")).await;
    house.beats(6, 60, Some("mail")).await;
    house.clock.pass(60_000);
    let (queue, _, well) = seen(&health).await;
    assert_eq!((&queue["unworked_ms"], well), (&60_000.into(), true), "its worker has died, and is looked for");
    house.clock.pass(1);
    assert!(!seen(&health).await.2);
    let workers = health.queues().body["workers"].clone();
    assert_eq!((&workers[0]["is"], &workers[0]["queues"][0]), (&"silent".into(), &"default".into()), "{workers:#}");
}

#[tokio::test]
async fn a_pause_is_no_illness_and_what_a_dead_worker_left_is_one_all_the_same() {
    let house = House::new();
    let health = house.health();
    enqueues(&house).await;
    house.orders(Order::Pause { queue: default(), reason: "it rests".into(), until: None }).await;
    house.clock.pass(600_000);
    let (queue, _, well) = seen(&health).await;
    assert!(well);
    assert_eq!((&queue["paused"]["reason"], &queue["paused"]["by"]), (&"it rests".into(), &"ada".into()));
    house.orders(Order::Resume { queue: default() }).await;
    assert_eq!(claims(&house).await.len(), 1);
    house.beats(5, 50, Some("default")).await;
    house.orders(Order::Pause { queue: default(), reason: "it rests".into(), until: None }).await;
    house.clock.pass(60_001);
    let (queue, why, well) = seen(&health).await;
    assert!(!well && queue["running"] == 1 && why.contains("1 job for a worker"), "{queue:#} {why}");
}

#[tokio::test]
async fn how_much_may_wait_be_parked_or_die_is_the_operators_to_say() {
    let house = House::new();
    let told = Limits { age_ms_max: Some(1_000), parked_max: Some(0), died_max: Some(0), ..house.parts.limits };
    let (plain, strict) = (house.health(), Health::new(Parts { limits: told, ..house.parts.clone() }));
    enqueues(&house).await;
    ends(&house, Outcome::Dead { error: "no \u{7} luck".into() }).await;
    enqueues(&house).await;
    ends(&house, Outcome::Park(Park { cause: Cause::Missing, text: "t".into(), build: "b".into() })).await;
    enqueues(&house).await;
    house.clock.pass(1_001);
    let (queue, why, well) = seen(&strict).await;
    assert!(!well && queue["status"] == "unhealthy");
    for part in [
        "waited in queue default for 1 s 1 ms, and 1 s are allowed",
        "queue default has 1 job parked, and 0 may be",
        "in queue default 1 job died within an hour, and 0 are allowed",
    ] {
        assert!(why.contains(part), "{why}");
    }
    let (queue, _, well) = seen(&plain).await;
    assert!(well, "they are shown and no more");
    assert_eq!((&queue["parked"], &queue["dead"], &queue["died_last_hour"]), (&1.into(), &1.into(), &1.into()));
    assert!(!plain.queues().body.to_string().contains("luck"), "what a job said is its own matter");
}
