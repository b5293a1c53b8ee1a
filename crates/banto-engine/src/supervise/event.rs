//! What happens to programs: a closed list, each event also a line in the log.

use std::sync::Arc;

use banto_core::Name;
use banto_process::Ended;

/// Something that happened to a program.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// It waits until another is ready.
    Waiting {
        /// The program.
        program: Name,
        /// The first it waits for.
        after: Name,
    },
    /// It was started.
    Started {
        /// The program.
        program: Name,
        /// Its number.
        pid: u32,
    },
    /// It could not be started.
    NotStarted {
        /// The program.
        program: Name,
        /// Why, after "could not".
        fault: String,
        /// In how many milliseconds it is tried again; none is never.
        restart_ms: Option<u64>,
    },
    /// Its probe answered well: the first time, or again after it did not.
    Healthy {
        /// The program.
        program: Name,
    },
    /// Its probe failed.
    Unhealthy {
        /// The program.
        program: Name,
        /// What went wrong.
        error: String,
        /// How many times in a row.
        failures: u32,
        /// Whether it is restarted for that.
        restarts: bool,
    },
    /// It has ended.
    Ended {
        /// The program.
        program: Name,
        /// How.
        ended: Arc<Ended>,
        /// Whether that was a success.
        success: bool,
        /// Whether somebody had ordered it.
        ordered: bool,
        /// In how many milliseconds it is started again; none is never.
        restart_ms: Option<u64>,
    },
    /// It ends again and again: it is tried slowly from now on.
    Braked {
        /// The program.
        program: Name,
        /// More starts than this…
        starts_max: usize,
        /// …within so many milliseconds.
        within_ms: u64,
        /// How often it is tried, in milliseconds.
        every_ms: u64,
    },
    /// It ends again and again: it is not started any more without an order.
    GivenUp {
        /// The program.
        program: Name,
        /// More starts than this…
        starts_max: usize,
        /// …within so many milliseconds.
        within_ms: u64,
    },
    /// It was told to stop.
    Stopping {
        /// The program.
        program: Name,
        /// Killed, not told.
        now: bool,
    },
    /// It was told to read its settings again.
    Reloaded {
        /// The program.
        program: Name,
    },
}

impl Event {
    /// The program it is about.
    pub fn program(&self) -> &Name {
        match self {
            Event::Waiting { program, .. }
            | Event::Started { program, .. }
            | Event::NotStarted { program, .. }
            | Event::Healthy { program }
            | Event::Unhealthy { program, .. }
            | Event::Ended { program, .. }
            | Event::Braked { program, .. }
            | Event::GivenUp { program, .. }
            | Event::Stopping { program, .. }
            | Event::Reloaded { program } => program,
        }
    }

    /// The line in the log.
    pub(crate) fn log(&self) {
        let program = self.program().as_str();
        match self {
            Event::Waiting { after, .. } => tracing::info!(program, %after, "the program waits until another is ready"),
            Event::Started { pid, .. } => tracing::info!(program, pid, "the program is started"),
            Event::NotStarted { fault, restart_ms, .. } => {
                tracing::error!(program, restart_ms, "the program is not started: could not {fault}");
            }
            Event::Healthy { .. } => tracing::info!(program, "the program is healthy"),
            Event::Unhealthy { error, failures, restarts, .. } => {
                tracing::warn!(program, error, failures, restarts, "the program is not healthy");
            }
            Event::Ended { ended, success: true, restart_ms, .. } => {
                tracing::info!(program, restart_ms, "the program has ended: {}", ended.words());
            }
            Event::Ended { ended, ordered: true, .. } => {
                tracing::info!(program, "the program has ended: {}", ended.words());
            }
            Event::Ended { ended, restart_ms, .. } => {
                tracing::error!(
                    program,
                    restart_ms,
                    tail = last_line(&ended.tail),
                    "the program has failed: {}",
                    ended.words()
                );
            }
            Event::Braked { starts_max, within_ms, every_ms, .. } => tracing::error!(
                program,
                every_ms,
                "the program ends again and again, more than {starts_max} starts within {within_ms} ms: it is tried slowly until it stays"
            ),
            Event::GivenUp { starts_max, within_ms, .. } => tracing::error!(
                program,
                "the program ends again and again, more than {starts_max} starts within {within_ms} ms: it is not started any more; find out why and start it by hand"
            ),
            Event::Stopping { now, .. } => tracing::info!(program, now, "the program is told to stop"),
            Event::Reloaded { .. } => tracing::info!(program, "the program is told to read its settings again"),
        }
    }
}

fn last_line(tail: &str) -> &str {
    tail.trim_end().rsplit('\n').next().unwrap_or_default()
}
