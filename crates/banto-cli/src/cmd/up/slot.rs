//! A loop that is kept running: when it ends although nobody asked, it is begun anew after a wait that grows.

use std::{pin::Pin, time::Duration};

use tokio::{
    task::JoinHandle,
    time::{Sleep, sleep},
};

/// The first wait; each that follows a short life is twice the one before.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(60);
/// A life this long was a good one, in milliseconds: the waits begin anew.
const GOOD_MS: u64 = 60_000;

/// One loop's place.
pub(super) struct Slot<T> {
    running: Option<JoinHandle<T>>,
    rest: Option<Pin<Box<Sleep>>>,
    wait: Duration,
    since: u64,
}

/// What happened in a slot.
pub(super) enum Turn<T> {
    /// The loop has ended so; `Err` says how it broke.
    Ended(Result<T, String>),
    /// Its rest is over: it is to be begun.
    Begin,
}

impl<T> Slot<T> {
    /// With a loop that runs since `steady_ms`.
    pub fn of(running: JoinHandle<T>, steady_ms: u64) -> Slot<T> {
        Slot { running: Some(running), rest: None, wait: FIRST, since: steady_ms }
    }

    /// It was begun anew, at `steady_ms`.
    pub fn begun(&mut self, running: JoinHandle<T>, steady_ms: u64) {
        (self.running, self.rest, self.since) = (Some(running), None, steady_ms);
    }

    /// It has ended at `steady_ms` although nobody asked: it rests. Answers how long.
    pub fn rests(&mut self, steady_ms: u64) -> Duration {
        if steady_ms.saturating_sub(self.since) >= GOOD_MS {
            self.wait = FIRST;
        }
        let wait = self.wait;
        self.wait = (wait * 2).min(LONGEST);
        self.rest = Some(Box::pin(sleep(wait)));
        wait
    }

    /// Whether it runs.
    pub fn runs(&self) -> bool {
        self.running.is_some()
    }

    /// Waits for what happens next; for ever, if it neither runs nor rests. Nothing is lost when this is dropped.
    pub async fn turn(&mut self) -> Turn<T> {
        if let Some(running) = &mut self.running {
            let ended = running.await;
            self.running = None;
            return Turn::Ended(ended.map_err(|error| match error.is_panic() {
                true => "it panicked; this is a bug".to_owned(),
                false => "it was ended from outside".to_owned(),
            }));
        }
        match &mut self.rest {
            Some(rest) => {
                rest.await;
                self.rest = None;
                Turn::Begin
            }
            None => std::future::pending().await,
        }
    }

    /// Waits until it has ended; `None` if it did not run.
    pub async fn end(&mut self) -> Option<Result<T, String>> {
        self.rest = None;
        if !self.runs() {
            return None;
        }
        match self.turn().await {
            Turn::Ended(ended) => Some(ended),
            Turn::Begin => None,
        }
    }
}

#[cfg(test)]
#[path = "slot_tests.rs"]
mod tests;
