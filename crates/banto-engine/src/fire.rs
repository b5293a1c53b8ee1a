//! `fire`: accounts for what is due.
//!
//! One look: which due instants are not accounted for, what the plan makes of each, and one call (or a few) to the store that
//! writes all of it down, each with the job it has. What was not written is found again by the next look, because the account
//! moves only with the last of them. So nothing here is remembered that would matter after a crash.

use std::collections::{BTreeMap, VecDeque};

use banto_core::{Fate, Occurrence, Planned, Reason, Schedule, ScheduleName, What, plan};
use banto_store::{Act, Fire, Fired, Firing, StoreError, fire::FIRE_MAX};

use crate::{
    event::Event,
    scheduler::{Line, Scheduling},
};

/// How much later than its time a fire counts as late, in milliseconds.
pub const LATE_MS: u64 = 1_000;
/// Due instants of one schedule that are looked at one by one; of what is older only the number is kept.
const ROWS_MAX: usize = 1_000;
/// Due instants that are counted in one look, at most.
const COUNTED_MAX: usize = 1_000_000;

/// What was done in one look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Looked {
    /// Due instants that fired.
    pub fired: usize,
    /// That were skipped or missed.
    pub not: usize,
    /// That another scheduler has accounted for.
    pub there: usize,
}

/// Due instants that are older than those that are looked at one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Older {
    count: u64,
    last: i64,
}

/// The occurrences after `after` up to `now`: the newest one by one, of the older ones the number.
fn unaccounted(schedule: &Schedule, mut after: i64, now: i64) -> (Option<Older>, Vec<Occurrence>) {
    let mut newest: VecDeque<Occurrence> = VecDeque::new();
    let mut older: Option<Older> = None;
    let mut seen = 0;
    while seen < COUNTED_MAX {
        let some = schedule.occurrences(after, now, ROWS_MAX);
        let Some(last) = some.last() else { break };
        after = last.at_ms;
        seen += some.len();
        newest.extend(some);
        while newest.len() > ROWS_MAX
            && let Some(gone) = newest.pop_front()
        {
            older = Some(Older { count: older.map_or(0, |older| older.count) + 1, last: gone.at_ms });
        }
    }
    (older, newest.into())
}

/// The plan for a schedule whose due instants are accounted for up to `after`, as of `now` (milliseconds since 1970), as it
/// would be carried out.
pub fn planned(schedule: &Schedule, after: i64, now: i64) -> Vec<Planned> {
    let (_, due) = unaccounted(schedule, after, now);
    plan(schedule, &due, now)
}

/// Tells what is made up for, and when, before it is: an outage of hours may be about to become a crowd of runs.
pub(crate) fn tell_plan(scheduling: &Scheduling, lines: &[&Line], now: i64) {
    for Line { schedule, after, next, .. } in lines.iter().filter(|line| line.entry.is_some()) {
        // Mostly nothing is older than what still counts as ordinary, and that is known without a plan.
        if now.saturating_sub(next.unwrap_or(*after)) <= i64::try_from(schedule.late_ms).unwrap_or(i64::MAX) {
            continue;
        }
        let plan = planned(schedule, *after, now);
        let made_up = |one: &Planned| match one.what {
            What::Fire { at_ms, caught_up: true, .. } => Some(at_ms),
            What::Fire { .. } | What::Not(_) => None,
        };
        let times: Vec<i64> = plan.iter().filter_map(made_up).collect();
        let (Some(first_at), Some(last_at)) = (times.iter().min().copied(), times.iter().max().copied()) else {
            continue;
        };
        let not = plan.iter().filter(|one| matches!(one.what, What::Not(reason) if reason.fate() == Fate::Missed));
        let (schedule, fires) = (&schedule.name, times.len());
        let missed = fires + not.count();
        tracing::warn!(%schedule, missed, fires, first_at, last_at, "makes up for what was missed");
        scheduling.events.tell(|| Event::MakesUp { schedule: schedule.clone(), missed, fires, first_at, last_at });
    }
}

/// What a look says of the whole service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// It is accounted for up to now.
    Now,
    /// It is accounted for up to now and not beyond: the clock was set back.
    Back,
    /// Nothing.
    Untouched,
}

