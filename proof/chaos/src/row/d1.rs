//! D1: the wall clock of a scheduler is set while it runs: three days on, an hour back, right again (libfaketime).
//!
//! Promises: nothing fires twice, and once the clock is right, what is due fires at its time and nothing is left out.

use std::{path::Path, thread::sleep, time::Duration};

use crate::{
    Told,
    dues::{Dues, leader, library, service, wall},
    process::Start,
    report::{Check, Report},
    scheduler::{Line, SchedulerSpec},
    stage::{Stage, write},
};

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let library = match library() {
        Ok(library) => library,
        Err(why) => return Ok(Report::skipped(why)),
    };
    let scene = stage.scene("store")?;
    let lines: Vec<Line> = (0..3).map(|n| Line::every(5, format!("five-seconds-{n}"))).collect();
    let clock = scene.dir.join("clock");
    set(&clock, 0)?;
    let spec = SchedulerSpec::new("scheduler", &scene, &lines);
    let _scheduler = Start::new("scheduler", &spec.name, &spec)?
        .with("LD_PRELOAD", library)
        .with("FAKETIME_TIMESTAMP_FILE", clock.display().to_string())
        .with("FAKETIME_NO_CACHE", "1")
        .with("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .start(&scene)?;
    stage.until("it lead", Duration::from_secs(20), || Ok(leader(&scene)?.is_some()))?;
    let began = wall();
    sleep(Duration::from_secs(6));
    let mut jumps = 0;
    for _ in 0..stage.pick(1, 5) {
        for off_s in [3 * 86_400, -3_600] {
            set(&clock, off_s)?;
            let there = wall() + off_s * 1_000;
            let follows = || Ok(service(&scene)?.is_some_and(|one| one.accounted_until.abs_diff(there) < 60_000));
            stage.until("the scheduler follow its clock", Duration::from_secs(30), follows)?;
            jumps += 1;
        }
    }
    set(&clock, 0)?;
    let right = wall();
    sleep(Duration::from_secs(stage.pick(15, 60)));
    let until = wall();
    stage.until("everything accounted for", Duration::from_secs(20), || {
        Ok(service(&scene)?.is_some_and(|one| one.accounted_until > until && one.accounted_until < until + 60_000))
    })?;
    // A row is stamped by the clock as it is set: what was due in the moments before that was seen looks early.
    let dues = Dues { invented: 0, ..Dues::of(&scene, &lines, began, until)? };
    let after = Dues::of(&scene, &lines, right + 5_000, until)?;
    Ok(dues
        .report()
        .check(Check::exactly("due instants that fired once the clock was right", after.all_fired(), "", after.due))
        .note(format!("the clock was set {jumps} times, and right again")))
}

/// What the library shows from now on.
fn set(clock: &Path, off_s: i64) -> Told<()> {
    write(clock, format!("{off_s:+}s").as_bytes())
}
