//! Schedules: how late those that are due each second fire, and what that costs.

use serde::Deserialize;

use super::Bench;
use crate::{
    Tried,
    child::What,
    drivers::{self, Driver, Drivers},
    row::{Row, Target},
    sample::{median, percentile},
    sort::Sort,
};

/// A thousand fires a second.
pub fn thousand(bench: &Bench) -> Tried<Vec<Row>> {
    measured(bench, 1_000, Some(50.0))
}

/// Ten thousand.
pub fn ten_thousand(bench: &Bench) -> Tried<Vec<Row>> {
    measured(bench, 10_000, None)
}

/// What the peer's driver prints.
#[derive(Debug, Clone, Deserialize)]
struct Told {
    version: String,
    fired: usize,
    late_p99_ms: f64,
    cpu_percent: f64,
}

/// A thousand fires a second, ours and tokio-cron-scheduler's in turns. Ours are written down, with their jobs, before they count.
pub fn beside_peer(bench: &Bench) -> Tried<Vec<Row>> {
    const SCHEDULES: usize = 1_000;
    let drivers = Drivers::of(Sort::Sqlite);
    let seconds = bench.size(20, 5);
    let (mut ours, mut theirs, mut cost) = (Vec::new(), Vec::new(), Vec::new());
    for seed in bench.rounds() {
        let what = What::Schedule { schedules: SCHEDULES, seconds: seconds as u64 };
        let took = bench.place()?.measure(seed, what)?;
        ours.push(percentile(&took.samples, 0.99));
        cost.push(took.cpu_ms / took.seconds / 10.0);
        theirs.push(peer(&drivers, SCHEDULES, seconds)?);
    }
    let Some(told) = theirs.first().cloned() else { return Ok(Vec::new()) };
    let note = format!(
        "value ours, limit tokio-cron-scheduler {} in memory, nothing written down: {} of {} fired in its first run",
        told.version,
        told.fired,
        SCHEDULES * seconds
    );
    let of = |pick: fn(&Told) -> f64| theirs.iter().map(pick).collect::<Vec<f64>>();
    let row = |what: &str, unit, ours, theirs| {
        Row::of(&format!("beside_tokio_cron_scheduler_{what}"), unit, ours, theirs).against("the peer").note(&note)
    };
    Ok(vec![
        row("late_p99", "ms", ours, of(|told| told.late_p99_ms)),
        row("cpu", "% of a core", cost, of(|told| told.cpu_percent)),
    ])
}

fn peer(drivers: &Drivers, schedules: usize, seconds: usize) -> Tried<Told> {
    let mut command = drivers.command(Driver::Rust("tokio_cron"))?;
    command.args([schedules, seconds].map(|number| number.to_string()));
    let printed = drivers::run("tokio-cron-scheduler", &mut command)?;
    serde_json::from_slice(&printed).map_err(|error| format!("read what tokio-cron-scheduler printed: {error}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_peers_driver_prints_is_read() {
        let line = r#"{"version":"0.15.1","fired":5000,"late_p50_ms":1.5,"late_p99_ms":4,"cpu_percent":2.5}"#;
        let told: Told = serde_json::from_str(line).unwrap();
        assert_eq!((told.fired, told.late_p99_ms, told.cpu_percent), (5_000, 4.0, 2.5));
    }
}
