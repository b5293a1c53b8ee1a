//! `enqueue`: accepts jobs, in order, whole or not at all.
//!
//! A key is a primary key, so two callers cannot both be given it, nor two jobs of one batch. Who repeats a call finds
//! the jobs under their ids and is told so.

use std::sync::LazyLock;

use banto_core::{JobId, NewJob, Options, Refusal, State, limits::ENQUEUE_MAX};
use banto_store::{Enqueued, StoreError};
use rusqlite::{CachedStatement, OptionalExtension, params};

use crate::{
    bulk::{self, Values},
    desk::{Desk, Now},
    error::{Result, fault},
    key,
    row::of_hold,
    seat::line_up_at,
    sum::Summed,
};

/// A longer payload stands apart from the job's row. Most are far shorter, and read fastest where they are.
const INLINE_BYTES: usize = 1_024;

/// Refuses too many jobs, and whatever [`NewJob::check`] does. Needs no desk, so it is done before the queue.
pub(crate) fn check(jobs: &[NewJob]) -> Result<()> {
    if jobs.len() > ENQUEUE_MAX {
        let allowed = format!("{ENQUEUE_MAX} are allowed in one call; send the rest in another");
        return Err(Refusal::new("a number of jobs", &jobs.len().to_string(), allowed).into());
    }
    jobs.iter().try_for_each(|job| job.check().map_err(StoreError::from))
}

/// Accepts checked jobs.
pub(crate) fn enqueue(desk: &mut Desk<'_>, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
    accept(desk, jobs).map_err(|error| fault("enqueue jobs", &error))
}

/// As [`enqueue`], for a verb that says for itself what could not be done.
pub(crate) fn accept(desk: &mut Desk<'_>, jobs: &[NewJob]) -> rusqlite::Result<Vec<Enqueued>> {
    let (parts, rest) = bulk::parts(jobs);
    if parts.is_empty() {
        return accept_few(desk, rest);
    }
    let before: i64 =
        desk.db.prepare_cached("SELECT ifnull(max(seq), 0) FROM banto_job")?.query_row([], |row| row.get(0))?;
    let mut insert = desk.db.prepare_cached(ONE)?;
    let mut answers = Vec::with_capacity(jobs.len());
    for part in parts {
        if !accept_plain(desk, part, &mut answers)? {
            accept_each(desk, &mut insert, part, &mut answers)?;
        }
    }
    accept_each(desk, &mut insert, rest, &mut answers)?;
    // All that are ready go into the lines of their queues in one statement.
    if answers.iter().any(|answer| answer.fresh) {
        desk.db.prepare_cached(LINE_UP)?.execute([before])?;
    }
    Ok(answers)
}

/// One job.
pub(crate) const ONE: &str = "INSERT INTO banto_job (id, kind, version, queue, priority, state, run_at, enqueued_at,
        attempts_max, options, payload, sum, key, hold, hold_ms)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) ON CONFLICT (id) DO NOTHING";

/// Several that have no key and a short payload.
pub(crate) static PLAIN: LazyLock<String> = LazyLock::new(|| {
    let head =
        "INSERT OR IGNORE INTO banto_job (id, kind, version, queue, priority, state, run_at, enqueued_at, attempts_max,
        options, payload, sum)";
    bulk::insert(head, 12)
});

/// Those that are ready, beyond a row.
pub(crate) const LINE_UP: &str = "INSERT OR REPLACE INTO banto_ready (queue, priority, run_at, id, seq)
    SELECT queue, priority, run_at, id, seq FROM banto_job WHERE seq > ?1 AND state = 1";

/// Accepts jobs that are all new and have nothing out of the ordinary; says whether they are that.
fn accept_plain(
    desk: &mut Desk<'_>,
    part: &[NewJob; bulk::ROWS],
    answers: &mut Vec<Enqueued>,
) -> rusqlite::Result<bool> {
    let plain = |new: &NewJob| new.unique.is_none() && new.payload.as_str().len() <= INLINE_BYTES;
    if !part.iter().all(plain) {
        return Ok(false);
    }
    let mut insert = desk.db.prepare_cached(&PLAIN)?;
    let mut values = Values::of(&mut insert);
    for new in part {
        bind(&mut values, new, desk.now)?;
    }
    let new = bulk::new_rows(insert.raw_execute())?;
    if new < bulk::ROWS {
        // The new ones have the highest numbers, one after the other.
        let undo = "DELETE FROM banto_job WHERE seq > (SELECT max(seq) FROM banto_job) - ?1";
        desk.db.prepare_cached(undo)?.execute([new as i64])?;
        return Ok(false);
    }
    for new in part {
        accepted(desk, new);
        answers.push(Enqueued { id: new.id, fresh: true });
    }
    Ok(true)
}

