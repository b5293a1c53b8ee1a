//! Working through what waits: a real worker, its handler a no-op, every finish fenced and durable.

use std::time::Instant;

use banto_engine::Config;

use crate::{
    Tried,
    child::{Ask, Took},
    machine, ours, raw,
};

/// Works `jobs` waiting letters, so many at once. The time is from the worker's start to its end, which comes after the
/// last finish is durable.
pub fn measure(ask: &Ask, jobs: usize, concurrency: usize) -> Tried<Took> {
    let store = ours::open(&ask.path, "")?;
    let commits = raw::commits(&ask.path)?;
    let config = Config { concurrency, jobs_max: Some(jobs as u64), ..ours::config(ask.seed)? };
    let worker = ours::worker(&store, config, |_, _| async { Ok(()) });
    let mut took = ours::on_runtime(async {
        let (began, cpu_ms) = (Instant::now(), machine::cpu_ms());
        let report = worker.start().await.map_err(|unfit| unfit.to_string())?;
        let seconds = began.elapsed().as_secs_f64();
        let done = report.ended.get("done").copied().unwrap_or(0);
        if done != jobs as u64 {
            return Err(format!("work {jobs} jobs: {done} are done; {report:?}"));
        }
        let (cpu_ms, threads_ms) = (machine::cpu_ms() - cpu_ms, machine::threads_ms());
        Ok(Took { seconds, cpu_ms, threads_ms, ..Took::default() })
    })?;
    took.commits = raw::commits(&ask.path)? - commits;
    (took.rss_mb, took.rss_most_mb) = machine::rss_mb();
    Ok(took)
}
