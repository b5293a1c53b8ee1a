//! What these tests stand on: a runner with the machine's clocks, and how to wait for what happens in another process.

use std::path::Path;

use banto_process::{Clocks, Ended, Runner, Sink, Spec};
use banto_store::{Clock, SystemClock};

/// A runner with the machine's clocks.
pub fn runner() -> Runner {
    Runner::new(Clocks::new(|| SystemClock.wall_ms(), || SystemClock.steady_ms()))
}

/// Runs it to its end; nobody listens.
pub async fn run(spec: &Spec) -> Ended {
    runner().start(spec, Sink::none()).await.unwrap().await
}

/// A text for a shell, given as an argument: `sh -c text`.
pub fn sh(text: &str) -> Spec {
    Spec::argv(["sh", "-c", text])
}

/// Waits until a file is there and holds a whole line, and answers it.
pub async fn line_in(path: &Path) -> String {
    until(|| std::fs::read_to_string(path).ok().filter(|text| text.ends_with('\n'))).await.trim().to_owned()
}

/// Waits until something is there; a minute at most, which no machine needs.
pub async fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..6_000 {
        if let Some(found) = look() {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it did not come about within a minute");
}

/// Whether a process with this number lives (a dead one that nobody took note of does not).
pub fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, after)| !after.starts_with(['Z', 'X']))
}
