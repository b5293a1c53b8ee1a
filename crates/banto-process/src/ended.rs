//! How a program ended: what is known, and a sentence for people.
//!
//! For the ledger, the supervisor and the reader of an alert. Exit codes are truth: what is not named a success is a
//! failure. What is only likely is said as "perhaps".

use crate::{Held, Signal, Spec, Stopped, output::Said};

/// What is said of one that read from its standard input. It may be a success all the same: some ask, hear nothing, and take that for a no.
const READ_STDIN: &str =
    "it read from its standard input, which is closed: if it asks a question, give it the answer as an option";

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The program's name, without its arguments.
    pub program: String,
    /// Its number, while it ran.
    pub pid: u32,
    /// How its leader ended.
    pub exit: Exit,
    /// How long it ran, in milliseconds.
    pub ran_ms: u64,
    /// Processor time it used, in milliseconds.
    pub cpu_ms: u64,
    /// The most memory it was seen to hold, in bytes; none if it ended before anybody could look.
    pub memory_peak_bytes: Option<u64>,
    /// What held its memory limit.
    pub memory_held: Held,
    /// Its memory limit, in bytes.
    pub memory_max_bytes: Option<u64>,
    /// Whether it died for want of memory.
    pub oom: Oom,
    /// It ran over its time and was stopped for that.
    pub timed_out: bool,
    /// It was told to stop, by its time-out or by somebody.
    pub stopped: Option<Stopped>,
    /// It left a process behind that held its output open.
    pub leaked: bool,
    /// It read from its standard input, which is closed: it may have asked a question.
    pub stdin_read: bool,
    /// What it said, counted.
    pub said: Said,
    /// The end of what it said.
    pub tail: String,
}

/// How a program's leader ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By a signal.
    Signal(Signal),
    /// Somebody else in this process took its status; nothing is known.
    Unknown,
}

/// Whether a program died for want of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oom {
    /// Nothing says so.
    No,
    /// It looks like it: it was killed by nobody known, or failed at its limit.
    Perhaps,
    /// The kernel says so.
    Yes,
}

impl Ended {
    /// Whether it ended with one of the success codes, in its time, and not for want of memory.
    pub fn is_success(&self, spec: &Spec) -> bool {
        let good = matches!(self.exit, Exit::Code(code) if spec.success.contains(&code));
        good && !self.timed_out && self.oom != Oom::Yes
    }

    /// One sentence for people, without the tail: what ended, how, after how long, and what there is to know about it.
    pub fn words(&self) -> String {
        let end = format!("{} {} after {}", self.program, self.exit_words(), duration(self.ran_ms));
        std::iter::once(end).chain(self.remarks()).collect::<Vec<_>>().join("; ")
    }

    /// What there is to know about it beyond how it ended; nothing of a run like any other.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks: Vec<String> = Vec::new();
        if self.timed_out {
            remarks.push("it ran over its time".into());
        }
        remarks.extend(self.stop_words().map(str::to_owned));
        remarks.extend(self.memory_words());
        remarks.extend(self.code_words().map(str::to_owned));
        if self.stdin_read {
            remarks.push(READ_STDIN.into());
        }
        if self.leaked {
            remarks.push("it left a process behind that held its output open".into());
        }
        if self.said.dropped > 0 {
            remarks.push(format!("{} lines were not shown because the listener was slow", self.said.dropped));
        }
        if let Some(fault) = &self.said.file_fault {
            remarks.push(format!("its output could not be written to its file: {fault}"));
        }
        remarks
    }

    fn stop_words(&self) -> Option<&'static str> {
        match self.stopped? {
            Stopped::Killed if self.timed_out => Some("it did not stop within its grace and was killed"),
            Stopped::Killed => Some("it was stopped and killed"),
            Stopped::Gracefully => Some("it was told to stop"),
        }
    }

    fn exit_words(&self) -> String {
        match self.exit {
            Exit::Code(code) => format!("ended with exit code {code}"),
            Exit::Signal(signal) => format!("was killed by {signal}"),
            Exit::Unknown => "ended, and something else in this process took its exit code".to_owned(),
        }
    }

    fn memory_words(&self) -> Option<String> {
        let limit = self.memory_max_bytes.map(|max| format!(" (its limit is {} MiB)", max >> 20)).unwrap_or_default();
        match self.oom {
            Oom::Yes => Some(format!("the kernel killed it for want of memory{limit}")),
            Oom::Perhaps => Some(format!("perhaps it had not enough memory{limit}")),
            Oom::No => None,
        }
    }

    fn code_words(&self) -> Option<&'static str> {
        match self.exit {
            Exit::Code(126) => Some("126 is what a shell says of a command it found and may not execute"),
            Exit::Code(127) => Some("127 is what a shell says of a command it did not find"),
            Exit::Code(code) if (129..=192).contains(&code) => Some(
                "a code over 128 is what a shell says when a signal killed its command: 128 and the signal's number",
            ),
            _ => None,
        }
    }
}

fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..120_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

/// What is known of memory when a run has ended.
pub(crate) struct Evidence {
    pub exit: Exit,
    /// It was killed by us.
    pub killed: bool,
    pub max_bytes: Option<u64>,
    pub peak_bytes: Option<u64>,
    /// Kills for want of memory in its own cgroup.
    pub kills: u64,
    /// Kills for want of memory around us meanwhile.
    pub kills_nearby: u64,
}

/// What the evidence says. Pure.
pub(crate) fn oom(seen: &Evidence) -> Oom {
    let shot = seen.exit == Exit::Signal(Signal::KILL) && !seen.killed;
    let full = |max: u64| seen.peak_bytes.is_some_and(|peak| peak >= max - max / 10);
    let failed = seen.exit != Exit::Code(0) && !seen.killed;
    match seen {
        Evidence { kills: 1.., .. } => Oom::Yes,
        Evidence { kills_nearby: 1.., .. } if shot => Oom::Yes,
        _ if failed && seen.max_bytes.is_some_and(full) => Oom::Perhaps,
        _ => Oom::No,
    }
}

#[cfg(test)]
#[path = "ended_tests.rs"]
mod tests;
