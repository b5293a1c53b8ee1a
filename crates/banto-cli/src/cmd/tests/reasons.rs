//! `queue explain`: each reason why a job is not running, as it is said to people and to programs, and that what it says to
//! do can be typed and does it.

use banto_core::{Cause, InstanceId, JobId, Outcome, Park, State};
use banto_engine::Registry;
use banto_store::Status;
use serde_json::Value;

use super::house::{Greet, House};

/// What explain answers: the line for people must carry what programs are told.
async fn explained(house: &House, id: JobId) -> Value {
    let object = house.types(&format!("queue explain {id} --json")).await.ends(0).object();
    let said = house.types(&format!("queue explain {id}")).await.ends(0);
    let (answer, job) = (object["answer"].as_str().unwrap(), &object["card"]["job"]);
    let first = format!("{} {id}: {answer}", job["kind"].as_str().unwrap());
    assert_eq!(said.out.lines().next(), Some(first.as_str()));
    for fact in object["facts"].as_array().unwrap() {
        assert!(said.out.contains(&format!("\n  - {}\n", fact.as_str().unwrap())), "{fact} is not in {}", said.out);
    }
    let cure = said.out.lines().find_map(|line| line.strip_prefix("what to do: "));
    assert_eq!(cure, object["cure"].as_str());
    object
}

/// The commands of a cure, to be typed.
fn commands(explained: &Value) -> Vec<String> {
    let cure = explained["cure"].as_str().unwrap_or_default();
    let parts = cure.split("; ").filter_map(|part| part.find("queue ").map(|at| part[at..].to_owned()));
    parts.collect()
}

/// Types the only command of a cure.
async fn cured(house: &House, explained: &Value) {
    let commands = commands(explained);
    assert_eq!(commands.len(), 1, "{explained}");
    let until_empty = if commands[0].starts_with("queue work") { " --stop-when-empty" } else { "" };
    house.types(&format!("{}{until_empty}", commands[0])).await.ends(0);
}

#[track_caller]
fn answers(explained: &Value, answer: &str) {
    assert_eq!(explained["answer"], answer, "{explained}");
}

#[tokio::test]
async fn no_living_worker_takes_from_its_queue() {
    let house = House::new();
    let id = house.enqueue("greet --queue mail").await;
    house.worker(1, &["news"], &["greet"]).await;
    let said = explained(&house, id).await;
    answers(&said, "no living worker takes from its queue \"mail\" (1 live in all)");
    cured(&house, &said).await;
    assert_eq!(house.state(id).await, Some(State::Done), "the worker that it names has run the job");
}

#[tokio::test]
async fn a_worker_that_is_silent_does_not_count() {
    let house = House::new();
    let id = house.enqueue("greet").await;
    house.worker(1, &["default"], &["greet"]).await;
    answers(&explained(&house, id).await, "it is next in line: at most 0 ready jobs of its queue stand before it");
    house.clock.pass(60_000);
    let said = explained(&house, id).await;
    answers(&said, "no living worker takes from its queue \"default\" (0 live in all)");
    assert!(said["facts"].to_string().contains("is gone"), "{said}");
}

#[tokio::test]
async fn its_queue_is_paused_by_somebody() {
    let house = House::new();
    let id = house.enqueue("greet --queue mail").await;
    house.worker(1, &["mail"], &["greet"]).await;
    house.types_words(["queue", "pause", "mail", "--reason", "a flood of mail", "--until", "90s"]).await.ends(0);
    let said = explained(&house, id).await;
    let (by, answer) = (crate::cmd::steer::who(), said["answer"].as_str().unwrap());
    assert_eq!(answer, format!("its queue \"mail\" is paused by {by} (a flood of mail) for another 1 min 30 s"));
    cured(&house, &said).await;
    answers(&explained(&house, id).await, "it is next in line: at most 0 ready jobs of its queue stand before it");
}

#[tokio::test]
async fn it_is_due_later_and_a_retry_runs_it_now() {
    let house = House::new();
    let id = house.enqueue("greet --delay 90m").await;
    let said = explained(&house, id).await;
    answers(&said, "it is due in 1 h 30 min");
    assert_eq!(said["cure"], Value::Null);
    house.clock.pass(5_400_000);
    answers(&explained(&house, id).await, "no living worker takes from its queue \"default\" (0 live in all)");
}

