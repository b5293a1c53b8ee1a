//! D4: three schedulers; the one that leads is frozen 10 ms before the due instant, or killed at the due second.
//!
//! Promises: each due instant fires once, and none is missed.

use std::{thread::sleep, time::Duration};

use rustix::process::Signal;

use crate::{
    Told,
    dues::{Dues, leader, wall},
    process::Process,
    report::{Check, Report},
    scheduler::{Line, SchedulerSpec},
    stage::{Scene, Stage},
};

/// Schedules that are due each second.
const SCHEDULES: usize = 10;
/// How long a leader is frozen.
const FROZEN: Duration = Duration::from_millis(2_500);

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let lines: Vec<Line> = (0..SCHEDULES).map(|n| Line::every(1, format!("each-second-{n}"))).collect();
    let specs: Vec<_> = (0..3).map(|n| SchedulerSpec::new(&format!("scheduler-{n}"), &scene, &lines)).collect();
    let mut processes = specs.iter().map(|spec| spec.start(&scene)).collect::<Told<Vec<_>>>()?;
    stage.until("somebody lead", Duration::from_secs(20), || Ok(leader(&scene)?.is_some()))?;
    let (began, rounds) = (wall(), stage.pick(6, 40));
    let (mut frozen, mut killed) = (0, 0);
    for round in 0..rounds {
        // After a change nobody may lead for a moment, or the one who was killed may seem to.
        let mut leads = None;
        stage.until("one of the living lead", Duration::from_secs(20), || {
            let pid = leader(&scene)?.map(|(_, pid)| pid);
            leads = processes.iter().position(|process| Some(process.pid()) == pid);
            Ok(leads.is_some())
        })?;
        let Some(at) = leads else { continue };
        if round % 2 == 0 {
            until_second(990);
            frozen += u64::from(freeze(processes.get(at))?);
        } else {
            until_second(0);
            killed += u64::from(replace(&scene, &specs, &mut processes, at)?);
        }
    }
    let until = wall();
    stage.until("everything accounted for", Duration::from_secs(20), || {
        Ok(crate::dues::service(&scene)?.is_some_and(|service| service.accounted_until > until))
    })?;
    drop(processes);
    let dues = Dues::of(&scene, &lines, began, until)?;
    Ok(dues
        .report()
        .check(Check::exactly("due instants that have fired", dues.all_fired(), "", dues.due))
        .check(Check::at_least("leaders frozen and killed", (frozen + killed) as f64, "", stage.pick(5.0, 38.0)))
        .note(format!("{frozen} leaders frozen 10 ms before, {killed} killed at the due second")))
}

/// Waits until the wall clock shows that millisecond of a second.
fn until_second(ms: i64) {
    let wait = (ms - wall()).rem_euclid(1_000).unsigned_abs();
    sleep(Duration::from_millis(wait));
}

fn freeze(process: Option<&Process>) -> Told<bool> {
    let Some(process) = process else { return Ok(false) };
    process.signal(Signal::STOP)?;
    sleep(FROZEN);
    process.signal(Signal::CONT)?;
    Ok(true)
}

fn replace(scene: &Scene<'_>, specs: &[SchedulerSpec], processes: &mut [Process], at: usize) -> Told<bool> {
    let (Some(spec), Some(process)) = (specs.get(at), processes.get_mut(at)) else { return Ok(false) };
    process.kill()?;
    sleep(Duration::from_millis(1_500));
    *process = spec.start(scene)?;
    Ok(true)
}
