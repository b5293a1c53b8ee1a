//! `settle`: a move to or from another store.
//!
//! How the store stands is a row of `banto_meta`, read in the transaction of every verb that depends on it: so whoever comes
//! after a step was committed is bound by it, and nobody can be under way meanwhile, for only one writes.

use banto_core::{Due, Job, NewJob, State};
use banto_store::{
    Card, Fault, Found, Key, Load, Select, Settle, Settled, Stand, Standing, Step, StoreError,
    settle::{LOAD_MAX, ordered},
};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use crate::{
    call::Verb,
    damage,
    desk::{Desk, Now},
    enqueue,
    error::{Result, fault, while_doing},
    ledger, mutate,
    pages::Pages,
    pause, prune, schedule, seat,
};

/// Refuses a load that cannot be kept. Needs no desk, so it is asked before the queue.
pub(crate) fn check(settle: &Settle) -> Result<()> {
    match &settle.step {
        Step::Put(load) => load.check().map_err(StoreError::from),
        _ => Ok(()),
    }
}

/// How many rows a step writes, about.
pub(crate) fn rows(settle: &Settle) -> usize {
    match &settle.step {
        Step::Put(load) => load.len(),
        Step::Clear { limit } => (*limit).min(LOAD_MAX),
        _ => 1,
    }
}

/// Refuses what the store does not do as it stands.
pub(crate) fn admit(desk: &mut Desk<'_>, verb: Verb) -> Result<()> {
    let doing = verb.of_an_open_store();
    if (doing.is_none() && verb != Verb::Enqueue) || (doing.is_some() && mutate::standing_dropped()) {
        return Ok(());
    }
    let Some(standing) = known(desk)? else { return Ok(()) };
    doing.map_or_else(|| standing.admit_jobs(), |doing| standing.admit(doing))
}

/// How the store stands in a move.
pub(crate) fn standing(db: &Connection) -> Result<Option<Standing>> {
    let sql = "SELECT value FROM banto_meta WHERE name = 'standing'";
    // Its bytes: what is no text cannot be read, but the file can.
    let bytes = |row: &rusqlite::Row<'_>| Ok(row.get_ref(0)?.as_bytes().unwrap_or_default().to_vec());
    let found = db.prepare_cached(sql).and_then(|mut find| find.query_row([], bytes).optional());
    let Some(text) = found.map_err(while_doing("read how the store stands"))? else { return Ok(None) };
    serde_json::from_slice(&text).map(Some).map_err(|error| {
        let what = format!("read how the store stands: {error} in the row `standing` of banto_meta; restore a backup");
        StoreError::new(Fault::Damaged, what)
    })
}

/// As [`standing`], asked once in a transaction.
fn known<'d>(desk: &'d mut Desk<'_>) -> Result<Option<&'d Standing>> {
    if desk.standing.is_none() {
        desk.standing = Some(standing(desk.db)?);
    }
    Ok(desk.standing.as_ref().and_then(Option::as_ref))
}

/// Takes a step.
pub(crate) fn settle(desk: &mut Desk<'_>, settle: &Settle) -> Result<Settled> {
    let failed = while_doing("move to or from another store");
    if matches!(settle.step, Step::Leave(_) | Step::Close) {
        // What nobody can read, nobody can end.
        damage::sweep(desk).map_err(&failed)?;
    }
    let found = found(desk).map_err(&failed)?;
    let clears = matches!(settle.step, Step::Clear { .. });
    stand(desk, settle, Found { empty: found.empty && !clears, ..found })?;
    match &settle.step {
        Step::Put(load) => put(desk, load).map_err(&failed),
        Step::Clear { limit } if clearing(desk)? => {
            clear(desk, *limit).map_err(&failed)?;
            let left = self::found(desk).map_err(&failed)?;
            stand(desk, settle, left)?;
            Ok(Settled { more: clearing(desk)?, ..Settled::default() })
        }
        _ => Ok(Settled::default()),
    }
}

fn clearing(desk: &mut Desk<'_>) -> Result<bool> {
    Ok(known(desk)?.is_some_and(|standing| standing.stand == Stand::Clearing))
}

/// Writes down how the store stands with this step.
fn stand(desk: &mut Desk<'_>, settle: &Settle, found: Found) -> Result<()> {
    let was = known(desk)?.cloned();
    let is = settle.decide(was.as_ref(), found, desk.now.wall)?;
    if is != was {
        // Numbers and text, which serde_json always can write.
        let text = is.as_ref().and_then(|is| serde_json::to_string(is).ok());
        let written = match text {
            Some(text) => desk.db.execute("INSERT OR REPLACE INTO banto_meta VALUES ('standing', ?1)", [text]),
            None => desk.db.execute("DELETE FROM banto_meta WHERE name = 'standing'", []),
        };
        written.map_err(|error| fault("write down how the store stands", &error))?;
        desk.standing = Some(is);
    }
    desk.counts.news = true;
    Ok(())
}

