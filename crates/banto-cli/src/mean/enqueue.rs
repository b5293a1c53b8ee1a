//! What `queue enqueue` means: a job as the store takes it.

use banto_core::{
    Backoff, Due, Hold, JobId, Label, Name, NewJob, Payload, Unique,
    limits::{ATTEMPTS_MAX, BACKOFF_STEPS_MAX, PRIORITY_MAX},
};
use banto_engine::{Registry, registry::Entry};

use super::{label, moment, name, number, refuse, some_span, span};
use crate::{args::Enqueue, exit::Failure};

/// The jobs of one command at most.
pub(crate) const COUNT_MAX: usize = 1_000_000;

/// The job that was typed, with `payload` as it was read. A kind that this build knows gives what was not typed, as it
/// would to a job of its own type; `now_ms` is wall-clock time.
pub(crate) fn job(
    typed: &Enqueue,
    payload: &str,
    registry: Option<&Registry>,
    id: JobId,
    now_ms: i64,
) -> Result<NewJob, Failure> {
    let kind = name("a kind", &typed.kind)?;
    let payload = Payload::parse(payload)?;
    let version = typed.version.as_deref().map(|text| number("--version", text, 1, u16::MAX)).transpose()?;
    let mut job = match registry.and_then(|registry| registry.entry(&kind)) {
        Some(entry) => known(entry, typed.anyway, payload, version.unwrap_or(entry.version), (id, now_ms))?,
        None => {
            let plain = NewJob::new(id, kind, Name::new("default")?, payload);
            NewJob { version: version.unwrap_or(plain.version), ..plain }
        }
    };
    if let Some(text) = &typed.queue {
        job.queue = name("--queue", text)?;
    }
    if let Some(text) = &typed.priority {
        job.priority = number("--priority", text, 0, PRIORITY_MAX)?;
    }
    if let Some(text) = &typed.attempts {
        job.attempts_max = Some(number("--attempts", text, 1, ATTEMPTS_MAX)?);
    }
    job.due = due(typed)?;
    job.unique = unique(typed)?.or(job.unique);
    if let Some(key) = &typed.once {
        job = job.once(label("--once", key)?);
    }
    job.options.timeout_ms = typed.timeout.as_deref().map(|text| some_span("--timeout", text)).transpose()?;
    job.options.backoff = backoff(&typed.backoff)?;
    let tags: Vec<Label> = typed.tag.iter().map(|text| label("--tag", text)).collect::<Result<_, _>>()?;
    job.options.tags.extend(tags);
    job.check()?;
    counted(typed, &job)?;
    Ok(job)
}

/// A job of a kind that this build knows. What it could not run is accepted only if that is meant.
fn known(
    entry: &Entry,
    anyway: bool,
    payload: Payload,
    version: u16,
    (id, now_ms): (JobId, i64),
) -> Result<NewJob, Failure> {
    match entry.made(payload.clone(), version, id, now_ms) {
        Ok(job) => Ok(job),
        Err(text) if !anyway => {
            Err(Failure::usage(format!("{text}; --anyway accepts it without the key and the tags of its kind")))
        }
        Err(_) => {
            let policy = &entry.policy;
            let mut job = NewJob::new(id, entry.kind.clone(), name("the kind's queue", policy.queue)?, payload);
            job.version = version;
            policy.set(&mut job, now_ms);
            Ok(job)
        }
    }
}

/// A table of waits, if any was typed.
pub(crate) fn backoff(spans: &[String]) -> Result<Option<Backoff>, Failure> {
    if spans.is_empty() {
        return Ok(None);
    }
    if spans.len() > BACKOFF_STEPS_MAX {
        let allowed = format!("1 to {BACKOFF_STEPS_MAX} waits are allowed");
        return Err(refuse("--backoff", &spans.join(","), &allowed));
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
    let hold =
        match typed.unique_for.as_str() {
            "queued" => Hold::Queued,
            "done" => Hold::Done,
            text => Hold::Period(some_span("--unique-for", text).map_err(|failure| Failure {
                text: format!("{}; or \"queued\" or \"done\"", failure.text),
                ..failure
            })?),
        };
    Ok(Some(Unique { key: label("--unique", key)?, hold }))
}

fn counted(typed: &Enqueue, job: &NewJob) -> Result<(), Failure> {
    let count = typed.count.to_string();
    if !(1..=COUNT_MAX).contains(&typed.count) {
        return Err(refuse("--count", &count, &format!("1 to {COUNT_MAX} is allowed")));
    }
    if let Some(unique) = job.unique.as_ref().filter(|_| typed.count > 1) {
        let allowed = format!("the key \"{}\" keeps all but the first out; only 1 is of use", unique.key);
        return Err(refuse("--count", &count, &allowed));
    }
    Ok(())
}
