//! The witness: stands right before the store, sees every call and every answer, and lets the ledger judge them.
//!
//! After each call that may change something the store is asked for its whole list. Answers pass unchanged. It wakes the
//! workers itself, in the order in which they wait, so that a history repeats.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use banto_core::{Lease, NewJob};
use banto_store::{
    Answer, Claim, Claimed, Clock, Enqueued, Expired, Finish, Finished, Prune, Pruned, Read, Record, Renewed, Select,
    Steer, Steered, Store, StoreError, faulty::Verb, memory::Memory,
};
use tokio::sync::Notify;

use crate::{
    clock::Tied,
    ledger::{Ledger, Now, Who},
};

/// Every so many steps the queues are counted, too.
const COUNT_EVERY: u64 = 16;

/// One pair of eyes, through which one actor's calls go.
#[derive(Clone)]
pub struct Witness {
    scene: Arc<Scene>,
    who: Who,
}

/// What all witnesses of a history share.
pub struct Scene {
    store: Arc<dyn Store>,
    memory: Option<Memory>,
    /// The time.
    pub clock: Arc<Tied>,
    ledger: Mutex<Ledger>,
    news: AtomicU64,
    woken: Notify,
}

impl Scene {
    /// A scene before `store`; `memory` is the reference store behind it, if it is that one, to be looked into.
    pub fn new(store: Arc<dyn Store>, memory: Option<Memory>, clock: Arc<Tied>) -> Arc<Scene> {
        let (ledger, woken) = (Mutex::default(), Notify::new());
        Arc::new(Scene { store, memory, clock, ledger, news: AtomicU64::new(1), woken })
    }

    /// The ledger. Never held across an await.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time.
    pub fn now(&self) -> Now {
        Now { wall: self.clock.wall_ms(), steady: self.clock.steady_ms(), age: self.clock.age_ms() }
    }

    /// Lets the ledger judge something.
    pub fn judge<T>(&self, judge: impl FnOnce(&mut Ledger, &Now) -> T) -> T {
        let now = self.now();
        judge(&mut self.ledger(), &now)
    }

    fn wake(&self) {
        self.news.fetch_add(1, Ordering::Relaxed);
        self.woken.notify_waiters();
    }

    /// Looks at the whole list after a call.
    async fn look(&self, verb: Verb) {
        let listed = self.store.jobs(Select::default(), None).await;
        let steps = self.judge(|ledger, now| {
            match listed {
                Ok(page) => ledger.listed(verb, page.jobs, now),
                Err(error) => ledger.must(false, now, || format!("the store itself fails: {error}")),
            }
            ledger.counts.steps
        });
        for wrong in self.memory.iter().flat_map(Memory::check) {
            self.judge(|ledger, now| ledger.must(false, now, || wrong));
        }
        if steps.is_multiple_of(COUNT_EVERY)
            && let Ok(queues) = self.store.queues().await
        {
            self.judge(|ledger, now| ledger.counted(&queues, now));
        }
    }
}

impl Witness {
    /// The eyes on that actor.
    pub fn new(scene: Arc<Scene>, who: Who) -> Witness {
        Witness { scene, who }
    }

    /// Something stands in this actor's way.
    pub fn hindered(&self, frozen: bool) {
        self.scene.judge(|ledger, now| ledger.hindered(self.who, frozen, now));
    }

    /// Lets a call happen, and judges it.
    async fn see<T>(
        &self,
        verb: Verb,
        call: Answer<'_, T>,
        judge: impl FnOnce(&mut Ledger, &T, &Now),
    ) -> Result<T, StoreError> {
        let answer = call.await;
        self.scene.judge(|ledger, now| match &answer {
            Ok(answer) => judge(ledger, answer, now),
            Err(error) => ledger.must(false, now, || format!("the store itself fails {verb:?}: {error}")),
        });
        self.scene.look(verb).await;
        answer
    }
}

impl Store for Witness {
    fn enqueue(&self, jobs: Arc<[NewJob]>) -> Answer<'_, Vec<Enqueued>> {
        Box::pin(async move {
            let call = self.scene.store.enqueue(jobs.clone());
            let answer =
                self.see(Verb::Enqueue, call, |ledger, answers, now| ledger.enqueued(&jobs, answers, now)).await;
            self.scene.wake();
            answer
        })
    }

    fn claim(&self, claim: Claim) -> Answer<'_, Claimed> {
        Box::pin(async move {
            let call = self.scene.store.claim(claim.clone());
            self.see(Verb::Claim, call, |ledger, claimed, now| ledger.claimed(self.who, &claim, claimed, now)).await
        })
    }

    fn renew(&self, leases: Vec<Lease>, lease_ms: u64) -> Answer<'_, Vec<Renewed>> {
        Box::pin(async move {
            let call = self.scene.store.renew(leases.clone(), lease_ms);
            self.see(Verb::Renew, call, |ledger, answers, now| ledger.renewed(&leases, lease_ms, answers, now)).await
        })
    }

    fn finish(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        Box::pin(async move {
            let call = self.scene.store.finish(finishes.clone());
            let see = |ledger: &mut Ledger, answers: &Vec<Finished>, now: &Now| {
                ledger.finished(self.who, &finishes, answers, now);
            };
            let answer = self.see(Verb::Finish, call, see).await;
            self.scene.wake();
            answer
        })
    }

    fn expired(&self, limit: usize) -> Answer<'_, Vec<Expired>> {
        Box::pin(async move {
            let answer = self.scene.store.expired(limit).await;
            self.scene.judge(|ledger, now| ledger.overdue(now));
            answer
        })
    }

    fn rescue(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        Box::pin(async move {
            let call = self.scene.store.rescue(finishes.clone());
            let see = |ledger: &mut Ledger, answers: &Vec<Finished>, now: &Now| {
                ledger.rescued(self.who, &finishes, answers, now);
            };
            let answer = self.see(Verb::Rescue, call, see).await;
            self.scene.wake();
            answer
        })
    }

    fn steer(&self, steer: Steer) -> Answer<'_, Steered> {
        Box::pin(async move {
            let call = self.scene.store.steer(steer.clone());
            let see = |ledger: &mut Ledger, steered: &Steered, now: &Now| {
                ledger.note(
                    self.who,
                    now,
                    format!("orders {:?}: {} and {} asked", steer.order, steered.count, steered.asked),
                );
            };
            let answer = self.see(Verb::Steer, call, see).await;
            self.scene.wake();
            answer
        })
    }

    fn prune(&self, prune: Prune) -> Answer<'_, Pruned> {
        Box::pin(self.see(Verb::Prune, self.scene.store.prune(prune), |_, _, _| {}))
    }

    fn record(&self, records: Vec<Record>) -> Answer<'_, usize> {
        Box::pin(self.see(Verb::Record, self.scene.store.record(records), |_, _, _| {}))
    }

    banto_store::pass!(scene.store: register fire settle beat);

    fn changed(&self, seen: u64) -> Answer<'_, u64> {
        Box::pin(async move {
            loop {
                let mut woken = std::pin::pin!(self.scene.woken.notified());
                woken.as_mut().enable();
                let number = self.scene.news.load(Ordering::Relaxed);
                if number != seen {
                    return Ok(number);
                }
                woken.await;
            }
        })
    }
}

impl Read for Witness {
    banto_store::pass!(scene.store: about);
    banto_store::pass!(scene.store: reads);
}
