//! A14: runs of a schedule keep each other out, and the process that holds the run is killed.
//!
//! Promises: there is never more than one run at a time, and the dead one's bar is gone within 15 s.

use std::time::Duration;

use banto_core::Fate;
use banto_store::FireView;

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
/// Due instants that a run keeps out before its holder is killed, at least.
const SKIPPED: usize = 2;

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let up = Up::new(&scene, &file(&scene))?;
    let mut processes = NAMES.map(|name| up.start(name)).into_iter().collect::<Told<Vec<_>>>()?;
    stage.until("somebody lead", Duration::from_secs(20), || Ok(leader(&scene)?.is_some()))?;
    let began = wall();
    let mut runs = Runs { scene: &scene, together: 0, began: 0 };
    let mut waits = Vec::new();
    for _ in 0..stage.pick(1, 8) {
        let holder = runs.holder()?;
        let held = processes.iter_mut().zip(NAMES).find(|(process, _)| process.pid() == holder);
        let (process, name) = held.ok_or_else(|| format!("find the process {holder} that holds the run"))?;
        process.kill()?;
        let killed = wall();
        runs.next(killed)?;
        waits.push(runs.began.saturating_sub(killed).unsigned_abs());
        *process = up.start(name)?;
    }
    let until = wall();
    stage.until("everything accounted for", Duration::from_secs(20), || {
        Ok(service(&scene)?.is_some_and(|service| service.accounted_until > until))
    })?;
    let together = runs.together;
    drop(processes);
    let report = Dues::of(&scene, &[Line::every(1, "long")], began, until)?.report();
    let (kills, worst) = (waits.len(), percentile(&mut waits, 1.0));
    Ok(report
        .headed(Check::at_most("from the kill to the next run", worst as f64 / 1_000.0, "s", 15.0))
        .check(Check::exactly("runs at the same time", together, "", 1))
        .recovery(worst)
        .note(format!("{kills} kills; the next run began after {} to {worst} ms", percentile(&mut waits, 0.0))))
}

fn file(scene: &Scene<'_>) -> String {
    let mark = Up::mark(scene);
    let schedule = "name = \"long\"\nrun = [\"sleep\", \"3600\"]\nevery = \"1s\"\nno_overlap = true";
    format!("service = \"{SERVICE}\"\n[[schedule]]\n{schedule}\n{mark}\n")
}

/// The runs of the schedule, as they are seen.
struct Runs<'a> {
    scene: &'a Scene<'a>,
    /// How many there were at the same time, at most.
    together: u64,
    /// When the one that is looked at began, in milliseconds since 1970.
    began: i64,
}

impl Runs<'_> {
    /// Waits until the run has kept others out, and gives the process that holds it.
    fn holder(&mut self) -> Told<u32> {
        let (scene, mut holder) = (self.scene, None);
        scene.stage.until("a run keep others out", Duration::from_secs(30), || {
            let rows = self.look()?;
            let since = |row: &&FireView| began(row).is_some_and(|at| at >= self.began);
            let Some(run) = rows.iter().filter(since).max_by_key(|row| row.due_at) else { return Ok(false) };
            let by = run.run.as_ref().and_then(|run| run.instance);
            let seen = scene.stage.wait(scene.open()?.instances()).map_err(|error| error.to_string())?;
            holder = seen.iter().find(|seen| Some(seen.instance.id) == by).map(|seen| seen.instance.pid);
            let skipped = |row: &&FireView| row.fate == Fate::Skipped && row.due_at > run.due_at;
            // Where nothing is kept out, as many runs at once say enough.
            Ok(holder.is_some() && (rows.iter().filter(skipped).count() >= SKIPPED || self.together > SKIPPED as u64))
        })?;
        holder.ok_or_else(|| "find out who holds the run".into())
    }

    /// Waits until a run has begun after the holder was killed.
    fn next(&mut self, killed: i64) -> Told<()> {
        let scene = self.scene;
        scene.stage.until("the next run", Duration::from_secs(30), || {
            let next = self.look()?.iter().filter_map(began).filter(|at| *at >= killed).min();
            self.began = next.unwrap_or(self.began);
            Ok(next.is_some())
        })?;
        Ok(())
    }

    fn look(&mut self) -> Told<Vec<FireView>> {
        self.together = self.together.max(marked(self.scene)?.len() as u64);
        rows(self.scene)
    }
}

fn began(row: &FireView) -> Option<i64> {
    row.run.as_ref()?.started_at
}
