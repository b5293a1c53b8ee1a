//! `settle`: a move to or from another store.
//!
//! How the store stands is one row. Each verb that depends on it holds a lock beside all others until its transaction ends; a
//! step holds that lock alone. So when the answer to a step has come, nobody is under way who was let in before it.

use std::collections::HashSet;

use banto_core::{Due, NewJob};
use banto_store::{
    Card, Fault, Found, Key, Keys, Load, Settle, Settled, Stand, Standing, Step, StoreError,
    settle::{LOAD_MAX, ordered},
};
use tokio_postgres::{error::DbError, types::ToSql};
use uuid::Uuid;

use crate::{
    conn::Conn,
    damage,
    enqueue::Columns,
    error::{Result, Worked},
    ledger, pause,
    row::{job_id, uuid},
    said::keep,
    schedule,
};

/// The code of the error by which the store's functions refuse what it does not do as it stands.
pub(crate) const MOVED: &str = "BN001";

/// Refuses a load that cannot be kept. Needs no connection.
pub(crate) fn check(settle: &Settle) -> Result<()> {
    match &settle.step {
        Step::Put(load) => load.check().map_err(StoreError::from),
        _ => Ok(()),
    }
}

/// Lets a verb in that only an open store carries out, for as long as its transaction lasts.
pub(crate) async fn admit(conn: &mut Conn) -> Worked<()> {
    conn.execute("SELECT {s}.admit(false)", &[]).await.map(drop)
}

/// The refusal, in the words of the standing.
pub(crate) fn moved(what: &str, error: &DbError) -> StoreError {
    let standing = read(error.detail().unwrap_or_default());
    let refused = standing.and_then(|standing| standing.admit(what));
    let told = || StoreError::new(Fault::Moved, format!("{what}: this store moves to or from another"));
    refused.err().unwrap_or_else(told)
}

fn read(text: &str) -> Result<Standing> {
    serde_json::from_str(text).map_err(|error| {
        let what = format!("read how the store stands: {error} in the row `standing` of meta; restore a backup");
        StoreError::new(Fault::Damaged, what)
    })
}

/// How the store stands in a move.
pub(crate) async fn standing(conn: &mut Conn) -> Worked<Option<Standing>> {
    let rows = conn.query("SELECT value FROM {s}.meta WHERE name = 'standing'", &[]).await?;
    let text: &str = rows.first().map_or(Ok(""), |row| row.try_get(0))?;
    match text {
        "" => Ok(None),
        _ => Ok(Some(read(text)?)),
    }
}

/// Takes a step.
pub(crate) async fn settle(conn: &mut Conn, settle: &Settle) -> Worked<Settled> {
    conn.begin().await?;
    conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('{s}.standing', 0))", &[]).await?;
    if matches!(settle.step, Step::Close) {
        // What nobody can read, nobody can end.
        damage::sweep(conn).await?;
    }
    let settled = step(conn, settle).await?;
    conn.execute("SELECT pg_notify('{s}.news', '')", &[]).await?;
    conn.commit().await?;
    conn.news = true;
    Ok(settled)
}

async fn step(conn: &mut Conn, settle: &Settle) -> Worked<Settled> {
    let found = found(conn).await?;
    let clears = matches!(settle.step, Step::Clear { .. });
    let clearing = stand(conn, settle, Found { empty: found.empty && !clears, ..found }).await?;
    let mut settled = Settled::default();
    match &settle.step {
        Step::Put(load) => settled.fresh = put(conn, load).await?,
        Step::Clear { limit } if clearing => {
            clear(conn, *limit).await?;
            let left = self::found(conn).await?;
            settled.more = stand(conn, settle, left).await?;
        }
        _ => {}
    }
    Ok(settled)
}

/// Writes down how the store stands with this step; says whether it is being cleared.
async fn stand(conn: &mut Conn, settle: &Settle, found: Found) -> Worked<bool> {
    let (was, wall) = (standing(conn).await?, conn.wall().await?);
    let is = settle.decide(was.as_ref(), found, wall).map_err(StoreError::from)?;
    if is != was {
        // Numbers and text, which serde_json always can write.
        let text = is.as_ref().and_then(|is| serde_json::to_string(is).ok()).unwrap_or_default();
        // Somebody may have deleted it by hand.
        let sql = "INSERT INTO {s}.meta AS m (name, value) VALUES ('standing', $1)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        conn.execute(sql, &[&text]).await?;
    }
    Ok(is.is_some_and(|is| is.stand == Stand::Clearing))
}