#[tokio::test]
async fn its_last_run_failed_and_the_next_waits() {
    let house = House::new();
    let id = house.enqueue("greet --backoff 5m").await;
    house.end("default", Some(Outcome::Retry { error: "no ink".into(), delay_ms: None })).await;
    let said = explained(&house, id).await;
    answers(&said, "it is due in 5 min; its last run ended with: no ink");
    assert!(said["facts"].to_string().contains("attempt 1 of the usual 3, claimed 1 times, 0 crashes"), "{said}");
}

#[tokio::test]
async fn living_workers_do_not_know_its_kind_or_its_version() {
    let house = House::new();
    let (old, new) = (house.enqueue(r"App\Jobs\Old").await, house.enqueue("greet --version 4 --anyway").await);
    house.worker(1, &["default"], &["greet"]).await;
    let said = explained(&house, old).await;
    answers(
        &said,
        r#"no living worker of its queue knows the kind "App\Jobs\Old"; the next that claims it will park it"#,
    );
    assert_eq!(said["cure"], Cause::UnknownKind.cure());
    let said = explained(&house, new).await;
    answers(&said, "its payload has version 4; the living workers of its queue read greet up to 1");
    assert_eq!(said["cure"], Cause::NewerVersion.cure());
}

#[tokio::test]
async fn it_runs_and_where() {
    let house = House::new();
    let id = house.enqueue("greet").await;
    house.worker(1, &["default"], &["greet"]).await;
    house.end("default", None).await;
    let worker = format!("worker {} (night on here, pid 7, build b0)", InstanceId(1));
    answers(&explained(&house, id).await, &format!("it is running in {worker}"));
    house.types(&format!("queue cancel {id}")).await.ends(0);
    answers(&explained(&house, id).await, &format!("it is running in {worker}; it was asked to stop"));
}

