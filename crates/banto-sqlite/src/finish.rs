//! `finish`: writes verdicts under their leases.
//!
//! The fence: only the lease that the job runs under may write, and what it has written it may say again. All else is
//! late, changes nothing and is counted. An end that is well is the ordinary way: a small row moves from the leases to
//! what is done. All other verdicts change the job's own row.

use banto_core::{Job, JobId, Lease, Refusal, State, Verdict};
use banto_store::{Finish, Finished};
use rusqlite::{CachedStatement, params};

use crate::{
    damage,
    desk::Desk,
    error::{Result, fault},
    key, mutate, record,
    row::{self, Reader, Stored},
    seat,
};

/// A verdict ends the run; there is none that goes on running. Needs no desk, so it is asked before the queue.
pub(crate) fn check(finishes: &[Finish]) -> Result<()> {
    match finishes.iter().any(|finish| finish.verdict.to == State::Running) {
        true => Err(Refusal::new("a verdict", State::Running.word(), "any other state is allowed").into()),
        false => Ok(()),
    }
}

/// Writes verdicts.
pub(crate) fn finish(desk: &mut Desk<'_>, finishes: &[Finish]) -> Result<Vec<Finished>> {
    write_all(desk, finishes).map_err(|error| fault("finish jobs", &error))
}

fn write_all(desk: &mut Desk<'_>, finishes: &[Finish]) -> rusqlite::Result<Vec<Finished>> {
    let mut pen = Pen::new(desk)?;
    let mut answers = Vec::with_capacity(finishes.len());
    for finish in finishes {
        let written = match finish.verdict.to {
            State::Done => pen.done(desk, finish)?,
            _ => write(desk, finish)?,
        };
        if !written {
            desk.counts.tally.late += 1;
        }
        answers.push(if written { Finished::Written } else { Finished::Late });
    }
    Ok(answers)
}

/// The statements of the ordinary way.
struct Pen<'a> {
    find: CachedStatement<'a>,
    done: CachedStatement<'a>,
    free: CachedStatement<'a>,
}

impl<'a> Pen<'a> {
    fn new(desk: &Desk<'a>) -> rusqlite::Result<Pen<'a>> {
        Ok(Pen {
            find: desk.db.prepare_cached(
                "SELECT seq, fence, token, keyed, cancel_asked OR progress IS NOT NULL, started_at, instance, queue, kind,
                     version FROM banto_lease WHERE id = ?1",
            )?,
            done: desk.db.prepare_cached(
                "INSERT INTO banto_done (seq, finished_at, started_at, attempt, crashes, fence, token, instance)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?,
            free: desk.db.prepare_cached("DELETE FROM banto_lease WHERE id = ?1")?,
        })
    }

    /// Writes that a job is done; says whether it is written, now or before.
    fn done(&mut self, desk: &mut Desk<'_>, finish: &Finish) -> rusqlite::Result<bool> {
        let Finish { lease, verdict } = finish;
        let mut rows = self.find.query([lease.job.bytes()])?;
        let Some(row) = rows.next()? else { return was_written(desk, lease) };
        let (fence, token): (i64, i64) = (row.get(1)?, row.get(2)?);
        if (fence, token) != (lease.fence.into(), lease.token.cast_signed()) && !mutate::fence_dropped() {
            drop(rows);
            return was_written(desk, lease);
        }
        let seq: i64 = row.get(0)?;
        let (keyed, said): (bool, bool) = (row.get(3)?, row.get(4)?);
        let (started_at, instance): (i64, i64) = (row.get(5)?, row.get(6)?);
        desk.counts.moved(
            (row.get_ref(7)?.as_str().unwrap_or_default(), row.get_ref(8)?.as_str().unwrap_or_default(), row.get(9)?),
            State::Running,
            State::Done,
        );
        drop(rows);
        if said || verdict.error.is_some() {
            keep_words(desk, seq, fence, verdict)?;
        }
        self.done.execute(params![
            seq,
            desk.now.wall,
            started_at,
            verdict.attempt,
            verdict.crashes,
            fence,
            token,
            instance
        ])?;
        self.free.execute([lease.job.bytes()])?;
        if keyed {
            let stored = row::find(desk.db, &mut Reader::default(), lease.job)?.and_then(std::result::Result::ok);
            let unique = stored.and_then(|stored| stored.job.unique);
            unique.map_or(Ok(()), |unique| key::at_end(desk, &unique, lease.job))?;
        }
        Ok(true)
    }
}

/// What was said while it ran goes to the job's own row, before the lease goes.
fn keep_words(desk: &mut Desk<'_>, seq: i64, fence: i64, verdict: &Verdict) -> rusqlite::Result<()> {
    desk.db
        .prepare_cached(
            "UPDATE banto_job SET error = ifnull(?2, error), (cancel_asked, progress) =
                 (SELECT cancel_asked, progress FROM banto_lease l WHERE l.id = banto_job.id) WHERE seq = ?1",
        )?
        .execute(params![seq, verdict.error])?;
    match &verdict.error {
        Some(text) => record::line(desk, seq, fence, verdict.word, text),
        None => Ok(()),
    }
}

/// Whether the last finish on that job was under this very lease.
fn was_written(desk: &Desk<'_>, lease: &Lease) -> rusqlite::Result<bool> {
    let found = row::find(desk.db, &mut Reader::default(), lease.job)?;
    Ok(found.and_then(std::result::Result::ok).is_some_and(|stored| stored.written == Some(*lease)))
}

/// Writes any other verdict; says whether it is written, now or before.
fn write(desk: &mut Desk<'_>, finish: &Finish) -> rusqlite::Result<bool> {
    let Some(stored) = stored(desk, finish.lease.job)? else { return Ok(false) };
    if stored.written == Some(finish.lease) {
        return Ok(true);
    }
    let holds = |lease: Lease| lease == finish.lease || mutate::fence_dropped();
    if !stored.held.is_some_and(|held| holds(held.lease)) {
        return Ok(false);
    }
    apply(desk, &stored, &finish.verdict, Some(finish.lease))?;
    Ok(true)
}

/// The job of a verdict. One that cannot be read is parked as damaged: nobody could write on it.
pub(crate) fn stored(desk: &mut Desk<'_>, id: JobId) -> rusqlite::Result<Option<Stored>> {
    match row::find(desk.db, &mut Reader::default(), id)? {
        Some(Ok(stored)) => Ok(Some(stored)),
        Some(Err(damaged)) => damage::park(desk, &damaged).map(|_| None),
        None => Ok(None),
    }
}

/// Writes a verdict on a running job, whole.
pub(crate) fn apply(
    desk: &mut Desk<'_>,
    was: &Stored,
    verdict: &Verdict,
    written: Option<Lease>,
) -> rusqlite::Result<()> {
    let mut job = Job { state: verdict.to, attempt: verdict.attempt, crashes: verdict.crashes, ..was.job.clone() };
    job.park.clone_from(&verdict.park);
    if let Some(text) = &verdict.error {
        job.error = Some(text.clone());
        record::line(desk, was.seq, job.fence.into(), verdict.word, text)?;
    }
    // What is ready again keeps its place: behind a backlog, a dead worker's job would wait for all of it.
    if job.state == State::Scheduled {
        job.run_at = desk.now.wall_in(verdict.delay_ms);
    }
    if job.state.ended() {
        job.finished_at = Some(desk.now.wall);
        if let Some(unique) = &job.unique {
            key::at_end(desk, unique, job.id)?;
        }
    }
    desk.counts.news |= !job.state.ended();
    seat::save(desk, was, &job, written)
}
