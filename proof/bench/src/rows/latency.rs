//! Latency: how soon an idle worker starts a job that is enqueued.

use super::Bench;
use crate::{
    Tried,
    child::What,
    row::{Row, Target},
    sample::{median, percentile},
};

const LIMIT: &str = "bare SQLite: the two commits it takes, insert and claim";

/// Within one process.
pub fn in_process(bench: &Bench) -> Tried<Vec<Row>> {
    let times = bench.size(300, 60);
    measured(bench, "latency_in_process", times, What::Latency { times }, 5.0)
}

/// From one process to another.
pub fn across(bench: &Bench) -> Tried<Vec<Row>> {
    let times = bench.size(150, 40);
    measured(bench, "latency_across", times, What::Across { times }, 50.0)
}

fn measured(bench: &Bench, name: &str, times: usize, what: What, p99_ms: f64) -> Tried<Vec<Row>> {
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
            "from the call of enqueue, its fsync counted, to the handler's start; {times} times a run; {after:.2} ms of it after enqueue's Ok"
        ))
    };
    let p99 = at(0.99).aim(Target { at_most: Some(p99_ms), ..Target::default() });
    Ok(vec![at(0.5), p99])
}
