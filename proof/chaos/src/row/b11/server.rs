//! The same with a PostgreSQL whose data lie on a small disk, and its log on another, as it should be: one that has no room
//! for its log stops altogether.
//!
//! Promises: enqueue is refused with the word `full`; who runs keeps his lease, so that nothing runs twice, and ends once
//! there is room; work is accepted again by itself. There is no reserve: the disk is not ours.

use std::{path::Path, process::Command, time::Duration};

use banto_core::State;
use banto_servers::{Postgres, Stop};

use super::{LIMIT, RUNNING, eat};
use crate::{
    Told,
    account::count,
    disk::Disk,
    ledger::Word,
    load::Act,
    report::{Check, Report},
    server::Server,
    stage::{Stage, now, write},
};

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let place = std::env::temp_dir().join("disk");
    let disk = match Disk::mount(&place, "256m") {
        Ok(disk) => disk,
        Err(wrong) => return Ok(Report::skipped(format!("could not {wrong}; a small disk wants root"))),
    };
    let mut server = Postgres::start_below(&place, &[("shared_buffers", "16MB"), ("autovacuum_naptime", "1s")])?;
    server.stop(Stop::Fast)?;
    let (log, data) = (place.with_file_name("log"), server.folder().join("data/pg_wal"));
    moved(&data, &log)?;
    server.begin()?;
    stage.adopt(Server::Postgres(server));
    let report = fill(stage, &place);
    // The server goes before its disk.
    stage.serve(&[])?;
    drop(disk);
    report
}

fn moved(from: &Path, to: &Path) -> Told<()> {
    for words in [["mv", "--", "FROM", "TO"], ["ln", "-s", "TO", "FROM"]] {
        let words = words.map(|word| match word {
            "FROM" => from.as_os_str(),
            "TO" => to.as_os_str(),
            word => word.as_ref(),
        });
        let [program, rest @ ..] = words;
        let ran =
            Command::new(program).args(rest).output().map_err(|error| format!("move the server's log: {error}"))?;
        if !ran.status.success() {
            return Err(format!("move the server's log: {}", String::from_utf8_lossy(&ran.stderr).trim()));
        }
    }
    Ok(())
}

fn fill(stage: &Stage, place: &Path) -> Told<Report> {
    let scene = stage.scene("store")?;
    let mut worker = scene.worker("worker");
    (worker.queues, worker.concurrency) = (vec!["running".into()], RUNNING);
    let worker = worker.start(&scene)?;
    let mut gated = scene.client("gated", RUNNING);
    (gated.act, gated.queue) = (Act::Gate, "running".into());
    gated.finish(&scene, LIMIT)?;
    stage.until("the jobs run", LIMIT, || Ok(count(&scene.runs()?, Word::Begin) == RUNNING as u64))?;
    let mut filler = scene.client("filler", 600);
    (filler.pad, filler.queue, filler.batch, filler.patience_ms) = (16_000, "later".into(), 5, 120_000);
    // Nothing that can be made smaller.
    filler.direct = true;
    let mut filler = filler.start(&scene)?;
    let foreign = place.join("foreign");
    eat(&foreign);
    let refused = || Ok(scene.acks()?.iter().any(|line| line.word == Word::Refused && line.note == "full"));
    stage.until("enqueue refused as full", LIMIT, refused)?;
    write(&scene.dir.join("gate"), b"open")?;
    let done = || -> Told<usize> {
        let listed = scene.listed()?;
        Ok(listed.iter().filter(|job| job.queue.as_str() == "running" && job.state == State::Done).count())
    };
    let _all = stage.until("every running job finished", Duration::from_secs(5), || Ok(done()? == RUNNING));
    let meanwhile = done()?;
    let acked = count(&scene.acks()?, Word::Acked);
    std::fs::remove_file(&foreign).map_err(|error| format!("remove the foreign file: {error}"))?;
    let freed = now();
    stage.until("work accepted again", LIMIT, || Ok(count(&scene.acks()?, Word::Acked) > acked))?;
    let resumed_ms = now() - freed;
    let mut later = scene.worker("later");
    later.queues = vec!["later".into()];
    let later = later.start(&scene)?;
    filler.succeed(Duration::from_secs(60))?;
    scene.drained(LIMIT)?;
    let finished = done()?;
    drop((worker, later));
    let (account, ..) = scene.account()?;
    let (refusals, open) = (count(&scene.acks()?, Word::Refused), account.open);
    let doubled = account.duplicated_runs;
    Ok(Report::of(account)
        .headed(Check::exactly("running jobs that finished, once there was room", finished as u64, "", RUNNING as u64))
        .check(Check::none("run twice", doubled))
        .check(Check::at_least("refusals with the word full", refusals as f64, "", 1.0))
        .check(Check::at_most("accepted again after", resumed_ms as f64 / 1_000.0, "s", 5.0))
        .check(Check::none("not ended", open))
        .check(Check::none("rules of the store that are broken", scene.broken()?.len() as u64))
        .recovery(resumed_ms)
        .note(format!(
            "{meanwhile} of {RUNNING} ended while it was full: a server keeps no reserve for banto, their leases hold"
        )))
}
