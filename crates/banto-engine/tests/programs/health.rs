//! Probes: ready when healthy, restarted when not.

use banto_engine::supervise::{Event, Health, How, Phase, Probe, Program};
use banto_process::Spec;

use super::house::{house, line, name, server};

/// Healthy as long as this file is there.
fn by_file(dir: &std::path::Path, file: &str) -> Probe {
    let how = How::Command(Box::new(Spec { dir: Some(dir.into()), ..Spec::argv(["test", "-e", file]) }));
    Probe { interval_ms: 20, timeout_ms: 60_000, failures_max: 2, start_period_ms: 3_600_000, how }
}

#[tokio::test]
async fn who_comes_after_waits_until_it_is_healthy_and_patience_restarts_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let db = Program { probe: Some(by_file(dir.path(), "healthy")), ..server(dir.path(), "db") };
    let house = house(vec![Program { after: vec![name("db")], ..server(dir.path(), "web") }, db]);
    line(&dir.path().join("log"), "db starts").await;
    while !matches!(house.status("db").health, Health::Bad { failures: 0, .. }) {
        tokio::task::yield_now().await;
    }
    assert_eq!((house.status("db").phase, house.status("web").phase), (Phase::Starting, Phase::Waiting));
    std::fs::write(dir.path().join("healthy"), "").unwrap();
    house.until("web", Phase::Running).await;
    assert_eq!((house.status("db").health, house.status("db").starts), (Health::Good, 1));
    house.stop().await;
}

#[tokio::test]
async fn one_that_is_not_healthy_any_more_is_restarted_and_that_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let healthy = dir.path().join("healthy");
    std::fs::write(&healthy, "").unwrap();
    let mut house = house(vec![Program { probe: Some(by_file(dir.path(), "healthy")), ..server(dir.path(), "web") }]);
    house.next("web", |event| matches!(event, Event::Healthy { .. })).await;
    std::fs::remove_file(&healthy).unwrap();
    let first = house.next("web", |event| matches!(event, Event::Unhealthy { .. })).await;
    assert!(matches!(first, Event::Unhealthy { failures: 1, restarts: false, .. }), "{first:?}");
    let second = house.next("web", |event| matches!(event, Event::Unhealthy { .. })).await;
    assert!(matches!(second, Event::Unhealthy { failures: 2, restarts: true, .. }), "{second:?}");
    let end = house.next("web", |event| matches!(event, Event::Ended { .. })).await;
    assert!(matches!(end, Event::Ended { success: false, ordered: false, restart_ms: Some(10), .. }), "{end:?}");
    std::fs::write(&healthy, "").unwrap();
    house.next("web", |event| matches!(event, Event::Healthy { .. })).await;
    assert_eq!(house.until("web", Phase::Running).await.starts, 2);
    house.stop().await;
}

#[tokio::test]
async fn one_that_never_becomes_healthy_is_restarted_when_patience_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let probe = Probe { start_period_ms: 0, ..by_file(dir.path(), "healthy") };
    let mut house = house(vec![Program { probe: Some(probe), ..server(dir.path(), "web") }]);
    for _ in 0..2 {
        house.next("web", |event| matches!(event, Event::Unhealthy { restarts: true, .. })).await;
    }
    assert!(house.status("web").restarts >= 1);
    house.stop().await;
}
