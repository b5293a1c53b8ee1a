//! `renew`: keeps the leases of everything this process holds, and is the last loop to stop.
//!
//! One timer for all leases, on the engine's own thread: no handler can hold it up. A lease that could not be renewed
//! by its time is not trusted any more, whatever the store may say later.

use std::{sync::Arc, time::Duration};

use banto_core::{Lease, limits::CLAIM_MAX};
use banto_store::{Renewed, StoreError};
use tokio::time::sleep;

use crate::{event::Event, worker::Shared};

/// The loop; runs until it is dropped. A worker that starts holds nothing, so it waits first.
pub(crate) async fn work(shared: Arc<Shared>) {
    let regular = Duration::from_millis(shared.config.renew_ms);
    let mut wait = regular;
    loop {
        sleep(wait).await;
        wait = match once(&shared).await {
            Ok(()) => regular,
            Err(error) => {
                shared.outage("renew", &error);
                shared.again_in(&error)
            }
        };
    }
}

async fn once(shared: &Shared) -> Result<(), StoreError> {
    for leases in shared.slots.leases().chunks(CLAIM_MAX) {
        // The lease counts from before the call: the store's own count can only be later.
        let since = shared.clock.steady_ms();
        let answers = shared.store.renew(leases.to_vec(), shared.config.lease_ms).await?;
        shared.store_answers();
        for (lease, answer) in leases.iter().zip(answers) {
            match answer {
                Renewed::Held { cancel_asked } => {
                    shared.slots.renewed(lease, shared.trusted_until(since), cancel_asked);
                }
                Renewed::Lost => lost(shared, lease),
            }
        }
    }
    Ok(())
}

/// Tells whoever runs under these leases, which were not renewed in time. Called from another loop than this one: a store
/// that hangs holds this one up, and it is just then that runs must be told.
pub(crate) fn over(shared: &Shared, now: u64) {
    for lease in shared.slots.expired(now) {
        lost(shared, &lease);
    }
}

fn lost(shared: &Shared, lease: &Lease) {
    if let Some(job) = shared.slots.lost(lease) {
        tracing::warn!(job = %job.id, kind = %job.kind, "the lease is lost; the run is told to stop");
        shared.events.tell(|| Event::LeaseLost { job: job.id });
    }
}
