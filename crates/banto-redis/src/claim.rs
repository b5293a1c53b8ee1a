//! `claim`: leases jobs to an instance.
//!
//! The script leases; what it gives is read here, and an entry that does not hold is parked as damaged by a second one,
//! which undoes its claim. Then the next takes its place, so it never blocks its queue.

use banto_core::limits::CLAIM_MAX;
use banto_store::{Claim, Claimed};

use crate::{
    Redis,
    call::Call,
    damage::{self, Wreck},
    error::Result,
    row::{Moving, Raw, id_of},
    script,
};

/// The most jobs of one queue that one claim makes ready: a million that come due at once must not hold up the server.
const PROMOTE_MAX: usize = 2_000;
/// Turns of giving, for entries that do not hold.
const TURNS_MAX: usize = 8;

/// Leases jobs.
pub(crate) async fn claim(store: &Redis, claim: Claim) -> Result<Claimed> {
    let limit = claim.limit.min(CLAIM_MAX);
    let mut claimed = Claimed::default();
    for _ in 0..TURNS_MAX {
        let wrecks = give(store, &claim, limit - claimed.jobs.len(), &mut claimed).await?;
        if wrecks.is_empty() {
            break;
        }
        claimed.damaged.extend(damage::park(store, &wrecks).await?);
        if claimed.jobs.len() == limit {
            break;
        }
    }
    Ok(claimed)
}

async fn give(store: &Redis, claim: &Claim, limit: usize, claimed: &mut Claimed) -> Result<Vec<Wreck>> {
    let mut tokens = vec![0; 8 * limit];
    fastrand::fill(&mut tokens);
    let mut call = Call::of(&script::CLAIM)
        .arg(claim.instance.0.to_le_bytes())
        .number(claim.lease_ms.min(u32::MAX.into()))
        .number(limit)
        .arg(tokens)
        .number(PROMOTE_MAX)
        .number(claim.queues.len());
    claim.queues.iter().for_each(|queue| call.push(queue.as_str()));
    claim.adopt.iter().for_each(|id| call.push(id.bytes().as_slice()));
    let mut parts = store.call(call).await?.parts;
    claimed.due_in_ms = u64::try_from(parts.int()?).ok();
    let (mut lost, mut given, mut wrecks) = (parts.list()?, parts.list()?, Vec::new());
    while lost.len() > 0 {
        wrecks.extend(id_of(&lost.bytes()?).map(Wreck::met));
    }
    while given.len() > 0 {
        let id = id_of(&given.bytes()?).ok_or_else(|| given.odd())?;
        let (moving, fixed, error) = (given.bytes()?, given.maybe_bytes()?, given.bytes()?);
        let lease = Moving::read(&moving).map(|moving| moving.lease(id)).map_err(|_| given.odd())?;
        let raw = Raw { moving: Some(moving), fixed, error: Some(error), ..Raw::default() };
        match raw.read(id) {
            Ok(job) => claimed.jobs.push((job, lease)),
            Err(damaged) => wrecks.push(Wreck::claimed(lease, damaged)),
        }
    }
    Ok(wrecks)
}
