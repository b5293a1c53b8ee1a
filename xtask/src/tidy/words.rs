//! One word for one thing, in names, comments, texts and pages.
//!
//! For the reader, who should not have to ask whether two words mean two things. The table below says which word is
//! refused, which to use, and where the refused one means something else. It looks at whole words: `dead_letter`,
//! `DeadLetter` and "dead letter" are one, `xtask` is not `task`. This file, which must name them, is not looked at.

use super::Finding;
use crate::rust::Kind;
use crate::tree::{File, Tree};

/// The rule's name.
pub const NAME: &str = "words";

const SELF: &str = "xtask/src/tidy/words";

/// One refused word.
struct Word {
    /// As a sequence of small words.
    refused: &'static [&'static str],
    /// The word to use.
    say: &'static str,
    /// Whether it is refused in comments, texts and pages too; else in names only.
    prose: bool,
    /// Names and neighbours in the same line that give it another meaning.
    near: &'static [&'static str],
    /// Where it means something else, by the beginning of the path.
    homes: &'static [&'static str],
}

/// The application has tasks of its own (a pupil's), downloads things, and chooses among services.
const APPLICATION: &[&str] = &["apps/"];
/// What Laravel's users type, and what Laravel writes.
const LARAVEL: &[&str] = &[
    "crates/banto-cli/src/args",
    "crates/banto-cli/src/mean",
    "crates/banto-cli/src/file/worker",
    "crates/banto-laravel/",
];
/// What the services that paint and write say on the wire.
const PROVIDERS: &[&str] = &["apps/myteacher/src/provider/", "apps/myteacher/tests/provider"];
/// The names other libraries give their own things.
const PEERS: &[&str] = &["proof/bench/"];
/// Atomic numbers have these names in the standard library.
const ATOMICS: &[&str] =
    &["fetch_add", "fetch_sub", "fetch_max", "fetch_min", "fetch_or", "fetch_and", "fetch_xor", "fetch_update"];
/// A task of the runtime is no job: "tokio task" in prose, a path, or what one does with its handle.
const RUNTIME: &[&str] = &["tokio", "task::", "spawn", "abort", "Join"];

const WORDS: [Word; 15] = [
    word(&["task"], "job", true).near(RUNTIME).at(APPLICATION),
    word(&["tasks"], "jobs", true).near(RUNTIME).at(APPLICATION),
    word(&["tries"], "attempts", false).at(LARAVEL),
    word(&["max", "tries"], "attempts_max", true).at(LARAVEL),
    word(&["max", "attempts"], "attempts_max", false).at(PEERS),
    word(&["heartbeat"], "beat", true),
    word(&["heartbeats"], "beats", true),
    word(&["dead", "letter"], "dead", true),
    word(&["dead", "letters"], "dead jobs", true),
    word(&["fetch"], "claim", false).near(ATOMICS).at(APPLICATION),
    word(&["dequeue"], "claim", true).at(PEERS),
    word(&["backend"], "store", false).at(APPLICATION),
    word(&["periodic"], "schedule", false),
    word(&["lease", "expires"], "lease_until", false),
    word(&["canceled"], "cancelled", true).at(PROVIDERS),
];

const fn word(refused: &'static [&'static str], say: &'static str, prose: bool) -> Word {
    Word { refused, say, prose, near: &[], homes: &[] }
}

impl Word {
    const fn near(self, near: &'static [&'static str]) -> Self {
        Self { near, ..self }
    }

    const fn at(self, homes: &'static [&'static str]) -> Self {
        Self { homes, ..self }
    }

    fn is_in(&self, small: &[String]) -> bool {
        small.windows(self.refused.len()).any(|part| part.iter().zip(self.refused).all(|(own, word)| own == word))
    }

    fn passes(&self, file: &File, line: &str) -> bool {
        self.near.iter().any(|near| line.contains(near)) || self.homes.iter().any(|home| file.path.starts_with(home))
    }
}

/// Every refused word.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let looked_at = tree.files.iter().filter(|file| !file.path.starts_with(SELF));
    looked_at.flat_map(|file| if file.path.ends_with(".rs") { rust(file) } else { page(file) }).collect()
}

fn rust(file: &File) -> Vec<Finding> {
    let mut found = Vec::new();
    for token in file.tokens() {
        let prose = matches!(token.kind, Kind::Comment | Kind::Text);
        if !prose && token.kind != Kind::Name {
            continue;
        }
        for (line, text) in (token.line..).zip(token.text.lines()) {
            found.extend(refused(file, line, text, prose));
        }
    }
    found.dedup();
    found
}

fn page(file: &File) -> Vec<Finding> {
    if ![".md", ".sql", ".lua", ".html"].iter().any(|kind| file.path.ends_with(kind)) {
        return Vec::new();
    }
    (1..).zip(file.text.lines()).flat_map(|(line, text)| refused(file, line, text, true)).collect()
}

fn refused(file: &File, line: usize, text: &str, prose: bool) -> Vec<Finding> {
    let small = small_words(text);
    let words = WORDS.iter().filter(|word| (word.prose || !prose) && word.is_in(&small));
    let words = words.filter(|word| !word.passes(file, file.line(line)));
    words
        .map(|word| Finding::at(NAME, file, line, format!("\"{}\": say {}", word.refused.join(" "), word.say)))
        .collect()
}

/// `maxAttempts`, `max_attempts` and "max attempts" are all [max, attempts].
fn small_words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for sign in text.chars() {
        if !sign.is_alphanumeric() || (was_small && sign.is_uppercase()) {
            words.push(String::new());
        }
        if let Some(last) = words.last_mut().filter(|_| sign.is_alphanumeric()) {
            last.extend(sign.to_lowercase());
        }
        was_small = sign.is_lowercase() || sign.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests;
