//! A day of minutes in given time: a schedule that is due every minute, and the reference system's loop, which ran and then
//! slept for sixty seconds. Both have the same work to do, which takes its time.
//!
//! For whoever asks what a clock-aligned schedule is for. It fails nothing and kills nobody: that is for histories.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use banto_core::{Fate, limits::PAGE_MAX, schedule};
use banto_engine::{Config, Context, Does, Job, Registry, Scheduler, SchedulerConfig, Timetable, Worker};
use banto_store::{Clock, Read, SelectFires, Store, memory::Memory};
use serde::{Deserialize, Serialize};
use tokio::time::{Duration, sleep};

use crate::{clock::Tied, plan::name, play::runtime, report::Row};

/// Minutes of a day.
pub const MINUTES: u64 = 1_440;

const MINUTE_MS: i64 = 60_000;
/// The first minute, in milliseconds since 1970: 2023-11-14T22:14:00Z.
const FIRST_MS: i64 = 1_700_000_040_000;
/// How long before it everything starts, in milliseconds.
const EARLY_MS: i64 = 500;

/// How a day went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Minutes that fired.
    pub fired: u64,
    /// Minutes in which a run began.
    pub ran: u64,
    /// Minutes in which the loop's run began.
    pub looped: u64,
}

/// The minutes in which something began.
type Minutes = Arc<Mutex<BTreeSet<i64>>>;

/// What is to be done each minute.
#[derive(Debug, Serialize, Deserialize)]
struct Minute {
    ms: u64,
}

impl Job for Minute {
    const KIND: &'static str = "minute";
}

/// What the handler shares.
struct Wall {
    clock: Arc<Tied>,
    minutes: Minutes,
}

impl Wall {
    /// Does the work of a minute.
    async fn run(&self, ms: u64) {
        let minute = self.clock.wall_ms().div_euclid(MINUTE_MS);
        self.minutes.lock().unwrap_or_else(PoisonError::into_inner).insert(minute);
        sleep(Duration::from_millis(ms)).await;
    }

    /// How many minutes of the day it was done in.
    fn reached(&self) -> u64 {
        let day = FIRST_MS / MINUTE_MS..FIRST_MS / MINUTE_MS + MINUTES.cast_signed();
        self.minutes.lock().unwrap_or_else(PoisonError::into_inner).range(day).count() as u64
    }
}

/// How long runs take, in milliseconds, and how many minutes of a day the loop reaches then, at most.
pub const RUNS: [(u64, u64); 3] = [(1_000, 1_417), (2_000, 1_394), (5_000, 1_330)];

/// A day as rows: all of ours, and no more of the loop's than `reached`.
pub fn rows(run_ms: u64, reached: u64) -> Result<[Row; 3], String> {
    let Day { fired, ran, looped } = day(run_ms)?;
    let name = |what: &str| format!("drift of a day, {} s runs: {what}", run_ms / 1_000);
    Ok([
        Row::at_least(name("fired"), fired as f64, "minutes", MINUTES as f64),
        Row::at_least(name("run in time"), ran as f64, "minutes", MINUTES as f64),
        Row::at_most(name("run and sleep"), looped as f64, "minutes", reached as f64),
    ])
}

/// Lets a day pass in which each run takes so many milliseconds.
pub fn day(run_ms: u64) -> Result<Day, String> {
    runtime()?.block_on(async {
        let clock = Arc::new(Tied::at(FIRST_MS - EARLY_MS));
        let [ours, theirs] = [(); 2].map(|()| Arc::new(Wall { clock: clock.clone(), minutes: Minutes::default() }));
        let memory = Memory::new(clock.clone(), 1);
        let store: Arc<dyn Store> = Arc::new(memory.clone());
        let scheduler = scheduler(store.clone(), clock.clone(), run_ms);
        let worker = worker(store, clock.clone(), ours.clone());
        let stops = [scheduler.stop(), worker.stop()];
        let looping = theirs.clone();
        let running = [
            tokio::spawn(async move { scheduler.run().await.map(drop) }),
            tokio::spawn(async move { worker.run().await.map(drop) }),
            tokio::spawn(async move {
                sleep(Duration::from_millis(EARLY_MS.unsigned_abs())).await;
                loop {
                    looping.run(run_ms).await;
                    sleep(Duration::from_mins(1)).await;
                }
            }),
        ];
        sleep(Duration::from_millis(MINUTES * MINUTE_MS.unsigned_abs())).await;
        stops.iter().for_each(|stop| stop.graceful("the day is over"));
        let [scheduling, working, looping] = running;
        looping.abort();
        for one in [scheduling, working] {
            one.await.map_err(|error| format!("let a day pass: {error}"))?.map_err(|unfit| unfit.to_string())?;
        }
        Ok(Day { fired: fired(&memory).await?, ran: ours.reached(), looped: theirs.reached() })
    })
}

fn scheduler(store: Arc<dyn Store>, clock: Arc<Tied>, run_ms: u64) -> Scheduler {
    let mut timetable = Timetable::new(name("sim"), "drift");
    timetable.add(schedule("minute").every_minute().job(Minute { ms: run_ms }));
    Scheduler::new(store, Arc::new(timetable), SchedulerConfig::new(name("scheduler"))).clock(clock).seed(1)
}

fn worker(store: Arc<dyn Store>, clock: Arc<Tied>, ours: Arc<Wall>) -> Worker {
    let mut registry = Registry::new("drift");
    registry.add::<Minute, _, _, _>(ours, |minute: Minute, run: Context<Wall>| async move {
        run.state().run(minute.ms).await;
        Ok(())
    });
    Worker::new(store, registry, Config::new(name("worker"), [name("default")])).clock(clock)
}

/// How many minutes of the day have fired, by the ledger.
async fn fired(memory: &Memory) -> Result<u64, String> {
    let (mut before, mut fired) = (FIRST_MS + MINUTES.cast_signed() * MINUTE_MS, 0);
    loop {
        let select =
            SelectFires { since: Some(FIRST_MS), before: Some(before), limit: PAGE_MAX, ..SelectFires::default() };
        let page = memory.fires(select).await.map_err(|error| error.to_string())?;
        fired += page.iter().filter(|row| row.fate == Fate::Fired).count() as u64;
        match page.last() {
            Some(row) => before = row.due_at,
            None => return Ok(fired),
        }
    }
}
