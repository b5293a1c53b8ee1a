//! `schedule preview`: when a schedule is due, marks included; or the plan for what was missed, before it is carried out.

use banto_core::{Occurrence, Schedule};
use serde_json::json;

use super::{
    look::Look,
    say::{self, Local},
};
use crate::{
    args::schedule::Preview,
    cmd::Desk,
    exit::{Exit, Failure},
    given::Given,
    mean, table,
};

mod missed;

/// Most due instants that are shown.
const COUNT_MAX: usize = 10_000;
/// How long before a clock change due instants are looked for, in milliseconds.
const BEFORE_MS: [i64; 5] = [3_600_000, 86_400_000, 8 * 86_400_000, 32 * 86_400_000, 367 * 86_400_000];
/// How many are looked through there.
const LOOKED_AT: usize = 10_000;

pub(super) async fn run(desk: &mut Desk<'_>, given: &Given, typed: &Preview) -> Result<Exit, Failure> {
    let name = typed.name.as_deref().map(mean::schedule::name).transpose()?;
    let count = mean::number("--count", &typed.count.to_string(), 1, COUNT_MAX)?;
    let local = Local::of(&typed.zone)?;
    let look = Look::at(desk, given).await?;
    if typed.missed && name.is_none() {
        return missed::of_all(desk, &look, &local);
    }
    let name =
        name.ok_or_else(|| Failure::usage("preview nothing: name a schedule, or say --missed for all of them"))?;
    let unread = || Failure::new(Exit::Damaged, format!("read the model of {name} that the store holds"));
    let schedule = look.line(&name)?.schedule.as_ref().ok_or_else(unread)?;
    let now = look.now_ms;
    if typed.missed {
        return missed::of_one(desk, &look, &local, &name);
    }
    if let Some(text) = &typed.missed_since {
        let since = mean::schedule::past("--missed-since", text, now)?;
        return missed::since(desk, schedule, &local, since, now);
    }
    let from = typed.from.as_deref().map(|text| mean::moment("--from", text)).transpose()?.unwrap_or(now);
    if !typed.through_next_dst {
        let due = schedule.occurrences(from.saturating_sub(1), i64::MAX, count);
        return shown(desk, schedule, &local, &due, None);
    }
    let Some(change) = schedule.zone.next_change(from) else {
        desk.print.note(format!("the clocks in {} do not change", schedule.zone));
        let due = schedule.occurrences(from.saturating_sub(1), i64::MAX, count);
        return shown(desk, schedule, &local, &due, None);
    };
    let mut due = before(schedule, change, count);
    due.extend(schedule.occurrences(change.saturating_sub(1), i64::MAX, count));
    shown(desk, schedule, &local, &due, Some(change))
}

/// The last due instants before `change`.
fn before(schedule: &Schedule, change: i64, count: usize) -> Vec<Occurrence> {
    let mut found = Vec::new();
    for span in BEFORE_MS {
        found =
            schedule.occurrences(change.saturating_sub(span).saturating_sub(1), change.saturating_sub(1), LOOKED_AT);
        if found.len() >= count {
            break;
        }
    }
    found.split_off(found.len().saturating_sub(count))
}

fn shown(
    desk: &mut Desk<'_>,
    schedule: &Schedule,
    local: &Local,
    due: &[Occurrence],
    change: Option<i64>,
) -> Result<Exit, Failure> {
    if desk.print.json() {
        for one in due {
            let (after, mark) = (change.map(|change| one.at_ms >= change), one.mark);
            let at = local.time(Some(schedule), one.at_ms);
            desk.print.object(
                &json!({ "at": one.at_ms, "local": at, "mark": mark, "note": one.note, "after_change": after }),
            )?;
        }
        return Ok(Exit::Well);
    }
    if due.is_empty() {
        desk.print.note(format!("the schedule {} is never due from then on", schedule.name));
        return Ok(Exit::Well);
    }
    let marks = |one: &Occurrence| match one.mark {
        Some(reason) => format!("does not run: {}", say::why(reason)),
        None => "runs".to_owned(),
    };
    let mut rows: Vec<(i64, [String; 3])> = Vec::new();
    for one in due {
        rows.push((one.at_ms, [local.time(Some(schedule), one.at_ms), marks(one), one.note.clone()]));
    }
    if let Some(change) = change {
        let at = rows.iter().position(|(at, _)| *at >= change).unwrap_or(rows.len());
        let text = format!("the clocks in {} change", schedule.zone);
        rows.insert(at, (change, [local.time(Some(schedule), change), "--".into(), text]));
    }
    let rows = rows.into_iter().map(|(_, row)| row);
    let drawn = table::draw(["due", "is", "note"], rows, desk.print.width());
    desk.print.say(drawn);
    Ok(Exit::Well)
}
