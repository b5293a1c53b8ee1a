//! Enqueue: one at a time, from one caller and from 64 who share commits, and in bulk.

use super::{Bench, rates};
use crate::{
    Tried,
    child::What,
    row::{Row, Target},
    sort::Sort,
};

const LIMIT: &str = "bare inserts, as many rows a commit";
const SAME: &str = "the same script or statement by the bare driver, as many rows each, as many callers";

/// One job a call.
pub fn one(bench: &Bench) -> Tried<Vec<Row>> {
    let alone = measured(bench, "enqueue_one", bench.size(2_000, 300), 1, 1)?;
    let grouped = measured(bench, "enqueue_one_c64", bench.size(50_000, 5_000), 1, 64)?;
    let half = Target { ratio_at_least: Some(0.5), ..Target::default() };
    Ok(vec![alone.aim(half), grouped])
}

/// A thousand jobs a call.
pub fn bulk(bench: &Bench) -> Tried<Vec<Row>> {
    let jobs = bench.size(300_000, 50_000);
    let sqlite = bench.sort() == Sort::Sqlite;
    let target = Target { at_least: sqlite.then_some(150_000.0), ratio_at_least: Some(0.5), ..Target::default() };
    let alone = measured(bench, "enqueue_bulk", jobs, 1_000, 1)?.aim(target);
    let several = measured(bench, "enqueue_bulk_c4", jobs, 1_000, 4)?.aim(target);
    Ok(vec![alone, several])
}

fn measured(bench: &Bench, name: &str, jobs: usize, batch: usize, callers: usize) -> Tried<Row> {
    let (mut ours, mut limits, mut grouped) = (Vec::new(), Vec::new(), Vec::new());
    for seed in bench.rounds() {
        let took = bench.place()?.measure(seed, What::Enqueue { jobs, batch, callers })?;
        // A file's calls share commits; on a server each call is one, and others commit there too.
        let rows_a_commit = if bench.sort() == Sort::Sqlite { jobs as f64 / took.commits } else { batch as f64 };
        let raw = What::RawInsert { jobs, rows_a_commit: rows_a_commit.round() as usize, callers };
        limits.push(bench.place()?.measure(seed, raw)?);
        grouped.push(rows_a_commit);
        ours.push(took);
    }
    let row = Row::of(name, "jobs/s", rates(jobs, &ours), rates(jobs, &limits));
    let row = row.against(if bench.sort() == Sort::Sqlite { LIMIT } else { SAME }).grouped(&grouped);
    let note = format!("{jobs} jobs, {batch} a call, {callers} callers");
    Ok(row.note(note).note(super::work::busy(jobs, &ours, &limits)))
}
