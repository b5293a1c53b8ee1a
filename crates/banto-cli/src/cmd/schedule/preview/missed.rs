//! `schedule preview --missed` and `--missed-since`: what would become now of what nobody has accounted for.
//!
//! For whoever comes back after an outage and wants to know what a scheduler will do before one is started. It is the plan that
//! a scheduler would carry out, by the model that is registered; nothing is done here.

use banto_core::{Planned, Schedule, ScheduleName, What};
use banto_engine::{explain::span, fire::planned};
use serde_json::{Value, json};

use crate::{
    cmd::{
        Desk,
        schedule::{
            look::{Line, Look, Stands},
            say::{self, Local},
        },
    },
    exit::{Exit, Failure},
    table,
};

/// A schedule of which something is not accounted for, from when on, and what becomes of it.
struct Owed {
    schedule: Schedule,
    since: i64,
    plan: Vec<Planned>,
}

/// Of every schedule that is registered, in short.
pub(super) fn of_all(desk: &mut Desk<'_>, look: &Look, local: &Local) -> Result<Exit, Failure> {
    let owed: Vec<Owed> = look.lines.iter().filter_map(|line| owed(look, line)).collect();
    let owed: Vec<&Owed> = owed.iter().filter(|owed| !owed.plan.is_empty()).collect();
    if desk.print.json() {
        return owed.iter().try_for_each(|owed| desk.print.object(&in_short(owed))).map(|()| Exit::Well);
    }
    if owed.is_empty() {
        desk.print.note("everything that was due is accounted for");
        return Ok(Exit::Well);
    }
    let rows = owed.iter().map(|owed| {
        let time = |at| local.time(Some(&owed.schedule), at);
        let span = |times: &[i64]| match times {
            [] => String::new(),
            [one] => time(*one),
            [first, .., last] => format!("{} to {}", time(*first), time(*last)),
        };
        let runs = times(&owed.plan);
        let name = owed.schedule.name.to_string();
        [name, time(owed.since), owed.plan.len().to_string(), runs.len().to_string(), span(&runs)]
    });
    let drawn = table::draw(["schedule", "accounted until", "due since", "would run", "at"], rows, desk.print.width());
    desk.print.say(drawn);
    desk.print.say("nothing was done; name one of them to see its plan");
    Ok(Exit::Well)
}

/// Of one schedule, in full.
pub(super) fn of_one(desk: &mut Desk<'_>, look: &Look, local: &Local, name: &ScheduleName) -> Result<Exit, Failure> {
    match owed(look, look.line(name)?) {
        Some(Owed { schedule, plan, .. }) => shown(desk, &schedule, local, &plan),
        None => {
            desk.print
                .note(format!("the schedule {name} is not registered as one that fires here: nothing is missed of it"));
            Ok(Exit::Well)
        }
    }
}

/// Of one schedule, as if nobody had been there since then.
pub(super) fn since(
    desk: &mut Desk<'_>,
    schedule: &Schedule,
    local: &Local,
    since: i64,
    now: i64,
) -> Result<Exit, Failure> {
    shown(desk, schedule, local, &planned(schedule, since, now))
}

fn shown(desk: &mut Desk<'_>, schedule: &Schedule, local: &Local, plan: &[Planned]) -> Result<Exit, Failure> {
    if desk.print.json() {
        return plan.iter().try_for_each(|one| desk.print.object(&json(one))).map(|()| Exit::Well);
    }
    if plan.is_empty() {
        desk.print.note(format!("nothing of the schedule {} was due since then", schedule.name));
        return Ok(Exit::Well);
    }
    let time = |at| local.time(Some(schedule), at);
    let rows = plan.iter().map(|one| match one.what {
        What::Fire { at_ms, late_ms, .. } => {
            let late = span(i64::try_from(late_ms - late_ms % 1_000).unwrap_or(i64::MAX));
            [time(one.due_ms), format!("would run at {}", time(at_ms)), format!("{late} after its time")]
        }
        What::Not(reason) => [time(one.due_ms), "would not run".into(), format!("{} {}", say::why(reason), one.note)],
    });
    let drawn = table::draw(["due", "now", "because"], rows, desk.print.width());
    desk.print.say(drawn);
    desk.print.say(format!("{} of {} would run; nothing was done", times(plan).len(), plan.len()));
    Ok(Exit::Well)
}

/// What nobody has accounted for of a schedule, if it is registered to fire here. By its registered model: what was due while that
/// counted follows it, also where the file says something else by now.
fn owed(look: &Look, line: &Line) -> Option<Owed> {
    let view = line.view.as_ref().filter(|_| matches!(look.stands(line), Stands::Registered | Stands::Changed))?;
    let service = look.board.services.iter().find(|service| service.service == view.service)?;
    let schedule = Schedule::from_json(&view.model).ok()?;
    let since = service.accounted_until.max(view.since);
    let plan = planned(&schedule, since, look.now_ms);
    Some(Owed { schedule, since, plan })
}

/// When runs of a plan would begin, the earliest first.
fn times(plan: &[Planned]) -> Vec<i64> {
    let runs = |one: &Planned| match one.what {
        What::Fire { at_ms, .. } => Some(at_ms),
        What::Not(_) => None,
    };
    let mut times: Vec<i64> = plan.iter().filter_map(runs).collect();
    times.sort_unstable();
    times
}

fn in_short(Owed { schedule, since, plan }: &Owed) -> Value {
    let runs = times(plan);
    json!({
        "schedule": schedule.name, "since": since, "due": plan.len(), "runs": runs.len(),
        "first_at": runs.first(), "last_at": runs.last(),
    })
}

fn json(one: &Planned) -> Value {
    match one.what {
        What::Fire { at_ms, late_ms, caught_up } => json!({
            "due_at": one.due_ms, "runs": true, "at": at_ms, "late_ms": late_ms, "caught_up": caught_up, "reason": null, "note": one.note,
        }),
        What::Not(reason) => json!({
            "due_at": one.due_ms, "runs": false, "at": null, "late_ms": null, "caught_up": false, "reason": reason, "note": one.note,
        }),
    }
}
