//! `schedule run`: one tick, as cron would call it: fires what is due, runs it, and ends.
//!
//! Commands and functions that this tick fired run here, or wherever else a process takes from the same queue; the tick
//! ends when each of them has ended. Jobs of a kind are enqueued and left to their workers. Nothing that an earlier tick has
//! left is lost: what died under it is taken back before anything fires, so that it holds no due instant back, and what waits
//! and nobody living takes is run too. A run that failed makes the tick fail: exit codes are truth.

use std::sync::Arc;

use banto_core::{Name, State, text::count_of};
use banto_engine::{Scheduler, Timetable, fire::Looked, rescue, timetable::RUN_QUEUE};
use serde_json::{Value, json};

use self::tick::{Goes, Tick};
use crate::{
    args::schedule::HowToRun,
    cmd::{Desk, work},
    exit::{Exit, Failure},
    given::{Given, Written},
    log, mean,
};

mod left;
mod tick;
mod worked;

/// What a tick came to.
struct Told {
    looked: Looked,
    /// What it fired.
    own: Vec<Tick>,
    /// What earlier ticks had left, and it ran.
    left: Vec<Tick>,
    /// How many runs it took back from processes that died.
    rescued: usize,
}

pub(super) async fn run(desk: &mut Desk<'_>, given: &Given, typed: &HowToRun) -> Result<Exit, Failure> {
    let known = desk.known().await?;
    let written = given.read(known.as_ref())?;
    let queues = queues(&written.timetable)?;
    let config = mean::schedule::worker(typed, &desk.app.name, queues.clone())?;
    log::begin_beside(desk.clock(), &desk.app.name);
    begins(given, &written, typed.allow_empty)?;
    let timetable = Arc::new(written.timetable.clone());
    let scheduler = mean::schedule::scheduler(typed, &desk.app.name, &written.scheduler)?;
    let scheduler = Scheduler::new(desk.store().clone(), timetable.clone(), scheduler).clock(desk.clock());
    let rescued = rescue::look(desk.store(), &*desk.clock(), &config).await?;
    let rescued = rescued.iter().filter(|rescued| rescued.job.options.fire.is_some()).count();
    let (looked, mut own) = tick::fire(desk, scheduler).await?;
    let waiting = left::waiting(desk, &queues, &own).await?;
    let mut left = Vec::new();
    if !waiting.is_empty() || own.iter().any(|tick| tick.goes == Goes::Here) {
        let registry = known.unwrap_or_default();
        left = worked::worked(desk, (registry, timetable, config), &mut own, waiting, typed.verbose).await?;
    }
    told(desk, &Told { looked, own, left, rescued })
}

/// What is fit to begin with: all faults at once. What may surprise, the scheduler says itself.
pub(in crate::cmd) fn begins(given: &Given, written: &Written, allow_empty: bool) -> Result<(), Failure> {
    let timetable = &written.timetable;
    banto_engine::preflight::timetable(timetable).map_err(work::unfit)?;
    if !timetable.is_empty() || allow_empty {
        return Ok(());
    }
    let hint = given.hint();
    let text = format!("find a schedule, so nothing would ever be due: {hint}; or go on with --allow-empty");
    Err(Failure::new(Exit::Unfit, text))
}

/// The queues that runs of these schedules wait in.
pub(in crate::cmd) fn queues(timetable: &Timetable) -> Result<Vec<Name>, Failure> {
    let mut queues: Vec<Name> = timetable.entries().filter_map(|entry| entry.queue().cloned()).collect();
    // Runs of a schedule that was moved to another queue since may still wait there.
    queues.push(Name::new(RUN_QUEUE)?);
    queues.sort();
    queues.dedup();
    Ok(queues)
}

fn told(desk: &mut Desk<'_>, told: &Told) -> Result<Exit, Failure> {
    let Told { looked, own, left, rescued } = told;
    let failed = |ticks: &[Tick]| ticks.iter().filter(|tick| tick.failed()).count();
    let exit = if failed(own) + failed(left) == 0 { Exit::Well } else { Exit::Found };
    if desk.print.json() {
        let all = |ticks: &[Tick]| ticks.iter().map(json).collect::<Vec<Value>>();
        let Looked { fired, not, there } = looked;
        let answer = json!({
            "fired": fired, "not": not, "there": there, "runs": all(own),
            "left": all(left), "rescued": rescued, "exit": exit.code(),
        });
        desk.print.object(&answer)?;
        return Ok(exit);
    }
    for tick in own {
        desk.print.say(line(tick));
    }
    for tick in left {
        desk.print.say(format!("{} (left by an earlier tick)", line(tick)));
    }
    let fired = count_of(looked.fired, "due instant fired", "due instants fired");
    desk.print.say(format!("{fired}, {} skipped or missed, {} failed", looked.not, failed(own)));
    if !left.is_empty() {
        let ran = count_of(left.len(), "run", "runs");
        desk.print.say(format!("{ran} left by earlier ticks, {} failed", failed(left)));
    }
    if *rescued > 0 {
        let taken = count_of(*rescued, "run was", "runs were");
        desk.print.say(format!("{taken} taken back from a process that died; see `schedule history`"));
    }
    Ok(exit)
}

fn line(tick: &Tick) -> String {
    let Tick { schedule, job, queue, .. } = tick;
    match (&tick.ended, tick.goes) {
        (Some((State::Done, _)), _) => format!("{schedule}: done"),
        (Some((state, error)), _) => format!("{schedule}: {state}: {}", error.as_deref().unwrap_or_default()),
        (None, Goes::Paused) => format!("{schedule}: job {job} waits: the queue {queue} is paused"),
        (None, _) => format!("{schedule}: enqueued as job {job}; a worker of its queue runs it"),
    }
}

fn json(tick: &Tick) -> Value {
    let Tick { schedule, due_at, job, ended, goes, .. } = tick;
    let (state, error) = (ended.as_ref().map(|(state, _)| state), ended.as_ref().and_then(|(_, error)| error.as_ref()));
    json!({ "schedule": schedule, "due_at": due_at, "job": job, "here": *goes == Goes::Here, "state": state, "error": error })
}
