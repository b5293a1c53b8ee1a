//! `schedule diff`: what is written down, what is registered and what was done, side by side.
//!
//! For whoever asks why something did not run: the three are kept by three parties, and where they differ is the cause.

use banto_core::{Fate, text::count_of};
use banto_store::{FireView, Service};
use serde_json::json;

use super::{
    look::{self, Line, Look, Stands},
    say::{self, Local},
};
use crate::{
    args::schedule::InZone,
    cmd::Desk,
    exit::{Exit, Failure},
    given::Given,
    table,
};

/// How long a due instant may be unaccounted for before that is a difference, in milliseconds: a leader's silence, twice.
const PATIENCE_MS: i64 = 60_000;

/// One schedule and where its three sides differ.
struct Row<'a> {
    line: &'a Line,
    last: Option<FireView>,
    drift: Vec<String>,
}

pub(super) async fn run(desk: &mut Desk<'_>, given: &Given) -> Result<Exit, Failure> {
    if !given.is_some() {
        let hint = "nothing is written down here: this program has no schedules in code, and there is no banto.toml";
        return Err(Failure::usage(format!("compare: {hint}; name a file with --config")));
    }
    let (look, local) = (Look::at(desk, given).await?, Local::of(&InZone::default())?);
    let mut rows = Vec::new();
    for line in &look.lines {
        let stands = look.stands(line);
        let ours = look.timetable.as_ref().map(|own| &own.service);
        let foreign = line.entry.is_none() && line.view.as_ref().is_some_and(|view| Some(&view.service) != ours);
        // What was retired in order, and what belongs to others, is nobody's difference.
        if stands == Stands::Retired || foreign {
            continue;
        }
        let last = look::last(desk, &line.name).await?;
        let drift = drift(&look, line, stands, last.as_ref());
        rows.push(Row { line, last, drift });
    }
    let differ = rows.iter().filter(|row| !row.drift.is_empty()).count();
    let exit = if differ > 0 { Exit::Found } else { Exit::Well };
    if desk.print.json() {
        for Row { line, last, drift } in &rows {
            let (documented, registered) = (line.entry.as_ref(), line.view.as_ref());
            desk.print.object(&json!({
                "name": line.name,
                "documented": documented.map(|entry| json!({ "source": entry.source, "action": entry.words(), "words": entry.schedule.words() })),
                "registered": registered,
                "executed": last,
                "drift": drift,
            }))?;
        }
        return Ok(exit);
    }
    let heads = ["name", "documented", "registered", "executed", "difference"];
    let drawn = table::draw(heads, rows.iter().map(|row| told(&look, &local, row)), desk.print.width());
    if rows.is_empty() {
        desk.print.note("nothing is written down, and nothing is registered for this service");
    } else {
        desk.print.say(drawn);
    }
    desk.print.say(match differ {
        0 => "what is written down is registered, and what was due is accounted for".to_owned(),
        differ => {
            format!("{} need a look", count_of(differ, "schedule does not agree and may", "schedules do not agree and"))
        }
    });
    Ok(exit)
}

/// Where the three sides differ.
fn drift(look: &Look, line: &Line, stands: Stands, last: Option<&FireView>) -> Vec<String> {
    let mut drift = Vec::new();
    match stands {
        Stands::Unregistered => drift.push("written down and not registered: no scheduler has come with it".into()),
        Stands::Changed => drift.push("registered otherwise: another build or an older file came last".into()),
        Stands::Taken => drift.push("the name is another service's".into()),
        Stands::Dropped => drift.push("registered and not written down here".into()),
        Stands::Elsewhere => {
            let registered = line.view.as_ref().is_some_and(|view| view.retired_at.is_none());
            drift.extend(registered.then(|| "for other environments, and registered all the same".into()));
        }
        Stands::Registered | Stands::Retired => {}
    }
    if stands == Stands::Registered {
        drift.extend(unaccounted(look, line));
    }
    if let Some(last) = last.filter(|last| last.fate == Fate::Missed) {
        drift.push(format!("its last due instant was missed: {}", last.reason.map_or("", say::why)));
    }
    if let Some(run) = last.and_then(|last| last.run.as_ref()).filter(|run| say::failed(run)) {
        drift.push(format!("its last run did not end well: {}", say::outcome(run)));
    }
    drift
}

/// Says if something was due and nobody has accounted for it.
fn unaccounted(look: &Look, line: &Line) -> Option<String> {
    let (view, schedule) = (line.view.as_ref()?, line.schedule.as_ref()?);
    let service: &Service = look.board.services.iter().find(|service| service.service == view.service)?;
    let after = service.accounted_until.max(view.since);
    let late = look.now_ms.saturating_sub(PATIENCE_MS);
    let due = schedule.occurrences(after, late, 1).into_iter().next()?;
    Some(format!("due at {} and not accounted for: no scheduler lives", schedule.local(due.at_ms)))
}

fn told(look: &Look, local: &Local, row: &Row<'_>) -> [String; 5] {
    let Row { line, last, drift } = row;
    let documented = line.entry.as_ref().map_or_else(
        || "no".into(),
        |entry| format!("{} ({})", entry.source, if line.elsewhere { "other environment" } else { "fires here" }),
    );
    let registered = match (&line.view, look.stands(line)) {
        (None, _) => "no".into(),
        (Some(view), _) if view.retired_at.is_some() => "retired".into(),
        (Some(view), Stands::Changed) => format!("otherwise, by build {}", view.build),
        (Some(view), _) => format!("by build {}", view.build),
    };
    let executed = last.as_ref().map_or_else(
        || "never".into(),
        |last| {
            let outcome = last.run.as_ref().map(say::outcome).unwrap_or_else(|| say::fate(last));
            format!("{}: {outcome}", local.time(line.schedule.as_ref(), last.due_at))
        },
    );
    [line.name.to_string(), documented, registered, executed, drift.join("; ")]
}
