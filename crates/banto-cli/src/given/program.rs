//! From a program as it is written down to one that is supervised: what the file leaves out is as the supervisor has it.

use banto_engine::supervise::Program;

use crate::file::ProgramSpec;

/// The program that was written down.
pub(super) fn of(written: &ProgramSpec) -> Program {
    let plain = Program::new(written.name.clone(), written.spec.clone());
    Program {
        after: written.after.clone(),
        start: written.start,
        restart: written.restart,
        backoff: written.backoff.clone().unwrap_or(plain.backoff),
        healthy_ms: written.healthy_ms.unwrap_or(plain.healthy_ms),
        brake: written.brake.unwrap_or(plain.brake),
        probe: written.probe.clone(),
        reload_signal: written.reload_signal.unwrap_or(plain.reload_signal),
        ..plain
    }
}
