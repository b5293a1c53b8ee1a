//! The watch over this process's own clock.
//!
//! The time that counts is the store's; a store without a clock of its own (a file) lends the leader's. A process that is a little
//! off goes by the difference; one that is far off neither leads nor fires, and says so.

/// What is known of this process's clock.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    offset_ms_max: u64,
    offset_ms: i64,
    off: Option<i64>,
}

/// What a measurement changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turned {
    /// The clock is too far off, and was not before.
    Off,
    /// It is not any more.
    Right,
    /// Nothing.
    Same,
}

impl Guard {
    /// A watch that lets a clock be off by that much, in milliseconds.
    pub fn new(offset_ms_max: u64) -> Guard {
        Guard { offset_ms_max, offset_ms: 0, off: None }
    }

    /// How far a clock that showed `wall` is ahead of the store's, which showed `store` within the next `took_ms`.
    pub fn off_by(&self, wall: i64, store: i64, took_ms: u64) -> i64 {
        let half = i64::try_from(took_ms / 2).unwrap_or(i64::MAX);
        wall.saturating_add(half).saturating_sub(store)
    }

    /// Whether that is too far. What the asking took is no fault of the clock's.
    pub fn is_over(&self, off_ms: i64, took_ms: u64) -> bool {
        off_ms.unsigned_abs() > self.offset_ms_max.saturating_add(took_ms)
    }

    /// Takes note of a measurement.
    pub fn measured(&mut self, off_ms: i64, took_ms: u64) -> Turned {
        let was = self.off.is_some();
        if self.is_over(off_ms, took_ms) {
            (self.off, self.offset_ms) = (Some(off_ms), 0);
            return if was { Turned::Same } else { Turned::Off };
        }
        // What is within the asking's own time says nothing.
        let offset_ms = if off_ms.unsigned_abs() > took_ms { off_ms } else { 0 };
        (self.off, self.offset_ms) = (None, offset_ms);
        if was { Turned::Right } else { Turned::Same }
    }

    /// How far the clock is ahead of the store's, in milliseconds, as far as that is known and small.
    pub fn offset_ms(&self) -> i64 {
        self.offset_ms
    }

    /// Why nothing may be fired here, if so: a fragment that fits after "could not".
    pub fn off(&self) -> Option<String> {
        let (off_ms, most) = (self.off?, self.offset_ms_max);
        Some(format!("fire: this clock is {off_ms} ms off the store's, and {most} ms are allowed; set it right"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_a_little_off_is_corrected_and_one_that_is_far_off_may_not_fire() {
        let mut guard = Guard::new(1_000);
        assert_eq!((guard.measured(guard.off_by(5_300, 5_000, 0), 0), guard.offset_ms()), (Turned::Same, 300));
        assert_eq!(guard.measured(guard.off_by(6_000, 5_000, 0), 0), Turned::Same, "at the limit");
        assert_eq!(guard.measured(guard.off_by(6_001, 5_000, 0), 0), Turned::Off);
        assert!(guard.off().unwrap().contains("1001 ms off") && guard.offset_ms() == 0);
        assert_eq!(guard.measured(guard.off_by(3_000, 5_000, 0), 0), Turned::Same, "still");
        assert_eq!((guard.measured(0, 0), guard.off()), (Turned::Right, None));
    }

    #[test]
    fn what_the_asking_took_is_no_fault_of_the_clock() {
        let mut guard = Guard::new(1_000);
        let off_ms = guard.off_by(5_000, 8_000, 3_000);
        assert_eq!((off_ms, guard.measured(off_ms, 3_000)), (-1_500, Turned::Same));
        assert_eq!(guard.offset_ms(), 0, "it may all be the asking");
        assert_eq!(guard.measured(guard.off_by(0, i64::MAX, 3_000), 3_000), Turned::Off);
        assert_eq!(guard.off_by(i64::MAX, i64::MIN, u64::MAX), i64::MAX);
    }
}
