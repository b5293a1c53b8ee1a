//! What needs a person, each in one sentence with its cure.
//!
//! The limits are the operator's; the rest is the house's own: jobs without a worker, jobs nobody knows, parked jobs, lost
//! jobs, queues nobody knows, and what the store says. A weaker mode of the store that was asked for by name is shown and
//! is no finding.

use banto_core::{State, text::count_of};
use banto_engine::explain::span;
use banto_store::QueueView;

use super::look::Look;
use crate::cmd::line;

/// What the operator allows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Limits {
    pub waiting_max: Option<u64>,
    pub age_ms_max: Option<u64>,
    pub dead_max: Option<u64>,
}

/// Everything that needs a person.
pub(super) fn of(look: &Look, limits: &Limits) -> Vec<String> {
    let unseen =
        |queue| format!("nobody knows the queue \"{queue}\": no job and no worker was seen; is it the right name?");
    let mut found: Vec<String> = look.unseen.iter().map(unseen).collect();
    found.extend(look.queues.iter().flat_map(|view| over(look, view, limits)));
    found.extend(look.queues.iter().filter_map(|view| unworked(look, view)));
    found.extend(unknown(look));
    found.extend(parked(look));
    if look.tally.lost > 0 {
        found.push(format!("{} accepted and missing from the store; see its notices", line::jobs(look.tally.lost)));
    }
    let chosen = |notice: &&String| notice.split(':').next().is_some_and(|mode| look.about.durability.contains(mode));
    found.extend(look.about.notices.iter().filter(|notice| !chosen(notice)).cloned());
    found
}

fn over(look: &Look, view: &QueueView, limits: &Limits) -> Vec<String> {
    let queue = &view.queue;
    let mut found = Vec::new();
    let (waiting, dead) = (view.count(State::Ready) + view.due, view.count(State::Dead));
    if let Some(max) = limits.waiting_max.filter(|max| waiting > *max) {
        found.push(format!("queue \"{queue}\" has {waiting} waiting jobs and {max} are allowed (--max-waiting)"));
    }
    if let Some(max) = limits.dead_max.filter(|max| dead > *max) {
        found.push(format!("queue \"{queue}\" has {dead} dead jobs and {max} are allowed (--max-dead): queue failed"));
    }
    let age = view.oldest_at.map(|at| look.now_ms.saturating_sub(at));
    let max = limits.age_ms_max.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
    if let Some((age, max)) = age.zip(max).filter(|(age, max)| age > max) {
        let (age, max) = (span(age), span(max));
        found.push(format!("a job has waited in queue \"{queue}\" for {age} and {max} are allowed (--max-age)"));
    }
    found
}

/// Jobs that wait for a worker, or that a dead one has left: without a living worker nobody brings them back.
fn unworked(look: &Look, view: &QueueView) -> Option<String> {
    let waiting = |jobs| if view.pause.is_none() { jobs } else { 0 };
    let (ready, due) = (waiting(view.count(State::Ready)), waiting(view.due));
    let running = view.count(State::Running);
    let counted = |jobs, state| (jobs > 0).then(|| count_of(jobs, &format!("{state} job"), &format!("{state} jobs")));
    let jobs = [counted(ready, "ready"), counted(due, "due"), counted(running, "running")];
    let jobs: Vec<String> = jobs.into_iter().flatten().collect();
    let queue = &view.queue;
    (!jobs.is_empty() && look.living_on(queue).next().is_none())
        .then(|| format!("queue \"{queue}\" has {} and no living worker: queue work --queue {queue}", jobs.join(", ")))
}

/// Ready jobs of a kind that no living worker of their queue knows, though there are workers.
fn unknown(look: &Look) -> Vec<String> {
    let stranded = look.census.iter().filter(|census| census.state == State::Ready).filter(|census| {
        let mut workers = look.living_on(&census.queue).peekable();
        let known = |seen: &banto_store::Seen| seen.instance.kinds.iter().any(|(kind, _)| *kind == census.kind);
        workers.peek().is_some() && !workers.any(known)
    });
    let text = |census: &banto_store::Census| {
        let (kind, queue, jobs) = (&census.kind, &census.queue, line::jobs(census.jobs));
        let cure = banto_core::Cause::UnknownKind.cure();
        format!("no living worker of queue \"{queue}\" knows the kind \"{kind}\" ({jobs}): {cure}")
    };
    stranded.map(text).collect()
}

fn parked(look: &Look) -> Vec<String> {
    let parked = look.census.iter().filter_map(|census| census.cause.map(|cause| (census, cause)));
    let text = |(census, cause): (&banto_store::Census, banto_core::Cause)| {
        let (jobs, kind) = (line::jobs(census.jobs), &census.kind);
        format!("{jobs} of kind \"{kind}\" parked for {}: {}", cause.word(), cause.cure())
    };
    parked.map(text).collect()
}
