//! E4: somebody writes nonsense into the rows of waiting jobs while four workers run.
//!
//! Promises: each such job is set aside as damaged, by the claim that meets it or by the sweep; all others are done; no worker
//! ends.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use banto_core::{Cause, State};
use rusqlite::Connection;

use crate::{
    Told,
    ledger::Word,
    load::Errand,
    report::{Check, Report},
    stage::Stage,
};

const LIMIT: Duration = Duration::from_secs(60);
const WORKERS: usize = 4;

/// What is written over a row, by what is wrong with it then.
const HARMS: [(&str, &str); 20] = [
    ("payload cut off", "payload = substr(payload, 1, 9)"),
    ("payload of another language", "payload = 'not json'"),
    ("payload that is no text", "payload = CAST(x'ff00fe' AS TEXT)"),
    ("payload emptied", "payload = ''"),
    ("payload gone", "payload = NULL"),
    ("kind emptied", "kind = ''"),
    ("kind with a blank", "kind = 'a b'"),
    ("kind that is no text", "kind = CAST(x'c3' AS TEXT)"),
    ("queue climbs", "queue = '../x'"),
    ("version below", "version = -5"),
    ("version above", "version = 70000"),
    ("priority above", "priority = 77"),
    ("attempts_max below", "attempts_max = -1"),
    ("attempt below", "attempt = -3"),
    ("crashes above", "crashes = 99999"),
    ("fence below", "fence = -1"),
    ("state unknown", "state = 77"),
    ("options cut off", "options = '{\"timeout_ms\":'"),
    ("options unknown", "options = '{\"bogus\":1}'"),
    ("hold unknown", "key = 'k', hold = 9"),
];

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let (each, neighbours) = stage.pick((2, 800), (20, 5_000));
    let mut victims = scene.client("victims", HARMS.len() * each);
    victims.priority = 9;
    victims.finish(&scene, LIMIT)?;
    let mut others = scene.client("others", neighbours);
    (others.ms, others.batch) = (stage.pick((40, 80), (10, 40)), 100);
    others.finish(&scene, LIMIT)?;
    let of_victims: BTreeSet<_> =
        crate::ledger::read(&victims.acks)?.iter().filter(|l| l.word == Word::Acked).map(|l| l.job).collect();
    let workers = (0..WORKERS).map(|n| {
        let mut spec = scene.worker(&format!("worker-{n}"));
        spec.prune_done_ms = Some(86_400_000);
        spec.start(&scene)
    });
    let mut workers: Vec<_> = workers.collect::<Told<_>>()?;
    stage.until("the first run", LIMIT, || Ok(scene.runs()?.iter().any(|line| line.word == Word::Begin)))?;
    let names = harm(&scene.db, &of_victims).map_err(|error| format!("write over the rows: {error}"))?;
    let settled = stage.until("every job settled", LIMIT, || {
        let listed = scene.listed()?;
        let open = listed.iter().filter(|job| !of_victims.contains(&job.id) && !job.state.ended()).count();
        let waits = listed.iter().filter(|job| of_victims.contains(&job.id) && job.state != State::Parked).count();
        Ok(open == 0 && waits == 0)
    });
    let alive = workers.iter_mut().filter_map(|worker| worker.ended().ok()).filter(Option::is_none).count() as u64;
    drop(workers);
    let (account, runs, listed) = scene.account()?;
    let quarantined = |job: &&banto_core::Job| job.park.as_ref().is_some_and(|park| park.cause == Cause::Damaged);
    let aside: BTreeSet<_> =
        listed.iter().filter(quarantined).map(|job| job.id).filter(|id| of_victims.contains(id)).collect();
    let done = listed.iter().filter(|job| job.state == State::Done && job.payload.read::<Errand>().is_ok());
    let done = done.filter(|job| !of_victims.contains(&job.id)).count() as u64;
    let ran = runs.iter().filter(|line| line.word == Word::Begin && of_victims.contains(&line.job)).count() as u64;
    let missed: BTreeSet<&str> =
        of_victims.iter().filter(|id| !aside.contains(id)).filter_map(|id| names.get(id).copied()).collect();
    let (victims, lost) = (of_victims.len() as u64, account.lost);
    let report = Report { account, ..Report::default() }
        .check(Check::exactly("damaged rows set aside", aside.len() as u64, "", victims))
        .check(Check::exactly("all others done", done, "", neighbours as u64))
        .check(Check::none("damaged rows that were run", ran))
        .check(Check::exactly("workers alive", alive, "", WORKERS as u64))
        .check(Check::none("lost", lost))
        .note(format!("{} kinds of damage, {each} rows each", HARMS.len()));
    let report = missed.into_iter().fold(report, |report, name| report.note(format!("not set aside: {name}")));
    Ok(settled.err().into_iter().fold(report, |report, wrong| report.note(format!("could not {wrong}"))))
}

/// Writes over the rows, all in one transaction; gives what is wrong with each now.
fn harm(
    db: &std::path::Path,
    victims: &BTreeSet<banto_core::JobId>,
) -> rusqlite::Result<BTreeMap<banto_core::JobId, &'static str>> {
    let mut db = Connection::open(db)?;
    db.busy_timeout(Duration::from_secs(10))?;
    db.execute_batch("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF")?;
    let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let mut names = BTreeMap::new();
    for (id, (name, set)) in victims.iter().zip(HARMS.iter().cycle()) {
        tx.execute(&format!("UPDATE banto_job SET {set} WHERE id = ?1 AND state = 1"), [id.bytes()])?;
        names.insert(*id, *name);
    }
    tx.commit()?;
    Ok(names)
}
