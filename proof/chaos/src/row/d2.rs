//! D2: two schedulers whose clocks are ten minutes apart (libfaketime).
//!
//! Promises: the one that leads goes on alone; the other fires nothing, and says why.

use std::{thread::sleep, time::Duration};

use crate::{
    Told,
    dues::{Dues, leader, library, rows, service, wall},
    report::{Check, Report},
    scheduler::{Line, SchedulerSpec},
    stage::Stage,
};

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let library = match library() {
        Ok(library) => library,
        Err(why) => return Ok(Report::skipped(why)),
    };
    let scene = stage.scene("store")?;
    let lines: Vec<Line> = (0..3).map(|n| Line::every(1, format!("each-second-{n}"))).collect();
    let _right = SchedulerSpec::new("right", &scene, &lines).start(&scene)?;
    stage.until("it lead", Duration::from_secs(20), || Ok(leader(&scene)?.is_some()))?;
    let (leads, began) = (leader(&scene)?, wall());
    let _ahead = SchedulerSpec::new("ahead", &scene, &lines).start_off(&scene, &library, 600)?;
    let _behind = SchedulerSpec::new("behind", &scene, &lines).start_off(&scene, &library, -600)?;
    sleep(Duration::from_secs(stage.pick(10, 100)));
    let until = wall();
    stage.until("everything accounted for", Duration::from_secs(20), || {
        Ok(service(&scene)?.is_some_and(|service| service.accounted_until > until))
    })?;
    let dues = Dues::of(&scene, &lines, began, until)?;
    let by_others = rows(&scene)?.iter().filter(|row| Some(row.by) != leads.map(|(by, _)| by)).count() as u64;
    let said = |name: &str| {
        let log = std::fs::read_to_string(scene.dir.join(format!("{name}.log"))).unwrap_or_default();
        u64::from(log.contains("this clock is too far off the store's"))
    };
    Ok(dues
        .report()
        .check(Check::none("fired by a clock that is off", by_others))
        .check(Check::exactly("due instants that have fired", dues.all_fired(), "", dues.due))
        .check(Check::exactly("clocks that are said to be off", said("ahead") + said("behind"), "", 2)))
}
