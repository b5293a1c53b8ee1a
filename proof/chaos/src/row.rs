//! The rows of the matrix, in its order.
//!
//! A row is a function of its stage: it does its harm, and reports what became of the jobs. It never prints, and it gives
//! up with a reason instead of waiting for ever.

use std::time::Duration;

use crate::{Told, report::Report, stage::Stage};

mod a1;
mod a5;
mod a7;

/// How a row spends its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Mostly waiting: others may run beside it.
    Waits,
    /// It measures, or loads the machine: it runs alone.
    Measures,
}

/// One row.
pub struct Row {
    /// Its name in the matrix.
    pub id: &'static str,
    /// What it does, in a few words.
    pub title: &'static str,
    /// How it spends its time.
    pub pace: Pace,
    /// The most seconds that the short and the long form may take.
    limit_s: (u64, u64),
    /// Does it.
    pub play: fn(&Stage) -> Told<Report>,
}

/// Every row.
pub const ROWS: &[Row] = &[
    Row { id: "A1", title: "workers killed under load", pace: Pace::Measures, limit_s: (120, 600), play: a1::play },
    Row {
        id: "A5",
        title: "rolling TERM restarts under load",
        pace: Pace::Measures,
        limit_s: (90, 600),
        play: a5::play,
    },
    Row { id: "A7", title: "a worker frozen past its lease", pace: Pace::Waits, limit_s: (60, 120), play: a7::play },
];

impl Row {
    /// The longest it may take before it is ended.
    pub fn deadline(&self, short: bool) -> Duration {
        Duration::from_secs(if short { self.limit_s.0 } else { self.limit_s.1 })
    }
}

/// The row of that name.
pub fn find(id: &str) -> Told<&'static Row> {
    ROWS.iter().find(|row| row.id == id).ok_or_else(|| format!("find the row \"{id}\""))
}
