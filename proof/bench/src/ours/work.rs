//! Working through what waits: a real worker, its handler a no-op, every finish fenced and durable.

use banto_engine::Config;

use crate::{
    Tried,
    child::{Ask, Took},
    machine::{self, Meter},
    ours, raw,
};

/// Works `jobs` waiting letters, so many at once. The time is from the worker's start to its end, which comes after the
/// last finish is durable.
pub fn measure(ask: &Ask, jobs: usize, concurrency: usize) -> Tried<Took> {
    let mut took = ours::on_runtime(async {
        let store = ours::open(&ask.address, "").await?;
        let (commits, server) = (raw::commits(&ask.address).await?, raw::server(&ask.address).await?);
        let config = Config { concurrency, jobs_max: Some(jobs as u64), ..ours::config(ask.seed)? };
        let worker = ours::worker(&store, config, |_, _| async { Ok(()) });
        let meter = Meter::start(server);
        let report = worker.start().await.map_err(|unfit| unfit.to_string())?;
        let took = meter.took();
        let done = report.ended.get("done").copied().unwrap_or(0);
        if done != jobs as u64 {
            return Err(format!("work {jobs} jobs: {done} are done; {report:?}"));
        }
        Ok(Took { commits: raw::commits(&ask.address).await? - commits, ..took })
    })?;
    (took.rss_mb, took.rss_most_mb) = machine::rss_mb();
    Ok(took)
}
