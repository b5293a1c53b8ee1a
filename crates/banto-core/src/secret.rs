//! Secrets in a line of text: blacked out before anybody reads it.
//!
//! For whoever writes lines where many can read them: a log, a file, the end of a program's output. Three things tell a
//! secret: the *name* it stands beside (`password=…`, `"api_key":"…"`, `Authorization: …`, `postgres://user:…@host`), its
//! *look* (a bearer, a key that begins as those of known services do), and that it is *known*, because a variable of the
//! environment whose name says so has that very value. It is no proof: a secret without a name, in another spelling (base64)
//! or cut in two is not found. It never makes JSON anything but JSON, and it takes no secret for a reason to fail.

use std::borrow::Cow;

use scan::{Scan, names_secret};

mod scan;

/// What stands where a secret stood.
pub const BLACKED_OUT: &str = "***";
/// A known value that is shorter is not looked for, in bytes: `root` would black out half of a log.
const KNOWN_BYTES_MIN: usize = 8;

/// A variable with one of these parts in its name is a secret too…
const PARTS: [&str; 12] = [
    "KEY",
    "KEYS",
    "SECRET",
    "SECRETS",
    "TOKEN",
    "TOKENS",
    "PASS",
    "PASSWORD",
    "PASSWORDS",
    "PWD",
    "AUTH",
    "CREDENTIALS",
];
/// …unless its last part is one of these: it says where a secret lies, or how long it counts.
const NOT_LAST: [&str; 8] = ["FILE", "PATH", "DIR", "SOCK", "TTL", "SECONDS", "TYPE", "NAME"];
/// Where one works and has worked.
const FOLDERS: [&str; 2] = ["PWD", "OLDPWD"];

/// The secrets that are known, and the eye for those that are not.
///
/// ```
/// use banto_core::Secrets;
///
/// let secrets = Secrets::of([("DB_PASSWORD", "correct horse"), ("LANG", "en_GB.UTF-8")]);
/// let line = "connect as correct horse to redis://app:hunter2@cache:6379 with api_key=abc";
/// assert_eq!(secrets.redact(line), "connect as *** to redis://app:***@cache:6379 with api_key=***");
/// ```
#[derive(Clone, Default)]
pub struct Secrets {
    /// Longest first, so that one that begins as another does not leave a rest.
    known: Vec<String>,
    /// A bit for each two bytes that one of them begins with: nearly all places in a line begin otherwise.
    begins: Vec<u64>,
}

impl Secrets {
    /// Nothing is known: names and looks alone tell.
    pub fn none() -> Secrets {
        Secrets::default()
    }

    /// Knows the values of those variables, given as name and value, whose name says that they are secret, and the
    /// passwords in addresses. Values of less than eight bytes are not known; of several lines, each is.
    pub fn of<N: AsRef<str>, V: AsRef<str>>(variables: impl IntoIterator<Item = (N, V)>) -> Secrets {
        let mut known: Vec<String> = Vec::new();
        for (name, value) in variables {
            let value = value.as_ref();
            match is_secret_variable(name.as_ref()) {
                true => known.extend(value.lines().map(|line| line.trim().to_owned())),
                false => known.extend(passwords(value).map(str::to_owned)),
            }
        }
        let inside_json: Vec<String> = known
            .iter()
            .filter(|value| value.contains(['"', '\\']))
            .map(|value| value.replace('\\', r"\\").replace('"', "\\\""))
            .collect();
        known.extend(inside_json);
        known.retain(|value| value.len() >= KNOWN_BYTES_MIN);
        known.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        known.dedup();
        let mut begins = vec![0; if known.is_empty() { 0 } else { 1 << 10 }];
        for value in &known {
            let (word, bit) = place(value.as_bytes());
            if let Some(bits) = begins.get_mut(word) {
                *bits |= bit;
            }
        }
        Secrets { known, begins }
    }

    /// The line with its secrets blacked out; the line itself if it has none. Done twice, it changes nothing more.
    pub fn redact<'a>(&self, line: &'a str) -> Cow<'a, str> {
        let shown = self.without_known(line);
        let found = Scan::of(&shown).found();
        if found.is_empty() {
            return shown;
        }
        let mut text = String::with_capacity(shown.len());
        let mut from = 0;
        for (range, quote) in found {
            text.push_str(shown.get(from..range.start).unwrap_or_default());
            text.extend([quote, BLACKED_OUT, quote]);
            from = range.end;
        }
        text.push_str(shown.get(from..).unwrap_or_default());
        Cow::Owned(text)
    }

    fn without_known<'a>(&self, line: &'a str) -> Cow<'a, str> {
        let (mut text, mut from, mut at) = (String::new(), 0, 0);
        while let Some(rest) = line.as_bytes().get(at..).filter(|rest| !rest.is_empty() && !self.known.is_empty()) {
            let (word, bit) = place(rest);
            let may = self.begins.get(word).is_some_and(|bits| bits & bit != 0);
            let found = || self.known.iter().find(|value| rest.starts_with(value.as_bytes()));
            let Some(value) = may.then(found).flatten() else {
                at += 1;
                continue;
            };
            text.push_str(line.get(from..at).unwrap_or_default());
            text.push_str(BLACKED_OUT);
            at += value.len();
            from = at;
        }
        if from == 0 {
            return Cow::Borrowed(line);
        }
        text.push_str(line.get(from..).unwrap_or_default());
        Cow::Owned(text)
    }
}

/// Where the bit for the first two bytes is.
fn place(bytes: &[u8]) -> (usize, u64) {
    let [one, other] = [0, 1].map(|at| usize::from(bytes.get(at).copied().unwrap_or(0)));
    ((one << 2) | (other >> 6), 1 << (other & 63))
}

impl std::fmt::Debug for Secrets {
    /// Says how many are known, never which.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({} known)", self.known.len())
    }
}

/// Whether the name of a variable of the environment says that its value is a secret.
fn is_secret_variable(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let parts = || name.split(['_', '-', '.']);
    if FOLDERS.contains(&name.as_str()) || parts().next_back().is_some_and(|last| NOT_LAST.contains(&last)) {
        return false;
    }
    parts().any(|part| PARTS.contains(&part)) || names_secret(name.as_bytes()).is_some()
}

/// The passwords of the addresses in a text.
fn passwords(text: &str) -> impl Iterator<Item = &str> {
    let found = text.match_indices("://").filter_map(|(at, _)| Scan::of(text).password(at));
    found.filter_map(|range| text.get(range))
}

#[cfg(test)]
#[path = "secret_tests.rs"]
mod tests;
