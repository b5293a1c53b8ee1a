//! Latency: how soon an idle worker starts a job that is enqueued.

use super::Bench;
use crate::{
    Tried,
    child::What,
    row::{Row, Target},
    sample::{median, percentile},
    sort::Sort,
};

const LIMIT: &str = "the bare store: the two commits or scripts it takes, insert and claim";

/// Within one process.
pub fn in_process(bench: &Bench) -> Tried<Vec<Row>> {
    let times = bench.size(300, 60);
    measured(bench, "latency_in_process", times, What::Latency { times }, aims(bench.sort(), 5.0))
}

/// From one process to another.
pub fn across(bench: &Bench) -> Tried<Vec<Row>> {
    let times = bench.size(150, 40);
    measured(bench, "latency_across", times, What::Across { times }, aims(bench.sort(), 50.0))
}

/// At most so many milliseconds, at p50 and p99. A file's p99 depends on whether the other is in the same process.
fn aims(sort: Sort, file_p99_ms: f64) -> [Target; 2] {
    let (p50, p99) = match sort {
        Sort::Sqlite => (None, file_p99_ms),
        Sort::Postgres => (Some(3.0), 10.0),
        Sort::Redis => (Some(1.0), 10.0),
    };
    [p50, Some(p99)].map(|at_most| Target { at_most, ..Target::default() })
}

fn measured(bench: &Bench, name: &str, times: usize, what: What, aims: [Target; 2]) -> Tried<Vec<Row>> {
    let (mut ours, mut limit, mut after_ok) = (Vec::new(), Vec::new(), Vec::new());
    for seed in bench.rounds() {
        let took = bench.place()?.measure(seed, what.clone())?;
        after_ok.push(took.after_ok);
        ours.push(took.samples);
        limit.push(bench.place()?.measure(seed, What::RawLatency { times })?.samples);
    }
    let at = |share| {
        let of = |runs: &[Vec<f64>]| runs.iter().map(|samples| percentile(samples, share)).collect::<Vec<f64>>();
        let row = Row::of(&format!("{name}_p{:.0}", share * 100.0), "ms", of(&ours), of(&limit)).against(LIMIT);
        let after = median(&of(&after_ok));
        row.note(format!(
            "from the call of enqueue, its fsync (if it waits for one) counted, to the handler's start; {times} times a run; {after:.2} ms of it after enqueue's Ok"
        ))
    };
    let [p50, p99] = aims;
    let aimed = |row: Row, aim: Target| if aim.at_most.is_some() { row.aim(aim) } else { row };
    Ok(vec![aimed(at(0.5), p50), aimed(at(0.99), p99)])
}
