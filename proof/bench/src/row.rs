//! One row: what was measured, beside what it is measured against.
//!
//! For the table, for `--json` and for whoever judges the claims: a row has its value, the limit seen in the same run on
//! the same disk, their ratio, the target and whether it was met. A row that could not be measured is there too, and
//! says why; it never counts as met.

use serde::Serialize;

use crate::sample::{median, ratio, spread};

/// One measured claim.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// On which store.
    pub store: &'static str,
    /// What was measured.
    pub name: String,
    /// The median of `runs`; absent if it could not be had.
    pub value: Option<f64>,
    /// Of value and limit.
    pub unit: &'static str,
    /// The median of what it is measured against, in the same run.
    pub limit: Option<f64>,
    /// What the limit is.
    pub limit_is: &'static str,
    /// The median of value over limit, run by run.
    pub ratio: Option<f64>,
    /// What was aimed at, in words.
    pub target: Option<String>,
    /// Whether it was reached; absent if nothing was aimed at.
    pub pass: Option<bool>,
    /// How far the runs lie apart: (most - least) / median.
    pub noise: f64,
    /// The same of the limit's runs.
    pub limit_noise: f64,
    /// Rows or jobs in one commit (on Redis, in one script), if that matters; the limit had the same.
    pub rows_a_commit: Option<f64>,
    /// Every run.
    pub runs: Vec<f64>,
    /// Every run of the limit.
    pub limit_runs: Vec<f64>,
    /// What an fdatasync of 4 KiB cost on this disk before and after, median in microseconds.
    pub fdatasync_us: [f64; 2],
    /// The machine's load of the last minute before and after.
    pub load: [f64; 2],
    /// The store's version and what its `Ok` is worth.
    pub on: String,
    /// What else there is to know.
    pub note: String,
}

/// What a row aims at. All that is given must hold.
#[derive(Debug, Clone, Copy, Default)]
pub struct Target {
    /// The value is at least that.
    pub at_least: Option<f64>,
    /// The value is at most that.
    pub at_most: Option<f64>,
    /// The ratio is at least that.
    pub ratio_at_least: Option<f64>,
    /// The ratio is at most that.
    pub ratio_at_most: Option<f64>,
}

impl Row {
    /// A row of these runs and those of its limit, which may be none.
    pub fn of(name: &str, unit: &'static str, runs: Vec<f64>, limit_runs: Vec<f64>) -> Row {
        let ratios: Vec<f64> = runs.iter().zip(&limit_runs).filter_map(|(run, limit)| ratio(*run, *limit)).collect();
        let some = |values: &[f64]| (!values.is_empty()).then(|| median(values));
        Row {
            store: "",
            name: name.to_owned(),
            value: some(&runs),
            unit,
            limit: some(&limit_runs),
            limit_is: "",
            ratio: some(&ratios),
            target: None,
            pass: None,
            noise: spread(&runs),
            limit_noise: spread(&limit_runs),
            rows_a_commit: None,
            runs,
            limit_runs,
            fdatasync_us: [0.0; 2],
            load: [0.0; 2],
            on: String::new(),
            note: String::new(),
        }
    }

    /// A row that could not be measured, and why.
    pub fn absent(name: &str, why: &str) -> Row {
        let pass = Some(false);
        Row { pass, note: format!("could not be measured: {why}"), ..Row::of(name, "", Vec::new(), Vec::new()) }
    }

    /// Judges the row by a target.
    pub fn aim(self, target: Target) -> Row {
        let pass = target.held(self.value, self.ratio);
        Row { target: Some(target.words(self.unit)), pass: Some(pass), ..self }
    }

    /// Says what the limit is.
    pub fn against(self, limit_is: &'static str) -> Row {
        Row { limit_is, ..self }
    }

    /// Says how many rows a commit had, the median of all runs.
    pub fn grouped(self, rows_a_commit: &[f64]) -> Row {
        Row { rows_a_commit: Some(median(rows_a_commit)), ..self }
    }

    /// Adds to what there is to know.
    pub fn note(mut self, note: impl AsRef<str>) -> Row {
        if !self.note.is_empty() {
            self.note.push_str("; ");
        }
        self.note.push_str(note.as_ref());
        self
    }
}

impl Target {
    /// Whether it is met. A number that is missing meets nothing.
    pub fn held(&self, value: Option<f64>, ratio: Option<f64>) -> bool {
        let over = |least: Option<f64>, seen: Option<f64>| least.is_none_or(|least| seen.is_some_and(|is| is >= least));
        let under = |most: Option<f64>, seen: Option<f64>| most.is_none_or(|most| seen.is_some_and(|is| is <= most));
        let values = over(self.at_least, value) && under(self.at_most, value);
        values && over(self.ratio_at_least, ratio) && under(self.ratio_at_most, ratio)
    }

    /// It in words.
    pub fn words(&self, unit: &str) -> String {
        let value = |sign, bound: Option<f64>| bound.map(|bound| format!("{sign} {bound} {unit}"));
        let ratio = |sign, bound: Option<f64>| bound.map(|bound| format!("{sign} {bound} of the limit"));
        let bounds = [
            value(">=", self.at_least),
            value("<=", self.at_most),
            ratio(">=", self.ratio_at_least),
            ratio("<=", self.ratio_at_most),
        ];
        bounds.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
#[path = "row_tests.rs"]
mod tests;
