//! How a worker is told to stop: first gracefully, then now.
//!
//! Cheap to clone; whoever holds one may order. The first reason given stands and is reported, until somebody orders to
//! stop now: then it is theirs.

use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

/// What ended a worker: for whoever has to act on it, where the reason is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    /// Whoever holds its [`Stop`]: a signal, the application.
    Asked,
    /// An operator, through the store.
    Restart,
    /// It has run as many jobs as it should.
    Spent,
    /// There was nothing to do.
    Empty,
    /// Its time is over.
    Time,
    /// It held more memory than allowed.
    Memory,
    /// A run did not stop when it was told to.
    Stuck,
    /// The store refuses what a worker needs, for good.
    Store,
}

/// A handle on a worker's end.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    graceful: CancellationToken,
    now: CancellationToken,
    reason: Arc<OnceLock<(Halt, String)>>,
    haste: Arc<OnceLock<String>>,
}

impl Stop {
    /// Take nothing new, finish what runs within the grace, hand back the rest.
    pub fn graceful(&self, reason: impl Into<String>) {
        self.halt(Halt::Asked, reason);
    }

    /// Stop now: what runs is dropped and handed back.
    pub fn now(&self, reason: impl Into<String>) {
        let reason = reason.into();
        self.haste.get_or_init(|| reason.clone());
        self.graceful(reason);
        self.now.cancel();
    }

    pub(crate) fn halt(&self, halt: Halt, reason: impl Into<String>) {
        self.reason.get_or_init(|| (halt, reason.into()));
        self.graceful.cancel();
    }

    /// Whether a stop was asked for.
    pub fn asked(&self) -> bool {
        self.graceful.is_cancelled()
    }

    /// Why, once it was.
    pub fn reason(&self) -> &str {
        let first = || self.reason.get().map_or("", |(_, reason)| reason);
        self.haste.get().map_or_else(first, String::as_str)
    }

    /// What ended it, once something did.
    pub(crate) fn cause(&self) -> Halt {
        self.reason.get().map_or(Halt::Asked, |(halt, _)| *halt)
    }

    pub(crate) fn hurried(&self) -> bool {
        self.now.is_cancelled()
    }

    /// Waits until a stop is asked for.
    pub async fn until_graceful(&self) {
        self.graceful.cancelled().await;
    }

    pub(crate) async fn until_now(&self) {
        self.now.cancelled().await;
    }
}
