//! D7: a deploy that dies: a build with one more schedule registers and is killed, and the old build goes on for a moment
//! before it hears of it.
//!
//! Promises: what the old build does not know it cannot account for; when the new build is back, every due instant of every
//! schedule is accounted for.

use std::{thread::sleep, time::Duration};

use crate::{
    Told,
    dues::{Dues, leader, service, wall},
    process::Process,
    report::{Check, Report},
    scheduler::{Line, SchedulerSpec},
    stage::{Scene, Stage},
};

/// How long the old build goes on alone: less than it takes until it beats again, and hears.
const ALONE: Duration = Duration::from_millis(2_200);
/// How fresh its last beat is when the new build comes, in milliseconds.
const FRESH_MS: u64 = 400;

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let rounds = stage.pick(2, 20);
    let build = |n: usize| {
        let lines: Vec<Line> = (0..=n).map(|n| Line::every(1, format!("each-second-{n}"))).collect();
        (SchedulerSpec::new(&format!("build-{n}"), &scene, &lines), lines)
    };
    let (spec, _) = build(0);
    let mut old = spec.start(&scene)?;
    stage.until("it lead", Duration::from_secs(20), || Ok(leader(&scene)?.is_some()))?;
    let (mut dues, mut alone) = (Dues::default(), 0);
    for n in 1..=rounds {
        let (spec, lines) = build(n);
        stage.until("the old build beat", Duration::from_secs(20), || Ok(silent_ms(&scene, &old)? < FRESH_MS))?;
        let known = generation(&scene)?;
        let mut new = spec.start(&scene)?;
        stage.until("the new build register", Duration::from_secs(20), || Ok(generation(&scene)? > known))?;
        new.kill()?;
        let registered = wall();
        sleep(ALONE);
        alone += u64::from(crate::dues::rows(&scene)?.iter().any(|row| row.due_at > registered));
        new = spec.start(&scene)?;
        let until = wall();
        stage.until("everything accounted for", Duration::from_secs(20), || {
            Ok(service(&scene)?.is_some_and(|service| service.accounted_until > until))
        })?;
        dues.add(Dues::of(&scene, &lines, registered, until)?);
        old = new;
    }
    drop(old);
    let (fired, due) = (dues.all_fired(), dues.due);
    Ok(dues
        .report()
        .check(Check::exactly("due instants that have fired", fired, "", due))
        .check(Check::at_least("rounds in which the old build went on alone", alone as f64, "", 1.0))
        .note(format!("{rounds} builds registered one more schedule each and were killed")))
}

fn generation(scene: &Scene<'_>) -> Told<i64> {
    Ok(service(scene)?.map_or(0, |service| service.generation))
}

/// How long ago that process beat, in milliseconds.
fn silent_ms(scene: &Scene<'_>, process: &Process) -> Told<u64> {
    let seen = scene.stage.wait(scene.open()?.instances()).map_err(|error| error.to_string())?;
    Ok(seen.iter().find(|seen| seen.instance.pid == process.pid()).map_or(u64::MAX, |seen| seen.silent_ms))
}
