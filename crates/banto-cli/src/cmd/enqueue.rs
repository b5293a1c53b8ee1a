//! `queue enqueue`: accepts a job; says its id once it is durable.

use banto_core::{
    JobId, NewJob,
    limits::{ENQUEUE_MAX, PAYLOAD_BYTES_MAX},
};
use banto_engine::{Client, Registry};
use banto_store::StoreError;
use serde_json::json;

use super::{Desk, line};
use crate::{
    args::Enqueue,
    exit::{Exit, Failure},
    mean,
    print::{Print, text_of},
};

pub(super) async fn run(desk: &mut Desk<'_>, typed: &Enqueue, payload: &str) -> Result<Exit, Failure> {
    let registry = desk.known().await?;
    let client = Client::new(desk.store().clone()).clock(desk.clock());
    let job = mean::enqueue::job(typed, payload, registry.as_ref(), client.id(), desk.now_ms())?;
    warn(desk, &job, registry.as_ref());
    if typed.count > 1 {
        return many(desk, &client, job, typed.count).await;
    }
    let (kind, queue) = (job.kind.clone(), job.queue.clone());
    let key = job.unique.as_ref().map(|unique| unique.key.clone());
    let id = key.is_none().then_some(job.id);
    let answers = client.put(vec![job]).await.map_err(|error| unheard(error, id))?;
    for answer in answers {
        if desk.print.json() {
            desk.print.object(&json!({ "id": answer.id, "fresh": answer.fresh, "kind": kind, "queue": queue }))?;
            continue;
        }
        desk.print.say(answer.id.to_string());
        let key = key.as_ref().map(|key| format!(" under the key \"{key}\"")).unwrap_or_default();
        desk.print.note(match answer.fresh {
            true => format!("accepted: {kind} into \"{queue}\"{key}"),
            false => format!("not accepted anew: this job stands for it already{key}"),
        });
    }
    Ok(Exit::Well)
}

/// What is after `--payload`: the text, a file's, or the standard input's; never more than the cap is read.
pub(super) fn payload(print: &mut Print, typed: &str) -> Result<String, Failure> {
    if typed == "-" {
        return print.input(PAYLOAD_BYTES_MAX);
    }
    let Some(path) = typed.strip_prefix('@') else { return Ok(typed.to_owned()) };
    let shown = banto_core::text::visible(path, 300);
    let mut file = std::fs::File::open(path)
        .map_err(|error| Failure::new(Exit::Machine, format!("open \"{shown}\" for the payload: {error}")))?;
    text_of(&mut file, PAYLOAD_BYTES_MAX, &format!("\"{shown}\""))
}

/// A kind that this build does not know may be another build's, so it is said and no more.
fn warn(desk: &mut Desk<'_>, job: &NewJob, registry: Option<&Registry>) {
    let Some(registry) = registry.filter(|registry| registry.entry(&job.kind).is_none()) else { return };
    let kinds: Vec<String> = registry.entries().map(|entry| entry.kind.to_string()).collect();
    let text = format!("note: this build does not know the kind \"{}\"; it knows {}", job.kind, kinds.join(", "));
    desk.print.note(text);
}

/// What was accepted or not, nobody knows. The same command would make another job, unless a key keeps it out, so the one to
/// look for is named; of several, which stand or fall together, the first.
fn unheard(error: StoreError, id: Option<JobId>) -> Failure {
    let id = id.filter(|_| error.in_doubt());
    let failure = Failure::from(error);
    let Some(id) = id else { return failure };
    let text = format!(
        "{}; but the same command makes another job, so look for this one first: queue show {id}",
        failure.text
    );
    Failure { text, ..failure }
}

async fn many(desk: &mut Desk<'_>, client: &Client, job: NewJob, count: usize) -> Result<Exit, Failure> {
    let mut left = count;
    while left > 0 {
        let part = left.min(ENQUEUE_MAX);
        let jobs: Vec<NewJob> = (0..part).map(|_| NewJob { id: client.id(), ..job.clone() }).collect();
        let first = jobs.first().map(|job| job.id);
        client.put(jobs).await.map_err(|error| {
            let failure = unheard(error, first);
            line::after(failure, count - left, "accepted")
        })?;
        left -= part;
    }
    match desk.print.json() {
        true => desk.print.object(&json!({ "accepted": count, "kind": job.kind, "queue": job.queue }))?,
        false => desk.print.say(format!("accepted {}: {} into \"{}\"", line::jobs(count), job.kind, job.queue)),
    }
    Ok(Exit::Well)
}
