//! The life of one prediction: created, looked at, ended. It is billed while it runs, so nobody may forget it.
//!
//! Three nets, one below the other: whoever gives up cancels it; whoever is dropped while it runs
//! leaves a cancel behind (`Drop`), even if the answer to its creation is still on its way; and Replicate is told a
//! deadline at creation (`Cancel-After`), in case this process dies. A look that fails in passing is tried again, since
//! giving up would throw away what is being paid for.

use super::wire::{Order, Prediction};
use crate::failure::Failure;
use crate::provider::http::Http;
use serde::Serialize;
use serde::de::IgnoredAny;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

/// A description of a prediction holds its input, a picture among it.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;
/// So many looks in a row may fail in passing.
const FAULTS_MAX: u32 = 3;
/// Replicate takes no deadline below five seconds, and ends a prediction after half an hour anyhow.
const DEADLINE_SECONDS_MIN: u64 = 5;
const DEADLINE_SECONDS_MAX: u64 = 1800;

/// Replicate's predictions, looked at every `interval`, at most `polls_max` times each.
#[derive(Clone)]
pub(super) struct Predictions {
    pub http: Http,
    pub interval: Duration,
    pub polls_max: u32,
}

/// A prediction that is billed until it is over; dropped before, it is cancelled.
struct Running {
    predictions: Predictions,
    id: String,
    is_over: bool,
}

impl Predictions {
    /// Runs a prediction to its end, good or bad.
    ///
    /// # Errors
    /// Any failure to create or watch it, [`Failure::Timeout`] and [`Failure::CalledOff`]; it is cancelled then.
    pub(super) async fn run(
        &self,
        version: &str,
        input: &impl Serialize,
        called_off: &CancellationToken,
    ) -> Result<Prediction, Failure> {
        let (mut running, first) = self.created(version, input, called_off).await?;
        let end = tokio::select! {
            biased;
            () = called_off.cancelled() => Err(Failure::CalledOff),
            end = self.end_of(first) => end,
        };
        if end.is_err() {
            self.cancel(&running.id).await;
        }
        running.is_over = true;
        end
    }

    async fn created(
        &self,
        version: &str,
        input: &impl Serialize,
        called_off: &CancellationToken,
    ) -> Result<(Running, Prediction), Failure> {
        if called_off.is_cancelled() {
            return Err(Failure::CalledOff);
        }
        let deadline = self.lifetime().as_secs().saturating_add(1).clamp(DEADLINE_SECONDS_MIN, DEADLINE_SECONDS_MAX);
        let request = self.http.post_json(&["v1", "predictions"], &Order { version, input });
        let request = request.header("cancel-after", format!("{deadline}s"));
        let predictions = self.clone();
        // On a task of its own: whoever stops waiting for the answer leaves it behind, and it cleans up after itself.
        let creation = tokio::spawn(async move {
            let first: Prediction = predictions.http.json(request, ANSWER_BYTES_MAX).await?;
            let running = Running { id: first.id.clone(), is_over: first.is_over(), predictions };
            Ok((running, first))
        });
        tokio::select! {
            biased;
            () = called_off.cancelled() => Err(Failure::CalledOff),
            created = creation => match created {
                Ok(created) => created,
                Err(broken) => Err(Failure::Outage { what: format!("its creation broke off on our side: {broken}").into() }),
            },
        }
    }

    async fn end_of(&self, mut seen: Prediction) -> Result<Prediction, Failure> {
        let mut faults = 0;
        let mut wait = self.interval;
        for _ in 0..self.polls_max {
            if seen.is_over() {
                return Ok(seen);
            }
            tokio::time::sleep(wait).await;
            wait = self.interval;
            match self.look_at(&seen.id).await {
                Ok(now) => (seen, faults) = (now, 0),
                Err(failure) => {
                    faults += 1;
                    let longer = passing(&failure).filter(|_| faults <= FAULTS_MAX).ok_or(failure)?;
                    wait = longer.clamp(self.interval, self.lifetime());
                }
            }
        }
        if seen.is_over() { Ok(seen) } else { Err(Failure::Timeout { after: self.lifetime() }) }
    }

    async fn look_at(&self, id: &str) -> Result<Prediction, Failure> {
        match self.http.json(self.http.get(&["v1", "predictions", id]), ANSWER_BYTES_MAX).await {
            // We did create it: that it cannot be found is their trouble, not our key's.
            Err(Failure::Auth { what }) if what.as_str().starts_with("404") => Err(Failure::Outage { what }),
            seen => seen,
        }
    }

    async fn cancel(&self, id: &str) {
        let request = self.http.post(&["v1", "predictions", id, "cancel"]);
        if let Err(failure) = self.http.json::<IgnoredAny>(request, ANSWER_BYTES_MAX).await {
            tracing::warn!(prediction = id, %failure, "could not cancel a prediction; Replicate ends it at its deadline");
        }
    }

    fn lifetime(&self) -> Duration {
        self.interval.saturating_mul(self.polls_max)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            let (predictions, id) = (self.predictions.clone(), std::mem::take(&mut self.id));
            runtime.spawn(async move { predictions.cancel(&id).await });
        }
    }
}

/// How long to wait before looking again, if the failure may pass by itself.
fn passing(failure: &Failure) -> Option<Duration> {
    match failure {
        Failure::Outage { .. } | Failure::Timeout { .. } => Some(Duration::ZERO),
        Failure::RateLimit { retry_after } => Some(retry_after.unwrap_or_default()),
        _ => None,
    }
}
