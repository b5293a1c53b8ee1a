//! What people should know about a schedule before it surprises them.
//!
//! For the start of a scheduler, for `schedule list` and for whoever writes one. A finding is no refusal: the schedule
//! is as it was asked for, and something about it may not be what was meant. The search looks 400 days ahead.

use std::fmt;

use crate::{
    civil::split,
    fire::Reason,
    occurrence::Occurrence,
    schedule::{Schedule, Timing},
    zone::{Fold, Gap},
};

/// How far ahead clock changes are looked at, in milliseconds: 400 days.
const AHEAD_MS: i64 = 400 * 86_400_000;
/// Due instants that are looked at to find the shortest interval.
const LOOKED_AT: usize = 200;

/// What a finding is about. Its word is for programs, its text for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// It will never be due again.
    Never,
    /// Its dates are over.
    Over,
    /// Its dates have not begun.
    NotYet,
    /// A local time does not exist on a date.
    Gap,
    /// A local time comes twice on a date.
    Fold,
    /// Jitter or lateness reaches into the next due instant.
    TooLong,
    /// It does not fire in this environment.
    Environment,
    /// Its calendar of days off has run out.
    Calendar,
    /// A period does not follow the zone's clock.
    Period,
}

/// Something about a schedule that may not be what was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub about: About,
    /// In words, for people.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// Everything worth knowing about `schedule` at `now_ms`, seen from the environment of that name, if one is known.
pub fn lint(schedule: &Schedule, now_ms: i64, environment: Option<&str>) -> Vec<Finding> {
    let mut found = dates(schedule, now_ms);
    if found.iter().all(|finding| finding.about != About::Over) {
        found.extend(never(schedule, now_ms));
    }
    found.extend(changes(schedule, now_ms));
    found.extend(lengths(schedule, now_ms));
    found.extend(calendar(schedule, now_ms));
    if let Some(name) = environment.filter(|name| !schedule.is_for(name)) {
        let listed: Vec<&str> = schedule.environments.iter().map(|one| one.as_str()).collect();
        let text = format!("it does not fire here: this is {name:?}, and it fires in {} only", listed.join(", "));
        found.push(Finding { about: About::Environment, text });
    }
    if let Timing::Every(period_s) = schedule.timing
        && !schedule.zone.is_utc()
    {
        let text =
            format!("every {period_s} s is counted from 1970 in UTC, whatever the clocks in {} do", schedule.zone);
        found.push(Finding { about: About::Period, text });
    }
    found
}

/// A window that is over, or has not begun.
fn dates(schedule: &Schedule, now_ms: i64) -> Vec<Finding> {
    let today = split(now_ms.div_euclid(1_000) + schedule.zone.offset_s(now_ms)).0;
    let mut found = Vec::new();
    if let Some(last) = schedule.until.filter(|last| *last < today) {
        let text = format!("its dates are over: its last day was {last}, and today is {today} in {}", schedule.zone);
        found.push(Finding { about: About::Over, text });
    }
    if let Some(first) = schedule.from.filter(|first| *first > today) {
        let text =
            format!("its dates have not begun: its first day is {first}, and today is {today} in {}", schedule.zone);
        found.push(Finding { about: About::NotYet, text });
    }
    found
}

/// What will never fire again, and why, if that can be said.
fn never(schedule: &Schedule, now_ms: i64) -> Option<Finding> {
    if schedule.next(now_ms).is_some() {
        return None;
    }
    let bare = Schedule { between: Vec::new(), unless_between: Vec::new(), ..schedule.clone() };
    let open = Schedule { weekdays: Default::default(), ..bare.clone() };
    let why = if bare.next(now_ms).is_some() {
        "its spans of the day exclude every time it would be due"
    } else if open.next(now_ms).is_some() {
        "its weekdays exclude every day it would be due"
    } else if (Schedule { days_off: None, ..open }).next(now_ms).is_some() {
        "every day it would be due is a day off"
    } else {
        "its expression has no match ahead within its dates"
    };
    Some(Finding { about: About::Never, text: format!("it will never fire again: {why}") })
}

