//! What a tick fires, and the runs that come of it.

use banto_core::{Job, JobId, Name, ScheduleName, State};
use banto_engine::{Event, Scheduler, fire::Looked, timetable::RUN_KIND};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::{
    cmd::{Desk, work},
    exit::{Exit, Failure},
};

/// The run of a due instant.
pub(super) struct Tick {
    pub schedule: ScheduleName,
    pub due_at: i64,
    pub job: JobId,
    /// The queue of its job.
    pub queue: String,
    /// How it ended, once it has.
    pub ended: Option<(State, Option<String>)>,
    pub goes: Goes,
}

/// Where a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goes {
    /// Here, or where else somebody takes from its queue; it is waited for.
    Here,
    /// Nowhere now: its queue is paused.
    Paused,
    /// With a worker of its kind.
    Elsewhere,
}

impl Tick {
    /// Whether it ended, and not well.
    pub fn failed(&self) -> bool {
        self.ended.as_ref().is_some_and(|(state, _)| *state != State::Done)
    }

    /// Whether it is to be waited for still.
    pub fn is_awaited(&self) -> bool {
        self.goes == Goes::Here && self.ended.is_none()
    }

    /// Notes what became of its job; one that is not listed any more has ended, and was pruned.
    pub fn note(&mut self, job: Option<&Job>) {
        self.ended = match job {
            None => Some((State::Done, None)),
            Some(job) if job.state.ended() => Some((job.state, job.error.clone())),
            Some(_) => None,
        };
    }
}

/// Fires what is due.
pub(super) async fn fire(desk: &Desk<'_>, scheduler: Scheduler) -> Result<(Looked, Vec<Tick>), Failure> {
    let listening = tokio::spawn(fired(scheduler.events().subscribe()));
    let looked = scheduler.once().await.map_err(work::unfit)??;
    // The scheduler is gone, and with it whoever tells events: the reader has all of them.
    let fired =
        listening.await.map_err(|error| Failure::new(Exit::Machine, format!("hear what was fired: {error}")))?;
    let paused = paused(desk).await?;
    let mut ticks = Vec::new();
    for (schedule, due_at, job) in fired {
        // Another process may have run and pruned it already; then it has ended.
        let card = desk.store().job(job).await?;
        let goes = match card.as_ref().map(|card| &card.job) {
            Some(job) if job.kind.as_str() != RUN_KIND => Goes::Elsewhere,
            Some(job) if paused.contains(&job.queue) => Goes::Paused,
            Some(_) => Goes::Here,
            None => Goes::Elsewhere,
        };
        let queue = card.map(|card| card.job.queue.to_string()).unwrap_or_default();
        ticks.push(Tick { schedule, due_at, job, queue, ended: None, goes });
    }
    Ok((looked, ticks))
}

/// The queues that give nothing now.
pub(super) async fn paused(desk: &Desk<'_>) -> Result<Vec<Name>, Failure> {
    let queues = desk.store().queues().await?;
    Ok(queues.into_iter().filter(|view| view.pause.is_some()).map(|view| view.queue).collect())
}

type Fired = (ScheduleName, i64, JobId);

/// Everything that is fired until nobody tells any more.
async fn fired(mut events: Receiver<Event>) -> Vec<Fired> {
    let mut fired = Vec::new();
    loop {
        match events.recv().await {
            Ok(Event::Fired { schedule, due_at, job, .. }) => fired.push((schedule, due_at, job)),
            Ok(_) => {}
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(
                    missed,
                    "due instants fired faster than they can be told; their runs are not waited for"
                );
            }
            Err(RecvError::Closed) => return fired,
        }
    }
}
