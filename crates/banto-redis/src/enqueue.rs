//! `enqueue`: accepts jobs, in order, whole or not at all.

use std::collections::HashMap;

use banto_core::{Due, JobId, NewJob, Refusal, limits::ENQUEUE_MAX};
use banto_store::{Enqueued, StoreError};
use redis::Value;

use crate::{
    Redis,
    call::{Call, Parts},
    error::{Result, odd},
    fixed,
    row::{flag, id_of},
    script,
};

/// Refuses too many jobs, and whatever [`NewJob::check`] does.
pub(crate) fn check(jobs: &[NewJob]) -> Result<()> {
    if jobs.len() > ENQUEUE_MAX {
        let allowed = format!("{ENQUEUE_MAX} are allowed in one call; send the rest in another");
        return Err(Refusal::new("a number of jobs", &jobs.len().to_string(), allowed).into());
    }
    jobs.iter().try_for_each(|job| job.check().map_err(StoreError::from))
}

/// Accepts jobs.
pub(crate) async fn enqueue(store: &Redis, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
    check(jobs)?;
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let (classes, numbers) = classes(jobs.iter());
    let mut call = Call::of(&script::ENQUEUE).number(classes.len());
    classes.into_iter().for_each(|class| call.push(class));
    for (job, number) in jobs.iter().zip(numbers) {
        push(&mut call, job, number);
    }
    // A worker that waits in this process sets out now, so that its claim comes to the server right behind.
    if jobs.iter().any(|job| job.due == Due::Now) {
        store.inner().news.send_modify(|number| *number += 1);
    }
    let mut answers = store.call(call).await?.parts;
    jobs.iter().map(|job| answer(&mut answers, job.id)).collect()
}

fn answer(answers: &mut Parts, id: JobId) -> Result<Enqueued> {
    match answers.value()? {
        Value::Int(1) => Ok(Enqueued { id, fresh: true }),
        Value::BulkString(other) => {
            let id = id_of(&other).ok_or_else(|| odd("enqueue"))?;
            Ok(Enqueued { id, fresh: false })
        }
        _ => Err(odd("enqueue")),
    }
}

/// The classes of jobs (queue, kind, version) as scripts take them, and which each job is of, from 1.
pub(crate) fn classes<'a>(jobs: impl Iterator<Item = &'a NewJob>) -> (Vec<String>, Vec<u16>) {
    let (mut classes, mut known, mut numbers) = (Vec::new(), HashMap::new(), Vec::new());
    for job in jobs {
        let number = *known.entry((&job.queue, &job.kind, job.version)).or_insert_with(|| {
            classes.push(format!("{} {} {}", job.queue, job.kind, job.version));
            // A call has far fewer jobs than that.
            u16::try_from(classes.len()).unwrap_or(u16::MAX)
        });
        numbers.push(number);
    }
    (classes, numbers)
}

/// A job as scripts take it: its id, its head, and what never changes.
pub(crate) fn push(call: &mut Call, job: &NewJob, class: u16) {
    let (due, at) = match job.due {
        Due::Now => (0, 0),
        Due::In(ms) => (1, i64::try_from(ms).unwrap_or(i64::MAX)),
        Due::At(ms) => (2, ms),
    };
    let keyed = if job.unique.is_some() { flag::KEYED } else { 0 };
    let fires = if job.options.fire.is_some() { flag::FIRE } else { 0 };
    let mut head = Vec::with_capacity(13);
    head.extend_from_slice(&class.to_le_bytes());
    head.extend_from_slice(&[job.priority, due]);
    head.extend_from_slice(&i64::to_le_bytes(at));
    head.push(keyed | fires);
    call.push(job.id.bytes().as_slice());
    call.push(head);
    call.push(fixed::of_new(job));
}
