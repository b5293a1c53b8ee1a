//! `prune`: deletes what has ended long enough ago, a little at a time.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::worker::Shared;

/// The loop; runs until it is dropped.
pub(crate) async fn work(shared: Arc<Shared>) {
    loop {
        // At once: a worker that only works off a queue and goes must prune, too.
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
        sleep(Duration::from_millis(shared.config.prune_ms)).await;
    }
}
