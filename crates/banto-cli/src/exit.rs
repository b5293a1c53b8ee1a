//! How a command ends: the documented exit codes, and what is said when it could not be done.
//!
//! For scripts and supervisors, which read the number, and people, who read the line. One table feeds the help, the
//! page `docs/exit-codes.md` and the tests; a number is never given another meaning.

use banto_core::Refusal;
use banto_store::{Fault, StoreError};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Exit {
    /// Well.
    Well = 0,
    /// It looked, and found something that needs a person.
    Found = 1,
    /// What was typed means nothing: a wrong flag or value.
    Usage = 2,
    /// The store is busy or cannot be reached. Trying again may help.
    Unreachable = 3,
    /// The disk is full.
    Full = 4,
    /// It wanted --yes and did nothing.
    Unconfirmed = 5,
    /// The store was made by a newer build.
    Newer = 6,
    /// What is stored cannot be read.
    Damaged = 7,
    /// There is no such job.
    NotListed = 8,
    /// This program knows no kinds, so it can neither run nor check jobs.
    NoKinds = 9,
    /// The worker did not start because something is missing.
    Unfit = 10,
    /// The worker stopped because a run does not.
    Stuck = 11,
    /// The worker stopped because it held more memory than allowed.
    Memory = 12,
    /// The worker was told twice to stop, and stopped at once.
    Hurried = 13,
    /// Something on this machine failed: a file, the terminal, a thread.
    Machine = 14,
    /// The application could not set itself up.
    Unready = 15,
    /// No running process listens.
    Unheard = 16,
    /// The store moves to another, or has moved, or is being filled.
    Moved = 17,
}

/// Every exit code with what it means, in words for people.
pub const CODES: [(Exit, &str); 18] = [
    (Exit::Well, "well; for a worker: it stopped as it was told to (TERM, restart, --once, --max-time, …)"),
    (
        Exit::Found,
        "it looked and found something that needs a person (monitor, deploy check, schedule diff and lint, health), a run failed (schedule run and test), a changed file was not taken (reload), or some jobs were left as they were",
    ),
    (
        Exit::Usage,
        "what was typed means nothing: an unknown flag, a value that is not allowed, a store that is not there, cannot be opened or must be migrated first",
    ),
    (Exit::Unreachable, "the store is busy or cannot be reached, or its answer was lost; trying again may help"),
    (Exit::Full, "the disk is full; nothing was changed but what the message says"),
    (Exit::Unconfirmed, "it was not confirmed (no --yes without a terminal, or \"no\"); nothing was changed"),
    (Exit::Newer, "the store was made by a newer build; nothing was changed"),
    (Exit::Damaged, "what is stored cannot be read as what it should be"),
    (Exit::NotListed, "there is no such job, schedule or program, or there is not any more"),
    (Exit::NoKinds, "this program knows no kinds of jobs: only an application that embeds the command set can do this"),
    (
        Exit::Unfit,
        "the worker or scheduler did not start: a kind lacks a setting or a service, a command is missing, there is no schedule, or a number does not fit",
    ),
    (Exit::Stuck, "the worker stopped because a run did not stop when it was told to; end the process and start anew"),
    (Exit::Memory, "the worker stopped because it held more memory than --memory allows"),
    (Exit::Hurried, "it was told to stop a second time and stopped at once; what ran was handed back"),
    (
        Exit::Machine,
        "something on this machine failed: a file, the terminal, a thread, a part of the worker that panicked; or the answer could not be written",
    ),
    (
        Exit::Unready,
        "the application could not set itself up for another command than queue work: a setting is missing or wrong",
    ),
    (
        Exit::Unheard,
        "no running `up` or `schedule work` could be reached for this store, or nobody answers how it is (health)",
    ),
    (
        Exit::Moved,
        "the store moves to another one, has moved there, or is being filled from one (store copy); the message says where",
    ),
];

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// The codes as help shows them.
pub(crate) fn help() -> String {
    let lines: Vec<String> = CODES.iter().map(|(exit, text)| format!("  {:>2}  {text}", exit.code())).collect();
    format!("EXIT CODES:\n{}", lines.join("\n"))
}

/// A command could not be carried out. The text fits after "could not".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// How the program ends.
    pub exit: Exit,
    /// The thing, the value, the next step.
    pub text: String,
}

impl Failure {
    /// A failure that ends so; `text` is a lower-case fragment that fits after "could not".
    pub fn new(exit: Exit, text: impl Into<String>) -> Failure {
        Failure { exit, text: text.into() }
    }

    /// A value that is not allowed.
    pub(crate) fn usage(text: impl Into<String>) -> Failure {
        Failure::new(Exit::Usage, text)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        let exit = match error.fault() {
            Fault::Busy | Fault::Gone | Fault::InDoubt => Exit::Unreachable,
            Fault::Moved => Exit::Moved,
            Fault::Full => Exit::Full,
            Fault::Damaged => Exit::Damaged,
            Fault::Newer => Exit::Newer,
            Fault::Config | Fault::Refused(_) => Exit::Usage,
        };
        Failure::new(exit, error.to_string())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::usage(refusal.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once_in_the_table_in_its_place() {
        for (at, (exit, text)) in CODES.iter().enumerate() {
            assert_eq!(usize::from(exit.code()), at, "{text}");
        }
    }

    #[test]
    fn the_page_says_what_the_program_says() {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/exit-codes.md")).unwrap();
        for (exit, text) in CODES {
            let row = format!("| {} | {text} |", exit.code());
            assert!(page.contains(&row), "docs/exit-codes.md lacks: {row}");
        }
    }

    #[test]
    fn each_failure_of_a_store_has_its_code() {
        let refused = Fault::Refused(Refusal::new("a name", "x", "y"));
        let codes = [
            (Fault::Busy, 3),
            (Fault::Gone, 3),
            (Fault::InDoubt, 3),
            (Fault::Full, 4),
            (Fault::Newer, 6),
            (Fault::Damaged, 7),
            (Fault::Config, 2),
            (refused, 2),
        ];
        for (fault, code) in codes {
            let failure = Failure::from(StoreError::new(fault.clone(), "do it"));
            assert_eq!((failure.exit.code(), failure.text.as_str()), (code, "do it"), "{fault:?}");
        }
    }
}
