//! What a worker costs while there is nothing to do.

use std::time::Duration;

use crate::{
    Tried,
    child::{Ask, Took},
    machine, ours,
};

/// How long a worker may take to come to rest.
const SETTLING: Duration = Duration::from_millis(1_500);

/// Lets a worker idle for that long, and takes its processor time and memory.
pub fn measure(ask: &Ask, seconds: f64) -> Tried<Took> {
    ours::on_runtime(async move {
        let store = ours::open(&ask.address, "").await?;
        let worker = ours::worker(&store, ours::config(ask.seed)?, |_, _| async { Ok(()) });
        let stop = worker.stop();
        let working = tokio::spawn(worker.start());
        tokio::time::sleep(SETTLING).await;
        let (cpu_ms, before) = (machine::cpu_ms(), machine::threads_ms());
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        let mut took = Took { seconds, cpu_ms: machine::cpu_ms() - cpu_ms, ..Took::default() };
        took.threads_ms = machine::threads_ms();
        for (name, ms) in &mut took.threads_ms {
            *ms -= before.get(name).copied().unwrap_or(0.0);
        }
        (took.rss_mb, took.rss_most_mb) = machine::rss_mb();
        stop.graceful("measured");
        working.await.map_err(|error| format!("wait for the worker: {error}"))?.map_err(|unfit| unfit.to_string())?;
        Ok(took)
    })
}
