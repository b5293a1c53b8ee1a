//! How many tests ran and failed, read from the closing lines of the test runners.
//!
//! For the table and for the last line of `cargo xtask test`. It knows nextest's summary and libtest's result, coloured
//! or not; whether a run passed is for its exit code alone.

/// Tests counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that ran and did not pass, for whatever reason.
    pub failed: u64,
}

impl Tally {
    /// Adds what `line` says, if it is a closing line.
    pub fn read(&mut self, line: &str) {
        let plain = without_colour(line);
        let Some((ran, rest)) = closing(&plain) else { return };
        let passed = before(rest, "passed").unwrap_or(0);
        self.passed += passed;
        self.failed += match ran {
            Some(ran) => ran.saturating_sub(passed),
            None => before(rest, "failed").unwrap_or(0),
        };
    }

    /// Adds another tally.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// The number of tests that ran, where the runner says it, and what follows. The indent tells a closing line from
/// one that a failed test printed: nextest shows those four spaces in.
fn closing(line: &str) -> Option<(Option<u64>, &str)> {
    if let Some(rest) = line.strip_prefix("test result:") {
        return Some((None, rest));
    }
    let rest = line.strip_prefix("     Summary [")?.split_once(']')?.1;
    let (ran, rest) = rest.split_once(" run:")?;
    // A run that was cut short says "12/20 tests run".
    let ran = ran.trim().split([' ', '/']).next()?.parse().ok()?;
    Some((Some(ran), rest))
}

/// The number that stands before `word`.
fn before(text: &str, word: &str) -> Option<u64> {
    let mut words = text.split([' ', ',', ';', '.', '(', ')']).filter(|part| !part.is_empty());
    let mut last = "";
    words.find(|part| {
        *part == word || {
            last = part;
            false
        }
    })?;
    last.parse().ok()
}

fn without_colour(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or("");
    let rest = parts.map(|part| part.split_once('m').map_or(part, |(_, text)| text));
    std::iter::once(first).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> (u64, u64) {
        let mut tally = Tally::default();
        lines.iter().for_each(|line| tally.read(line));
        (tally.passed, tally.failed)
    }

    #[test]
    fn nextest_is_read() {
        assert_eq!(of(&["     Summary [   0.021s] 12 tests run: 12 passed, 3 skipped"]), (12, 0));
        assert_eq!(of(&["     Summary [   1.0s] 1 test run: 0 passed, 1 failed, 0 skipped"]), (0, 1));
        assert_eq!(
            of(&["     Summary [  61.0s] 9 tests run: 6 passed (2 slow, 1 leaky), 2 failed, 1 timed out, 0 skipped"]),
            (6, 3)
        );
        assert_eq!(of(&["     Summary [  61.0s] 4/20 tests run: 3 passed, 1 exec failed, 0 skipped"]), (3, 1));
    }

    #[test]
    fn colour_is_no_matter() {
        let line = "\u{1b}[32;1m     Summary\u{1b}[0m [   0.0s] \u{1b}[1m7\u{1b}[0m tests run: \u{1b}[1m7\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, 0 skipped";
        assert_eq!(of(&[line]), (7, 0));
    }

    #[test]
    fn libtest_is_read_and_summed_over_crates() {
        let one = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        let two = "test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(of(&[one, two]), (7, 2));
    }

    #[test]
    fn what_a_failed_test_printed_under_nextest_is_not_counted() {
        let lines = [
            "    test result: FAILED. 0 passed; 1 failed; 91 filtered out",
            "    Summary [ 1.0s] 9 tests run: 9 passed",
        ];
        assert_eq!(of(&lines), (0, 0));
    }

    #[test]
    fn other_lines_say_nothing() {
        assert_eq!(of(&["", "12 passed", "test a::b ... ok", "Summary of it all", "test resulted"]), (0, 0));
    }
}
