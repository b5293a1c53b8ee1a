//! Work: so many no-op jobs through a real worker, at a concurrency of 1, 10 and 100.

use std::collections::BTreeMap;

use super::{Bench, rates};
use crate::{
    Tried,
    child::{Took, What},
    row::{Row, Target},
    sample::median,
    sort::Sort,
};

const LIMIT: &str = "bare finish-and-claim, as many jobs a commit";
const SAME: &str = "the same scripts or statements by the bare driver, as many jobs each";
/// How many rows a commit the raw table is filled with, which is not measured.
const FILL: usize = 5_000;

/// Works through jobs that wait.
pub fn at(bench: &Bench, concurrency: usize) -> Tried<Vec<Row>> {
    let jobs = bench.size(100_000, 10_000);
    let (mut ours, mut limits, mut grouped) = (Vec::new(), Vec::new(), Vec::new());
    for seed in bench.rounds() {
        let place = bench.place()?;
        place.measure(seed, What::Fill { delayed: 0, ready: jobs })?;
        let took = place.measure(seed, What::Work { jobs, concurrency })?;
        let rows_a_commit = jobs as f64 / took.commits;
        let place = bench.place()?;
        place.measure(seed, What::RawInsert { jobs, rows_a_commit: FILL, callers: 1 })?;
        limits.push(place.measure(seed, bench.raw_work(jobs, rows_a_commit))?);
        grouped.push(rows_a_commit);
        ours.push(took);
    }
    let sqlite = bench.sort() == Sort::Sqlite;
    let target = Target { at_least: sqlite.then_some(40_000.0), ratio_at_least: Some(0.5), ..Target::default() };
    let row = Row::of(&format!("work_c{concurrency}"), "jobs/s", rates(jobs, &ours), rates(jobs, &limits));
    let row = row.against(if sqlite { LIMIT } else { SAME }).grouped(&grouped);
    let note = format!("{jobs} jobs, concurrency {concurrency}, {}, fenced", acknowledged(bench.sort()));
    Ok(vec![row.aim(target).note(note).note(busy(jobs, &ours, &limits))])
}

/// What an end's `Ok` means.
pub fn acknowledged(sort: Sort) -> &'static str {
    match sort {
        Sort::Sqlite => "synchronous=full, acknowledged after fsync",
        Sort::Postgres => "synchronous_commit=on, acknowledged after fsync",
        Sort::Redis => "appendfsync everysec: acknowledged once it is in the server's file, flushed within a second",
    }
}

/// What a job costs the processors, by thread, and what it costs the limit: on a machine with neighbours this says more
/// than the clock.
pub fn busy(jobs: usize, runs: &[Took], raw: &[Took]) -> String {
    let each = |ms: Vec<f64>| median(&ms) * 1e3 / jobs as f64;
    let mut threads: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (name, ms) in runs.iter().flat_map(|took| &took.threads_ms) {
        threads.entry(name).or_default().push(*ms);
    }
    let threads = threads.into_iter().map(|(name, ms)| (name, each(ms))).filter(|(_, us)| *us >= 0.05);
    let threads: Vec<String> = threads.map(|(name, us)| format!("{name} {us:.1}")).collect();
    let all = |runs: &[Took]| each(runs.iter().map(|took| took.cpu_ms).collect());
    let server = |runs: &[Took]| match each(runs.iter().map(|took| took.server_ms).collect()) {
        us if us > 0.0 => format!(" and the server's {us:.1} us"),
        _ => String::new(),
    };
    let (ours, theirs) = (server(runs), server(raw));
    format!(
        "processor time a job {:.1} us ({}){ours}, the limit's {:.1} us{theirs}",
        all(runs),
        threads.join(", "),
        all(raw)
    )
}
