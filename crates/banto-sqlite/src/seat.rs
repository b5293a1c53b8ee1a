//! Where a job stands, and moving it out of the ordinary.
//!
//! The ordinary way (ready, running, done) has statements of its own in `claim` and `finish`. Every other move goes
//! through [`save`]: the job is read whole, changed in memory, and written back whole, its small row taken from where it
//! stood and put where it stands now. So there is one place that keeps "a job stands in exactly one place" true.

use banto_core::{Job, JobId, Lease, Name, State};
use rusqlite::params;

use crate::{desk::Desk, enqueue, row::Stored, sum::Summed};

/// Writes a changed job back over what was stored, and counts the move.
pub(crate) fn save(desk: &mut Desk<'_>, was: &Stored, job: &Job, written: Option<Lease>) -> rusqlite::Result<()> {
    leave(desk, was)?;
    write(desk, was.seq, job, written)?;
    if job.state == State::Ready {
        line_up(desk, was.seq, job)?;
    }
    let class = (job.queue.as_str(), job.kind.as_str(), i64::from(job.version));
    desk.counts.moved(class, was.job.state, job.state);
    desk.counts.recount |= was.damaged;
    Ok(())
}

/// Takes the small row from where the job stood.
pub(crate) fn leave(desk: &Desk<'_>, was: &Stored) -> rusqlite::Result<()> {
    if was.damaged {
        // What it says of where it stands is not to be believed.
        for table in ["banto_ready", "banto_lease", "banto_done"] {
            desk.db.execute(&format!("DELETE FROM {table} WHERE seq = ?1"), [was.seq])?;
        }
        return Ok(());
    }
    let job = &was.job;
    match job.state {
        State::Ready => {
            let sql = "DELETE FROM banto_ready WHERE queue = ?1 AND priority = ?2 AND run_at = ?3 AND id = ?4";
            let at = params![job.queue.as_str(), job.priority, job.run_at, job.id.bytes()];
            desk.db.prepare_cached(sql)?.execute(at)?;
        }
        State::Running => {
            desk.db.prepare_cached("DELETE FROM banto_lease WHERE seq = ?1")?.execute([was.seq])?;
        }
        State::Done => {
            desk.db.prepare_cached("DELETE FROM banto_done WHERE seq = ?1")?.execute([was.seq])?;
        }
        State::Scheduled | State::Parked | State::Dead | State::Cancelled => {}
    }
    Ok(())
}

/// Writes all of a job's row that changes.
pub(crate) fn write(desk: &Desk<'_>, seq: i64, job: &Job, written: Option<Lease>) -> rusqlite::Result<()> {
    let mut update = desk.db.prepare_cached(
        "UPDATE banto_job SET state = ?2, run_at = ?3, attempt = ?4, crashes = ?5, fence = ?6, written = ?7,
             written_fence = ?8, instance = ?9, started_at = ?10, finished_at = ?11, cancel_asked = ?12, error = ?13,
             cause = ?14, park_text = ?15, park_build = ?16, progress = ?17
         WHERE seq = ?1",
    )?;
    update.execute(params![
        seq,
        job.state.number(),
        job.run_at,
        job.attempt,
        job.crashes,
        job.fence,
        written.map(|lease| lease.token.cast_signed()),
        written.map(|lease| lease.fence),
        job.instance.map(|instance| instance.0.cast_signed()),
        job.started_at,
        job.finished_at,
        job.cancel_asked,
        job.error,
        job.park.as_ref().map(|park| park.cause.word()),
        job.park.as_ref().map(|park| &park.text),
        job.park.as_ref().map(|park| &park.build),
        // Numbers and a text, which serde_json always can write.
        job.progress.as_ref().and_then(|progress| serde_json::to_string(progress).ok()),
    ])?;
    Ok(())
}

/// Writes changed options over those that the job was ordered with. A row without a sum stays without one.
pub(crate) fn reorder(desk: &Desk<'_>, seq: i64, job: &Job) -> rusqlite::Result<()> {
    let options = enqueue::options(&job.options);
    let sum = Summed::of(job, options.as_deref(), job.unique.as_ref().map(|unique| unique.key.as_str())).sum();
    let sql = "UPDATE banto_job SET options = ?2, sum = iif(sum IS NULL, NULL, ?3) WHERE seq = ?1";
    desk.db.prepare_cached(sql)?.execute(params![seq, options, sum])?;
    Ok(())
}

/// Puts a job in the line of its queue.
pub(crate) fn line_up(desk: &Desk<'_>, seq: i64, job: &Job) -> rusqlite::Result<()> {
    line_up_at(desk, seq, (&job.queue, job.priority, job.run_at, job.id))
}

/// Puts a job in the line of that queue, by its urgency, its time and its id.
pub(crate) fn line_up_at(
    desk: &Desk<'_>,
    seq: i64,
    (queue, priority, run_at, id): (&Name, u8, i64, JobId),
) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO banto_ready (queue, priority, run_at, id, seq) VALUES (?1, ?2, ?3, ?4, ?5)";
    desk.db.prepare_cached(sql)?.execute(params![queue.as_str(), priority, run_at, id.bytes(), seq])?;
    Ok(())
}
