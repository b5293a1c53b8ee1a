//! `renew`: prolongs leases. A lease that is over but was not rescued still holds, so it lives again.

use banto_core::Lease;
use banto_store::Renewed;
use rusqlite::params;

use crate::{
    desk::Desk,
    error::{Result, fault},
};

/// Prolongs leases to `lease_ms` from now.
pub(crate) fn renew(desk: &mut Desk<'_>, leases: &[Lease], lease_ms: u64) -> Result<Vec<Renewed>> {
    prolong(desk, leases, lease_ms).map_err(|error| fault("renew leases", &error))
}

fn prolong(desk: &mut Desk<'_>, leases: &[Lease], lease_ms: u64) -> rusqlite::Result<Vec<Renewed>> {
    let mut update = desk.db.prepare_cached("UPDATE banto_lease SET boot = ?2, until = ?3 WHERE seq = ?1")?;
    let until = desk.now.steady_in(lease_ms);
    let mut renewed = Vec::with_capacity(leases.len());
    for lease in leases {
        let Some((seq, cancel_asked)) = desk.leased.held(desk.db, lease)? else {
            renewed.push(Renewed::Lost);
            continue;
        };
        update.execute(params![seq, desk.now.boot, until])?;
        desk.counts.touched = true;
        renewed.push(Renewed::Held { cancel_asked });
    }
    Ok(renewed)
}
