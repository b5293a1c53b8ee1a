//! `schedule run`, one tick: what it fires, what it runs, how it ends, and what the ledger says of it.

use serde_json::json;

use super::house::{BEGIN_MS, House};

const HOUR: i64 = 3_600_000;

#[tokio::test]
async fn a_tick_fires_what_is_due_runs_it_and_says_which_failed() {
    let house = House::scheduling();
    let first = house.types("schedule run --json").await.ends(0).object();
    assert_eq!((&first["fired"], &first["runs"]), (&json!(0), &json!([])), "a new service is due from now on");
    house.clock.pass(HOUR as u64);
    let said = house.types("schedule run --json").await.ends(1).object();
    assert_eq!(said["fired"], 2, "{said}");
    let runs = said["runs"].as_array().unwrap();
    let of = |name: &str| runs.iter().find(|run| run["schedule"] == name).unwrap();
    assert_eq!(of("say:hello")["state"], "done");
    assert_eq!((&of("fail:often")["state"], &of("fail:often")["here"]), (&json!("dead"), &json!(true)));
    assert!(of("fail:often")["error"].as_str().unwrap().contains("exit code 12"), "{said}");
    let again = house.types("schedule run").await.ends(0);
    assert!(again.out.contains("0 due instants fired"), "{}", again.out);
    let history = house.types("schedule history fail:often --output").await.ends(0).out;
    for part in ["Tue 2030-01-01 01:00 +00:00", "fired", "failed (exit code 12)", "    broken"] {
        assert!(history.contains(part), "{part} is not in {history}");
    }
    let rows = house.types("schedule history say:hello --json --fate missed").await.ends(0).objects();
    assert!(
        !rows.is_empty() && rows.iter().all(|row| row["fate"] == "missed" && row["reason"] == "policy"),
        "{rows:?}"
    );
    let fired = house.types("schedule history say:hello --json --fate fired").await.ends(0).object();
    assert_eq!((&fired["due_at"], &fired["run"]["output"]["exit"]), (&json!(BEGIN_MS + HOUR), &json!(0)));
    assert_eq!(house.types("schedule history say:hello --json --limit 1").await.ends(0).object(), fired);
    house.types("schedule history nobody").await.ends(8);
    house.types("schedule history say:hello --fate lost").await.ends(2);
    house.types("schedule history say:hello --limit 0").await.ends(2);
}

#[tokio::test]
async fn what_a_function_said_is_shown_with_what_commands_printed() {
    let house = House::scheduling();
    house.types("schedule run").await.ends(0);
    house.clock.pass(3 * HOUR as u64);
    house.types("schedule run").await.ends(1);
    let said = house.types("schedule history sweep --output").await.ends(0).out;
    assert!(said.ends_with("03:00 +00:00:\n    -- swept\\u{1b}[2J the floor\n"), "{said}");
}

#[tokio::test]
async fn a_job_of_a_kind_is_left_to_its_worker() {
    let house = House::scheduling();
    house.types("schedule run").await.ends(0);
    house.clock.pass(7 * 24 * HOUR as u64);
    let said = house.types("schedule run").await;
    assert!(said.out.contains("greet:all: enqueued as job "), "{said:?}");
    assert_eq!(house.types("queue list --state ready --kind greet --json").await.ends(0).objects().len(), 1);
    let worked = house.types("queue work --stop-when-empty --json").await.ends(0).object();
    assert_eq!(worked["ended"], json!({ "done": 1 }));
}

#[tokio::test]
async fn what_overlaps_is_skipped_and_on_the_ledger() {
    let house = House::scheduling();
    house.types("schedule run").await.ends(0);
    house.clock.pass(300_000);
    house.fire().await;
    house.clock.pass(300_000);
    house.fire().await;
    let said = house.types("schedule history say:hello --fate skipped").await.ends(0).out;
    assert!(said.contains("skipped: the run before had not ended"), "{said}");
}

