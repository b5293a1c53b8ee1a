//! Policies, brakes, and programs that cannot be started.

use banto_engine::supervise::{Brake, Event, Phase, Program, Restart, Then};

use super::house::{house, line, sh};

#[tokio::test]
async fn a_program_that_may_end_ends_and_one_that_failed_is_started_again() {
    let dir = tempfile::tempdir().unwrap();
    let text = "echo >>starts; [ $(wc -l <starts) -ge 3 ]";
    let program = Program { restart: Restart::OnFailure, ..sh(dir.path(), "import", text) };
    let house = house(vec![program]);
    let status = house.until("import", Phase::Finished).await;
    assert_eq!((status.starts, status.restarts, status.pid), (3, 2, None));
    house.stop().await;
}

#[tokio::test]
async fn never_is_never_and_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = house(vec![Program { restart: Restart::Never, ..sh(dir.path(), "once", "exit 9") }]);
    let end = house.next("once", |event| matches!(event, Event::Ended { .. })).await;
    assert!(matches!(end, Event::Ended { success: false, restart_ms: None, .. }), "{end:?}");
    assert_eq!(house.until("once", Phase::Finished).await.starts, 1);
    house.stop().await;
}

#[tokio::test]
async fn a_crash_loop_is_braked_loudly_and_tried_slowly_until_it_stays() {
    let dir = tempfile::tempdir().unwrap();
    let text = "echo start >>log; [ -e good ] || exit 1; while :; do sleep 0.05; done";
    let brake = Brake { starts_max: 2, within_ms: 60_000, then: Then::Slowly { every_ms: 50 } };
    let mut house = house(vec![Program { brake, ..sh(dir.path(), "web", text) }]);
    let braked = house.next("web", |event| matches!(event, Event::Braked { .. })).await;
    assert!(matches!(braked, Event::Braked { starts_max: 2, within_ms: 60_000, every_ms: 50, .. }), "{braked:?}");
    house.until("web", Phase::Braked).await;
    let end = house.next("web", |event| matches!(event, Event::Ended { .. })).await;
    assert!(matches!(end, Event::Ended { restart_ms: Some(50), .. }), "{end:?}");
    std::fs::write(dir.path().join("good"), "").unwrap();
    house.until("web", Phase::Running).await;
    house.stop().await;
}

#[tokio::test]
async fn one_that_is_given_up_is_told_and_starts_again_only_by_order() {
    let dir = tempfile::tempdir().unwrap();
    let brake = Brake { starts_max: 2, within_ms: 60_000, then: Then::GiveUp };
    let program = Program {
        brake,
        ..sh(dir.path(), "web", "[ -e good ] || exit 1; echo up >>log; while :; do sleep 0.05; done")
    };
    let mut house = house(vec![program]);
    house.next("web", |event| matches!(event, Event::GivenUp { .. })).await;
    assert_eq!(house.until("web", Phase::GivenUp).await.starts, 3);
    std::fs::write(dir.path().join("good"), "").unwrap();
    house.handle.program(&super::house::name("web")).unwrap().start();
    line(&dir.path().join("log"), "up").await;
    assert_eq!(house.status("web").starts, 4);
    house.stop().await;
}

#[tokio::test]
async fn a_program_that_is_gone_meanwhile_is_tried_again_and_stops_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let tool = dir.path().join("tool");
    std::fs::write(&tool, "#!/bin/sh\nrm -f tool; exit 0\n").unwrap();
    std::fs::set_permissions(&tool, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut program = sh(dir.path(), "tool", "");
    program.spec.command = banto_process::Command::Argv(vec!["./tool".into()]);
    let mut house = house(vec![program, super::house::server(dir.path(), "web")]);
    let event = house.next("tool", |event| matches!(event, Event::NotStarted { .. })).await;
    let Event::NotStarted { fault, restart_ms: Some(10), .. } = event else { panic!("{event:?}") };
    assert!(fault.contains("there is no such file"), "{fault}");
    house.until("web", Phase::Running).await;
    assert!(house.status("tool").fault.is_some());
    house.stop().await;
}

/// A clock that panics once on the thread of the keepers: when a program has just been started.
struct Stopping(std::sync::atomic::AtomicU32, std::thread::ThreadId);

impl banto_store::Clock for Stopping {
    fn wall_ms(&self) -> i64 {
        let keeps = std::thread::current().id() == self.1;
        assert!(!keeps || self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0, "a clock, on purpose");
        banto_store::SystemClock.wall_ms()
    }
    fn steady_ms(&self) -> u64 {
        banto_store::SystemClock.steady_ms()
    }
    fn boot(&self) -> String {
        banto_store::SystemClock.boot()
    }
}

#[tokio::test]
async fn a_keeper_that_panics_keeps_its_program() {
    use banto_engine::supervise::Supervisor;
    let dir = tempfile::tempdir().unwrap();
    let clock = std::sync::Arc::new(Stopping(0.into(), std::thread::current().id()));
    let text = "echo start >>log; while :; do sleep 0.05; done";
    let programs = vec![sh(dir.path(), "web", text), sh(dir.path(), "other", "while :; do sleep 0.05; done")];
    let supervisor = Supervisor::new(programs, clock).unwrap();
    let (handle, mut events) = (supervisor.handle(), supervisor.events());
    let running = tokio::spawn(supervisor.run());
    let fault = loop {
        if let Event::NotStarted { fault, restart_ms, .. } = events.recv().await.unwrap() {
            break (fault, restart_ms);
        }
    };
    assert!(fault.0.contains("its keeper panicked: a clock, on purpose") && fault.1.is_some(), "{fault:?}");
    for name in ["web", "other"] {
        let name = super::house::name(name);
        handle.program(&name).unwrap().until(Phase::Running).await;
    }
    handle.stop();
    running.await.unwrap();
}
