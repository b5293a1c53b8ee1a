//! A worker's or scheduler's own wire to the store: it can hang, and it can fail.
//!
//! Calls that hang do so before they happen or before their answer comes back, and go on in the order they came.
//! Whenever the wire hinders its owner, the ledger is told: a hindered worker may lose leases, and a hindered scheduler may be late.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use banto_core::{JobId, Label, Lease, Name, NewJob};
use banto_store::{
    About, Answer, Board, Card, Census, Claim, Claimed, Enqueued, Expired, Finish, Finished, FireView, Fired, Firing,
    Holder, Instance, Keys, Orders, Page, Prune, Pruned, QueueView, Read, Record, Register, Registration, Renewed,
    Seen, Select, SelectFires, Service, Settle, Settled, Standing, Steer, Steered, Store, StoreError, Tally,
    faulty::Faulty,
};
use tokio::sync::Notify;

/// Who is told when the wire stands in its owner's way: just now, or from now on (`true`).
type Hindered = Box<dyn Fn(bool) + Send + Sync>;

/// The wire of one worker or scheduler.
pub struct Line {
    behind: Faulty,
    hindered: Hindered,
    frozen: AtomicBool,
    thawed: Notify,
}

impl Line {
    /// A wire through `behind`, which may fail.
    pub fn new(behind: Faulty, hindered: impl Fn(bool) + Send + Sync + 'static) -> Arc<Line> {
        let hindered = Box::new(hindered);
        Arc::new(Line { behind, hindered, frozen: AtomicBool::new(false), thawed: Notify::new() })
    }

    /// Hangs from now on, or goes on.
    pub fn freeze(&self, frozen: bool) {
        if self.frozen.swap(frozen, Ordering::Relaxed) != frozen {
            (self.hindered)(frozen);
            self.thawed.notify_waiters();
        }
    }

    async fn pass<T>(&self, call: Answer<'_, T>) -> Result<T, StoreError> {
        self.wait().await;
        let answer = call.await;
        if answer.is_err() {
            (self.hindered)(self.frozen.load(Ordering::Relaxed));
        }
        self.wait().await;
        answer
    }

    /// `Notify` wakes in the order of waiting, where a watch channel draws lots: histories must repeat.
    async fn wait(&self) {
        loop {
            let mut thawed = std::pin::pin!(self.thawed.notified());
            thawed.as_mut().enable();
            if !self.frozen.load(Ordering::Relaxed) {
                return;
            }
            thawed.await;
        }
    }
}

macro_rules! pass {
    ($($verb:ident($($name:ident: $type:ty),*) -> $answer:ty;)*) => {
        $(fn $verb(&self, $($name: $type),*) -> Answer<'_, $answer> {
            Box::pin(self.pass(self.behind.$verb($($name),*)))
        })*
    };
}

impl Store for Line {
    pass! {
        enqueue(jobs: Arc<[NewJob]>) -> Vec<Enqueued>;
        claim(claim: Claim) -> Claimed;
        renew(leases: Vec<Lease>, lease_ms: u64) -> Vec<Renewed>;
        finish(finishes: Vec<Finish>) -> Vec<Finished>;
        expired(limit: usize) -> Vec<Expired>;
        rescue(finishes: Vec<Finish>) -> Vec<Finished>;
        register(register: Register) -> Registration;
        fire(firing: Firing) -> Vec<Fired>;
        steer(steer: Steer) -> Steered;
        prune(prune: Prune) -> Pruned;
        settle(settle: Settle) -> Settled;
        record(records: Vec<Record>) -> usize;
        beat(instance: Instance) -> Orders;
        changed(seen: u64) -> u64;
    }
}

impl Read for Line {
    fn about(&self) -> About {
        self.behind.about()
    }

    pass! {
        job(id: JobId) -> Option<Card>;
        jobs(select: Select, before: Option<JobId>) -> Page;
        cards(select: Select, before: Option<JobId>) -> Vec<Card>;
        queues() -> Vec<QueueView>;
        census() -> Vec<Census>;
        instances() -> Vec<Seen>;
        holder(key: Label) -> Option<Holder>;
        keys(after: Option<String>, limit: usize) -> Keys;
        standing() -> Option<Standing>;
        service(service: Name) -> Option<Service>;
        schedules() -> Board;
        fires(select: SelectFires) -> Vec<FireView>;
        tally() -> Tally;
    }
}
