//! `prune`: deletes what has ended long enough ago, a little at a time.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::worker::Shared;

/// The loop; runs until it is dropped.
pub(crate) async fn work(shared: Arc<Shared>) {
    loop {
        sleep(Duration::from_millis(shared.config.prune_ms)).await;
        loop {
            match shared.store.prune(shared.config.prune).await {
                Ok(pruned) if pruned.more => sleep(Duration::from_millis(20)).await, // others write in between
                Ok(_) => break,
                Err(error) => {
                    shared.outage("prune", &error);
                    break;
                }
            }
        }
    }
}
