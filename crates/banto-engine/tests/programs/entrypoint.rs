//! Children as a container's entry point has them, which end as children do: each is started again each time.
//!
//! Beside the loop that the reference system's container began with they are row A15 of `cargo xtask prove`.

use std::path::Path;

use banto_engine::supervise::{Event, Phase};

use super::house::{house, server, sh};

/// Each child says that it starts, then ends in its way.
const CHILDREN: [(&str, &str); 10] = [
    ("exits 0", "exit 0"),
    ("exits 1", "exit 1"),
    ("exits 12, over its memory", "exit 12"),
    ("exits 137, over its time", "exit 137"),
    ("is killed", "kill -9 $$"),
    ("is terminated by somebody", "kill -TERM $$"),
    ("crashes", "kill -SEGV $$"),
    ("forks, leaks and fails", "sleep 3600 & exit 1"),
    ("floods", "seq 200000; exit 3"),
    ("asks a question", "printf 'Continue? '; read answer || exit 1"),
];

fn child(text: &str) -> String {
    format!("echo $$ >>starts; {text}")
}

fn starts(dir: &Path) -> usize {
    std::fs::read_to_string(dir.join("starts")).unwrap_or_default().lines().count()
}

#[tokio::test]
async fn each_child_is_started_again_each_time_with_its_end_told_and_its_neighbour_notices_nothing() {
    for (what, text) in CHILDREN {
        let dir = tempfile::tempdir().unwrap();
        let mut house = house(vec![server(dir.path(), "neighbour"), sh(dir.path(), "worker", &child(text))]);
        house.until("neighbour", Phase::Running).await;
        for life in 1..=4 {
            house.next("worker", |event| matches!(event, Event::Started { .. })).await;
            if life == 4 {
                break;
            }
            let end = house.next("worker", |event| matches!(event, Event::Ended { .. })).await;
            let Event::Ended { ended, success, ordered: false, restart_ms: Some(10), .. } = end else {
                panic!("{end:?}")
            };
            assert_eq!(success, what == "exits 0");
            assert_eq!(ended.leaked, what.starts_with("forks"), "{}", ended.words());
            assert_eq!(ended.stdin_read, what.starts_with("asks"), "{}", ended.words());
            assert_eq!(
                ended.said.out.lines,
                match what {
                    "floods" => 200_000,
                    "asks a question" => 1,
                    _ => 0,
                }
            );
        }
        assert!(starts(dir.path()) >= 3);
        let worker = house.status("worker");
        assert!(worker.starts >= 4 && worker.restarts >= 3 && worker.last.is_some(), "a child that {what}: {worker:?}");
        assert_eq!((house.status("neighbour").starts, house.status("neighbour").phase), (1, Phase::Running));
        house.stop().await;
    }
}
