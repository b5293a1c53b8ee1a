//! `steer`: what an operator orders.
//!
//! Jobs are taken by id, the oldest first, in pages; each that is changed or asked gets a line in its trail. With
//! `preview` the same code runs and the transaction is given up, so that what was counted is what would be done.

use banto_core::{Job, JobId, ScheduleName, State};
use banto_store::{Order, Pause, Select, Steer, Steered};

use crate::{
    beat,
    desk::Desk,
    error::{Result, fault},
    key,
    pages::Pages,
    pause::{self, Pauses},
    prune, record,
    row::Stored,
    seat,
};

/// The most ids that are shown of what an order changed.
const SAMPLE: usize = 20;

/// Carries out an order. The caller gives up the transaction where the order is only a preview.
pub(crate) fn steer(desk: &mut Desk<'_>, steer: &Steer) -> Result<Steered> {
    let by = steer.by.as_str();
    let steered = match &steer.order {
        Order::Cancel(select) => each(desk, select, |desk, job, done| cancel(desk, job, &steer.by, done)),
        Order::Retry(select) => each(desk, select, |desk, job, done| retry(desk, job, &steer.by, done)),
        Order::Release(select) => each(desk, select, |desk, job, done| release(desk, job, &steer.by, done)),
        Order::Forget(select) => each(desk, select, forget),
        Order::Pause { queue, reason, until } => begun(desk, &pause::QUEUES, queue.as_str(), by, reason, *until),
        Order::Resume { queue } => pause::QUEUES.end(desk, queue.as_str()).map(|was| counted(was.into())),
        Order::PauseSchedule { schedule, reason, until } => {
            begun(desk, &pause::SCHEDULES, one_or_all(schedule), by, reason, *until)
        }
        Order::ResumeSchedule { schedule } => {
            pause::SCHEDULES.end(desk, one_or_all(schedule)).map(|was| counted(was.into()))
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

fn begun(
    desk: &Desk<'_>,
    pauses: &Pauses,
    what: &str,
    by: &str,
    reason: &str,
    until: Option<i64>,
) -> rusqlite::Result<Steered> {
    let pause = Pause { by: by.to_owned(), reason: reason.to_owned(), at: desk.now.wall, until };
    pauses.begin(desk, what, &pause).map(|new| counted(new.into()))
}

/// The key of a schedule's pause, or of that of all.
fn one_or_all(schedule: &Option<ScheduleName>) -> &str {
    schedule.as_ref().map_or("", ScheduleName::as_str)
}

fn show(steered: &mut Steered, id: JobId) {
    if steered.sample.len() < SAMPLE {
        steered.sample.push(id);
    }
}
