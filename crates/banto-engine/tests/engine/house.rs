//! What the tests stand on: a clock that follows tokio's, a store, a client, a job that is told what to do, and workers
//! that can be watched.

use std::{
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use banto_core::{InstanceId, Job as JobRecord, JobId, Name, State};
use banto_engine::{Client, Config, Context, Event, Job, JobError, Registry, Report, Stop, Unfit, Worker};
use banto_store::{
    Card, Claim, Clock, Order, Read, Select, Steered, Store,
    faulty::{Faulty, Verb},
    memory::Memory,
};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::broadcast::Receiver,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

pub const BEGIN_MS: i64 = 1_700_000_000_000;

/// A clock that follows tokio's; its wall time can be set.
#[derive(Clone)]
pub struct Ticking {
    since: Instant,
    jumped: Arc<AtomicI64>,
}

impl Ticking {
    pub fn jump(&self, ms: i64) {
        self.jumped.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for Ticking {
    fn wall_ms(&self) -> i64 {
        BEGIN_MS + i64::try_from(self.steady_ms()).unwrap() - 3_600_000 + self.jumped.load(Ordering::SeqCst)
    }
    fn steady_ms(&self) -> u64 {
        3_600_000 + u64::try_from(self.since.elapsed().as_millis()).unwrap()
    }
    fn boot(&self) -> String {
        "this one".into()
    }
}

/// The job of most tests: its word tells the handler what to do.
#[derive(Debug, Serialize, Deserialize)]
pub struct Act(pub String);

impl Job for Act {
    const KIND: &'static str = "act";
}

pub fn act(word: &str) -> Act {
    Act(word.into())
}

/// A registry that knows [`Act`] only.
pub fn acting<F, Fut>(handler: F) -> Registry
where
    F: Fn(Act, Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), JobError>> + Send + 'static,
{
    let mut registry = Registry::new("b1");
    registry.add::<Act, (), _, _>(Arc::new(()), handler);
    registry
}

/// What handlers did, in order.
#[derive(Clone, Default)]
pub struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    pub fn note(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// A store and what belongs to it.
pub struct House {
    pub clock: Ticking,
    pub memory: Memory,
    pub store: Arc<dyn Store>,
    pub client: Client,
}

impl House {
    pub fn new() -> House {
        let clock = Ticking { since: Instant::now(), jumped: Arc::default() };
        let memory = Memory::new(Arc::new(clock.clone()), 7);
        let store: Arc<dyn Store> = Arc::new(memory.clone());
        let client = Client::seeded(store.clone(), Arc::new(clock.clone()), 7);
        House { clock, memory, store, client }
    }

    /// The same store, as one worker sees it: it can fail and hang for this one alone.
    pub fn faulty(&self) -> Faulty {
        Faulty::new(self.store.clone(), 7)
    }

    pub async fn enqueue(&self, word: &str) -> JobId {
        self.client.enqueue(&act(word)).await.unwrap().id
    }

    pub fn worker(&self, registry: Registry, change: impl FnOnce(&mut Config)) -> Worker {
        self.worker_at(self.store.clone(), registry, change)
    }

    pub fn worker_at(&self, store: Arc<dyn Store>, registry: Registry, change: impl FnOnce(&mut Config)) -> Worker {
        let mut config = Config::new(name("w"), [name("default")]);
        config.seed = 7;
        change(&mut config);
        Worker::new(store, registry, config).clock(Arc::new(self.clock.clone()))
    }

    /// A worker at work.
    pub fn work(&self, registry: Registry) -> Running {
        Running::new(self.worker(registry, |_| {}))
    }

    pub async fn card(&self, id: JobId) -> Card {
        self.memory.job(id).await.unwrap().expect("the job is listed")
    }

    pub async fn job(&self, id: JobId) -> JobRecord {
        self.card(id).await.job
    }

    pub async fn steer(&self, order: Order) -> Steered {
        banto_engine::steer::steer(&self.store, order, "tester", false).await.unwrap()
    }

    /// Waits until the job is in that state; looks every 10 ms of given time.
    pub async fn until(&self, id: JobId, state: State) -> JobRecord {
        self.until_job(id, |job| job.state == state).await
    }

    pub async fn until_job(&self, id: JobId, fits: impl Fn(&JobRecord) -> bool) -> JobRecord {
        for _ in 0..100_000 {
            let job = self.job(id).await;
            if fits(&job) {
                return job;
            }
            pass(10).await;
        }
        panic!("it never came so far: {:?}", self.card(id).await);
    }

    pub async fn cancel(&self, id: JobId) -> Steered {
        self.steer(Order::Cancel(Select::ids([id]))).await
    }

    /// Another worker lives and takes from that queue.
    pub async fn beat(&self, id: u64, queue: &str) {
        let label = |text: &str| banto_core::Label::new(text).unwrap();
        let instance = banto_store::Instance {
            id: InstanceId(id),
            name: name("other"),
            host: label("there"),
            pid: 1,
            build: label("b1"),
            kinds: vec![(name("act"), 1)],
            queues: vec![name(queue)],
            service: None,
            concurrency: 1,
            busy: 0,
            status: banto_store::Status::Working,
            reason: None,
        };
        self.store.beat(instance).await.unwrap();
    }

    /// Claims as a worker that is never heard of again.
    pub async fn claim_and_die(&self, limit: usize) -> Vec<JobId> {
        let (instance, queues) = (InstanceId(fastrand::u64(..)), vec![name("default")]);
        let claim = Claim { instance, queues, limit, lease_ms: 10_000, adopt: Vec::new() };
        self.store.claim(claim).await.unwrap().jobs.iter().map(|(job, _)| job.id).collect()
    }

    /// How many jobs are in that state.
    pub async fn count(&self, state: State) -> usize {
        self.memory.jobs(Select::states([state]), None).await.unwrap().jobs.len()
    }

    /// Nothing inside the store is amiss.
    pub fn check(&self) {
        assert_eq!(self.memory.check(), Vec::<String>::new());
    }
}

/// A worker at work, watched.
pub struct Running {
    pub stop: Stop,
    pub events: Receiver<Event>,
    pub worker: JoinHandle<Result<Report, Unfit>>,
}

impl Running {
    pub fn new(worker: Worker) -> Running {
        let (stop, events) = (worker.stop(), worker.events().subscribe());
        Running { stop, events, worker: tokio::spawn(worker.run()) }
    }

    /// Waits for an event.
    pub async fn heard(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        let hearing = async {
            loop {
                let event = self.events.recv().await.expect("the worker still tells");
                if wanted(&event) {
                    return event;
                }
            }
        };
        timeout(Duration::from_secs(3_600), hearing).await.expect("the event is told within an hour")
    }

    /// Waits until a job has ended so: the outcome's word.
    pub async fn ended(&mut self, id: JobId, word: &str) -> Event {
        self.heard(|event| matches!(event, Event::Ended { job, outcome, .. } if *job == id && *outcome == word)).await
    }

    /// Events told up to now.
    pub fn told(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.events.try_recv().ok()).collect()
    }

    /// Waits until it has stopped by itself.
    pub async fn report(self) -> Report {
        let report = timeout(Duration::from_secs(3_600), self.worker).await.expect("it stops within an hour");
        report.unwrap().expect("it started")
    }

    /// Stops it gracefully.
    pub async fn halt(self) -> Report {
        self.stop.graceful("the test is over");
        self.report().await
    }
}

/// From now on no call of this worker comes through; those that wait go through at `heal`.
pub fn freeze(faulty: &Faulty) {
    Verb::ALL.into_iter().for_each(|verb| faulty.hold(verb));
}

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// Lets given time pass.
pub async fn pass(ms: u64) {
    sleep(Duration::from_millis(ms)).await;
}
