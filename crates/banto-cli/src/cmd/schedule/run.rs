//! `schedule run`: one tick, as cron would call it: fires what is due, runs it, and ends.
//!
//! Commands and functions that this tick fired run here, or wherever else a process takes from the same queue; the tick
//! ends when each of them has ended. Jobs of a kind are enqueued and left to their workers. A run that failed makes the
//! tick fail: exit codes are truth.

use std::{sync::Arc, time::Duration};

use banto_core::{JobId, Name, ScheduleName, State};
use banto_engine::{
    Config, Event, Events, Registry, Scheduler, Stop, Timetable, Worker,
    fire::Looked,
    timetable::{RUN_KIND, RUN_QUEUE},
};
use banto_store::Store;
use serde_json::json;
use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::{
    args::schedule::HowToRun,
    cmd::{Desk, line::count_of, signals, work},
    exit::{Exit, Failure},
    given::{Given, Written},
    log, mean,
};

/// How often the store is asked whether the runs have ended, at most: it wakes whoever waits for changes, mostly.
const LOOK: Duration = Duration::from_millis(500);
/// Why the worker of a tick stops.
const DONE: &str = "everything that this tick fired has ended";

/// A run that this tick fired.
struct Tick {
    schedule: ScheduleName,
    due_at: i64,
    job: JobId,
    /// Whether it runs here, and how it ended if it did.
    ended: Option<(State, Option<String>)>,
    here: bool,
}

pub(super) async fn run(desk: &mut Desk<'_>, given: &Given, typed: &HowToRun) -> Result<Exit, Failure> {
    let known = desk.known().await?;
    let written = given.read(known.as_ref())?;
    let config = mean::schedule::worker(typed, &desk.app.name, queues(&written.timetable)?)?;
    log::begin_beside(desk.clock(), &desk.app.name);
    begins(given, &written, typed.allow_empty)?;
    let timetable = Arc::new(written.timetable.clone());
    let scheduler = mean::schedule::scheduler(typed, &desk.app.name, &written.scheduler)?;
    let scheduler = Scheduler::new(desk.store().clone(), timetable.clone(), scheduler).clock(desk.clock());
    let listening = tokio::spawn(fired(scheduler.events().subscribe()));
    let looked = scheduler.once().await.map_err(work::unfit)??;
    // The scheduler is gone, and with it whoever tells events: the reader has all of them.
    let fired =
        listening.await.map_err(|error| Failure::new(Exit::Machine, format!("hear what was fired: {error}")))?;
    let mut ticks = ticks(desk, fired).await?;
    if ticks.iter().any(|tick| tick.here) {
        worked(desk, known.unwrap_or_default(), timetable, config, &mut ticks, typed.verbose).await?;
    }
    told(desk, looked, &ticks)
}

/// What is fit to begin with: all faults at once. What may surprise, the scheduler says itself.
pub(in crate::cmd) fn begins(given: &Given, written: &Written, allow_empty: bool) -> Result<(), Failure> {
    let timetable = &written.timetable;
    banto_engine::preflight::timetable(timetable).map_err(work::unfit)?;
    if !timetable.is_empty() {
        return Ok(());
    }
    let hint = given.hint();
    if allow_empty {
        tracing::warn!("there is no schedule, so nothing will ever be due: {hint}");
        return Ok(());
    }
    let text = format!("find a schedule, so nothing would ever be due: {hint}; or go on with --allow-empty");
    Err(Failure::new(Exit::Unfit, text))
}

