//! What the tests of schedules stand on: timetables, schedulers that can be watched, clocks that are off.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use banto_core::{Fate, Reason, ScheduleDraft, schedule};
use banto_engine::{Does, Event, Scheduled, Scheduler, SchedulerConfig, Stop, Timetable, scheduler::Watch};
use banto_store::{Clock, FireView, Read, SelectFires, Store};
use tokio::{
    sync::broadcast::Receiver,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::house::{BEGIN_MS, House, act, name};

/// The first full minute of every test: 2023-11-14T22:14:00Z, forty seconds after it begins.
pub const MINUTE_MS: i64 = BEGIN_MS + 40_000;

/// A timetable of service `app` in build `b1`.
pub fn timetable(all: impl IntoIterator<Item = Scheduled>) -> Timetable {
    timetable_of("b1", all)
}

/// The same, of another build.
pub fn timetable_of(build: &str, all: impl IntoIterator<Item = Scheduled>) -> Timetable {
    let mut table = Timetable::new(name("app"), build);
    all.into_iter().for_each(|one| table.add(one));
    table
}

/// A schedule that enqueues a job that says its name.
pub fn says(named: &str, when: impl FnOnce(ScheduleDraft) -> ScheduleDraft) -> Scheduled {
    when(schedule(named)).job(act(named))
}

/// Due every minute.
pub fn minutely(named: &str) -> Scheduled {
    says(named, ScheduleDraft::every_minute)
}

/// A clock that is ahead of another.
#[derive(Clone)]
pub struct Ahead<C> {
    clock: C,
    by_ms: Arc<AtomicI64>,
}

impl<C: Clock> Ahead<C> {
    pub fn of(clock: C, by_ms: i64) -> Ahead<C> {
        Ahead { clock, by_ms: Arc::new(AtomicI64::new(by_ms)) }
    }
    pub fn set(&self, by_ms: i64) {
        self.by_ms.store(by_ms, Ordering::SeqCst);
    }
}

impl<C: Clock> Clock for Ahead<C> {
    fn wall_ms(&self) -> i64 {
        self.clock.wall_ms() + self.by_ms.load(Ordering::SeqCst)
    }
    fn steady_ms(&self) -> u64 {
        self.clock.steady_ms()
    }
    fn boot(&self) -> String {
        self.clock.boot()
    }
}

/// A scheduler at work.
pub struct Ticks {
    pub works: JoinHandle<Watch>,
    pub stop: Stop,
    pub events: Receiver<Event>,
}

impl Ticks {
    pub fn of(scheduler: Scheduler) -> Ticks {
        let (stop, events) = (scheduler.stop(), scheduler.events().subscribe());
        Ticks { works: tokio::spawn(async move { scheduler.run().await.unwrap() }), stop, events }
    }

    /// Waits for such an event, for an hour of given time at most.
    pub async fn heard(&mut self, fits: impl Fn(&Event) -> bool) -> Event {
        let heard = async {
            loop {
                let event = self.events.recv().await.unwrap();
                if fits(&event) {
                    return event;
                }
            }
        };
        timeout(Duration::from_secs(7_200), heard).await.expect("it was never told")
    }

    /// Whatever was told so far and fits.
    pub fn told(&mut self, fits: impl Fn(&Event) -> bool) -> usize {
        std::iter::from_fn(|| self.events.try_recv().ok()).filter(|event| fits(event)).count()
    }

    pub async fn halt(self) -> Watch {
        self.stop.graceful("the test is over");
        self.works.await.unwrap()
    }
}

impl House {
    pub fn scheduler(&self, table: Timetable) -> Scheduler {
        self.scheduler_at(self.store.clone(), table)
    }

    pub fn scheduler_at(&self, store: Arc<dyn Store>, table: Timetable) -> Scheduler {
        let config = SchedulerConfig::new(name("s"));
        Scheduler::new(store, Arc::new(table), config).clock(Arc::new(self.clock.clone()))
    }

    pub fn ticks(&self, table: Timetable) -> Ticks {
        Ticks::of(self.scheduler(table))
    }

    /// The ledger, the earliest due first.
    pub async fn ledger(&self) -> Vec<FireView> {
        let mut rows = self.memory.fires(SelectFires { limit: 1_000, ..SelectFires::default() }).await.unwrap();
        rows.reverse();
        rows
    }

    /// The rows of a schedule, the earliest due first.
    pub async fn rows(&self, schedule: &str) -> Vec<FireView> {
        self.ledger().await.into_iter().filter(|row| row.schedule.as_str() == schedule).collect()
    }

    /// When the rows with that fate were due, in seconds after the first full minute.
    pub async fn due(&self, schedule: &str, fate: Fate) -> Vec<i64> {
        let (schedule, fates) = (Some(schedule.parse().unwrap()), vec![fate]);
        let select = SelectFires { schedule, fates, limit: 1_000, ..SelectFires::default() };
        let rows = self.memory.fires(select).await.unwrap();
        rows.iter().rev().map(|row| (row.due_at - MINUTE_MS) / 1_000).collect()
    }

    /// How many due instants did not fire for that reason.
    pub async fn not(&self, reason: Reason) -> u64 {
        self.ledger().await.iter().filter(|row| row.reason == Some(reason)).map(|row| row.count).sum()
    }
}

/// Lets given time pass until it is so long after the first full minute.
pub async fn until(house: &House, seconds: i64) {
    let wait = MINUTE_MS + seconds * 1_000 - house.clock.wall_ms();
    sleep(Duration::from_millis(u64::try_from(wait).expect("it is past"))).await;
}
