//! D5: nobody was there for three hours, over 180 due instants of each policy.
//!
//! The first scheduler lives three hours ago (libfaketime), the second now. Promises: every count is exact.

use std::{thread::sleep, time::Duration};

use banto_core::Missed;
use rustix::process::Signal;

use crate::{
    Told,
    dues::{Dues, library, service, wall},
    report::{Check, Report},
    scheduler::{Line, SchedulerSpec},
    stage::Stage,
};

const AWAY_MS: i64 = 3 * 3_600_000;
const MAX: u32 = 50;

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let library = match library() {
        Ok(library) => library,
        Err(why) => return Ok(Report::skipped(why)),
    };
    let scene = stage.scene("store")?;
    let line = |name: &str, missed| Line { missed, late_ms: 1_000, ..Line::every(60, name) };
    let lines = [line("skip", Missed::Skip), line("last", Missed::Last), line("all", Missed::All { max: MAX })];
    // So that no minute begins while they start.
    while !(5_000..45_000).contains(&wall().rem_euclid(60_000)) {
        sleep(Duration::from_millis(200));
    }
    let spec = SchedulerSpec::new("before", &scene, &lines);
    let mut before = spec.start_off(&scene, &library, -AWAY_MS / 1_000)?;
    stage.until("it lead", Duration::from_secs(20), || Ok(service(&scene)?.is_some_and(|one| one.by.is_some())))?;
    before.signal(Signal::TERM)?;
    before.succeed(Duration::from_secs(20))?;
    let left = service(&scene)?.map_or(0, |service| service.accounted_until);
    let came = wall();
    let _after = SchedulerSpec::new("after", &scene, &lines).start(&scene)?;
    stage.until("everything accounted for", Duration::from_secs(30), || {
        Ok(service(&scene)?.is_some_and(|service| service.accounted_until >= came))
    })?;
    let dues = Dues::of(&scene, &lines, left, came)?;
    let each = dues.due / 3;
    let report = dues.report().check(Check::exactly("due instants of each", each, "", 180));
    let fired = [("skip", 0), ("last", 1), ("all", u64::from(MAX))];
    Ok(fired.into_iter().fold(report, |report, (name, wanted)| {
        let count = |counts: &std::collections::BTreeMap<String, u64>| counts.get(name).copied().unwrap_or(0);
        report
            .check(Check::exactly(format!("fired by the policy {name}"), count(&dues.fired), "", wanted))
            .check(Check::exactly(format!("missed by the policy {name}"), count(&dues.missed), "", each - wanted))
    }))
}
