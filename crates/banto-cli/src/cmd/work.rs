//! `queue work`: runs jobs until it is told to stop, and says why it stopped.
//!
//! TERM or INT stops it gracefully, a second one at once. What it says goes through the log; the last line tells the cause
//! and the exit code. It decides nothing about jobs: that is the engine's.

use std::{collections::BTreeMap, io::Write, sync::Arc};

use banto_core::{
    Outcome,
    run::{RUN_KIND, is_for_runs},
};
use banto_engine::{
    BoxFuture, Config, Halt, Layer, Next, Registry, Report, Unfit, Worker, config::QueueWeight, context::Run,
};
use serde_json::json;
use tokio::runtime::Handle;

use super::{Desk, beside, signals};
use crate::{
    args,
    exit::{Exit, Failure},
    file::{HealthSettings, LogSettings},
    health::{self, Told},
    log::{self, Logs},
    mean,
};

pub(super) async fn run(desk: &mut Desk<'_>, typed: &args::Work) -> Result<Exit, Failure> {
    let registry = desk.kinds("run jobs").await.map_err(|failure| match failure.exit {
        Exit::Unready => Failure { exit: Exit::Unfit, ..failure },
        _ => failure,
    })?;
    let config = mean::work::config(typed, &registry, &desk.app.name)?;
    leaves_runs(&config, &registry)?;
    let logs = Logs::meant(desk.app.logs.as_ref(), &LogSettings::default(), &typed.log)?;
    log::begin(desk.clock(), &desk.app.name, &[log::Part::Queue], logs.as_ref())?;
    let queues: Vec<String> = config.queues.iter().map(|weighted| weighted.queue.to_string()).collect();
    let (name, build, kinds) = (config.name.clone(), registry.build().to_owned(), registry.entries().count());
    let (queues, concurrency) = (queues.join(","), config.concurrency);
    let door = health::bind(typed.health.health.as_deref(), &HealthSettings::default())?;
    let mut worker = Worker::new(desk.store().clone(), registry, config).clock(desk.clock());
    for layer in &desk.app.layers {
        worker = worker.layer(Again(layer.clone()));
    }
    worker.preflight().map_err(unfit)?;
    let told = Told { build: Some(build.clone()), ..Told::default() };
    let (vitals, _served) = health::serve(desk, door, name.clone(), told)?;
    worker = worker.pulses(vitals.worker());
    let stop = worker.stop();
    let stopping = tokio::spawn(async move {
        stop.until_graceful().await;
        vitals.stopping(stop.reason());
    });
    let signals = signals::obey(worker.stop())?;
    let jobs = typed.verbose.then(|| log::Jobs::tell(&Handle::current(), worker.events().subscribe()));
    log::store(&desk.store().about());
    tracing::info!(%name, build, kinds, queues, concurrency, "working");
    let beside =
        desk.app.beside.clone().map(|own| tokio::spawn(beside::keep(own, desk.opened.clone(), worker.events())));
    let report = worker.start().await;
    stopping.abort();
    drop(signals);
    if let Some(beside) = beside {
        beside.abort();
    }
    let stuck = report.as_ref().is_ok_and(|report| !report.left.is_empty());
    if let Some(jobs) = jobs.filter(|_| !stuck) {
        // The worker's last event was told before its report. Runs that heed nobody may hold the thread that this needs, so
        // it is not waited for then.
        jobs.told().await;
    }
    ended(desk, report.map_err(unfit)?)
}

/// Runs of schedules are for who knows their timetable: a worker without one could only set them aside.
fn leaves_runs(config: &Config, registry: &Registry) -> Result<(), Failure> {
    let knows = registry.entries().any(|entry| entry.kind.as_str() == RUN_KIND);
    match config.queues.iter().find(|weighted| !knows && is_for_runs(&weighted.queue)) {
        None => Ok(()),
        Some(QueueWeight { queue, .. }) => Err(Failure::usage(format!(
            "take from the queue {queue}: runs of schedules wait there, and this command knows no schedules; `up`, `schedule work` and \
             `schedule run` take them"
        ))),
    }
}

/// What the preflight found, in one line.
pub(super) fn unfit(unfit: Unfit) -> Failure {
    Failure::new(Exit::Unfit, unfit.to_string())
}

/// Says how it ended, and ends the process itself when a run goes on: the runtime would wait for it for ever.
fn ended(desk: &mut Desk<'_>, report: Report) -> Result<Exit, Failure> {
    let exit = exit_of(&report);
    let (reason, code) = (report.reason.as_str(), exit.code());
    let done: Vec<String> = report.ended.iter().map(|(word, count)| format!("{word} {count}")).collect();
    let (ran, late) = (if done.is_empty() { "nothing".into() } else { done.join(", ") }, report.late);
    for (job, kind) in &report.left {
        tracing::error!(%job, %kind, "the run did not stop; it ends with the process, and the job will run again");
    }
    match exit {
        Exit::Well => tracing::info!(reason, exit = code, ended = ran, late, "stopped"),
        _ => tracing::error!(reason, exit = code, ended = ran, late, "stopped"),
    }
    if desk.print.json() {
        let ended: &BTreeMap<&str, u64> = &report.ended;
        desk.print.object(&json!({ "reason": reason, "exit": code, "ended": ended, "late": late }))?;
    }
    if report.left.is_empty() {
        return Ok(exit);
    }
    log::flush();
    let _ = std::io::stdout().flush();
    std::process::exit(code.into())
}

pub(super) fn exit_of(report: &Report) -> Exit {
    match report.halt {
        Halt::Memory => Exit::Memory,
        Halt::Stuck => Exit::Stuck,
        // Only what trying again cannot mend stops a worker: damage, mostly.
        Halt::Store => Exit::Damaged,
        Halt::Panicked => Exit::Machine,
        _ if !report.left.is_empty() => Exit::Stuck,
        _ if report.hurried => Exit::Hurried,
        Halt::Asked | Halt::Restart | Halt::Spent | Halt::Empty | Halt::Time => Exit::Well,
    }
}

/// A layer of the application, which the worker wants to own.
pub(in crate::cmd) struct Again(pub Arc<dyn Layer>);

impl Layer for Again {
    fn around<'a>(&'a self, run: &'a Run, next: Next<'a>) -> BoxFuture<'a, Outcome> {
        self.0.around(run, next)
    }
}
