//! Limits: time-outs of runs, leases that were not renewed in time, and the limits of the worker itself (time, memory).
//!
//! A run over its time is told, then dropped; one that cannot be dropped (it never awaits) stops the whole worker, so
//! that its supervisor can end the process: its lease is kept until then, and nobody else begins the job meanwhile.

use std::{sync::Arc, time::Duration};

use banto_core::Outcome;
use tokio::time::sleep;

use crate::{event::Event, renew, run::Ended, stop::Halt, worker::Shared};

/// How often limits are looked at while something is held, in milliseconds.
const TICK_MS: u64 = 50;
/// How long a job may be held without being begun, in milliseconds.
const STALE_MS: u64 = 1_000;

/// The loop; runs until it is dropped.
pub(crate) async fn work(shared: Arc<Shared>) {
    let began = shared.clock.steady_ms();
    loop {
        if shared.slots.count().0 == 0 {
            tokio::select! { biased;
                () = shared.slots.moved.notified() => {}
                () = sleep(Duration::from_millis(1_000)) => {}
            }
        }
        runs(&shared);
        own(&shared, began);
        sleep(Duration::from_millis(TICK_MS)).await;
    }
}

fn runs(shared: &Arc<Shared>) {
    let now = shared.clock.steady_ms();
    renew::over(shared, now);
    let overdue = shared.slots.overdue(now, shared.config.cancel_grace_ms);
    for job in overdue.timed_out {
        tracing::warn!(job = %job.id, kind = %job.kind, "the run has timed out and is told to stop");
    }
    for job in overdue.stuck {
        tracing::error!(job = %job.id, kind = %job.kind, "the run was dropped and goes on; the worker stops");
        shared.events.tell(|| Event::Stuck { job: job.id, kind: job.kind.clone() });
        shared.stop.halt(Halt::Stuck, format!("a run of {} does not stop (job {})", job.kind, job.id));
    }
    for (job, lease) in shared.slots.take_waiting(now.saturating_sub(STALE_MS)) {
        shared.hand_over(Ended { job, lease, outcome: Outcome::HandBack { delay_ms: 0 }, ran_ms: 0 });
    }
}

fn own(shared: &Shared, began: u64) {
    let age = shared.clock.steady_ms().saturating_sub(began);
    if shared.config.time_max_ms.is_some_and(|max| age >= max) {
        shared.stop.halt(Halt::Time, "its time is over (--max-time)");
    }
    let Some(max) = shared.config.memory_max_bytes else { return };
    if let Some(held) = resident_bytes().filter(|held| *held > max) {
        let (held, max) = (held.div_ceil(1 << 20), max >> 20);
        let text = format!("it holds {held} MiB of memory and {max} MiB are allowed (--memory)");
        shared.stop.halt(Halt::Memory, text);
    }
}

/// The memory this process holds (resident set), in bytes; see proc_pid_statm(5).
fn resident_bytes() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_process_knows_its_memory() {
        let held = super::resident_bytes().unwrap();
        assert!(held > 1 << 20 && held < 1 << 36, "{held}");
    }
}
