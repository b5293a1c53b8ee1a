//! D6: the machine sleeps: every scheduler is stopped for a while, and goes on.
//!
//! Promises: what was due meanwhile is made up for once, and soon.

use std::{thread::sleep, time::Duration};

use rustix::process::Signal;

use crate::{
    Told,
    dues::{Dues, leader, service, wall},
    process::Process,
    report::{Check, Report},
    scheduler::{Line, SchedulerSpec},
    stage::Stage,
};

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let lines: Vec<Line> = (0..3).map(|n| Line::every(1, format!("each-second-{n}"))).collect();
    let start = |n| SchedulerSpec::new(&format!("scheduler-{n}"), &scene, &lines).start(&scene);
    let group = (0..3).map(start).collect::<Told<Vec<Process>>>()?;
    stage.until("somebody lead", Duration::from_secs(20), || Ok(leader(&scene)?.is_some()))?;
    let began = wall();
    sleep(Duration::from_secs(2));
    group.iter().try_for_each(|process| process.signal(Signal::STOP))?;
    sleep(Duration::from_secs(stage.pick(12, 60)));
    group.iter().try_for_each(|process| process.signal(Signal::CONT))?;
    let woken = wall();
    let caught_up = stage.until("everything accounted for", Duration::from_secs(30), || {
        Ok(service(&scene)?.is_some_and(|service| service.accounted_until >= woken))
    })?;
    let dues = Dues::of(&scene, &lines, began, woken)?;
    let (fired, due) = (dues.all_fired(), dues.due);
    let report = dues.report().check(Check::exactly("due instants that have fired", fired, "", due));
    Ok(report
        .check(Check::at_most("caught up after", caught_up.as_secs_f64(), "s", 5.0))
        .recovery(u64::try_from(caught_up.as_millis()).unwrap_or(u64::MAX)))
}
