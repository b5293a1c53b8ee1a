//! The limits, and what is over them.
//!
//! Each rule is a function that adds rows: what it is about, how it stands, and, if it is not well, why. A rule that does not
//! find its value says so as a warning. Critical is what loses data or refuses work now; all else is a warning.
//!
//! # Layout
//! - `limit`: what may be typed. `since`: what was added since the look before.
//! - `keeps` (memory, persistence), `serves` (hits, clients, slow log), `follows` (replication): the rules.

mod follows;
mod keeps;
mod limit;
mod serves;
pub mod since;
#[cfg(test)]
#[path = "judge/tests.rs"]
pub(crate) mod tests;

use serde::{Deserialize, Serialize};

use crate::redis::look::Look;
pub use limit::{Bytes, Limits};
use since::Since;

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Not at all.
    Well,
    /// Somebody should look.
    Warning,
    /// Data is being lost or work refused.
    Critical,
}

impl Level {
    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Well => "well",
            Level::Warning => "warning",
            Level::Critical => "critical",
        }
    }

    /// The exit code that tells it.
    pub fn exit(self) -> u8 {
        self as u8
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What it is about.
    pub what: &'static str,
    /// Its figure, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figure: Option<f64>,
    /// How it stands, in words.
    pub stands: String,
    /// How bad that is.
    pub level: Level,
    /// Why, and what to do, if it is not well.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// What the rules made of a look.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judgement {
    /// All that was looked at.
    pub rows: Vec<Row>,
}

impl Judgement {
    /// The worst of all.
    pub fn level(&self) -> Level {
        self.rows.iter().map(|row| row.level).max().unwrap_or(Level::Well)
    }

    /// What is not well.
    pub fn findings(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.level > Level::Well)
    }

    /// The figure of a row.
    pub fn figure(&self, what: &str) -> Option<f64> {
        self.rows.iter().find(|row| row.what == what)?.figure
    }

    fn well(&mut self, what: &'static str, stands: impl Into<String>) {
        self.row(what, None, stands, None);
    }

    fn row(
        &mut self,
        what: &'static str,
        figure: impl Into<Option<f64>>,
        stands: impl Into<String>,
        bad: Option<(Level, String)>,
    ) {
        let (level, why) = bad.unwrap_or((Level::Well, String::new()));
        self.rows.push(Row { what, figure: figure.into(), stands: stands.into(), level, why });
    }

    /// The server does not say what the rule asks for.
    fn untold(&mut self, what: &'static str, name: &str) {
        let why = format!("the server does not tell {name}, so this cannot be judged");
        self.row(what, None, "unknown", Some((Level::Warning, why)));
    }
}

/// Judges a look; `now_ms` is the time of it.
pub fn judge(look: &Look, since: &Since, limits: &Limits, now_ms: i64) -> Judgement {
    let mut judged = Judgement::default();
    keeps::memory(look, limits, &mut judged);
    serves::hit_rate(look, since, limits, &mut judged);
    serves::counted(since, limits, &mut judged);
    serves::clients(look, limits, &mut judged);
    keeps::persistence(look, limits, now_ms, &mut judged);
    follows::replication(look, limits, &mut judged);
    serves::slow_log(look, since, limits, &mut judged);
    judged
}

/// A warning, if it is one.
fn warning(is: bool, why: impl FnOnce() -> String) -> Option<(Level, String)> {
    is.then(|| (Level::Warning, why()))
}

/// So much of so much, in percent; nothing of nothing is no part.
fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64 * 100.0)
}
