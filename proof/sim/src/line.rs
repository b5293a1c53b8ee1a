//! A worker's own wire to the store: it can hang, and it can fail.
//!
//! Calls that hang do so before they happen or before their answer comes back, and go on in the order they came.
//! Whenever the wire hinders its worker, the ledger is told: a hindered worker may lose leases.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use banto_core::{JobId, Label, Lease, Name, NewJob};
use banto_store::{
    About, Answer, Board, Card, Census, Claim, Claimed, Enqueued, Expired, Finish, Finished, FireView, Fired, Firing,
    Holder, Instance, Orders, Page, Prune, Pruned, QueueView, Read, Record, Register, Registration, Renewed, Seen,
    Select, SelectFires, Service, Steer, Steered, Store, StoreError, Tally, faulty::Faulty,
};
use tokio::sync::Notify;

use crate::witness::Witness;

/// The wire of one worker.
pub struct Line {
    behind: Faulty,
    witness: Witness,
    frozen: AtomicBool,
    thawed: Notify,
}

impl Line {
    /// A wire to what `witness` sees, through `behind`, which may fail.
    pub fn new(behind: Faulty, witness: Witness) -> Arc<Line> {
        Arc::new(Line { behind, witness, frozen: AtomicBool::new(false), thawed: Notify::new() })
    }

    /// Hangs from now on, or goes on.
    pub fn freeze(&self, frozen: bool) {
        if self.frozen.swap(frozen, Ordering::Relaxed) != frozen {
            self.witness.hindered(frozen);
            self.thawed.notify_waiters();
        }
    }

    async fn pass<T>(&self, call: Answer<'_, T>) -> Result<T, StoreError> {
        self.wait().await;
        let answer = call.await;
        if answer.is_err() {
            self.witness.hindered(self.frozen.load(Ordering::Relaxed));
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
        queues() -> Vec<QueueView>;
        census() -> Vec<Census>;
        instances() -> Vec<Seen>;
        holder(key: Label) -> Option<Holder>;
        service(service: Name) -> Option<Service>;
        schedules() -> Board;
        fires(select: SelectFires) -> Vec<FireView>;
        tally() -> Tally;
    }
}
