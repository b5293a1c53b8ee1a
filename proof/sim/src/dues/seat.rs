//! The schedulers of a history: the real one, started in a seat with a clock of its own, and everything that may befall it.

use std::sync::Arc;

use banto_core::retry::mix;
use banto_engine::{Scheduler, SchedulerConfig, Stop, Unfit, scheduler::Watch};
use banto_store::faulty::Faulty;
use tokio::task::JoinHandle;

use crate::{
    clock::Own,
    dues::{
        eyes::{Eyes, Scene},
        plan::Plan,
        timetable::timetable,
    },
    ledger::Who,
    line::Line,
    plan::name,
    team::{failed, struck},
};

/// A scheduler in its seat.
pub struct Seat {
    /// Its number.
    pub who: Who,
    /// Its build.
    pub edition: usize,
    /// Its clock.
    pub clock: Arc<Own>,
    scene: Arc<Scene>,
    line: Arc<Line>,
    faulty: Faulty,
    stop: Stop,
    process: JoinHandle<Result<Watch, Unfit>>,
}

impl Seat {
    /// Starts a scheduler of that build.
    pub fn start(scene: &Arc<Scene>, plan: &Plan, edition: usize) -> Result<Seat, String> {
        let lines = plan.editions.get(edition).cloned().unwrap_or_default();
        let timetable = Arc::new(timetable(edition, &lines)?);
        let who = scene.judge(|ledger, now| ledger.started(edition, now));
        let clock = Arc::new(Own::new(scene.clock.clone()));
        let eyes = Eyes::new(scene.clone(), who, clock.clone());
        let seed = mix(plan.seed ^ mix(who as u64));
        let faulty = Faulty::new(Arc::new(eyes.clone()), seed);
        let line = Line::new(faulty.clone(), move |frozen| eyes.hindered(frozen));
        let config = SchedulerConfig::new(name("scheduler"));
        let scheduler = Scheduler::new(line.clone(), timetable, config).clock(clock.clone()).seed(seed);
        let (stop, leaving) = (scheduler.stop(), scene.clone());
        let process = tokio::spawn(async move {
            let watch = scheduler.run().await;
            leaving.judge(|ledger, now| ledger.left(who, &format!("has left: {watch:?}"), now));
            watch
        });
        Ok(Seat { who, edition, clock, scene: scene.clone(), line, faulty, stop, process })
    }

    /// Tells it to stop.
    pub fn stop(&self) {
        self.scene.judge(|ledger, now| ledger.hindered(self.who, true, now));
        self.stop.graceful("told to");
    }

    /// Its process dies.
    pub fn kill(self) -> u64 {
        self.scene.judge(|ledger, now| ledger.killed(self.who, now));
        self.process.abort();
        failed(&self.faulty)
    }

    /// Its calls hang from now on, or go on.
    pub fn freeze(&self, frozen: bool) {
        self.line.freeze(frozen);
    }

    /// This share of its calls fails from now on.
    pub fn strikes(&self, percent: u8) {
        struck(&self.faulty, percent);
    }

    /// Its clock is meddled with.
    pub fn meddle(&self, how: &str, act: impl FnOnce(&Own)) {
        act(&self.clock);
        self.scene.judge(|ledger, now| ledger.clock_set(self.who, how, now));
    }

    /// Whether its process has ended.
    pub fn over(&self) -> bool {
        self.process.is_finished()
    }

    /// Waits for its end: how many calls failed, and what is wrong with it, if something is.
    pub async fn ended(self) -> (u64, Option<String>) {
        let wrong = match self.process.await {
            Ok(Ok(_)) => None,
            Ok(Err(faults)) => Some(format!("scheduler {} did not start: {faults:?}", self.who)),
            Err(error) if error.is_cancelled() => None,
            Err(error) => Some(format!("scheduler {} panicked: {error}", self.who)),
        };
        (failed(&self.faulty), wrong)
    }
}
