//! The rows of the matrix, in its order.
//!
//! A row is a function of its stage: it does its harm, and reports what became of the jobs. It never prints, and it gives
//! up with a reason instead of waiting for ever.

use std::time::Duration;

use Pace::{Measures, Waits};

use crate::{Told, kept::Kept, report::Report, stage::Stage};

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
mod b1;
mod b10;
mod b11;
mod b13;
mod b16;
mod b18;
mod b19;
mod b2;
mod b3;
mod b4;
mod b5;
mod b6;
mod b7;
mod b8;
mod c1;
mod c2;
mod c4;
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
mod outage;
mod wire;

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
    /// Whether it plays between two hosts: network namespaces, which want root.
    pub hosts: bool,
    /// The stores that it is run over.
    pub over: &'static [Kept],
    /// The most seconds that the short and the long form may take.
    limit_s: (u64, u64),
    /// Does it.
    pub play: fn(&Stage) -> Told<Report>,
}

/// What is a file's own, a server's, and everybody's.
const FILE: &[Kept] = &[Kept::Sqlite];
const POSTGRES: &[Kept] = &[Kept::Postgres];
const REDIS: &[Kept] = &[Kept::Redis];
const SERVERS: &[Kept] = &[Kept::Postgres, Kept::Redis];
const ALL: &[Kept] = Kept::ALL;

/// Every row.
pub const ROWS: &[Row] = &[
    row("A1", "workers killed under load", Measures, ALL, (120, 900), a1::play),
    row("A2", "killed between commit and answer", Waits, ALL, (120, 1_200), a2::play),
    row("A3", "killed while finishing", Waits, ALL, (90, 900), a3::play),
    row("A4", "`up` killed with all its programs", Waits, ALL, (120, 900), a4::play),
    row("A5", "rolling TERM restarts under load", Measures, ALL, (90, 600), a5::play),
    row("A6", "TERM, and handlers that spin", Waits, ALL, (90, 120), a6::play),
    row("A7", "a worker frozen past its lease", Waits, ALL, (60, 180), a7::play),
    row("A9", "poison: abort, exit, stack, SIGSEGV", Measures, FILE, (120, 400), a9::play),
    row("A11", "panics in handler, layer and drop", Waits, FILE, (60, 120), a11::play),
    row("A13", "jobs much longer than their lease", Waits, ALL, (90, 720), a13::play),
    row("A14", "who holds a run that bars others killed", Waits, FILE, (120, 400), a14::play),
    row("A15", "the reference's entry point beside ours", Waits, FILE, (120, 120), a15::play),
    row("B1", "Redis killed under load", Waits, REDIS, (120, 900), b1::play),
    row("B2", "the server fails over to a replica", Waits, SERVERS, (150, 900), b2::play),
    between_hosts(row("B3", "Redis split in two, clients on both sides", Waits, REDIS, (150, 600), b3::play)),
    row("B4", "every connection cut, again and again", Measures, SERVERS, (120, 600), b4::play),
    row("B5", "Redis says no in each of its ways", Waits, REDIS, (120, 900), b5::play),
    row("B6", "a Redis that evicts", Waits, REDIS, (60, 60), b6::play),
    row("B7", "PostgreSQL restarted under load", Waits, POSTGRES, (120, 900), b7::play),
    row("B8", "PostgreSQL slow and locked", Waits, POSTGRES, (120, 600), b8::play),
    row("B10", "the file held by another process", Waits, FILE, (120, 300), b10::play),
    row("B11", "the disk full to its last byte", Waits, &[Kept::Sqlite, Kept::Postgres], (120, 180), b11::play),
    row("B13", "a disk that fails under fsync and write", Waits, FILE, (120, 900), b13::play),
    row("B16", "a flipped byte, a log cut off", Measures, FILE, (150, 900), b16::play),
    row("B18", "newer stores, half migrations, many migrators", Waits, ALL, (120, 900), b18::play),
    row("B19", "moving house, the copier killed", Waits, ALL, (120, 900), b19::play),
    between_hosts(row("C1", "the wire to the server cut", Waits, SERVERS, (120, 900), c1::play)),
    between_hosts(row("C2", "the wire half open", Waits, SERVERS, (120, 400), c2::play)),
    row("C4", "a wire that delays, cuts and drops replies", Waits, SERVERS, (120, 600), c4::play),
    row("D1", "a wall clock that is set", Waits, FILE, (120, 600), d1::play),
    row("D2", "schedulers ten minutes apart", Waits, ALL, (60, 180), d2::play),
    row("D4", "the leader frozen or killed at the due second", Measures, ALL, (90, 400), d4::play),
    row("D5", "down for three hours over 180 dues", Waits, FILE, (120, 120), d5::play),
    row("D6", "the whole group asleep", Waits, FILE, (90, 180), d6::play),
    row("D7", "a deploy that dies beside the old build", Waits, FILE, (120, 300), d7::play),
    row("E1", "payloads of 100 MB and 4 GiB", Waits, FILE, (120, 120), e1::play),
    row("E2", "JSON too deep, too wide, too odd", Waits, FILE, (90, 120), e2::play),
    row("E3", "hostile names and texts", Waits, FILE, (90, 120), e3::play),
    row("E4", "damaged rows under four workers", Measures, FILE, (120, 240), e4::play),
    row("E5", "100 threads race for ids and keys", Measures, ALL, (90, 300), e5::play),
];

const fn row(
    id: &'static str,
    title: &'static str,
    pace: Pace,
    over: &'static [Kept],
    limit_s: (u64, u64),
    play: fn(&Stage) -> Told<Report>,
) -> Row {
    Row { id, title, pace, hosts: false, over, limit_s, play }
}

const fn between_hosts(row: Row) -> Row {
    Row { hosts: true, ..row }
}

/// A row over one store: what is run, and has a line in the table.
#[derive(Clone, Copy)]
pub struct Turn {
    /// The row.
    pub row: &'static Row,
    /// Where its jobs are kept.
    pub kept: Kept,
}

impl Turn {
    /// Its name: the row's, with the store's mark behind it: `A1`, `A1/P`.
    pub fn id(&self) -> String {
        format!("{}{}", self.row.id, self.kept.mark())
    }

    /// Its name as a folder's.
    pub fn folder(&self) -> String {
        self.id().replace('/', "-")
    }
}

/// Every turn, in the order of the matrix.
pub fn turns() -> impl Iterator<Item = Turn> {
    ROWS.iter().flat_map(|row| row.over.iter().map(move |kept| Turn { row, kept: *kept }))
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
