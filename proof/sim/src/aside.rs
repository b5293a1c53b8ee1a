//! A store on a real server, in a history whose time is given: each call is carried out on a runtime of its own while the
//! history stands still, so that for it every answer is there at once.
//!
//! Tokio's paused clock runs on whenever nothing else is to be done: a call that waited for the net would let hours pass. So
//! the thread of the history is held until the answer is there, and the store is shown the time that the history had when
//! the call began. What follows from the seed then: the order of calls, every time, id and verdict, and so the whole table of
//! the history. What does not: the tokens of leases, which the server draws, and how long all this takes.

use std::{
    future::Future,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
        mpsc::channel,
    },
};

use banto_core::{JobId, Label, Lease, Name, NewJob};
use banto_store::{
    Answer, Board, Card, Census, Claim, Claimed, Clock, Enqueued, Expired, Fault, Finish, Finished, FireView, Fired,
    Firing, Holder, Instance, Keys, Orders, Page, Prune, Pruned, QueueView, Read, Record, Register, Registration,
    Renewed, Seen, Select, SelectFires, Service, Settle, Settled, Standing, Steer, Steered, Store, StoreError, Tally,
};
use tokio::{runtime::Runtime, sync::Notify};

/// Where all real stores of this process live, in real time.
static RUNTIME: LazyLock<std::io::Result<Runtime>> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build());

/// Carries something out over there, and holds this thread until it is done.
pub(crate) fn there<T, F>(work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, StoreError>> + Send + 'static,
{
    let lost = |what: String| StoreError::new(Fault::Gone, what);
    let runtime = RUNTIME.as_ref().map_err(|error| lost(format!("start a runtime: {error}")))?;
    let (answer, answered) = channel();
    runtime.spawn(async move {
        // Whoever asked holds his thread until this is sent.
        let _ = answer.send(work.await);
    });
    answered.recv().map_err(|_| lost("hear the answer: the call panicked".into()))?
}

/// The time as it was when a call began: what a store on another thread is shown.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    wall: AtomicI64,
    steady: AtomicU64,
}

impl Shown {
    /// From now on this is the time.
    pub(crate) fn show(&self, clock: &dyn Clock) {
        self.wall.store(clock.wall_ms(), Ordering::SeqCst);
        self.steady.store(clock.steady_ms(), Ordering::SeqCst);
    }
}

impl Clock for Shown {
    fn wall_ms(&self) -> i64 {
        self.wall.load(Ordering::SeqCst)
    }

    fn steady_ms(&self) -> u64 {
        self.steady.load(Ordering::SeqCst)
    }

    fn boot(&self) -> String {
        "history".into()
    }
}

/// The store.
pub(crate) struct Aside {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    shown: Arc<Shown>,
    news: AtomicU64,
    woken: Notify,
}

impl Aside {
    /// That store, which goes by `shown`, for a history that goes by `clock`.
    pub(crate) fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, shown: Arc<Shown>) -> Aside {
        Aside { store, clock, shown, news: AtomicU64::new(1), woken: Notify::new() }
    }

    fn carry<T, F, W>(&self, changes: bool, work: W) -> Answer<'_, T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
        W: FnOnce(Arc<dyn Store>) -> F + Send + 'static,
    {
        // Not before it is awaited: the clock that is lent for a call is lent while it is polled.
        Box::pin(async move {
            self.shown.show(&*self.clock);
            let answer = there(work(self.store.clone()));
            if changes {
                self.news.fetch_add(1, Ordering::Relaxed);
                self.woken.notify_waiters();
            }
            answer
        })
    }
}

macro_rules! carried {
    ($changes:literal: $($verb:ident($($name:ident: $type:ty),*) -> $answer:ty;)+) => {
        $(fn $verb(&self, $($name: $type),*) -> Answer<'_, $answer> {
            self.carry($changes, move |store| async move { store.$verb($($name),*).await })
        })+
    };
}

impl Store for Aside {
    carried! { true:
        enqueue(jobs: Arc<[NewJob]>) -> Vec<Enqueued>;
        finish(finishes: Vec<Finish>) -> Vec<Finished>;
        rescue(finishes: Vec<Finish>) -> Vec<Finished>;
        register(register: Register) -> Registration;
        fire(firing: Firing) -> Vec<Fired>;
        steer(steer: Steer) -> Steered;
        settle(settle: Settle) -> Settled;
    }

    carried! { false:
        claim(claim: Claim) -> Claimed;
        renew(leases: Vec<Lease>, lease_ms: u64) -> Vec<Renewed>;
        expired(limit: usize) -> Vec<Expired>;
        prune(prune: Prune) -> Pruned;
        record(records: Vec<Record>) -> usize;
        beat(instance: Instance) -> Orders;
    }

    /// By this side's own count: a wait for the server would hold the history for ever.
    fn changed(&self, seen: u64) -> Answer<'_, u64> {
        Box::pin(async move {
            loop {
                let mut woken = std::pin::pin!(self.woken.notified());
                woken.as_mut().enable();
                let number = self.news.load(Ordering::Relaxed);
                if number != seen {
                    return Ok(number);
                }
                woken.await;
            }
        })
    }
}

impl Read for Aside {
    banto_store::pass!(store: about);

    carried! { false:
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
        cards(select: Select, before: Option<JobId>) -> Vec<Card>;
        keys(after: Option<String>, limit: usize) -> Keys;
        standing() -> Option<Standing>;
    }
}
