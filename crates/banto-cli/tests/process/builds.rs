//! The incident as commands: a kind that the new build does not know, parked, checked, released, run by the next.

use serde_json::json;

use super::house::House;

const OLD: &str = r"App\Jobs\GreetJob";

#[test]
fn a_renamed_kind_is_parked_checked_and_run_by_who_knows_it() {
    let house = House::new();
    let id = house.enqueue(&format!("{OLD} --payload {{\"name\":\"Ada\"}}"));
    let check = house.build("b", "deploy:check --json").ends(1).object();
    let (group, build) = (&check["stranded"][0], &check["build"]);
    assert_eq!((&group["kind"], &group["jobs"], build), (&json!(OLD), &json!(1), &json!("b")));

    house.build("b", "queue work --stop-when-empty").ends(0);
    let job = house.job(&id);
    assert_eq!((&job["state"], &job["attempt"]), (&json!("parked"), &json!(0)), "no attempt is burned");
    let parked = house.build("b", "queue:parked --json").ends(0).object();
    assert_eq!((&parked["cause"], &parked["kind"], &parked["jobs"]), (&json!("unknown_kind"), &json!(OLD), &json!(1)));
    assert!(parked["cure"].as_str().unwrap().contains("alias"));
    assert!(house.build("b", "queue monitor").ends(1).out.contains("parked for unknown_kind"));

    house.build("c", "deploy check").ends(0);
    house.build("c", "queue work --stop-when-empty").ends(0);
    let job = house.job(&id);
    assert_eq!((&job["state"], &job["attempt"]), (&json!("done"), &json!(1)), "taken back without a release");
}

#[test]
fn a_release_makes_parked_jobs_ready_for_anybody() {
    let house = House::new();
    let id = house.enqueue(OLD);
    house.build("b", "queue work --stop-when-empty").ends(0);
    assert_eq!(house.types(&format!("queue release {id}")).ends(0).out, "1 job released\n");
    assert_eq!(house.job(&id)["state"], "ready");
    house.build("b", "queue work --stop-when-empty").ends(0);
    assert_eq!(house.types("queue release --cause unknown_kind").ends(0).out, "1 job released\n");
}

#[test]
fn a_paused_queue_gives_nothing_until_it_is_resumed() {
    let house = House::new();
    let id = house.enqueue("greet --payload {\"name\":\"Ada\"}");
    house.types("queue pause default").ends(0);
    house.types("queue work --stop-when-empty").ends(0);
    assert_eq!(house.job(&id)["state"], "ready");
    assert!(house.types(&format!("queue explain {id}")).out.contains("is paused by"));
    house.types("queue resume default").ends(0);
    house.types("queue work --stop-when-empty").ends(0);
    assert_eq!(house.job(&id)["state"], "done");
}

#[test]
fn a_worker_takes_from_every_queue_its_kinds_name() {
    let house = House::new();
    let id = house.enqueue("nap --payload {\"ms\":1}");
    assert_eq!(house.job(&id)["queue"], "naps", "the kind's own queue");
    house.types("queue work --stop-when-empty").ends(0);
    assert_eq!(house.job(&id)["state"], "done");
}
