//! B11: the disk is full, to its last byte, while jobs run.
//!
//! Promises: enqueue is refused with the word `full`; every running job can still finish; once a prune and the departure of
//! a foreign file have made room, work is accepted again by itself; nothing is lost.

use std::{fs::File, io::Write, path::Path, time::Duration};

use banto_core::State;
use banto_store::Prune;

use crate::{
    Told,
    account::count,
    disk::Disk,
    kept::Kept,
    ledger::Word,
    load::Act,
    report::{Check, Report},
    stage::{Scene, Stage, now, write},
};

mod server;

const LIMIT: Duration = Duration::from_secs(30);
/// Jobs that run while the disk is full.
const RUNNING: usize = 8;

pub(super) fn play(stage: &Stage) -> Told<Report> {
    if stage.kept == Kept::Postgres {
        return server::play(stage);
    }
    let mut scene = stage.scene("store")?;
    let disk = match Disk::mount(&scene.dir.join("disk"), "8m") {
        Ok(disk) => disk,
        Err(wrong) => return Ok(Report::skipped(format!("could not {wrong}; a small disk wants root"))),
    };
    // The ledgers lie on the machine's own disk, the store alone on the small one.
    scene.db = scene.dir.join("disk").join("jobs.db");
    scene.options = "reserve=2m".into();
    let report = fill(&scene);
    drop(disk);
    report
}

fn fill(scene: &Scene<'_>) -> Told<Report> {
    let stage = scene.stage;
    let mut old = scene.client("old", 60);
    (old.pad, old.queue) = (16_000, "old".into());
    old.finish(scene, LIMIT)?;
    let mut worker = scene.worker("worker");
    (worker.queues, worker.concurrency) = (vec!["old".into(), "running".into()], RUNNING);
    let worker = worker.start(scene)?;
    scene.drained(LIMIT)?;
    let mut gated = scene.client("gated", RUNNING);
    (gated.act, gated.queue) = (Act::Gate, "running".into());
    gated.finish(scene, LIMIT)?;
    let runs = || Ok(count(&scene.runs()?, Word::Begin) == 60 + RUNNING as u64);
    stage.until("the jobs run", LIMIT, runs)?;

    let mut filler = scene.client("filler", 400);
    (filler.pad, filler.queue, filler.batch, filler.patience_ms) = (16_000, "later".into(), 5, 60_000);
    let mut filler = filler.start(scene)?;
    let refused = || Ok(scene.acks()?.iter().any(|line| line.word == Word::Refused && line.note == "full"));
    let foreign = scene.db.with_file_name("foreign");
    // Once: whoever also eats the room that the store leaves to those who must finish takes it from them.
    eat(&foreign);
    stage.until("enqueue refused as full", LIMIT, refused)?;
    let done = |queue: &str| -> Told<usize> {
        let listed = scene.listed()?;
        Ok(listed.iter().filter(|job| job.queue.as_str() == queue && job.state == State::Done).count())
    };
    write(&scene.dir.join("gate"), b"open")?;
    let all = stage.until("every running job finished", LIMIT, || Ok(done("running")? == RUNNING));
    let finished = done("running")?;
    let acked = count(&scene.acks()?, Word::Acked);

    // What others leave, and what is old, goes; nobody tells the filler.
    let pruned = prune(scene)?;
    std::fs::remove_file(&foreign).map_err(|error| format!("remove the foreign file: {error}"))?;
    let freed = now();
    stage.until("work accepted again", LIMIT, || Ok(count(&scene.acks()?, Word::Acked) > acked))?;
    let resumed_s = (now() - freed) as f64 / 1_000.0;
    let mut later = scene.worker("later");
    (later.queues, later.prune_done_ms) = (vec!["later".into()], Some(0));
    let later = later.start(scene)?;
    filler.succeed(LIMIT)?;
    scene.drained(LIMIT)?;
    drop((worker, later));
    let (account, _, _) = scene.account()?;
    let refusals = count(&scene.acks()?, Word::Refused);
    let open = account.open;
    let report = Report::of(account)
        .headed(Check::exactly("running jobs that finished on a full disk", finished as u64, "", RUNNING as u64))
        .check(Check::at_least("refusals with the word full", refusals as f64, "", 1.0))
        .check(Check::at_most("accepted again after", resumed_s, "s", 5.0))
        .check(Check::at_least("jobs pruned on a full disk", pruned as f64, "", 60.0))
        .check(Check::none("not ended", open))
        .recovery((resumed_s * 1_000.0) as u64);
    Ok(all.err().into_iter().fold(report, |report, wrong| report.note(format!("could not {wrong}"))))
}

/// Grows a foreign file until nothing is left.
fn eat(path: &Path) {
    let file = File::options().append(true).create(true).open(path);
    let block = [7; 4_096];
    if let Ok(mut file) = file {
        while file.write_all(&block).is_ok() {}
        while file.write_all(&[7]).is_ok() {}
    }
}

/// Deletes every done job, as an operator or a worker would.
fn prune(scene: &Scene<'_>) -> Told<usize> {
    let store = scene.open()?;
    let prune = Prune { done_ms: 0, ..Prune::default() };
    let pruned = scene.stage.wait(store.prune(prune)).map_err(|error| format!("prune on a full disk: {error}"))?;
    Ok(pruned.jobs)
}
