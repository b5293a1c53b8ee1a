//! `queue show`: everything that is kept of one job.

use banto_core::{
    Job, JobId, Park, State,
    text::{visible, visible_lines},
};
use banto_engine::explain::{attempts, span};
use banto_store::Card;

use super::{Desk, line::from_now};
use crate::{
    args::One,
    exit::{Exit, Failure},
    mean::{self, clock_time},
};

/// Most of a payload that is shown to people, in characters; `--json` gives all of it.
const PAYLOAD_CHARS_MAX: usize = 2_000;

pub(super) async fn run(desk: &mut Desk<'_>, typed: &One) -> Result<Exit, Failure> {
    let id = mean::id(&typed.id)?;
    let card = desk.store().job(id).await?.ok_or_else(|| not_listed(id))?;
    if desk.print.json() {
        desk.print.object(&card)?;
        return Ok(Exit::Well);
    }
    let now = desk.now_ms();
    desk.print.say(described(&card, now));
    Ok(Exit::Well)
}

/// There is no such job.
pub(super) fn not_listed(id: JobId) -> Failure {
    let text = format!("find job {id}: it is not listed; it may have been pruned or forgotten, or be in another store");
    Failure::new(Exit::NotListed, text)
}

/// A job and its trail in lines.
pub(super) fn described(card: &Card, now_ms: i64) -> String {
    let mut lines: Vec<String> = facts(&card.job, now_ms)
        .into_iter()
        .map(|(name, text)| format!("{name:<10} {}", visible(&text, 1_000)))
        .collect();
    lines.push(format!("{:<10} {}", "payload", visible_lines(card.job.payload.as_str(), PAYLOAD_CHARS_MAX)));
    if let Some(raw) = &card.raw {
        lines.push(format!("{:<10} {}", "stored", visible(raw, PAYLOAD_CHARS_MAX)));
    }
    if !card.trail.is_empty() {
        lines.push("trail".into());
    }
    for line in &card.trail {
        let (word, text) = (visible(&line.word, 20), visible(&line.text, 1_000));
        lines.push(format!("  {}  claim {}  {word}: {text}", clock_time(line.at), line.fence));
    }
    lines.join("\n")
}

fn facts(job: &Job, now_ms: i64) -> Vec<(&'static str, String)> {
    let time = |at: i64| format!("{} ({})", clock_time(at), from_now(at, now_ms));
    let asked = if job.cancel_asked && job.state == State::Running { ", asked to stop" } else { "" };
    let mut facts = vec![
        ("job", job.id.to_string()),
        ("kind", format!("{}, version {}", job.kind, job.version)),
        ("queue", format!("{}, priority {}", job.queue, job.priority)),
        ("state", format!("{}{asked}", job.state)),
        ("attempts", format!("{}, {} crashes, claimed {} times", attempts(job), job.crashes, job.fence)),
        ("due", time(job.run_at)),
        ("enqueued", time(job.enqueued_at)),
    ];
    let mut add = |name, text: Option<String>| facts.extend(text.map(|text| (name, text)));
    add("started", job.started_at.map(time));
    add("finished", job.finished_at.map(time));
    add("worker", job.instance.map(|id| id.to_string()));
    add("key", job.unique.as_ref().map(|unique| unique.key.to_string()));
    let tags: Vec<&str> = job.options.tags.iter().map(|tag| tag.as_str()).collect();
    add("tags", (!tags.is_empty()).then(|| tags.join(", ")));
    add("retries", job.options.retry_until.map(|at| format!("none after {}", time(at))));
    add("timeout", job.options.timeout_ms.map(|ms| span(ms.cast_signed())));
    let progress =
        |progress: &banto_core::Progress| format!("{} of {} {}", progress.done, progress.total, progress.text);
    add("progress", job.progress.as_ref().map(progress));
    add("error", job.error.clone());
    let build = |park: &Park| if park.build.is_empty() { String::new() } else { format!(" (build {})", park.build) };
    add("parked", job.park.as_ref().map(|park| format!("{}: {}{}", park.cause.word(), park.text, build(park))));
    add("cure", job.park.as_ref().map(|park| park.cause.cure().to_owned()));
    facts
}
