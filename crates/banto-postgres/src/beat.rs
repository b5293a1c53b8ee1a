//! `beat`: the processes that work, and what they are ordered.

use banto_core::text::cut;
use banto_store::{Fault, Instance, Orders, Seen, Status, StoreError, instance::LIVING_MS};

use crate::{
    conn::Conn,
    error::Worked,
    said::{keep, said},
    time::{Known, Watch},
};

/// Registers an instance or says that it lives.
pub(crate) async fn beat(conn: &mut Conn, watch: &Watch, instance: &Instance) -> Worked<Orders> {
    let text = serde_json::to_string(instance)
        .map_err(|error| StoreError::new(Fault::Damaged, format!("register an instance: {error}")))?;
    let (id, now) = (instance.id.0.cast_signed(), conn.now);
    let row = conn
        .one("SELECT * FROM {s}.beat($1, $2, $3, $4, $5)", &[&id, &text, &now.wall, &now.steady, &now.boot])
        .await?;
    let wall_ms: i64 = row.try_get(1)?;
    if now.wall.is_none() {
        watch.look(wall_ms);
    }
    Ok(Orders { restart: row.try_get::<_, Option<String>>(0)?.map(said), wall_ms })
}

/// Every instance that is registered, by id. One whose row cannot be read is left out.
pub(crate) async fn seen(conn: &mut Conn) -> Worked<Vec<Seen>> {
    let wall = conn.wall().await?;
    let now = conn.now.known(wall);
    let mut seen: Vec<Seen> = all(conn, now).await?.into_iter().map(|one| one.seen).collect();
    seen.sort_by_key(|one| one.instance.id);
    Ok(seen)
}

/// A registered instance.
pub(crate) struct Registered {
    pub seen: Seen,
    /// Whether it is already ordered to restart.
    pub ordered: bool,
}

/// Every instance that is registered.
pub(crate) async fn all(conn: &mut Conn, now: Known) -> Worked<Vec<Registered>> {
    let sql = "SELECT said, since, beat_boot, beat_ms, restart IS NOT NULL FROM {s}.instance";
    let mut found = Vec::new();
    for row in conn.query(sql, &[]).await? {
        let Ok(instance) = serde_json::from_str::<Instance>(row.try_get(0)?) else { continue };
        let (boot, at): (i64, i64) = (row.try_get(2)?, row.try_get(3)?);
        // One of another boot has been silent since this boot, at least.
        let silent = if boot == now.boot { now.steady.saturating_sub(at) } else { now.steady };
        let silent_ms = u64::try_from(silent).unwrap_or(0);
        let living = instance.status != Status::Stopped && boot == now.boot && silent_ms <= LIVING_MS;
        let seen = Seen { instance, since: row.try_get(1)?, silent_ms, living };
        found.push(Registered { seen, ordered: row.try_get(4)? });
    }
    Ok(found)
}

/// Orders every instance that is registered now and has not left to restart; says how many of them live. One that is silent
/// hears of it if it comes back.
pub(crate) async fn restart(conn: &mut Conn, by: &str) -> Worked<usize> {
    let wall = conn.wall().await?;
    let now = conn.now.known(wall);
    let stays = |one: &Registered| one.seen.instance.status != Status::Stopped && !one.ordered;
    let found: Vec<Registered> = all(conn, now).await?.into_iter().filter(stays).collect();
    let ids: Vec<i64> = found.iter().map(|one| one.seen.instance.id.0.cast_signed()).collect();
    let by = cut(by, 255);
    conn.execute("UPDATE {s}.instance SET restart = $2 WHERE id = ANY ($1)", &[&ids, &keep(&by)]).await?;
    Ok(found.iter().filter(|one| one.seen.living).count())
}
