//! `prune`: deletes what has ended long enough ago, keys whose time is over, instances long gone, and old rows of the ledger.
//!
//! The longest ended go first, a bounded number a call. It also sets aside damaged rows that nobody else would meet.

use banto_core::JobId;
use banto_store::{Prune, Pruned};

use crate::{
    beat,
    conn::Conn,
    damage,
    error::Worked,
    ledger,
    row::{job_id, uuids},
    settle,
};

/// Deletes what may go.
pub(crate) async fn prune(conn: &mut Conn, prune: &Prune) -> Worked<Pruned> {
    conn.begin().await?;
    settle::admit(conn).await?;
    damage::sweep(conn).await?;
    let wall = conn.wall().await?;
    let (jobs, more) = jobs(conn, prune, wall).await?;
    let keys = conn.execute("DELETE FROM {s}.key WHERE until <= $1", &[&wall]).await?;
    let instances = instances(conn, prune.instances_ms, wall).await?;
    let (fires, more_fires) = ledger::prune(conn, prune, wall).await?;
    conn.execute("SELECT {s}.fold()", &[]).await?;
    conn.commit().await?;
    let keys = usize::try_from(keys).unwrap_or(0);
    Ok(Pruned { jobs, keys, instances, fires, more: more || more_fires })
}

/// The longest ended. What another pruner is just deleting is left to it.
pub(crate) const OLD: &str = "SELECT id FROM (
        SELECT * FROM (SELECT id, finished_at FROM {s}.ended WHERE state = 4 AND finished_at <= $1
            ORDER BY state, finished_at, id LIMIT $4 FOR UPDATE SKIP LOCKED) AS done
        UNION ALL
        SELECT * FROM (SELECT id, finished_at FROM {s}.ended WHERE state = 5 AND finished_at <= $2
            ORDER BY state, finished_at, id LIMIT $4 FOR UPDATE SKIP LOCKED) AS dead
        UNION ALL
        SELECT * FROM (SELECT id, finished_at FROM {s}.ended WHERE state = 6 AND finished_at <= $3
            ORDER BY state, finished_at, id LIMIT $4 FOR UPDATE SKIP LOCKED) AS cancelled
    ) AS old ORDER BY finished_at, id LIMIT $4";

async fn jobs(conn: &mut Conn, prune: &Prune, wall: i64) -> Worked<(usize, bool)> {
    let ended_by = |keep: u64| wall.saturating_sub_unsigned(keep);
    let (done, dead, cancelled) = (ended_by(prune.done_ms), ended_by(prune.dead_ms), ended_by(prune.cancelled_ms));
    let one_more = i64::try_from(prune.limit).unwrap_or(i64::MAX).saturating_add(1);
    let rows = conn.query(OLD, &[&done, &dead, &cancelled, &one_more]).await?;
    let mut old: Vec<JobId> = rows.iter().map(|row| row.try_get(0).map(job_id)).collect::<Result<_, _>>()?;
    let more = old.len() > prune.limit;
    old.truncate(prune.limit);
    Ok((remove(conn, &old).await?, more))
}

/// Deletes jobs that have ended, with their trails; says how many there were. Their keys have their own time.
pub(crate) async fn remove(conn: &mut Conn, ids: &[JobId]) -> Worked<usize> {
    let lasts = ledger::lasts(conn, ids).await?;
    let removed = conn.query("SELECT * FROM {s}.remove_jobs($1, $2)", &[&uuids(ids), &lasts]).await?;
    Ok(removed.len())
}

async fn instances(conn: &mut Conn, keep_ms: u64, wall: i64) -> Worked<usize> {
    let now = conn.now.known(wall);
    let gone = |one: &beat::Registered| !one.seen.living && one.seen.silent_ms >= keep_ms;
    let found = beat::all(conn, now).await?;
    let ids: Vec<i64> = found.iter().filter(|one| gone(one)).map(|one| one.seen.instance.id.0.cast_signed()).collect();
    if !ids.is_empty() {
        conn.execute("DELETE FROM {s}.instance WHERE id = ANY ($1)", &[&ids]).await?;
    }
    Ok(ids.len())
}
