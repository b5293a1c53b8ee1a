//! A7: a worker is frozen past its lease, and thawed when another one runs its jobs.
//!
//! Promises: the other one finishes; the first one's handlers are told that their lease is lost; its ends, which claim
//! success all the same, are refused and counted, and nothing it says is ever written.

use std::{collections::BTreeSet, thread::sleep, time::Duration};

use banto_core::State;
use rustix::process::Signal;

use crate::{
    Told,
    account::count,
    ledger::Word,
    load::Act,
    process::Process,
    report::{Check, Report},
    stage::{Stage, now},
    worker::WorkerSpec,
};

/// Jobs that are in the hands of the frozen worker, and workers that take over: a job under which a worker has vanished runs
/// alone among its like, one in a process.
const JOBS: usize = 3;

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let lease_ms = stage.pick(3_000, 10_000);
    let mut frozen = scene.worker("frozen");
    (frozen.lease_ms, frozen.concurrency) = (lease_ms, JOBS);
    let others = (0..JOBS).map(|n| WorkerSpec { name: format!("other-{n}"), ..frozen.clone() });
    let frozen = frozen.start(&scene)?;
    let mut client = scene.client("client", JOBS);
    // The other's runs last, so that the thawed one says its word while they are under way.
    (client.act, client.ms) = (Act::Zombie, (4_000, 6_000));
    client.finish(&scene, Duration::from_secs(20))?;
    let begun = |jobs: usize| Ok(count(&scene.runs()?, Word::Begin) == jobs as u64);
    stage.until("the first runs", Duration::from_secs(20), || begun(JOBS))?;
    sleep(Duration::from_millis(stage.draw(0..=1_000)));
    frozen.signal(Signal::STOP)?;
    let stopped = now();
    let _others: Vec<Process> = others.map(|other| other.start(&scene)).collect::<Told<_>>()?;
    stage.until("the other workers' runs", Duration::from_millis(lease_ms + 15_000), || begun(2 * JOBS))?;
    let recovery = now() - stopped;
    sleep(Duration::from_millis(stage.pick(0, 40_000_u64.saturating_sub(recovery))));
    frozen.signal(Signal::CONT)?;
    scene.drained(Duration::from_secs(60))?;
    let refused = || Ok(count(&scene.runs()?, Word::Late) >= JOBS as u64);
    // What is not refused by then is judged below.
    let _all = stage.until("every late end refused", Duration::from_secs(10), refused);
    let (account, runs, listed) = scene.account()?;
    let told = runs.iter().filter(|line| line.word == Word::Told && line.note == "lease_lost").count() as u64;
    let writers: BTreeSet<u32> = runs.iter().filter(|line| line.word == Word::Wrote).map(|line| line.pid).collect();
    let by_frozen = u64::from(writers.contains(&frozen.pid()));
    let done = listed.iter().filter(|job| job.state == State::Done && job.fence > 1).count() as u64;
    let (wrong, late, tally) = (account.wrong, account.late_refused, scene.tally()?.late);
    Ok(Report::of(account)
        .headed(Check::none("finished by the frozen worker", by_frozen.max(wrong)))
        .check(Check::exactly("late ends refused", late, "", JOBS as u64))
        .check(Check::exactly("late ends the store counts", tally, "", JOBS as u64))
        .check(Check::exactly("handlers told", told, "", JOBS as u64))
        .check(Check::exactly("finished by the other workers", done, "", JOBS as u64))
        .recovery(recovery))
}
