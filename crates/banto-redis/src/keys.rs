//! What keys are called. With its twin `lua/desk.lua` the only place that builds one.
//!
//! Every key of a store begins with its prefix as a hash tag, `{banto}:`, so that in a cluster all of them lie in one slot
//! and a script may touch any. A queue's or schedule's name comes last, and its alphabet has no colon (a queue's) or nothing
//! after it, so no name can make one key look like another.

use banto_core::{Name, State, text::visible};
use banto_store::{Fault, StoreError};

use crate::error::Result;

/// The prefix of a store that is not told another.
const DEFAULT: &str = "banto";
/// Longest prefix, in bytes.
const BYTES_MAX: usize = 64;

/// What all keys of a store begin with: a plain word, which they have in braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix {
    base: String,
}

impl Default for Prefix {
    fn default() -> Prefix {
        Prefix { base: format!("{{{DEFAULT}}}:") }
    }
}

impl Prefix {
    /// Takes a word as a prefix. Refuses what is no plain word: a brace, a star or a blank would mean something.
    pub fn new(prefix: &str) -> Result<Prefix> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if prefix.is_empty() || prefix.len() > BYTES_MAX || !prefix.bytes().all(fits) {
            let what = format!(
                "take \"{}\" as a prefix of keys: 1 to {BYTES_MAX} of A-Z a-z 0-9 . _ - are allowed",
                visible(prefix, 80)
            );
            return Err(StoreError::new(Fault::Config, what));
        }
        Ok(Prefix { base: format!("{{{prefix}}}:") })
    }

    /// What all keys begin with, which names the slot they lie in.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The word itself.
    pub fn as_str(&self) -> &str {
        self.base.trim_start_matches('{').trim_end_matches("}:")
    }

    /// The channel of changes.
    pub(crate) fn news(&self) -> String {
        format!("{}news", self.base)
    }

    /// The channel by which a process finds out whether its own messages reach it.
    pub(crate) fn probe(&self, who: &str) -> String {
        format!("{}probe:{who}", self.base)
    }

    /// The unique keys that are held, with who holds them.
    pub(crate) fn held(&self) -> String {
        format!("{}key", self.base)
    }

    /// The version of the form in which all this is stored.
    pub(crate) fn form(&self) -> String {
        format!("{}form", self.base)
    }
}

/// The sorted sets that jobs in that state stand in, without the base; those of waiting jobs are by queue.
pub(crate) fn seat(state: State, queue: &Name) -> String {
    match state {
        State::Scheduled => format!("due:{queue}"),
        State::Ready => format!("ready:{queue}"),
        State::Running => "lease".into(),
        State::Parked => "parked".into(),
        State::Done => "done".into(),
        State::Dead => "dead".into(),
        State::Cancelled => "cancelled".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_hash_tag() {
        let keys = Prefix::new("shop-1").unwrap();
        assert_eq!((keys.base(), keys.as_str(), keys.news().as_str()), ("{shop-1}:", "shop-1", "{shop-1}:news"));
        assert_eq!(Prefix::default().base(), "{banto}:");
    }

    #[test]
    fn what_would_mean_something_is_refused() {
        for bad in ["", "a b", "a}b", "{a", "*", "a:b", "a\r\nFLUSHALL", "a\0", "é", &"x".repeat(65)] {
            let told = Prefix::new(bad).unwrap_err();
            assert_eq!(*told.fault(), Fault::Config, "{bad:?}");
            assert!(!told.to_string().contains('\n'), "{told}");
        }
    }
}
