//! The program as a whole: what it refuses, and a measurement that needs two processes.

#![expect(clippy::unwrap_used, reason = "a test that fails")]

use std::process::{Command, Output};

fn bench(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_banto-bench")).args(words).output().unwrap()
}

#[test]
fn what_is_not_understood_exits_2_and_names_the_cure() {
    for (words, cure) in [
        (&["postgress"][..], "postgres"),
        (&["peers", "--on", "mysql"], "redis"),
        (&["sqlite", "--rows", "speed"], "work_c100"),
        (&[], "sqlite"),
    ] {
        let output = bench(words);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(cure), "{said}");
    }
}

#[test]
fn a_job_enqueued_here_wakes_a_worker_over_there() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite://{}", folder.path().join("store.db").display());
    let question = serde_json::json!({"address": address, "seed": 3, "what": {"Across": {"times": 4}}}).to_string();
    let output = bench(&["measure", &question]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["samples"].as_array().unwrap().len(), 4);
}

#[test]
fn a_question_nobody_can_read_is_refused() {
    let output = bench(&["measure", "{"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("could not read the question"));
}
