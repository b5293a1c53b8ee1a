//! What MyTeacher's own commands say: answers on the standard output, what could not be done on the standard error.
//!
//! A reader that has heard enough (`… | head`) is no failure; an answer that cannot be written (a full disk) is one, for
//! somebody relies on it. Under `--json` each answer is one object, and so is what could not be done.

use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

use banto::text::visible;
use banto_cli::{Exit, exit::Failure};
use comfy_table::{Table, presets};
use serde_json::{Value, json};

use crate::error::Error;

/// How much of an error is shown.
const ERROR_CHARS_MAX: usize = 2_000;

/// Writes a line, or several, of an answer.
pub fn line(text: &(impl Display + ?Sized)) -> Result<(), Error> {
    let mut out = io::stdout();
    written(writeln!(out, "{text}").and_then(|()| out.flush()))
}

fn written(written: io::Result<()>) -> Result<(), Error> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::Machine { what: "write the answer", error }),
        _ => Ok(()),
    }
}

/// Writes an answer for programs.
pub fn object(value: &Value) -> Result<(), Error> {
    line(value)
}

/// Something beside the answer; nobody is left to tell when the standard error is closed.
pub fn note(text: &str, json: bool) {
    let _ = match json {
        true => writeln!(io::stderr(), "{}", json!({ "note": text })),
        false => writeln!(io::stderr(), "{}", visible(text, ERROR_CHARS_MAX)),
    };
}

/// Says in one line what could not be done, and answers the exit code.
pub fn complain(error: &Error, json: bool) -> ExitCode {
    let exit = exit_of(error);
    let text = format!("myteacher: could not {}", visible(&error.to_string(), ERROR_CHARS_MAX));
    let _ = match json {
        true => writeln!(io::stderr(), "{}", json!({ "error": text, "exit": exit.code() })),
        false => writeln!(io::stderr(), "{text}"),
    };
    exit.code().into()
}

/// The documented code of an error.
fn exit_of(error: &Error) -> Exit {
    match error {
        Error::Asked(_) | Error::Refused(_) => Exit::Usage,
        Error::Files(error) if !error.again() => Exit::Usage,
        Error::Store(error) | Error::Later { error, .. } => Failure::from(error.clone()).exit,
        Error::Banto(_) | Error::Table(_) | Error::Files(_) => Exit::Found,
        Error::Machine { .. } | Error::Export(_) => Exit::Machine,
        Error::Unconfirmed(_) => Exit::Unconfirmed,
    }
}

/// An empty table with that head.
pub fn table<const N: usize>(head: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(head.map(str::to_uppercase));
    table
}

/// A word as a shell reads it back.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banto::{Fault, StoreError};

    #[test]
    fn a_reader_that_goes_is_no_failure_and_a_full_disk_is_one() {
        assert!(written(Ok(())).is_ok());
        assert!(written(Err(ErrorKind::BrokenPipe.into())).is_ok());
        let full = written(Err(ErrorKind::StorageFull.into())).unwrap_err();
        assert!(full.to_string().starts_with("write the answer: "), "{full}");
        assert_eq!(exit_of(&full), Exit::Machine);
    }

    #[test]
    fn every_error_has_its_exit_code() {
        let store = |fault| Error::Store(StoreError::new(fault, "do it"));
        let again = |place: &str| Error::Files(crate::files::Files::open(place).err().unwrap());
        for (error, exit) in [
            (Error::Asked("x".into()), Exit::Usage),
            (Error::Refused(banto::Refusal::new("a name", "x", "y")), Exit::Usage),
            (Error::Export("x".into()), Exit::Machine),
            (Error::Unconfirmed("x".into()), Exit::Unconfirmed),
            (again("gs://b"), Exit::Usage),
            (again(""), Exit::Usage),
            (store(Fault::Busy), Exit::Unreachable),
            (store(Fault::Full), Exit::Full),
            (store(Fault::Newer), Exit::Newer),
            (store(Fault::Damaged), Exit::Damaged),
            (Error::Table(banto::sqlite::rusqlite::Error::QueryReturnedNoRows), Exit::Found),
        ] {
            assert_eq!(exit_of(&error), exit, "{error}");
        }
    }

    #[test]
    fn a_word_is_pasted_as_it_was() {
        assert_eq!(quoted("sqlite://a/b.db?x=1"), "'sqlite://a/b.db?x=1'");
        assert_eq!(quoted("storage/pictures"), "storage/pictures");
        assert_eq!(quoted("my pictures"), "'my pictures'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("$HOME;ls"), "'$HOME;ls'");
    }
}
