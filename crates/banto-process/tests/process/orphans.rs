//! The death of the parent, and the duties of PID 1: each in a process of its own, because they belong to all of it.

use std::process::{Child, Command, Stdio};

use banto_process::{Sink, Spec, reap};

use super::house::{line_in, lives, run, runner, sh, until};

/// This test's program again, with one ignored test as its work.
fn again(test: &str, dir: &std::path::Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "--nocapture", test]).current_dir(dir).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Row A4.
#[tokio::test]
async fn a_parent_that_is_killed_takes_its_children_along() {
    let dir = tempfile::tempdir().unwrap();
    let mut parent = again("process::orphans::runs_programs_for_ever", dir.path());
    let mut pids = Vec::new();
    for name in ["one", "two", "inner"] {
        pids.push(line_in(&dir.path().join(name)).await);
    }
    assert!(pids.iter().all(|pid| lives(pid)));
    parent.kill().unwrap();
    parent.wait().unwrap();
    for pid in pids {
        until(|| (!lives(&pid)).then_some(())).await;
    }
}

#[tokio::test]
#[ignore = "run by a_parent_that_is_killed_takes_its_children_along, in a process of its own"]
async fn runs_programs_for_ever() {
    let stubborn = |name: &str| sh(&format!("trap '' TERM HUP INT; echo $$ >{name}; while :; do sleep 0.1; done"));
    let one = runner().start(&stubborn("one"), Sink::none()).await.unwrap();
    let nobody = rustix::process::geteuid().is_root().then(|| "nobody".to_owned());
    // Another user's program too: a change of ids clears the death signal unless it is armed after it.
    std::fs::write("two", "").unwrap();
    std::fs::set_permissions("two", std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    std::fs::set_permissions(".", std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let two = runner().start(&Spec { user: nobody, ..stubborn("two") }, Sink::none()).await.unwrap();
    // What a program has started itself, and what that has: the death signal does not reach them.
    let text =
        "sh -c 'sh -c \"trap : TERM; echo \\$\\$ >inner; while :; do sleep 0.1; done\" & wait' & wait; echo never";
    let three = runner().start(&sh(text), Sink::none()).await.unwrap();
    tokio::join!(one, two, three);
}

/// Orphans are reaped, statuses of runs and of others' children are not taken.
#[tokio::test]
async fn orphans_are_reaped_and_nobodys_status_is_stolen() {
    let dir = tempfile::tempdir().unwrap();
    let mut process = again("process::orphans::reaps", dir.path());
    let ended = tokio::task::spawn_blocking(move || process.wait().unwrap()).await.unwrap();
    let said = std::fs::read_to_string(dir.path().join("said")).unwrap_or_default();
    assert!(ended.success() && said.ends_with("ok\n"), "{said}");
}

#[tokio::test]
#[ignore = "run by orphans_are_reaped_and_nobodys_status_is_stolen, in a process of its own"]
async fn reaps() {
    reap::adopt_orphans().unwrap();
    let (sender, mut reaped) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(reap::reap(move |pid| sender.send(pid).unwrap()));
    // Ten orphans that leave the group, so that nobody kills them; they die by themselves and have us as parent then.
    let spec = sh(
        "for i in 0 1 2 3 4 5 6 7 8 9; do setsid sh -c 'echo $$ >>orphans; sleep 0.5' >/dev/null 2>&1 & done; while [ $(wc -l <orphans) -lt 10 ]; do sleep 0.05; done; exit 7",
    );
    std::fs::write("orphans", "").unwrap();
    // Another's child is waited for by whoever started it, as long as it does so soon.
    let mut other = tokio::process::Command::new("sh").args(["-c", "sleep 1.5; exit 3"]).spawn().unwrap();
    let other = tokio::spawn(async move { other.wait().await.unwrap().code() });
    let mut runs = Vec::new();
    for code in 0..20 {
        let spec = sh(&format!("sleep 0.{code}; exit {code}"));
        runs.push((code, runner().start(&spec, Sink::none()).await.unwrap()));
    }
    assert_eq!(run(&spec).await.exit, banto_process::Exit::Code(7));
    let orphans = std::fs::read_to_string("orphans").unwrap();
    let mut wanted: Vec<u32> = orphans.lines().map(|line| line.parse().unwrap()).collect();
    wanted.sort_unstable();
    let mut got = Vec::new();
    // `sleep` of each orphan's shell may outlive it for a moment and is an orphan too.
    while !wanted.iter().all(|pid| got.contains(pid)) {
        got.push(reaped.recv().await.unwrap());
    }
    for (code, run) in runs {
        // Not awaited until now: dead for longer than the orphans, and its status is still its own.
        assert_eq!(run.await.exit, banto_process::Exit::Code(code));
    }
    assert_eq!(other.await.unwrap(), Some(3));
    for pid in wanted {
        assert!(!std::fs::exists(format!("/proc/{pid}")).unwrap());
    }
    std::fs::write("said", "ok\n").unwrap();
}

/// Another user's program has that user's groups, not ours.
#[tokio::test]
async fn our_groups_are_not_handed_on_to_another_user() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut process = again("process::orphans::runs_as_nobody", dir.path());
    tokio::task::spawn_blocking(move || process.wait().unwrap()).await.unwrap();
    assert_eq!(std::fs::read_to_string(dir.path().join("said")).unwrap(), "65534\n");
}

#[tokio::test]
#[ignore = "run by our_groups_are_not_handed_on_to_another_user, in a process of its own"]
async fn runs_as_nobody() {
    // The thread that starts programs is born by this one, and has its groups.
    rustix::thread::set_thread_groups(&[0, 4, 6].map(rustix::process::Gid::from_raw)).unwrap();
    let ended = run(&Spec { user: Some("nobody".into()), ..sh("id -G") }).await;
    std::fs::write("said", ended.tail).unwrap();
}
