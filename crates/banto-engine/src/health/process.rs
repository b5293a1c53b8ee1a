//! This process, part by part, each with its reason.

use std::sync::PoisonError;

use banto_core::text::visible;
use serde_json::{Value, json};

use super::{
    Answer, Inner,
    ask::{Ask, Trouble, words},
    look::Look,
    schedules, status,
};
use crate::{
    pulse::Moment,
    supervise::{Phase, Status},
    worker::{Duty, Pulses},
};

/// One part of a process.
pub(super) struct Part {
    pub part: String,
    pub reason: String,
    /// Since when it is not well, if it is not.
    pub ill: Option<Moment>,
}

impl Part {
    pub fn well(part: impl Into<String>, reason: impl Into<String>) -> Part {
        Part { part: part.into(), reason: reason.into(), ill: None }
    }

    pub fn ill(part: impl Into<String>, reason: impl Into<String>, since: Moment) -> Part {
        Part { part: part.into(), reason: reason.into(), ill: Some(since) }
    }

    /// What it has to say, if it is not well.
    pub fn complaint(&self) -> Option<String> {
        self.ill.map(|_| format!("{}: {}", self.part, self.reason))
    }

    fn json(&self) -> Value {
        let since = self.ill.map(|since| since.wall_ms);
        json!({ "part": self.part, "status": status(self.ill.is_none()), "reason": self.reason, "since": since })
    }
}

pub(super) fn answer(inner: &Inner, now: Moment) -> Answer {
    let parts = parts(inner, now);
    let reasons: Vec<String> = parts.iter().filter_map(Part::complaint).collect();
    let well = reasons.is_empty();
    let (looked, _) = inner.store.last(now);
    let body = json!({
        "status": status(well),
        "at": now.wall_ms,
        "reasons": reasons,
        "process": who(inner),
        "parts": parts.iter().map(Part::json).collect::<Vec<_>>(),
        "durability": looked.as_ref().map(|looked| visible(&looked.answer.durability, 300)),
        "notices": looked.map(|looked| notices(&looked.answer)).unwrap_or_default(),
    });
    Answer { well, body }
}

/// What the store has to say: that a weaker mode is on, that the disk is full. A person's matter, and no illness.
fn notices(look: &Look) -> Vec<String> {
    look.notices.iter().map(|notice| visible(notice, 300)).collect()
}

/// Which process answers.
pub(super) fn who(inner: &Inner) -> Value {
    json!({
        "name": inner.parts.name,
        "host": inner.host,
        "pid": std::process::id(),
        "build": inner.parts.build,
        "since": inner.begun.wall_ms,
    })
}

fn parts(inner: &Inner, now: Moment) -> Vec<Part> {
    let mut parts = Vec::new();
    if let Some((why, since)) = inner.stopping.get() {
        parts.push(Part::ill("process", format!("it stops: {why}"), *since));
    }
    parts.push(store(inner, now));
    parts.extend(inner.folders.iter().map(|(_, ask)| asked("storage", ask, now)));
    parts.extend(schedules::own(inner, now));
    let workers = inner.workers.lock().unwrap_or_else(PoisonError::into_inner).clone();
    parts.extend(workers.iter().map(|pulses| worker(inner, pulses, now)));
    parts.extend(inner.parts.programs.iter().flat_map(|programs| programs()).map(|status| program(&status, now)));
    parts.push(handlers(inner, now));
    parts.extend(inner.checks.iter().map(|(check, ask)| asked(check.name.as_str(), ask, now)));
    parts
}

/// The store, as far as it answers.
pub(super) fn store(inner: &Inner, now: Moment) -> Part {
    match inner.store.last(now) {
        (_, Some(Trouble { since, why })) => {
            Part::ill("store", format!("the store does not answer, for {} now: {why}", words(since.ago(now))), since)
        }
        _ => asked("store", &inner.store, now),
    }
}

fn asked<T>(part: &str, ask: &Ask<T>, now: Moment) -> Part {
    match ask.last(now) {
        (_, Some(Trouble { since, why })) => Part::ill(part, format!("for {}: {why}", words(since.ago(now))), since),
        (Some(good), None) => {
            Part::well(part, format!("answered {} ago, within {}", words(good.at.ago(now)), words(good.took_ms)))
        }
        (None, None) => Part::ill(part, "it was not asked yet", now),
    }
}

/// The runtime of the handlers: one that answers nothing for long is blocked by them.
fn handlers(inner: &Inner, now: Moment) -> Part {
    match inner.handlers.last(now) {
        (_, Some(Trouble { since, .. })) if since.ago(now) > inner.parts.limits.stall_ms_max => {
            let silent = words(since.ago(now));
            let reason =
                format!("nothing has run on the application's runtime for {silent}: handlers block its threads");
            Part::ill("handlers", reason, since)
        }
        _ => Part::well("handlers", "the application's runtime answers"),
    }
}

fn worker(inner: &Inner, pulses: &Pulses, now: Moment) -> Part {
    let limit_ms = inner.parts.limits.stall_ms_max;
    let (beat, claim) = (pulses.beat.heard(), pulses.claim.heard());
    let last = beat.tick.or(beat.begun).unwrap_or(inner.begun);
    // One that waits for work, or for a slot, may do so for as long as it likes.
    let held = (!matches!(claim.state, Duty::Waiting | Duty::Full)).then_some(claim.since.unwrap_or(inner.begun));
    let said = [&claim, &beat].into_iter().find_map(|heard| match &heard.state {
        Duty::StoreDown { error } => Some(format!(": could not {}", visible(error, 300))),
        _ => None,
    });
    let said = said.unwrap_or_default();
    if last.ago(now) > limit_ms {
        return Part::ill("worker", format!("it has not said that it lives for {}{said}", words(last.ago(now))), last);
    }
    match held.filter(|since| since.ago(now) > limit_ms) {
        Some(since) => {
            Part::ill("worker", format!("the store has let it take no job for {}{said}", words(since.ago(now))), since)
        }
        None if claim.state == Duty::Full => Part::well("worker", "it works, and all its slots are busy"),
        None => Part::well("worker", format!("it works; it last said so {} ago", words(last.ago(now)))),
    }
}

/// A program is ill when its supervisor has given it up or put the brake on: what dies once is started anew, and no matter.
fn program(one: &Status, now: Moment) -> Part {
    let ill = matches!(one.phase, Phase::Braked | Phase::GivenUp) || one.fault.is_some();
    let last = match (&one.fault, &one.last) {
        (Some(fault), _) => format!(": could not {fault}"),
        (None, Some(ended)) if ill => format!(": {}", ended.words()),
        _ => String::new(),
    };
    let (part, reason) = (format!("program {}", one.name), visible(&format!("it is {}{last}", one.phase.word()), 300));
    if !ill {
        return Part::well(part, reason);
    }
    let ago = now.wall_ms.saturating_sub(one.since_ms).max(0).unsigned_abs();
    let since = Moment { steady_ms: now.steady_ms.saturating_sub(ago), wall_ms: one.since_ms };
    Part::ill(part, reason, since)
}
