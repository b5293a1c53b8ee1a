//! A job as one line, and times as people say them.

use banto_core::{Job, State, text::count_of};
use banto_engine::explain::span;

use crate::exit::Failure;

/// The columns of a listing.
pub(crate) const HEADS: [&str; 7] = ["id", "queue", "kind", "state", "attempt", "when", "what"];

/// A job as one row of a listing.
pub(crate) fn row(job: &Job, now_ms: i64) -> [String; 7] {
    [
        job.id.to_string(),
        job.queue.to_string(),
        job.kind.to_string(),
        job.state.to_string(),
        attempts(job),
        when(job, now_ms),
        what(job),
    ]
}

/// "2/5", or "2" where the job names no number: how many it may have is then up to its worker (`--tries`).
fn attempts(job: &Job) -> String {
    let most = job.attempts_max.map(|most| format!("/{most}"));
    format!("{}{}", job.attempt, most.unwrap_or_default())
}

fn when(job: &Job, now_ms: i64) -> String {
    match job.state {
        State::Scheduled => from_now(job.run_at, now_ms),
        State::Running => from_now(job.started_at.unwrap_or(job.enqueued_at), now_ms),
        State::Done | State::Dead | State::Cancelled => from_now(job.finished_at.unwrap_or(job.enqueued_at), now_ms),
        State::Ready | State::Parked => from_now(job.run_at.min(now_ms), now_ms),
    }
}

fn what(job: &Job) -> String {
    if let Some(park) = &job.park {
        return format!("{}: {}", park.cause.word(), park.text);
    }
    let progress = job.progress.as_ref().filter(|_| job.state == State::Running);
    match (progress, &job.error) {
        (Some(progress), _) if progress.total > 0 => format!("{}/{} {}", progress.done, progress.total, progress.text),
        (Some(progress), _) => format!("{} {}", progress.done, progress.text),
        (None, Some(error)) if job.state != State::Done => error.clone(),
        _ => String::new(),
    }
}

/// "3 min ago", "in 5 s".
pub(crate) fn from_now(at: i64, now_ms: i64) -> String {
    match at.saturating_sub(now_ms) {
        ms if ms > 0 => format!("in {}", span(rounded(ms))),
        ms => format!("{} ago", span(rounded(-ms))),
    }
}

/// Without milliseconds, once there are seconds.
fn rounded(ms: i64) -> i64 {
    if ms >= 1_000 { ms - ms % 1_000 } else { ms }
}

/// "1 job", "2 jobs".
pub(crate) fn jobs(count: impl TryInto<u64>) -> String {
    count_of(count, "job", "jobs")
}

/// A failure half-way: how many jobs it had been done to before.
pub(crate) fn after(failure: Failure, count: usize, done: &str) -> Failure {
    match count {
        0 => failure,
        count => Failure { text: format!("{} ({} were {done} before)", failure.text, jobs(count)), ..failure },
    }
}
