//! `steer`: what an operator orders.
//!
//! Jobs are taken by id, the oldest first, in pages; each that is changed or asked gets a line in its trail. With
//! `preview` the same code runs and the transaction is given up, so that what was counted is what would be done.

use banto_core::{Job, JobId, Name, Refusal, State};
use banto_store::{Order, Pause, Select, Steer, Steered, StoreError, steer::BY_BYTES_MAX};
use rusqlite::params;

use crate::{
    beat,
    desk::Desk,
    error::{Result, fault},
    key,
    pages::Pages,
    pause, prune, record,
    row::Stored,
    schedule, seat,
};

/// The most ids that are shown of what an order changed.
const SAMPLE: usize = 20;

/// Refuses a name that is too long to be shown. Needs no desk, so it is asked before the queue.
pub(crate) fn check(steer: &Steer) -> Result<()> {
    if steer.by.len() <= BY_BYTES_MAX {
        return Ok(());
    }
    let allowed = format!("at most {BY_BYTES_MAX} bytes are allowed");
    Err(StoreError::from(Refusal::new("who orders", &steer.by, allowed)))
}

/// Carries out an order. The caller gives up the transaction where the order is only a preview.
pub(crate) fn steer(desk: &mut Desk<'_>, steer: &Steer) -> Result<Steered> {
    let steered = match &steer.order {
        Order::Cancel(select) => each(desk, select, |desk, job, done| cancel(desk, job, &steer.by, done)),
        Order::Retry(select) => each(desk, select, |desk, job, done| retry(desk, job, &steer.by, done)),
        Order::Release(select) => each(desk, select, |desk, job, done| release(desk, job, &steer.by, done)),
        Order::Forget(select) => each(desk, select, forget),
        Order::Pause { queue, reason, until } => pause(desk, queue, &steer.by, reason, *until),
        Order::Resume { queue } => resume(desk, queue),
        Order::PauseSchedule { schedule, reason, until } => {
            let pause = Pause { by: steer.by.clone(), reason: reason.clone(), at: desk.now.wall, until: *until };
            schedule::halt(desk, schedule.as_ref(), &pause).map(|new| counted(usize::from(new)))
        }
        Order::ResumeSchedule { schedule } => {
            schedule::go_on(desk, schedule.as_ref()).map(|was| counted(usize::from(was)))
        }
        Order::Restart => beat::restart(desk, &steer.by, steer.preview).map(counted),
    };
    let steered = steered.map_err(|error| fault("carry out the order", &error))?;
    desk.counts.news |= steered.count + steered.asked > 0;
    Ok(steered)
}

fn counted(count: usize) -> Steered {
    Steered { count, ..Steered::default() }
}

/// Whether the order applied to the job.
type Applied = rusqlite::Result<bool>;

