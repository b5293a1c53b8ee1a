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

    /// The same, but so much could not be done; each is a fragment that fits after "could not".
    pub fn but(mut self, failures: &[String]) -> Report {
        self.lines.extend(failures.iter().map(|failure| format!("could not {failure}")));
        if let Value::Object(object) = &mut self.object {
            object.insert("failures".to_owned(), failures.into());
        }
        self.exit = self.exit.max(u8::from(!failures.is_empty()));
        self
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_failed_is_said_in_both_forms_and_by_the_exit_code() {
        let well = Report::well(["3 are gone".to_owned()], json!({ "deleted": 3 }));
        assert_eq!(well.clone().but(&[]), Report { object: json!({ "deleted": 3, "failures": [] }), ..well.clone() });
        let but = well.but(&["delete user 4: the disk broke".to_owned()]);
        assert_eq!((but.exit, but.lines.len()), (1, 2));
        assert_eq!(but.lines[1], "could not delete user 4: the disk broke");
        assert_eq!(but.object, json!({ "deleted": 3, "failures": ["delete user 4: the disk broke"] }));
    }
}
