//! Flags of `queue work` whose meaning only a whole worker shows.

use serde_json::{Value, json};

use super::house::House;

const FAILS: &str = "fail --payload {\"text\":\"no_ink\"}";

#[test]
fn the_workers_number_of_attempts_is_for_jobs_that_ask_for_none_of_their_own() {
    for (flags, own, attempts) in [("--tries 1", "", 1), ("--tries 5", "", 5), ("--tries 1", "--attempts 2", 2)] {
        let house = House::new();
        let id = house.enqueue(&format!("{FAILS} {own}"));
        let report = house.types(&format!("queue work --stop-when-empty --backoff 0 --json {flags}")).ends(0).object();
        assert_eq!(report["ended"], json!({ "retry": attempts }), "{flags} {own}");
        let job = house.job(&id);
        assert_eq!((&job["state"], &job["attempt"]), (&json!("dead"), &json!(attempts)), "{flags} {own}");
    }
}

#[test]
fn a_back_off_is_the_workers_unless_the_job_brings_one() {
    let house = House::new();
    let (plain, own) = (house.enqueue(FAILS), house.enqueue(&format!("{FAILS} --backoff 10h")));
    house.types("queue work --stop-when-empty --tries 2 --backoff 2h").ends(0);
    let rest = |id: &str| {
        let job = house.job(id);
        assert_eq!(job["state"], "scheduled");
        (job["run_at"].as_i64().unwrap() - job["started_at"].as_i64().unwrap()) / 3_600_000
    };
    assert_eq!((rest(&plain), rest(&own)), (2, 10));
}

#[test]
fn the_first_queue_goes_strictly_first() {
    let house = House::new();
    for at in 0..6 {
        house.enqueue(&format!("greet --queue {}", ["mail", "urgent"][at % 2]));
    }
    house.enqueue("greet --queue other");
    let said = house.types("queue work --queue urgent,mail --concurrency 1 --stop-when-empty --verbose").ends(0);
    let ran: Vec<Value> =
        said.log().iter().filter(|line| line["message"] == "running").map(|line| line["queue"].clone()).collect();
    assert_eq!(ran, ["urgent", "urgent", "urgent", "mail", "mail", "mail"]);
    assert_eq!(house.types("queue list --json --queue other").ends(0).object()["state"], "ready");
}

#[test]
fn a_worker_is_seen_under_its_name_while_it_lives_and_after() {
    let house = House::new();
    let worker = house.worker("--name night-shift --queue mail --concurrency 3");
    let seen = || house.types("queue monitor --json").ends(0).object()["workers"].clone();
    while seen().as_array().unwrap().is_empty() {} // it says that it works before it registers
    let night = &seen()[0];
    assert_eq!((&night["instance"]["name"], &night["instance"]["queues"]), (&json!("night-shift"), &json!(["mail"])));
    assert_eq!((&night["instance"]["concurrency"], &night["living"]), (&json!(3), &json!(true)));
    worker.signal(rustix::process::Signal::TERM);
    assert_eq!(worker.ended().0, Some(0));
    assert_eq!(seen()[0]["living"], false, "it has signed off");
}

#[test]
fn time_that_is_over_lets_the_running_job_finish() {
    let house = House::new();
    let id = house.enqueue("nap --payload {\"ms\":3000}");
    let waits = house.enqueue("nap --payload {\"ms\":1} --delay 1h");
    let report = house.types("queue work --max-time 2s --json").ends(0).object();
    assert_eq!((&report["ended"], &report["exit"]), (&json!({ "done": 1 }), &json!(0)));
    assert!(report["reason"].as_str().unwrap().contains("--max-time"), "{report}");
    assert_eq!((&house.job(&id)["state"], &house.job(&waits)["state"]), (&json!("done"), &json!("scheduled")));
}

#[test]
fn a_jobs_own_timeout_goes_before_the_workers() {
    let house = House::new();
    let id = house.enqueue("nap --payload {\"ms\":3600000} --timeout 100ms --attempts 1");
    house.types("queue work --once --timeout 1h").ends(0);
    assert_eq!(house.job(&id)["error"], "timed out after 100 ms");
}

#[test]
fn a_worker_that_was_killed_is_told_of_and_its_job_is_not_lost() {
    let house = House::new();
    let id = house.enqueue("nap --payload {\"ms\":3600000}");
    let mut worker = house.worker("--verbose");
    worker.hears("running");
    worker.signal(rustix::process::Signal::KILL);
    drop(worker);
    let said = house.types(&format!("queue explain {id} --json")).ends(0).object();
    assert!(said["answer"].as_str().unwrap().contains("running in worker"), "{said}");
    let job = house.job(&id);
    assert_eq!((&job["state"], &job["attempt"]), (&json!("running"), &json!(1)));
    let asked = house.types(&format!("queue cancel {id} --json")).ends(0).object();
    assert_eq!((&asked["count"], &asked["asked"]), (&json!(0), &json!(1)), "it is stopped when somebody rescues it");
    assert_eq!(house.types(&format!("queue forget {id}")).exit, Some(1), "what may still run is not deleted");
}
