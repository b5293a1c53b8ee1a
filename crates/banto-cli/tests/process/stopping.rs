//! What stops a worker, with its cause and its exit code.

use rustix::process::Signal;
use serde_json::json;

use super::house::House;

#[test]
fn once_runs_one_job_and_tells_each_step_under_verbose() {
    let house = House::new();
    let ids = [0, 1].map(|_| house.enqueue("greet --payload {\"name\":\"Ada\"}"));
    let said = house.types("queue work --once --verbose").ends(0);
    let log = said.log();
    let steps = log.iter().filter(|line| line["message"] != "stopping: no new jobs are taken");
    let steps: Vec<_> = steps.map(|line| (line["message"].as_str().unwrap(), line)).collect();
    let [("the store is open", _), ("working", _), ("running", running), ("ended", ended), ("stopped", stopped)] =
        steps[..]
    else {
        panic!("{log:#?}")
    };
    assert_eq!((&running["job"], &ended["outcome"], &stopped["exit"]), (&json!(ids[0]), &json!("done"), &json!(0)));
    assert_eq!(ids.map(|id| house.job(&id)["state"].clone()), ["done", "ready"]);
}

#[test]
fn a_timeout_fires_under_once_too() {
    let house = House::new();
    let id = house.enqueue("nap --payload {\"ms\":60000} --attempts 1");
    let said = house.types("queue work --once --timeout 200ms --json").ends(0);
    assert_eq!(said.object()["ended"], json!({ "retry": 1 }));
    let job = house.job(&id);
    assert_eq!((&job["state"], &job["error"]), (&json!("dead"), &json!("timed out after 200 ms")));
}

#[test]
fn a_run_that_never_stops_ends_the_worker_with_its_own_code() {
    let house = House::new();
    let id = house.enqueue("block --payload {\"ms\":3600000}");
    let (exit, stopped) = house.worker("--once --timeout 100ms --grace 0").ended();
    assert_eq!((exit, &stopped["exit"]), (Some(11), &json!(11)));
    assert!(stopped["reason"].as_str().unwrap().contains(&id), "{stopped}");
    assert_eq!(house.job(&id)["state"], "running", "its lease ends by itself");
}

#[test]
fn the_log_of_a_worker_whose_run_never_stops_is_json_to_its_last_line() {
    let house = House::new();
    let id = house.enqueue("block --payload {\"ms\":3600000}");
    let log = house.types("queue work --once --timeout 50ms --grace 0").ends(11).log();
    let (last, before) = log.split_last().unwrap();
    assert_eq!((&last["message"], &last["exit"]), (&json!("stopped"), &json!(11)));
    let left = before.iter().find(|line| line["message"].as_str().is_some_and(|text| text.contains("did not stop")));
    assert_eq!(left.map(|line| (&line["job"], &line["kind"])), Some((&json!(id), &json!("block"))), "{log:#?}");
}

#[test]
fn term_lets_running_jobs_finish_and_takes_no_new_ones() {
    let house = House::new();
    let naps = house.enqueue("nap --payload {\"ms\":700}");
    let mut worker = house.worker("--concurrency 1 --verbose");
    worker.hears("running");
    let waits = house.enqueue("nap --payload {\"ms\":1}");
    worker.signal(Signal::TERM);
    let (exit, stopped) = worker.ended();
    assert_eq!((exit, &stopped["reason"], &stopped["ended"]), (Some(0), &json!("TERM was received"), &json!("done 1")));
    assert_eq!(house.job(&naps)["state"], "done");
    assert_eq!((&house.job(&waits)["state"], &house.job(&waits)["attempt"]), (&json!("ready"), &json!(0)));
}

#[test]
fn term_is_heard_while_handlers_hold_every_thread() {
    let house = House::new();
    let threads = std::thread::available_parallelism().unwrap().get();
    let ids: Vec<String> = (0..threads).map(|_| house.enqueue("block --payload {\"ms\":3600000}")).collect();
    let worker = house.worker(&format!("--concurrency {threads} --grace 0"));
    while ids.iter().any(|id| house.job(id)["state"] != "running") {}
    worker.signal(Signal::TERM);
    let (exit, stopped) = worker.ended();
    assert_eq!((exit, &stopped["reason"]), (Some(11), &json!("TERM was received")));
}

#[test]
fn after_the_grace_a_run_is_handed_back_and_burns_no_attempt() {
    let house = House::new();
    let id = house.enqueue("nap --payload {\"ms\":3600000}");
    let mut worker = house.worker("--verbose --grace 100ms");
    worker.hears("running");
    worker.signal(Signal::INT);
    let (exit, stopped) = worker.ended();
    assert_eq!((exit, &stopped["ended"]), (Some(0), &json!("hand_back 1")));
    assert_eq!((&house.job(&id)["state"], &house.job(&id)["attempt"]), (&json!("ready"), &json!(0)));
}

#[test]
fn a_second_signal_stops_at_once() {
    let house = House::new();
    let id = house.enqueue("nap --payload {\"ms\":3600000}");
    let mut worker = house.worker("--verbose --grace 1h");
    worker.hears("running");
    worker.signal(Signal::TERM);
    worker.hears("stopping");
    worker.signal(Signal::TERM);
    let (exit, stopped) = worker.ended();
    assert_eq!((exit, &stopped["exit"]), (Some(13), &json!(13)));
    assert_eq!(stopped["reason"], "TERM was received, then TERM: it stops at once");
    assert_eq!((&house.job(&id)["state"], &house.job(&id)["attempt"]), (&json!("ready"), &json!(0)));
}

#[test]
fn a_restart_that_was_ordered_stops_it_well() {
    let house = House::new();
    let worker = house.worker("");
    // It says that it works before it registers.
    while house.types("queue monitor --json").object()["workers"].as_array().unwrap().is_empty() {}
    assert!(house.types("queue restart").ends(0).out.starts_with("1 worker will stop"));
    let (exit, stopped) = worker.ended();
    assert!(stopped["reason"].as_str().unwrap().starts_with("a restart was ordered by "), "{stopped}");
    assert_eq!(exit, Some(0));
}

#[test]
fn each_limit_stops_it_with_its_cause() {
    let house = House::new();
    for (flags, exit, reason) in [
        ("--max-time 100ms", 0, "--max-time"),
        ("--stop-when-empty", 0, "--stop-when-empty"),
        ("--memory 1", 12, "--memory"),
    ] {
        let (code, stopped) = house.worker(flags).ended();
        assert_eq!((code, &stopped["exit"]), (Some(exit), &json!(exit)), "{flags}");
        assert!(stopped["reason"].as_str().unwrap().contains(reason), "{stopped}");
    }
    house.types("queue enqueue greet --payload {\"name\":\"Ada\"} --count 3").ends(0);
    let (code, stopped) = house.worker("--max-jobs 2").ended();
    assert_eq!((code, &stopped["ended"]), (Some(0), &json!("done 2")));
}

#[test]
fn cancelling_a_running_job_reaches_its_worker() {
    let house = House::new();
    let id = house.enqueue("nap --payload {\"ms\":3600000}");
    let mut worker = house.worker("--once --verbose");
    worker.hears("running");
    assert_eq!(
        house.types(&format!("queue cancel {id}")).ends(0).out,
        "0 jobs cancelled, 1 running job asked to stop\n"
    );
    assert_eq!(worker.ended().0, Some(0));
    assert_eq!(house.job(&id)["state"], "cancelled");
}
