//! What earlier ticks have left: runs that wait although nobody living takes them.
//!
//! A run that waits where a worker or another tick lives is theirs, and not looked at here.

use std::collections::BTreeSet;

use banto_core::{JobId, Name, State, limits::PAGE_MAX};
use banto_engine::{Event, timetable::RUN_KIND};
use banto_store::{Card, Select};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::tick::{self, Goes, Tick};
use crate::{cmd::Desk, exit::Failure};

/// Runs in these queues that are due, not this tick's own, and nobody's.
pub(super) async fn waiting(desk: &Desk<'_>, queues: &[Name], own: &[Tick]) -> Result<Vec<JobId>, Failure> {
    let (paused, kind) = (tick::paused(desk).await?, Name::new(RUN_KIND)?);
    let instances = desk.store().instances().await?;
    let living: Vec<_> = instances.into_iter().filter(|seen| seen.living).map(|seen| seen.instance).collect();
    let taken = |queue: &Name| {
        living.iter().any(|one| one.queues.contains(queue) && one.kinds.iter().any(|(known, _)| *known == kind))
    };
    let mut waiting = Vec::new();
    for queue in queues.iter().filter(|queue| !paused.contains(queue) && !taken(queue)) {
        let select = Select {
            queue: Some(queue.clone()),
            kind: Some(kind.clone()),
            limit: PAGE_MAX,
            ..Select::states([State::Ready, State::Scheduled])
        };
        let page = desk.store().jobs(select, None).await?;
        let due = page.jobs.iter().filter(|job| job.run_at <= desk.now_ms()).map(|job| job.id);
        waiting.extend(due.filter(|id| own.iter().all(|tick| tick.job != *id)));
    }
    Ok(waiting)
}

/// Every job whose attempt ended in this worker, until it tells no more.
pub(super) async fn ran(mut events: Receiver<Event>) -> BTreeSet<JobId> {
    let mut ran = BTreeSet::new();
    loop {
        match events.recv().await {
            // What is handed back or set aside was not run to any end.
            Ok(Event::Ended { outcome: "hand_back" | "park", .. }) => {}
            Ok(Event::Ended { job, .. }) => drop(ran.insert(job)),
            Ok(_) => {}
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "runs ended faster than they can be told; some are left out of the count");
            }
            Err(RecvError::Closed) => return ran,
        }
    }
}

/// What was run here and is not this tick's own.
pub(super) async fn told(desk: &Desk<'_>, ran: BTreeSet<JobId>, own: &[Tick]) -> Result<Vec<Tick>, Failure> {
    let mut left = Vec::new();
    for id in ran.into_iter().filter(|id| own.iter().all(|tick| tick.job != *id)) {
        let Some(Card { job, .. }) = desk.store().job(id).await? else { continue };
        let Some(fire) = job.options.fire.clone() else { continue };
        let (schedule, due_at, queue) = (fire.schedule, fire.due_at, job.queue.to_string());
        let mut tick = Tick { schedule, due_at, job: id, queue, ended: None, goes: Goes::Here };
        tick.note(Some(&job));
        left.push(tick);
    }
    Ok(left)
}
