//! A1: workers are killed mid-job, again and again, while four of them work and a client goes on enqueuing.
//!
//! Promises: nothing accepted is lost, no dead worker's end is written, and what ran in a worker that died runs again
//! within 15 s. A job that was hit three times may be dead, for that is what quarantine means; no other may.

use std::{collections::BTreeMap, thread::sleep, time::Duration};

use banto_core::{Job, JobId, limits::CRASHES_MAX};

use crate::{
    Told,
    account::{Kill, percentile, recoveries, unnoted},
    ledger::{Line, Word},
    report::{Check, Report},
    stage::Stage,
};

const WORKERS: usize = 4;

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let (jobs, kills) = stage.pick((1_500, 8), (10_000, 50));
    let specs: Vec<_> = (0..WORKERS).map(|n| scene.worker(&format!("worker-{n}"))).collect();
    let mut workers: Vec<_> = specs.iter().map(|spec| spec.start(&scene)).collect::<Told<_>>()?;
    let mut client = scene.client("client", jobs);
    (client.ms, client.every_ms) = ((20, 100), 10);
    let mut client = client.start(&scene)?;
    stage
        .until("the first run", Duration::from_secs(20), || Ok(scene.runs()?.iter().any(|l| l.word == Word::Begin)))?;
    let mut killed = Vec::new();
    for _ in 0..kills {
        sleep(Duration::from_millis(stage.draw(200..=700)));
        let victim = usize::try_from(stage.draw(0..=WORKERS as u64 - 1)).unwrap_or(0);
        if let (Some(worker), Some(spec)) = (workers.get_mut(victim), specs.get(victim)) {
            killed.push(Kill { pid: worker.pid(), at: worker.kill()? });
            *worker = spec.start(&scene)?;
        }
    }
    client.succeed(Duration::from_secs(120))?;
    scene.drained(Duration::from_secs(60))?;
    drop(workers);
    let (account, runs, listed) = scene.account()?;
    Ok(judge(account, &runs, &listed, &killed))
}

pub(super) fn judge(account: crate::account::Account, runs: &[Line], listed: &[Job], killed: &[Kill]) -> Report {
    let again = recoveries(runs, killed, listed);
    let mut waits: Vec<u64> = again.iter().flatten().copied().collect();
    let hits = hits(runs, killed);
    let fated = hits.values().filter(|hits| **hits >= u64::from(CRASHES_MAX)).count() as u64;
    let p99 = percentile(&mut waits, 0.99);
    let (open, dead, doubled, hit) = (account.open, account.dead, account.duplicated_runs, again.len() as u64);
    Report::of(account)
        .headed(Check::at_most("rerun p99", p99 as f64 / 1_000.0, "s", 15.0))
        .check(Check::none("not ended", open))
        .check(Check::at_most("dead", dead as f64, "", fated as f64))
        .check(Check::at_most("runs that no kill explains", doubled.saturating_sub(hit) as f64, "", 0.0))
        .check(Check::at_least("runs cut by a kill", hit as f64, "", killed.len() as f64))
        .recovery(p99)
        .note(format!("{} kills cut {hit} runs; reruns took {} ms at most", killed.len(), waits.last().unwrap_or(&0)))
}

/// How often each job was in the hands of a worker that was killed.
fn hits(runs: &[Line], killed: &[Kill]) -> BTreeMap<JobId, u64> {
    let mut hits = BTreeMap::new();
    for line in runs.iter().filter(|line| line.word == Word::Claimed) {
        let written = |other: &&Line| {
            matches!(other.word, Word::Wrote | Word::Late) && (other.job, other.fence) == (line.job, line.fence)
        };
        if killed.iter().any(|kill| kill.pid == line.pid) && !runs.iter().any(|other| written(&other)) {
            *hits.entry(line.job).or_default() += 1;
        }
    }
    for line in unnoted(runs) {
        *hits.entry(line.job).or_default() += 1;
    }
    hits
}
