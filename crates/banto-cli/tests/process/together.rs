//! Several processes at once on one file: nobody fails because of another, and nothing is done twice.

use std::process::{Child, Stdio};

use serde_json::{Value, json};

use super::house::{House, Said};

/// Starts all of these at once and waits for all.
fn at_once(house: &House, typed: impl IntoIterator<Item = String>) -> Vec<Said> {
    let start = |typed: String| -> Child {
        house.errands(&typed).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<Child> = typed.into_iter().map(start).collect();
    children.into_iter().map(|child| child.wait_with_output().unwrap().into()).collect()
}

#[test]
fn many_make_one_store() {
    let house = House::new();
    let typed = (0..8).map(|at| ["migrate --json", "queue enqueue greet --json"][at % 2].to_owned());
    for said in at_once(&house, typed) {
        said.ends(0);
    }
    assert_eq!(house.types("queue list --json").ends(0).objects().len(), 4);
}

#[test]
fn a_key_lets_one_of_many_in() {
    let house = House::new();
    let said = at_once(&house, (0..8).map(|_| "queue enqueue greet --unique k --json".to_owned()));
    let answers: Vec<Value> = said.into_iter().map(|said| said.ends(0).object()).collect();
    assert_eq!(answers.iter().filter(|answer| answer["fresh"] == true).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| answer["id"] == answers[0]["id"]), "all are told of the same job");
    assert_eq!(house.types("queue list --json").ends(0).objects().len(), 1);
}

#[test]
fn a_dead_job_is_either_flushed_or_retried() {
    let house = House::new();
    const JOBS: u64 = 2_000;
    house.types(&format!("queue enqueue fail --attempts 1 --payload {{\"text\":\"x\"}} --count {JOBS}")).ends(0);
    house.types("queue work --stop-when-empty --concurrency 100").ends(0);
    let typed =
        ["queue flush --yes --json", "queue retry --all --json", "queue flush --yes --json --export dead.jsonl"];
    let said = at_once(&house, typed.map(str::to_owned));
    let done: Vec<u64> = said.iter().map(|said| said.object()["count"].as_u64().unwrap()).collect();
    assert_eq!(done.iter().sum::<u64>(), JOBS, "each job was taken by one of them: {said:?}");
    for said in &said {
        assert!(matches!(said.exit, Some(0 | 1)), "{said:?}");
        let meanwhile = said.err.contains("changed meanwhile");
        assert_eq!(said.exit == Some(1), meanwhile, "{said:?}");
    }
    let left = house.types("queue list --json --limit 9999").ends(0).objects();
    assert!(left.iter().all(|job| job["state"] == "ready"));
    assert_eq!(left.len() as u64, done[1]);
    let exported = std::fs::read_to_string(house.folder.path().join("dead.jsonl")).unwrap_or_default();
    for id in exported.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["job"]["id"].clone()) {
        let kept = left.iter().find(|job| job["id"] == id);
        assert!(
            kept.is_none_or(|job| job["state"] == "ready"),
            "what was written is deleted or was retried by another"
        );
    }
}

#[test]
fn workers_share_a_queue_and_no_job_runs_twice() {
    let house = House::new();
    house.types("queue enqueue greet --count 3000").ends(0);
    let said = at_once(&house, (0..3).map(|_| "queue work --stop-when-empty --json".to_owned()));
    let ended = said.into_iter().map(|said| said.ends(0).object()["ended"]["done"].as_u64().unwrap_or(0));
    assert_eq!(ended.sum::<u64>(), 3_000);
    let tally = house.types("queue monitor --json").ends(0).object()["tally"].clone();
    assert_eq!((&tally["late"], &tally["lost"], &tally["rescued"]), (&json!(0), &json!(0), &json!(0)));
}
