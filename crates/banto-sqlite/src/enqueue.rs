//! `enqueue`: accepts jobs, in order, whole or not at all.
//!
//! A key is a primary key, so two callers cannot both be given it, nor two jobs of one batch. Who repeats a call finds
//! the jobs under their ids and is told so.

use banto_core::{Due, JobId, NewJob, Options, Refusal, State, limits::ENQUEUE_MAX};
use banto_store::{Enqueued, StoreError};
use rusqlite::{CachedStatement, OptionalExtension, params};

use crate::{
    desk::Desk,
    error::{Result, fault},
    key,
    row::of_hold,
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

fn accept(desk: &mut Desk<'_>, jobs: &[NewJob]) -> rusqlite::Result<Vec<Enqueued>> {
    let mut insert = desk.db.prepare_cached(
        "INSERT INTO banto_job (id, kind, version, queue, priority, state, run_at, enqueued_at, attempts_max, key, hold,
             hold_ms, options, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
         ON CONFLICT (id) DO NOTHING",
    )?;
    let mut answers = Vec::with_capacity(jobs.len());
    let mut first = None;
    for job in jobs {
        let answer = accept_one(desk, &mut insert, job)?;
        if answer.fresh {
            first.get_or_insert(desk.db.last_insert_rowid());
        }
        answers.push(answer);
    }
    if let Some(first) = first {
        line_up(desk, first)?;
    }
    Ok(answers)
}

/// Puts all that are ready from `first` on into the lines of their queues, in one statement.
fn line_up(desk: &Desk<'_>, first: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO banto_ready (queue, priority, run_at, id, seq)
         SELECT queue, priority, run_at, id, seq FROM banto_job WHERE seq >= ?1 AND state = 1";
    desk.db.prepare_cached(sql)?.execute([first]).map(|_| ())
}

fn accept_one(desk: &mut Desk<'_>, insert: &mut CachedStatement<'_>, new: &NewJob) -> rusqlite::Result<Enqueued> {
    if let Some(id) = key_holder(desk, new)? {
        desk.counts.tally.doubles += 1;
        return Ok(Enqueued { id, fresh: false });
    }
    let run_at = match new.due {
        Due::Now => desk.now.wall,
        Due::In(ms) => desk.now.wall_in(ms),
        Due::At(ms) => ms,
    };
    let state = if run_at <= desk.now.wall { State::Ready } else { State::Scheduled };
    let long = new.payload.as_str().len() > INLINE_BYTES;
    let (hold, hold_ms) = new.unique.as_ref().map(|unique| of_hold(unique.hold)).unzip();
    let stored = insert.execute(params![
        new.id.bytes(),
        new.kind.as_str(),
        new.version,
        new.queue.as_str(),
        new.priority,
        state.number(),
        run_at,
        desk.now.wall,
        new.attempts_max,
        new.unique.as_ref().map(|unique| unique.key.as_str()),
        hold,
        hold_ms.flatten(),
        options(&new.options),
        (!long).then_some(new.payload.as_str()),
    ])?;
    if stored == 0 {
        desk.counts.tally.doubles += 1;
        return Ok(Enqueued { id: new.id, fresh: false });
    }
    if long {
        desk.db
            .prepare_cached("INSERT INTO banto_payload (seq, payload) VALUES (?1, ?2)")?
            .execute(params![desk.db.last_insert_rowid(), new.payload.as_str()])?;
    }
    if let Some(unique) = &new.unique {
        key::take(desk, unique, new.id)?;
    }
    desk.counts.jobs((new.queue.as_str(), new.kind.as_str(), new.version.into()), state, 1);
    desk.counts.tally.accepted += 1;
    desk.counts.news = true;
    Ok(Enqueued { id: new.id, fresh: true })
}

/// The job that stands for a new one by its key. A job with the same id comes first.
fn key_holder(desk: &Desk<'_>, new: &NewJob) -> rusqlite::Result<Option<JobId>> {
    let Some(unique) = &new.unique else { return Ok(None) };
    let Some(holder) = key::holder(desk.db, unique.key.as_str(), desk.now)? else { return Ok(None) };
    let mut listed = desk.db.prepare_cached("SELECT 1 FROM banto_job WHERE id = ?1")?;
    let same = listed.query_row([new.id.bytes()], |_| Ok(())).optional()?;
    Ok(Some(if same.is_some() { new.id } else { holder.job }))
}

fn options(options: &Options) -> Option<String> {
    if *options == Options::default() {
        return None;
    }
    // Options are numbers and checked text, which serde_json always can write.
    serde_json::to_string(options).ok()
}
