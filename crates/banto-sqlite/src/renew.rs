//! `renew`: prolongs leases. A lease that is over but was not rescued still holds, so it lives again.

use banto_core::Lease;
use banto_store::Renewed;
use rusqlite::{OptionalExtension, params};

use crate::{
    desk::Desk,
    error::{Result, fault},
};

/// Prolongs leases to `lease_ms` from now.
pub(crate) fn renew(desk: &mut Desk<'_>, leases: &[Lease], lease_ms: u64) -> Result<Vec<Renewed>> {
    prolong(desk, leases, lease_ms).map_err(|error| fault("renew leases", &error))
}

fn prolong(desk: &mut Desk<'_>, leases: &[Lease], lease_ms: u64) -> rusqlite::Result<Vec<Renewed>> {
    let mut find =
        desk.db.prepare_cached("SELECT cancel_asked FROM banto_lease WHERE seq = ?1 AND fence = ?2 AND token = ?3")?;
    let mut update = desk.db.prepare_cached("UPDATE banto_lease SET boot = ?2, until = ?3 WHERE seq = ?1")?;
    let until = desk.now.steady_in(lease_ms);
    let mut renewed = Vec::with_capacity(leases.len());
    for lease in leases {
        let seq = desk.leased.seq(desk.db, lease)?;
        let held: Option<i64> =
            find.query_row(params![seq, lease.fence, lease.token.cast_signed()], |row| row.get(0)).optional()?;
        let Some(asked) = held else {
            renewed.push(Renewed::Lost);
            continue;
        };
        update.execute(params![seq, desk.now.boot, until])?;
        desk.counts.touched = true;
        renewed.push(Renewed::Held { cancel_asked: asked != 0 });
    }
    Ok(renewed)
}
