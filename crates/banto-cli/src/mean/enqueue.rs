//! What `queue enqueue` means: a job as the store takes it.

use banto_core::{Backoff, Due, Hold, JobId, Name, NewJob, Payload, Unique};
use banto_engine::Registry;

use super::{label, moment, name, refuse, some_span, span};
use crate::{args::Enqueue, exit::Failure};

/// The jobs of one command at most.
pub(crate) const COUNT_MAX: usize = 1_000_000;

/// The job that was typed, with `payload` as it was read. A kind that this build knows gives the defaults.
pub(crate) fn job(typed: &Enqueue, payload: &str, registry: Option<&Registry>, id: JobId) -> Result<NewJob, Failure> {
    let kind = name("a kind", &typed.kind)?;
    let entry = registry.and_then(|registry| registry.entry(&kind));
    let queue = match (&typed.queue, entry) {
        (Some(text), _) => name("--queue", text)?,
        (None, Some(entry)) => name("the kind's queue", entry.policy.queue)?,
        (None, None) => Name::new("default")?,
    };
    let mut job = NewJob::new(id, kind, queue, Payload::parse(payload)?);
    if let Some(entry) = entry {
        job.version = entry.version;
        job.priority = entry.policy.priority;
        job.attempts_max = entry.policy.attempts_max;
        job.options.crashes_max = entry.policy.crashes_max;
    }
    job.version = typed.version.unwrap_or(job.version);
    job.priority = typed.priority.unwrap_or(job.priority);
    job.attempts_max = typed.attempts.unwrap_or(job.attempts_max);
    job.due = due(typed)?;
    job.unique = unique(typed)?;
    if let Some(key) = &typed.once {
        job = job.once(label("--once", key)?);
    }
    job.options.timeout_ms = typed.timeout.as_deref().map(|text| some_span("--timeout", text)).transpose()?;
    job.options.backoff = backoff(&typed.backoff)?;
    job.options.tags = typed.tag.iter().map(|text| label("--tag", text)).collect::<Result<_, _>>()?;
    job.check()?;
    counted(typed, &job)?;
    Ok(job)
}

/// A table of waits, if any was typed.
pub(crate) fn backoff(spans: &[String]) -> Result<Option<Backoff>, Failure> {
    if spans.is_empty() {
        return Ok(None);
    }
    let steps: Vec<u64> = spans.iter().map(|text| span("--backoff", text)).collect::<Result<_, _>>()?;
    let backoff = Backoff::Table(steps);
    backoff.check()?;
    Ok(Some(backoff))
}

fn due(typed: &Enqueue) -> Result<Due, Failure> {
    match (&typed.delay, &typed.at) {
        (Some(text), _) => Ok(Due::In(span("--delay", text)?)),
        (None, Some(text)) => Ok(Due::At(moment("--at", text)?)),
        (None, None) => Ok(Due::Now),
    }
}

fn unique(typed: &Enqueue) -> Result<Option<Unique>, Failure> {
    let Some(key) = &typed.unique else { return Ok(None) };
    let hold = match typed.unique_for.as_str() {
        "queued" => Hold::Queued,
        "done" => Hold::Done,
        text => Hold::Period(some_span("--unique-for", text)?),
    };
    Ok(Some(Unique { key: label("--unique", key)?, hold }))
}

fn counted(typed: &Enqueue, job: &NewJob) -> Result<(), Failure> {
    let count = typed.count.to_string();
    if !(1..=COUNT_MAX).contains(&typed.count) {
        return Err(refuse("--count", &count, &format!("1 to {COUNT_MAX} is allowed")));
    }
    if typed.count > 1 && job.unique.is_some() {
        return Err(refuse("--count", &count, "a key keeps all but the first out; leave one of the two away"));
    }
    Ok(())
}
