//! `finish`: writes verdicts under their leases.
//!
//! The fence: only the lease that the job runs under may write, and what it has written it may say again. All else is
//! late, changes nothing and is counted. An end that is well is the ordinary way: a small row moves from the leases to
//! what is done, and where this process gave the lease out, nothing is looked up for it. All other verdicts change the
//! job's own row.

use std::sync::LazyLock;

use banto_core::{Job, JobId, Lease, Refusal, State, Verdict};
use banto_store::{Finish, Finished};
use rusqlite::{CachedStatement, OptionalExtension, Row, params};

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
    let mut ended = Vec::with_capacity(finishes.len());
    let mut free_lease = desk.db.prepare_cached(FREE)?;
    for finish in finishes {
        if let Some(end) = free(desk, &mut free_lease, finish)? {
            ended.push(end);
            answers.push(Finished::Written);
            continue;
        }
        // A lease that is twice among these finds its end written.
        note(desk, &mut ended)?;
        let written = match finish.verdict.to {
            State::Done => done(desk, finish)?,
            _ => write(desk, finish)?,
        };
        if !written {
            desk.counts.tally.late += 1;
        }
        answers.push(if written { Finished::Written } else { Finished::Late });
    }
    note(desk, &mut ended)?;
    Ok(answers)
}

/// A lease is let go, if it holds and nothing was said under it that must be kept.
pub(crate) const FREE: &str = "DELETE FROM banto_lease WHERE seq = ?1 AND fence = ?2 AND token = ?3
    AND cancel_asked = 0 AND progress IS NULL";
