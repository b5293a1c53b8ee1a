//! This process's scheduler: whether it ticks, what is overdue and why, and which others there are.
//!
//! By instance: another process that lives hides nothing of this one, and one that is dead elsewhere is listed and makes this
//! one no worse. A due instant that nobody accounts for is everybody's matter.

use banto_core::{Name, text::visible};
use banto_store::{Pause, Seen, Status};
use serde_json::{Map, Value, json};

use super::{
    Answer, Inner,
    ask::words,
    look::Look,
    process::{self, Part},
    status,
};
use crate::{
    pulse::{Heard, Moment},
    scheduler::Standing,
};

/// Most instances that are listed.
const LISTED_MAX: usize = 100;

/// The scheduler as a part of this process, if it has one.
pub(super) fn own(inner: &Inner, now: Moment) -> Option<Part> {
    let (_, pulse) = inner.parts.schedules.as_ref()?;
    let (heard, limit_ms) = (pulse.heard(), inner.parts.limits.tick_ms_max);
    let last = heard.tick.or(heard.begun).unwrap_or(inner.begun);
    let silent = words(last.ago(now));
    let (word, why) = told(&heard.state);
    if last.ago(now) > limit_ms {
        let reason = format!("it has not ticked for {silent}, and {} are allowed ({word}{why})", words(limit_ms));
        return Some(Part::ill("scheduler", reason, last));
    }
    let since = heard.since.unwrap_or(inner.begun);
    if matches!(heard.state, Standing::ClockOff { .. }) && since.ago(now) > limit_ms {
        return Some(Part::ill("scheduler", format!("it fires nothing for {}{why}", words(since.ago(now))), since));
    }
    let did = if heard.tick.is_some() { "ticked" } else { "began" };
    Some(Part::well("scheduler", format!("it {did} {silent} ago ({word}{why})")))
}

/// What it is at, in a word and with what there is to say.
fn told(standing: &Standing) -> (&'static str, String) {
    let could_not = |text: &str| format!(": could not {}", visible(text, 300));
    match standing {
        Standing::Starting => ("starting", String::new()),
        Standing::Leads => ("leads", String::new()),
        Standing::StandsBy => ("stands_by", String::new()),
        Standing::ClockOff { why } => ("clock_off", could_not(why)),
        Standing::Superseded => ("superseded", ": another timetable is registered for its service".into()),
        Standing::StoreDown { error } => ("store_down", could_not(error)),
        Standing::Stopped => ("stopped", String::new()),
    }
}

pub(super) fn answer(inner: &Inner, now: Moment) -> Option<Answer> {
    let (current, pulse) = inner.parts.schedules.as_ref()?;
    let (heard, timetable, limits) = (pulse.heard(), current.get(), inner.parts.limits);
    let (looked, _) = inner.store.last(now);
    let look = looked.as_ref().map(|looked| &*looked.answer);
    let store = process::store(inner, now);
    let scheduler = own(inner, now)?;
    let overdue = look.and_then(|look| overdue(look, &heard, now));
    let mut reasons: Vec<String> = [&scheduler, &store].into_iter().filter_map(Part::complaint).collect();
    if let Some(overdue) = overdue.as_ref().filter(|overdue| overdue.late_ms > limits.tick_ms_max) {
        reasons.push(format!("{} is overdue for {}: {}", overdue.schedule, words(overdue.late_ms), overdue.why));
    }
    let service = look.and_then(|look| look.service.as_ref());
    let (word, _) = told(&heard.state);
    let body = json!({
        "status": status(reasons.is_empty()),
        "at": now.wall_ms,
        "reasons": reasons,
        "process": process::who(inner),
        "service": timetable.service,
        "schedules": timetable.entries().count(),
        "tick_max_ms": limits.tick_ms_max,
        "scheduler": {
            "is": word,
            "last_tick": heard.tick.map(|tick| tick.wall_ms),
            "silent_ms": heard.tick.or(heard.begun).unwrap_or(inner.begun).ago(now),
            "reason": scheduler.reason,
        },
        "accounted_until": service.map(|service| service.accounted_until),
        "overdue": overdue.as_ref().map(Overdue::json),
        "paused": look.and_then(|look| look.seldom.as_ref()).map(|seldom| json!({
            "everything": seldom.maintenance.as_ref().map(pause),
            "schedules": seldom.paused,
            "some": seldom.some_paused,
        })),
        "last_hour": look.and_then(|look| look.seldom.as_ref()).map(|seldom| json!({
            "fired": seldom.fired,
            "failed": seldom.failed,
            "last_failed": seldom.last_failed.as_ref().map(|(name, at)| json!({ "schedule": name, "due_at": at })),
        })),
        "instances": look.map(|look| instances(inner, look, &timetable.service)),
        "store": asked(inner, &store, now),
    });
    Some(Answer { well: reasons.is_empty(), body })
}

