//! How programs end, and what is said about it.

use banto_process::{Exit, Oom, Signal, Sink, Spec};

use super::house::{run, runner, sh};

#[tokio::test]
async fn exit_codes_are_truth() {
    for (code, success) in [(0, true), (1, false), (12, false), (137, false)] {
        let spec = sh(&format!("exit {code}"));
        let ended = run(&spec).await;
        assert_eq!(ended.exit, Exit::Code(code));
        assert_eq!(ended.is_success(&spec), success, "{code}");
        assert!(ended.words().starts_with(&format!("sh ended with exit code {code} after ")), "{}", ended.words());
    }
    let spec = Spec { success: vec![0, 12], ..sh("exit 12") };
    assert!(run(&spec).await.is_success(&spec));
    let spec = Spec { success: vec![12], ..sh("exit 0") };
    assert!(!run(&spec).await.is_success(&spec));
}

#[tokio::test]
async fn each_signal_that_kills_is_named() {
    for name in [
        "HUP", "INT", "QUIT", "ILL", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
        "XCPU",
    ] {
        let spec = sh(&format!("ulimit -c 0; kill -{name} $$; sleep 60"));
        let ended = run(&spec).await;
        assert_eq!(ended.exit, Exit::Signal(Signal::new(name).unwrap()));
        assert!(!ended.is_success(&spec) && ended.stopped.is_none() && ended.oom != Oom::Yes);
        assert!(ended.words().starts_with(&format!("sh was killed by SIG{name} after ")), "{}", ended.words());
    }
}

#[tokio::test]
async fn the_codes_of_shells_are_explained() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("plain"), "").unwrap();
    let spec = Spec { dir: Some(dir.path().into()), ..sh("./plain") };
    assert!(run(&spec).await.words().contains("found and may not execute"));
    assert!(run(&sh("no-such-program-anywhere")).await.words().contains("did not find"));
    assert!(run(&sh("sh -c 'kill -9 $$'; exit $?")).await.words().contains("128 and the signal's number"));
}

#[tokio::test]
async fn what_it_used_is_told() {
    let ended = run(&sh("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done")).await;
    assert!(ended.cpu_ms > 0 && ended.cpu_ms <= ended.ran_ms + 1_000, "{ended:?}");
    let peak = run(&sh("head -c 64000000 /dev/zero | tail -c 60000000 >/dev/null; sleep 0.1")).await.memory_peak_bytes;
    assert!(peak.is_some_and(|peak| (50 << 20..500 << 20).contains(&peak)), "{peak:?}");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_refused_before_the_start() {
    let faults = runner().start(&Spec::argv(["no-such-program-anywhere"]), Sink::none()).await.unwrap_err();
    assert_eq!(faults.list.len(), 1);
    assert!(faults.to_string().starts_with("run no-such-program-anywhere: could not find "), "{faults}");
}
