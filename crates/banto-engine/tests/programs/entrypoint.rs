//! The loop that the reference system's container began with, beside ours: the same children, which end as children do.
//!
//! Theirs is a sub-shell under `set -e`: the first end that is no 0 is its own end too, and nothing says so.

use std::path::Path;

use banto_engine::supervise::{Event, Phase};

use super::house::{house, server, sh};

/// As it was, with the pause of five seconds shortened.
const THEIRS: &str = r#"
set -e
(
  while true; do
    echo "starting queue worker"
    sh -c "$CHILD"
    echo "queue worker stopped, restarting in 5 seconds"
    sleep 0.02
  done
) &
wait $!
"#;

/// Each child says that it starts, then ends in its way.
const CHILDREN: [(&str, &str); 9] = [
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

/// Runs their loop in this folder until it ends, or the child has started three times. Answers whether it has ended.
async fn theirs(dir: &Path, text: &str) -> bool {
    let mut command = tokio::process::Command::new("sh");
    command.args(["-c", THEIRS]).env("CHILD", child(text)).current_dir(dir).kill_on_drop(true).process_group(0);
    let null = std::process::Stdio::null;
    let mut shell = command.stdin(null()).stdout(null()).stderr(null()).spawn().unwrap();
    let group = rustix::process::Pid::from_raw(i32::try_from(shell.id().unwrap()).unwrap()).unwrap();
    let ended = loop {
        if shell.try_wait().unwrap().is_some() {
            break true;
        }
        if starts(dir) >= 3 {
            break false;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    };
    // Whatever it has left behind.
    let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    ended
}

#[tokio::test]
async fn theirs_lives_only_as_long_as_the_child_exits_0() {
    let dir = tempfile::tempdir().unwrap();
    assert!(!theirs(dir.path(), "exit 0").await);
    for (what, text) in CHILDREN {
        let dir = tempfile::tempdir().unwrap();
        assert!(theirs(dir.path(), text).await, "a child that {what}");
        assert_eq!(starts(dir.path()), 1, "a child that {what}");
    }
}

#[tokio::test]
async fn ours_starts_each_child_again_each_time_says_so_and_its_neighbour_notices_nothing() {
    let all = std::iter::once(("exits 0", "exit 0")).chain(CHILDREN);
    for (what, text) in all {
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
