//! The account of a row: what was lost, run twice, finished wrongly, and how long recovery took.
//!
//! Computed from the ledgers and from what the store lists, never from what a worker believes of itself. Pure: the lines
//! are given.

use std::collections::{BTreeMap, BTreeSet};

use banto_core::{Job, JobId, State, lease::LEASE_MS};
use serde::{Deserialize, Serialize};

use crate::ledger::{Line, Word};

/// How soon a worker notes what a claim gave it, in milliseconds.
const NOTED_MS: u64 = 200;

/// What became of the jobs of a row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Jobs that the store was asked to accept.
    pub submitted: u64,
    /// Jobs that it said it had accepted.
    pub acked: u64,
    /// Accepted, and neither finished nor listed.
    pub lost: u64,
    /// Runs that began.
    pub run: u64,
    /// Runs beyond the first of their job.
    pub duplicated_runs: u64,
    /// Ends refused because the lease did not hold.
    pub late_refused: u64,
    /// Jobs that are dead.
    pub dead: u64,
    /// Ends that were written though the job had been given to somebody else, or had ended already.
    pub wrong: u64,
    /// Accepted and listed, but not ended.
    pub open: u64,
}

impl Account {
    /// The account of one store: the clients' lines, the workers' lines, and the jobs that the store lists.
    pub fn of(acks: &[Line], runs: &[Line], listed: &[Job]) -> Account {
        let ids = |lines: &[Line], word: Word| -> BTreeSet<JobId> {
            lines.iter().filter(|line| line.word == word).map(|line| line.job).collect()
        };
        let acked = ids(acks, Word::Acked);
        let states: BTreeMap<JobId, State> = listed.iter().map(|job| (job.id, job.state)).collect();
        let ended: BTreeSet<JobId> = runs.iter().filter(|line| ends(line)).map(|line| line.job).collect();
        let begun = count(runs, Word::Begin);
        let lost = acked.iter().filter(|id| !ended.contains(id) && !states.contains_key(id));
        let open = acked.iter().filter(|id| states.get(id).is_some_and(|state| !state.ended()));
        Account {
            submitted: ids(acks, Word::Sent).len() as u64,
            acked: acked.len() as u64,
            lost: lost.count() as u64,
            run: begun,
            duplicated_runs: begun - ids(runs, Word::Begin).len() as u64,
            late_refused: count(runs, Word::Late),
            dead: listed.iter().filter(|job| job.state == State::Dead).count() as u64,
            wrong: wrong(runs),
            open: open.count() as u64,
        }
    }

    /// Adds the account of another store of the same row.
    pub fn add(&mut self, other: &Account) {
        self.submitted += other.submitted;
        self.acked += other.acked;
        self.lost += other.lost;
        self.run += other.run;
        self.duplicated_runs += other.duplicated_runs;
        self.late_refused += other.late_refused;
        self.dead += other.dead;
        self.wrong += other.wrong;
        self.open += other.open;
    }
}

/// How many lines say that.
pub fn count(lines: &[Line], word: Word) -> u64 {
    lines.iter().filter(|line| line.word == word).count() as u64
}

/// Whether the line says that its job has ended for good.
fn ends(line: &Line) -> bool {
    let state = line.note.split(' ').next().unwrap_or_default();
    matches!(line.word, Word::Wrote | Word::Rescued) && matches!(state, "done" | "dead" | "cancelled")
}

/// Ends that should have been refused: asked for under a fence when a newer one was already given out, or after the job had
/// ended under another.
fn wrong(runs: &[Line]) -> u64 {
    let mut jobs: BTreeMap<JobId, Vec<&Line>> = BTreeMap::new();
    for line in runs {
        jobs.entry(line.job).or_default().push(line);
    }
    let asked = |line: &Line| line.note.split(' ').nth(1).and_then(|at| at.parse::<u64>().ok()).unwrap_or(line.at);
    let of_job = |lines: &Vec<&Line>| {
        let wrong = lines.iter().filter(|line| line.word == Word::Wrote).filter(|write| {
            let newer = |line: &&&Line| line.word == Word::Claimed && line.fence > write.fence;
            let overtaken = lines.iter().filter(newer).any(|claim| claim.at < asked(write));
            let other = |line: &&&Line| ends(line) && line.fence != write.fence && line.at < asked(write);
            overtaken || lines.iter().any(|line| other(&line))
        });
        wrong.count() as u64
    };
    jobs.values().map(of_job).sum()
}

