//! Workers that abort at a place inside the store, one after the other, until one works on to the end.
//!
//! For the rows A2 and A3. Each runs one job at a time and rests in between, so that where an end is written without haste no
//! other run is under way; where it is slow, the next one may be, and is cut.

use std::time::Duration;

use crate::{
    Told,
    account::Account,
    ledger::{Line, Word},
    stage::Scene,
};

const LIMIT: Duration = Duration::from_secs(40);

/// What came of it.
pub(super) struct Cut {
    /// What became of the jobs.
    pub account: Account,
    /// Runs that came to their end in a worker that aborted before it heard that the end was written.
    pub unheard: u64,
    /// Those of them that ran again.
    pub again: u64,
    /// Runs that were under way in a worker when it aborted.
    pub cut: u64,
    /// Ends that the store counts as late.
    pub late: u64,
}

/// Lets `kills` workers abort at the failpoint, and another one finish what is left.
pub(super) fn play(scene: &Scene<'_>, failpoint: &str, kills: u32) -> Told<Cut> {
    let mut client = scene.client("client", 10 + 10 * usize::try_from(kills).unwrap_or(1));
    client.ms = (20, 40);
    client.finish(scene, LIMIT)?;
    let mut worker = scene.worker("worker");
    (worker.concurrency, worker.rest_ms, worker.lease_ms) = (1, 50, 3_000);
    let mut dead = Vec::new();
    for _ in 0..kills {
        let failpoint = format!("{failpoint}:{}", scene.stage.draw(1..=8));
        let mut process = worker.start_failing(scene, &failpoint)?;
        dead.push(process.pid());
        let status = process.wait(LIMIT)?;
        if status.code().is_some() {
            return Err(format!("end the worker at {failpoint}: it {status}"));
        }
    }
    let _last = worker.start(scene)?;
    scene.drained(LIMIT)?;
    let (account, runs, _) = scene.account()?;
    let unheard: Vec<&Line> = runs.iter().filter(|line| ended_unheard(&runs, &dead, line)).collect();
    let again = unheard.iter().filter(|end| begins_after(&runs, end)).count();
    let cut = runs.iter().filter(|line| dead.contains(&line.pid) && cut_short(&runs, line)).count();
    Ok(Cut { account, unheard: unheard.len() as u64, again: again as u64, cut: cut as u64, late: scene.tally()?.late })
}

fn cut_short(runs: &[Line], line: &Line) -> bool {
    let end = |other: &Line| other.word == Word::End && (other.job, other.fence) == (line.job, line.fence);
    line.word == Word::Begin && !runs.iter().any(end)
}

fn ended_unheard(runs: &[Line], dead: &[u32], line: &Line) -> bool {
    let heard = |other: &Line| other.word == Word::Wrote && (other.job, other.fence) == (line.job, line.fence);
    line.word == Word::End && dead.contains(&line.pid) && !runs.iter().any(heard)
}

fn begins_after(runs: &[Line], end: &Line) -> bool {
    runs.iter().any(|line| line.word == Word::Begin && line.job == end.job && line.fence > end.fence)
}
