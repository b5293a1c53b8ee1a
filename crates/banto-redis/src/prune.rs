//! `prune`: deletes what has ended long enough ago, keys whose time is over, instances long gone, and old rows of the ledger.

use banto_store::{Prune, Pruned, instance::LIVING_MS};

use crate::{Redis, call::Call, error::Result, script};

/// The most jobs, and rows of the ledger, that one script deletes.
const LIMIT_MAX: usize = 5_000;

/// Deletes what may go, the longest ended first.
pub(crate) async fn prune(store: &Redis, prune: &Prune) -> Result<Pruned> {
    let span = |ms: u64| ms.min(1 << 52);
    let call = Call::of(&script::PRUNE)
        .number(span(prune.done_ms))
        .number(span(prune.dead_ms))
        .number(span(prune.cancelled_ms))
        .number(span(prune.instances_ms))
        .number(LIVING_MS)
        .number(prune.limit.min(LIMIT_MAX))
        .number(span(prune.fires_ms))
        .number(span(prune.skips_ms));
    let mut parts = store.call(call).await?.parts;
    Ok(Pruned {
        jobs: parts.count()?,
        keys: parts.count()?,
        instances: parts.count()?,
        fires: parts.count()?,
        more: parts.int()? == 1,
    })
}