fn found(desk: &Desk<'_>) -> rusqlite::Result<Found> {
    let running: i64 = desk.db.query_row("SELECT count(*) FROM banto_lease", [], |row| row.get(0))?;
    let empty = desk.db.query_row(
        "SELECT NOT EXISTS (SELECT 1 FROM banto_job)
             AND NOT EXISTS (SELECT 1 FROM banto_service) AND NOT EXISTS (SELECT 1 FROM banto_schedule)
             AND NOT EXISTS (SELECT 1 FROM banto_key WHERE until IS NULL OR until > ?1)
             AND NOT EXISTS (SELECT 1 FROM banto_pause WHERE until IS NULL OR until > ?1)
             AND NOT EXISTS (SELECT 1 FROM banto_halt WHERE until IS NULL OR until > ?1)",
        [desk.now.wall],
        |row| row.get(0),
    )?;
    Ok(Found { running: u64::try_from(running).unwrap_or(0), empty })
}

fn put(desk: &mut Desk<'_>, load: &Load) -> rusqlite::Result<Settled> {
    let mut fresh = 0;
    let mut insert = desk.db.prepare_cached(enqueue::ONE)?;
    for card in &load.jobs {
        fresh += u64::from(put_job(desk, &mut insert, card)?);
    }
    load.keys.iter().try_for_each(|key| put_key(desk, key))?;
    load.services.iter().try_for_each(|service| schedule::put_service(desk.db, service))?;
    load.schedules.iter().try_for_each(|schedule| schedule::put_schedule(desk.db, schedule))?;
    load.fires.iter().try_for_each(|fire| ledger::put(desk, fire))?;
    load.pauses.iter().try_for_each(|(queue, pause)| pause::QUEUES.put(desk, queue.as_str(), pause))?;
    for (schedule, pause) in &load.halts {
        pause::SCHEDULES.put(desk, schedule.as_ref().map_or("", |name| name.as_str()), pause)?;
    }
    Ok(Settled { fresh, ..Settled::default() })
}

/// Keeps a job where it stood; says whether its id is new.
fn put_job(desk: &mut Desk<'_>, insert: &mut CachedStatement<'_>, card: &Card) -> rusqlite::Result<bool> {
    let job = &card.job;
    let new = NewJob { due: Due::At(job.run_at), ..ordered(job) };
    let Some(seq) = enqueue::write(desk, insert, &new, Now { wall: job.enqueued_at, ..desk.now })? else {
        return Ok(false);
    };
    match job.state {
        // As an end that is well leaves it: the row stays, and a small one says so.
        State::Done => {
            seat::write(desk, seq, &Job { state: State::Ready, finished_at: None, ..job.clone() }, None)?;
            put_end(desk, seq, job)?;
        }
        _ => seat::write(desk, seq, job, None)?,
    }
    if job.state == State::Ready {
        seat::line_up(desk, seq, job)?;
    }
    let mut line = desk
        .db
        .prepare_cached("INSERT INTO banto_line (seq, n, at, fence, word, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (n, said) in (1i64..).zip(&card.trail) {
        line.execute(params![seq, n, said.at, said.fence, said.word, said.text])?;
    }
    desk.counts.jobs((job.queue.as_str(), job.kind.as_str(), job.version.into()), job.state, 1);
    desk.counts.tally.accepted += 1;
    Ok(true)
}

/// The end of a job that is done, under a token that no lease here ever had.
fn put_end(desk: &mut Desk<'_>, seq: i64, job: &Job) -> rusqlite::Result<()> {
    let token = desk.token().cast_signed();
    desk.db.prepare_cached(&crate::finish::DONE)?.execute(params![
        seq,
        job.finished_at,
        job.started_at,
        job.attempt,
        job.crashes,
        job.fence,
        token,
        job.instance.map(|instance| instance.0.cast_signed()),
    ])?;
    Ok(())
}

fn put_key(desk: &Desk<'_>, Key { key, holder }: &Key) -> rusqlite::Result<()> {
    desk.db
        .prepare_cached(
            "INSERT OR REPLACE INTO banto_key (key, job, until) SELECT ?1, ?2, ?3 WHERE ?3 IS NOT NULL OR EXISTS (
                 SELECT 1 FROM banto_job j WHERE j.id = ?2 AND j.key = ?1 AND j.state NOT IN (5, 6)
                     AND NOT EXISTS (SELECT 1 FROM banto_done d WHERE d.seq = j.seq))",
        )?
        .execute(params![key.as_str(), holder.job.bytes(), holder.until])?;
    Ok(())
}

/// Deletes so many jobs, and when none is left everything else.
fn clear(desk: &mut Desk<'_>, limit: usize) -> rusqlite::Result<()> {
    let some = Select { limit: limit.min(LOAD_MAX), ..Select::default() };
    let page = Pages::oldest_first(&some).next(desk.db)?.unwrap_or_default();
    for stored in page.iter().take(some.limit) {
        let job = &stored.job;
        seat::leave(desk, stored)?;
        prune::remove(desk, stored.seq, job.state, (job.queue.as_str(), job.kind.as_str(), job.version.into()))?;
        desk.counts.recount |= stored.damaged;
    }
    let left: bool = desk.db.query_row("SELECT EXISTS (SELECT 1 FROM banto_job)", [], |row| row.get(0))?;
    if left {
        return Ok(());
    }
    desk.db.execute_batch(
        "DELETE FROM banto_key; DELETE FROM banto_service; DELETE FROM banto_schedule; DELETE FROM banto_fire;
         DELETE FROM banto_fire_last; DELETE FROM banto_pause; DELETE FROM banto_halt;",
    )
}
