//! How a worker is told to stop: first gracefully, then now.
//!
//! Cheap to clone; whoever holds one may order. The first reason given stands and is reported.

use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

/// A handle on a worker's end.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    graceful: CancellationToken,
    now: CancellationToken,
    reason: Arc<OnceLock<String>>,
}

impl Stop {
    /// Take nothing new, finish what runs within the grace, hand back the rest.
    pub fn graceful(&self, reason: impl Into<String>) {
        self.reason.get_or_init(|| reason.into());
        self.graceful.cancel();
    }

    /// Stop now: what runs is dropped and handed back.
    pub fn now(&self, reason: impl Into<String>) {
        self.graceful(reason);
        self.now.cancel();
    }

    /// Whether a stop was asked for.
    pub fn asked(&self) -> bool {
        self.graceful.is_cancelled()
    }

    /// Why, once it was.
    pub fn reason(&self) -> &str {
        self.reason.get().map_or("", String::as_str)
    }

    pub(crate) async fn until_graceful(&self) {
        self.graceful.cancelled().await;
    }

    pub(crate) async fn until_now(&self) {
        self.now.cancelled().await;
    }
}
