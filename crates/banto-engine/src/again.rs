//! How long a worker waits before it asks a store again that failed.
//!
//! As long again as the store has been failing: a connection that was cut costs a few milliseconds, and a store that is gone
//! is asked a few times a second. What is full is full for longer, and a look at it costs a write.

use std::time::Duration;

use banto_store::Fault;

/// Shortest wait, in milliseconds, before chance takes up to four fifths off, so that a herd spreads.
const LEAST_MS: u64 = 10;
/// Longest wait, in milliseconds.
const MOST_MS: u64 = 500;

/// The wait after a failure of that kind by a store that has been failing for so long; `drawn` is any number.
pub(crate) fn again_in(fault: &Fault, failing_ms: u64, drawn: u64) -> Duration {
    let most = match fault {
        Fault::Full => MOST_MS,
        _ => failing_ms.clamp(LEAST_MS, MOST_MS),
    };
    let least = most / 5;
    Duration::from_millis(least + drawn % (most - least + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(fault: &Fault, failing_ms: u64) -> (u64, u64) {
        let all: Vec<u64> =
            (0..1_000).map(|drawn| u64::try_from(again_in(fault, failing_ms, drawn).as_millis()).unwrap()).collect();
        (*all.iter().min().unwrap(), *all.iter().max().unwrap())
    }

    #[test]
    fn a_connection_that_was_cut_costs_little() {
        assert_eq!(waits(&Fault::InDoubt, 0), (2, 10));
        assert_eq!(waits(&Fault::Gone, 7), (2, 10));
    }

    #[test]
    fn the_longer_a_store_fails_the_longer_it_is_left_alone() {
        assert_eq!(waits(&Fault::Gone, 100), (20, 100));
        assert_eq!(waits(&Fault::Gone, 600_000), (100, 500));
        assert_eq!(waits(&Fault::Busy, u64::MAX), (100, 500));
    }

    #[test]
    fn what_is_full_is_not_asked_again_at_once() {
        assert_eq!(waits(&Fault::Full, 0), (100, 500));
    }
}
