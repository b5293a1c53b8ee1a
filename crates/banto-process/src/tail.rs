//! The end of what a program said: bounded, in whole lines.
//!
//! For the ledger and for whoever asks why it failed.

use std::collections::VecDeque;

/// The last lines, at most so many bytes of them.
#[derive(Debug)]
pub(crate) struct Tail {
    lines: VecDeque<String>,
    bytes: usize,
    bytes_max: usize,
}

impl Tail {
    pub fn new(bytes_max: usize) -> Tail {
        Tail { lines: VecDeque::new(), bytes: 0, bytes_max }
    }

    /// Keeps a line, and forgets old ones. Of a line that is too long by itself, the end is kept.
    pub fn push(&mut self, line: &str) {
        let mut from = (line.len() + 1).saturating_sub(self.bytes_max);
        while from < line.len() && !line.is_char_boundary(from) {
            from += 1;
        }
        let Some(kept) = line.get(from..).filter(|_| self.bytes_max > 0) else { return };
        self.lines.push_back(kept.to_owned());
        self.bytes += kept.len() + 1;
        while self.bytes > self.bytes_max {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= oldest.len() + 1;
        }
    }

    /// The text, with a line break after each line.
    pub fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes_max: usize, lines: &[&str]) -> String {
        let mut tail = Tail::new(bytes_max);
        for line in lines {
            tail.push(line);
        }
        assert!(tail.text().len() <= bytes_max);
        tail.text()
    }

    #[test]
    fn the_last_lines_are_kept_whole() {
        assert_eq!(text(100, &["one", "two"]), "one\ntwo\n");
        assert_eq!(text(8, &["one", "two", "six"]), "two\nsix\n");
        assert_eq!(text(7, &["one", "two", "six"]), "six\n");
    }

    #[test]
    fn of_a_line_that_is_too_long_its_end_is_kept_at_a_characters_edge() {
        assert_eq!(text(4, &["abcdef"]), "def\n");
        assert_eq!(text(4, &["aöö"]), "ö\n");
        assert_eq!(text(0, &["abc"]), "");
        assert_eq!(text(1, &["abc", ""]), "\n");
    }
}
