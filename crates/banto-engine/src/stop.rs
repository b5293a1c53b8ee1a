//! How a worker is told to stop: first gracefully, then now. Or to stop by itself, once it holds nothing any more.
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
    /// One of its own loops panicked. Another start may go well.
    Panicked,
}

/// A handle on a worker's end.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    emptied: CancellationToken,
    graceful: CancellationToken,
    now: CancellationToken,
    last: Arc<OnceLock<String>>,
    reason: Arc<OnceLock<(Halt, String)>>,
    haste: Arc<OnceLock<String>>,
}

impl Stop {
    /// Take nothing new, let what is held run to its end however long that takes, and stop then. Any other order may follow. A
    /// scheduler holds nothing, and does not listen to this one.
    pub fn once_emptied(&self, reason: impl Into<String>) {
        self.last.get_or_init(|| reason.into());
        self.emptied.cancel();
    }

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

    /// Why it takes nothing new and stops once it holds nothing, if that was asked for.
    pub(crate) fn last(&self) -> Option<&str> {
        self.emptied.is_cancelled().then(|| self.last.get().map_or("", String::as_str))
    }

    pub(crate) async fn until_last(&self) {
        self.emptied.cancelled().await;
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