/// Fewer than fill a statement: each goes into its line by itself, which needs no look at what was written.
fn accept_few(desk: &mut Desk<'_>, jobs: &[NewJob]) -> rusqlite::Result<Vec<Enqueued>> {
    let mut insert = desk.db.prepare_cached(ONE)?;
    let mut answers = Vec::with_capacity(jobs.len());
    for new in jobs {
        let (answer, seq) = accept_one(desk, &mut insert, new)?;
        let (state, run_at) = new.place(desk.now.wall);
        if let Some(seq) = seq.filter(|_| state == State::Ready) {
            line_up_at(desk, seq, (&new.queue, new.priority, run_at, new.id))?;
        }
        answers.push(answer);
    }
    Ok(answers)
}

fn accept_each(
    desk: &mut Desk<'_>,
    insert: &mut CachedStatement<'_>,
    jobs: &[NewJob],
    answers: &mut Vec<Enqueued>,
) -> rusqlite::Result<()> {
    for job in jobs {
        answers.push(accept_one(desk, insert, job)?.0);
    }
    Ok(())
}

/// What is answered, and the number of the job's row if there is a new one.
fn accept_one(
    desk: &mut Desk<'_>,
    insert: &mut CachedStatement<'_>,
    new: &NewJob,
) -> rusqlite::Result<(Enqueued, Option<i64>)> {
    let double = |desk: &mut Desk<'_>, id| {
        desk.counts.tally.doubles += 1;
        Ok((Enqueued { id, fresh: false }, None))
    };
    if let Some(id) = key_holder(desk, new)? {
        return double(desk, id);
    }
    let Some(seq) = write(desk, insert, new, desk.now)? else { return double(desk, new.id) };
    if let Some(unique) = &new.unique {
        key::take(desk, unique, new.id)?;
    }
    accepted(desk, new);
    Ok((Enqueued { id: new.id, fresh: true }, Some(seq)))
}

/// Writes a job's row as it is accepted at that time, and says its number; `None` if there is one of that id.
pub(crate) fn write(
    desk: &Desk<'_>,
    insert: &mut CachedStatement<'_>,
    new: &NewJob,
    now: Now,
) -> rusqlite::Result<Option<i64>> {
    let (hold, hold_ms) = new.unique.as_ref().map(|unique| of_hold(unique.hold)).unzip();
    let mut values = Values::of(insert);
    bind(&mut values, new, now)?;
    values.add(new.unique.as_ref().map(|unique| unique.key.as_str()))?;
    values.add(hold)?;
    values.add(hold_ms.flatten())?;
    if insert.raw_execute()? == 0 {
        return Ok(None);
    }
    let seq = desk.db.last_insert_rowid();
    if new.payload.as_str().len() > INLINE_BYTES {
        let mut long = desk.db.prepare_cached("INSERT INTO banto_payload (seq, payload) VALUES (?1, ?2)")?;
        long.execute(params![seq, new.payload.as_str()])?;
    }
    Ok(Some(seq))
}

/// The first twelve columns of a job.
fn bind(values: &mut Values<'_, '_>, new: &NewJob, now: Now) -> rusqlite::Result<()> {
    let (state, run_at) = new.place(now.wall);
    values.add(new.id.bytes())?;
    values.add(new.kind.as_str())?;
    values.add(new.version)?;
    values.add(new.queue.as_str())?;
    values.add(new.priority)?;
    values.add(state.number())?;
    values.add(run_at)?;
    values.add(now.wall)?;
    values.add(new.attempts_max.unwrap_or(0))?;
    let (options, payload) = (options(&new.options), new.payload.as_str());
    let summed = Summed {
        id: new.id.bytes(),
        kind: new.kind.as_str(),
        version: new.version.into(),
        queue: new.queue.as_str(),
        enqueued_at: now.wall,
        attempts_max: new.attempts_max.unwrap_or(0).into(),
        options: options.as_deref(),
        key: new.unique.as_ref().map(|unique| unique.key.as_str()),
        payload,
    };
    values.add(options.as_deref())?;
    values.add(Some(payload).filter(|text| text.len() <= INLINE_BYTES))?;
    values.add(summed.sum())
}

fn accepted(desk: &mut Desk<'_>, new: &NewJob) {
    let (state, _) = new.place(desk.now.wall);
    desk.counts.jobs((new.queue.as_str(), new.kind.as_str(), new.version.into()), state, 1);
    desk.counts.tally.accepted += 1;
    desk.counts.news = true;
}

/// The job that stands for a new one by its key. A job with the same id comes first.
fn key_holder(desk: &Desk<'_>, new: &NewJob) -> rusqlite::Result<Option<JobId>> {
    let Some(unique) = &new.unique else { return Ok(None) };
    let Some(holder) = key::holder(desk.db, unique.key.as_str(), desk.now)? else { return Ok(None) };
    let mut listed = desk.db.prepare_cached("SELECT 1 FROM banto_job WHERE id = ?1")?;
    let same = listed.query_row([new.id.bytes()], |_| Ok(())).optional()?;
    Ok(Some(if same.is_some() { new.id } else { holder.job }))
}

/// Options as their column; none where nothing is asked for.
pub(crate) fn options(options: &Options) -> Option<String> {
    if *options == Options::default() {
        return None;
    }
    // Options are numbers and checked text, which serde_json always can write.
    serde_json::to_string(options).ok()
}