/// Lets `apply` at each job that fits, until as many as the order says were taken.
fn each(
    desk: &mut Desk<'_>,
    select: &Select,
    mut apply: impl FnMut(&mut Desk<'_>, &Stored, &mut Steered) -> Applied,
) -> rusqlite::Result<Steered> {
    let mut steered = Steered::default();
    let mut taken = 0;
    let mut pages = Pages::oldest_first(select);
    while taken < select.limit {
        let Some(page) = pages.next(desk.db)? else { break };
        for stored in &page {
            if taken < select.limit && apply(desk, stored, &mut steered)? {
                taken += 1;
            }
        }
    }
    Ok(steered)
}

fn cancel(desk: &mut Desk<'_>, stored: &Stored, by: &str, done: &mut Steered) -> Applied {
    let job = &stored.job;
    if job.state.ended() || (job.state == State::Running && job.cancel_asked) {
        return Ok(false);
    }
    show(done, job.id);
    record::line(desk, stored.seq, job.fence.into(), "cancel", by)?;
    if job.state == State::Running {
        done.asked += 1;
        desk.db.prepare_cached("UPDATE banto_lease SET cancel_asked = 1 WHERE seq = ?1")?.execute([stored.seq])?;
        return Ok(true);
    }
    done.count += 1;
    if let Some(unique) = &job.unique {
        key::at_end(desk, unique, job.id)?;
    }
    if stored.damaged {
        key::at_damaged_end(desk, job.id)?;
    }
    let mut job = Job { state: State::Cancelled, finished_at: Some(desk.now.wall), park: None, ..job.clone() };
    if let Some(park) = stored.job.park.as_ref().filter(|_| stored.damaged) {
        job.error = Some(park.text.clone());
    }
    seat::save(desk, stored, &job, stored.written)?;
    Ok(true)
}

fn retry(desk: &mut Desk<'_>, stored: &Stored, by: &str, done: &mut Steered) -> Applied {
    let job = &stored.job;
    if !matches!(job.state, State::Dead | State::Cancelled | State::Scheduled) {
        return Ok(false);
    }
    if stored.damaged {
        return Ok(false);
    }
    if job.state.ended() && !key::retake(desk, job.unique.as_ref(), job.id)? {
        done.held += 1;
        return Ok(true);
    }
    done.count += 1;
    show(done, job.id);
    record::line(desk, stored.seq, job.fence.into(), "retry", by)?;
    let mut job = Job { state: State::Ready, run_at: desk.now.wall, cancel_asked: false, ..job.clone() };
    if stored.job.state.ended() {
        (job.attempt, job.crashes, job.finished_at) = (0, 0, None);
    }
    if job.options.lift(desk.now.wall) {
        seat::reorder(desk, stored.seq, &job)?;
    }
    seat::save(desk, stored, &job, stored.written)?;
    Ok(true)
}

fn release(desk: &mut Desk<'_>, stored: &Stored, by: &str, done: &mut Steered) -> Applied {
    let job = &stored.job;
    // A row that cannot be read would only be parked again.
    if job.state != State::Parked || stored.damaged {
        return Ok(false);
    }
    done.count += 1;
    show(done, job.id);
    record::line(desk, stored.seq, job.fence.into(), "release", by)?;
    let job = Job { state: State::Ready, run_at: desk.now.wall, cancel_asked: false, park: None, ..job.clone() };
    seat::save(desk, stored, &job, stored.written)?;
    Ok(true)
}

fn forget(desk: &mut Desk<'_>, stored: &Stored, done: &mut Steered) -> Applied {
    if !stored.job.state.ended() {
        return Ok(false);
    }
    done.count += 1;
    show(done, stored.job.id);
    let job = &stored.job;
    let class = (job.queue.as_str(), job.kind.as_str(), job.version.into());
    prune::remove(desk, stored.seq, job.state, class)?;
    desk.counts.recount |= stored.damaged;
    Ok(true)
}

fn pause(desk: &mut Desk<'_>, queue: &Name, by: &str, reason: &str, until: Option<i64>) -> rusqlite::Result<Steered> {
    let paused = pause::all(desk.db, desk.now)?;
    if paused.get(queue.as_str()).is_some_and(|old| (old.reason.as_str(), old.until) == (reason, until)) {
        return Ok(Steered::default());
    }
    desk.db
        .prepare_cached(
            "INSERT OR REPLACE INTO banto_pause (queue, by, reason, at, until) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![queue.as_str(), by, reason, desk.now.wall, until])?;
    Ok(counted(1))
}

fn resume(desk: &mut Desk<'_>, queue: &Name) -> rusqlite::Result<Steered> {
    let count = usize::from(pause::all(desk.db, desk.now)?.contains_key(queue.as_str()));
    desk.db.prepare_cached("DELETE FROM banto_pause WHERE queue = ?1")?.execute([queue.as_str()])?;
    Ok(counted(count))
}

fn show(steered: &mut Steered, id: JobId) {
    if steered.sample.len() < SAMPLE {
        steered.sample.push(id);
    }
}
