//! `schedule lint`: what may not be what was meant, and what cannot be.

use banto_core::lint::{About, Finding, lint};
use banto_engine::{Timetable, preflight};
use serde_json::json;

use super::look::Look;
use crate::{
    cmd::Desk,
    exit::{Exit, Failure},
    given::Given,
    table,
};

/// What a finding is about, in one word for programs.
pub(in crate::cmd) fn word(about: About) -> &'static str {
    match about {
        About::Never => "never",
        About::Over => "over",
        About::NotYet => "not_yet",
        About::Gap => "gap",
        About::Fold => "fold",
        About::TooLong => "too_long",
        About::Environment => "environment",
        About::Calendar => "calendar",
        About::Period => "period",
    }
}

pub(super) async fn run(desk: &mut Desk<'_>, given: &Given) -> Result<Exit, Failure> {
    let look = Look::at(desk, given).await?;
    let faults = look.timetable.as_ref().map(faults).unwrap_or_default();
    let mut rows: Vec<[String; 3]> =
        faults.iter().map(|fault| ["-".into(), "fault".into(), format!("could not {fault}")]).collect();
    for line in look.lines.iter().filter(|line| look.fires(line)) {
        let Some(schedule) = &line.schedule else { continue };
        let found = lint(schedule, look.now_ms, None);
        rows.extend(found.into_iter().map(|Finding { about, text }| [line.name.to_string(), word(about).into(), text]));
    }
    let exit = if rows.is_empty() { Exit::Well } else { Exit::Found };
    if desk.print.json() {
        for [name, about, text] in &rows {
            let schedule = Some(name).filter(|_| about != "fault");
            desk.print.object(&json!({ "schedule": schedule, "about": about, "text": text }))?;
        }
        return Ok(exit);
    }
    if look.lines.is_empty() {
        desk.print.note(format!("THERE IS NO SCHEDULE: {}", given.hint()));
    }
    match rows.is_empty() {
        true => desk.print.note("nothing is odd"),
        false => {
            let drawn = table::draw(["schedule", "about", "what"], rows, desk.print.width());
            desk.print.say(drawn);
        }
    }
    Ok(exit)
}

/// What the preflight of a scheduler would refuse.
fn faults(timetable: &Timetable) -> Vec<String> {
    preflight::timetable(timetable).err().map(|unfit| unfit.0).unwrap_or_default()
}