async fn found(conn: &mut Conn) -> Worked<Found> {
    let wall = conn.wall().await?;
    let sql = "SELECT (SELECT count(*) FROM {s}.live WHERE state = 2),
        NOT EXISTS (SELECT FROM {s}.job) AND NOT EXISTS (SELECT FROM {s}.service) AND NOT EXISTS (SELECT FROM {s}.schedule)
            AND NOT EXISTS (SELECT FROM {s}.key WHERE until IS NULL OR until > $1)
            AND NOT EXISTS (SELECT FROM {s}.pause WHERE until IS NULL OR until > $1)
            AND NOT EXISTS (SELECT FROM {s}.halt WHERE until IS NULL OR until > $1)";
    let row = conn.one(sql, &[&wall]).await?;
    Ok(Found { running: u64::try_from(row.try_get::<_, i64>(0)?).unwrap_or(0), empty: row.try_get(1)? })
}

async fn put(conn: &mut Conn, load: &Load) -> Worked<u64> {
    let fresh = put_jobs(conn, &load.jobs).await?;
    for key in &load.keys {
        put_key(conn, key).await?;
    }
    for service in &load.services {
        schedule::put_service(conn, service).await?;
    }
    for view in &load.schedules {
        schedule::put_schedule(conn, view).await?;
    }
    for fire in &load.fires {
        ledger::put(conn, fire).await?;
    }
    for (queue, pause) in &load.pauses {
        pause::QUEUES.put(conn, queue.as_str(), pause).await?;
    }
    for (schedule, pause) in &load.halts {
        pause::SCHEDULES.put(conn, schedule.as_ref().map_or("", |name| name.as_str()), pause).await?;
    }
    Ok(fresh)
}

const PUT: &str =
    "SELECT {s}.put_jobs($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
    $21, $22, $23, $24, $25, $26, $27, $28)";

/// Keeps jobs where they stood; says how many of their ids are new.
async fn put_jobs(conn: &mut Conn, cards: &[Card]) -> Worked<u64> {
    if cards.is_empty() {
        return Ok(0);
    }
    let mut seen = HashSet::new();
    let cards: Vec<&Card> = cards.iter().filter(|card| seen.insert(card.job.id)).collect();
    let jobs: Vec<NewJob> =
        cards.iter().map(|card| NewJob { due: Due::At(card.job.run_at), ..ordered(&card.job) }).collect();
    let columns = Columns::of(jobs.iter().map(Some));
    let of = || cards.iter().map(|card| &card.job);
    let states: Vec<i32> = of().map(|job| job.state.number().into()).collect();
    let enqueued: Vec<i64> = of().map(|job| job.enqueued_at).collect();
    let attempts: Vec<i32> = of().map(|job| job.attempt.into()).collect();
    let crashes: Vec<i32> = of().map(|job| job.crashes.into()).collect();
    let fences: Vec<i64> = of().map(|job| job.fence.into()).collect();
    let instances: Vec<Option<i64>> = of().map(|job| job.instance.map(|id| id.0.cast_signed())).collect();
    let started: Vec<Option<i64>> = of().map(|job| job.started_at).collect();
    let finished: Vec<Option<i64>> = of().map(|job| job.finished_at).collect();
    let asked: Vec<bool> = of().map(|job| job.cancel_asked).collect();
    let errors: Vec<_> = of().map(|job| job.error.as_deref().map(keep)).collect();
    let progress: Vec<_> =
        of().map(|job| job.progress.as_ref().and_then(|said| serde_json::to_string(said).ok())).collect();
    let causes: Vec<_> = of().map(|job| job.park.as_ref().map(|park| park.cause.word())).collect();
    let texts: Vec<_> = of().map(|job| job.park.as_ref().map(|park| keep(&park.text))).collect();
    let builds: Vec<_> = of().map(|job| job.park.as_ref().map(|park| keep(&park.build))).collect();
    let mut values = columns.values();
    let more: [&(dyn ToSql + Sync); 14] = [
        &states, &enqueued, &attempts, &crashes, &fences, &instances, &started, &finished, &asked, &errors, &progress,
        &causes, &texts, &builds,
    ];
    values.extend(more);
    let fresh: Vec<Uuid> = conn.one(PUT, &values).await?.try_get(0)?;
    let new: HashSet<_> = fresh.iter().copied().map(job_id).collect();
    put_lines(conn, cards.iter().copied().filter(|card| new.contains(&card.job.id))).await?;
    Ok(fresh.len() as u64)
}

