//! What programs leave behind.

use banto_process::{Exit, Left, Spec};

use super::house::{line_in, lives, run, sh, until};

#[tokio::test]
async fn a_grandchild_that_holds_the_output_is_noted_and_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let spec =
        Spec { dir: Some(dir.path().into()), ..sh("sh -c 'echo $$ >inner; exec sleep 3600' & echo done; exit 0") };
    let ended = run(&spec).await;
    assert!(ended.leaked && ended.exit == Exit::Code(0) && ended.ran_ms < 60_000);
    assert_eq!(ended.tail, "done\n");
    assert!(ended.words().contains("left a process behind"), "{}", ended.words());
    let inner = line_in(&dir.path().join("inner")).await;
    until(|| (!lives(&inner)).then_some(())).await;
}

#[tokio::test]
async fn it_is_left_alone_if_that_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let spec = Spec {
        left: Left::Leave,
        dir: Some(dir.path().into()),
        ..sh("sh -c 'echo $$ >inner; exec sleep 3600' & exit 0")
    };
    let ended = run(&spec).await;
    assert!(ended.leaked);
    let inner = line_in(&dir.path().join("inner")).await;
    assert!(lives(&inner));
    let pid = rustix::process::Pid::from_raw(inner.parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[tokio::test]
async fn one_that_lets_the_output_go_is_no_leak_and_dies_with_the_group() {
    let dir = tempfile::tempdir().unwrap();
    let text =
        "sh -c 'echo $$ >inner; exec sleep 3600' >/dev/null 2>&1 & while [ ! -s inner ]; do sleep 0.02; done; exit 0";
    let ended = run(&Spec { dir: Some(dir.path().into()), ..sh(text) }).await;
    assert!(!ended.leaked);
    let inner = line_in(&dir.path().join("inner")).await;
    until(|| (!lives(&inner)).then_some(())).await;
}

#[tokio::test]
async fn a_grandchild_that_floods_for_ever_does_not_hold_the_run() {
    let ended = run(&sh("yes & sleep 0.1; exit 4")).await;
    assert!(ended.leaked && ended.exit == Exit::Code(4) && ended.ran_ms < 60_000);
}

/// A fork bomb within bounds: each of some hundred processes forks on until the time-out kills the whole group.
#[tokio::test]
async fn a_tree_of_processes_dies_as_one() {
    let dir = tempfile::tempdir().unwrap();
    let text = "echo $$ >>all; bomb() { sh -c 'echo $$ >>all; exec sleep 3600' & [ $1 -gt 0 ] && { bomb $(($1-1)) & bomb $(($1-1)) & }; wait; }; trap '' TERM; bomb 5";
    let spec = Spec { timeout_ms: Some(2_000), grace_ms: 200, dir: Some(dir.path().into()), ..sh(text) };
    let ended = run(&spec).await;
    assert!(ended.timed_out);
    let all = std::fs::read_to_string(dir.path().join("all")).unwrap();
    assert!(all.lines().count() > 10, "{}", all.lines().count());
    for pid in all.lines() {
        until(|| (!lives(pid)).then_some(())).await;
    }
}
