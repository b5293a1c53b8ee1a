//! `beat`: the processes that work, and what they are ordered.

use banto_core::text::cut;
use banto_store::{Instance, Orders, Seen, Status, instance::LIVING_MS};
use rusqlite::{Connection, Row, params};

use crate::{
    desk::{Desk, Now},
    error::{Result, fault, while_doing},
};

/// Registers an instance or says that it lives.
pub(crate) fn beat(desk: &mut Desk<'_>, instance: &Instance) -> Result<Orders> {
    let said = serde_json::to_string(instance).map_err(|error| {
        banto_store::StoreError::new(banto_store::Fault::Damaged, format!("register an instance: {error}"))
    })?;
    let restart = desk
        .db
        .prepare_cached(
            "INSERT INTO banto_instance (id, said, since, beat_at, beat_boot, beat_ms) VALUES (?1, ?2, ?3, ?3, ?4, ?5)
             ON CONFLICT (id) DO UPDATE SET said = excluded.said, beat_at = excluded.beat_at,
                 beat_boot = excluded.beat_boot, beat_ms = excluded.beat_ms
             RETURNING restart",
        )
        .and_then(|mut write| {
            let id = instance.id.0.cast_signed();
            write.query_row(params![id, said, desk.now.wall, desk.now.boot, desk.now.steady], |row| row.get(0))
        })
        .map_err(while_doing("register an instance"))?;
    desk.counts.touched = true;
    Ok(Orders { restart, wall_ms: desk.now.wall })
}

/// Every instance that is registered, by id. One whose row cannot be read is left out.
pub(crate) fn seen(db: &Connection, now: Now) -> Result<Vec<Seen>> {
    let mut seen = all(db, now).map_err(|error| fault("list instances", &error))?;
    seen.sort_by_key(|one| one.seen.instance.id);
    Ok(seen.into_iter().map(|one| one.seen).collect())
}

/// A registered instance.
pub(crate) struct Registered {
    pub seen: Seen,
    /// Whether it is already ordered to restart.
    pub ordered: bool,
}

/// Every instance that is registered.
pub(crate) fn all(db: &Connection, now: Now) -> rusqlite::Result<Vec<Registered>> {
    let mut find =
        db.prepare_cached("SELECT said, since, beat_boot, beat_ms, restart IS NOT NULL FROM banto_instance")?;
    let mut rows = find.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(read(row, now)?);
    }
    Ok(found)
}

fn read(row: &Row<'_>, now: Now) -> rusqlite::Result<Option<Registered>> {
    let Some(instance) = row.get_ref(0)?.as_str().ok().and_then(|said| serde_json::from_str::<Instance>(said).ok())
    else {
        return Ok(None);
    };
    let (boot, at): (i64, i64) = (row.get(2)?, row.get(3)?);
    // One of another boot has been silent since this boot, at least.
    let silent = if boot == now.boot { now.steady.saturating_sub(at) } else { now.steady };
    let silent_ms = u64::try_from(silent).unwrap_or(0);
    let living = instance.status != Status::Stopped && boot == now.boot && silent_ms <= LIVING_MS;
    let seen = Seen { instance, since: row.get(1)?, silent_ms, living };
    Ok(Some(Registered { seen, ordered: row.get(4)? }))
}

/// Orders every instance that is registered now and has not left to restart; says how many of them live. One that is
/// silent hears of it if it comes back.
pub(crate) fn restart(desk: &mut Desk<'_>, by: &str, preview: bool) -> rusqlite::Result<usize> {
    let mut order = desk.db.prepare_cached("UPDATE banto_instance SET restart = ?2 WHERE id = ?1")?;
    let stays = |one: &Registered| one.seen.instance.status != Status::Stopped && !one.ordered;
    let found: Vec<Registered> = all(desk.db, desk.now)?.into_iter().filter(stays).collect();
    for one in found.iter().filter(|_| !preview) {
        order.execute(params![one.seen.instance.id.0.cast_signed(), cut(by, 255)])?;
    }
    Ok(found.iter().filter(|one| one.seen.living).count())
}
