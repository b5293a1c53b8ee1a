//! Whose clock decides, and what to do when it jumps.
//!
//! Leases and due times are told by the server's clock, the same for all machines. It is a wall clock, which somebody may set;
//! so each process compares it, in the answers that bring it, with its own steady clock. After a jump nobody's lease is taken
//! away for the length of one lease, so that those who live renew first; and a lease that lies further in the future than its
//! own length is over when it was seen so for that long ([`Strange`]). Tests and simulators give a clock, wall and steady.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use banto_core::{Lease, lease::LEASE_MS};
use banto_store::{Clock, SystemClock, clock::fingerprint};

/// How far the server's clock may be from where it should be before that counts as a jump, in milliseconds.
const JUMP_MS: i64 = 1_000;

/// Whose clock decides.
#[derive(Clone)]
pub enum Time {
    /// The server's.
    Server,
    /// This one: each statement is handed its time, and nothing reads the server's.
    Given(Arc<dyn Clock>),
}

/// The time of one call, as a statement takes it; absent means the server's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    /// Wall-clock milliseconds since 1970.
    pub wall: Option<i64>,
    /// Steady milliseconds since boot.
    pub steady: Option<i64>,
    /// Which boot: a fingerprint of its name.
    pub boot: Option<i64>,
}

/// A time that is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub wall: i64,
    pub steady: i64,
    pub boot: i64,
}

impl Time {
    /// The time of a call that begins now.
    pub(crate) fn now(&self) -> Now {
        match self {
            Time::Server => Now { wall: None, steady: None, boot: None },
            Time::Given(clock) => Now {
                wall: Some(clock.wall_ms()),
                steady: Some(i64::try_from(clock.steady_ms()).unwrap_or(i64::MAX)),
                boot: Some(fingerprint(&clock.boot())),
            },
        }
    }
}

impl Now {
    /// The time, where the server says that it is `wall`.
    pub fn known(&self, wall: i64) -> Known {
        let wall = self.wall.unwrap_or(wall);
        Known { wall, steady: self.steady.unwrap_or(wall), boot: self.boot.unwrap_or(0) }
    }
}

/// What this process knows of the server's clock. A given clock never jumps: its steady half tells the leases.
#[derive(Debug, Default)]
pub(crate) struct Watch(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// The server's clock minus our steady one, when they were last compared.
    offset: Option<i64>,
    /// Until when, by our steady clock, nobody's lease is taken away.
    held_until: u64,
    /// Leases that lie too far in the future, and since when they were seen so.
    strange: HashMap<Lease, u64>,
}

impl Watch {
    /// Compares; says whether leases may be taken away.
    pub fn look(&self, server_ms: i64) -> bool {
        self.look_at(server_ms, SystemClock.steady_ms())
    }

    fn look_at(&self, server_ms: i64, steady: u64) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let offset = server_ms.saturating_sub_unsigned(steady);
        if seen.offset.is_some_and(|before| before.abs_diff(offset) > JUMP_MS.unsigned_abs()) {
            seen.held_until = steady.saturating_add(LEASE_MS);
        }
        seen.offset = Some(offset);
        steady >= seen.held_until
    }

    /// Of leases that lie too far in the future, those that were seen so for longer than they were given for.
    pub fn over(&self, leases: &[(Lease, u64)]) -> Vec<bool> {
        self.over_at(leases, SystemClock.steady_ms())
    }

    fn over_at(&self, leases: &[(Lease, u64)], steady: u64) -> Vec<bool> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = std::mem::take(&mut seen.strange);
        let mut over = Vec::with_capacity(leases.len());
        for (lease, length) in leases {
            let since = known.get(lease).copied().unwrap_or(steady);
            seen.strange.insert(*lease, since);
            over.push(steady.saturating_sub(since) >= *length);
        }
        over
    }

    /// Whether that lease was seen so.
    pub fn is_strange(&self, lease: &Lease) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).strange.contains_key(lease)
    }
}

#[cfg(test)]
#[path = "time_tests.rs"]
mod tests;
