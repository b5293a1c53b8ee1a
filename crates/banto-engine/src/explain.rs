//! `explain`: why is this job not running?
//!
//! One answer put together from what the store knows: its state, its queue's pause, the living workers of its queue, who
//! knows its kind, what stands before it, when it is due, who holds it. It asks; it changes nothing.

use std::sync::Arc;

use banto_core::{Job, JobId, State};
use banto_store::{Card, Holder, Pause, QueueView, Seen, Status, Store, StoreError};
use serde::Serialize;

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The job and its trail.
    pub card: Card,
    /// One line: the reason that counts most.
    pub answer: String,
    /// Everything else that bears on it.
    pub facts: Vec<String>,
    /// What to do, if there is something to do.
    pub cure: Option<String>,
}

/// Explains one job; `None` if it is not listed. `now_ms` is wall-clock time.
pub async fn explain(store: &Arc<dyn Store>, id: JobId, now_ms: i64) -> Result<Option<Explanation>, StoreError> {
    let Some(card) = store.job(id).await? else { return Ok(None) };
    let queues = store.queues().await?;
    let instances = store.instances().await?;
    let key = card.job.unique.as_ref().map(|unique| unique.key.clone());
    let holder = match key {
        Some(key) => store.holder(key).await?,
        None => None,
    };
    let queue = queues.into_iter().find(|view| view.queue == card.job.queue);
    let known = Known { card: &card, queue: queue.as_ref(), instances: &instances, holder, now_ms };
    let (answer, cure) = known.reason();
    let facts = known.facts();
    Ok(Some(Explanation { card, answer, facts, cure }))
}

/// What the store knows that bears on one job.
struct Known<'a> {
    card: &'a Card,
    queue: Option<&'a QueueView>,
    instances: &'a [Seen],
    holder: Option<Holder>,
    now_ms: i64,
}

/// An answer, and what to do, if there is something to do.
type Reason = (String, Option<String>);

