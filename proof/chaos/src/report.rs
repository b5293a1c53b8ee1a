//! What a row reports: its checks, its account, and how both are shown.
//!
//! A row passes if every check does. The first check is its headline: the number of the table and of the JSON object.

#![expect(clippy::indexing_slicing, reason = "a JSON value gives null for a name it does not have")]

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::Account;

/// What a value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Not above its limit.
    AtMost,
    /// Not below its limit.
    AtLeast,
    /// Its limit.
    Exactly,
}

/// A measured value and what it must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// What was measured.
    pub name: String,
    /// What it was.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// What it is held against.
    pub limit: f64,
    /// How.
    pub rule: Rule,
}

impl Check {
    /// A value that may be `limit` at most.
    pub fn at_most(name: impl Into<String>, value: f64, unit: &str, limit: f64) -> Check {
        Check { name: name.into(), value, unit: unit.into(), limit, rule: Rule::AtMost }
    }

    /// A value that must be `limit` at least.
    pub fn at_least(name: impl Into<String>, value: f64, unit: &str, limit: f64) -> Check {
        Check { name: name.into(), value, unit: unit.into(), limit, rule: Rule::AtLeast }
    }

    /// A count that must be that.
    pub fn exactly(name: impl Into<String>, value: u64, unit: &str, limit: u64) -> Check {
        Check { name: name.into(), value: value as f64, unit: unit.into(), limit: limit as f64, rule: Rule::Exactly }
    }

    /// A count that must be nought.
    pub fn none(name: impl Into<String>, value: u64) -> Check {
        Check::exactly(name, value, "", 0)
    }

    /// Whether it is what it must be. What is no number is not.
    pub fn passes(&self) -> bool {
        match self.rule {
            Rule::AtMost => self.value <= self.limit,
            Rule::AtLeast => self.value >= self.limit,
            Rule::Exactly => (self.value - self.limit).abs() < 1e-9,
        }
    }

    /// What it must be, in words.
    pub fn target(&self) -> String {
        let sign = match self.rule {
            Rule::AtMost => "<=",
            Rule::AtLeast => ">=",
            Rule::Exactly => "=",
        };
        format!("{sign} {} {}", shown(self.limit), self.unit).trim_end().to_owned()
    }

    /// The value and its target on one line.
    pub fn line(&self) -> String {
        format!("{} {} {} ({})", self.name, shown(self.value), self.unit, self.target()).replace("  ", " ")
    }

    fn json(&self) -> Value {
        let ratio = (self.limit != 0.0).then(|| self.value / self.limit);
        json!({ "name": self.name, "value": self.value, "unit": self.unit, "limit": self.limit, "ratio": ratio,
            "target": self.target(), "pass": self.passes() })
    }
}

/// What a row found.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Report {
    /// What was measured; the first is the headline.
    pub checks: Vec<Check>,
    /// What became of the jobs.
    pub account: Account,
    /// How long recovery took, in seconds, where the row has one.
    pub recovery_s: Option<f64>,
    /// What else is worth a line.
    pub notes: Vec<String>,
    /// Why the row could not be run on this machine.
    pub skip: Option<String>,
}

impl Report {
    /// A report on those jobs: nothing may be lost, nothing finished by a wrong holder.
    pub fn of(account: Account) -> Report {
        let checks = vec![Check::none("lost", account.lost), Check::none("wrong finish", account.wrong)];
        Report { checks, account, ..Report::default() }
    }

    /// A row that this machine cannot run.
    pub fn skipped(why: impl Into<String>) -> Report {
        Report { skip: Some(why.into()), ..Report::default() }
    }

    /// With this check as its headline.
    pub fn headed(mut self, check: Check) -> Report {
        self.checks.insert(0, check);
        self
    }

    /// With one more check.
    pub fn check(mut self, check: Check) -> Report {
        self.checks.push(check);
        self
    }

    /// With a recovery time.
    pub fn recovery(mut self, ms: u64) -> Report {
        self.recovery_s = Some(ms as f64 / 1_000.0);
        self
    }

    /// With a note.
    pub fn note(mut self, note: impl Into<String>) -> Report {
        self.notes.push(note.into());
        self
    }
}

/// A row that was run.
#[derive(Debug, Clone)]
pub struct Ran {
    /// Its name in the matrix, with the store's mark.
    pub id: String,
    /// What it does.
    pub title: &'static str,
    /// What all its draws followed from.
    pub seed: u64,
    /// How long it took, in seconds.
    pub took_s: f64,
    /// What it found, or why it came to no end: a fragment that fits after "could not".
    pub report: Result<Report, String>,
}

impl Ran {
    /// Whether it ran, and every check passed.
    pub fn passed(&self) -> bool {
        let sound = |report: &Report| report.skip.is_none() && !report.checks.is_empty();
        self.report.as_ref().is_ok_and(|report| sound(report) && report.checks.iter().all(Check::passes))
    }

    /// Whether this machine could not run it.
    pub fn skipped(&self) -> Option<&str> {
        self.report.as_ref().ok().and_then(|report| report.skip.as_deref())
    }

