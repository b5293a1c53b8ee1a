//! The two clocks, given by whoever runs programs.
//!
//! *Wall* time turns log files at midnight, *steady* time measures how long a program ran. This crate reads neither.

use std::{fmt, sync::Arc};

/// The wall clock (milliseconds since 1970) and the steady clock (milliseconds, never jumps). Cheap to clone.
#[derive(Clone)]
pub struct Clocks {
    wall_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
    steady_ms: Arc<dyn Fn() -> u64 + Send + Sync>,
}

impl Clocks {
    /// Both clocks; they are asked often and must be fast.
    pub fn new(
        wall_ms: impl Fn() -> i64 + Send + Sync + 'static,
        steady_ms: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Clocks {
        Clocks { wall_ms: Arc::new(wall_ms), steady_ms: Arc::new(steady_ms) }
    }

    pub(crate) fn wall_ms(&self) -> i64 {
        (self.wall_ms)()
    }

    pub(crate) fn steady_ms(&self) -> u64 {
        (self.steady_ms)()
    }
}

impl fmt::Debug for Clocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clocks")
    }
}
