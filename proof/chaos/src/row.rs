//! The rows of the matrix, in its order.
//!
//! A row is a function of its stage: it does its harm, and reports what became of the jobs. It never prints, and it gives
//! up with a reason instead of waiting for ever.

use std::time::Duration;

use Pace::{Measures, Waits};

use crate::{Told, report::Report, stage::Stage};

mod a1;
mod a11;
mod a13;
mod a14;
mod a15;
mod a2;
mod a3;
mod a4;
mod a5;
mod a6;
mod a7;
mod a9;
mod b10;
mod b11;
mod b13;
mod b16;
mod cut;
mod d1;
mod d2;
mod d4;
mod d5;
mod d6;
mod d7;
mod e1;
mod e2;
mod e3;
mod e4;
mod e5;

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
    row("A1", "workers killed under load", Measures, (120, 900), a1::play),
    row("A2", "killed between commit and answer", Waits, (120, 1_200), a2::play),
    row("A3", "killed while finishing", Waits, (90, 900), a3::play),
    row("A4", "`up` killed with all its programs", Waits, (120, 900), a4::play),
    row("A5", "rolling TERM restarts under load", Measures, (90, 600), a5::play),
    row("A6", "TERM, and handlers that spin", Waits, (90, 120), a6::play),
    row("A7", "a worker frozen past its lease", Waits, (60, 180), a7::play),
    row("A9", "poison: abort, exit, stack, SIGSEGV", Measures, (120, 400), a9::play),
    row("A11", "panics in handler, layer and drop", Waits, (60, 120), a11::play),
    row("A13", "jobs much longer than their lease", Waits, (90, 720), a13::play),
    row("A14", "who holds a run that bars others killed", Waits, (120, 400), a14::play),
    row("A15", "the reference's entry point beside ours", Waits, (120, 120), a15::play),
    row("B10", "the file held by another process", Waits, (120, 300), b10::play),
    row("B11", "the disk full to its last byte", Waits, (120, 180), b11::play),
    row("B13", "a disk that fails under fsync and write", Waits, (120, 900), b13::play),
    row("B16", "a flipped byte, a log cut off", Measures, (150, 900), b16::play),
    row("D1", "a wall clock that is set", Waits, (120, 600), d1::play),
    row("D2", "schedulers ten minutes apart", Waits, (60, 180), d2::play),
    row("D4", "the leader frozen or killed at the due second", Measures, (90, 400), d4::play),
    row("D5", "down for three hours over 180 dues", Waits, (120, 120), d5::play),
    row("D6", "the whole group asleep", Waits, (90, 180), d6::play),
    row("D7", "a deploy that dies beside the old build", Waits, (120, 300), d7::play),
    row("E1", "payloads of 100 MB and 4 GiB", Waits, (120, 120), e1::play),
    row("E2", "JSON too deep, too wide, too odd", Waits, (90, 120), e2::play),
    row("E3", "hostile names and texts", Waits, (90, 120), e3::play),
    row("E4", "damaged rows under four workers", Measures, (120, 240), e4::play),
    row("E5", "100 threads race for ids and keys", Measures, (90, 300), e5::play),
];

const fn row(
    id: &'static str,
    title: &'static str,
    pace: Pace,
    limit_s: (u64, u64),
    play: fn(&Stage) -> Told<Report>,
) -> Row {
    Row { id, title, pace, limit_s, play }
}

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
