//! The reference store: the contract in plain maps, the oracle that the others are compared with.
//!
//! For tests, the simulator and whoever wants to read what a verb means: one map of jobs, one of keys, one of pauses
//! and one of instances behind one lock, and every question is a walk over them. It is given its clock and its seed,
//! so the same calls give the same answers; each answer is ready at once, on the caller's thread.
//! It keeps nothing when the process ends, and says so in [`Read::about`].
//!
//! # Layout
//! - `memory/<verb>.rs`: one file a verb, each a method of the private `Data`.
//! - `memory/key.rs`: when a unique key is held and when it is let go. `memory/check.rs`: what must always be true.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use banto_core::{InstanceId, Job, JobId, Label, Lease, Name, ScheduleName, retry::mix};
use tokio::sync::watch;

use crate::{
    About, Answer, Board, Card, Census, Claim, Claimed, Clock, Enqueued, Expired, Fault, Finish, Finished, FireView,
    Fired, Firing, Holder, Instance, Keys, Line, Orders, Page, Prune, Pruned, QueueView, Read, Record, Register,
    Registration, Renewed, Seen, Select, SelectFires, Service, Settle, Settled, Standing, Steer, Steered, Store,
    StoreError, Tally,
};

mod check;
mod claim;
mod enqueue;
mod finish;
mod fire;
mod instance;
mod key;
mod pause;
mod prune;
mod read;
mod record;
mod renew;
mod schedule;
mod settle;
mod steer;
#[cfg(test)]
mod tests;

/// A store in this process's memory. Clones share the data.
#[derive(Clone)]
pub struct Memory(Arc<Shared>);

struct Shared {
    clock: Arc<dyn Clock>,
    data: Mutex<Data>,
    changes: watch::Sender<u64>,
}

/// All there is.
#[derive(Default)]
struct Data {
    jobs: BTreeMap<JobId, Row>,
    keys: BTreeMap<Label, Holder>,
    pauses: pause::Pauses<Name>,
    instances: BTreeMap<InstanceId, Beaten>,
    services: BTreeMap<Name, schedule::Account>,
    schedules: BTreeMap<ScheduleName, schedule::Kept>,
    /// Pauses of schedules; under `None` that of all.
    halts: pause::Pauses<Option<ScheduleName>>,
    fires: BTreeMap<(ScheduleName, i64), fire::Entry>,
    standing: Option<Standing>,
    tally: Tally,
    seed: u64,
    /// Whether the running verb made work or orders that somebody may wait for.
    changed: bool,
}

/// A job and what belongs to it.
struct Row {
    job: Job,
    trail: Vec<Line>,
    /// Present while it runs.
    held: Option<Held>,
    /// The last lease that a finish was written under, so that its repetition is known.
    written: Option<Lease>,
}

/// A lease and its end by the steady clock of that boot.
struct Held {
    lease: Lease,
    until: u64,
    boot: String,
}

struct Beaten {
    instance: Instance,
    since: i64,
    beat: u64,
    boot: String,
    restart: Option<String>,
}

/// The time of one call.
struct Now {
    wall: i64,
    steady: u64,
    boot: String,
}

impl Memory {
    /// An empty store whose time is `clock` and whose tokens follow from `seed`.
    pub fn new(clock: Arc<dyn Clock>, seed: u64) -> Memory {
        let data = Mutex::new(Data { seed, ..Data::default() });
        // One, not nought: whoever asks `changed(0)` looks once before waiting.
        Memory(Arc::new(Shared { clock, data, changes: watch::Sender::new(1) }))
    }

    /// What must always be true of the inside, as sentences on what is not. Empty is well.
    #[doc(hidden)]
    pub fn check(&self) -> Vec<String> {
        self.with(|data, now| data.check(now))
    }

    fn with<T>(&self, call: impl FnOnce(&mut Data, &Now) -> T) -> T {
        let Shared { clock, data, changes } = &*self.0;
        let mut data = data.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Now { wall: clock.wall_ms(), steady: clock.steady_ms(), boot: clock.boot() };
        let answer = call(&mut data, &now);
        if std::mem::take(&mut data.changed) {
            changes.send_modify(|number| *number += 1);
        }
        answer
    }

    /// Nothing happens until the answer is awaited, as with any store.
    fn answer<'a, T: Send + 'a>(
        &'a self,
        call: impl FnOnce(&mut Data, &Now) -> Result<T, StoreError> + Send + 'a,
    ) -> Answer<'a, T> {
        Box::pin(async move { self.with(call) })
    }
}

impl Data {
    fn token(&mut self) -> u64 {
        self.seed = mix(self.seed);
        self.seed
    }
}

impl Row {
    /// Whether `lease` is the one this job runs under.
    fn held_by(&self, lease: &Lease) -> bool {
        self.held.as_ref().is_some_and(|held| held.lease == *lease)
    }
}

impl Held {
    /// Whether its time is up. A lease of another boot is over: whoever held it is dead.
    fn over(&self, now: &Now) -> bool {
        self.boot != now.boot || self.until <= now.steady
    }
}

