//! The one place of the house that reads a clock.
//!
//! Two clocks with two names. *Wall* time (milliseconds since 1970) is for people: when a job is due, when it
//! ended. *Steady* time (milliseconds since the machine booted, the same in all its processes, also counting sleep)
//! is for leases: it does not jump when somebody sets the wall clock. Tests give their own clock.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

/// A source of time.
pub trait Clock: Send + Sync + 'static {
    /// Wall-clock time in milliseconds since 1970 (UTC). May jump.
    fn wall_ms(&self) -> i64;
    /// Milliseconds since this machine's boot. Never jumps, and goes on while the machine sleeps.
    fn steady_ms(&self) -> u64;
    /// Names the boot that `steady_ms` counts from: a stored steady time of another boot means nothing.
    fn boot(&self) -> String;
}

/// The machine's clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    fn wall_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn steady_ms(&self) -> u64 {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let (seconds, nanos) = (now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs());
        seconds * 1_000 + nanos / 1_000_000
    }

    /// Read once: no process outlives its boot, and a store asks with each commit.
    fn boot(&self) -> String {
        static READ: OnceLock<String> = OnceLock::new();
        if let Some(boot) = READ.get() {
            return boot.clone();
        }
        match std::fs::read_to_string("/proc/sys/kernel/random/boot_id") {
            Ok(boot) => READ.get_or_init(|| boot.trim().to_owned()).clone(),
            Err(_) => String::new(),
        }
    }
}

/// A short number for the name of a boot, or of a file: FNV-1a (Fowler, Noll, Vo): the same in every build, as what is stored must be.
pub fn fingerprint(text: &str) -> i64 {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash.cast_signed()
}

/// A clock that moves only when it is told to. Clones share the time.
#[derive(Debug, Clone, Default)]
pub struct GivenClock {
    wall: Arc<AtomicI64>,
    steady: Arc<AtomicU64>,
    boots: Arc<AtomicU64>,
}

impl GivenClock {
    /// A clock that stands at `wall_ms`, one hour after boot.
    pub fn at(wall_ms: i64) -> GivenClock {
        let clock = GivenClock::default();
        clock.wall.store(wall_ms, Ordering::SeqCst);
        clock.steady.store(3_600_000, Ordering::SeqCst);
        clock
    }

    /// Lets time pass on both clocks.
    pub fn pass(&self, ms: u64) {
        self.wall.fetch_add(i64::try_from(ms).unwrap_or(i64::MAX), Ordering::SeqCst);
        self.steady.fetch_add(ms, Ordering::SeqCst);
    }

    /// Moves the wall clock only, as an operator or NTP would.
    pub fn jump(&self, ms: i64) {
        self.wall.fetch_add(ms, Ordering::SeqCst);
    }

    /// The machine starts anew: the steady clock begins at nought, under another boot's name.
    pub fn reboot(&self) {
        self.steady.store(0, Ordering::SeqCst);
        self.boots.fetch_add(1, Ordering::SeqCst);
    }
}

impl Clock for GivenClock {
    fn wall_ms(&self) -> i64 {
        self.wall.load(Ordering::SeqCst)
    }

    fn steady_ms(&self) -> u64 {
        self.steady.load(Ordering::SeqCst)
    }

    fn boot(&self) -> String {
        format!("given-{}", self.boots.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_clocks_go_forward() {
        let clock = SystemClock;
        assert!(clock.wall_ms() > 1_700_000_000_000);
        assert!(clock.steady_ms() > 0 && clock.steady_ms() <= clock.steady_ms());
        assert_eq!(clock.boot(), clock.boot());
        assert!(!clock.boot().is_empty());
    }

    #[test]
    fn a_jump_moves_the_wall_clock_only() {
        let clock = GivenClock::at(1_000);
        clock.pass(10);
        clock.jump(-500);
        assert_eq!((clock.wall_ms(), clock.steady_ms()), (510, 3_600_010));
        let boot = clock.boot();
        clock.reboot();
        assert_ne!(boot, clock.boot());
        assert_eq!(clock.steady_ms(), 0);
    }
}
