//! The clock of a history: it follows tokio's paused time, and its wall time can be set.

use std::sync::atomic::{AtomicI64, Ordering};

use banto_store::Clock;
use tokio::time::Instant;

/// Where the wall clock begins, in milliseconds since 1970.
const BEGIN_MS: i64 = 1_700_000_000_000;
/// How long the machine has been up by then, in milliseconds.
const UP_MS: u64 = 3_600_000;

/// A clock that follows tokio's.
#[derive(Debug)]
pub struct Tied {
    since: Instant,
    jumped_ms: AtomicI64,
}

impl Tied {
    /// Begins now.
    pub fn new() -> Tied {
        Tied { since: Instant::now(), jumped_ms: AtomicI64::new(0) }
    }

    /// Sets the wall clock forward or back.
    pub fn jump(&self, ms: i64) {
        self.jumped_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// Milliseconds since the history began.
    pub fn age_ms(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Default for Tied {
    fn default() -> Tied {
        Tied::new()
    }
}

impl Clock for Tied {
    fn wall_ms(&self) -> i64 {
        BEGIN_MS.saturating_add_unsigned(self.age_ms()) + self.jumped_ms.load(Ordering::Relaxed)
    }

    fn steady_ms(&self) -> u64 {
        UP_MS + self.age_ms()
    }

    fn boot(&self) -> String {
        "the one boot of this history".into()
    }
}
