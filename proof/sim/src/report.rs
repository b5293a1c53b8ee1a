//! The rows that are printed: one for each thing that was measured.

use serde::Serialize;

/// One row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// What it was.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// What it is held against, if anything.
    pub limit: Option<f64>,
    /// The value over the limit, if that says something.
    pub ratio: Option<f64>,
    /// What it must be, in words.
    pub target: String,
    /// Whether it is.
    pub pass: bool,
}

impl Row {
    /// A count that must not be above `limit`.
    pub fn at_most(name: impl Into<String>, value: f64, unit: &'static str, limit: f64) -> Row {
        Row::held(name.into(), value, unit, limit, format!("<= {limit}"), value <= limit)
    }

    /// A count that must not be under `limit`.
    pub fn at_least(name: impl Into<String>, value: f64, unit: &'static str, limit: f64) -> Row {
        Row::held(name.into(), value, unit, limit, format!(">= {limit}"), value >= limit)
    }

    /// A number to know.
    pub fn known(name: impl Into<String>, value: f64, unit: &'static str) -> Row {
        Row { name: name.into(), value, unit, limit: None, ratio: None, target: "to know".into(), pass: true }
    }

    fn held(name: String, value: f64, unit: &'static str, limit: f64, target: String, pass: bool) -> Row {
        let ratio = (limit != 0.0).then(|| value / limit);
        Row { name, value, unit, limit: Some(limit), ratio, target, pass }
    }

    /// The row for people.
    pub fn line(&self) -> String {
        let mark = if self.pass { "ok" } else { "FAIL" };
        format!("{mark:<4}  {:<44} {:>14} {:<12} {}", self.name, self.value, self.unit, self.target)
    }
}