    /// The word of its verdict.
    pub fn word(&self) -> &'static str {
        match (self.skipped(), self.passed()) {
            (Some(_), _) => "SKIP",
            (None, true) => "PASS",
            (None, false) => "FAIL",
        }
    }

    /// The row for people: a line of the table, and what needs a word below it.
    pub fn table(&self) -> String {
        let report = self.report.as_ref().cloned().unwrap_or_default();
        let a = &report.account;
        let recovery = report.recovery_s.map_or_else(|| "-".into(), |s| format!("{s:.1}"));
        let headline = report.checks.first().map_or_else(String::new, Check::line);
        let mut text = format!(
            "{:<6} {} {:>9} {:>7} {:>4} {:>7} {:>7} {:>5} {:>5} {:>10} {:>6.1}  {} | {headline}",
            self.id,
            self.word(),
            a.submitted,
            a.acked,
            a.lost,
            a.run,
            a.duplicated_runs,
            a.late_refused,
            a.dead,
            recovery,
            self.took_s,
            self.title,
        );
        if let Err(wrong) = &self.report {
            text.push_str(&format!("\n       could not {wrong}"));
        }
        let failed = report.checks.iter().filter(|check| !check.passes());
        text.extend(failed.map(|check| format!("\n       failed: {}", check.line())));
        text.extend(report.skip.iter().map(|why| format!("\n       skipped: {why}")));
        text.extend(report.notes.iter().map(|note| format!("\n       {note}")));
        text
    }

    /// The row for programs.
    pub fn json(&self) -> Value {
        let report = self.report.as_ref().cloned().unwrap_or_default();
        let head = report.checks.first().map_or(Value::Null, Check::json);
        let a = &report.account;
        json!({
            "name": format!("{} {}", self.id, self.title),
            "measured": head["name"],
            "value": head["value"], "unit": head["unit"], "limit": head["limit"], "ratio": head["ratio"],
            "target": head["target"], "pass": self.passed(),
            "submitted": a.submitted, "acked": a.acked, "lost": a.lost, "run": a.run,
            "duplicated_runs": a.duplicated_runs, "late_refused": a.late_refused, "dead": a.dead,
            "recovery_s": report.recovery_s, "seed": self.seed, "took_s": self.took_s,
            "checks": report.checks.iter().map(Check::json).collect::<Vec<_>>(),
            "notes": report.notes, "skip": report.skip,
            "error": self.report.as_ref().err(),
        })
    }
}

/// The line above the rows.
pub fn heading() -> String {
    format!(
        "{:<6} {} {:>9} {:>7} {:>4} {:>7} {:>7} {:>5} {:>5} {:>10} {:>6}  {}",
        "row", "    ", "submitted", "acked", "lost", "run", "doubled", "late", "dead", "recovery_s", "took_s", "what"
    )
}

/// A number without more places than it needs.
fn shown(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(report: Result<Report, String>) -> Ran {
        Ran { id: "A1".into(), title: "a worker killed", seed: 7, took_s: 1.0, report }
    }

    #[test]
    fn a_row_passes_only_if_every_check_does() {
        let good = Report::of(Account::default()).headed(Check::at_most("p99", 11.5, "s", 15.0));
        assert_eq!(ran(Ok(good.clone())).word(), "PASS");
        let lost = Report::of(Account { lost: 1, ..Account::default() });
        assert_eq!(ran(Ok(lost)).word(), "FAIL");
        assert_eq!(ran(Ok(good.clone().check(Check::at_least("pace", 0.89, "", 0.9)))).word(), "FAIL");
        assert_eq!(ran(Ok(good.check(Check::exactly("crashes", 4, "", 3)))).word(), "FAIL");
        assert_eq!(ran(Err("see it".into())).word(), "FAIL");
        // A row that measured nothing has shown nothing.
        assert_eq!(ran(Ok(Report::default())).word(), "FAIL");
        assert_eq!(ran(Ok(Report::skipped("no root"))).word(), "SKIP");
        assert!(!Check::at_most("p99", f64::NAN, "s", 15.0).passes());
    }

    #[test]
    fn the_json_says_all_that_is_asked_for() {
        let report =
            Report::of(Account { acked: 5, ..Account::default() }).headed(Check::at_most("p99", 12.0, "s", 15.0));
        let json = ran(Ok(report.recovery(12_000))).json();
        for name in ["name", "value", "unit", "limit", "ratio", "target", "pass", "submitted", "acked", "lost", "run"] {
            assert!(!json[name].is_null(), "{name}: {json}");
        }
        assert_eq!(
            (&json["ratio"], &json["target"], &json["recovery_s"]),
            (&json!(0.8), &json!("<= 15 s"), &json!(12.0))
        );
        assert_eq!((&json["seed"], &json["duplicated_runs"], &json["acked"]), (&json!(7), &json!(0), &json!(5)));
    }

    #[test]
    fn the_table_names_what_failed() {
        let report = Report::of(Account { lost: 3, ..Account::default() }).note("ten kills");
        let table = ran(Ok(report)).table();
        assert!(
            table.contains("FAIL") && table.contains("failed: lost 3 (= 0)") && table.contains("ten kills"),
            "{table}"
        );
        assert!(ran(Err("see B begin".into())).table().contains("could not see B begin"));
    }
}
