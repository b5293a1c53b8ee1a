//! What is supervised, and by which policy.
//!
//! Plain data, for whoever reads `[[program]]` out of a file or says it in code.

use banto_core::{Backoff, Name};
use banto_process::{Signal, Spec};

use super::Probe;

/// A long-running program. Build it with [`Program::new`] and set its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its name, for orders and for the log.
    pub name: Name,
    /// What runs: command, limits, the signal and the grace of a stop, the codes that are a success.
    pub spec: Spec,
    /// It is started when each of these is ready (healthy if it has a probe, else running; one that is never
    /// restarted, when it has ended with a success), and stopped before them.
    pub after: Vec<Name>,
    /// Whether it starts with the supervisor, or waits for an order.
    pub start: bool,
    /// When it is started again.
    pub restart: Restart,
    /// How long to wait before that; the step grows with each life that was shorter than `healthy_ms`.
    pub backoff: Backoff,
    /// A life of so many milliseconds was a good one: back-off and brake begin anew.
    pub healthy_ms: u64,
    /// What stops a crash loop.
    pub brake: Brake,
    /// How to ask whether it is healthy.
    pub probe: Option<Probe>,
    /// What makes it read its settings again.
    pub reload_signal: Signal,
}

/// When a program is started again after its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Restart {
    /// Whatever its end: for servers and workers.
    #[default]
    Always,
    /// When it failed: for programs that have an end.
    OnFailure,
    /// Never by itself. Its end is told all the same.
    Never,
}

/// When a program ends again and again, somebody has to look; trying faster does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brake {
    /// More starts than this…
    pub starts_max: usize,
    /// …within so many milliseconds put the brake on.
    pub within_ms: u64,
    /// What happens then.
    pub then: Then,
}

/// What a program does whose brake is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It is tried again each so many milliseconds, until a life was a good one.
    Slowly {
        /// The wait, in milliseconds.
        every_ms: u64,
    },
    /// It is not started again without an order.
    GiveUp,
}

impl Program {
    /// A program that is always restarted: after 1 s, 2 s, 4 s … at most 1 min (with jitter), anew after a life of 10 s;
    /// more than 5 starts within a minute are braked to one a minute. Reloaded by `SIGHUP`; no probe.
    pub fn new(name: Name, spec: Spec) -> Program {
        Program {
            name,
            spec,
            after: Vec::new(),
            start: true,
            restart: Restart::default(),
            backoff: Backoff::Exponential { base_ms: 1_000, max_ms: 60_000 },
            healthy_ms: 10_000,
            brake: Brake { starts_max: 5, within_ms: 60_000, then: Then::Slowly { every_ms: 60_000 } },
            probe: None,
            reload_signal: Signal::HUP,
        }
    }

    /// What is wrong with it by itself; the texts fit after "could not".
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let name = &self.name;
        if let Err(wrong) = self.spec.check() {
            faults.extend(wrong.list.into_iter().map(|fault| format!("run the program {name}: could not {fault}")));
        }
        if let Err(refusal) = self.backoff.check() {
            faults.push(format!("wait before a restart of {name}: could not {refusal}"));
        }
        if self.brake.starts_max == 0 {
            faults.push(format!("start {name} no more than 0 times; 1 or more is allowed"));
        }
        if matches!(self.brake.then, Then::Slowly { every_ms: 0 }) {
            faults.push(format!("try {name} slowly each 0 ms; 1 or more is allowed"));
        }
        faults.extend(
            self.probe
                .iter()
                .flat_map(Probe::faults)
                .map(|fault| format!("ask {name} for its health: could not {fault}")),
        );
        faults
    }
}
