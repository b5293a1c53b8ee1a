//! Whether a process does its work: for load balancers, alarms and people, who ask over HTTP.
//!
//! Four answers: [`Health::process`] (this process, part by part), [`Health::schedules`] (this process's scheduler, and what
//! is overdue), [`Health::scheduler`] (any other one), [`Health::queues`]. What is told is progress, never that something exists: a loop that hangs does not tick.
//! Everything foreign is asked beside, again and again, and its last answer is kept ([`Health::watch`]); so an answer is put
//! together from memory and is there at once, whatever hangs. Nothing here changes or steers anything, and no payload is shown.
//!
//! # Layout
//! - `health/ask.rs`: a question asked again and again; `look.rs`: what the store is asked; `storage.rs`: a folder
//! - `health/process.rs`, `schedules.rs`, `queues.rs`: one answer each, from what was seen and the time

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use banto_core::Name;
use banto_store::{Clock, Store};
use serde_json::Value;
use tokio::{runtime::Handle, task::JoinSet};

use self::{
    ask::{Ask, Pace},
    look::{Look, Looker},
};
use crate::{
    BoxFuture, instance,
    pulse::{Moment, Pulse},
    scheduler::Standing,
    supervise::Status,
    timetable::Current,
    worker::Pulses,
};

mod ask;
mod look;
mod process;
mod queues;
mod schedules;
mod storage;

/// How often what is asked, and how long it may take.
#[derive(Clone, Copy)]
struct Paces {
    store: Pace,
    /// A folder.
    storage: Pace,
    /// A check of the application.
    check: Pace,
}

const PACES: Paces = Paces {
    store: Pace { every_ms: 2_000, deadline_ms: 2_000 },
    storage: Pace { every_ms: 10_000, deadline_ms: 5_000 },
    check: Pace { every_ms: 5_000, deadline_ms: 5_000 },
};

/// From when on something is ill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long this process's scheduler may go without a tick, and a due instant without being accounted for, in milliseconds.
    pub tick_ms_max: u64,
    /// How long a loop of a worker, or the runtime that handlers run on, may make no progress, in milliseconds.
    pub stall_ms_max: u64,
    /// How long a queue may have jobs that are due and no living worker, in milliseconds.
    pub unworked_ms_max: u64,
    /// How long a job may wait that is due, in milliseconds; any time unless said.
    pub age_ms_max: Option<u64>,
    /// How many jobs of a queue may be parked; any number unless said.
    pub parked_max: Option<u64>,
    /// How many jobs of a queue may die within an hour; any number unless said.
    pub died_max: Option<u64>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            tick_ms_max: 300_000,
            stall_ms_max: 60_000,
            unworked_ms_max: 60_000,
            age_ms_max: None,
            parked_max: None,
            died_max: None,
        }
    }
}

/// Something else that must be well: what an application adds.
#[derive(Clone)]
pub struct Check {
    /// What it is called, as `redis`.
    pub name: Name,
    /// Asks; the error is in words for people. It is asked on the application's runtime every five seconds, and has five.
    pub ask: Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>,
}

/// How the programs of a process stand.
pub type Programs = Arc<dyn Fn() -> Vec<Status> + Send + Sync>;

/// What a process consists of.
#[derive(Clone)]
pub struct Parts {
    /// What people call it.
    pub name: Name,
    /// The build it runs.
    pub build: String,
    /// By whose time.
    pub clock: Arc<dyn Clock>,
    /// The store.
    pub store: Arc<dyn Store>,
    /// The folders that it must be able to write.
    pub folders: Vec<PathBuf>,
    /// The schedules that it fires and the pulse of who does, if it fires any.
    pub schedules: Option<(Arc<Current>, Pulse<Standing>)>,
    /// How its programs stand, if it keeps any.
    pub programs: Option<Programs>,
    /// The runtime that handlers and checks run on.
    pub handlers: Handle,
    /// What the application adds.
    pub checks: Vec<Check>,
    /// From when on something is ill.
    pub limits: Limits,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Whether all is well.
    pub well: bool,
    /// All of it, as JSON.
    pub body: Value,
}

/// How a process is. Clones share it.
#[derive(Clone)]
pub struct Health(Arc<Inner>);

struct Inner {
    parts: Parts,
    begun: Moment,
    host: String,
    workers: Mutex<Vec<Pulses>>,
    stopping: OnceLock<(String, Moment)>,
    store: Ask<Look>,
    folders: Vec<(PathBuf, Ask<()>)>,
    handlers: Ask<()>,
    checks: Vec<(Check, Ask<()>)>,
}

