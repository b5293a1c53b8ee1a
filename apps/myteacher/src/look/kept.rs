//! A look as its row keeps it, which may be one that this build cannot read.
//!
//! A newer build adds an attribute, a hand slips in the table: such a row must be listed, shown and brought to its end like
//! any other. Only painting needs what the look says, and is refused then with the cause. Nothing is guessed or dropped.

use banto::text::visible;
use serde::Serialize;

use super::Look;

/// How much is said of what is wrong with a look.
const WRONG_CHARS_MAX: usize = 300;

/// What a row keeps as its look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Kept {
    /// A look.
    Look(Look),
    /// What this build cannot read.
    Unreadable {
        /// What is wrong with it, in words.
        unreadable: String,
    },
}

impl Kept {
    /// Reads what a row keeps, whatever it is.
    pub fn of(stored: &[u8]) -> Kept {
        match serde_json::from_slice(stored) {
            Ok(look) => Kept::Look(look),
            Err(wrong) => Kept::Unreadable { unreadable: visible(&wrong.to_string(), WRONG_CHARS_MAX) },
        }
    }

    /// The look, or what is wrong with it.
    pub fn look(&self) -> Result<Look, &str> {
        match self {
            Kept::Look(look) => Ok(*look),
            Kept::Unreadable { unreadable } => Err(unreadable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        for seed in 1..=50 {
            let look = Look::from_seed(seed);
            let kept = Kept::of(&serde_json::to_vec(&look).unwrap());
            assert_eq!(kept.look(), Ok(look));
            assert_eq!(serde_json::to_value(kept).unwrap(), serde_json::to_value(look).unwrap());
        }
    }

    #[test]
    fn what_cannot_be_read_says_what_is_wrong_and_is_no_look() {
        for (stored, part) in [
            (&br#"{"seed":7,"scarf":"red"}"#[..], "unknown field `scarf`"),
            (br#"{"hair_color":"mauve"}"#, "allowed are black, brown"),
            (b"", "EOF"),
            (b"\xff\xfe{}", "expected value"),
            (b"[]]", "trailing characters"),
        ] {
            let kept = Kept::of(stored);
            let wrong = kept.look().unwrap_err();
            assert!(wrong.contains(part), "{wrong}");
            assert!(wrong.chars().count() <= WRONG_CHARS_MAX + 1, "{wrong}");
            assert_eq!(serde_json::to_value(&kept).unwrap()["unreadable"], *wrong);
        }
    }
}
