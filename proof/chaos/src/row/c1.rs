//! C1: the wire between a worker and the server is cut, for less and for longer than a lease, and whole again.
//!
//! Promises: the worker's handlers are told that their leases are lost before anybody else begins their jobs; it writes no
//! end of theirs; and within 5 s of the wire's return it takes jobs again. Nothing is lost.

use std::{collections::BTreeSet, fs, thread::sleep, time::Duration};

use banto_core::JobId;

use super::wire;
use crate::{
    Told,
    ledger::{self, Line, Word},
    load::Act,
    process::{Process, Start},
    report::{Check, Report},
    stage::{Scene, Stage, now, write},
};

const LIMIT: Duration = Duration::from_secs(60);
/// Jobs in the hands of the one that is cut off, each time, and workers that take over.
const JOBS: usize = 3;
const BACK_MS: u64 = 5_000;

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let net = stage.net()?;
    let scene = wire::across(stage)?;
    let (lease_ms, cuts) = stage.pick((3_000, &[9_000_u64][..]), (10_000, &[5_000, 30_000, 120_000]));
    let mut far = scene.worker("far");
    (far.url, far.lease_ms, far.concurrency) = (scene.url_at(&wire::far_side(stage)?)?, lease_ms, JOBS + 1);
    far.queues = vec!["default".into(), "far".into()];
    let far_process = Start::new("worker", "far", &far)?.under(&net.there()).start(&scene)?;
    let (mut held, mut waits) = (BTreeSet::new(), Vec::new());
    for (n, cut_ms) in cuts.iter().enumerate() {
        let jobs = accepted(&scene, &format!("held-{n}"), JOBS, "default")?;
        stage.until("the first runs", LIMIT, || Ok(jobs.is_subset(&begun(&scene, far_process.pid())?)))?;
        let _near = (0..JOBS).map(|k| near(&scene, &format!("near-{n}-{k}"), lease_ms)).collect::<Told<Vec<_>>>()?;
        net.cut()?;
        sleep(Duration::from_millis(*cut_ms));
        net.join()?;
        let back = now();
        let call = accepted(&scene, &format!("call-{n}"), 1, "far")?;
        let taken = || Ok(call.is_subset(&begun(&scene, far_process.pid())?));
        stage.until("the far one take a job", LIMIT, taken)?;
        waits.push(now().saturating_sub(back));
        let gate = scene.dir.join("gate");
        write(&gate, b"open")?;
        scene.drained(LIMIT)?;
        fs::remove_file(&gate).map_err(|error| format!("close the gate: {error}"))?;
        if *cut_ms > lease_ms {
            held.extend(jobs);
        }
    }
    let (account, runs, _) = scene.account()?;
    let by_far = |line: &&Line| {
        line.word == Word::Wrote && line.pid == far_process.pid() && line.fence == 1 && held.contains(&line.job)
    };
    let by_far = runs.iter().filter(by_far).count() as u64;
    let again: Vec<&Line> = runs.iter().filter(|line| second(&runs, line)).collect();
    let told = again.iter().filter(|next| told_before(&runs, next)).count() as u64;
    let taken_over = again.iter().filter(|next| held.contains(&next.job)).count() as u64;
    let (open, longest) = (account.open, waits.iter().copied().max().unwrap_or(u64::MAX));
    Ok(Report::of(account)
        .headed(Check::exactly("told before another began", told, "", again.len() as u64))
        .check(Check::exactly(
            "begun by another where the cut was longer than the lease",
            taken_over,
            "",
            held.len() as u64,
        ))
        .check(Check::none("ends written by the one that was cut off", by_far))
        .check(Check::at_most("takes jobs again after", longest as f64 / 1_000.0, "s", BACK_MS as f64 / 1_000.0))
        .check(Check::none("not ended", open))
        .recovery(longest)
        .note(format!("the wire was cut for {cuts:?} ms, leases of {lease_ms} ms")))
}

/// So many jobs that last until the gate opens, accepted.
fn accepted(scene: &Scene<'_>, name: &str, jobs: usize, queue: &str) -> Told<BTreeSet<JobId>> {
    let mut client = scene.client(name, jobs);
    (client.act, client.queue) = (Act::Gate, queue.into());
    client.finish(scene, LIMIT)?;
    let lines = ledger::read(&scene.acks_path(name))?;
    Ok(lines.into_iter().filter(|line| line.word == Word::Acked).map(|line| line.job).collect())
}

fn near(scene: &Scene<'_>, name: &str, lease_ms: u64) -> Told<Process> {
    let mut spec = scene.worker(name);
    spec.lease_ms = lease_ms;
    spec.start(scene)
}

/// The jobs whose handlers that process began.
fn begun(scene: &Scene<'_>, pid: u32) -> Told<BTreeSet<JobId>> {
    let began = |line: &Line| line.word == Word::Begin && line.pid == pid;
    Ok(scene.runs()?.into_iter().filter(began).map(|line| line.job).collect())
}

/// Whether a job begins here for the second time: under whichever fence, for a suspect may be handed back.
fn second(runs: &[Line], line: &Line) -> bool {
    let begun = runs.iter().filter(|other| other.word == Word::Begin && other.job == line.job);
    line.word == Word::Begin && begun.filter(|other| other.fence < line.fence).count() == 1
}

/// Whether the first run of that job was told that its lease was lost before this next one began.
fn told_before(runs: &[Line], next: &Line) -> bool {
    let mut of_first = runs.iter().filter(|line| line.job == next.job && line.fence == 1);
    of_first.any(|line| line.word == Word::Told && line.note == "lease_lost" && line.at <= next.at)
}