impl Health {
    /// Of a process that begins.
    pub fn new(parts: Parts) -> Health {
        Health::paced(parts, PACES)
    }

    fn paced(parts: Parts, paces: Paces) -> Health {
        let now = Moment::now(&*parts.clock);
        let stall = Pace { every_ms: 1_000, deadline_ms: parts.limits.stall_ms_max };
        Health(Arc::new(Inner {
            begun: now,
            host: instance::host(),
            workers: Mutex::default(),
            stopping: OnceLock::new(),
            store: Ask::new(paces.store, now),
            folders: parts.folders.iter().map(|folder| (folder.clone(), Ask::new(paces.storage, now))).collect(),
            handlers: Ask::new(stall, now),
            checks: parts.checks.iter().map(|check| (check.clone(), Ask::new(paces.check, now))).collect(),
            parts,
        }))
    }

    /// It has one more worker; its pulses are to be felt there.
    pub fn worker(&self) -> Pulses {
        let pulses = Pulses::default();
        self.0.workers.lock().unwrap_or_else(PoisonError::into_inner).push(pulses.clone());
        pulses
    }

    /// It stops, for that reason: from now on it is not well.
    pub fn stopping(&self, reason: impl Into<String>) {
        self.0.stopping.get_or_init(|| (reason.into(), self.now()));
    }

    /// This process, part by part.
    pub fn process(&self) -> Answer {
        process::answer(&self.0, self.now())
    }

    /// This process's scheduler and what is overdue; `None` if it fires no schedules.
    pub fn schedules(&self) -> Option<Answer> {
        schedules::answer(&self.0, self.now())
    }

    /// One scheduler of the store, of whatever process, by its instance's id or name; of several with that name, the one that was
    /// heard of last. A process that is dead or frozen cannot say so itself. `None` if nobody has heard of it.
    pub fn scheduler(&self, instance: &str) -> Option<Answer> {
        schedules::one(&self.0, instance, self.now())
    }

    /// The store's queues.
    pub fn queues(&self) -> Answer {
        queues::answer(&self.0, self.now())
    }

    /// Asks everything that must be asked, for ever. On a runtime that nothing of the application runs on: what may block is
    /// asked on threads of their own, checks on the application's.
    pub async fn watch(self) {
        let mut asking = JoinSet::new();
        let inner = &self.0;
        let Parts { store, clock, schedules, handlers, limits, .. } = &inner.parts;
        let current = schedules.as_ref().map(|(current, _)| current.clone());
        let looker = Looker::new(store.clone(), clock.clone(), current, limits.tick_ms_max);
        asking.spawn(ask_for_ever(clock.clone(), inner.store.clone(), move || {
            let (looker, here) = (looker.clone(), Handle::current());
            // A store that blocks whoever asks shall block nobody else.
            tokio::task::spawn_blocking(move || {
                here.block_on(looker.look()).map_err(|error| format!("could not {error}"))
            })
        }));
        for (folder, ask) in inner.folders.clone() {
            asking.spawn(ask_for_ever(clock.clone(), ask, move || {
                let folder = folder.clone();
                tokio::task::spawn_blocking(move || storage::writes(&folder))
            }));
        }
        let application = handlers.clone();
        let idle = move || application.spawn(async { Ok(()) });
        asking.spawn(ask_for_ever(clock.clone(), inner.handlers.clone(), idle));
        for (check, ask) in inner.checks.clone() {
            let application = handlers.clone();
            // Called there, too: what makes the future is the application's own code.
            let asked = move || {
                let ask = check.ask.clone();
                application.spawn(async move { ask().await })
            };
            asking.spawn(ask_for_ever(clock.clone(), ask, asked));
        }
        while asking.join_next().await.is_some() {}
    }

    fn now(&self) -> Moment {
        Moment::now(&*self.0.parts.clock)
    }
}

async fn ask_for_ever<T>(
    clock: Arc<dyn Clock>,
    to: Ask<T>,
    ask: impl Fn() -> tokio::task::JoinHandle<Result<T, String>>,
) {
    to.again_and_again(&*clock, ask).await;
}

/// Well or not, in the words of those who ask.
fn status(well: bool) -> &'static str {
    if well { "healthy" } else { "unhealthy" }
}

#[cfg(test)]
#[path = "health/tests.rs"]
mod tests;
