//! What an application has live beside its worker, kept alive: a panic in it is told, and it is begun anew.
//!
//! For `queue work` and `up`. One that ends by itself has ended: that is its own business.

use std::time::Duration;

use banto_engine::Events;
use tokio::{task::JoinSet, time::sleep};

use crate::app::{Beside, Opened};

/// The first wait after a panic; each further one is twice as long.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(60);

/// Lives until it ends by itself, or is dropped.
pub(super) async fn keep(beside: Beside, opened: Opened, events: Events) {
    let mut wait = FIRST;
    loop {
        let (beside, opened, events) = (beside.clone(), opened.clone(), events.clone());
        let mut living = JoinSet::new();
        living.spawn(async move { beside(opened, events).await });
        match living.join_next().await {
            Some(Err(error)) if error.is_panic() => {
                let wait_ms = wait.as_millis();
                tracing::error!(
                    wait_ms,
                    "what lives beside the worker panicked; it is begun anew. This is a bug of it"
                );
                sleep(wait).await;
                wait = (wait * 2).min(LONGEST);
            }
            _ => return,
        }
    }
}
