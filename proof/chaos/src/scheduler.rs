//! A scheduler as a process: the engine's, with schedules that enqueue and nothing else.

use std::{process::ExitCode, sync::Arc, time::Duration};

use banto_core::{Missed, Name, schedule};
use banto_engine::{Does, Scheduler, SchedulerConfig, Timetable};
use serde::{Deserialize, Serialize};

use crate::{
    Told, kept,
    load::{Act, Errand},
    process::{Process, Start},
    stage::Scene,
    worker::obey,
};

/// Whose schedules they are.
pub const SERVICE: &str = "chaos";

/// A schedule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Line {
    /// What it is called.
    pub name: String,
    /// Every so many seconds.
    pub period_s: u64,
    /// What becomes of missed ones.
    pub missed: Missed,
    /// Until when they are ordinary, in milliseconds.
    pub late_ms: u64,
    /// One run at a time.
    pub no_overlap: bool,
}

/// What a scheduler is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SchedulerSpec {
    /// What it is called.
    pub name: String,
    /// The store's address.
    pub url: String,
    /// Its schedules.
    pub lines: Vec<Line>,
}

impl Line {
    /// A schedule that is due so often and makes up for everything.
    pub fn every(period_s: u64, name: impl Into<String>) -> Line {
        let missed = Missed::All { max: 100_000 };
        Line { name: name.into(), period_s, missed, late_ms: 60_000, no_overlap: false }
    }
}

impl SchedulerSpec {
    /// A scheduler of those on that scene's store.
    pub fn new(name: &str, scene: &Scene<'_>, lines: &[Line]) -> SchedulerSpec {
        SchedulerSpec { name: name.into(), url: scene.url(), lines: lines.to_vec() }
    }

    /// Starts it.
    pub fn start(&self, scene: &Scene<'_>) -> Told<Process> {
        Start::new("scheduler", &self.name, self)?.start(scene)
    }

    /// Starts it with a wall clock that is off by so many seconds, through that library.
    pub fn start_off(&self, scene: &Scene<'_>, library: &str, off_s: i64) -> Told<Process> {
        let start = Start::new("scheduler", &self.name, self)?.with("LD_PRELOAD", library);
        start.with("FAKETIME", format!("{off_s:+}s")).with("FAKETIME_DONT_FAKE_MONOTONIC", "1").start(scene)
    }

    fn timetable(&self) -> Told<Timetable> {
        let service = Name::new(SERVICE).map_err(|refusal| refusal.to_string())?;
        let mut timetable = Timetable::new(service, "chaos");
        for line in &self.lines {
            let mut draft = schedule(&line.name).every(Duration::from_secs(line.period_s));
            draft = match line.missed {
                Missed::Skip => draft.skip_missed(),
                Missed::Last => draft.catch_up_last(),
                Missed::All { max } => draft.catch_up_all(max),
            };
            draft = draft.late_up_to(Duration::from_millis(line.late_ms));
            draft = if line.no_overlap { draft.no_overlap() } else { draft };
            timetable.add(draft.job(Errand { act: Act::Gate, ms: 0, index: 0, pad: String::new() }));
        }
        Ok(timetable)
    }
}

/// Fires as told until it is told to stop.
pub fn fire(spec: &SchedulerSpec) -> Told<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| format!("start a runtime: {error}"))?.block_on(live(spec))
}

async fn live(spec: &SchedulerSpec) -> Told<ExitCode> {
    let store = kept::open(&spec.url, true).await.map_err(|error| error.to_string())?;
    let config = SchedulerConfig::new(Name::new(&spec.name).map_err(|refusal| refusal.to_string())?);
    let scheduler = Scheduler::new(store, Arc::new(spec.timetable()?), config);
    obey(scheduler.stop())?;
    let watch = scheduler.run().await.map_err(|unfit| unfit.to_string())?;
    tracing::info!(reason = watch.reason, looked = ?watch.looked, "stopped");
    Ok(ExitCode::SUCCESS)
}
