//! Idle: what a worker costs that has nothing to do, and what it keeps in memory after much work.

use super::Bench;
use crate::{
    Tried,
    child::What,
    row::{Row, Target},
    sample::median,
    sort::Sort,
};

/// A worker that has had nothing to do yet.
pub fn idle(bench: &Bench) -> Tried<Vec<Row>> {
    let seconds = bench.size(10, 3) as f64;
    let (mut cpu, mut rss, mut watch) = (Vec::new(), Vec::new(), Vec::new());
    for seed in bench.rounds() {
        let took = bench.place()?.measure(seed, What::Idle { seconds })?;
        let share = |ms: f64| ms / (took.seconds * 10.0);
        cpu.push(share(took.cpu_ms));
        rss.push(took.rss_mb);
        watch.push(share(took.threads_ms.get("banto-watch").copied().unwrap_or(0.0)));
    }
    let cpu = Row::of("idle_cpu", "% of a core", cpu, Vec::new());
    let cpu = match bench.sort() {
        Sort::Sqlite => cpu.aim(Target { at_most: Some(0.5), ..Target::default() }),
        Sort::Postgres | Sort::Redis => cpu,
    };
    let watch = median(&watch);
    let cpu = cpu.note(format!(
        "user and system over {seconds} s, all threads; about {watch:.1} of it the watch for other processes"
    ));
    Ok(vec![cpu, memory("rss_idle", rss)])
}

/// A worker that has worked through many jobs.
pub fn after_work(bench: &Bench) -> Tried<Vec<Row>> {
    let jobs = bench.size(100_000, 10_000);
    let (mut rss, mut most) = (Vec::new(), Vec::new());
    for seed in bench.rounds() {
        let place = bench.place()?;
        place.measure(seed, What::Fill { delayed: 0, ready: jobs })?;
        let took = place.measure(seed, What::Work { jobs, concurrency: 100 })?;
        rss.push(took.rss_mb);
        most.push(took.rss_most_mb);
    }
    let note = format!("{jobs} jobs at a concurrency of 100");
    Ok(vec![memory("rss_after_work", rss).note(&note), memory("rss_most", most).note(note)])
}

fn memory(name: &str, mb: Vec<f64>) -> Row {
    Row::of(name, "MB", mb, Vec::new()).aim(Target { at_most: Some(30.0), ..Target::default() })
}
