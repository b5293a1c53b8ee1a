//! The clocks of a history: they follow tokio's paused time, and their wall time can be set.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicI64, Ordering},
};

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
    begin_ms: i64,
    jumped_ms: AtomicI64,
}

impl Tied {
    /// Begins now.
    pub fn new() -> Tied {
        Tied::at(BEGIN_MS)
    }

    /// Begins now, with the wall clock at `begin_ms`.
    pub fn at(begin_ms: i64) -> Tied {
        Tied { since: Instant::now(), begin_ms, jumped_ms: AtomicI64::new(0) }
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
        self.begin_ms.saturating_add_unsigned(self.age_ms()) + self.jumped_ms.load(Ordering::Relaxed)
    }

    fn steady_ms(&self) -> u64 {
        UP_MS + self.age_ms()
    }

    fn boot(&self) -> String {
        "the one boot of this history".into()
    }
}

/// The clock of one process: the steady time is everybody's, the wall time its own. It can be set, stand still, or run fast.
#[derive(Debug)]
pub struct Own {
    tied: Arc<Tied>,
    shown: Mutex<Shown>,
}

/// What a clock shows: so much at that age of the history, and so many times the true pace from then on.
#[derive(Debug, Clone, Copy)]
struct Shown {
    at: u64,
    wall: i64,
    pace: i64,
}

impl Own {
    /// A clock that is right.
    pub fn new(tied: Arc<Tied>) -> Own {
        let shown = Shown { at: tied.age_ms(), wall: tied.wall_ms(), pace: 1 };
        Own { tied, shown: Mutex::new(shown) }
    }

    /// Is set forward or back.
    pub fn jump(&self, ms: i64) {
        let pace = self.shown().pace;
        self.show(self.wall_ms().saturating_add(ms), pace);
    }

    /// Runs so many times as fast as it should from now on; 0 is frozen.
    pub fn pace(&self, pace: i64) {
        self.show(self.wall_ms(), pace);
    }

    /// Is set right.
    pub fn right(&self) {
        self.show(self.tied.wall_ms(), 1);
    }

    fn show(&self, wall: i64, pace: i64) {
        *self.shown() = Shown { at: self.tied.age_ms(), wall, pace };
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for Own {
    fn wall_ms(&self) -> i64 {
        let Shown { at, wall, pace } = *self.shown();
        let passed = i64::try_from(self.tied.age_ms().saturating_sub(at)).unwrap_or(i64::MAX);
        wall.saturating_add(passed.saturating_mul(pace))
    }

    fn steady_ms(&self) -> u64 {
        self.tied.steady_ms()
    }

    fn boot(&self) -> String {
        self.tied.boot()
    }
}

/// The clock of a store that has none of its own, as a file has none: whoever calls lends his.
#[derive(Debug)]
pub struct Lent {
    tied: Arc<Tied>,
    by: Mutex<Option<Arc<Own>>>,
}

impl Lent {
    /// Nobody's clock so far: the true time.
    pub fn new(tied: Arc<Tied>) -> Lent {
        Lent { tied, by: Mutex::new(None) }
    }

    /// From now on this one is shown.
    pub fn lend(&self, by: Option<Arc<Own>>) {
        *self.by.lock().unwrap_or_else(PoisonError::into_inner) = by;
    }
}

impl Clock for Lent {
    fn wall_ms(&self) -> i64 {
        let by = self.by.lock().unwrap_or_else(PoisonError::into_inner).clone();
        by.map_or_else(|| self.tied.wall_ms(), |own| own.wall_ms())
    }

    fn steady_ms(&self) -> u64 {
        self.tied.steady_ms()
    }

    fn boot(&self) -> String {
        self.tied.boot()
    }
}