/// A process that was killed.
#[derive(Debug, Clone, Copy)]
pub struct Kill {
    /// Which.
    pub pid: u32,
    /// When, in steady milliseconds.
    pub at: u64,
}

/// For each job that ran in a process when it was killed, how long it took until it ran again, in milliseconds; `None` if
/// it never did. A run whose end was durable is not counted. Where the next to hold the job was killed too, before it began
/// the run, the time counts from there.
pub fn recoveries(runs: &[Line], kills: &[Kill], listed: &[Job]) -> Vec<Option<u64>> {
    let done: BTreeMap<JobId, u32> =
        listed.iter().filter(|job| job.state == State::Done).map(|job| (job.id, job.fence)).collect();
    let mut begins = BTreeMap::<JobId, Vec<&Line>>::new();
    let mut written = BTreeSet::<(JobId, u32)>::new();
    for line in runs {
        match line.word {
            Word::Begin => begins.entry(line.job).or_default().push(line),
            Word::Wrote | Word::Late => drop(written.insert((line.job, line.fence))),
            _ => {}
        }
    }
    // A kill between the commit and the ledger leaves no line, but the job stands done under that very fence.
    let cut = |line: &Line| !written.contains(&(line.job, line.fence)) && done.get(&line.job) != Some(&line.fence);
    let mut deaths = BTreeMap::<JobId, Vec<(u32, u64)>>::new();
    for claim in runs.iter().filter(|line| line.word == Word::Claimed && cut(line)) {
        let kill = kills.iter().find(|kill| kill.pid == claim.pid && kill.at >= claim.at);
        deaths.entry(claim.job).or_default().extend(kill.map(|kill| (claim.fence, kill.at)));
    }
    for rescue in unnoted(runs) {
        // It was killed in the moment in which the claim was given.
        let given = (rescue.at + NOTED_MS).saturating_sub(LEASE_MS);
        let kill = kills.iter().map(|kill| kill.at).filter(|at| *at <= given).max();
        deaths.entry(rescue.job).or_default().extend(kill.map(|at| (rescue.fence, at)));
    }
    let mut found = Vec::new();
    for lines in begins.values() {
        for (line, kill) in lines.iter().flat_map(|line| kills.iter().map(move |kill| (line, kill))) {
            if line.pid == kill.pid && cut(line) {
                let again = lines.iter().filter(|other| other.fence > line.fence).min_by_key(|other| other.fence);
                found.push(again.map(|again| {
                    let between = |(fence, _): &&(u32, u64)| line.fence < *fence && *fence < again.fence;
                    let died = deaths.get(&line.job).into_iter().flatten().filter(between).map(|(_, at)| *at).max();
                    again.at.saturating_sub(died.unwrap_or(0).max(kill.at))
                }));
            }
        }
    }
    found
}

/// Rescues from holders that were killed before they could note that they held the job.
pub fn unnoted(runs: &[Line]) -> impl Iterator<Item = &Line> {
    let of = |word: Word| runs.iter().filter(move |line| line.word == word);
    let noted: BTreeSet<(JobId, u32)> = of(Word::Claimed).map(|line| (line.job, line.fence)).collect();
    of(Word::Rescued).filter(move |line| !noted.contains(&(line.job, line.fence)))
}

/// The value under which that share of `values` lies, in the values' own unit.
pub fn percentile(values: &mut [u64], share: f64) -> u64 {
    values.sort_unstable();
    let at = ((values.len() as f64 * share).ceil() as usize).clamp(1, values.len().max(1));
    values.get(at - 1).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests;
