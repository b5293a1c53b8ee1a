//! The look through a line: names and what stands beside them, keys by their look, passwords in addresses.
//!
//! For [`Secrets`](super::Secrets). Pure, one pass, in time with the line's length. What it finds in JSON is inside one value of it.

use std::ops::Range;

use super::{BLACKED_OUT, KNOWN_BYTES_MIN};

/// The longest name that is looked at, in bytes.
const NAME_BYTES_MAX: usize = 64;
/// The shortest key that is known by its look, in bytes.
const LOOK_BYTES_MIN: usize = 20;
/// A name that ends so, whatever its case and without its `_`, `-` and `.`, names a secret.
const NAMES: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "authorization",
    "credential",
    "credentials",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "cookie",
    "signature",
];
/// Names whose value goes on to the end of the text: a scheme and a key, or pairs.
const WHOLE: [&str; 2] = ["authorization", "cookie"];
/// Names that people write sentences with ("unexpected token: else"): behind a colon and a blank, the value must look so too.
const IN_PROSE: [&str; 3] = ["token", "signature", "cookie"];
/// What stands before a key in a header.
const SCHEMES: [&str; 3] = ["bearer", "token", "basic"];
/// How keys of well-known services begin.
const LOOKS: [&str; 10] = ["sk-", "r8_", "ghp_", "gho_", "ghs_", "github_pat_", "xoxb-", "xoxp-", "AKIA", "eyJ"];

/// How the name that these bytes are names a secret, if it does.
pub(super) fn names_secret(name: &[u8]) -> Option<&'static str> {
    let last = name.last()?.to_ascii_lowercase();
    // Most words end otherwise.
    if !matches!(last, b'd' | b'e' | b't' | b'n' | b'l' | b's' | b'y') {
        return None;
    }
    let ends = |word: &str| {
        let mut plain = name.iter().rev().filter(|byte| !matches!(byte, b'_' | b'-' | b'.'));
        word.bytes().rev().all(|letter| plain.next().is_some_and(|byte| byte.to_ascii_lowercase() == letter))
    };
    NAMES.into_iter().find(|word| ends(word))
}

/// A look through a line, byte by byte; every place it answers is at an ASCII byte, so it is a character's edge.
#[derive(Clone, Copy)]
pub(super) struct Scan<'a> {
    bytes: &'a [u8],
    /// The line is one JSON object: a quote without a backslash is its own, never one of a text in it.
    json: bool,
}

/// What is blacked out, and the quote it gets because it had none.
pub(super) type Found<'a> = (Range<usize>, &'a str);

impl<'a> Scan<'a> {
    pub fn of(text: &'a str) -> Scan<'a> {
        Scan { bytes: text.as_bytes(), json: text.starts_with('{') }
    }

    fn at(self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn from(self, at: usize) -> &'a [u8] {
        self.bytes.get(at..).unwrap_or_default()
    }

    fn within(self, range: &Range<usize>) -> &'a [u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }

    /// Everything, in its order.
    pub fn found(self) -> Vec<Found<'a>> {
        let mut found: Vec<Found<'a>> = Vec::new();
        let mut at = 0;
        while at < self.bytes.len() {
            let secret = match self.at(at) {
                b':' if self.from(at).starts_with(b"://") => self.password(at).map(|range| (range, "")),
                b':' | b'=' => self.assigned(at),
                b' ' => self.after_word(at).map(|range| (range, "")),
                b's' | b'r' | b'g' | b'x' | b'A' | b'e' => self.key(at).map(|range| (range, "")),
                _ => None,
            };
            let black = |range: &Range<usize>| range.is_empty() || self.within(range) == BLACKED_OUT.as_bytes();
            let secret = secret.filter(|(range, _)| !black(range));
            at = secret.as_ref().map_or(at + 1, |(range, _)| range.end);
            found.extend(secret);
        }
        found
    }

    /// The password of the address whose `://` is at `at`.
    pub fn password(self, at: usize) -> Option<Range<usize>> {
        let start = at + 3;
        let ends = |byte: &u8| byte.is_ascii_whitespace() || byte.is_ascii_control() || b"/?#\"'<>\\`".contains(byte);
        let authority = self.from(start);
        let authority = authority.get(..authority.iter().position(ends).unwrap_or(authority.len()))?;
        let host = authority.iter().rposition(|byte| *byte == b'@')?;
        let colon = authority.get(..host)?.iter().position(|byte| *byte == b':')?;
        Some(start + colon + 1..start + host)
    }

