//! All that one look at a server saw, or why it saw nothing.

use std::fmt;

use crate::redis::info::Info;

/// What was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// What the server says of itself.
    pub info: Info,
    /// Its slow log, or why it may not be read.
    pub slow: Result<SlowLog, String>,
}

/// The slow log as far as it is kept, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SlowLog(pub Vec<Slow>);

/// A command that was slow: its name alone, since its arguments are other people's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slow {
    /// Its number; the server counts from 0 since it started, without gaps.
    pub number: u64,
    /// How long it took, in microseconds.
    pub took_us: u64,
    /// Its name, safe to show.
    pub command: String,
}

impl SlowLog {
    /// The newest number.
    pub fn last(&self) -> Option<u64> {
        self.0.iter().map(|slow| slow.number).max()
    }

    /// How many came after number `last` (after the start, if there is none), also those that are kept no more; and the slowest
    /// of those that are.
    pub fn after(&self, last: Option<u64>) -> (u64, Option<&Slow>) {
        let first = last.map_or(0, |last| last.saturating_add(1));
        let count = self.last().map_or(0, |newest| newest.saturating_add(1).saturating_sub(first));
        (count, self.0.iter().filter(|slow| slow.number >= first).max_by_key(|slow| slow.took_us))
    }
}

/// Why nothing was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreached {
    /// What happened, safe to show.
    pub why: String,
    /// What to do about it.
    pub cure: &'static str,
}

impl fmt::Display for Unreached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.why, self.cure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow(number: u64, took_us: u64) -> Slow {
        Slow { number, took_us, command: format!("C{number}") }
    }

    #[test]
    fn commands_that_the_slow_log_dropped_are_counted_too() {
        let log = SlowLog(vec![slow(9, 10), slow(8, 30), slow(7, 90)]);
        assert_eq!(log.after(None), (10, Some(&slow(7, 90))));
        assert_eq!(log.after(Some(2)), (7, Some(&slow(7, 90))), "3 to 6 are kept no more");
        assert_eq!(log.after(Some(7)), (2, Some(&slow(8, 30))));
        assert_eq!(log.after(Some(9)), (0, None));
        assert_eq!(log.after(Some(u64::MAX)), (0, None));
        assert_eq!(SlowLog::default().after(Some(9)), (0, None), "it was emptied");
    }
}