/// Accounts for everything that is due by `now` in `lines`.
pub(crate) async fn look(
    scheduling: &Scheduling,
    lines: &[&Line],
    now: i64,
    until: Until,
) -> Result<Looked, StoreError> {
    let mut fires: Vec<Fire> = lines.iter().flat_map(|line| due(scheduling, line, now)).collect();
    // The newest last, whatever the schedule: if this breaks off, the account stays before what was not written.
    fires.sort_by_key(|fire| fire.due_at);
    let (mut looked, mut missed) = (Looked::default(), Missed::new());
    loop {
        let rest = fires.split_off(fires.len().min(FIRE_MAX));
        let part = std::mem::replace(&mut fires, rest);
        let last = fires.is_empty();
        let firing = Firing {
            service: scheduling.timetable.service.clone(),
            by: scheduling.instance,
            fires: part.clone(),
            until: (last && until != Until::Untouched).then_some(now),
            generation: scheduling.generation(),
            rewind: until == Until::Back,
        };
        let answers = scheduling.store.fire(firing).await?;
        for (fire, answer) in part.iter().zip(answers) {
            told(scheduling, fire, answer, now, &mut looked, &mut missed);
        }
        if last {
            say_missed(missed);
            return Ok(looked);
        }
    }
}

/// What is to be written down for one schedule.
fn due(scheduling: &Scheduling, line: &Line, now: i64) -> Vec<Fire> {
    let (older, due) = unaccounted(&line.schedule, line.after, now);
    let of = |due_at, act, late, note| Fire {
        schedule: line.schedule.name.clone(),
        revision: line.revision,
        due_at,
        count: 1,
        act,
        late,
        even_in_maintenance: line.schedule.even_in_maintenance,
        note,
    };
    let older = older.map(|Older { count, last }| {
        let note = format!("{count} due instants were missed, this is the last of them");
        Fire { count, ..of(last, Act::Not(Reason::TooOld), false, note) }
    });
    let planned = plan(&line.schedule, &due, now).into_iter().map(|planned| {
        let due_at = planned.due_ms;
        let (act, late, note) = act(scheduling, line, planned, now);
        of(due_at, act, late, note)
    });
    older.into_iter().chain(planned).collect()
}

fn act(scheduling: &Scheduling, line: &Line, planned: Planned, now: i64) -> (Act, bool, String) {
    let (at, late_ms, caught_up) = match planned.what {
        What::Not(reason) => return (Act::Not(reason), false, planned.note),
        What::Fire { at_ms, late_ms, caught_up } => (at_ms, late_ms, caught_up),
    };
    let Some(entry) = &line.entry else {
        return (Act::Not(Reason::Policy), false, "the schedule was dropped before it could be made up for".into());
    };
    if let Some((reason, note)) = entry.filtered() {
        return (Act::Not(reason), false, note);
    }
    match entry.job(scheduling.id(), planned.due_ms, at, now).and_then(|job| job.check().map(|()| job)) {
        Ok(job) => {
            let note = match caught_up {
                true => format!("made up for, {} s after its time", late_ms / 1_000),
                false => planned.note,
            };
            (Act::Run(Box::new(job)), caught_up || late_ms >= LATE_MS, note)
        }
        Err(refusal) => (Act::Not(Reason::Refused), false, format!("could not make its job: could not {refusal}")),
    }
}

/// What was missed in a look, by schedule and reason: how many, and the first and the last of them.
type Missed = BTreeMap<(ScheduleName, Reason), (u64, i64, i64)>;

/// One line for each schedule: an outage must not bury what else there is to say.
fn say_missed(missed: Missed) {
    for ((schedule, reason), (count, first, last)) in missed {
        tracing::warn!(%schedule, count, first_due_at = first, last_due_at = last, %reason, "missed");
    }
}

/// Says what became of a due instant.
fn told(scheduling: &Scheduling, fire: &Fire, answer: Fired, now: i64, looked: &mut Looked, missed: &mut Missed) {
    let (schedule, due_at) = (&fire.schedule, fire.due_at);
    match answer {
        Fired::Run(job) => {
            looked.fired += 1;
            let late_ms = now.saturating_sub(due_at).max(0).unsigned_abs();
            tracing::info!(%schedule, due_at, %job, late_ms, note = fire.note, "fired");
            scheduling.events.tell(|| Event::Fired { schedule: schedule.clone(), due_at, job, late_ms });
        }
        Fired::Not(reason) => {
            looked.not += 1;
            let (count, note) = (fire.count, fire.note.as_str());
            match reason.fate() {
                Fate::Missed => {
                    let all = missed.entry((schedule.clone(), reason)).or_insert((0, due_at, due_at));
                    *all = (all.0.saturating_add(count), all.1.min(due_at), all.2.max(due_at));
                }
                _ => tracing::info!(%schedule, due_at, %reason, note, "skipped"),
            }
            scheduling.events.tell(|| Event::NotFired { schedule: schedule.clone(), due_at, count, reason });
        }
        Fired::There => looked.there += 1,
        Fired::Stale => tracing::debug!(%schedule, due_at, "another build has registered this schedule"),
    }
}
