//! The worker of a tick: from the first run to the end of the last one that this tick waits for.

use std::{sync::Arc, time::Duration};

use banto_core::JobId;
use banto_engine::{Config, Events, Halt, Registry, Stop, Timetable, Worker};
use banto_store::Card;
use tokio::runtime::Handle;

use super::{left, tick::Tick};
use crate::{
    cmd::{Desk, signals, work},
    exit::{Exit, Failure},
    log,
};

/// How often the store is asked whether the runs have ended, at most: it wakes whoever waits for changes, mostly.
const LOOK: Duration = Duration::from_millis(500);
/// Why the worker of a tick stops.
const DONE: &str = "everything that this tick fired has ended";

/// Works until each of its own runs has ended, and until each of `waiting` was taken by somebody. What has begun here by then is
/// run to its end too, and nothing else is begun. Answers what it ran that was not its own.
pub(super) async fn worked(
    desk: &Desk<'_>,
    (mut registry, timetable, config): (Registry, Arc<Timetable>, Config),
    own: &mut [Tick],
    waiting: Vec<JobId>,
    verbose: bool,
) -> Result<Vec<Tick>, Failure> {
    timetable.work_in(&mut registry);
    let mut worker = Worker::new(desk.store().clone(), registry, config).clock(desk.clock());
    for layer in &desk.app.layers {
        worker = worker.layer(work::Again(layer.clone()));
    }
    worker.preflight().map_err(work::unfit)?;
    let (stop, events): (Stop, Events) = (worker.stop(), worker.events());
    let signals = signals::obey(worker.stop())?;
    let jobs = verbose.then(|| log::Jobs::tell(&Handle::current(), events.subscribe()));
    let ran = tokio::spawn(left::ran(events.subscribe()));
    let report = until_all_is_done(desk, worker, &stop, own, waiting).await;
    drop((signals, events));
    // A run that heeds nobody would keep who tells of it for ever: then nobody waits for the last word.
    report?;
    if let Some(jobs) = jobs {
        jobs.told().await;
    }
    let ran = ran.await.map_err(|error| Failure::new(Exit::Machine, format!("hear what ran here: {error}")))?;
    left::told(desk, ran, own).await
}

/// Works, and stops when there is nothing more to wait for. Fails when something else stops it first.
async fn until_all_is_done(
    desk: &Desk<'_>,
    worker: Worker,
    stop: &Stop,
    own: &mut [Tick],
    waiting: Vec<JobId>,
) -> Result<(), Failure> {
    let watching = async {
        let watched = watch(desk, own, waiting).await;
        stop.once_emptied(DONE);
        watched
    };
    let working = worker.start();
    tokio::pin!(watching, working);
    let (report, watched) = tokio::select! {
        report = &mut working => (report, None),
        watched = &mut watching => (working.await, Some(watched)),
    };
    let report = report.map_err(work::unfit)?;
    let done = watched.transpose()?.is_some() && report.left.is_empty();
    if done && matches!(report.halt, Halt::Asked) {
        return Ok(());
    }
    let exit = match work::exit_of(&report) {
        Exit::Well => Exit::Found,
        exit => exit,
    };
    Err(Failure::new(exit, format!("run all that is due to its end: {}; others will take it over", report.reason)))
}

/// Until each of this tick's own runs has ended, and until nothing of `waiting` waits any more.
async fn watch(desk: &Desk<'_>, own: &mut [Tick], mut waiting: Vec<JobId>) -> Result<(), Failure> {
    let (store, mut seen) = (desk.store(), 0);
    loop {
        for tick in own.iter_mut().filter(|tick| tick.is_awaited()) {
            let card = store.job(tick.job).await?;
            tick.note(card.as_ref().map(|card| &card.job));
        }
        let mut still = Vec::new();
        for id in waiting {
            let card = store.job(id).await?;
            // One that has failed here and will be tried again later is left to a later tick.
            if card.is_some_and(|Card { job, .. }| job.state.waiting() && job.run_at <= desk.now_ms()) {
                still.push(id);
            }
        }
        waiting = still;
        if waiting.is_empty() && own.iter().all(|tick| !tick.is_awaited()) {
            return Ok(());
        }
        if let Ok(number) = tokio::time::timeout(LOOK, store.changed(seen)).await {
            seen = number?;
        }
    }
}
