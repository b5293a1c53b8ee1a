//! What to run, and under which limits.
//!
//! For whoever reads a schedule or a program out of a file or out of code. A spec is plain data: nothing is looked up
//! before [`Spec::check`], which names everything that is wrong at once.

use std::path::PathBuf;

use crate::{Env, Faults, OutputFile, Signal, plan};

/// A program to run. Build it with [`Spec::argv`] (or, asked for by name, [`Spec::shell`]) and set its fields.
///
/// ```
/// use banto_process::Spec;
///
/// let spec = Spec { timeout_ms: Some(300_000), ..Spec::argv(["no-such-program-anywhere", "--all"]) };
/// let faults = spec.check().unwrap_err().to_string();
/// assert!(faults.starts_with("run no-such-program-anywhere: could not find \"no-such-program-anywhere\""), "{faults}");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// The program and its arguments, or a shell's text.
    pub command: Command,
    /// The working directory; none is this process's own.
    pub dir: Option<PathBuf>,
    /// The user to run as, by name or number; it needs root.
    pub user: Option<String>,
    /// How nice the program is to others: -20 (needs root) to 19, added to nothing: this is the value itself.
    pub nice: Option<i32>,
    /// What the program sees of the environment.
    pub env: Env,
    /// How much memory it may hold, in bytes; see [`Held`](crate::Held) for what holds it.
    pub memory_max_bytes: Option<u64>,
    /// How long it may run, in milliseconds; then it is stopped, and has failed.
    pub timeout_ms: Option<u64>,
    /// How long it may take to stop before it is killed, in milliseconds.
    pub grace_ms: u64,
    /// What tells it to stop.
    pub stop_signal: Signal,
    /// The exit codes that are a success; everything else is a failure.
    pub success: Vec<i32>,
    /// A file that its output is appended to.
    pub file: Option<OutputFile>,
    /// How much of the end of its output is kept in [`Ended::tail`](crate::Ended::tail), in bytes.
    pub tail_bytes_max: usize,
    /// The longest line of output, in bytes; what is longer is cut and marked.
    pub line_bytes_max: usize,
    /// What becomes of processes of its group that are left when it has ended.
    pub left: Left,
}

/// What is run.
#[derive(Clone, PartialEq, Eq)]
pub enum Command {
    /// A program and its arguments. Nothing in them is ever read by a shell.
    Argv(Vec<String>),
    /// A text for `/bin/sh -c`. Only for texts of the operator; never paste a name or a payload into one.
    Shell(String),
}

/// What becomes of processes that a program leaves behind in its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Left {
    /// They are killed: work that nobody knows of is work in silence.
    #[default]
    Kill,
    /// They are left alone, for a command that starts a service. One that holds the output open is still noted.
    Leave,
}

impl Spec {
    /// A program and its arguments, with the usual limits: 10 s of grace, exit code 0 is a success, 8 KiB of tail,
    /// lines of 16 KiB, no time-out.
    pub fn argv<I: IntoIterator<Item = S>, S: Into<String>>(argv: I) -> Spec {
        Spec::of(Command::Argv(argv.into_iter().map(Into::into).collect()))
    }

    /// A text for `/bin/sh -c`, with the usual limits.
    pub fn shell(text: impl Into<String>) -> Spec {
        Spec::of(Command::Shell(text.into()))
    }

    fn of(command: Command) -> Spec {
        Spec {
            command,
            dir: None,
            user: None,
            nice: None,
            env: Env::default(),
            memory_max_bytes: None,
            timeout_ms: None,
            grace_ms: 10_000,
            stop_signal: Signal::TERM,
            success: vec![0],
            file: None,
            tail_bytes_max: 8 << 10,
            line_bytes_max: 16 << 10,
            left: Left::Kill,
        }
    }

    /// Finds everything that can be known to be wrong before the start, all at once: program, directory, user, limits,
    /// output file. It starts nothing and writes nothing.
    pub fn check(&self) -> Result<(), Faults> {
        plan::plan(self).map(|_| ())
    }

    /// The program's name for people: never its arguments, which may hold secrets.
    pub fn program(&self) -> &str {
        match &self.command {
            Command::Argv(argv) => argv.first().map_or("", String::as_str),
            Command::Shell(_) => "/bin/sh",
        }
    }
}

impl std::fmt::Debug for Command {
    /// Shows the program and how many arguments it has: they may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Command::Argv(argv) => write!(f, "Argv({:?}, {} more)", argv.first(), argv.len().saturating_sub(1)),
            Command::Shell(text) => write!(f, "Shell({} bytes)", text.len()),
        }
    }
}
