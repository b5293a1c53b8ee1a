//! Claim: its cost must not grow with what waits, nor with what is not due yet.

use super::{Bench, Place};
use crate::{
    Tried,
    child::What,
    row::{Row, Target},
    sample::median,
};

/// How many wait where few wait.
const FEW: usize = 1_000;
/// Most that a claim may cost of what it costs beside few.
const GROWTH: Target = Target { at_least: None, at_most: None, ratio_at_least: None, ratio_at_most: Some(1.2) };

/// Many waiting beside few.
pub fn flat(bench: &Bench) -> Tried<Vec<Row>> {
    let many = bench.size(1_000_000, 100_000);
    let row = measured(bench, "claim_flat", 0, many)?.against("one claim where 1,000 jobs wait");
    Ok(vec![row.note(format!("one claim where {many} jobs wait"))])
}

/// Many that are not due beside none.
pub fn delayed_ahead(bench: &Bench) -> Tried<Vec<Row>> {
    let delayed = bench.size(100_000, 20_000);
    let row = measured(bench, "delayed_ahead", delayed, FEW)?.against("one claim where nothing is delayed");
    Ok(vec![row.note(format!("one claim where {delayed} jobs are due in an hour and were enqueued before"))])
}

fn measured(bench: &Bench, name: &str, delayed: usize, ready: usize) -> Tried<Row> {
    let (many, few) = (bench.place()?, bench.place()?);
    many.measure(bench.plan.seed, What::Fill { delayed, ready })?;
    few.measure(bench.plan.seed, What::Fill { delayed: 0, ready: FEW })?;
    let (mut ours, mut limit) = (Vec::new(), Vec::new());
    for seed in bench.rounds() {
        let cost = |place: &Place| place.measure(seed, What::Claims { times: 250 }).map(|took| median(&took.samples));
        ours.push(cost(&many)?);
        limit.push(cost(&few)?);
    }
    let row = Row::of(name, "ms", ours, limit).aim(GROWTH);
    Ok(row.note("median of 250 claims of one job, without waiting for the disk, which would cover the difference"))
}