async fn put_lines(conn: &mut Conn, cards: impl Iterator<Item = &Card>) -> Worked<()> {
    let lines: Vec<_> = cards.flat_map(|card| card.trail.iter().map(move |line| (card.job.id, line))).collect();
    let ids: Vec<Uuid> = lines.iter().map(|(id, _)| uuid(id)).collect();
    let ats: Vec<i64> = lines.iter().map(|(_, line)| line.at).collect();
    let fences: Vec<i64> = lines.iter().map(|(_, line)| line.fence.into()).collect();
    let words: Vec<_> = lines.iter().map(|(_, line)| keep(&line.word)).collect();
    let texts: Vec<_> = lines.iter().map(|(_, line)| keep(&line.text)).collect();
    let sql = "INSERT INTO {s}.line (id, at, fence, word, text) SELECT t.id, t.at, t.fence, t.word, t.text
        FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::text[]) WITH ORDINALITY
            AS t (id, at, fence, word, text, nth) ORDER BY t.nth";
    conn.execute(sql, &[&ids, &ats, &fences, &words, &texts]).await.map(drop)
}

async fn put_key(conn: &mut Conn, Key { key, holder }: &Key) -> Worked<()> {
    let sql =
        "INSERT INTO {s}.key (key, job, until) SELECT $1::text, $2::uuid, $3::bigint WHERE $3 IS NOT NULL OR EXISTS (
            SELECT FROM {s}.job j JOIN {s}.live l ON l.id = j.id WHERE j.id = $2 AND j.key = $1)
        ON CONFLICT (key) DO UPDATE SET job = excluded.job, until = excluded.until";
    conn.execute(sql, &[&key.as_str(), &uuid(&holder.job), &holder.until]).await.map(drop)
}

/// Deletes so many jobs, and when none is left everything else.
async fn clear(conn: &mut Conn, limit: usize) -> Worked<()> {
    let limit = i32::try_from(limit.min(LOAD_MAX)).unwrap_or(i32::MAX);
    conn.execute("SELECT {s}.clear_jobs($1)", &[&limit]).await?;
    let left: bool = conn.one("SELECT EXISTS (SELECT FROM {s}.job)", &[]).await?.try_get(0)?;
    if left {
        return Ok(());
    }
    conn.batch(
        "DELETE FROM {s}.key; DELETE FROM {s}.service; DELETE FROM {s}.schedule; DELETE FROM {s}.fire;
         DELETE FROM {s}.pause; DELETE FROM {s}.halt;",
    )
    .await
}

/// Keys that are held, by their bytes.
pub(crate) async fn keys(conn: &mut Conn, after: Option<&str>, limit: usize) -> Worked<Keys> {
    let wall = conn.wall().await?;
    let limit = limit.clamp(1, LOAD_MAX);
    let rows = i64::try_from(limit).unwrap_or(i64::MAX);
    let sql =
        "SELECT key, job, until FROM {s}.key WHERE ($1::text IS NULL OR key > $1) AND (until IS NULL OR until > $2)
        ORDER BY key LIMIT $3";
    let rows = conn.query(sql, &[&after, &wall, &rows]).await?;
    let (mut keys, mut last) = (Vec::new(), None);
    for row in &rows {
        let text: &str = row.try_get(0)?;
        last = Some(text.to_owned());
        // One that is no key nobody could ask for.
        let Ok(key) = text.parse() else { continue };
        keys.push(Key { key, holder: banto_store::Holder { job: job_id(row.try_get(1)?), until: row.try_get(2)? } });
    }
    Ok(Keys { keys, next: last.filter(|_| rows.len() == limit) })
}
