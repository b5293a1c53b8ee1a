//! A look and its findings, for people and for programs.

use banto_core::State;
use banto_store::{QueueView, Seen, Status};
use serde_json::{Value, json};

use super::look::Look;
use crate::{cmd::line::from_now, mean::clock_time, print::Print, table};

/// For people.
pub(super) fn print(print: &mut Print, look: &Look, found: &[String]) {
    let width = print.width();
    let about = &look.about;
    print.say(format!("{}  {} {}", clock_time(look.now_ms), about.store, about.place));
    if !look.queues.is_empty() {
        let heads =
            ["queue", "scheduled", "due", "ready", "running", "parked", "done", "dead", "oldest", "workers", "pause"];
        print.say(table::draw(heads, look.queues.iter().map(|view| queue(look, view)), width));
    }
    if !look.workers.is_empty() {
        let heads = ["worker", "instance", "host", "pid", "build", "busy", "queues", "is"];
        print.say(table::draw(heads, look.workers.iter().map(worker), width));
    }
    let tally = &look.tally;
    print.say(format!(
        "since it was made: {} accepted, {} doubles, {} claimed, {} late, {} rescued, {} removed, {} lost",
        tally.accepted, tally.doubles, tally.claimed, tally.late, tally.rescued, tally.removed, tally.lost
    ));
    print.say(format!("what is accepted survives: {}", about.durability));
    for notice in &about.notices {
        print.say(format!("notice: {notice}"));
    }
    for finding in found {
        print.say(format!("! {finding}"));
    }
    print.say(if found.is_empty() { "all is well" } else { "this needs a person" });
}

fn queue(look: &Look, view: &QueueView) -> [String; 11] {
    let count = |state| view.count(state).to_string();
    let oldest = view.oldest_at.map_or_else(String::new, |at| from_now(at, look.now_ms));
    let pause = view.pause.as_ref().map_or_else(String::new, |pause| {
        let until = pause.until.map(|at| format!(", {}", from_now(at, look.now_ms))).unwrap_or_default();
        format!("by {}: {}{until}", pause.by, pause.reason)
    });
    [
        view.queue.to_string(),
        count(State::Scheduled),
        view.due.to_string(),
        count(State::Ready),
        count(State::Running),
        count(State::Parked),
        count(State::Done),
        count(State::Dead),
        oldest,
        look.living_on(&view.queue).count().to_string(),
        pause,
    ]
}

fn worker(seen: &Seen) -> [String; 8] {
    let instance = &seen.instance;
    let queues: Vec<&str> = instance.queues.iter().map(|queue| queue.as_str()).collect();
    let is = match (instance.status, seen.living) {
        (Status::Stopped, _) => "stopped".into(),
        (_, false) => {
            format!("silent for {}", banto_engine::explain::span(i64::try_from(seen.silent_ms).unwrap_or(i64::MAX)))
        }
        (Status::Stopping, true) => "stopping".into(),
        (Status::Working, true) => "working".into(),
    };
    [
        instance.name.to_string(),
        instance.id.to_string(),
        instance.host.to_string(),
        instance.pid.to_string(),
        instance.build.to_string(),
        format!("{}/{}", instance.busy, instance.concurrency),
        queues.join(","),
        is,
    ]
}

/// For programs.
pub(super) fn json(look: &Look, found: &[String]) -> Value {
    let queues: Vec<Value> = look.queues.iter().map(|view| queue_json(look, view)).collect();
    json!({
        "at": look.now_ms,
        "store": look.about,
        "queues": queues,
        "workers": look.workers,
        "parked": look.census.iter().filter(|census| census.cause.is_some()).collect::<Vec<_>>(),
        "tally": look.tally,
        "findings": found,
        "well": found.is_empty(),
    })
}

fn queue_json(look: &Look, view: &QueueView) -> Value {
    let counts: serde_json::Map<String, Value> =
        State::ALL.iter().map(|state| (state.word().to_owned(), json!(view.count(*state)))).collect();
    json!({
        "queue": view.queue,
        "counts": counts,
        "due": view.due,
        "oldest_at": view.oldest_at,
        "pause": view.pause,
        "workers": look.living_on(&view.queue).count(),
    })
}