impl Known<'_> {
    fn reason(&self) -> Reason {
        let job = &self.card.job;
        match job.state {
            State::Done => ("it is done".into(), None),
            State::Cancelled => (self.cancelled(), Some(self.again("run it again"))),
            State::Dead => {
                let error = job.error.as_deref().unwrap_or("no error was kept");
                let attempts = if job.attempt == 1 { "attempt" } else { "attempts" };
                let text = format!("it is dead after {} {attempts}: {error}", job.attempt);
                (text, Some(self.again("mend the cause, then")))
            }
            State::Parked => {
                let park = job.park.as_ref();
                let text = park.map_or("no cause was kept", |park| park.text.as_str());
                (format!("it is parked: {text}"), park.map(|park| park.cause.cure().to_owned()))
            }
            State::Running => self.running(),
            // Nobody has looked since it came due, or it would be ready: the same reasons hold it back.
            State::Scheduled if job.run_at <= self.now_ms => self.ready(),
            State::Scheduled => {
                let why =
                    job.error.as_ref().map_or(String::new(), |error| format!("; its last run ended with: {error}"));
                (format!("it is due in {}{why}", span(job.run_at - self.now_ms)), None)
            }
            State::Ready => self.ready(),
        }
    }

    /// By whom it was cancelled, or why. An operator's line in the trail names who ordered it; a run that cancelled itself
    /// left its reason there, which is the job's error too.
    fn cancelled(&self) -> String {
        let error = self.card.job.error.as_deref();
        let lines = self.card.trail.iter().rev();
        let ordered = lines.filter(|line| line.word == "cancel").find(|line| Some(line.text.as_str()) != error);
        match (ordered, error) {
            (Some(order), Some(error)) => format!("it was cancelled by {} (what was last said: {error})", order.text),
            (Some(order), None) => format!("it was cancelled by {}", order.text),
            (None, error) => format!("it was cancelled: {}", error.unwrap_or("no reason was kept")),
        }
    }

    /// How it is run again: at once, or when whoever has its key meanwhile has ended.
    fn again(&self, first: &str) -> String {
        let id = self.card.job.id;
        match self.holder.filter(|holder| holder.job != id) {
            None => format!("{first}: queue retry {id}"),
            Some(Holder { job, until }) => {
                let until = until.map(|at| format!(" (for {})", span(at - self.now_ms))).unwrap_or_default();
                format!(
                    "job {job} holds its key{until} and must end first: queue explain {job}; {first}: queue retry {id}"
                )
            }
        }
    }

    fn running(&self) -> Reason {
        let Known { card: Card { job, .. }, instances, .. } = self;
        let seen = job.instance.and_then(|id| instances.iter().find(|seen| seen.instance.id == id));
        let asked = if job.cancel_asked { "; it was asked to stop" } else { "" };
        let cure = || Some(format!("start a worker: queue work --queue {}", job.queue));
        // Any living worker takes it from the dead; only one of its queue runs it again.
        let on_queue = |seen: &&Seen| seen.living && seen.instance.queues.contains(&job.queue);
        let (then, cure) = match instances.iter().any(|seen| seen.living) {
            false => ("no worker lives, so nobody will rescue it".to_owned(), cure()),
            true if !instances.iter().any(|seen| on_queue(&seen)) => (
                format!("it will be rescued, and then no living worker takes from its queue \"{}\"", job.queue),
                cure(),
            ),
            true => ("it will be rescued".to_owned(), None),
        };
        let Some(seen) = seen else {
            let text = format!("it is running in a process that is not registered; if that has died, {then}{asked}");
            return (text, cure);
        };
        if seen.living {
            return (format!("it is running in {}{asked}", called(seen)), None);
        }
        let silent = span(i64::try_from(seen.silent_ms).unwrap_or(i64::MAX));
        let gone = match seen.instance.status {
            Status::Stopped => format!("left {silent} ago"),
            Status::Working | Status::Stopping => format!("is silent for {silent}"),
        };
        (format!("it was running in {}, which {gone}; {then}{asked}", called(seen)), cure)
    }

    fn ready(&self) -> Reason {
        let Known { card: Card { job, .. }, queue, instances, .. } = self;
        if let Some(pause) = queue.and_then(|view| view.pause.as_ref()) {
            let until = self.until(pause);
            let text = format!("its queue \"{}\" is paused by {} ({}){until}", job.queue, pause.by, pause.reason);
            return (text, Some(format!("queue resume {}", job.queue)));
        }
        let living: Vec<&Seen> = instances.iter().filter(|seen| seen.living).collect();
        let on_queue: Vec<&&Seen> = living.iter().filter(|seen| seen.instance.queues.contains(&job.queue)).collect();
        if on_queue.is_empty() {
            let text =
                format!("no living worker takes from its queue \"{}\" ({} live in all)", job.queue, living.len());
            return (text, Some(format!("start one: queue work --queue {}", job.queue)));
        }
        if !on_queue.iter().any(|seen| seen.instance.kinds.iter().any(|(kind, _)| *kind == job.kind)) {
            let text = format!(
                "no living worker of its queue knows the kind \"{}\"; the next that claims it will park it",
                job.kind
            );
            return (text, Some(banto_core::Cause::UnknownKind.cure().into()));
        }
        let knowing = on_queue.iter().flat_map(|seen| &seen.instance.kinds).filter(|(kind, _)| *kind == job.kind);
        if let Some(newest) = knowing.map(|(_, version)| *version).max().filter(|newest| *newest < job.version) {
            let (kind, version) = (&job.kind, job.version);
            let text = format!(
                "its payload has version {version}; the living workers of its queue read {kind} up to {newest}"
            );
            return (text, Some(banto_core::Cause::NewerVersion.cure().into()));
        }
        let ahead = queue.map_or(0, |view| view.count(State::Ready).saturating_sub(1));
        (format!("it is next in line: at most {ahead} ready jobs of its queue stand before it"), None)
    }

    /// Until when it is paused.
    fn until(&self, pause: &Pause) -> String {
        let left = |at: i64| format!(" for another {}", span(rounded(at - self.now_ms)));
        pause.until.map_or_else(|| " until it is resumed".to_owned(), left)
    }

    fn facts(&self) -> Vec<String> {
        let Known { card: Card { job, .. }, queue, instances, holder, now_ms } = self;
        let mut facts = vec![format!("it was enqueued {} ago into \"{}\"", span(now_ms - job.enqueued_at), job.queue)];
        facts.push(format!("{}, claimed {} times, {} crashes", attempts(job), job.fence, job.crashes));
        if let (Some(unique), Some(holder)) = (&job.unique, holder) {
            let whose = if holder.job == job.id { "this job".to_owned() } else { format!("job {}", holder.job) };
            facts.push(format!("its key \"{}\" is held by {whose}", unique.key));
        }
        if let Some(until) = job.options.retry_until {
            facts.push(format!("no attempt begins after {} from now", span(until - now_ms)));
        }
        // Where the pause is the answer, or of no matter, it is no fact.
        let waits = job.state == State::Ready || (job.state == State::Scheduled && job.run_at <= *now_ms);
        if let Some(pause) = queue.and_then(|view| view.pause.as_ref()).filter(|_| !waits && !job.state.ended()) {
            facts.push(format!("its queue is paused by {}{}", pause.by, self.until(pause)));
        }
        for seen in instances.iter().filter(|seen| seen.instance.queues.contains(&job.queue)) {
            let knows = seen.instance.kinds.iter().find(|(kind, _)| *kind == job.kind);
            let knows = knows
                .map_or("does not know the kind".into(), |(_, version)| format!("knows the kind to version {version}"));
            let lives = if seen.living { "lives" } else { "is gone" };
            let (busy, slots) = (seen.instance.busy, seen.instance.concurrency);
            facts.push(format!("{} {lives}, runs {busy} of {slots}, {knows}", called(seen)));
        }
        facts
    }
}