#[tokio::test]
async fn its_worker_died_or_left_and_nobody_is_there_to_rescue_it() {
    for (status, gone) in [(Status::Working, "is silent for 1 min"), (Status::Stopped, "left 1 min ago")] {
        let house = House::new();
        let id = house.enqueue(r#"greet --payload {"name":"Ada"}"#).await;
        house.worker(1, &["default"], &["greet"]).await;
        house.end("default", None).await;
        let mut instance = house.store.instances().await.unwrap().pop().unwrap().instance;
        instance.status = status;
        house.store.beat(instance).await.unwrap();
        house.clock.pass(60_000);
        let said = explained(&house, id).await;
        let worker = format!("worker {} (night on here, pid 7, build b0)", InstanceId(1));
        answers(&said, &format!("it was running in {worker}, which {gone}; no worker lives, so nobody will rescue it"));
        cured(&house, &said).await;
        assert_eq!(house.state(id).await, Some(State::Done), "the worker that it names has rescued and run it");
    }
}

#[tokio::test]
async fn it_is_parked_for_each_cause() {
    for cause in Cause::ALL {
        let house = House::new();
        let id = house.enqueue("greet").await;
        let park = Park { cause, text: format!("{} was seen", cause.word()), build: "b0".into() };
        house.end("default", Some(Outcome::Park(park))).await;
        let said = explained(&house, id).await;
        answers(&said, &format!("it is parked: {} was seen", cause.word()));
        assert_eq!(said["cure"], cause.cure());
        house.types("queue pause default").await.ends(0);
        let said = explained(&house, id).await;
        assert!(said["facts"].to_string().contains("its queue is paused by"), "released, it would wait on: {said}");
    }
}

#[tokio::test]
async fn a_worker_has_parked_it_and_says_what_is_missing() {
    let house = House::of(|app| {
        let mut registry = Registry::new("b1");
        let missing = || vec!["A_KEY".to_owned(), "a painter".to_owned()];
        registry.add_needing(().into(), |_: Greet, _: banto_engine::Context| async { Ok(()) }, missing);
        app.registry(registry)
    });
    let id = house.enqueue("greet").await;
    house.types("queue work --stop-when-empty --start-anyway").await.ends(0);
    let said = explained(&house, id).await;
    let answer = said["answer"].as_str().unwrap();
    assert!(answer.starts_with("it is parked: ") && answer.contains("A_KEY, a painter"), "{answer}");
    assert!(said["facts"].to_string().contains("attempt 0 of the usual 3"), "no attempt is burned: {said}");
}

#[tokio::test]
async fn it_has_ended_and_how_it_is_run_again() {
    for (outcome, answer) in [
        (Outcome::Dead { error: "no such street".into() }, "it is dead after 1 attempt: no such street"),
        (Outcome::Cancel { reason: "it has moved".into() }, "it was cancelled: it has moved"),
    ] {
        let house = House::new();
        let id = house.enqueue("greet").await;
        house.end("default", Some(outcome)).await;
        let said = explained(&house, id).await;
        answers(&said, answer);
        cured(&house, &said).await;
        assert_eq!(house.state(id).await, Some(State::Ready));
    }
    let house = House::new();
    let id = house.enqueue("greet").await;
    house.end("default", Some(Outcome::Done)).await;
    let said = explained(&house, id).await;
    answers(&said, "it is done");
    assert_eq!(said["cure"], Value::Null);
}

#[tokio::test]
async fn it_was_cancelled_by_somebody() {
    let house = House::new();
    let id = house.enqueue("greet").await;
    house.types(&format!("queue cancel {id}")).await.ends(0);
    let said = explained(&house, id).await;
    answers(&said, &format!("it was cancelled by {}", crate::cmd::steer::who()));
    cured(&house, &said).await;
    assert_eq!(house.state(id).await, Some(State::Ready));
}

#[tokio::test]
async fn another_job_holds_its_key() {
    let house = House::new();
    let first = house.enqueue("greet --unique avatar:42").await;
    house.types(&format!("queue cancel {first}")).await.ends(0);
    let holder = house.enqueue("greet --unique avatar:42").await;
    let said = explained(&house, first).await;
    let asked = commands(&said);
    assert_eq!(asked, [format!("queue explain {holder}"), format!("queue retry {first}")]);
    house.types(&asked[1]).await.ends(1);
    assert_eq!(house.state(first).await, Some(State::Cancelled), "the holder stands in the way, as was said");
    house.types(&asked[0]).await.ends(0);
    house.types(&format!("queue cancel {holder}")).await.ends(0);
    house.types(&asked[1]).await.ends(0);
    assert_eq!(house.state(first).await, Some(State::Ready));
}

#[tokio::test]
async fn a_key_says_who_holds_it_until_when_and_when_it_is_free() {
    for (flags, outcome, free_after) in [
        ("--unique k", Outcome::Done, 0),
        ("--unique k --unique-for 1h", Outcome::Done, 3_600_000),
        ("--once k", Outcome::Dead { error: "x".into() }, 86_400_000),
    ] {
        let house = House::new();
        let id = house.enqueue(&format!("greet {flags}")).await;
        let holder = async || house.types("queue explain --key k --json").await.ends(0).object()["holder"].clone();
        assert_eq!(holder().await["job"], id.to_string(), "{flags}");
        house.end("default", Some(outcome)).await;
        if free_after > 0 {
            assert_eq!(holder().await["job"], id.to_string(), "{flags}");
            house.clock.pass(free_after - 1);
            assert_eq!(holder().await["job"], id.to_string(), "{flags}");
            house.clock.pass(1);
        }
        assert_eq!(holder().await, Value::Null, "{flags}");
        assert!(house.types("queue explain --key k").await.ends(0).out.contains("is free"));
    }
}

#[tokio::test]
async fn a_key_that_is_held_while_queued_is_free_once_its_job_runs() {
    let house = House::new();
    house.enqueue("greet --unique k --unique-for queued").await;
    house.end("default", None).await;
    let said = house.types("queue explain --key k --json").await.ends(0).object();
    assert_eq!((&said["holder"], &said["key"]), (&Value::Null, &"k".into()));
}