#[tokio::test]
async fn what_an_earlier_tick_has_left_is_run_too_and_told_apart() {
    let house = House::scheduling();
    house.types("schedule run").await.ends(0);
    house.clock.pass(HOUR as u64);
    // A tick that died before it began any of its runs.
    house.fire().await;
    house.clock.pass(60_000);
    let said = house.types("schedule run --json").await.ends(1).object();
    assert_eq!((&said["fired"], &said["runs"], &said["rescued"]), (&json!(0), &json!([]), &json!(0)));
    let left = said["left"].as_array().unwrap();
    let state = |name: &str| &left.iter().find(|run| run["schedule"] == name).unwrap()["state"];
    assert_eq!((left.len(), state("say:hello"), state("fail:often")), (2, &json!("done"), &json!("dead")), "{said}");
    house.clock.pass(300_000);
    house.fire().await;
    let said = house.types("schedule run").await.ends(0).out;
    assert!(said.contains("say:hello: done (left by an earlier tick)"), "{said}");
    assert!(said.contains("0 due instants fired") && said.contains("1 run left by earlier ticks, 0 failed"), "{said}");
    let said = house.types("schedule run").await.ends(0).out;
    assert!(!said.contains("left by"), "once: {said}");
}

#[tokio::test]
async fn what_a_tick_that_died_held_is_taken_back_before_the_next_one_fires() {
    let house = House::scheduling();
    house.types("schedule run").await.ends(0);
    house.clock.pass(300_000);
    house.fire().await;
    assert_eq!(house.end("schedules", None).await.len(), 1, "its run has begun, and its process is gone");
    house.clock.pass(300_000);
    let said = house.types("schedule run --json").await.ends(0).object();
    assert_eq!((&said["fired"], &said["not"], &said["rescued"]), (&json!(1), &json!(0), &json!(1)), "{said}");
    assert_eq!((&said["runs"][0]["schedule"], &said["runs"][0]["state"]), (&json!("say:hello"), &json!("done")));
    let fires = house.types("schedule history say:hello --fate fired --json").await.ends(0).objects();
    let states: Vec<_> = fires.iter().map(|fire| fire["run"]["state"].clone()).collect();
    assert_eq!(states, ["done", "dead"], "the dead one is said: {fires:?}");
}

#[tokio::test]
async fn what_waits_where_somebody_lives_is_left_to_them() {
    let house = House::scheduling();
    house.types("schedule run").await.ends(0);
    house.clock.pass(300_000);
    house.fire().await;
    house.worker(7, &["schedules"], &["banto.run"]).await;
    let said = house.types("schedule run --json").await.ends(0).object();
    assert_eq!((&said["fired"], &said["left"]), (&json!(0), &json!([])));
    assert_eq!(house.types("queue list --state ready --json").await.ends(0).objects().len(), 1);
}

#[tokio::test]
async fn a_run_whose_queue_is_paused_is_not_waited_for() {
    let house = House::scheduling();
    house.types("schedule run").await.ends(0);
    house.types("queue pause schedules --reason strike").await.ends(0);
    house.clock.pass(300_000);
    let said = house.types("schedule run").await.ends(0).out;
    assert!(said.contains("say:hello: job ") && said.contains("waits: the queue schedules is paused"), "{said}");
    assert!(house.types("schedule run").await.ends(0).out.starts_with("0 due instants fired"));
    house.types("queue resume schedules").await.ends(0);
    let said = house.types("schedule run").await.ends(0).out;
    assert!(said.contains("1 run left by earlier ticks"), "{said}");
}

#[tokio::test]
async fn of_two_ticks_at_once_each_waits_for_what_it_fired_and_each_run_runs_once() {
    let house = House::scheduling();
    house.types("schedule run").await.ends(0);
    for _ in 0..20 {
        house.clock.pass(300_000);
        let (one, two) = tokio::join!(house.types("schedule run --json"), house.types("schedule run --json"));
        let (one, two) = (one.object(), two.object());
        let hello = |said: &serde_json::Value, part: &str| {
            let runs = said[part].as_array().unwrap().iter();
            runs.filter(|run| run["schedule"] == "say:hello").cloned().collect::<Vec<_>>()
        };
        let own = [hello(&one, "runs"), hello(&two, "runs")].concat();
        assert_eq!(own.len(), 1, "one of them fired it: {one} {two}");
        assert_eq!(own[0]["state"], "done", "and waited for its end: {one} {two}");
        assert!(hello(&one, "left").len() + hello(&two, "left").len() <= 1, "{one} {two}");
    }
    let fires = house.types("schedule history say:hello --fate fired --json --limit 100").await.ends(0).objects();
    assert_eq!(fires.len(), 20);
    assert!(fires.iter().all(|fire| fire["run"]["attempt"] == 1 && fire["run"]["state"] == "done"), "{fires:?}");
}
