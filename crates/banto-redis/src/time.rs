//! Whose clock counts, and what is done when it jumps.
//!
//! Leases and due times are told by the server's clock, or by the clock that a test or simulator gives. The server's is a
//! wall clock that somebody may set, so each process compares it with its own steady clock: after a jump it does not say
//! of any lease that it is over until every living holder has had the time to renew it. One that has just come does not know
//! whether there was a jump; what others of its machine have noted in the store tells it.

use std::sync::{Arc, Mutex, PoisonError};

use banto_core::lease::{LEASE_MS, MARGIN_MS, RENEW_MS};
use banto_store::{Clock, Fault, SystemClock};

use crate::{Redis, call::Call, error::Result, script};

/// More than this and it was a jump, in milliseconds.
const JUMP_MS: i64 = 1_000;
/// How long after opening a process trusts no lease to be over, in milliseconds: the clock may have jumped just before, and
/// by then each living holder has renewed.
const SETTLE_MS: u64 = RENEW_MS + MARGIN_MS;

/// Whose clock counts.
#[derive(Clone, Default)]
pub enum Time {
    /// The server's.
    #[default]
    Server,
    /// This one: each script is handed its time, and nothing reads the server's. For tests and simulators.
    Given(Arc<dyn Clock>),
}

impl Time {
    /// The time as scripts take it; empty asks the server.
    pub(crate) fn word(&self) -> String {
        match self {
            Time::Server => String::new(),
            Time::Given(clock) => format!("{} {} {}", clock.wall_ms(), clock.steady_ms(), clock.boot()),
        }
    }
}

impl std::fmt::Debug for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Time::Server => "Server",
            Time::Given(_) => "Given",
        })
    }
}

/// The server's clock as seen from this process's steady one.
#[derive(Debug)]
pub(crate) struct Watch(Mutex<Seen>);

#[derive(Debug)]
struct Seen {
    /// The server's time less the steady time, at least and at most, as far as the answers have narrowed it.
    offset: Option<(i64, i64)>,
    /// Until when, by the steady clock, no lease is said to be over.
    hold_until: u64,
    /// Whether this process has seen a jump itself.
    jumped: bool,
}

impl Watch {
    /// Begins at that steady time.
    pub fn new(steady_ms: u64) -> Watch {
        Watch(Mutex::new(Seen { offset: None, hold_until: steady_ms.saturating_add(SETTLE_MS), jumped: false }))
    }

    /// An answer of a call sent and received at these steady times said that the server's clock stands at `wall_ms`.
    pub fn saw(&self, wall_ms: i64, sent_ms: u64, received_ms: u64) {
        let less = |steady: u64| wall_ms.saturating_sub_unsigned(steady);
        let (least, most) = (less(received_ms), less(sent_ms));
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let jumped = seen.offset.is_some_and(|(from, to)| least > to + JUMP_MS || most < from - JUMP_MS);
        if jumped {
            (seen.hold_until, seen.jumped) = (received_ms.saturating_add(LEASE_MS), true);
        }
        seen.offset = Some((least, most));
    }

    /// Since that steady time there has been no jump, as others have seen.
    fn steady_since(&self, since_ms: u64) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.jumped {
            seen.hold_until = seen.hold_until.min(since_ms.saturating_add(SETTLE_MS));
        }
    }

    /// Whether leases may be said to be over at that steady time.
    pub fn settled(&self, steady_ms: u64) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).hold_until <= steady_ms
    }
}

/// Whether leases may be said to be over by now. A process that cannot know yet asks what those before it have noted: workers
/// that die every few seconds would never bring anything back otherwise.
pub(crate) async fn settled(store: &Redis) -> Result<bool> {
    let inner = store.inner();
    if matches!(inner.time, Time::Given(_)) || inner.watch.settled(inner.steady_ms()) {
        return Ok(true);
    }
    let boot = SystemClock.boot();
    if !boot.is_empty() {
        let sent = inner.steady_ms();
        let since = match store.call(Call::of(&script::CLOCK).arg(boot).number(sent).number(JUMP_MS)).await {
            Ok(mut said) => said.parts.int()?,
            // A full server notes nothing, but bringing jobs back is what makes room.
            Err(error) if *error.fault() == Fault::Full => return Ok(false),
            Err(error) => return Err(error),
        };
        // An answer that took long says little about when the server looked at its clock.
        if inner.steady_ms().saturating_sub(sent) <= JUMP_MS.unsigned_abs() {
            inner.watch.steady_since(u64::try_from(since).unwrap_or(sent));
        }
    }
    Ok(inner.watch.settled(inner.steady_ms()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_have_seen_counts_until_this_process_has_seen_a_jump() {
        let watch = Watch::new(100_000);
        watch.steady_since(100_000 - SETTLE_MS + 5);
        assert!(!watch.settled(100_004) && watch.settled(100_005));
        watch.steady_since(100_000);
        assert!(watch.settled(100_005), "who knows more is not told less");
        watch.saw(1_000_000, 100_010, 100_011);
        watch.saw(9_000_000, 100_020, 100_021);
        watch.steady_since(0);
        assert!(!watch.settled(100_020 + LEASE_MS));
    }

    #[test]
    fn a_process_that_has_just_come_waits_for_one_renewal() {
        let watch = Watch::new(1_000);
        assert!(!watch.settled(1_000 + SETTLE_MS - 1));
        assert!(watch.settled(1_000 + SETTLE_MS));
    }

    #[test]
    fn after_a_jump_of_either_kind_a_lease_is_waited_for() {
        for jump in [-72 * 3_600_000, -1_500, 1_500, 72 * 3_600_000] {
            let watch = Watch::new(0);
            watch.saw(1_000_000, 10_000, 10_002);
            watch.saw(1_010_000, 20_000, 20_002);
            assert!(watch.settled(20_002));
            watch.saw(1_020_000 + jump, 30_000, 30_002);
            assert!(!watch.settled(30_002), "{jump}");
            assert!(!watch.settled(30_001 + LEASE_MS), "{jump}");
            assert!(watch.settled(30_002 + LEASE_MS), "{jump}");
        }
    }

    #[test]
    fn a_slow_answer_or_a_slow_drift_is_no_jump() {
        let watch = Watch::new(0);
        let mut drift = 0;
        for turn in 0..100 {
            let sent = 10_000 + turn * 1_000;
            drift += 100;
            // The answer takes up to five seconds, and the server looked at its clock at any time in between.
            let (took, at) = (turn * 50, turn * 25);
            watch.saw(1_000_000 + drift + i64::try_from(sent + at).unwrap(), sent, sent + took);
            assert!(watch.settled(sent + took), "turn {turn}");
        }
    }
}
