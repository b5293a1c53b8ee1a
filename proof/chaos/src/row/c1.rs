//! C1: the wire between a worker and the server is cut for longer than a lease, and whole again.
//!
//! Promises: the worker's handlers are told that their leases are lost before anybody else begins their jobs; it writes no
//! end of theirs; and within 5 s of the wire's return it takes jobs again. Nothing is lost.

use std::{thread::sleep, time::Duration};

use super::wire;
use crate::{
    Told,
    account::count,
    ledger::{Line, Word},
    load::Act,
    process::Start,
    report::{Check, Report},
    stage::{Stage, now},
};

const LIMIT: Duration = Duration::from_secs(60);
/// Jobs in the hands of the one that is cut off, and workers that take over.
const JOBS: usize = 3;
const BACK_MS: u64 = 5_000;

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let net = stage.net()?;
    let scene = wire::across(stage)?;
    let (lease_ms, cuts) = stage.pick((3_000, &[9_000_u64][..]), (10_000, &[5_000, 30_000, 120_000]));
    let mut far = scene.worker("far");
    (far.url, far.lease_ms, far.concurrency) = (scene.url_at(&wire::far_side(stage)?)?, lease_ms, JOBS);
    far.queues = vec!["default".into(), "far".into()];
    let far_process = Start::new("worker", "far", &far)?.under(&net.there()).start(&scene)?;
    let mut client = scene.client("client", JOBS);
    (client.act, client.ms) = (Act::Zombie, (4_000, 6_000));
    client.finish(&scene, LIMIT)?;
    stage.until("the first runs", LIMIT, || Ok(count(&scene.runs()?, Word::Begin) == JOBS as u64))?;
    let near = |n| {
        let mut spec = scene.worker(&format!("near-{n}"));
        spec.lease_ms = lease_ms;
        spec.start(&scene)
    };
    let _near = (0..JOBS).map(near).collect::<Told<Vec<_>>>()?;
    let mut waits = Vec::new();
    for (n, cut_ms) in cuts.iter().enumerate() {
        net.cut()?;
        sleep(Duration::from_millis(*cut_ms));
        net.join()?;
        let back = now();
        let mut call = scene.client(&format!("call-{n}"), 1);
        call.queue = "far".into();
        call.finish(&scene, LIMIT)?;
        let calls = JOBS as u64 * 2 + n as u64 + 1;
        stage.until("the far one take a job", LIMIT, || Ok(count(&scene.runs()?, Word::Begin) >= calls))?;
        waits.push(now().saturating_sub(back));
    }
    scene.drained(LIMIT)?;
    let (account, runs, _) = scene.account()?;
    // Of the jobs that were taken from it: those that it was called for later are its own.
    let mine = |line: &&Line| line.word == Word::Wrote && line.pid == far_process.pid() && line.fence == 1;
    let called = runs.iter().filter(mine).count() as u64;
    let by_far = called.saturating_sub(cuts.len() as u64);
    let (open, longest) = (account.open, waits.iter().copied().max().unwrap_or(u64::MAX));
    let short = *cuts.first().unwrap_or(&0) < lease_ms;
    let lost = if short && cuts.len() == 1 { 0 } else { JOBS as u64 };
    Ok(Report::of(account)
        .headed(Check::exactly("told before another began", told_before(&runs), "", lost))
        .check(Check::none("ends written by the one that was cut off", by_far))
        .check(Check::at_most("takes jobs again after", longest as f64 / 1_000.0, "s", BACK_MS as f64 / 1_000.0))
        .check(Check::none("not ended", open))
        .recovery(longest)
        .note(format!("the wire was cut for {cuts:?} ms, leases of {lease_ms} ms")))
}

/// Runs that were told that their lease was lost before the next run of their job began.
fn told_before(runs: &[Line]) -> u64 {
    let told = runs.iter().filter(|line| line.word == Word::Told && line.note == "lease_lost");
    let before = told.filter(|told| {
        let mut next = runs.iter().filter(|l| l.word == Word::Begin && l.job == told.job && l.fence > told.fence);
        next.all(|next| told.at <= next.at)
    });
    before.count() as u64
}
