//! What `queue work` means: the worker's configuration.

use banto_core::{Name, limits::ATTEMPTS_MAX};
use banto_engine::{Config, Registry, config::QueueWeight};

use super::{enqueue::backoff, name, number, refuse, some_span, span};
use crate::{args::Work, exit::Failure};

/// The worker that was typed, for the kinds of `registry`, in the application called `app`.
pub(crate) fn config(typed: &Work, registry: &Registry, app: &str) -> Result<Config, Failure> {
    let called = match &typed.name {
        Some(text) => name("--name", text)?,
        None => Name::new(app).or_else(|_| Name::new("worker"))?,
    };
    let mut config = Config { queues: queues(typed, registry)?, ..Config::new(called, []) };
    running(typed, &mut config)?;
    ending(typed, &mut config)?;
    Ok(config)
}

/// How it runs jobs.
fn running(typed: &Work, config: &mut Config) -> Result<(), Failure> {
    let set = |flag, text: &Option<String>, to: &mut u64| {
        text.as_deref().map_or(Ok(()), |text| {
            *to = span(flag, text)?;
            Ok::<(), Failure>(())
        })
    };
    set("--rest", &typed.rest, &mut config.rest_ms)?;
    set("--grace", &typed.grace, &mut config.grace_ms)?;
    set("--keep-done", &typed.keep_done, &mut config.prune.done_ms)?;
    set("--keep-cancelled", &typed.keep_cancelled, &mut config.prune.cancelled_ms)?;
    set("--keep-dead", &typed.keep_dead, &mut config.prune.dead_ms)?;
    if let Some(text) = &typed.sleep {
        config.poll_ms = some_span("--sleep", text)?;
    }
    if let Some(text) = &typed.timeout {
        config.timeout_ms = some_span("--timeout", text)?;
    }
    if let Some(backoff) = backoff(&typed.backoff)? {
        config.backoff = backoff;
    }
    if let Some(slots) = typed.concurrency {
        let fits = (1..=10_000).contains(&slots);
        config.concurrency = fits
            .then_some(slots)
            .ok_or_else(|| refuse("--concurrency", &slots.to_string(), "1 to 10000 is allowed"))?;
    }
    config.attempts_max = typed.tries.as_deref().map(|text| number("--tries", text, 1, ATTEMPTS_MAX)).transpose()?;
    config.start_anyway = typed.start_anyway;
    Ok(())
}

/// What ends it.
fn ending(typed: &Work, config: &mut Config) -> Result<(), Failure> {
    config.jobs_max = typed.max_jobs;
    if typed.max_jobs == Some(0) {
        return Err(refuse("--max-jobs", "0", "1 or more is wanted"));
    }
    config.time_max_ms = typed.max_time.as_deref().map(|text| some_span("--max-time", text)).transpose()?;
    config.memory_max_bytes = match typed.memory {
        Some(0) => return Err(refuse("--memory", "0", "1 or more MiB are wanted")),
        mib => mib.map(|mib| mib.saturating_mul(1 << 20)),
    };
    config.stop_when_empty = typed.stop_when_empty;
    if typed.once {
        (config.jobs_max, config.concurrency, config.stop_when_empty) = (Some(1), 1, true);
    }
    Ok(())
}

/// The queues and their weights. Without any, every queue that the kinds name, in turn: a worker that would leave one of
/// its own kinds waiting for ever must be asked for.
fn queues(typed: &Work, registry: &Registry) -> Result<Vec<QueueWeight>, Failure> {
    let mut queues = Vec::new();
    for text in &typed.queue {
        queues.push(match text.split_once('=') {
            Some((queue, weight)) => (name("--queue", queue)?, Some(weighed(text, weight)?)),
            None => (name("--queue", text)?, None),
        });
    }
    if queues.is_empty() {
        let mut own: Vec<&str> = registry.entries().map(|entry| entry.policy.queue).collect();
        own.push("default");
        own.sort_unstable();
        own.dedup();
        queues = own
            .into_iter()
            .map(|queue| Ok((name("a kind's queue", queue)?, Some(1))))
            .collect::<Result<_, Failure>>()?;
    }
    let weighted = queues.iter().any(|(_, weight)| weight.is_some());
    let mut meant: Vec<QueueWeight> = Vec::new();
    for (queue, weight) in queues {
        if meant.iter().any(|other| other.queue == queue) {
            return Err(refuse("--queue", queue.as_str(), "it stands there twice"));
        }
        meant.push(QueueWeight { queue, weight: weight.unwrap_or(u32::from(weighted)) });
    }
    Ok(meant)
}

fn weighed(text: &str, weight: &str) -> Result<u32, Failure> {
    let weight = weight.parse().ok().filter(|weight| (1..=1_000_000).contains(weight));
    weight.ok_or_else(|| refuse("--queue", text, "a weight from 1 to 1000000 is wanted, as in mail=3"))
}
