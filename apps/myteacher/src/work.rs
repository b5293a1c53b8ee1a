//! A worker of MyTeacher: banto's worker, and beside it the sweep that keeps rows and jobs together.

use std::time::Duration;

use banto::{Config, Event, Report, State, Worker};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::{app::App, error::Error, reconcile};

/// How often every unfinished row is looked at.
const SWEEP: Duration = Duration::from_secs(15);

/// A worker that knows MyTeacher's kinds.
pub fn worker(app: &App, config: Config) -> Worker {
    Worker::new(app.store(), app.registry(), config).clock(app.clock())
}

/// Works until told to stop; rows are brought to their end as soon as their jobs are, and swept now and then.
pub async fn work(app: &App, worker: Worker) -> Result<Report, Error> {
    let tending = tokio::spawn(tend(app.clone(), worker.events().subscribe()));
    let report = worker.start().await.map_err(banto::Error::from);
    tending.abort();
    reconcile::reconcile(app, false).await?; // what ended while the worker stopped
    Ok(report?)
}

/// Reconciles after each end that was not a good one, and every so often.
pub async fn tend(app: App, mut events: Receiver<Event>) {
    let mut sweep = tokio::time::interval(SWEEP);
    loop {
        let done = tokio::select! {
            _ = sweep.tick() => reconcile::reconcile(&app, false).await,
            event = events.recv() => match event {
                Ok(Event::Ended { job, state: State::Dead | State::Cancelled, .. })
                | Ok(Event::Rescued { job, state: State::Dead | State::Cancelled, .. }) => {
                    reconcile::after(&app, &job.to_string()).await
                }
                Ok(_) => continue,
                Err(RecvError::Lagged(_)) => reconcile::reconcile(&app, false).await,
                Err(RecvError::Closed) => return,
            },
        };
        match done {
            Ok(counts) if counts.enqueued + counts.failed > 0 => {
                tracing::warn!(
                    enqueued = counts.enqueued,
                    failed = counts.failed,
                    "avatars without a living job were mended"
                );
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "could not reconcile the avatars; it is tried again in 15 s"),
        }
    }
}
