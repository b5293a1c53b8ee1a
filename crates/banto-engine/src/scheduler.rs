//! A scheduler: the loop that fires schedules, from its registration to its last look.
//!
//! Every scheduler of a service knows all of its schedules and could fire each due instant; the ledger's key sees to it that one
//! does. To save work one leads: who accounted last. The others stand by for a moment after each due instant, look whether it is
//! accounted for, and if not, do it and lead from then on. So a leader that dies or freezes costs half a second, no due instant.
//!
//! It sleeps until the clock says that something is due, never for "a minute": a run that takes long moves nothing. It looks at
//! the clock at least once a second, because a clock may be set.
//!
//! `scheduler/turns.rs` is the loop, `register.rs` what happens when the timetable meets the store's, `guard.rs` the watch over this
//! process's own clock, `back.rs` what to do when a clock was set back.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use banto_core::{Ids, InstanceId, JobId, Name, Schedule};
use banto_store::{Clock, Store, StoreError, SystemClock};

use self::turns::Loop;
use crate::{
    BoxFuture,
    apart::apart,
    event::Events,
    fire::Looked,
    preflight::{self, Unfit},
    pulse::Pulse,
    stop::{Halt, Stop},
    timetable::{Entry, Timetable},
};

mod back;
mod guard;
mod register;
mod turns;

/// How a scheduler works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchedulerConfig {
    /// What people call this scheduler.
    pub name: Name,
    /// How long one that does not lead waits after a due instant before it looks whether somebody has fired it, in
    /// milliseconds; up to half as much more by chance.
    pub stand_by_ms: u64,
    /// How often the leader says that all is accounted for although nothing was due, in milliseconds.
    pub account_ms: u64,
    /// How far this process's clock may be off the store's, in milliseconds; above, it neither leads nor fires.
    pub offset_ms_max: u64,
    /// How often it beats, in milliseconds.
    pub beat_ms: u64,
    /// How long those who registered another timetable may be silent before this one takes over again, in milliseconds.
    pub superseded_ms: u64,
}

impl SchedulerConfig {
    /// The defaults.
    pub fn new(name: Name) -> SchedulerConfig {
        SchedulerConfig {
            name,
            stand_by_ms: 500,
            account_ms: 30_000,
            offset_ms_max: 1_000,
            beat_ms: banto_core::lease::RENEW_MS,
            superseded_ms: 60_000,
        }
    }
}

/// What a scheduler is at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Standing {
    /// It has not come round yet.
    #[default]
    Starting,
    /// It leads: it fires what is due.
    Leads,
    /// Another leads; it would take over.
    StandsBy,
    /// It fires nothing, for its clock is off; the text fits after "could not".
    ClockOff {
        /// By how much, and what is allowed.
        why: String,
    },
    /// It fires nothing, for its service goes by another timetable now.
    Superseded,
    /// The store did not do what it was asked.
    StoreDown {
        /// What was said.
        error: String,
    },
    /// It has ended.
    Stopped,
}

/// A schedule in a scheduler's hands.
pub(crate) struct Line {
    /// When it is due.
    pub schedule: Schedule,
    /// As which it is registered.
    pub revision: i64,
    /// Since when its due instants count.
    pub since: i64,
    /// Up to when they are accounted for.
    pub after: i64,
    /// What it does; `None` if this build does not know any more.
    pub entry: Option<Entry>,
    /// When it is due next.
    pub next: Option<i64>,
}

/// The generation of a timetable that is not registered yet; those of a store begin with 0.
pub(crate) const UNREGISTERED: i64 = -1;

/// What the parts of a scheduler share.
pub(crate) struct Scheduling {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    pub timetable: Arc<Timetable>,
    pub instance: InstanceId,
    pub events: Events,
    generation: AtomicI64,
    ids: Mutex<Ids>,
}

impl Scheduling {
    /// A new job's id.
    pub fn id(&self) -> JobId {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).make(self.clock.wall_ms())
    }

    /// The generation that was registered, or [`UNREGISTERED`].
    pub fn generation(&self) -> i64 {
        self.generation.load(Ordering::Relaxed)
    }

    fn set_generation(&self, generation: i64) {
        self.generation.store(generation, Ordering::Relaxed);
    }
}

/// A scheduler to be.
pub struct Scheduler {
    scheduling: Scheduling,
    config: SchedulerConfig,
    stop: Stop,
    pulse: Pulse<Standing>,
}

/// What a scheduler did on its watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// What ended it.
    pub halt: Halt,
    /// Why, for people.
    pub reason: String,
    /// What all its looks came to.
    pub looked: Looked,
}

impl Scheduler {
    /// A scheduler of that timetable on that store, on the machine's clock.
    pub fn new(store: Arc<dyn Store>, timetable: Arc<Timetable>, config: SchedulerConfig) -> Scheduler {
        let scheduling = Scheduling {
            store,
            clock: Arc::new(SystemClock),
            timetable,
            instance: InstanceId(fastrand::u64(..)),
            events: Events::default(),
            generation: AtomicI64::new(UNREGISTERED),
            ids: Mutex::new(Ids::new(fastrand::u64(..))),
        };
        Scheduler { scheduling, config, stop: Stop::default(), pulse: Pulse::default() }
    }

    /// On another clock, for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Scheduler {
        self.scheduling.clock = clock;
        self
    }

    /// With ids that follow from `seed`, for tests and simulators.
    pub fn seed(mut self, seed: u64) -> Scheduler {
        self.scheduling.ids = Mutex::new(Ids::new(seed));
        self.scheduling.instance = InstanceId(seed);
        self
    }

    /// Tells its events there too.
    pub fn tell(mut self, events: Events) -> Scheduler {
        self.scheduling.events = events;
        self
    }

    /// Its pulse is felt there.
    pub fn pulse(self, pulse: Pulse<Standing>) -> Scheduler {
        Scheduler { pulse, ..self }
    }

    /// Where its events are heard.
    pub fn events(&self) -> Events {
        self.scheduling.events.clone()
    }

    /// How it is told to stop.
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Checks everything that can be checked before the first look. Answers every fault at once.
    pub fn preflight(&self) -> Result<(), Unfit> {
        preflight::timetable(&self.scheduling.timetable)
    }

    /// Fires on a thread of its own until it is told to stop, whatever blocks the caller's runtime. Fails in its preflight, or when the
    /// machine has no thread left. To drop the future is to stop the scheduler now.
    pub fn start(self) -> BoxFuture<'static, Result<Watch, Unfit>> {
        Box::pin(async move { apart("banto-scheduler", self.stop.clone(), move || self.run()).await })
    }

    /// Fires on the caller's runtime until it is told to stop. Fails only in its preflight. To drop the future is to kill the
    /// scheduler.
    pub fn run(self) -> BoxFuture<'static, Result<Watch, Unfit>> {
        Box::pin(async move {
            self.preflight()?;
            let stop = self.stop.clone();
            let looked = Loop::new(self).run().await;
            Ok(Watch { halt: stop.cause(), reason: stop.reason().to_owned(), looked })
        })
    }

    /// Registers, accounts for everything that is due by now, and is done: what cron would call each minute. Answers what
    /// was done, or that the clock is too far off the store's.
    pub fn once(self) -> BoxFuture<'static, Result<Result<Looked, StoreError>, Unfit>> {
        Box::pin(async move {
            self.preflight()?;
            Ok(Loop::new(self).once().await)
        })
    }
}
