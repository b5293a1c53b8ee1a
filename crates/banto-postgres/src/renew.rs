//! `renew`: prolongs leases. A lease that is over but was not rescued still holds, so it lives again.

use banto_core::Lease;
use banto_store::Renewed;

use crate::{claim::LEASE_MS_MAX, conn::Conn, error::Worked, finish::Leases, row::Int};

/// Prolongs leases to `lease_ms` from now.
pub(crate) async fn renew(conn: &mut Conn, leases: &[Lease], lease_ms: u64) -> Worked<Vec<Renewed>> {
    let mut renewed = vec![Renewed::Lost; leases.len()];
    if leases.is_empty() {
        return Ok(renewed);
    }
    let (of, lease_ms, now) = (Leases::of(leases), lease_ms.min(LEASE_MS_MAX).cast_signed(), conn.now);
    let sql = "SELECT * FROM {s}.renew($1, $2, $3, $4, $5, $6, $7)";
    let rows =
        conn.query(sql, &[&of.ids, &of.fences, &of.tokens, &lease_ms, &now.wall, &now.steady, &now.boot]).await?;
    for row in rows {
        let at = usize::try_from(row.try_get::<_, Int>(0)?.0).unwrap_or(0);
        let cancel_asked = row.try_get(1)?;
        if let Some(one) = at.checked_sub(1).and_then(|at| renewed.get_mut(at)) {
            *one = Renewed::Held { cancel_asked };
        }
    }
    // Of a lease that is there twice, the server renews one; the other is as held.
    let held: std::collections::HashMap<Lease, Renewed> =
        leases.iter().copied().zip(renewed.iter().copied()).filter(|(_, one)| *one != Renewed::Lost).collect();
    Ok(leases.iter().zip(renewed).map(|(lease, one)| held.get(lease).copied().unwrap_or(one)).collect())
}