/// One scheduler of the store, as far as it was heard of there: it beats in the loop in which it ticks.
pub(super) fn one(inner: &Inner, which: &str, now: Moment) -> Option<Answer> {
    let (looked, _) = inner.store.last(now);
    let (store, limit_ms) = (process::store(inner, now), inner.parts.limits.tick_ms_max);
    let mut reasons: Vec<String> = store.complaint().into_iter().collect();
    let mut shown = None; // as long as the store has never answered
    if let Some(looked) = looked {
        let is = |seen: &&Seen| seen.instance.name.as_str() == which || seen.instance.id.to_string() == which;
        let seen = schedulers(&looked.answer).filter(is).min_by_key(|seen| seen.silent_ms)?;
        let silent_ms = seen.silent_ms.saturating_add(looked.at.ago(now));
        let silent = format!("is silent for {}, and {} are allowed", words(silent_ms), words(limit_ms));
        let ill = match seen.instance.status {
            Status::Stopped => Some("has stopped".to_owned()),
            _ => (silent_ms > limit_ms).then_some(silent),
        };
        reasons.extend(ill.map(|ill| format!("{} {ill}", called(seen))));
        shown = Some(listed(inner, &looked.answer, seen));
    }
    let body = json!({
        "status": status(reasons.is_empty()),
        "at": now.wall_ms,
        "reasons": reasons,
        "process": process::who(inner),
        "tick_max_ms": limit_ms,
        "instance": shown,
        "store": asked(inner, &store, now),
    });
    Some(Answer { well: reasons.is_empty(), body })
}

/// When the store answered last, for whoever must know how old the rest is.
pub(super) fn asked(inner: &Inner, store: &Part, now: Moment) -> Value {
    let (looked, _) = inner.store.last(now);
    json!({
        "status": status(store.ill.is_none()),
        "reason": store.reason,
        "answered_at": looked.as_ref().map(|looked| looked.at.wall_ms),
        "age_ms": looked.as_ref().map(|looked| looked.at.ago(now)),
    })
}

struct Overdue {
    schedule: String,
    due_at: i64,
    late_ms: u64,
    why: String,
}

impl Overdue {
    fn json(&self) -> Value {
        json!({ "schedule": self.schedule, "due_at": self.due_at, "late_ms": self.late_ms, "reason": self.why })
    }
}

/// The oldest due instant that nobody has accounted for, and why.
fn overdue(look: &Look, heard: &Heard<Standing>, now: Moment) -> Option<Overdue> {
    let (schedule, due_at) = look.overdue.as_ref()?;
    let service = look.service.as_ref()?;
    let late_ms = now.wall_ms.saturating_sub(*due_at).max(0).unsigned_abs();
    let leader = service.by.and_then(|by| look.instances.iter().find(|seen| seen.instance.id == by));
    let why = match (&heard.state, leader) {
        (Standing::ClockOff { .. } | Standing::Superseded | Standing::StoreDown { .. }, _) => {
            let (word, why) = told(&heard.state);
            format!("this process's scheduler cannot ({word}{why}), and no other does")
        }
        (_, Some(seen)) if seen.living => {
            format!("{} leads and has not accounted for it", called(seen))
        }
        (_, Some(seen)) => {
            format!("nobody leads: {}, which did last, is silent for {}", called(seen), words(seen.silent_ms))
        }
        (_, None) => "nobody leads".into(),
    };
    Some(Overdue { schedule: schedule.to_string(), due_at: *due_at, late_ms, why })
}

fn called(seen: &Seen) -> String {
    let instance = &seen.instance;
    visible(&format!("{} ({}, pid {})", instance.name, instance.host, instance.pid), 300)
}

/// Every scheduler of the store. (A worker has slots.)
fn schedulers(look: &Look) -> impl Iterator<Item = &Seen> {
    look.instances.iter().filter(|seen| seen.instance.concurrency == 0)
}

/// Those of that service that have not left in order; a build from before this was said may be of any.
fn instances(inner: &Inner, look: &Look, service: &Name) -> Vec<Value> {
    let ours = |seen: &&Seen| seen.instance.service.as_ref().is_none_or(|own| own == service);
    let here = schedulers(look).filter(ours).filter(|seen| seen.instance.status != Status::Stopped);
    here.take(LISTED_MAX).map(|seen| listed(inner, look, seen)).collect()
}

/// A scheduler, and whether it leads this process's service.
fn listed(inner: &Inner, look: &Look, seen: &Seen) -> Value {
    let leader = look.service.as_ref().and_then(|service| service.by);
    let mut shown = instance(inner, seen);
    shown.insert("service".into(), json!(seen.instance.service));
    shown.insert("leads".into(), json!(leader == Some(seen.instance.id)));
    Value::Object(shown)
}

/// Who paused something, why, and until when.
pub(super) fn pause(pause: &Pause) -> Value {
    let shown = |text: &str| visible(text, 300);
    json!({ "by": shown(&pause.by), "reason": shown(&pause.reason), "at": pause.at, "until": pause.until })
}

/// One instance, as the store sees it.
pub(super) fn instance(inner: &Inner, seen: &Seen) -> Map<String, Value> {
    let instance = &seen.instance;
    let is = match (seen.living, instance.status) {
        (_, Status::Stopped) => "stopped",
        (false, _) => "silent",
        (true, Status::Stopping) => "stopping",
        (true, Status::Working) => "working",
    };
    let shown = json!({
        "instance": instance.id,
        "name": instance.name,
        "host": visible(instance.host.as_str(), 300),
        "pid": instance.pid,
        "build": visible(instance.build.as_str(), 300),
        "is": is,
        "silent_ms": seen.silent_ms,
        "own": instance.pid == std::process::id() && instance.host.as_str() == inner.host,
    });
    match shown {
        Value::Object(shown) => shown,
        _ => Map::new(),
    }
}
