//! B7: PostgreSQL is restarted under load: in order (`-m fast`), as in a crash (`-m immediate`), and killed.
//!
//! Promises: nothing that was accepted is lost, whatever way it went, and work goes on within 5 s of its return.

use std::{thread::sleep, time::Duration};

use super::outage::{BACK_MS, under_load};
use crate::{
    Told,
    report::{Check, Report},
    server::Down,
    stage::{Stage, mutated, now},
};

const WAYS: [Down; 3] = [Down::Fast, Down::Immediate, Down::Kill];

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let times = stage.pick(WAYS.len(), 10 * WAYS.len());
    let found = under_load(&scene, times, |n| {
        let how = if mutated("fsync") { Down::Immediate } else { *WAYS.get(n % WAYS.len()).unwrap_or(&Down::Kill) };
        stage.server(|server| server.down(how))??;
        sleep(Duration::from_millis(stage.draw(100..=700)));
        stage.server(|server| server.begin())??;
        Ok(now())
    })?;
    let broken = scene.broken()?.len() as u64;
    let note = format!("{times} restarts, {} refusals were heard and asked again", found.refused);
    let report = found.report(BACK_MS).note(note);
    // Without the fsync the counts go with the jobs, so there nothing would be broken but what is lost.
    Ok(report.check(Check::none("rules of the store that are broken", broken)))
}
