//! `steer`: what an operator orders.
//!
//! Jobs are looked at by id, the oldest first, in pages; what applies is decided here, on jobs that were read whole, and
//! the script carries it out on each that still stands as it was seen. One that has moved is looked at anew. So an order on
//! up to a thousand jobs is one step, and a larger one several: repeated, it goes on where it stopped.

use std::collections::HashMap;

use banto_core::{Hold, Job, JobId, Label, ScheduleName, State};
use banto_store::{Order, Select, Steer, Steered};

use crate::{
    Redis, beat,
    call::Call,
    damage::{self, Wreck},
    error::Result,
    fixed,
    pages::{Listed, Pages},
    pause::{self, Of},
    reads, script, settle,
};

/// The most ids that are shown of what an order changed.
const SAMPLE: usize = 20;
/// How often a job that moves under the order is looked at anew.
const LOOKS_MAX: usize = 100;

/// What is ordered of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Cancel,
    Retry,
    Release,
    Forget,
}

impl Word {
    fn text(self) -> &'static str {
        match self {
            Word::Cancel => "cancel",
            Word::Retry => "retry",
            Word::Release => "release",
            Word::Forget => "forget",
        }
    }

    /// Whether the order applies to it. A damaged job would only be parked again, so it can be cancelled or forgotten.
    fn applies(self, Listed { job, damaged, .. }: &Listed) -> bool {
        match self {
            Word::Cancel => !(job.state.ended() || (job.state == State::Running && job.cancel_asked)),
            Word::Retry => !damaged && matches!(job.state, State::Dead | State::Cancelled | State::Scheduled),
            Word::Release => !damaged && job.state == State::Parked,
            Word::Forget => job.state.ended(),
        }
    }
}

/// Carries out an order, or only counts.
pub(crate) async fn steer(store: &Redis, steer: &Steer) -> Result<Steered> {
    steer.check()?;
    let (by, preview) = (steer.by.as_str(), steer.preview);
    let counted = |count: usize| Steered { count, ..Steered::default() };
    match &steer.order {
        Order::Cancel(select) => each(store, Word::Cancel, select, steer).await,
        Order::Retry(select) => each(store, Word::Retry, select, steer).await,
        Order::Release(select) => each(store, Word::Release, select, steer).await,
        Order::Forget(select) => each(store, Word::Forget, select, steer).await,
        Order::Pause { queue, reason, until } => {
            let begun = pause::begin(store, Of::Queues, queue.as_str(), by, reason, *until, preview).await?;
            Ok(counted(begun.into()))
        }
        Order::Resume { queue } => Ok(counted(pause::end(store, Of::Queues, queue.as_str(), preview).await?.into())),
        Order::PauseSchedule { schedule, reason, until } => {
            let what = one_or_all(schedule);
            let begun = pause::begin(store, Of::Schedules, what, by, reason, *until, preview).await?;
            Ok(counted(begun.into()))
        }
        Order::ResumeSchedule { schedule } => {
            Ok(counted(pause::end(store, Of::Schedules, one_or_all(schedule), preview).await?.into()))
        }
        Order::Restart => beat::restart(store, by, preview).await.map(counted),
    }
}

/// What the pause of a schedule, or of all, is kept under.
fn one_or_all(schedule: &Option<ScheduleName>) -> &str {
    schedule.as_ref().map_or("", ScheduleName::as_str)
}

/// Carries the order out on each job that fits, until as many as it says were taken.
async fn each(store: &Redis, word: Word, select: &Select, steer: &Steer) -> Result<Steered> {
    // Also where nothing fits, and where it is only counted.
    settle::standing(store).await?.map_or(Ok(()), |standing| standing.admit("carry out the order"))?;
    let mut steered = Steered::default();
    let (mut taken, mut keys) = (0, HashMap::new());
    let mut pages = Pages::oldest_first(select);
    while taken < select.limit {
        let Some(mut page) = pages.next(store).await? else { break };
        page.retain(|listed| word.applies(listed));
        page.truncate(select.limit - taken);
        taken += match steer.preview {
            true => count(store, word, &page, &mut keys, &mut steered).await?,
            false => carry_out(store, word, select, steer, page, &mut steered).await?,
        };
    }
    Ok(steered)
}

