//! `schedule list`: when each schedule is due, what became of it last, and what is unusual about it.

use banto_core::{Schedule, Timing};
use banto_store::{FireView, Pause};
use serde_json::{Value, json};

use super::{
    look::{self, Line, Look, Stands},
    say::{self, Local},
};
use crate::{
    args::schedule::ListSchedules,
    cmd::{Desk, line::from_now},
    exit::{Exit, Failure},
    given::Given,
    mean, table,
};

/// Most due instants that are shown of one schedule.
const NEXT_MAX: usize = 1_000;

/// A schedule with what is to be shown of it.
struct Row<'a> {
    line: &'a Line,
    next: Vec<i64>,
    last: Option<FireView>,
    flags: Vec<String>,
}

pub(super) async fn run(desk: &mut Desk<'_>, given: &Given, typed: &ListSchedules) -> Result<Exit, Failure> {
    let count = mean::number("--next", &typed.next.to_string(), 1, NEXT_MAX)?;
    let local = Local::of(&typed.zone)?;
    let look = Look::at(desk, given).await?;
    let mut rows = Vec::new();
    for line in &look.lines {
        let next = line.schedule.as_ref().filter(|_| look.fires(line)).map(|own| next(own, look.now_ms, count));
        let last = look::last(desk, &line.name).await?;
        rows.push(Row { line, next: next.unwrap_or_default(), last, flags: flags(&look, line) });
    }
    if desk.print.json() {
        return rows.iter().try_for_each(|row| desk.print.object(&json(&look, row))).map(|()| Exit::Well);
    }
    if let Some(own) = &look.timetable {
        own.faults().iter().for_each(|fault| desk.print.note(format!("fault: could not {fault}")));
    }
    if let Some(pause) = &look.board.maintenance {
        desk.print.note(format!("everything is paused {}", paused(pause, look.now_ms)));
    }
    for (name, pause) in &look.board.ahead {
        desk.print.note(format!("{name} is paused {}, and nobody has it yet", paused(pause, look.now_ms)));
    }
    if rows.is_empty() {
        desk.print.note(format!("THERE IS NO SCHEDULE, so nothing will ever be due: {}", given.hint()));
        return Ok(Exit::Well);
    }
    if look.lines.iter().all(|line| !look.fires(line)) {
        desk.print.note("NONE OF THESE WILL FIRE: they are retired, or for other environments");
    }
    let width = desk.print.width();
    let heads = ["name", "due", "zone", "next", "last due", "last outcome", "does", "notes"];
    desk.print.say(table::draw(heads, rows.iter().map(|row| told(&look, &local, row)), width));
    if count > 1 {
        let local = &local;
        let each = rows.iter().flat_map(|row| {
            let time = move |at: &i64| local.time(row.line.schedule.as_ref(), *at);
            row.next.iter().map(move |at| [row.line.name.to_string(), time(at), from_now(*at, look.now_ms)])
        });
        desk.print.say(table::draw(["name", "due", "that is"], each, width));
    }
    Ok(Exit::Well)
}

/// The next due instants that will run.
fn next(schedule: &Schedule, now_ms: i64, count: usize) -> Vec<i64> {
    let after = std::iter::successors(schedule.next(now_ms), |before| schedule.next(before.at_ms));
    after.take(count).map(|found| found.at_ms).collect()
}

fn told(look: &Look, local: &Local, row: &Row<'_>) -> [String; 8] {
    let Row { line, next, last, flags } = row;
    let schedule = line.schedule.as_ref();
    let next = next.first().map(|at| format!("{} ({})", local.time(schedule, *at), from_now(*at, look.now_ms)));
    let due = schedule.map_or_else(|| "unknown: its model cannot be read".into(), Schedule::words);
    let outcome = |last: &FireView| match &last.run {
        Some(run) if last.late => format!("{}, late", say::outcome(run)),
        Some(run) => say::outcome(run),
        None => say::fate(last),
    };
    [
        line.name.to_string(),
        due,
        local.zone(schedule),
        next.unwrap_or_else(|| "never".into()),
        last.as_ref().map_or_else(|| "never".into(), |last| local.time(schedule, last.due_at)),
        last.as_ref().map(outcome).unwrap_or_default(),
        line.action(),
        flags.join("; "),
    ]
}

/// What is unusual about a schedule.
fn flags(look: &Look, line: &Line) -> Vec<String> {
    let mut flags: Vec<String> = Vec::new();
    let view = line.view.as_ref();
    match look.stands(line) {
        Stands::Registered => {}
        Stands::Unregistered => flags.push("unregistered: no scheduler has come with it yet".into()),
        Stands::Changed => flags.push("registered as another build has it".into()),
        Stands::Taken => flags.push("the name is another service's: it does not fire here".into()),
        Stands::Dropped => flags.push("not in this build".into()),
        Stands::Elsewhere => flags.push(format!("other environment: {}", environments(line))),
        Stands::Retired => flags.push("retired".into()),
    }
    if let Some(pause) = view.and_then(|view| view.pause.as_ref()) {
        flags.push(format!("paused {}", paused(pause, look.now_ms)));
    }
    let Some(schedule) = &line.schedule else { return flags };
    if look.board.maintenance.is_some() {
        flags.push(if schedule.even_in_maintenance { "fires in maintenance too" } else { "in maintenance" }.into());
    }
    if schedule.no_overlap {
        flags.push("no overlap".into());
    }
    let kept_back = line.entry.iter().flat_map(|entry| entry.kept_back_when());
    flags.extend(kept_back.map(|when| format!("skipped when {when}")));
    if schedule.until.is_some() && schedule.next(look.now_ms).is_none() {
        flags.push("its dates are over".into());
    }
    flags.extend(schedule.group.as_ref().map(|group| format!("group {group}")));
    flags
}

fn environments(line: &Line) -> String {
    let named = line.schedule.iter().flat_map(|schedule| &schedule.environments);
    named.map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
}

/// By whom, why and until when.
pub(super) fn paused(pause: &Pause, now_ms: i64) -> String {
    let until = pause.until.map(|at| format!(", ends {}", from_now(at, now_ms))).unwrap_or_default();
    format!("by {}: {}{until}", pause.by, pause.reason)
}

fn json(look: &Look, row: &Row<'_>) -> Value {
    let Row { line, next, last, flags } = row;
    let view = line.view.as_ref();
    let service = look.timetable.as_ref().filter(|_| line.entry.is_some()).map(|own| &own.service);
    let timing = line.schedule.as_ref().map(|schedule| match &schedule.timing {
        Timing::Cron(crons) => crons.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | "),
        Timing::Every(period_s) => format!("every {period_s} s"),
    });
    json!({
        "name": line.name,
        "service": service.or(view.map(|view| &view.service)),
        "timing": timing,
        "words": line.schedule.as_ref().map(Schedule::words),
        "zone": line.schedule.as_ref().map(|schedule| schedule.zone.to_string()),
        "next": next,
        "last": last,
        "action": line.action(),
        "source": line.source(),
        "build": view.map(|view| &view.build),
        "pause": view.and_then(|view| view.pause.as_ref()),
        "flags": flags,
    })
}
