//! `finish`: writes verdicts under their leases.
//!
//! The fence: only the lease that the job runs under may write, and what it has written it may say again. All else is
//! late, changes nothing and is counted. An end that is well is the ordinary way: a small row moves from the leases to
//! what is done. All other verdicts change the job's own row.

use std::sync::LazyLock;

use banto_core::{Job, JobId, Lease, Refusal, State, Verdict};
use banto_store::{Finish, Finished};
use rusqlite::{OptionalExtension, Row, params};

use crate::{
    bulk::{self, Values},
    damage,
    desk::Desk,
    error::{Result, fault},
    key, mutate, record,
    row::{self, Reader, Stored, lossy},
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
    let mut answers = Vec::with_capacity(finishes.len());
    let (parts, rest) = bulk::parts(finishes);
    for part in parts {
        if done_all(desk, part)? {
            answers.extend([Finished::Written; bulk::ROWS]);
        } else {
            write_each(desk, part, &mut answers)?;
        }
    }
    write_each(desk, rest, &mut answers)?;
    Ok(answers)
}

fn write_each(desk: &mut Desk<'_>, finishes: &[Finish], answers: &mut Vec<Finished>) -> rusqlite::Result<()> {
    for finish in finishes {
        let written = match finish.verdict.to {
            State::Done => done(desk, finish)?,
            _ => write(desk, finish)?,
        };
        if !written {
            desk.counts.tally.late += 1;
        }
        answers.push(if written { Finished::Written } else { Finished::Late });
    }
    Ok(())
}

const DONE_HEAD: &str = "INTO banto_done (seq, finished_at, started_at, attempt, crashes, fence, token, instance)";
/// A lease.
pub(crate) const FIND: &str = "SELECT id, seq, fence, token, keyed, cancel_asked OR progress IS NOT NULL, started_at,
    instance, queue, kind, version FROM banto_lease WHERE id = ?";
/// An end, whatever stands there; several, where nothing does.
pub(crate) static DONE: LazyLock<String> =
    LazyLock::new(|| format!("INSERT OR REPLACE {DONE_HEAD} VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
pub(crate) static DONE_ALL: LazyLock<String> = LazyLock::new(|| bulk::insert(&format!("INSERT {DONE_HEAD}"), 8));
/// A lease is let go.
pub(crate) const FREE: &str = "DELETE FROM banto_lease WHERE id = ?";

/// A lease as it stands in the file.
struct Running {
    lease: Lease,
    seq: i64,
    keyed: bool,
    /// Whether there is something said to be kept.
    said: bool,
    started_at: i64,
    instance: i64,
    class: (String, String, i64),
}

impl Running {
    fn read(row: &Row<'_>) -> rusqlite::Result<Running> {
        let job = JobId::of_bytes(row.get(0)?);
        let fence = u32::try_from(row.get::<_, i64>(2)?).unwrap_or(0);
        let lease = Lease { job, fence, token: row.get::<_, i64>(3)?.cast_unsigned() };
        Ok(Running {
            lease,
            seq: row.get(1)?,
            keyed: row.get(4)?,
            said: row.get(5)?,
            started_at: row.get(6)?,
            instance: row.get(7)?,
            class: (lossy(row, 8)?, lossy(row, 9)?, row.get(10)?),
        })
    }

    fn end(&self, values: &mut Values<'_, '_>, verdict: &Verdict, now: i64) -> rusqlite::Result<()> {
        values.add(self.seq)?;
        values.add(now)?;
        values.add(self.started_at)?;
        values.add(verdict.attempt)?;
        values.add(verdict.crashes)?;
        values.add(self.lease.fence)?;
        values.add(self.lease.token.cast_signed())?;
        values.add(self.instance)
    }

    fn count(&self, desk: &mut Desk<'_>) {
        let (queue, kind, version) = &self.class;
        desk.counts.moved((queue, kind, *version), State::Running, State::Done);
    }
}

/// Writes that jobs are done whose leases all hold and that have nothing out of the ordinary; says whether they are that.
fn done_all(desk: &mut Desk<'_>, part: &[Finish; bulk::ROWS]) -> rusqlite::Result<bool> {
    if !part.iter().all(|finish| finish.verdict.to == State::Done && finish.verdict.error.is_none()) {
        return Ok(false);
    }
    let mut find = desk.db.prepare_cached(FIND)?;
    let mut running: [Option<Running>; bulk::ROWS] = Default::default();
    for (place, Finish { lease, .. }) in running.iter_mut().zip(part) {
        let found = find.query_row([lease.job.bytes()], Running::read).optional()?;
        *place = found.filter(|found| found.lease == *lease && !found.keyed && !found.said);
        if place.is_none() {
            return Ok(false);
        }
    }
    let mut insert = desk.db.prepare_cached(&DONE_ALL)?;
    let mut values = Values::of(&mut insert);
    for (finish, found) in part.iter().zip(running.iter().flatten()) {
        found.end(&mut values, &finish.verdict, desk.now.wall)?;
    }
    // Not so if the same lease is twice among these.
    if !bulk::all_new(insert.raw_execute())? {
        return Ok(false);
    }
    let mut free = desk.db.prepare_cached(FREE)?;
    for found in running.iter().flatten() {
        free.execute([found.lease.job.bytes()])?;
        found.count(desk);
    }
    Ok(true)
}

/// Writes that a job is done; says whether it is written, now or before.
fn done(desk: &mut Desk<'_>, Finish { lease, verdict }: &Finish) -> rusqlite::Result<bool> {
    let found = desk.db.prepare_cached(FIND)?.query_row([lease.job.bytes()], Running::read).optional()?;
    let Some(found) = found.filter(|found| found.lease == *lease || mutate::fence_dropped()) else {
        return was_written(desk, lease);
    };
    if found.said || verdict.error.is_some() {
        keep_words(desk, found.seq, found.lease.fence.into(), verdict)?;
    }
    let mut insert = desk.db.prepare_cached(&DONE)?;
    found.end(&mut Values::of(&mut insert), verdict, desk.now.wall)?;
    insert.raw_execute()?;
    desk.db.prepare_cached(FREE)?.execute([lease.job.bytes()])?;
    found.count(desk);
    if found.keyed {
        let stored = row::find(desk.db, &mut Reader::default(), lease.job)?.and_then(std::result::Result::ok);
        let unique = stored.and_then(|stored| stored.job.unique);
        unique.map_or(Ok(()), |unique| key::at_end(desk, &unique, lease.job))?;
    }
    Ok(true)
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
