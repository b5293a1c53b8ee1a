//! Stopping: told, given a grace, killed; by order, by time-out, by dropping.

use std::time::Duration;

use banto_process::{Exit, Signal, Sink, Spec, Stopped};

use super::house::{line_in, lives, run, runner, sh, until};

/// A program that ignores TERM, with a child that does too; both write their numbers.
const STUBBORN: &str = "trap '' TERM; sh -c 'trap \"\" TERM; echo $$ >inner; while :; do sleep 0.1; done' & echo $$ >outer; wait; while :; do sleep 0.1; done";

#[tokio::test]
async fn what_hears_the_signal_ends_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let spec = Spec {
        dir: Some(dir.path().into()),
        ..sh("trap 'echo bye; exit 0' TERM; echo >up; while :; do sleep 0.05; done")
    };
    let run = runner().start(&spec, Sink::none()).await.unwrap();
    let control = run.control();
    let run = tokio::spawn(run);
    line_in(&dir.path().join("up")).await;
    control.stop();
    control.stop();
    let ended = run.await.unwrap();
    assert_eq!((ended.exit, ended.stopped), (Exit::Code(0), Some(Stopped::Gracefully)));
    // The whole group hears it; of its sleep the shell may say "Terminated", before or after.
    assert!(ended.tail.lines().any(|line| line == "bye"), "{}", ended.tail);
    assert!(ended.is_success(&spec) && ended.words().contains("it was told to stop"));
}

#[tokio::test]
async fn what_ignores_the_signal_is_killed_after_its_grace_with_its_children() {
    let dir = tempfile::tempdir().unwrap();
    let spec = Spec { dir: Some(dir.path().into()), grace_ms: 300, ..sh(STUBBORN) };
    let run = runner().start(&spec, Sink::none()).await.unwrap();
    let control = run.control();
    let run = tokio::spawn(run);
    let inner = line_in(&dir.path().join("inner")).await;
    control.stop();
    let ended = run.await.unwrap();
    assert_eq!((ended.exit, ended.stopped), (Exit::Signal(Signal::KILL), Some(Stopped::Killed)));
    assert!(ended.ran_ms >= 300 && ended.ran_ms < 30_000);
    assert!(ended.words().contains("it was stopped and killed"), "{}", ended.words());
    until(|| (!lives(&inner)).then_some(())).await;
}

#[tokio::test]
async fn over_its_time_it_is_stopped_the_same_way_and_has_failed_whatever_it_says() {
    let spec = Spec { timeout_ms: Some(200), ..sh("trap 'exit 0' TERM; while :; do sleep 0.05; done") };
    let ended = run(&spec).await;
    assert_eq!((ended.exit, ended.timed_out, ended.stopped), (Exit::Code(0), true, Some(Stopped::Gracefully)));
    assert!(!ended.is_success(&spec));
    assert!(ended.words().contains("it ran over its time"), "{}", ended.words());
    let dir = tempfile::tempdir().unwrap();
    let ended = run(&Spec { timeout_ms: Some(200), grace_ms: 200, dir: Some(dir.path().into()), ..sh(STUBBORN) }).await;
    assert_eq!((ended.timed_out, ended.stopped), (true, Some(Stopped::Killed)));
    assert!(ended.words().contains("it did not stop within its grace and was killed"), "{}", ended.words());
}

#[tokio::test]
async fn an_order_to_stop_now_needs_no_grace_also_after_an_order_to_stop() {
    for graceful_first in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let spec = Spec { dir: Some(dir.path().into()), grace_ms: 3_600_000, ..sh(STUBBORN) };
        let run = runner().start(&spec, Sink::none()).await.unwrap();
        let control = run.control();
        let run = tokio::spawn(run);
        let inner = line_in(&dir.path().join("inner")).await;
        if graceful_first {
            control.stop();
        }
        control.stop_now();
        assert_eq!(run.await.unwrap().stopped, Some(Stopped::Killed));
        until(|| (!lives(&inner)).then_some(())).await;
    }
}

#[tokio::test]
async fn a_frozen_program_can_be_stopped() {
    let spec = sh("kill -STOP $$; exit 3");
    let run = runner().start(&spec, Sink::none()).await.unwrap();
    let (control, pid) = (run.control(), run.pid());
    let run = tokio::spawn(run);
    let stat = format!("/proc/{pid}/stat");
    until(|| std::fs::read_to_string(&stat).ok().filter(|text| text.contains(") T ")).map(|_| ())).await;
    control.stop();
    assert_eq!(run.await.unwrap().exit, Exit::Signal(Signal::TERM));
}

#[tokio::test]
async fn a_run_that_is_dropped_kills_its_group_and_leaves_no_zombie() {
    let dir = tempfile::tempdir().unwrap();
    let spec = Spec { dir: Some(dir.path().into()), ..sh(STUBBORN) };
    let run = tokio::spawn(runner().start(&spec, Sink::none()).await.unwrap());
    let (outer, inner) = (line_in(&dir.path().join("outer")).await, line_in(&dir.path().join("inner")).await);
    run.abort();
    until(|| (!lives(&outer) && !lives(&inner)).then_some(())).await;
    until(|| (!std::fs::exists(format!("/proc/{outer}")).unwrap()).then_some(())).await;
}

#[tokio::test]
async fn a_signal_reaches_the_program_and_not_its_children() {
    let dir = tempfile::tempdir().unwrap();
    let text = "sh -c 'trap \"echo child >>heard\" HUP; while :; do sleep 0.05; done' & trap 'echo leader >>heard' HUP; echo >up; while [ ! -e heard ]; do sleep 0.05; done; sleep 0.3";
    let run = runner().start(&Spec { dir: Some(dir.path().into()), ..sh(text) }, Sink::none()).await.unwrap();
    let control = run.control();
    let run = tokio::spawn(run);
    line_in(&dir.path().join("up")).await;
    control.signal(Signal::HUP);
    let ended = run.await.unwrap();
    assert_eq!(ended.exit, Exit::Code(0));
    assert_eq!(std::fs::read_to_string(dir.path().join("heard")).unwrap(), "leader\n");
}

#[tokio::test]
async fn orders_to_a_run_that_has_ended_do_nothing() {
    let run = runner().start(&sh("exit 0"), Sink::none()).await.unwrap();
    let control = run.control();
    assert_eq!(run.await.exit, Exit::Code(0));
    control.stop_now();
    control.signal(Signal::KILL);
}

#[tokio::test]
async fn another_stop_signal_can_be_named() {
    let spec = Spec {
        stop_signal: Signal::QUIT,
        timeout_ms: Some(200),
        ..sh("trap 'exit 9' QUIT; trap '' TERM; while :; do sleep 0.05; done")
    };
    assert_eq!(run(&spec).await.exit, Exit::Code(9));
}

/// The thread that spawns outlives every runtime: a child is not killed because the runtime it was started under is gone.
#[test]
fn the_death_signal_is_not_that_of_a_runtimes_thread() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let spec = sh("sleep 1; exit 5");
    let first = runtime();
    let (run, control) = first.block_on(async {
        let run = runner().start(&spec, Sink::none()).await.unwrap();
        let control = run.control();
        (run, control)
    });
    assert!(lives(&control.pid().to_string()));
    // Its own runtime stays until it has ended, because its output is read there; another one comes and goes.
    let second = runtime();
    let other = second.block_on(async { runner().start(&sh("exit 0"), Sink::none()).await.unwrap().await.exit });
    assert_eq!(other, Exit::Code(0));
    second.shutdown_timeout(Duration::from_secs(5));
    assert_eq!(first.block_on(run).exit, Exit::Code(5));
}