/// How many attempts were made, of how many. Of a job that was ordered with no number its worker says how many (`--tries`),
/// and of one that has ended nobody knows what that worker said.
pub fn attempts(job: &Job) -> String {
    let (attempt, usual) = (job.attempt, job.attempts_max());
    match job.attempts_max {
        Some(most) => format!("attempt {attempt} of {most}"),
        None if job.state.ended() => format!("attempt {attempt}"),
        None if attempt > usual => format!("attempt {attempt}, more than the usual {usual} (--tries)"),
        None => format!("attempt {attempt} of the usual {usual}"),
    }
}

fn called(seen: &Seen) -> String {
    let instance = &seen.instance;
    format!(
        "worker {} ({} on {}, pid {}, build {})",
        instance.id, instance.name, instance.host, instance.pid, instance.build
    )
}

/// To the second, once there is one.
fn rounded(ms: i64) -> i64 {
    if ms >= 1_000 { ms - ms % 1_000 } else { ms }
}

/// A span of milliseconds in words of at most two units: "1 h 5 min".
pub fn span(ms: i64) -> String {
    let (sign, ms) = (if ms < 0 { "-" } else { "" }, ms.unsigned_abs());
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms")];
    let Some(first) = units.iter().position(|(size, _)| ms >= *size) else { return "0 ms".into() };
    let mut rest = ms;
    let words = units.iter().skip(first).take(2).filter_map(|(size, unit)| {
        let count = rest / size;
        rest %= size;
        (count > 0).then(|| format!("{count} {unit}"))
    });
    format!("{sign}{}", words.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn spans_are_said_in_two_units() {
        let said = [0, 5, 1_500, 60_000, 3_900_000, 90_061_001, -61_000].map(span);
        assert_eq!(said, ["0 ms", "5 ms", "1 s 500 ms", "1 min", "1 h 5 min", "1 d 1 h", "-1 min 1 s"]);
    }
}
