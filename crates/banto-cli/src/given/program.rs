//! From a program as it is written down to one that is supervised: what the file leaves out is as the supervisor has it.

use banto_engine::supervise::{self, Program};

use crate::file::{Brake, How, Probe, ProgramSpec, Restart};

/// The program that was written down.
pub(super) fn of(written: &ProgramSpec) -> Program {
    let plain = Program::new(written.name.clone(), written.spec.clone());
    Program {
        after: written.after.clone(),
        start: written.start,
        restart: match written.restart {
            Restart::Always => supervise::Restart::Always,
            Restart::OnFailure => supervise::Restart::OnFailure,
            Restart::Never => supervise::Restart::Never,
        },
        backoff: written.backoff.clone().unwrap_or(plain.backoff),
        healthy_ms: written.healthy_ms.unwrap_or(plain.healthy_ms),
        brake: written.brake.map_or(plain.brake, brake),
        probe: written.probe.as_ref().map(probe),
        reload_signal: written.reload_signal.unwrap_or(plain.reload_signal),
        ..plain
    }
}

fn brake(written: Brake) -> supervise::Brake {
    let then = written.slowly_ms.map_or(supervise::Then::GiveUp, |every_ms| supervise::Then::Slowly { every_ms });
    supervise::Brake { starts_max: written.starts_max, within_ms: written.within_ms, then }
}

fn probe(written: &Probe) -> supervise::Probe {
    let how = match &written.how {
        How::Command(spec) => supervise::How::Command(spec.clone()),
        How::Tcp(addr) => supervise::How::Tcp(*addr),
        How::Http { addr, path } => supervise::How::Http { addr: *addr, path: path.clone() },
    };
    supervise::Probe {
        how,
        interval_ms: written.interval_ms,
        timeout_ms: written.timeout_ms,
        failures_max: written.failures_max,
        start_period_ms: written.start_period_ms,
    }
}
