//! A14: runs of a schedule keep each other out, and the process that holds the run is killed.
//!
//! Promises: there is never more than one run at a time, and the dead one's bar is gone within 15 s.

use std::time::Duration;

use banto_core::Fate;
use banto_store::Read;

use crate::{
    Told,
    account::percentile,
    dues::{Dues, leader, rows, service, wall},
    report::{Check, Report},
    scheduler::{Line, SERVICE},
    stage::{Scene, Stage},
    up::{Up, marked},
};

const NAMES: [&str; 2] = ["one", "two"];
/// Due instants that are skipped before the holder is killed, at least.
const SKIPPED: usize = 2;

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let mark = Up::mark(&scene);
    let up = Up::new(
        &scene,
        &format!(
            "service = \"{SERVICE}\"\n[[schedule]]\nname = \"long\"\nrun = [\"sleep\", \"3600\"]\nevery = \"1s\"\nno_overlap = true\n{mark}\n"
        ),
    )?;
    let mut processes = NAMES.map(|name| up.start(name)).into_iter().collect::<Told<Vec<_>>>()?;
    stage.until("somebody lead", Duration::from_secs(20), || Ok(leader(&scene)?.is_some()))?;
    let began = wall();
    let (mut waits, mut together, mut after) = (Vec::new(), 0, 0);
    for _ in 0..stage.pick(1, 8) {
        let holder = settled(&scene, &mut together, after)?;
        let at = processes.iter().position(|process| process.pid() == holder);
        let (Some(process), Some(name)) = (at.and_then(|at| processes.get_mut(at)), at.and_then(|at| NAMES.get(at)))
        else {
            return Err(format!("find the process {holder} that holds the run"));
        };
        process.kill()?;
        let killed = wall();
        after = next_run(&scene, &mut together, killed)?;
        waits.push(after.saturating_sub(killed).unsigned_abs());
        *process = up.start(name)?;
    }
    let until = wall();
    stage.until("everything accounted for", Duration::from_secs(20), || {
        Ok(service(&scene)?.is_some_and(|service| service.accounted_until > until))
    })?;
    drop(processes);
    let report = Dues::of(&scene, &[Line::every(1, "long")], began, until)?.report();
    let (kills, worst) = (waits.len(), percentile(&mut waits, 1.0));
    Ok(report
        .headed(Check::at_most("from the kill to the next run", worst as f64 / 1_000.0, "s", 15.0))
        .check(Check::exactly("runs at the same time", together, "", 1))
        .recovery(worst)
        .note(format!("{kills} kills; the next run began after {} to {worst} ms", percentile(&mut waits, 0.0))))
}

/// Waits until the run that began at `after` or later has kept others out, and gives the process that holds it.
fn settled(scene: &Scene<'_>, together: &mut u64, after: i64) -> Told<u32> {
    let mut holder = None;
    scene.stage.until("a run keep others out", Duration::from_secs(30), || {
        *together = (*together).max(marked(scene)?.len() as u64);
        let rows = rows(scene)?;
        let started = |row: &banto_store::FireView| row.run.as_ref()?.started_at.filter(|at| *at >= after);
        let Some(run) = rows.iter().filter(|row| started(row).is_some()).max_by_key(|row| row.due_at) else {
            return Ok(false);
        };
        let by = run.run.as_ref().and_then(|run| run.instance);
        let seen = scene.stage.wait(scene.open()?.instances()).map_err(|error| error.to_string())?;
        holder = seen.iter().find(|seen| Some(seen.instance.id) == by).map(|seen| seen.instance.pid);
        let since = |row: &&banto_store::FireView| row.fate == Fate::Skipped && row.due_at > run.due_at;
        // Where nothing is kept out, three that run at once say enough.
        Ok(holder.is_some() && (rows.iter().filter(since).count() >= SKIPPED || *together > SKIPPED as u64))
    })?;
    holder.ok_or_else(|| "find out who holds the run".into())
}

/// When the first run after `killed` began, in milliseconds since 1970.
fn next_run(scene: &Scene<'_>, together: &mut u64, killed: i64) -> Told<i64> {
    let mut began = None;
    scene.stage.until("the next run", Duration::from_secs(30), || {
        *together = (*together).max(marked(scene)?.len() as u64);
        let runs = rows(scene)?;
        let started = runs.iter().filter_map(|row| row.run.as_ref()?.started_at);
        began = started.filter(|at| *at >= killed).min();
        Ok(began.is_some())
    })?;
    began.ok_or_else(|| "see the next run".into())
}
