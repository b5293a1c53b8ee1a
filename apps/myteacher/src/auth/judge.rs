//! Rates, limits and warnings of a period; and whether there was input at all.

use banto::text::count_of;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use crate::auth::count::Counts;

/// A clock that is ahead by less is none to speak of.
const AHEAD_MS: i64 = 120_000;

/// What is still well.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// Requests that are let in, in percent, at least.
    #[arg(long, value_name = "PERCENT", default_value_t = 99.5, value_parser = percent)]
    pub success_min: f64,
    /// Requests that are not, in percent, at most.
    #[arg(long, value_name = "PERCENT", default_value_t = 5.0, value_parser = percent)]
    pub failure_max: f64,
    /// Tokens whose user is not in the database, at most.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub mapping_max: u64,
    /// How old the newest line of the log may be, in minutes.
    #[arg(long, value_name = "MINUTES", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    pub stale: u32,
}

/// What a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Too few are let in.
    Success,
    /// Too many are not.
    Failure,
    /// Tokens without a user.
    Mapping,
    /// The log is missing, or part of it.
    Input,
}

impl Kind {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Success => "success",
            Kind::Failure => "failure",
            Kind::Mapping => "mapping",
            Kind::Input => "input",
        }
    }
}

/// A warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// What it is about.
    pub kind: Kind,
    /// Whether it is critical.
    pub critical: bool,
    /// In words.
    pub message: String,
}

impl Warning {
    /// As it is stored and shown.
    pub fn level(&self) -> &'static str {
        if self.critical { "critical" } else { "warning" }
    }
}

/// How much of something, in percent; `None` of nothing.
pub fn rate(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64 * 100.0)
}

/// Why there is nothing to judge, if so: `patterns` is what was looked for.
pub fn no_input(counts: &Counts, patterns: &str, limits: &Limits, now_ms: i64) -> Option<String> {
    let problems = counts.problems.join("; ");
    if counts.files == 0 {
        let cure = "name the log with --log, and have the application write one (LOG_CHANNEL=daily, not stderr alone)";
        return Some(match problems.is_empty() {
            true => format!("no file fits {patterns}: {cure}"),
            false => format!("no file of {patterns} can be read: {problems}; {cure}"),
        });
    }
    let files = counts.files;
    let Some(newest_ms) = counts.newest_ms else {
        let known =
            "known are Laravel's lines ([2025-12-01 09:00:00] production.INFO: …) and JSON lines with a datetime";
        return Some(format!("no line of {files} files of {patterns} has a time that can be read: {known}"));
    };
    let newest = Timestamp::from_millisecond(newest_ms).map_or("?".to_owned(), |at| at.to_string());
    let old_ms = now_ms.saturating_sub(newest_ms);
    if old_ms > i64::from(limits.stale) * 60_000 {
        let old = old_ms / 60_000;
        return Some(format!(
            "the newest line of {patterns} is of {newest}, {old} min ago (--stale {}): does the application still log there, and \
             is --zone its zone?",
            limits.stale
        ));
    }
    let ahead = || format!("the newest line of {patterns} is of {newest}, which is yet to come: is --zone its zone?");
    (old_ms < -AHEAD_MS).then(ahead)
}

/// The warnings of a period.
pub fn warnings(counts: &Counts, limits: &Limits) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |kind, critical, message| warnings.push(Warning { kind, critical, message });
    let requests = counts.requests();
    let rates = rate(counts.let_in(), requests).zip(rate(counts.failed, requests));
    if let Some((success, failure)) = rates {
        if success < limits.success_min {
            let least = limits.success_min;
            warn(Kind::Success, true, format!("{success:.1} % of {requests} requests were let in, below {least} %"));
        }
        if failure > limits.failure_max {
            let most = limits.failure_max;
            warn(Kind::Failure, false, format!("{failure:.1} % of {requests} requests were not let in, over {most} %"));
        }
    }
    if counts.unmapped > limits.mapping_max {
        let (tokens, most) = (count_of(counts.unmapped, "token", "tokens"), limits.mapping_max);
        warn(Kind::Mapping, false, format!("{tokens} had no user in the database, over {most}"));
    }
    if !counts.problems.is_empty() {
        warn(Kind::Input, false, format!("a part of the log is missing: {}", counts.problems.join("; ")));
    }
    warnings
}

fn percent(typed: &str) -> Result<f64, String> {
    let number = typed.parse().ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "allowed are the numbers from 0 to 100".to_owned())
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
