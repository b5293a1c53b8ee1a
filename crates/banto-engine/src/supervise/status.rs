//! How things stand with a program: for `program list`, a page, and whoever waits.

use std::sync::Arc;

use banto_core::Name;
use banto_process::Ended;

use super::Restart;

/// A program as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// Its name.
    pub name: Name,
    /// Where it stands.
    pub phase: Phase,
    /// Since when, by the wall clock, in milliseconds since 1970; 0 before anything has happened.
    pub since_ms: i64,
    /// Its number, while it runs.
    pub pid: Option<u32>,
    /// How often it was started.
    pub starts: u64,
    /// How often it was started without being ordered to: after an end, or because it was not healthy.
    pub restarts: u64,
    /// Its last end, if it has had one.
    pub last: Option<Arc<Ended>>,
    /// Whether that was a success.
    pub succeeded: bool,
    /// Why it could not be started the last time, if so.
    pub fault: Option<String>,
    /// Its health.
    pub health: Health,
    /// How long it waits before it is started again, in milliseconds from `since_ms`.
    pub restart_ms: Option<u64>,
}

/// Where a program stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It waits for others to be ready.
    Waiting,
    /// It runs and was not found healthy yet.
    Starting,
    /// It runs, and is healthy if it has a probe.
    Running,
    /// It was told to stop and has not ended yet.
    Stopping,
    /// It has ended and is started again soon.
    BackingOff,
    /// It ends again and again, and is tried slowly.
    Braked,
    /// It ends again and again, and is not started any more without an order.
    GivenUp,
    /// It has ended, and its policy does not want it started again.
    Finished,
    /// It was stopped by an order, or was never started.
    Stopped,
}

/// What a program's probe says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It has no probe, or was not asked yet.
    Unknown,
    /// It answered well.
    Good,
    /// What went wrong the last time, and how many times in a row.
    Bad {
        /// Failures in a row.
        failures: u32,
        /// The last one.
        error: String,
    },
}

impl Status {
    pub(crate) fn of(name: &Name) -> Status {
        Status {
            name: name.clone(),
            phase: Phase::Stopped,
            since_ms: 0,
            pid: None,
            starts: 0,
            restarts: 0,
            last: None,
            succeeded: false,
            fault: None,
            health: Health::Unknown,
            restart_ms: None,
        }
    }

    /// Whether those that are started after it may begin: it runs (and is healthy), or has done what it was for. One that
    /// is never restarted is there to be done.
    pub(crate) fn is_ready(&self, restart: Restart) -> bool {
        let runs = self.phase == Phase::Running && restart != Restart::Never;
        runs || self.phase == Phase::Finished && self.succeeded
    }
}

impl Phase {
    /// One word for people and for JSON.
    pub fn word(self) -> &'static str {
        match self {
            Phase::Waiting => "waiting",
            Phase::Starting => "starting",
            Phase::Running => "running",
            Phase::Stopping => "stopping",
            Phase::BackingOff => "backing_off",
            Phase::Braked => "braked",
            Phase::GivenUp => "given_up",
            Phase::Finished => "finished",
            Phase::Stopped => "stopped",
        }
    }

    /// Whether nothing of it runs and nothing will by itself.
    pub fn is_down(self) -> bool {
        matches!(self, Phase::GivenUp | Phase::Finished | Phase::Stopped)
    }
}
