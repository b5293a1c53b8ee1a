//! A server that goes away under load, again and again: what B1, B2 and B7 share.
//!
//! A client enqueues without an end and two workers work. Promises: nothing that was accepted is lost, no end is written by a
//! wrong holder, and within 5 s of the server's return work is accepted and done again.

use std::{thread::sleep, time::Duration};

use crate::{
    Told,
    account::Account,
    command::peak_kib,
    ledger::Word,
    process::Process,
    report::{Check, Report},
    stage::{Scene, now},
};

const LIMIT: Duration = Duration::from_secs(40);
/// How long work may take to go on once the server is back, in milliseconds.
pub(super) const BACK_MS: u64 = 5_000;

/// What came of it.
#[derive(Default)]
pub(super) struct Outages {
    /// What became of the jobs.
    pub account: Account,
    /// For each outage, how long after the server's return work was accepted and done again, in milliseconds.
    pub waits: Vec<u64>,
    /// Processes that ended though only the server was harmed.
    pub ended: u64,
    /// Refusals that clients heard.
    pub refused: u64,
}

/// Lets the server go away so many times: `harm` does it, and gives when it was back, in steady milliseconds.
pub(super) fn under_load(scene: &Scene<'_>, times: usize, mut harm: impl FnMut(usize) -> Told<u64>) -> Told<Outages> {
    let mut load = Load::start(scene, &scene.url())?;
    let mut waits = Vec::new();
    for n in 0..times {
        sleep(Duration::from_millis(scene.stage.draw(300..=900)));
        let back = harm(n)?;
        waits.push(works_again(scene, back)?.saturating_sub(back));
    }
    let (ended, refused) = load.stop(scene)?;
    scene.drained(LIMIT)?;
    let (account, ..) = scene.account()?;
    Ok(Outages { account, waits, ended, refused })
}

/// A client that goes on, and two workers.
pub(super) struct Load {
    client: Process,
    workers: Vec<Process>,
}

impl Load {
    /// Starts them on the store at that address, and waits until they work.
    pub(super) fn start(scene: &Scene<'_>, url: &str) -> Told<Load> {
        let mut client = scene.client("client", 1_000_000);
        (client.url, client.batch, client.every_ms, client.patience_ms) = (url.to_owned(), 5, 20, 120_000);
        (client.keyed, client.ms) = (true, (5, 30));
        let worker = |n| {
            let mut spec = scene.worker(&format!("worker-{n}"));
            spec.url = url.to_owned();
            spec.start(scene)
        };
        let (workers, client) = ((0..2).map(worker).collect::<Told<_>>()?, client.start(scene)?);
        let wrote = || Ok(scene.runs()?.iter().filter(|line| line.word == Word::Wrote).count() > 20);
        scene.stage.until("the first ends", LIMIT, wrote)?;
        Ok(Load { client, workers })
    }

    /// The most memory that any of them ever held, in MiB.
    pub(super) fn peak_mib(&self) -> f64 {
        let peak = |process: &Process| peak_kib(&process.pid().to_string());
        self.workers.iter().chain([&self.client]).map(peak).max().unwrap_or(u64::MAX) as f64 / 1_024.0
    }

    /// Ends the client; gives how many processes had ended before, and how many refusals were heard. The workers go on.
    pub(super) fn stop(&mut self, scene: &Scene<'_>) -> Told<(u64, u64)> {
        let over = self.client.ended()?.is_some();
        self.client.kill()?;
        let mut ended = u64::from(over);
        for worker in &mut self.workers {
            ended += u64::from(worker.ended()?.is_some());
        }
        let refused = scene.acks()?.iter().filter(|line| line.word == Word::Refused).count() as u64;
        Ok((ended, refused))
    }
}

/// Waits until a job was accepted, and one has ended, since then; gives when that was.
pub(super) fn works_again(scene: &Scene<'_>, since: u64) -> Told<u64> {
    let mut at = 0;
    scene.stage.until("work go on", LIMIT, || {
        let (acks, runs) = (scene.acks()?, scene.runs()?);
        let acked = acks.iter().filter(|line| line.word == Word::Acked && line.at > since).map(|line| line.at).min();
        let wrote = runs.iter().filter(|line| line.word == Word::Wrote && line.at > since).map(|line| line.at).min();
        at = acked.zip(wrote).map_or(0, |(acked, wrote)| acked.max(wrote));
        Ok(at > 0)
    })?;
    Ok(if at == 0 { now() } else { at })
}

impl Outages {
    /// The report: the longest wait goes first.
    pub(super) fn report(self, limit_ms: u64) -> Report {
        let longest = self.waits.iter().copied().max().unwrap_or(u64::MAX);
        let open = self.account.open;
        Report::of(self.account)
            .headed(Check::at_most("work goes on after", longest as f64 / 1_000.0, "s", limit_ms as f64 / 1_000.0))
            .check(Check::none("not ended", open))
            .check(Check::none("processes of ours that ended", self.ended))
            .recovery(longest)
    }

    /// Adds what came of others.
    pub(super) fn add(&mut self, other: Outages) {
        self.account.add(&other.account);
        self.waits.extend(other.waits);
        self.ended += other.ended;
        self.refused += other.refused;
    }
}
