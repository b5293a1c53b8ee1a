//! The table at the end of `cargo xtask test`: one line a step, then one verdict.
//!
//! For the reader who scrolls to the end. It only draws; what counts as a failure is decided by the steps.

use std::fmt::Write as _;
use std::time::Duration;

use crate::tally::Tally;

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Result {
    /// It passed.
    Ok,
    /// It failed.
    Failed,
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The step's name.
    pub step: &'static str,
    /// How it went.
    pub result: Result,
    /// How long it took.
    pub took: Duration,
    /// What else there is to know.
    pub said: String,
    /// The tests it ran.
    pub tally: Option<Tally>,
}

/// The whole table with its verdict. The last line counts tests, so that a machine can read it.
pub fn draw(lines: &[Line]) -> String {
    let mut text = String::from("\nstep      result   seconds  \n");
    for line in lines {
        let result = match line.result {
            Result::Ok => "ok",
            Result::Failed => "FAILED",
        };
        let row = format!("{:<9} {result:<8} {:>7.1}  {}", line.step, line.took.as_secs_f64(), line.said);
        writeln!(text, "{}", row.trim_end()).ok();
    }
    let failed: Vec<&str> = lines.iter().filter(|line| line.result == Result::Failed).map(|line| line.step).collect();
    let verdict = if failed.is_empty() { "passed".to_owned() } else { format!("FAILED: {}", failed.join(", ")) };
    writeln!(text, "\ncargo xtask test: {verdict}").ok();
    let mut sum = None;
    for tally in lines.iter().filter_map(|line| line.tally) {
        sum.get_or_insert_with(Tally::default).add(tally);
    }
    if let Some(Tally { passed, failed }) = sum {
        writeln!(text, "{passed} passed, {failed} failed").ok();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(step: &'static str, result: Result, tally: Option<Tally>) -> Line {
        Line { step, result, took: Duration::from_millis(1250), said: "said".into(), tally }
    }

    #[test]
    fn a_failure_is_named_in_the_verdict() {
        let lines = [line("fmt", Result::Ok, None), line("tidy", Result::Failed, None)];
        let drawn = draw(&lines);
        assert!(drawn.contains("fmt       ok           1.2  said\n"), "{drawn}");
        assert!(drawn.ends_with("\ncargo xtask test: FAILED: tidy\n"), "{drawn}");
    }

    #[test]
    fn tests_are_summed_in_the_last_line() {
        let some = Some(Tally { passed: 3, failed: 1 });
        let drawn = draw(&[line("tests", Result::Ok, some), line("doctests", Result::Ok, some)]);
        assert!(drawn.ends_with("cargo xtask test: passed\n6 passed, 2 failed\n"), "{drawn}");
    }
}