impl Store for Memory {
    fn enqueue(&self, jobs: Arc<[banto_core::NewJob]>) -> Answer<'_, Vec<Enqueued>> {
        self.answer(move |data, now| {
            data.admit_jobs()?;
            data.enqueue(&jobs, now)
        })
    }

    fn claim(&self, claim: Claim) -> Answer<'_, Claimed> {
        self.answer(move |data, now| {
            data.admit("claim jobs")?;
            Ok(data.claim(&claim, now))
        })
    }

    fn renew(&self, leases: Vec<Lease>, lease_ms: u64) -> Answer<'_, Vec<Renewed>> {
        self.answer(move |data, now| Ok(data.renew(&leases, lease_ms, now)))
    }

    fn finish(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        self.answer(|data, now| data.finish(finishes, now))
    }

    fn expired(&self, limit: usize) -> Answer<'_, Vec<Expired>> {
        self.answer(move |data, now| Ok(data.expired(limit, now)))
    }

    fn rescue(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        self.answer(|data, now| data.rescue(finishes, now))
    }

    fn register(&self, register: Register) -> Answer<'_, Registration> {
        self.answer(|data, now| {
            data.admit("register schedules")?;
            data.register(register, now)
        })
    }

    fn fire(&self, firing: Firing) -> Answer<'_, Vec<Fired>> {
        self.answer(|data, now| {
            data.admit("account for due instants")?;
            data.fire(firing, now)
        })
    }

    fn steer(&self, steer: Steer) -> Answer<'_, Steered> {
        self.answer(move |data, now| {
            data.admit("carry out the order")?;
            data.steer(&steer, now)
        })
    }

    fn prune(&self, prune: Prune) -> Answer<'_, Pruned> {
        self.answer(move |data, now| {
            data.admit("prune")?;
            Ok(data.prune(&prune, now))
        })
    }

    fn settle(&self, settle: Settle) -> Answer<'_, Settled> {
        self.answer(move |data, now| data.settle(&settle, now))
    }

    fn record(&self, records: Vec<Record>) -> Answer<'_, usize> {
        self.answer(|data, now| Ok(data.record(records, now)))
    }

    fn beat(&self, instance: Instance) -> Answer<'_, Orders> {
        self.answer(|data, now| Ok(data.beat(instance, now)))
    }

    fn changed(&self, seen: u64) -> Answer<'_, u64> {
        let mut changes = self.0.changes.subscribe();
        Box::pin(async move {
            let gone = |_| StoreError::new(Fault::Gone, "wait for a change: the store was closed");
            changes.wait_for(|number| *number != seen).await.map(|number| *number).map_err(gone)
        })
    }
}

impl Read for Memory {
    fn about(&self) -> About {
        About {
            store: "memory".into(),
            place: "this process".into(),
            durability: "nothing: all is gone when the process ends".into(),
            notices: Vec::new(),
        }
    }

    fn job(&self, id: JobId) -> Answer<'_, Option<Card>> {
        self.answer(move |data, _| Ok(data.job(id)))
    }

    fn jobs(&self, select: Select, before: Option<JobId>) -> Answer<'_, Page> {
        self.answer(move |data, _| Ok(data.jobs(&select, before)))
    }

    fn cards(&self, select: Select, before: Option<JobId>) -> Answer<'_, Vec<Card>> {
        self.answer(move |data, _| Ok(data.cards(&select, before)))
    }

    fn queues(&self) -> Answer<'_, Vec<QueueView>> {
        self.answer(|data, now| Ok(data.queues(now)))
    }

    fn census(&self) -> Answer<'_, Vec<Census>> {
        self.answer(|data, _| Ok(data.census()))
    }

    fn instances(&self) -> Answer<'_, Vec<Seen>> {
        self.answer(|data, now| Ok(data.seen(now)))
    }

    fn holder(&self, key: Label) -> Answer<'_, Option<Holder>> {
        self.answer(move |data, now| Ok(data.holder(&key, now)))
    }

    fn keys(&self, after: Option<String>, limit: usize) -> Answer<'_, Keys> {
        self.answer(move |data, now| Ok(data.keys(after.as_deref(), limit, now)))
    }

    fn standing(&self) -> Answer<'_, Option<Standing>> {
        self.answer(|data, _| Ok(data.standing.clone()))
    }

    fn service(&self, service: Name) -> Answer<'_, Option<Service>> {
        self.answer(move |data, now| Ok(data.service(&service, now)))
    }

    fn schedules(&self) -> Answer<'_, Board> {
        self.answer(|data, now| Ok(data.board(now)))
    }

    fn fires(&self, select: SelectFires) -> Answer<'_, Vec<FireView>> {
        self.answer(move |data, _| Ok(data.fires(&select)))
    }

    fn tally(&self) -> Answer<'_, Tally> {
        self.answer(|data, _| Ok(data.tally))
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}