const DONE_HEAD: &str = "INTO banto_done (seq, finished_at, started_at, attempt, crashes, fence, token, instance)";
/// An end, whatever stands there; one or several, where nothing does.
pub(crate) static DONE: LazyLock<String> =
    LazyLock::new(|| format!("INSERT OR REPLACE {DONE_HEAD} VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
pub(crate) static DONE_NEW: LazyLock<String> =
    LazyLock::new(|| format!("INSERT OR IGNORE {DONE_HEAD} VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
pub(crate) static DONE_ALL: LazyLock<String> =
    LazyLock::new(|| bulk::insert(&format!("INSERT OR IGNORE {DONE_HEAD}"), 8));

/// An end whose lease was let go, to be noted.
struct End {
    lease: Lease,
    seq: i64,
    started_at: i64,
    instance: i64,
    attempt: u16,
    crashes: u16,
}

impl End {
    fn bind(&self, values: &mut Values<'_, '_>, now: i64) -> rusqlite::Result<()> {
        values.add(self.seq)?;
        values.add(now)?;
        values.add(self.started_at)?;
        values.add(self.attempt)?;
        values.add(self.crashes)?;
        values.add(self.lease.fence)?;
        values.add(self.lease.token.cast_signed())?;
        values.add(self.instance)
    }
}

/// Lets go of the lease of a job that is done and has nothing out of the ordinary; says whether it was that.
fn free(
    desk: &mut Desk<'_>,
    free_lease: &mut CachedStatement<'_>,
    Finish { lease, verdict }: &Finish,
) -> rusqlite::Result<Option<End>> {
    let Some(known) = desk.leased.take(lease) else { return Ok(None) };
    if verdict.to != State::Done || verdict.error.is_some() {
        return Ok(None);
    }
    let token = lease.token.cast_signed();
    if free_lease.execute((known.seq, lease.fence, token))? == 0 {
        return Ok(None);
    }
    let class = (known.queue.as_str(), known.kind.as_str(), known.version);
    desk.counts.moved(class, State::Running, State::Done);
    let (attempt, crashes) = (verdict.attempt, verdict.crashes);
    let (started_at, instance) = (known.started_at, known.instance);
    Ok(Some(End { lease: *lease, seq: known.seq, started_at, instance, attempt, crashes }))
}

/// Notes ends.
fn note(desk: &Desk<'_>, ended: &mut Vec<End>) -> rusqlite::Result<()> {
    // In the order of the rows: what comes behind the last page fills it, and splits none.
    ended.sort_unstable_by_key(|end| end.seq);
    let (parts, rest) = bulk::parts(ended);
    for part in parts {
        if bulk::new_rows(insert(desk, &DONE_ALL, part))? < bulk::ROWS {
            note_each(desk, part)?;
        }
    }
    note_each(desk, rest)?;
    ended.clear();
    Ok(())
}

fn note_each(desk: &Desk<'_>, ended: &[End]) -> rusqlite::Result<()> {
    for end in ended.chunks(1) {
        if bulk::new_rows(insert(desk, &DONE_NEW, end))? == 0 {
            insert(desk, &DONE, end)?;
        }
    }
    Ok(())
}

fn insert(desk: &Desk<'_>, sql: &str, ended: &[End]) -> rusqlite::Result<usize> {
    let mut statement = desk.db.prepare_cached(sql)?;
    let mut values = Values::of(&mut statement);
    ended.iter().try_for_each(|end| end.bind(&mut values, desk.now.wall))?;
    statement.raw_execute()
}

/// A lease, with what its end must know of the job.
pub(crate) const FIND: &str = "SELECT l.seq, l.fence, l.token, l.started_at, l.instance,
    l.cancel_asked OR l.progress IS NOT NULL, j.key IS NOT NULL, j.queue, j.kind, j.version
    FROM banto_job j JOIN banto_lease l ON l.seq = j.seq WHERE j.id = ?";

/// A lease as it stands in the file.
struct Running {
    lease: Lease,
    seq: i64,
    started_at: i64,
    instance: i64,
    /// Whether there is something said to be kept.
    said: bool,
    keyed: bool,
    class: (String, String, i64),
}

impl Running {
    fn read(job: JobId, row: &Row<'_>) -> rusqlite::Result<Running> {
        let fence = u32::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
        Ok(Running {
            lease: Lease { job, fence, token: row.get::<_, i64>(2)?.cast_unsigned() },
            seq: row.get(0)?,
            started_at: row.get(3)?,
            instance: row.get(4)?,
            said: row.get(5)?,
            keyed: row.get(6)?,
            class: (lossy(row, 7)?, lossy(row, 8)?, row.get(9)?),
        })
    }
}

/// Writes that a job is done; says whether it is written, now or before.
fn done(desk: &mut Desk<'_>, Finish { lease, verdict }: &Finish) -> rusqlite::Result<bool> {
    let read = |row: &Row<'_>| Running::read(lease.job, row);
    let found = desk.db.prepare_cached(FIND)?.query_row([lease.job.bytes()], read).optional()?;
    let Some(found) = found.filter(|found| found.lease == *lease || mutate::fence_dropped()) else {
        return was_written(desk, lease);
    };
    if found.said || verdict.error.is_some() {
        keep_words(desk, found.seq, found.lease.fence.into(), verdict)?;
    }
    let Running { lease: held, seq, started_at, instance, keyed, class: (queue, kind, version), .. } = found;
    let end = End { lease: held, seq, started_at, instance, attempt: verdict.attempt, crashes: verdict.crashes };
    insert(desk, &DONE, &[end])?;
    desk.db.prepare_cached("DELETE FROM banto_lease WHERE seq = ?1")?.execute([seq])?;
    desk.counts.moved((&queue, &kind, version), State::Running, State::Done);
    if keyed {
        // Of a damaged row, too, as far as it can be read: no key is held for ever by a job that has ended.
        let found = row::find(desk.db, &mut Reader::default(), lease.job)?;
        let unique = found.and_then(|row| row.map_or_else(|row| row.job.unique, |stored| stored.job.unique));
        unique.map_or(Ok(()), |unique| key::at_end(desk, &unique, lease.job))?;
    }
    Ok(true)
}

/// What was said while it ran goes to the job's own row, before the lease goes.
fn keep_words(desk: &mut Desk<'_>, seq: i64, fence: i64, verdict: &Verdict) -> rusqlite::Result<()> {
    desk.db
        .prepare_cached(
            "UPDATE banto_job SET error = ifnull(?2, error), (cancel_asked, progress) =
                 (SELECT cancel_asked, progress FROM banto_lease l WHERE l.seq = ?1) WHERE seq = ?1",
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
