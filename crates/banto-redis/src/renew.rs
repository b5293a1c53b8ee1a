//! `renew`: prolongs leases.

use banto_core::Lease;
use banto_store::Renewed;

use crate::{Redis, call::Call, error::Result, script};

/// A lease as scripts take it.
pub(crate) fn word(lease: &Lease) -> Vec<u8> {
    [lease.job.bytes().as_slice(), &lease.fence.to_le_bytes(), &lease.token.to_le_bytes()].concat()
}

/// Prolongs leases to `lease_ms` from now.
pub(crate) async fn renew(store: &Redis, leases: &[Lease], lease_ms: u64) -> Result<Vec<Renewed>> {
    if leases.is_empty() {
        return Ok(Vec::new());
    }
    let mut call = Call::of(&script::RENEW).number(lease_ms.min(u32::MAX.into()));
    leases.iter().for_each(|lease| call.push(word(lease)));
    let mut parts = store.call(call).await?.parts;
    let answer = |_| match parts.int()? {
        0 => Ok(Renewed::Lost),
        1 => Ok(Renewed::Held { cancel_asked: false }),
        2 => Ok(Renewed::Held { cancel_asked: true }),
        _ => Err(parts.odd()),
    };
    leases.iter().map(answer).collect()
}
