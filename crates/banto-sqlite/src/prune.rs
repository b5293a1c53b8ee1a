//! `prune`: deletes what has ended long enough ago, keys whose time is over, instances long gone, and old rows of the ledger.
//!
//! The longest ended go first, a bounded number a call. It also sets aside damaged rows that nobody else would meet.

use banto_core::{Name, State};
use banto_store::{Prune, Pruned};
use rusqlite::{Row, params};

use crate::{
    beat, damage,
    desk::Desk,
    error::{Result, fault},
    ledger,
    row::lossy,
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
    let (fires, more_fires) = ledger::prune(desk, prune)?;
    desk.counts.touched |= fires > 0;
    Ok(Pruned { jobs, keys, instances, fires, more: more || more_fires })
}

/// The longest ended.
pub(crate) const OLD: &str = "SELECT seq, state, queue, kind, version FROM (
        SELECT * FROM (SELECT seq, 4 AS state, queue, kind, version, d.finished_at AS at, id
            FROM banto_done d CROSS JOIN banto_job USING (seq) WHERE d.finished_at <= ?1 ORDER BY at, id LIMIT ?4)
        UNION ALL
        SELECT * FROM (SELECT seq, state, queue, kind, version, finished_at AS at, id
            FROM banto_job WHERE state = 5 AND state >= 5 AND finished_at <= ?2 ORDER BY at, id LIMIT ?4)
        UNION ALL
        SELECT * FROM (SELECT seq, state, queue, kind, version, finished_at AS at, id
            FROM banto_job WHERE state = 6 AND state >= 5 AND finished_at <= ?3 ORDER BY at, id LIMIT ?4)
    ) ORDER BY at, id LIMIT ?4";

fn jobs(desk: &mut Desk<'_>, prune: &Prune) -> rusqlite::Result<(usize, bool)> {
    let ended_by = |keep: u64| desk.now.wall.saturating_sub_unsigned(keep);
    let mut find = desk.db.prepare_cached(OLD)?;
    let one_more = i64::try_from(prune.limit).unwrap_or(i64::MAX).saturating_add(1);
    let ages = params![ended_by(prune.done_ms), ended_by(prune.dead_ms), ended_by(prune.cancelled_ms), one_more];
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, (lossy(row, 2)?, lossy(row, 3)?, row.get(4)?)));
    let mut old: Vec<(i64, i64, (String, String, i64))> =
        find.query_map(ages, read)?.collect::<rusqlite::Result<_>>()?;
    let more = old.len() > prune.limit;
    old.truncate(prune.limit);
    for (seq, state, (queue, kind, version)) in &old {
        if let Some(state) = State::of_number(*state) {
            remove(desk, *seq, state, (queue, kind, *version))?;
        }
    }
    Ok((old.len(), more))
}

/// Deletes a job that has ended, with its trail. Its key has its own time.
pub(crate) fn remove(desk: &mut Desk<'_>, seq: i64, state: State, class: (&str, &str, i64)) -> rusqlite::Result<()> {
    ledger::keep_run(desk, seq)?;
    desk.db.prepare_cached("DELETE FROM banto_job WHERE seq = ?1")?.execute([seq])?;
    desk.db.prepare_cached("DELETE FROM banto_payload WHERE seq = ?1")?.execute([seq])?;
    if state == State::Done {
        desk.db.prepare_cached("DELETE FROM banto_done WHERE seq = ?1")?.execute([seq])?;
    }
    desk.db.prepare_cached("DELETE FROM banto_line WHERE seq = ?1")?.execute([seq])?;
    desk.counts.jobs(class, state, -1);
    desk.counts.recount |= Name::new(class.0).is_err() || Name::new(class.1).is_err();
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
