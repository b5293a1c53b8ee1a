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
