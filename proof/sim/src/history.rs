//! What happened, as lines: who did what, when. The hash of the lines is the history's fingerprint.

use std::{
    fmt::Write,
    hash::{DefaultHasher, Hash, Hasher},
};

/// The lines of one history.
#[derive(Debug, Default)]
pub struct History {
    lines: Vec<Line>,
    hash: DefaultHasher,
}

#[derive(Debug)]
struct Line {
    at_ms: u64,
    who: String,
    what: String,
}

impl History {
    /// Adds a line.
    pub fn note(&mut self, at_ms: u64, who: &str, what: String) {
        (at_ms, who, &what).hash(&mut self.hash);
        self.lines.push(Line { at_ms, who: who.to_owned(), what });
    }

    /// The fingerprint: the same seed gives the same.
    pub fn fingerprint(&self) -> u64 {
        self.hash.finish()
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The lines as a table.
    pub fn table(&self) -> String {
        let mut table = format!("{:>9}  {:<10}  what\n", "ms", "who");
        for line in &self.lines {
            // Writing into a String does not fail.
            let _ = writeln!(table, "{:>9}  {:<10}  {}", line.at_ms, line.who, line.what);
        }
        table
    }
}
