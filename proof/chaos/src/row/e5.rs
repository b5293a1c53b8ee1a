//! E5: a hundred threads in four processes enqueue the same ids and keys at the same moment.
//!
//! Promises: in each contest one wins, everybody is told the winner's id, and the job runs once.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use banto_core::JobId;

use crate::{
    Told,
    ledger::Word,
    load::Errand,
    process::Start,
    race::RaceSpec,
    report::{Check, Report},
    stage::{Stage, write},
};

const PROCESSES: usize = 4;
const THREADS: usize = 25;

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let contests = stage.pick(40, 1_000);
    drop(scene.open()?);
    let go = scene.dir.join("go");
    let (seed, threads) = (stage.draw(0..=u64::from(u32::MAX)), THREADS);
    let spec = RaceSpec { url: scene.url(), acks: scene.acks_path("race"), go: go.clone(), seed, threads, contests };
    let names: Vec<String> = (0..PROCESSES).map(|n| format!("racer-{n}")).collect();
    let start = |name: &String| Start::new("race", name, &spec)?.start(&scene);
    let mut racers: Vec<_> = names.iter().map(start).collect::<Told<_>>()?;
    std::thread::sleep(Duration::from_millis(500));
    write(&go, b"go")?;
    racers.iter_mut().try_for_each(|racer| racer.succeed(Duration::from_secs(60)))?;
    let _worker = scene.worker("worker").start(&scene)?;
    scene.drained(Duration::from_secs(60))?;
    let (account, _, listed) = scene.account()?;
    let mut told: BTreeMap<String, (BTreeSet<JobId>, u64, u64)> = BTreeMap::new();
    for line in scene.acks()?.iter().filter(|line| line.word == Word::Acked) {
        let (ids, fresh, answers) = told.entry(line.note.clone()).or_default();
        ids.insert(line.job);
        (*fresh, *answers) = (*fresh + u64::from(line.fence), *answers + 1);
    }
    let one = |(ids, fresh, answers): &&(BTreeSet<JobId>, u64, u64)| {
        (ids.len(), *fresh, *answers) == (1, 1, (PROCESSES * THREADS) as u64)
    };
    let indices: BTreeSet<u64> =
        listed.iter().filter_map(|job| job.payload.read::<Errand>().ok()).map(|errand| errand.index).collect();
    let (doubled, twice) = (listed.len().abs_diff(indices.len()) as u64, account.duplicated_runs);
    Ok(Report::of(account)
        .headed(Check::exactly(
            "contests with one winner, told to all",
            told.values().filter(one).count() as u64,
            "",
            contests,
        ))
        .check(Check::none("jobs beside the winner", doubled))
        .check(Check::exactly("contests with a job", indices.len() as u64, "", contests))
        .check(Check::none("run twice", twice))
        .note(format!("{} answers", contests * (PROCESSES * THREADS) as u64)))
}
