//! One attempt, as a straight line: decode, begin, limit, call, catch, measure, settle, hand over.
//!
//! Runs on the application's runtime, apart from the loops, so that a handler that blocks cannot stop the renewal of
//! leases. Whatever happens to the handler (return, error, panic, panic in a drop, being dropped), exactly one end is
//! handed over.

use std::{
    sync::{Arc, OnceLock},
    task::Poll,
};

use banto_core::{Job, Lease, Outcome, Park, barred};
use tokio_util::sync::CancellationToken;

use crate::{
    BoxFuture, context::Why, event::Event, handler::Next, panic::guarded, registry::Call, slots::Turn, worker::Shared,
};

pub use crate::context::Run;

/// How an attempt ended, on its way to the store.
pub(crate) struct Ended {
    pub job: Arc<Job>,
    pub lease: Lease,
    pub outcome: Outcome,
    pub ran_ms: u64,
}

/// Begins as many waiting jobs as there are free slots.
pub(crate) fn begin(shared: &Arc<Shared>) {
    // Once a stop is asked for, what waits is left to be handed back.
    while !shared.stop.asked()
        && let Some(turn) = shared.slots.next(shared.clock.steady_ms())
    {
        match turn {
            Turn::Begin(job, lease) => attempt(shared, job, lease),
            Turn::Apart(job, lease) => {
                // About until the other suspect's run is over: short runs must not make each of them wait for a second.
                let rest_ms = shared.slots.about_a_run_ms();
                let delay_ms = rest_ms / 2 + fastrand::u64(..=rest_ms);
                shared.hand_over(Ended { job, lease, outcome: Outcome::HandBack { delay_ms }, ran_ms: 0 });
            }
        }
    }
}

fn attempt(shared: &Arc<Shared>, job: Arc<Job>, lease: Lease) {
    let since = shared.clock.steady_ms();
    let call = match may_run(shared, &job) {
        Ok(call) => call,
        Err(outcome) => {
            shared.slots.ended(&lease, 0, false);
            return shared.hand_over(Ended { job, lease, outcome, ran_ms: 0 });
        }
    };
    let run = Arc::new(Run {
        job: job.clone(),
        lease,
        cancel: CancellationToken::new(),
        why: OnceLock::new(),
        said: shared.said.clone(),
    });
    let timeout_ms = shared.timeout_ms(&job);
    shared.slots.begun(&run, since.saturating_add(timeout_ms));
    shared.events.tell(|| Event::Started {
        job: job.id,
        kind: job.kind.clone(),
        queue: job.queue.clone(),
        attempt: job.attempt,
    });
    let end = End { shared: shared.clone(), run: run.clone(), since, timeout_ms, handed: false };
    let layers = shared.layers.clone();
    let task = shared.handlers.spawn(async move {
        let mut end = end;
        let outcome = {
            let run = end.run.clone();
            let called = caught(async move {
                let call = call(run.clone());
                Next { layers: &layers, run: &run, call }.run().await
            });
            called.await
        };
        end.hand_over(Some(outcome));
    });
    shared.slots.droppable(&lease, task.abort_handle());
}

/// The call to make, or how the attempt ends without one.
fn may_run(shared: &Shared, job: &Job) -> Result<Call, Outcome> {
    match barred(job, shared.clock.wall_ms()) {
        Some(outcome) => Err(outcome),
        None => shared.registry.judge(job).map_err(Outcome::Park),
    }
}

/// The end of a run, handed over once: by the run, or by being dropped with it.
struct End {
    shared: Arc<Shared>,
    run: Arc<Run>,
    since: u64,
    timeout_ms: u64,
    handed: bool,
}

impl End {
    fn hand_over(&mut self, said: Option<Outcome>) {
        self.handed = true;
        let (shared, run) = (&self.shared, &self.run);
        let ran_ms = shared.clock.steady_ms().saturating_sub(self.since);
        let outcome = match settle(run.stop(), said, self.timeout_ms) {
            // A handler knows what it misses, not which build it is part of.
            Outcome::Park(park) => {
                shared.aside.missed(run.id());
                Outcome::Park(Park { build: shared.registry.build().to_owned(), ..park })
            }
            outcome => outcome,
        };
        let rests = shared.config.rest_ms > 0;
        shared.slots.ended(&run.lease, ran_ms, rests);
        shared.hand_over(Ended { job: run.job.clone(), lease: run.lease, outcome, ran_ms });
        if rests {
            let shared = shared.clone();
            shared.handlers.clone().spawn(async move {
                tokio::time::sleep(std::time::Duration::from_millis(shared.config.rest_ms)).await;
                shared.slots.rested();
                begin(&shared);
            });
        }
        begin(&self.shared);
    }
}

impl Drop for End {
    fn drop(&mut self) {
        if self.handed {
            return;
        }
        if std::thread::panicking() {
            return self.hand_over(Some(panicked("while it was dropped")));
        }
        if self.run.stop().is_none() {
            self.shared.stop.graceful("the runtime of its handlers has dropped a run; it is shutting down");
        }
        self.hand_over(None);
    }
}

/// What an end means, given why the run was told to stop, if it was. `said` is `None` for a run that was dropped.
fn settle(why: Option<Why>, said: Option<Outcome>, timeout_ms: u64) -> Outcome {
    let undone = matches!(said, None | Some(Outcome::Retry { .. }));
    match (why, said) {
        (_, Some(Outcome::Done)) => Outcome::Done,
        (Some(Why::Cancelled), _) => Outcome::Cancel { reason: "cancelled while it ran".into() },
        (Some(Why::TimedOut), _) if undone => {
            Outcome::Retry { error: format!("timed out after {timeout_ms} ms"), delay_ms: None }
        }
        (Some(Why::Stopping | Why::LeaseLost), _) if undone => Outcome::HandBack { delay_ms: 0 },
        (_, Some(said)) => said,
        (_, None) => Outcome::HandBack { delay_ms: 0 },
    }
}

/// Runs a future; a panic in it, or in its drop, becomes an outcome.
async fn caught(future: impl Future<Output = Outcome> + Send + 'static) -> Outcome {
    let mut future: Option<BoxFuture<'static, Outcome>> = Some(Box::pin(future));
    std::future::poll_fn(move |cx| {
        let polled = guarded(|| match &mut future {
            Some(running) => running.as_mut().poll(cx),
            None => Poll::Pending,
        });
        let ended = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(outcome)) => outcome,
            Err(text) => panicked(&text),
        };
        let dropped = guarded(|| drop(future.take()));
        Poll::Ready(dropped.map_or_else(|text| panicked(&text), |()| ended))
    })
    .await
}

fn panicked(text: &str) -> Outcome {
    Outcome::Retry { error: format!("panicked: {text}"), delay_ms: None }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