/// Carries the order out on these jobs; says how many it applied to.
async fn carry_out(
    store: &Redis,
    word: Word,
    select: &Select,
    steer: &Steer,
    mut page: Vec<Listed>,
    steered: &mut Steered,
) -> Result<usize> {
    let mut taken = 0;
    for _ in 0..LOOKS_MAX {
        if page.is_empty() {
            break;
        }
        let mut moved = write(store, word, steer, &page, steered, &mut taken).await?;
        page.clear();
        moved.sort();
        for (id, raw) in reads::rows(store, &moved).await?.into_iter().filter(|(_, raw)| raw.there()) {
            let (job, damaged) = raw.show(id);
            let listed = Listed { job, raw, damaged };
            if select.fits(&listed.job) && word.applies(&listed) {
                page.push(listed);
            }
        }
    }
    Ok(taken)
}

/// One script's work; gives those that had moved.
async fn write(
    store: &Redis,
    word: Word,
    steer: &Steer,
    page: &[Listed],
    steered: &mut Steered,
    taken: &mut usize,
) -> Result<Vec<JobId>> {
    let mut moved = set_aside(store, word, page).await?;
    let mut call = Call::of(&script::STEER).arg(word.text()).arg(steer.by.as_str());
    let mut sent = Vec::with_capacity(page.len());
    for Listed { job, raw, damaged } in page.iter().filter(|listed| !moved.contains(&listed.job.id)) {
        call.push(job.id.bytes().as_slice());
        call.push(raw.moving.clone().unwrap_or_default());
        push_words(&mut call, word, job);
        sent.push((job.id, *damaged));
    }
    let mut parts = store.call(call).await?.parts;
    for (id, damaged) in sent {
        let answer = parts.int()?;
        if damaged && word == Word::Cancel && answer == 1 {
            damage::free_keys(store, id).await?;
        }
        match answer {
            0 => moved.push(id),
            answer @ (1 | 2) => {
                *taken += 1;
                if answer == 1 {
                    steered.count += 1
                } else {
                    steered.asked += 1
                }
                show(steered, id);
            }
            3 => {
                *taken += 1;
                steered.held += 1;
            }
            _ => {}
        }
    }
    Ok(moved)
}

/// Damaged jobs are parked before they are ended, so that they stand somewhere; gives those, to be looked at anew.
async fn set_aside(store: &Redis, word: Word, page: &[Listed]) -> Result<Vec<JobId>> {
    let strays = page.iter().filter(|listed| word == Word::Cancel && listed.damaged && !listed.is_parked());
    let wrecks: Vec<Wreck> = strays.map(|listed| Wreck::listed(&listed.job)).collect();
    damage::park(store, &wrecks).await
}

/// What may be needed to carry it out on that job.
fn push_words(call: &mut Call, word: Word, job: &Job) {
    let until = job.options.retry_until.filter(|_| word == Word::Retry);
    let mut lifted = job.clone();
    lifted.options.retry_until = None;
    let last = match (word, &job.park) {
        // Why it was damaged stays to be read.
        (Word::Cancel, Some(park)) if park.cause == banto_core::Cause::Damaged => park.text.clone().into_bytes(),
        _ if until.is_some() => fixed::of_job(&lifted),
        _ => Vec::new(),
    };
    call.push(until.map(|until| until.to_string()).unwrap_or_default());
    call.push(last);
}

/// Counts what the order would do to these jobs; a key that one would take is taken for those after it.
async fn count(
    store: &Redis,
    word: Word,
    page: &[Listed],
    keys: &mut HashMap<Label, JobId>,
    steered: &mut Steered,
) -> Result<usize> {
    for Listed { job, .. } in page {
        if word == Word::Cancel && job.state == State::Running {
            steered.asked += 1;
        } else if word == Word::Retry && job.state.ended() && is_held(store, job, keys).await? {
            steered.held += 1;
            continue;
        } else {
            steered.count += 1;
        }
        show(steered, job.id);
    }
    Ok(page.len())
}

/// Whether another job holds its key; takes it if not.
async fn is_held(store: &Redis, job: &Job, keys: &mut HashMap<Label, JobId>) -> Result<bool> {
    let Some(unique) = &job.unique else { return Ok(false) };
    let holder = match keys.get(&unique.key) {
        Some(holder) => Some(*holder),
        None => reads::holder(store, &unique.key).await?.map(|holder| holder.job),
    };
    if holder.is_some_and(|holder| holder != job.id) {
        return Ok(true);
    }
    if !matches!(unique.hold, Hold::Period(_)) {
        keys.insert(unique.key.clone(), job.id);
    }
    Ok(false)
}

fn show(steered: &mut Steered, id: JobId) {
    if steered.sample.len() < SAMPLE {
        steered.sample.push(id);
    }
}
