//! The states of a job, and the table of moves between them.
//!
//! ```text
//!             due            claim            done
//!  scheduled ------> ready ---------> running ------> done
//!      ^               |  \             | | | \
//!      |  retry/snooze |   \            | | |  `----> dead      (no attempt left, crashed 3 times, refused)
//!      `---------------+----\-----------' | `-------> cancelled (ordered, or by the handler)
//!                      |     \            |
//!                      |      `--> parked <'          (nobody here can run it: cause and cure are kept)
//!                      |             |
//!                      `<- release --'--- adopt ----> running
//! ```
//! The table below is the diagram as data; every store is tested against it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// Where a job stands. Every accepted job is in exactly one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Waits for its time: delayed, snoozed, or between two attempts.
    Scheduled,
    /// Due; the next claim may take it.
    Ready,
    /// Leased to a worker.
    Running,
    /// Set aside with a cause and a cure, because no worker that took it could run it. Burns no attempt.
    Parked,
    /// Ended well.
    Done,
    /// Ended badly: no attempt left, or the handler said that no attempt would help.
    Dead,
    /// Ended by order.
    Cancelled,
}

impl State {
    /// All states, in the order of their numbers.
    pub const ALL: [State; 7] =
        [State::Scheduled, State::Ready, State::Running, State::Parked, State::Done, State::Dead, State::Cancelled];

    /// Whether the job has ended.
    pub fn ended(self) -> bool {
        matches!(self, State::Done | State::Dead | State::Cancelled)
    }

    /// Whether the job waits to be claimed, now or later.
    pub fn waiting(self) -> bool {
        matches!(self, State::Scheduled | State::Ready)
    }

    /// The word that people and stores use.
    pub fn word(self) -> &'static str {
        match self {
            State::Scheduled => "scheduled",
            State::Ready => "ready",
            State::Running => "running",
            State::Parked => "parked",
            State::Done => "done",
            State::Dead => "dead",
            State::Cancelled => "cancelled",
        }
    }

    /// The number that stores keep. Never renumber: files of older builds hold them.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The state with that number, if there is one.
    pub fn of_number(number: i64) -> Option<State> {
        usize::try_from(number).ok().and_then(|at| State::ALL.get(at).copied())
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for State {
    type Err = Refusal;
    fn from_str(text: &str) -> Result<State, Refusal> {
        let words: Vec<&str> = State::ALL.iter().map(|s| s.word()).collect();
        let found = State::ALL.into_iter().find(|s| s.word() == text);
        found.ok_or_else(|| Refusal::new("a state", text, format!("allowed are {}", words.join(", "))))
    }
}

/// What moves a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Its time has come.
    Due,
    /// A worker takes it.
    Claim,
    /// The holder of its lease, or the rescuer of an expired one, writes a verdict.
    Finish,
    /// An operator orders: cancel, retry, release.
    Steer,
}

/// Every allowed move: from, by, to. What is not here does not happen.
pub const MOVES: &[(State, Move, State)] = &[
    (State::Scheduled, Move::Due, State::Ready),
    (State::Ready, Move::Claim, State::Running),
    (State::Parked, Move::Claim, State::Running),
    (State::Running, Move::Finish, State::Scheduled),
    (State::Running, Move::Finish, State::Ready),
    (State::Running, Move::Finish, State::Parked),
    (State::Running, Move::Finish, State::Done),
    (State::Running, Move::Finish, State::Dead),
    (State::Running, Move::Finish, State::Cancelled),
    (State::Ready, Move::Claim, State::Parked), // a damaged row is set aside instead of being handed out
    (State::Scheduled, Move::Steer, State::Cancelled),
    (State::Ready, Move::Steer, State::Cancelled),
    (State::Parked, Move::Steer, State::Cancelled),
    (State::Scheduled, Move::Steer, State::Ready),
    (State::Parked, Move::Steer, State::Ready),
    (State::Dead, Move::Steer, State::Ready),
    (State::Cancelled, Move::Steer, State::Ready),
];

/// Whether a job may go from `from` to `to` by `by`.
pub fn allowed(from: State, by: Move, to: State) -> bool {
    MOVES.contains(&(from, by, to))
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