    /// What a name that says so is given by the `:` or `=` at `at`.
    fn assigned(self, at: usize) -> Option<Found<'a>> {
        let (name, quote) = self.name_before(at);
        let word = names_secret(name)?;
        let mut start = at + 1;
        while matches!(self.at(start), b' ' | b'>' | b'=') {
            start += 1;
        }
        // `Some("…")`
        let letters = self.from(start).iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        if letters > 0 && self.at(start + letters) == b'(' {
            start += letters + 1;
        }
        let range = self.value(start, WHOLE.contains(&word), !quote.is_empty())?;
        let (bare, value) = (range.start == start, self.within(&range));
        let prose = bare && quote.is_empty() && self.at(at) == b':' && self.at(at + 1) == b' ';
        if prose && IN_PROSE.contains(&word) && !is_random(value) {
            return None;
        }
        if bare && !quote.is_empty() && matches!(value, b"null" | b"true" | b"false") {
            return None;
        }
        Some((range, if bare { quote } else { "" }))
    }

    /// The word right before `end`, and the quote that closes it, with its backslashes.
    fn name_before(self, end: usize) -> (&'a [u8], &'a str) {
        let mut end = end;
        while end > 0 && self.at(end - 1) == b' ' {
            end -= 1;
        }
        let closed = end;
        if end > 0 && matches!(self.at(end - 1), b'"' | b'\'') {
            end -= 1;
            while end > 0 && self.at(end - 1) == b'\\' {
                end -= 1;
            }
        }
        let quote = std::str::from_utf8(self.within(&(end..closed))).unwrap_or_default();
        let before = self.within(&(end.saturating_sub(NAME_BYTES_MAX)..end));
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
        let letters = before.iter().rev().take_while(|byte| is_name(byte)).count();
        (before.get(before.len() - letters..).unwrap_or_default(), quote)
    }

    /// The value that begins at `start`: what is inside its quotes, or a word; with `whole`, all the rest of the text.
    /// Where its name stood in no quotes, a quote of the JSON around it ends the text, and there is no value.
    fn value(self, start: usize, whole: bool, quoted: bool) -> Option<Range<usize>> {
        let slashes = self.from(start).iter().take_while(|byte| **byte == b'\\').count();
        let quote = self.at(start + slashes);
        let around = self.json && quote == b'"' && slashes % 2 == 0 && (slashes > 0 || !quoted);
        if matches!(quote, b'"' | b'\'') && !around {
            let inside = start + slashes + 1;
            return Some(inside..self.closing(inside, quote, slashes));
        }
        if matches!(quote, b'{' | b'[') {
            return None;
        }
        let end = self.word_end(start, whole);
        (end > start).then_some(start..end)
    }

    /// Where the word that begins at `start` ends; with `whole`, the text. A backslash ends it only before a quote, or as
    /// the beginning of a line break.
    fn word_end(self, start: usize, whole: bool) -> usize {
        let ends = |byte: u8| match whole {
            true => b"\"'".contains(&byte),
            false => byte.is_ascii_whitespace() || b",;&\"')]}<>|`".contains(&byte),
        };
        let mut at = start;
        while at < self.bytes.len() && !ends(self.at(at)) {
            let slashes = self.from(at).iter().take_while(|byte| **byte == b'\\').count();
            let next = self.at(at + slashes);
            if slashes > 0 && (matches!(next, b'"' | b'\'') || (slashes % 2 == 1 && matches!(next, b'n' | b'r' | b't')))
            {
                break;
            }
            at += slashes.max(1);
        }
        at
    }

    /// Where the text in quotes that begins at `inside` ends: at the same quote behind as many backslashes, or, where that
    /// is missing, at the end of what is around it.
    fn closing(self, inside: usize, quote: u8, slashes: usize) -> usize {
        let mut before = 0;
        for (at, byte) in self.from(inside).iter().enumerate() {
            if *byte == b'\\' {
                before += 1;
                continue;
            }
            if *byte == quote && before % (2 * (slashes + 1)) == slashes {
                return inside + at - slashes;
            }
            if *byte == b'"' && before % 2 == 0 && (slashes > 0 || self.json) {
                return inside + at;
            }
            before = 0;
        }
        self.bytes.len()
    }

    /// What follows the blank at `at`, if the word before it says so: `Bearer …`, `--password …`.
    fn after_word(self, at: usize) -> Option<Range<usize>> {
        let last = self.at(at.checked_sub(1)?).to_ascii_lowercase();
        if !matches!(last, b'd' | b'e' | b't' | b'n' | b'l' | b's' | b'y' | b'r' | b'c') {
            return None;
        }
        let (word, _) = self.name_before(at);
        let flag = word.starts_with(b"--") && names_secret(word).is_some();
        let scheme = || SCHEMES.iter().any(|scheme| word.eq_ignore_ascii_case(scheme.as_bytes()));
        if !flag && !scheme() {
            return None;
        }
        self.value(at + 1, false, false).filter(|range| flag || is_random(self.within(range)))
    }

    /// The key that begins at `at`, if it looks like one.
    fn key(self, at: usize) -> Option<Range<usize>> {
        let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
        let begins = at.checked_sub(1).is_none_or(|before| !is_key(&self.at(before)));
        if !begins || !LOOKS.iter().any(|look| self.from(at).starts_with(look.as_bytes())) {
            return None;
        }
        let length = self.from(at).iter().take_while(|byte| is_key(byte)).count();
        let range = at..at + length;
        (length >= LOOK_BYTES_MIN && self.within(&range).iter().any(u8::is_ascii_digit)).then_some(range)
    }
}

/// Whether this is no word of a sentence.
fn is_random(value: &[u8]) -> bool {
    let hump = || value.windows(2).any(|two| matches!(two, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()));
    value.len() >= KNOWN_BYTES_MIN && (value.len() >= LOOK_BYTES_MIN || value.iter().any(u8::is_ascii_digit) || hump())
}
