//! What is asked of a running process, and what it answers: one JSON object a line.

use banto_core::Name;
use serde::{Deserialize, Serialize};

/// Longest question, in bytes.
pub(crate) const ASK_BYTES_MAX: usize = 4 << 10;
/// Longest line of an answer, in bytes: a line of a program's output, escaped, with what stands around it.
pub(crate) const ANSWER_BYTES_MAX: usize = 128 << 10;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Ask {
    /// How its programs stand.
    Programs {},
    /// That something be done with a program.
    Steer { program: Name, order: Order },
    /// What a program has printed lately, and, if it is followed, prints from now on.
    Logs { program: Name, follow: bool },
    /// That it take up its changed file.
    Reload {},
}

/// What can be done with a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    Start,
    Stop,
    Restart,
    /// Read its own settings again.
    Reload,
}

/// What is answered, in any number; the last one is `end` or `fault`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Answer {
    /// One program.
    Program(View),
    /// A line that a program printed.
    Line { at: i64, stream: String, text: String },
    /// Something to tell.
    Said { text: String },
    /// That was all. (Braces, so that fields which are not known are refused here too.)
    End {},
    /// It was not done; the text fits after "could not". `unknown`: there is no such program.
    Fault { text: String, unknown: bool },
}

/// A program as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct View {
    /// Its name.
    pub program: Name,
    /// Where it stands, in a word.
    pub phase: String,
    /// Since when, in milliseconds since 1970.
    pub since: i64,
    /// Its number, while it runs.
    pub pid: Option<u32>,
    /// How often it was started.
    pub starts: u64,
    /// How often of these without an order.
    pub restarts: u64,
    /// What its probe says: good, bad with the error, or nothing.
    pub health: Option<String>,
    /// How it ended last, or why it could not be started.
    pub last: Option<String>,
    /// How long it rests before it is started again, in milliseconds.
    pub restart_ms: Option<u64>,
    /// The process that keeps it.
    pub keeper: u32,
}

/// A line of the wire, with its end. Nothing that is written here fails to be JSON.
pub(crate) fn line<T: Serialize>(value: &T) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}
