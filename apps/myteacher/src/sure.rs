//! Whether it is meant: a deletion that cannot be undone is done by `--yes`, or after a person has said so.
//!
//! Without a terminal nobody is asked, and nobody's silence is an answer: without `--yes` the command then fails, with words
//! and an exit code of its own, instead of ending well with nothing done.

use std::io::{self, BufRead, IsTerminal, Write};

use banto::text::visible;
use clap::Args;

use crate::error::Error;

/// The most of an answer that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 100;

/// Whether it is meant.
#[derive(Debug, Clone, Args)]
pub struct Sure {
    /// Do not ask; without a terminal nothing is deleted unless this is said.
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
    /// Only count.
    #[arg(long)]
    pub dry_run: bool,
}

impl Sure {
    /// Goes on if `--yes` was said, or if somebody at a terminal says so now; else it is an error. `what` is to be done:
    /// "delete 3 payments".
    pub fn confirm(&self, what: &str) -> Result<(), Error> {
        let person = io::stdin().is_terminal() && io::stderr().is_terminal();
        confirmed(self.yes, person.then(|| (io::stdin().lock(), io::stderr())), what)
    }
}

fn confirmed(yes: bool, person: Option<(impl BufRead, impl Write)>, what: &str) -> Result<(), Error> {
    if yes {
        return Ok(());
    }
    let refusal = |why: &str| Error::Unconfirmed(format!("{what}: {why}; nothing was deleted"));
    let Some((input, mut to)) = person else {
        return Err(refusal("there is no terminal to ask on; say --yes if it is meant, or --dry-run to only count"));
    };
    let asked = write!(to, "{} for good? [y/N] ", visible(what, 300)).and_then(|()| to.flush());
    let mut answer = String::new();
    let heard = input.take(ANSWER_BYTES_MAX).read_line(&mut answer);
    let meant = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
    if asked.is_ok() && heard.is_ok() && meant { Ok(()) } else { Err(refusal("the answer was no")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(answer: &str) -> (Result<(), Error>, String) {
        let mut shown = Vec::new();
        let done = confirmed(false, Some((answer.as_bytes(), &mut shown)), "delete 3 payments");
        (done, String::from_utf8(shown).unwrap())
    }

    #[test]
    fn only_yes_is_yes() {
        for yes in ["y", "Y\n", "yes\n", " YES \n"] {
            let (done, shown) = answered(yes);
            assert!(done.is_ok(), "{yes:?}");
            assert_eq!(shown, "delete 3 payments for good? [y/N] ");
        }
        for no in ["", "\n", "n\n", "no\n", "yeah\n", "true\n"] {
            let why = answered(no).0.unwrap_err().to_string();
            assert_eq!(why, "delete 3 payments: the answer was no; nothing was deleted", "{no:?}");
        }
    }

    #[test]
    fn nobody_is_asked_where_nobody_is_and_silence_is_no_answer() {
        let nobody = || None::<(&[u8], Vec<u8>)>;
        assert!(confirmed(true, nobody(), "delete 3 payments").is_ok());
        let why = confirmed(false, nobody(), "delete 3 payments").unwrap_err();
        assert!(matches!(why, Error::Unconfirmed(_)));
        assert!(why.to_string().contains("no terminal") && why.to_string().contains("--yes"), "{why}");
    }

    #[test]
    fn who_says_yes_is_not_asked() {
        let mut shown = Vec::new();
        assert!(confirmed(true, Some((&b"n"[..], &mut shown)), "delete it").is_ok());
        assert!(shown.is_empty());
    }
}
