//! What a chore has to say when it is over: lines for people, one object for programs, and how it ended.

use std::process::ExitCode;

use serde_json::Value;

use crate::{error::Error, print};

/// What a chore has to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// For people.
    pub lines: Vec<String>,
    /// For programs; the same and more.
    pub object: Value,
    /// How it ended: 0 is well, 1 that something is wrong that it tells of.
    pub exit: u8,
}

impl Report {
    /// All is well.
    pub fn well(lines: impl IntoIterator<Item = String>, object: Value) -> Report {
        Report { lines: lines.into_iter().collect(), object, exit: 0 }
    }

    /// Prints it, and answers how the program is to end.
    pub fn print(&self, json: bool) -> Result<ExitCode, Error> {
        if json {
            print::object(&self.object)?;
        } else {
            self.lines.iter().try_for_each(print::line)?;
        }
        Ok(ExitCode::from(self.exit))
    }
}