/// The first clock change of each kind ahead that meets it at a fixed time.
fn changes(schedule: &Schedule, now_ms: i64) -> Vec<Finding> {
    let Timing::Cron(crons) = &schedule.timing else { return Vec::new() };
    // Every local time that is skipped or comes twice gets a mark by these policies.
    let marked = Schedule { gap: Some(Gap::Skip), fold: Some(Fold::First), days_off: None, ..schedule.clone() };
    let fixed: Vec<_> = crons.iter().filter(|cron| !cron.is_real_time()).cloned().collect();
    let looked_at = if schedule.gap.is_none() && schedule.fold.is_none() { fixed } else { crons.clone() };
    let mut found = Vec::new();
    for cron in looked_at {
        let one = Schedule { timing: Timing::Cron(vec![cron]), ..marked.clone() };
        for (about, reason) in [(About::Gap, Reason::Gap), (About::Fold, Reason::Fold)] {
            found.extend(first_marked(&one, now_ms, reason).map(|meets| said(schedule, about, &meets)));
        }
    }
    found.dedup();
    found
}

/// The first due instant around the clock changes ahead that is marked for that reason.
fn first_marked(schedule: &Schedule, now_ms: i64, reason: Reason) -> Option<Occurrence> {
    const AROUND_MS: i64 = 26 * 3_600_000;
    let until = now_ms.saturating_add(AHEAD_MS);
    let mut change = schedule.zone.next_change(now_ms);
    while let Some(at_ms) = change.filter(|at_ms| *at_ms <= until) {
        let around = schedule.occurrences(at_ms - 1, at_ms.saturating_add(AROUND_MS), 100_000);
        if let Some(found) = around.into_iter().find(|one| one.mark == Some(reason)) {
            return Some(found);
        }
        change = schedule.zone.next_change(at_ms);
    }
    None
}

fn said(schedule: &Schedule, about: About, meets: &Occurrence) -> Finding {
    let what = meets.note.split(": ").next().unwrap_or_default();
    let becomes = match (about, schedule.gap, schedule.fold) {
        (About::Gap, Some(Gap::Skip), _) => "it is skipped",
        (About::Gap, Some(Gap::Before), _) => "it is due before, as if the clock had changed already",
        (About::Gap, ..) => "it is due at the next valid time",
        (_, _, Some(Fold::Second)) => "the second one counts",
        (_, _, Some(Fold::Both)) => "both count",
        _ => "the first one counts",
    };
    Finding { about, text: format!("{what}: {becomes}") }
}

/// Jitter and lateness that reach into the next due instant.
fn lengths(schedule: &Schedule, now_ms: i64) -> Vec<Finding> {
    let ahead = schedule.occurrences(now_ms, now_ms.saturating_add(AHEAD_MS), LOOKED_AT);
    let shortest = ahead.iter().zip(ahead.iter().skip(1)).map(|(one, next)| next.at_ms.abs_diff(one.at_ms)).min();
    let Some(shortest) = shortest else { return Vec::new() };
    let long = |what: &str, ms: u64| {
        let text = format!("its {what} of {ms} ms is longer than its shortest interval, {shortest} ms");
        Finding { about: About::TooLong, text }
    };
    let mut found = Vec::new();
    if schedule.jitter_ms > shortest {
        found.push(long("jitter", schedule.jitter_ms));
    }
    if schedule.late_ms > shortest && schedule.late_ms != crate::schedule::LATE_MS_DEFAULT {
        found.push(long("lateness", schedule.late_ms));
    }
    found
}

/// A calendar without a day ahead.
fn calendar(schedule: &Schedule, now_ms: i64) -> Option<Finding> {
    let calendar = schedule.days_off.as_ref()?.calendar.as_ref()?;
    let today = split(now_ms.div_euclid(1_000) + schedule.zone.offset_s(now_ms)).0;
    let text = match calendar.last() {
        None => format!("its calendar {} has no days", calendar.name()),
        Some(last) if last < today => format!("its calendar {} has run out: its last day was {last}", calendar.name()),
        Some(_) => return None,
    };
    Some(Finding { about: About::Calendar, text })
}

#[cfg(test)]
#[path = "lint_tests.rs"]
mod tests;
