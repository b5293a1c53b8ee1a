//! The scripts: constant text, put together when this is built, loaded once by each process, and again where a server does not know them.
//!
//! No word of a caller is ever pasted into one: what varies goes by KEYS and ARGV. Only the numbers that have names are written out:
//! Lua would keep each name as a variable, and hang it anew on every function that says it, at every call.

use std::{collections::HashMap, sync::OnceLock};

use crate::mutate;

/// One script.
#[derive(Debug)]
pub(crate) struct Script {
    /// What it is called: the verb.
    pub name: &'static str,
    /// Its text.
    pub source: &'static str,
    /// Whether it changes anything, so that a lost answer leaves doubt.
    pub writes: bool,
    sha: OnceLock<String>,
}

impl Script {
    const fn new(name: &'static str, source: &'static str, writes: bool) -> Script {
        Script { name, source, writes, sha: OnceLock::new() }
    }

    /// Its text as the server is taught it.
    pub fn text(&self) -> String {
        with_numbers(&mutate::text(self.name, self.source))
    }

    /// What the server calls it, once it has been loaded anywhere.
    pub fn sha(&self) -> &str {
        self.sha.get().map_or("", String::as_str)
    }

    /// The server has loaded it under that name, which follows from its text alone.
    pub fn loaded(&self, sha: String) {
        self.sha.get_or_init(|| sha);
    }
}

/// The text with a number wherever a line `local READY, RUNNING = 1, 2` has named it. Such a line stays behind empty, so that a
/// server's complaint names the right line.
fn with_numbers(source: &str) -> String {
    let mut numbers = HashMap::new();
    let mut text = String::with_capacity(source.len());
    for line in source.lines() {
        if let Some((names, values)) = named(line) {
            numbers.extend(names.split(", ").zip(values.split(", ")));
        } else {
            for piece in line.split_inclusive(|c: char| !is_of_a_name(c)) {
                let name = piece.trim_end_matches(|c| !is_of_a_name(c));
                let (name, rest) = piece.split_at(name.len());
                text.push_str(numbers.get(name).unwrap_or(&name));
                text.push_str(rest);
            }
        }
        text.push('\n');
    }
    text
}

/// The names and the numbers of a line that names numbers and does nothing else.
fn named(line: &str) -> Option<(&str, &str)> {
    let (names, values) = line.strip_prefix("local ")?.split_once(" = ")?;
    let all = |list: &str, of: fn(char) -> bool| list.split(", ").all(|one| !one.is_empty() && one.chars().all(of));
    let named = all(names, |c| c.is_ascii_uppercase() || c == '_') && all(values, |c| c.is_ascii_digit());
    named.then_some((names, values))
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

macro_rules! scripts {
    ($($name:ident: $verb:literal, $writes:literal, [$($part:literal),*];)*) => {
        $(pub(crate) static $name: Script = Script::new(
            $verb,
            concat!(include_str!("lua/desk.lua"), $(include_str!(concat!("lua/", $part, ".lua")),)* include_str!(concat!("lua/", $verb, ".lua"))),
            $writes,
        );)*
        /// All of them.
        pub(crate) static ALL: &[&Script] = &[$(&$name),*];
    };
}

scripts! {
    ENQUEUE: "enqueue", true, ["accept"];
    CLAIM: "claim", true, ["plain"];
    RENEW: "renew", true, [];
    FINISH: "finish", true, ["verdict", "plain"];
    EXPIRED: "expired", true, [];
    CLOCK: "clock", true, [];
    RESCUE: "rescue", true, ["verdict"];
    REGISTER: "register", true, [];
    FIRE: "fire", true, ["accept"];
    STEER: "steer", true, ["remove"];
    PAUSE: "pause", true, [];
    RESTART: "restart", true, [];
    PRUNE: "prune", true, ["remove"];
    RECORD: "record", true, [];
    BEAT: "beat", true, [];
    SETTLE: "settle", true, [];
    DAMAGE: "damage", true, [];
    RECOUNT: "recount", true, [];
    UNKEY: "unkey", true, [];
    STANDING: "standing", false, [];
    HELD: "held", false, [];
    TRAILS: "trails", false, [];
    ROWS: "rows", false, [];
    CARD: "card", false, [];
    WALK: "walk", false, [];
    SEATS: "seats", false, [];
    COUNTS: "counts", false, [];
    QUEUES: "queues", false, [];
    INSTANCES: "instances", false, [];
    BOARD: "board", false, [];
    FIRES: "fires", false, [];
    HOLDER: "holder", false, [];
    TALLY: "tally", false, [];
    CHECK: "check", false, [];
    TOTALS: "totals", false, [];
}

/// The text of the script of that verb as a server is taught it: for the bench, which runs it without all the rest.
#[doc(hidden)]
pub fn script_of(verb: &str) -> Option<String> {
    ALL.iter().find(|script| script.name == verb).map(|script| script.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_have_names_are_written_out() {
        let source = "local READY, F_KEY = 1, 32\nlocal took = 0\nlocal P = KEYS[1]\nif row[READY] == F_KEY then READY_AT = MY_READY end";
        let text = "\nlocal took = 0\nlocal P = KEYS[1]\nif row[1] == 32 then READY_AT = MY_READY end\n";
        assert_eq!(with_numbers(source), text);
    }

    #[test]
    fn no_script_says_a_number_by_name_or_has_other_lines_than_its_source() {
        for script in ALL {
            let text = script.text();
            assert_eq!(text.lines().count(), script.source.lines().count(), "{}", script.name);
            let names: Vec<_> =
                script.source.lines().filter_map(named).flat_map(|(names, _)| names.split(", ")).collect();
            assert!(names.len() > 30, "{}", script.name);
            let mut words = text.split(|c| !is_of_a_name(c));
            assert_eq!(words.find(|word| names.contains(word)), None, "{}", script.name);
        }
    }
}
