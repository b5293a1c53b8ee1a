//! `prune`: deletes what has ended long enough ago, keys whose time is over, and instances long gone.
//!
//! The longest ended go first, a bounded number a call. It also sets aside damaged rows that nobody else would meet.

use banto_core::State;
use banto_store::{Prune, Pruned};
use rusqlite::params;

use crate::{
    beat, damage,
    desk::Desk,
    error::{Result, fault},
};

/// Deletes what may go.
pub(crate) fn prune(desk: &mut Desk<'_>, prune: &Prune) -> Result<Pruned> {
    delete(desk, prune).map_err(|error| fault("prune", &error))
}

fn delete(desk: &mut Desk<'_>, prune: &Prune) -> rusqlite::Result<Pruned> {
    damage::sweep(desk)?;
    let (jobs, more) = jobs(desk, prune)?;
    let keys = desk
        .db
        .prepare_cached("DELETE FROM banto_key WHERE until IS NOT NULL AND until <= ?1")?
        .execute([desk.now.wall])?;
    let instances = instances(desk, prune.instances_ms)?;
    desk.counts.touched |= keys + instances > 0;
    Ok(Pruned { jobs, keys, instances, more })
}

fn jobs(desk: &mut Desk<'_>, prune: &Prune) -> rusqlite::Result<(usize, bool)> {
    let ended_by = |keep: u64| desk.now.wall.saturating_sub_unsigned(keep);
    let mut find = desk.db.prepare_cached(
        "SELECT seq FROM (
             SELECT * FROM (SELECT seq, finished_at, id FROM banto_job WHERE state = 4 AND finished_at <= ?1
                 ORDER BY finished_at, id LIMIT ?4)
             UNION ALL
             SELECT * FROM (SELECT seq, finished_at, id FROM banto_job WHERE state = 5 AND finished_at <= ?2
                 ORDER BY finished_at, id LIMIT ?4)
             UNION ALL
             SELECT * FROM (SELECT seq, finished_at, id FROM banto_job WHERE state = 6 AND finished_at <= ?3
                 ORDER BY finished_at, id LIMIT ?4)
         ) ORDER BY finished_at, id LIMIT ?4",
    )?;
    let one_more = i64::try_from(prune.limit).unwrap_or(i64::MAX).saturating_add(1);
    let ages = params![ended_by(prune.done_ms), ended_by(prune.dead_ms), ended_by(prune.cancelled_ms), one_more];
    let mut seqs: Vec<i64> = find.query_map(ages, |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let more = seqs.len() > prune.limit;
    seqs.truncate(prune.limit);
    for seq in &seqs {
        remove(desk, *seq)?;
    }
    Ok((seqs.len(), more))
}

/// Deletes a job with its payload and its trail. Its key has its own time.
pub(crate) fn remove(desk: &mut Desk<'_>, seq: i64) -> rusqlite::Result<()> {
    let mut find = desk.db.prepare_cached("SELECT state, queue, kind, version FROM banto_job WHERE seq = ?1")?;
    let mut rows = find.query([seq])?;
    let Some(row) = rows.next()? else { return Ok(()) };
    let text = |at| {
        Ok::<_, rusqlite::Error>(String::from_utf8_lossy(row.get_ref(at)?.as_bytes().unwrap_or_default()).into_owned())
    };
    if let Some(state) = State::of_number(row.get(0)?) {
        desk.counts.jobs((&text(1)?, &text(2)?, row.get(3)?), state, -1);
    }
    drop(rows);
    desk.db.prepare_cached("DELETE FROM banto_job WHERE seq = ?1")?.execute([seq])?;
    desk.db.prepare_cached("DELETE FROM banto_payload WHERE seq = ?1")?.execute([seq])?;
    desk.db.prepare_cached("DELETE FROM banto_line WHERE seq = ?1")?.execute([seq])?;
    desk.counts.tally.removed += 1;
    Ok(())
}

fn instances(desk: &mut Desk<'_>, keep_ms: u64) -> rusqlite::Result<usize> {
    let mut forget = desk.db.prepare_cached("DELETE FROM banto_instance WHERE id = ?1")?;
    let gone = |one: &beat::Registered| !one.seen.living && one.seen.silent_ms >= keep_ms;
    let found = beat::all(desk.db, desk.now)?;
    let gone: Vec<_> = found.into_iter().filter(gone).collect();
    for one in &gone {
        forget.execute([one.seen.instance.id.0.cast_signed()])?;
    }
    Ok(gone.len())
}
