//! `deploy check`: would this build strand any job of that store?
//!
//! Asked of a new build against the live store before it is rolled out (and of the old one before a roll-back). Every job
//! that has not ended is tried out without being run: kind, version, needs, decoding.

use std::{collections::BTreeMap, sync::Arc};

use banto_core::{Cause, JobId, Name, State, limits::PAGE_MAX};
use banto_store::{Select, Store, StoreError};
use serde::Serialize;

use crate::registry::Registry;

/// Jobs that this build would park, by what they share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stranded {
    /// Their queue.
    pub queue: Name,
    /// Their kind.
    pub kind: Name,
    /// Their payload's version.
    pub version: u16,
    /// Why.
    pub cause: Cause,
    /// What was seen with the first of them.
    pub text: String,
    /// What to do.
    pub cure: &'static str,
    /// How many.
    pub jobs: u64,
    /// The newest of them.
    pub sample: JobId,
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Jobs tried out.
    pub looked_at: u64,
    /// What would be stranded; empty is good.
    pub stranded: Vec<Stranded>,
}

/// Tries out every job that has not ended.
pub async fn check(store: &Arc<dyn Store>, registry: &Registry) -> Result<Check, StoreError> {
    let mut groups: BTreeMap<(Name, Name, u16, Cause), Stranded> = BTreeMap::new();
    let mut check = Check::default();
    let mut before = None;
    loop {
        let open = [State::Scheduled, State::Ready, State::Running, State::Parked];
        let page = store.jobs(Select { limit: PAGE_MAX, ..Select::states(open) }, before).await?;
        for job in &page.jobs {
            check.looked_at += 1;
            // A damaged row has no readable payload to try: it stays parked under every build until somebody looks.
            let damaged = job.park.clone().filter(|park| park.cause == Cause::Damaged);
            let Some(park) = damaged.or_else(|| registry.verdict(job)) else { continue };
            let key = (job.queue.clone(), job.kind.clone(), job.version, park.cause);
            let fresh = || Stranded {
                queue: job.queue.clone(),
                kind: job.kind.clone(),
                version: job.version,
                cause: park.cause,
                text: park.text.clone(),
                cure: park.cause.cure(),
                jobs: 0,
                sample: job.id,
            };
            groups.entry(key).or_insert_with(fresh).jobs += 1;
        }
        before = page.jobs.last().map(|job| job.id);
        if !page.more || before.is_none() {
            break;
        }
    }
    check.stranded = groups.into_values().collect();
    Ok(check)
}
