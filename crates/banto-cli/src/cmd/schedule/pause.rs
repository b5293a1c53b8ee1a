//! `schedule pause` and `schedule resume`: one, a group, or everything (maintenance).

use banto_core::{ScheduleName, text::count_of};
use banto_engine::steer::steer;
use banto_store::Order;
use serde_json::json;

use super::look::Look;
use crate::{
    args::{
        self,
        schedule::{PauseSchedules, WhichSchedules},
    },
    cmd::{Desk, steer::who},
    exit::{Exit, Failure},
    given::Given,
    mean::{self, clock_time},
};

/// Which schedules are meant.
enum Which {
    All,
    Named(ScheduleName),
    Group(String, Vec<ScheduleName>),
}

pub(super) async fn pause(desk: &mut Desk<'_>, given: &Given, typed: &PauseSchedules) -> Result<Exit, Failure> {
    let now = desk.now_ms();
    let until = typed.until.as_deref().map(|text| mean::until("--until", text, now)).transpose()?;
    let reason = match typed.reason.trim() {
        "" => args::NO_REASON.to_owned(),
        reason => banto_core::text::visible(reason, 200),
    };
    let which = which(desk, given, &typed.which, |_, _| typed.anyway).await.map_err(|unknown| meant(unknown, typed))?;
    let order = |schedule| Order::PauseSchedule { schedule, reason: reason.clone(), until };
    let changed = carry_out(desk, &which, order).await?;
    if desk.print.json() {
        return answer(desk, &which, true, changed, until);
    }
    let until = until.map_or_else(|| "until resumed".into(), |at| format!("until {}", clock_time(at)));
    desk.print.say(match (&which, changed) {
        (Which::All, 0) => "everything was paused so already".into(),
        (Which::All, _) => format!("everything is paused {until}, but what runs in maintenance too; what runs goes on"),
        (Which::Named(name), 0) => format!("the schedule {name} was paused so already"),
        (Which::Named(name), _) => format!("the schedule {name} is paused {until}; what runs goes on"),
        (Which::Group(group, all), changed) => format!(
            "of the group {group}, {} paused {until}, {} so already",
            count_of(changed, "schedule is", "schedules are"),
            all.len() - changed.min(all.len())
        ),
    });
    Ok(Exit::Well)
}

pub(super) async fn resume(desk: &mut Desk<'_>, given: &Given, typed: &WhichSchedules) -> Result<Exit, Failure> {
    let ahead = |look: &Look, name: &ScheduleName| look.board.ahead.iter().any(|(paused, _)| paused == name);
    let which = which(desk, given, typed, ahead).await?;
    let changed = carry_out(desk, &which, |schedule| Order::ResumeSchedule { schedule }).await?;
    if desk.print.json() {
        return answer(desk, &which, false, changed, None);
    }
    desk.print.say(match (&which, changed) {
        (Which::All, 0) => "nothing was in maintenance; schedules that are paused by name stay so".into(),
        (Which::All, _) => "maintenance is over; schedules that are paused by name stay so".into(),
        (Which::Named(name), 0) => format!("the schedule {name} was not paused by name"),
        (Which::Named(name), _) => format!("the schedule {name} fires again"),
        (Which::Group(group, _), changed) => {
            format!("of the group {group}, {} again", count_of(changed, "schedule fires", "schedules fire"))
        }
    });
    if matches!(which, Which::Named(..) | Which::Group(..)) && desk.store().schedules().await?.maintenance.is_some() {
        desk.print.note("note: everything is paused (maintenance); see `schedule resume --all`");
    }
    Ok(Exit::Well)
}

/// Which schedules are meant. A name that nobody has may be a slip of the finger: it is taken only if it is `taken` all the same.
async fn which(
    desk: &Desk<'_>,
    given: &Given,
    typed: &WhichSchedules,
    taken: impl Fn(&Look, &ScheduleName) -> bool,
) -> Result<Which, Failure> {
    if typed.all {
        return Ok(Which::All);
    }
    let look = Look::at(desk, given).await?;
    if let Some(group) = &typed.group {
        let group = mean::name("--group", group)?;
        let lines = look.lines.iter().filter(|line| {
            line.schedule.as_ref().and_then(|schedule| schedule.group.as_ref()).is_some_and(|own| *own == group)
        });
        let names: Vec<ScheduleName> = lines.map(|line| line.name.clone()).collect();
        let none = || Failure::new(Exit::NotListed, format!("find the group {group}: no schedule is in it"));
        return if names.is_empty() { Err(none()) } else { Ok(Which::Group(group.to_string(), names)) };
    }
    let name = mean::schedule::name(typed.name.as_deref().unwrap_or_default())?;
    match look.line(&name) {
        Err(unknown) if !taken(&look, &name) => Err(unknown),
        _ => Ok(Which::Named(name)),
    }
}

/// How to insist on a name that nobody has.
fn meant(unknown: Failure, typed: &PauseSchedules) -> Failure {
    match typed.which.name.is_some() && unknown.exit == Exit::NotListed {
        true => {
            Failure::new(unknown.exit, format!("{}; one that is still to come is paused by --anyway", unknown.text))
        }
        false => unknown,
    }
}

/// Orders it of each; answers how many changed.
async fn carry_out(
    desk: &Desk<'_>,
    which: &Which,
    order: impl Fn(Option<ScheduleName>) -> Order,
) -> Result<usize, Failure> {
    let schedules: Vec<Option<ScheduleName>> = match which {
        Which::All => vec![None],
        Which::Named(name) => vec![Some(name.clone())],
        Which::Group(_, names) => names.iter().cloned().map(Some).collect(),
    };
    let (mut changed, by) = (0, who());
    for schedule in schedules {
        changed += steer(desk.store(), order(schedule), &by, false).await?.count;
    }
    Ok(changed)
}

fn answer(
    desk: &mut Desk<'_>,
    which: &Which,
    paused: bool,
    changed: usize,
    until: Option<i64>,
) -> Result<Exit, Failure> {
    let schedules = match which {
        Which::All => Vec::new(),
        Which::Named(name) => vec![name.clone()],
        Which::Group(_, names) => names.clone(),
    };
    let all = matches!(which, Which::All);
    let answer = json!({ "schedules": schedules, "all": all, "paused": paused, "changed": changed, "until": until });
    desk.print.object(&answer)?;
    Ok(Exit::Well)
}
