//! Other people's words: what a user typed, what a provider answered.
//!
//! Such words end in logs, tables and on terminals, so they are made safe once, when they come in: control bytes are
//! made visible, long text is cut, and whatever looks like a key is masked. For errors of every kind in this crate.
//! It never interprets the words.

use std::fmt;

use banto::text::visible;

/// How many characters of somebody's words are kept.
pub const SAID_CHARS_MAX: usize = 200;

const MASK: &str = "***";
const KEY_STARTS: [&str; 4] = ["sk-", "r8_", "AKIA", "ASIA"];
const KEY_FOLLOWS: [&str; 4] = ["bearer", "basic", "token", "key"];
const KEY_CHARS_MIN: usize = 16;

/// Words of somebody else: cut at [`SAID_CHARS_MAX`] characters, no control bytes, keys masked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Said(String);

impl Said {
    /// Takes words as they came and makes them safe to show.
    pub fn new(words: impl AsRef<str>) -> Self {
        Self(visible(&masked(words.as_ref()), SAID_CHARS_MAX - 1))
    }

    /// The safe text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Said {
    fn from(words: &str) -> Self {
        Self::new(words)
    }
}

impl From<String> for Said {
    fn from(words: String) -> Self {
        Self::new(words)
    }
}

/// Masks each word that begins like a known key, and a long word after one that ends like "Bearer" or "api_key".
fn masked(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let mut key_may_follow = false;
    for piece in words.split_inclusive(|c: char| !is_key_char(c)) {
        let word = piece.trim_end_matches(|c: char| !is_key_char(c));
        let looks_like_key = KEY_STARTS.iter().any(|start| word.starts_with(start));
        if looks_like_key || (key_may_follow && word.len() >= KEY_CHARS_MIN) {
            out.push_str(MASK);
            out.extend(piece.chars().skip_while(|c| is_key_char(*c)));
        } else {
            out.push_str(piece);
        }
        if !word.is_empty() {
            let word = word.to_ascii_lowercase();
            key_may_follow = KEY_FOLLOWS.iter().any(|end| word.ends_with(end));
        }
    }
    out
}

fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_pass_unchanged() {
        assert_eq!(Said::new("the server is busy, 先生").as_str(), "the server is busy, 先生");
    }

    #[test]
    fn control_bytes_and_direction_marks_are_shown() {
        assert_eq!(Said::new("a\x1b[31m\nb\u{202e}\u{200b}").as_str(), "a\\u{1b}[31m\\nb\\u{202e}\\u{200b}");
    }

    #[test]
    fn long_words_are_cut_at_characters() {
        let said = Said::new("先".repeat(SAID_CHARS_MAX + 50));
        assert_eq!(said.as_str(), "先".repeat(SAID_CHARS_MAX - 1) + "…");
        assert_eq!(Said::new("x".repeat(SAID_CHARS_MAX - 1)).as_str(), "x".repeat(SAID_CHARS_MAX - 1));
    }

    #[test]
    fn keys_are_masked_and_the_rest_stays() {
        let shown = Said::new("Incorrect API key provided: sk-abcDEF123. You can find your API key at x").to_string();
        assert_eq!(shown, "Incorrect API key provided: ***. You can find your API key at x");
        assert_eq!(Said::new("Authorization: Token 0123456789abcdef0123").as_str(), "Authorization: Token ***");
        assert_eq!(Said::new("{\"token\":\"r8_abc\"}").as_str(), "{\"token\":\"***\"}");
        assert_eq!(Said::new("api_key=0123456789abcdef0123&x=1").as_str(), "api_key=***&x=1");
        assert_eq!(Said::new("bearer of news").as_str(), "bearer of news");
    }

    #[test]
    fn a_key_that_spans_the_cut_is_masked_whole() {
        let shown = Said::new(format!("{} sk-{}", "x".repeat(SAID_CHARS_MAX - 5), "k".repeat(40))).to_string();
        assert!(!shown.contains("sk-"), "{shown}");
    }
}
