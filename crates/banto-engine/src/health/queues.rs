//! The store's queues: how long jobs wait, whether somebody takes them, what is parked and what died.
//!
//! A queue is ill when it has jobs for a living worker and there has been none for too long. A pause is an order, and no
//! illness; how many may be parked or die, and how long a job may wait, is the operator's to say.

use banto_core::State;
use banto_store::{QueueView, Seen, Status};
use serde_json::{Value, json};

use super::{Answer, Inner, Limits, ask::words, look::Look, process, schedules, status};
use crate::pulse::Moment;

/// Most workers, and most queues, that are listed; those that are ill come first.
const LISTED_MAX: usize = 1_000;

pub(super) fn answer(inner: &Inner, now: Moment) -> Answer {
    let (looked, _) = inner.store.last(now);
    let look = looked.as_ref().map(|looked| &*looked.answer);
    let limits = inner.parts.limits;
    let store = process::store(inner, now);
    let mut queues: Vec<Queue<'_>> =
        look.iter().flat_map(|look| look.queues.iter().map(|view| Queue::of(view, look, &limits, now))).collect();
    let mut reasons: Vec<String> = store.complaint().into_iter().collect();
    reasons.extend(queues.iter().flat_map(|queue| &queue.ill).cloned());
    queues.sort_by_key(|queue| queue.ill.is_empty());
    let body = json!({
        "status": status(reasons.is_empty()),
        "at": now.wall_ms,
        "reasons": reasons,
        "process": process::who(inner),
        "limits": {
            "unworked_max_ms": limits.unworked_ms_max,
            "age_max_ms": limits.age_ms_max,
            "parked_max": limits.parked_max,
            "died_max": limits.died_max,
        },
        "queues": queues.iter().take(LISTED_MAX).map(Queue::json).collect::<Vec<_>>(),
        "workers": look.map(|look| workers(inner, look)),
        "store": schedules::asked(inner, &store, now),
    });
    Answer { well: reasons.is_empty(), body }
}

/// Every worker that has not left in order.
fn workers(inner: &Inner, look: &Look) -> Vec<Value> {
    let workers = look.instances.iter().filter(|seen| seen.instance.concurrency > 0);
    let here = workers.filter(|seen| seen.instance.status != Status::Stopped);
    let one = |seen: &Seen| {
        let mut shown = schedules::instance(inner, seen);
        shown.insert("queues".into(), json!(seen.instance.queues));
        shown.insert("busy".into(), json!(seen.instance.busy));
        shown.insert("concurrency".into(), json!(seen.instance.concurrency));
        Value::Object(shown)
    };
    here.take(LISTED_MAX).map(one).collect()
}

/// A queue, and what is wrong with it.
struct Queue<'a> {
    view: &'a QueueView,
    workers: usize,
    age_ms: Option<u64>,
    /// For how long it has had jobs and no living worker, in milliseconds.
    unworked_ms: Option<u64>,
    ill: Vec<String>,
}

impl Queue<'_> {
    fn of<'a>(view: &'a QueueView, look: &Look, limits: &Limits, now: Moment) -> Queue<'a> {
        let takes = |seen: &&Seen| seen.instance.queues.contains(&view.queue);
        let works = |seen: &&Seen| seen.living && seen.instance.status == Status::Working;
        let workers = look.instances.iter().filter(takes).filter(works).count();
        let age_ms = view.oldest_at.map(|at| now.wall_ms.saturating_sub(at).max(0).unsigned_abs());
        let last_ms = look.instances.iter().filter(takes).map(|seen| seen.silent_ms).min();
        let unworked_ms = (workers == 0).then(|| unworked(view, age_ms, last_ms)).flatten();
        let mut queue = Queue { view, workers, age_ms, unworked_ms, ill: Vec::new() };
        queue.judge(limits);
        queue
    }

    fn judge(&mut self, limits: &Limits) {
        let (name, paused) = (&self.view.queue, self.view.pause.is_some());
        if let Some(ms) = self.unworked_ms.filter(|ms| *ms > limits.unworked_ms_max) {
            let jobs = jobs(self.waiting() + self.view.count(State::Running));
            self.ill.push(format!("queue {name} has {jobs} for a worker, and none has lived for {}", words(ms)));
        }
        let over = |ms: Option<u64>, max: Option<u64>| ms.zip(max).filter(|(ms, max)| ms > max);
        if let Some((ms, max)) = over(self.age_ms, limits.age_ms_max).filter(|_| !paused) {
            self.ill.push(format!(
                "a job has waited in queue {name} for {}, and {} are allowed",
                words(ms),
                words(max)
            ));
        }
        if let Some((parked, max)) = over(Some(self.view.count(State::Parked)), limits.parked_max) {
            self.ill.push(format!("queue {name} has {} parked, and {max} may be: queue parked", jobs(parked)));
        }
        if let Some((died, max)) = over(Some(self.view.died_lately), limits.died_max) {
            self.ill.push(format!(
                "in queue {name} {} died within an hour, and {max} are allowed: queue failed",
                jobs(died)
            ));
        }
    }

    fn waiting(&self) -> u64 {
        self.view.count(State::Ready) + self.view.due
    }

    fn json(&self) -> Value {
        let Queue { view, workers, age_ms, unworked_ms, ill } = self;
        json!({
            "queue": view.queue,
            "status": status(ill.is_empty()),
            "waiting": self.waiting(),
            "oldest_at": view.oldest_at,
            "oldest_ms": age_ms,
            "running": view.count(State::Running),
            "workers": workers,
            "unworked_ms": unworked_ms,
            "paused": view.pause.as_ref().map(schedules::pause),
            "parked": view.count(State::Parked),
            "dead": view.count(State::Dead),
            "died_last_hour": view.died_lately,
        })
    }
}

fn jobs(count: u64) -> String {
    if count == 1 { "1 job".into() } else { format!("{count} jobs") }
}

/// For how long a queue without a living worker has had something for one: jobs that are due, unless it is paused, and
/// those that a dead worker has left. It cannot be longer than since its last worker was heard of.
fn unworked(view: &QueueView, age_ms: Option<u64>, last_ms: Option<u64>) -> Option<u64> {
    let waits = age_ms.filter(|_| view.pause.is_none());
    let left = (view.count(State::Running) > 0).then_some(last_ms.unwrap_or(u64::MAX));
    let most = last_ms.unwrap_or(u64::MAX);
    waits.into_iter().chain(left).max().map(|ms| ms.min(most))
}

#[cfg(test)]
#[path = "queues_tests.rs"]
mod tests;
