//! Whose line it is: the worker's, the scheduler's, or a program's.
//!
//! Decided by where in the code it is said (a line's target), so no line can be forgotten: what the scheduler says, and what
//! a schedule's command prints, is the scheduler's; what programs print, and what their supervisor says, is the programs'; what
//! a process says of itself (that it begins, reloads, stops) belongs to what it is; all else, the application's own lines
//! too, is the worker's.

/// A family of lines, each with files of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The worker's.
    Queue,
    /// The scheduler's.
    Scheduler,
    /// The programs'.
    Program,
}

/// What cannot be written to a file is said elsewhere.
pub(super) const LOST: &str = "banto::lost";
/// What the lines of jobs that begin and end are logged as.
pub(super) const JOB: &str = "banto::job";

const SCHEDULER: [&str; 4] =
    ["banto_engine::scheduler", "banto_engine::fire", "banto_engine::command", "banto_cli::cmd::up::scheduling"];
const PROGRAM: [&str; 3] = ["banto::program", "banto_engine::supervise", "banto_cli::cmd::up::programs"];
const QUEUE: [&str; 2] = ["banto_cli::cmd::up::workers", JOB];

impl Part {
    /// The part of a line of that target, in a process that is `own`; none for a line that is in no file.
    pub fn of(target: &str, own: Part) -> Option<Part> {
        let within = |modules: &[&str]| {
            modules.iter().any(|module| {
                target.strip_prefix(*module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
            })
        };
        if target == LOST {
            return None;
        }
        Some(if within(&PROGRAM) {
            Part::Program
        } else if within(&SCHEDULER) {
            Part::Scheduler
        } else if within(&QUEUE) || !within(&["banto_cli"]) {
            Part::Queue
        } else {
            own
        })
    }

    /// What its files are called, before their day.
    pub fn word(self) -> &'static str {
        match self {
            Part::Queue => "queue",
            Part::Scheduler => "scheduler",
            Part::Program => "program",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_one_part() {
        for (target, part) in [
            ("banto::program", Part::Program),
            ("banto_engine::supervise::event", Part::Program),
            ("banto_engine::scheduler::turns", Part::Scheduler),
            ("banto_engine::fire", Part::Scheduler),
            ("banto_engine::command", Part::Scheduler),
            ("banto_engine::commander", Part::Queue),
            ("banto_engine::claim", Part::Queue),
            ("banto_cli::cmd::up::workers", Part::Queue),
            (JOB, Part::Queue),
            ("myteacher::generate", Part::Queue),
        ] {
            for own in [Part::Queue, Part::Scheduler, Part::Program] {
                assert_eq!(Part::of(target, own), Some(part), "{target}");
            }
        }
        for own in [Part::Queue, Part::Scheduler, Part::Program] {
            assert_eq!(Part::of("banto_cli::cmd::up", own), Some(own));
            assert_eq!(Part::of(LOST, own), None);
        }
    }
}
