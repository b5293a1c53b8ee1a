//! Order of start and stop, and what an operator orders.

use banto_engine::supervise::{Event, Phase, Program, Restart};

use super::house::{house, line, lives, name, server, sh};

#[tokio::test]
async fn programs_start_after_those_they_need_and_stop_before_them() {
    let dir = tempfile::tempdir().unwrap();
    let web = Program { after: vec![name("cache"), name("db")], ..server(dir.path(), "web") };
    let cache = Program { after: vec![name("db")], ..server(dir.path(), "cache") };
    let house = house(vec![web, cache, server(dir.path(), "db")]);
    assert_eq!(
        house.handle.status().iter().map(|status| status.name.as_str()).collect::<Vec<_>>(),
        ["db", "cache", "web"]
    );
    for called in ["db", "cache", "web"] {
        line(&dir.path().join("log"), &format!("{called} starts")).await;
    }
    house.stop().await;
    let log = std::fs::read_to_string(dir.path().join("log")).unwrap();
    let stops: Vec<&str> = log.lines().filter(|line| line.ends_with("stops")).collect();
    assert_eq!(stops, ["web stops", "cache stops", "db stops"]);
}

#[tokio::test]
async fn whoever_waits_for_one_that_is_not_ready_waits_and_can_be_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let db = Program { start: false, ..server(dir.path(), "db") };
    let mut house = house(vec![Program { after: vec![name("db")], ..server(dir.path(), "web") }, db]);
    let waits = house.next("web", |event| matches!(event, Event::Waiting { .. })).await;
    assert!(matches!(waits, Event::Waiting { after, .. } if after == name("db")));
    house.handle.program(&name("db")).unwrap().start();
    house.until("web", Phase::Running).await;
    house.stop().await;
}

#[tokio::test]
async fn one_that_has_done_what_it_was_for_is_ready_and_one_that_failed_is_not() {
    let dir = tempfile::tempdir().unwrap();
    for (code, ready) in [(0, true), (1, false)] {
        let once = Program { restart: Restart::Never, ..sh(dir.path(), "migrate", &format!("exit {code}")) };
        let house = house(vec![once, Program { after: vec![name("migrate")], ..server(dir.path(), "web") }]);
        house.until("migrate", Phase::Finished).await;
        house.until("web", if ready { Phase::Running } else { Phase::Waiting }).await;
        house.stop().await;
    }
}

#[tokio::test]
async fn a_stop_while_all_wait_ends_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let db = Program { start: false, ..server(dir.path(), "db") };
    let house = house(vec![Program { after: vec![name("db")], ..server(dir.path(), "web") }, db]);
    house.until("web", Phase::Waiting).await;
    house.stop().await;
    assert!(!dir.path().join("log").exists());
}

#[tokio::test]
async fn one_is_stopped_started_restarted_and_reloaded_by_name_and_the_others_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = house(vec![server(dir.path(), "web"), server(dir.path(), "worker")]);
    let log = dir.path().join("log");
    line(&log, "web starts").await;
    line(&log, "worker starts").await;
    let handle = house.handle.clone();
    let web = name("web");
    let web = handle.program(&web).unwrap();
    let pid = web.status().pid;
    web.reload();
    line(&log, "web reloads").await;
    assert_eq!(web.status().pid, pid);
    web.stop();
    let status = house.until("web", Phase::Stopped).await;
    assert!(status.pid.is_none() && status.last.is_some_and(|ended| ended.stopped.is_some()));
    web.start();
    house.until("web", Phase::Running).await;
    web.restart();
    let end = house.next("web", |event| matches!(event, Event::Ended { restart_ms: Some(0), .. })).await;
    assert!(matches!(end, Event::Ended { ordered: true, .. }));
    house.until("web", Phase::Running).await;
    assert_eq!((web.status().starts, web.status().restarts), (3, 0));
    assert_eq!(house.status("worker").starts, 1);
    let unknown = handle.program(&name("wbe")).unwrap_err().to_string();
    assert_eq!(unknown, "take \"wbe\" as a program: there are web, worker");
    house.stop().await;
}

#[tokio::test]
async fn a_second_order_to_stop_kills_and_nothing_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let text = "trap 'echo told >>log' TERM; echo $$ >pid; echo up >>log; while :; do sleep 0.05; done";
    let mut program = sh(dir.path(), "stubborn", text);
    program.spec.grace_ms = 3_600_000;
    let house = house(vec![program]);
    line(&dir.path().join("log"), "up").await;
    house.handle.stop();
    line(&dir.path().join("log"), "told").await;
    let pid = std::fs::read_to_string(dir.path().join("pid")).unwrap();
    assert!(lives(pid.trim()) && !house.running.is_finished());
    house.handle.stop();
    house.running.await.unwrap();
    assert!(!lives(pid.trim()));
}

#[tokio::test]
async fn a_supervisor_that_is_dropped_kills_all() {
    let dir = tempfile::tempdir().unwrap();
    let house = house(vec![server(dir.path(), "web")]);
    let pid = house.until("web", Phase::Running).await.pid.unwrap().to_string();
    house.running.abort();
    for _ in 0..6_000 {
        if !lives(&pid) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{pid} lives on");
}

#[tokio::test]
async fn a_stop_during_a_back_off_ends_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let backoff = banto_core::Backoff::Table(vec![3_600_000]);
    let house = house(vec![Program { backoff, ..sh(dir.path(), "web", "exit 1") }]);
    let status = house.until("web", Phase::BackingOff).await;
    assert_eq!(status.restart_ms, Some(3_600_000));
    house.stop().await;
}

#[tokio::test]
async fn without_programs_it_waits_for_the_order_to_stop() {
    house(vec![]).stop().await;
}