/// The queues that runs of these schedules wait in.
pub(in crate::cmd) fn queues(timetable: &Timetable) -> Result<Vec<Name>, Failure> {
    let mut queues: Vec<Name> = timetable.entries().filter_map(|entry| entry.queue().cloned()).collect();
    // Runs of a schedule that was moved to another queue since may still wait there.
    queues.push(Name::new(RUN_QUEUE)?);
    queues.sort();
    queues.dedup();
    Ok(queues)
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

async fn ticks(desk: &Desk<'_>, fired: Vec<Fired>) -> Result<Vec<Tick>, Failure> {
    let mut ticks = Vec::new();
    for (schedule, due_at, job) in fired {
        // Another process may have run and pruned it already; then it has ended.
        let kind = desk.store().job(job).await?.map(|card| card.job.kind);
        let here = kind.is_some_and(|kind| kind.as_str() == RUN_KIND);
        ticks.push(Tick { schedule, due_at, job, ended: None, here });
    }
    Ok(ticks)
}

/// Works until each run of this tick has ended.
async fn worked(
    desk: &Desk<'_>,
    mut registry: Registry,
    timetable: Arc<Timetable>,
    config: Config,
    ticks: &mut [Tick],
    verbose: bool,
) -> Result<(), Failure> {
    timetable.work_in(&mut registry);
    let mut worker = Worker::new(desk.store().clone(), registry, config).clock(desk.clock());
    for layer in &desk.app.layers {
        worker = worker.layer(work::Again(layer.clone()));
    }
    worker.preflight().map_err(work::unfit)?;
    let (stop, events): (Stop, Events) = (worker.stop(), worker.events());
    let signals = signals::obey(worker.stop())?;
    let lines = verbose.then(|| tokio::spawn(log::lines(events.subscribe())));
    let watching = async {
        let watched = watch(desk.store(), ticks).await;
        stop.graceful(DONE);
        watched
    };
    let working = worker.start();
    tokio::pin!(watching, working);
    let (report, watched) = tokio::select! {
        report = &mut working => (report, None),
        watched = &mut watching => (working.await, Some(watched)),
    };
    drop(signals);
    drop(events);
    let report = report.map_err(work::unfit)?;
    if let Some(lines) = lines.filter(|_| report.left.is_empty()) {
        let _ = lines.await;
    }
    match watched {
        Some(watched) => watched,
        None => {
            let exit = work::exit_of(&report);
            let exit = if exit == Exit::Well { Exit::Found } else { exit };
            Err(Failure::new(
                exit,
                format!("run all that this tick fired: {}; others will take it over", report.reason),
            ))
        }
    }
}

/// Until each run of this tick has ended.
async fn watch(store: &Arc<dyn Store>, ticks: &mut [Tick]) -> Result<(), Failure> {
    let mut seen = 0;
    loop {
        for tick in ticks.iter_mut().filter(|tick| tick.here && tick.ended.is_none()) {
            match store.job(tick.job).await? {
                None => tick.ended = Some((State::Done, None)),
                Some(card) if card.job.state.ended() => tick.ended = Some((card.job.state, card.job.error)),
                Some(_) => {}
            }
        }
        if ticks.iter().all(|tick| !tick.here || tick.ended.is_some()) {
            return Ok(());
        }
        if let Ok(number) = tokio::time::timeout(LOOK, store.changed(seen)).await {
            seen = number?;
        }
    }
}

fn told(desk: &mut Desk<'_>, looked: Looked, ticks: &[Tick]) -> Result<Exit, Failure> {
    let ended = |tick: &Tick| tick.ended.as_ref().map(|(state, _)| *state);
    let failed: Vec<&Tick> =
        ticks.iter().filter(|tick| ended(tick).is_some_and(|state| state != State::Done)).collect();
    let exit = if failed.is_empty() { Exit::Well } else { Exit::Found };
    if desk.print.json() {
        let runs = ticks.iter().map(|tick| {
            let error = tick.ended.as_ref().and_then(|(_, error)| error.clone());
            json!({ "schedule": tick.schedule, "due_at": tick.due_at, "job": tick.job, "here": tick.here, "state": ended(tick), "error": error })
        });
        let runs: Vec<_> = runs.collect();
        let answer = json!({ "fired": looked.fired, "not": looked.not, "there": looked.there, "runs": runs, "exit": exit.code() });
        desk.print.object(&answer)?;
        return Ok(exit);
    }
    for tick in ticks {
        let Tick { schedule, job, .. } = tick;
        desk.print.say(match &tick.ended {
            Some((State::Done, _)) => format!("{schedule}: done"),
            Some((state, error)) => format!("{schedule}: {state}: {}", error.as_deref().unwrap_or_default()),
            None => format!("{schedule}: enqueued as job {job}; a worker of its queue runs it"),
        });
    }
    let fired = count_of(looked.fired, "due instant fired", "due instants fired");
    desk.print.say(format!("{fired}, {} skipped or missed, {} failed", looked.not, failed.len()));
    Ok(exit)
}
