//! The eyes on one actor's calls: they stand right before the store, lend it the caller's clock where it has none of its
//! own, and let the ledger judge what was answered. Answers pass unchanged.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use banto_core::{JobId, Label, Lease, Name, NewJob};
use banto_store::{
    Answer, Board, Card, Census, Claim, Claimed, Clock, Enqueued, Expired, Finish, Finished, FireView, Fired, Firing,
    Holder, Instance, Keys, Orders, Page, Prune, Pruned, QueueView, Read, Record, Register, Registration, Renewed,
    Seen, Select, SelectFires, Service, Settle, Settled, Standing, Steer, Steered, Store, StoreError, Tally,
    memory::Memory,
};

use crate::{
    clock::{Lent, Own, Tied},
    dues::ledger::{Ledger, Now},
    ledger::Who,
};

/// Every so many firings the store's own list is compared.
const LIST_EVERY: u64 = 16;

/// What all eyes of a history share.
pub struct Scene {
    store: Arc<dyn Store>,
    memory: Option<Memory>,
    /// The true time.
    pub clock: Arc<Tied>,
    /// The store's clock, if it has none of its own.
    lent: Option<Arc<Lent>>,
    ledger: Mutex<Ledger>,
}

impl Scene {
    /// A scene before `store`; `memory` is the reference store behind it, if it is that one, to be looked into.
    pub fn new(
        store: Arc<dyn Store>,
        memory: Option<Memory>,
        clock: Arc<Tied>,
        lent: Option<Arc<Lent>>,
        ledger: Ledger,
    ) -> Arc<Scene> {
        Arc::new(Scene { store, memory, clock, lent, ledger: Mutex::new(ledger) })
    }

    /// The ledger. Never held across an await.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The true time.
    pub fn now(&self) -> Now {
        let (age, steady) = (self.clock.age_ms(), self.clock.steady_ms());
        Now { age, steady, truth: self.clock.wall_ms(), store: self.clock.wall_ms() }
    }

    /// Lets the ledger judge something.
    pub fn judge<T>(&self, judge: impl FnOnce(&mut Ledger, &Now) -> T) -> T {
        let now = self.now();
        judge(&mut self.ledger(), &now)
    }
}

/// One pair of eyes.
#[derive(Clone)]
pub struct Eyes {
    scene: Arc<Scene>,
    who: Who,
    own: Arc<Own>,
}

impl Eyes {
    /// The eyes on that actor, whose clock is `own`.
    pub fn new(scene: Arc<Scene>, who: Who, own: Arc<Own>) -> Eyes {
        Eyes { scene, who, own }
    }

    /// Something stands in this actor's way.
    pub fn hindered(&self, frozen: bool) {
        self.scene.judge(|ledger, now| ledger.hindered(self.who, frozen, now));
    }

    /// The time as the store sees it in a call of this actor's.
    fn now(&self) -> Now {
        let now = self.scene.now();
        let store = if self.scene.lent.is_some() { self.own.wall_ms() } else { now.store };
        Now { store, ..now }
    }

    /// Lets a call happen by this actor's clock.
    async fn by_mine<T>(&self, mut call: Answer<'_, T>) -> Result<T, StoreError> {
        let lend = |own| self.scene.lent.iter().for_each(|lent| lent.lend(Option::clone(own)));
        let mine = Some(self.own.clone());
        poll_fn(|context| {
            lend(&mine);
            let answer = call.as_mut().poll(context);
            lend(&None);
            answer
        })
        .await
    }

    async fn see<T>(&self, call: Answer<'_, T>, judge: impl FnOnce(&mut Ledger, &T, &Now)) -> Result<T, StoreError> {
        let answer = self.by_mine(call).await;
        let now = self.now();
        let mut ledger = self.scene.ledger();
        match &answer {
            Ok(answer) => judge(&mut ledger, answer, &now),
            Err(error) => ledger.must(false, &now, || format!("the store itself fails: {error}")),
        }
        for wrong in self.scene.memory.iter().flat_map(Memory::check) {
            ledger.must(false, &now, || wrong);
        }
        answer
    }

    /// Compares what the store lists.
    async fn list(&self) {
        let select = SelectFires { limit: banto_core::limits::PAGE_MAX, ..SelectFires::default() };
        let listed = self.scene.store.fires(select).await.unwrap_or_default();
        self.scene.judge(|ledger, now| ledger.listed(&listed, now));
    }
}

macro_rules! pass {
    ($($verb:ident($($name:ident: $type:ty),*) -> $answer:ty;)*) => {
        $(fn $verb(&self, $($name: $type),*) -> Answer<'_, $answer> {
            Box::pin(self.by_mine(self.scene.store.$verb($($name),*)))
        })*
    };
}

impl Store for Eyes {
    fn finish(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        Box::pin(async move {
            let call = self.scene.store.finish(finishes.clone());
            let ended = |ledger: &mut Ledger, answers: &Vec<Finished>, _: &Now| {
                let written = finishes.iter().zip(answers).filter(|(_, answer)| **answer == Finished::Written);
                written.for_each(|(finish, _)| ledger.ended(finish.lease.job));
            };
            self.see(call, ended).await
        })
    }

    fn register(&self, register: Register) -> Answer<'_, Registration> {
        Box::pin(async move {
            let call = self.scene.store.register(register.clone());
            self.see(call, |ledger, answer, now| ledger.registered(self.who, &register, answer, now)).await
        })
    }

    fn fire(&self, firing: Firing) -> Answer<'_, Vec<Fired>> {
        Box::pin(async move {
            let call = self.scene.store.fire(firing.clone());
            let answer = self.see(call, |ledger, answers, now| ledger.fired(self.who, &firing, answers, now)).await;
            if self.scene.ledger().counts.steps.is_multiple_of(LIST_EVERY) {
                self.list().await;
            }
            answer
        })
    }

    fn steer(&self, steer: Steer) -> Answer<'_, Steered> {
        Box::pin(async move {
            let call = self.scene.store.steer(steer.clone());
            self.see(call, |ledger, _, now| ledger.steered(&steer.order, now)).await
        })
    }

    pass! {
        enqueue(jobs: Arc<[NewJob]>) -> Vec<Enqueued>;
        claim(claim: Claim) -> Claimed;
        renew(leases: Vec<Lease>, lease_ms: u64) -> Vec<Renewed>;
        expired(limit: usize) -> Vec<Expired>;
        rescue(finishes: Vec<Finish>) -> Vec<Finished>;
        prune(prune: Prune) -> Pruned;
        settle(settle: Settle) -> Settled;
        record(records: Vec<Record>) -> usize;
        beat(instance: Instance) -> Orders;
        changed(seen: u64) -> u64;
    }
}

impl Read for Eyes {
    banto_store::pass!(scene.store: about);

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
