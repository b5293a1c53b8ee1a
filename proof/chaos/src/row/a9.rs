//! A9: poison: jobs that take their process along, by abort, exit, an overflown stack and SIGSEGV.
//!
//! Promises: each is in quarantine after three crashes, with its last words; no neighbour is; and the neighbours keep nine
//! tenths of the pace that they have before and after, measured in the same run with the same workers.

use std::time::Duration;

use banto_core::{Job, State, limits::CRASHES_MAX};

use crate::{
    Told,
    client::ClientSpec,
    ledger::Word,
    load::{Act, Errand},
    process::Process,
    report::{Check, Report},
    stage::{Scene, Stage, now},
    worker::WorkerSpec,
};

const WORKERS: usize = 4;
const POISON: [Act; 4] = [Act::Abort, Act::Exit, Act::Overflow, Act::Segv];
const LIMIT: Duration = Duration::from_secs(90);

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let lease_ms = stage.pick(3_000, 10_000);
    let mut crew = Crew::start(&scene, lease_ms)?;
    // Enough neighbours that the line is never empty: each slot runs ten a second at most.
    let mut neighbours = scene.client("neighbours", stage.pick(8_000, 30_000));
    (neighbours.ms, neighbours.batch) = ((90, 110), 100);
    neighbours.finish(&scene, LIMIT)?;
    crew.work(Duration::from_secs(1), |_| Ok(false))?;
    let span = Duration::from_secs(stage.pick(6, 30));
    let before = crew.pace(span)?;
    for act in POISON {
        // Urgent, so that it need not wait until its neighbours are through.
        let poison = ClientSpec { act, priority: 0, ..scene.client(&format!("{act:?}"), 1) };
        poison.finish(&scene, LIMIT)?;
    }
    let since = now();
    let all = crew.work(LIMIT, |scene| Ok(quarantined(&scene.listed()?).len() == POISON.len()))?;
    if !all {
        return Err(format!("see every poison in quarantine within {} s", LIMIT.as_secs()));
    }
    let poisoned_ms = now() - since;
    let poisoned = crew.finished(since, now())?;
    let after = crew.pace(span)?;
    drop(crew);
    let (account, _, listed) = scene.account()?;
    let dead = quarantined(&listed);
    let crashes: u64 = dead.iter().map(|job| u64::from(job.crashes)).max().unwrap_or(0);
    let kept =
        dead.iter().filter(|job| job.error.as_deref().is_some_and(|error| error.contains("quarantined"))).count();
    let innocent = listed.iter().filter(|job| job.state == State::Dead && !poison(job)).count() as u64;
    let pace = poisoned as f64 * 1_000.0 / poisoned_ms as f64;
    Ok(Report { account, ..Report::default() }
        .check(Check::at_least(
            "pace of the neighbours",
            pace / f64::midpoint(before, after),
            "of the pace without",
            0.9,
        ))
        .check(Check::exactly("poison in quarantine, with its last words", kept as u64, "", POISON.len() as u64))
        .check(Check::exactly("most crashes of a poison", crashes, "", CRASHES_MAX.into()))
        .check(Check::none("neighbours in quarantine", innocent))
        .recovery(poisoned_ms)
        .note(format!(
            "{before:.0} jobs a second before, {pace:.0} beside the poison, {after:.0} after; {poisoned_ms} ms"
        )))
}

fn poison(job: &Job) -> bool {
    job.payload.read::<Errand>().is_ok_and(|errand| POISON.contains(&errand.act))
}

fn quarantined(listed: &[Job]) -> Vec<&Job> {
    listed.iter().filter(|job| job.state == State::Dead && poison(job)).collect()
}

/// Workers, and the supervisor that starts each anew when it has died.
struct Crew<'a> {
    scene: &'a Scene<'a>,
    specs: Vec<WorkerSpec>,
    workers: Vec<Process>,
}

impl<'a> Crew<'a> {
    fn start(scene: &'a Scene<'a>, lease_ms: u64) -> Told<Crew<'a>> {
        let spec = |n| WorkerSpec { lease_ms, concurrency: 4, ..scene.worker(&format!("worker-{n}")) };
        let specs: Vec<WorkerSpec> = (0..WORKERS).map(spec).collect();
        let workers = specs.iter().map(|spec| spec.start(scene)).collect::<Told<_>>()?;
        Ok(Crew { scene, specs, workers })
    }

    /// Looks after the workers for so long, or until `done`; says whether it was.
    fn work(&mut self, span: Duration, done: impl Fn(&Scene<'_>) -> Told<bool>) -> Told<bool> {
        let (until, mut look) = (now() + span.as_millis() as u64, 0);
        while now() < until {
            for (worker, spec) in self.workers.iter_mut().zip(&self.specs) {
                if worker.ended()?.is_some() {
                    *worker = spec.start(self.scene)?;
                }
            }
            look += 1;
            if look % 50 == 0 && done(self.scene)? {
                return Ok(true);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(false)
    }

    /// The pace over that span, in jobs a second.
    fn pace(&mut self, span: Duration) -> Told<f64> {
        let since = now();
        self.work(span, |_| Ok(false))?;
        let until = now();
        Ok(self.finished(since, until)? as f64 * 1_000.0 / (until - since) as f64)
    }

    fn finished(&self, since: u64, until: u64) -> Told<u64> {
        let runs = self.scene.runs()?;
        let done = |line: &&crate::ledger::Line| line.word == Word::Wrote && (since..until).contains(&line.at);
        Ok(runs.iter().filter(done).count() as u64)
    }
}
