//! Schedules: how late those that are due each second fire, and what that costs.

use super::Bench;
use crate::{
    Tried,
    child::What,
    row::{Row, Target},
    sample::{median, percentile},
};

/// A thousand fires a second.
pub fn thousand(bench: &Bench) -> Tried<Vec<Row>> {
    measured(bench, 1_000, Some(50.0))
}

/// Ten thousand.
pub fn ten_thousand(bench: &Bench) -> Tried<Vec<Row>> {
    measured(bench, 10_000, None)
}

fn measured(bench: &Bench, schedules: usize, p99_ms: Option<f64>) -> Tried<Vec<Row>> {
    let seconds = bench.size(20, 5);
    let (mut late, mut pickup, mut cpu, mut pace) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for seed in bench.rounds() {
        let took = bench.place()?.measure(seed, What::Schedule { schedules, seconds: seconds as u64 })?;
        cpu.push(took.cpu_ms / took.seconds / 10.0);
        pace.push(took.samples.len() as f64 / took.seconds);
        late.push(took.samples);
        pickup.push(took.after_ok);
    }
    let at = |share: f64| late.iter().map(|samples| percentile(samples, share)).collect::<Vec<f64>>();
    let picked = |share: f64| median(&pickup.iter().map(|samples| percentile(samples, share)).collect::<Vec<f64>>());
    let name = |what: &str| format!("schedule_{schedules}_{what}");
    let note = format!(
        "{schedules} schedules due each second for {seconds} s, from the due instant to the ledger's row; runs begin {:.0} ms later at p50, {:.0} ms at p99; {:.0} rows a second",
        picked(0.5),
        picked(0.99),
        median(&pace)
    );
    let p99 = Row::of(&name("late_p99"), "ms", at(0.99), Vec::new()).note(&note);
    let p99 = match p99_ms {
        Some(most) => p99.aim(Target { at_most: Some(most), ..Target::default() }),
        None => p99,
    };
    let cost = "scheduler and worker together, their runs counted";
    Ok(vec![
        Row::of(&name("late_p50"), "ms", at(0.5), Vec::new()).note(&note),
        p99,
        Row::of(&name("cpu"), "% of a core", cpu, Vec::new()).note(cost),
    ])
}
