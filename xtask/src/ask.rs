//! What was typed after `cargo xtask`.
//!
//! For `main`, which acts on it. It decides nothing: `prove`, `bench` and `sim` get their arguments as they were typed.

use std::ffi::OsString;

use crate::proof::{PROOFS, Proof};
use crate::steps::Step;

/// How to use it, for `--help` and for whoever mistyped.
pub const USAGE: &str = "\
cargo xtask test [--short] [--only STEP,...]   everything that must pass; installs what is missing
    steps: fmt, tidy, clippy, tests, doctests, docs, sim, prove; --short leaves out sim and prove
cargo xtask tidy                               the house rules alone
cargo xtask prove [--rows A1,B11,A7/P --stores sqlite,postgres,redis --short --seed N --json --mutate ...]
cargo xtask bench sqlite|postgres|redis|schedule|peers [--short --json ...]
cargo xtask sim   [--store memory|sqlite|postgres|redis --seed N --histories N --json ...]
    these three build their program and hand it the arguments as they stand
exit codes: 0 all passed, 1 something failed, 2 the command was not understood";

/// One command.
#[derive(Debug, PartialEq)]
pub enum Ask {
    /// Show how to use it.
    Help,
    /// Run the house rules.
    Tidy,
    /// Run the steps of the test.
    Test {
        /// These alone; all if empty.
        only: Vec<Step>,
        /// Without the proofs.
        short: bool,
    },
    /// Become one of the proofs.
    Proof {
        /// Which.
        proof: &'static Proof,
        /// Its arguments, as typed.
        arguments: Vec<OsString>,
    },
}

/// Reads a command line. The error fits after "could not understand the command".
pub fn parse(words: impl Iterator<Item = OsString>) -> Result<Ask, String> {
    let mut words = words;
    let Some(command) = words.next() else { return Err("say test, tidy, prove, bench or sim".into()) };
    let command = command.to_string_lossy();
    if let Some(proof) = PROOFS.iter().find(|proof| proof.command == command) {
        return Ok(Ask::Proof { proof, arguments: words.collect() });
    }
    let rest: Vec<String> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    match (&*command, rest.first()) {
        ("help" | "--help" | "-h", _) => Ok(Ask::Help),
        ("test" | "tidy", Some(word)) if word == "--help" || word == "-h" => Ok(Ask::Help),
        ("test", _) => test(&rest),
        ("tidy", None) => Ok(Ask::Tidy),
        ("tidy", Some(word)) => Err(format!("tidy takes no argument, not {word:?}")),
        _ => Err(format!("{command:?} is no command: say test, tidy, prove, bench or sim")),
    }
}

fn test(words: &[String]) -> Result<Ask, String> {
    let (mut only, mut short) = (Vec::new(), false);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.split_once('=').unwrap_or((word, "")) {
            ("--short", "") => short = true,
            ("--only", "") => only = steps(words.next().map_or("", String::as_str))?,
            ("--only", names) => only = steps(names)?,
            _ => return Err(format!("test takes --short and --only STEP,..., not {word:?}")),
        }
    }
    Ok(Ask::Test { only, short })
}

fn steps(names: &str) -> Result<Vec<Step>, String> {
    let known = || Step::ALL.map(Step::name).join(", ");
    let one = |name: &str| {
        let found = Step::ALL.into_iter().find(|step| step.name() == name.trim());
        found.ok_or_else(|| format!("{name:?} is no step: say one or more of {}", known()))
    };
    names.split(',').map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &[&str]) -> Result<Ask, String> {
        parse(words.iter().map(OsString::from))
    }

    #[test]
    fn a_test_is_whole_short_or_only_some_steps() {
        assert_eq!(typed(&["test"]), Ok(Ask::Test { only: vec![], short: false }));
        assert_eq!(typed(&["test", "--short"]), Ok(Ask::Test { only: vec![], short: true }));
        let some = Ok(Ask::Test { only: vec![Step::Fmt, Step::Tidy], short: false });
        assert_eq!(typed(&["test", "--only", "fmt,tidy"]), some);
        assert_eq!(typed(&["test", "--only=fmt, tidy"]), some);
    }

    #[test]
    fn a_proof_gets_its_arguments_untouched() {
        let Ok(Ask::Proof { proof, arguments }) = typed(&["prove", "--rows", "A1,B11", "--help"]) else { panic!() };
        assert_eq!(proof.package, "banto-chaos");
        assert_eq!(arguments, ["--rows", "A1,B11", "--help"]);
    }

    #[test]
    fn a_wrong_word_is_refused_with_the_right_ones() {
        for (words, cure) in [
            (&[][..], "say test, tidy"),
            (&["tests"], "say test, tidy"),
            (&["tidy", "--fix"], "no argument"),
            (&["test", "--fast"], "--only STEP"),
            (&["test", "--short=1"], "--only STEP"),
            (&["test", "--only"], "fmt, tidy, clippy, tests, doctests, docs, sim, prove"),
            (&["test", "--only", "fmt,x"], "\"x\" is no step"),
        ] {
            let refused = typed(words).unwrap_err();
            assert!(refused.contains(cure), "{words:?}: {refused}");
        }
    }

    #[test]
    fn help_is_given_where_it_is_asked_for() {
        for words in [&["--help"][..], &["help"], &["test", "--help"], &["tidy", "-h"]] {
            assert_eq!(typed(words), Ok(Ask::Help), "{words:?}");
        }
    }
}
