//! The domain says no.
//!
//! A refusal names the thing, shows the value (control bytes visible, cut to size) and says what is allowed.
//! It is never about the world (a disk, a server): that is `StoreError`, one floor up.

use std::fmt;

use crate::text::visible;

/// Why a value was not accepted. Displays as a fragment that fits after "could not".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    thing: &'static str,
    value: String,
    allowed: String,
}

impl Refusal {
    /// Refuses `value` as a `thing`; `allowed` says what would have been taken.
    pub fn new(thing: &'static str, value: &str, allowed: impl Into<String>) -> Refusal {
        Refusal { thing, value: visible(value, 80), allowed: allowed.into() }
    }

    /// What was refused: "queue name", "payload", …
    pub fn thing(&self) -> &'static str {
        self.thing
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "take \"{}\" as {}: {}", self.value, self.thing, self.allowed)
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_reads_after_could_not_and_shows_its_value_cut_and_visible() {
        let refusal = Refusal::new("a name", "a\u{1b}[2J\nb", "letters are allowed");
        assert_eq!(refusal.to_string(), "take \"a\\u{1b}[2J\\nb\" as a name: letters are allowed");
        assert_eq!(refusal.thing(), "a name");
        let shown = |chars: usize| Refusal::new("x", &"é".repeat(chars), "y").to_string();
        assert_eq!(shown(80), format!("take \"{}\" as x: y", "é".repeat(80)));
        assert_eq!(shown(81), format!("take \"{}…\" as x: y", "é".repeat(80)));
    }
}
