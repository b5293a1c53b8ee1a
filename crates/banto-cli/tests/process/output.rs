//! Where nobody listens: logs and answers that cannot be written, and what is said to programs when nothing could be read.

use std::{
    fs::OpenOptions,
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::house::House;

const FULL: &str = "/dev/full";

fn full() -> Stdio {
    OpenOptions::new().write(true).open(FULL).unwrap().into()
}

/// Waits until a job of that worker is done, so that lines were lost, then tells it to stop; gives its exit code.
fn told_to_stop(house: &House, mut worker: Child) -> Option<i32> {
    let id = house.enqueue("nap --payload {\"ms\":1}");
    while house.job(&id)["state"] != "done" {
        assert_eq!(worker.try_wait().unwrap(), None, "the worker ended by itself");
    }
    kill_process(Pid::from_child(&worker), Signal::TERM).unwrap();
    worker.wait().unwrap().code()
}

#[test]
fn a_worker_whose_log_reader_is_gone_is_stopped_by_term() {
    let house = House::new();
    let mut worker = house.errands("queue work --verbose").stdout(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(worker.stdout.take().unwrap());
    log.read_line(&mut String::new()).unwrap();
    drop(log);
    assert_eq!(told_to_stop(&house, worker), Some(0));
}

#[test]
fn a_worker_whose_log_finds_no_room_is_stopped_by_term() {
    let house = House::new();
    house.types("migrate").ends(0);
    let worker = house.errands("queue work --verbose").stdout(full()).spawn().unwrap();
    assert_eq!(told_to_stop(&house, worker), Some(0));
}

#[test]
fn a_worker_whose_log_reader_is_gone_works_all_the_same() {
    let house = House::new();
    let id = house.enqueue("greet");
    let mut worker = house.errands("queue work --verbose --stop-when-empty").stdout(Stdio::piped()).spawn().unwrap();
    drop(worker.stdout.take());
    assert_eq!(worker.wait().unwrap().code(), Some(0));
    assert_eq!(house.job(&id)["state"], "done");
}

#[test]
fn an_answer_that_is_lost_is_a_failure() {
    let house = House::new();
    house.enqueue("greet");
    for typed in [
        "queue list --json",
        "queue list",
        "queue enqueue greet",
        "queue monitor",
        "--help",
        "queue work --once --json",
    ] {
        let output = house.errands(typed).stdout(full()).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(14), "{typed}: {said}");
        assert!(said.contains("could not write the ") && said.contains("No space left"), "{typed}: {said}");
    }
}

#[test]
fn an_export_that_finds_no_room_leaves_no_part_and_touches_nothing() {
    let house = House::new();
    house.types("queue enqueue greet --count 3000").ends(0);
    // A file of this process may hold 256 KiB; the export needs more, the store's own files are not written to.
    let clear = house.errands("queue clear --yes --export jobs.jsonl");
    let mut limited = std::process::Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 512; exec \"$0\" \"$@\""])
        .arg(clear.get_program())
        .args(clear.get_args());
    limited.envs(clear.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(house.folder.path());
    let said = super::house::Said::from(limited.output().unwrap()).ends(14);
    assert!(
        said.err.contains("could not export to \"jobs.jsonl\"") && said.err.contains("nothing was changed"),
        "{said:?}"
    );
    assert!(!house.folder.path().join("jobs.jsonl").exists());
    let counted = house.types("queue clear --dry-run --json").ends(0).object();
    assert_eq!(counted["count"], 3_000);
    house.types("queue clear --yes --export jobs.jsonl").ends(0);
    let text = std::fs::read_to_string(house.folder.path().join("jobs.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 3_000);
}

#[test]
fn what_is_mistyped_is_one_object_under_json() {
    let house = House::new();
    for typed in ["queue list --limt 3 --json", "--json nonsense", "queue --json", "queue show x --json", "--json"] {
        let said = house.types(typed).ends(2);
        let failure: Value = serde_json::from_str(&said.err).unwrap_or_else(|_| panic!("{typed}: {}", said.err));
        assert_eq!(failure["exit"], json!(2), "{typed}");
        assert!(failure["error"].as_str().unwrap().starts_with("errands: could not "), "{typed}: {failure}");
        assert_eq!(said.out, "");
    }
    let said = house.types("queue pause mail --reason -- --json").ends(2);
    assert!(said.err.starts_with("errands: could not "), "{}", said.err);
}

#[test]
fn a_program_without_a_command_says_what_there_is() {
    let house = House::new();
    for said in [house.banto("").ends(2), house.types("").ends(2)] {
        assert!(said.err.contains("Usage:") && said.err.contains("\n  queue"), "{}", said.err);
        assert!(!said.err.contains("could not") && said.out.is_empty(), "{}", said.err);
    }
    // With a store in the environment the group has got something, and clap says what it lacks.
    let said = house.banto("queue").ends(2);
    assert!(said.err.contains("requires a subcommand") && said.err.contains("explain"), "{}", said.err);
    let output = house.banto_command("queue").env_remove("BANTO_STORE").output().unwrap();
    let said = super::house::Said::from(output).ends(2);
    assert!(said.err.contains("Usage: banto queue") && said.err.contains("\n  explain"), "{}", said.err);
    assert!(!said.err.starts_with("banto: could not") && said.out.is_empty(), "{}", said.err);
}

#[test]
fn the_store_may_be_named_before_the_command() {
    let house = House::new();
    let other = format!("{}.other", house.file().display());
    let id = house.banto(&format!("--store {other} queue:enqueue greet")).ends(0).out;
    assert_eq!(house.banto(&format!("--json --store={other} queue list")).ends(0).object()["id"], id.trim());
    assert!(!house.file().exists(), "the one of the environment was not meant");
}

#[test]
fn a_log_filter_that_means_nothing_is_said() {
    let house = House::new();
    let output = house.errands("queue work --once").env("BANTO_LOG", "verbose").output().unwrap();
    let log = super::house::Said::from(output).ends(0).log();
    let odd = log.iter().find(|line| line["BANTO_LOG"] == "verbose").unwrap_or_else(|| panic!("{log:#?}"));
    assert!(odd["message"].as_str().unwrap().contains("BANTO_LOG means nothing"), "{odd}");
    assert!(log.iter().any(|line| line["message"] == "stopped"), "it is as with info: {log:#?}");
}
