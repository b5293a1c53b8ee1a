//! Where a promise is acted: a store, its clock, and short words for what most promises need.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use banto_core::{
    Facts, Ids, InstanceId, Job, JobId, Label, Lease, Name, NewJob, Outcome, Payload, State, Unique, decide,
    lease::LEASE_MS, retry::Backoff,
};

use super::Place;
use crate::{
    Card, Claim, Claimed, Enqueued, Finish, Finished, GivenClock, Order, Select, Steer, Steered, Store, clock::Clock,
};

/// The wall-clock time at which every promise begins: 2026-01-01T00:00:00Z.
pub const START_MS: i64 = 1_767_225_600_000;

/// A store that was just opened, empty.
pub struct Stage {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Its clock.
    pub clock: GivenClock,
    place: Arc<dyn Place>,
    ids: Mutex<Ids>,
    drawn: AtomicU64,
}

/// A queue or kind of that name.
pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// A key or tag of that text.
pub fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

/// The queue that most promises use.
pub fn queue() -> Name {
    name("mail")
}

/// An instance by its number.
pub fn instance(number: u64) -> InstanceId {
    InstanceId(number)
}

impl Stage {
    pub(super) async fn open(place: Arc<dyn Place>) -> Stage {
        let clock = GivenClock::at(START_MS);
        let store = place.open(clock.clone()).await;
        Stage { store, clock, place, ids: Mutex::new(Ids::new(7)), drawn: AtomicU64::new(0) }
    }

    /// Another store under the same clock.
    pub(super) fn of(&self, store: Arc<dyn Store>, seed: u64) -> Stage {
        let (clock, place) = (self.clock.clone(), self.place.clone());
        Stage { store, clock, place, ids: Mutex::new(Ids::new(seed ^ 0xff)), drawn: AtomicU64::new(1_000) }
    }

    /// The same data as another process sees it, if the store can; else the store itself.
    pub async fn again(&self) -> Arc<dyn Store> {
        self.place.again(self.clock.clone()).await.unwrap_or_else(|| self.store.clone())
    }

    /// The wall clock's time.
    pub fn clock_ms(&self) -> i64 {
        self.clock.wall_ms()
    }

    /// A new id, later than all before.
    pub fn id(&self) -> JobId {
        self.ids.lock().unwrap().make(self.clock.wall_ms())
    }

    /// A job of kind `send` for queue `mail`, due now.
    pub fn job(&self) -> NewJob {
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        NewJob::new(self.id(), name("send"), queue(), Payload::parse(&format!("{{\"n\":{number}}}")).unwrap())
    }

    /// A job with a unique key.
    pub fn keyed(&self, key: &str, hold: banto_core::Hold) -> NewJob {
        NewJob { unique: Some(Unique { key: label(key), hold }), ..self.job() }
    }

    /// Enqueues one job.
    pub async fn enqueue(&self, job: NewJob) -> Enqueued {
        let answers = self.store.enqueue([job].into()).await.unwrap();
        assert_eq!(answers.len(), 1, "one job was sent");
        answers[0]
    }

    /// Enqueues jobs that must all be new, and gives their ids.
    pub async fn enqueue_all(&self, jobs: impl IntoIterator<Item = NewJob>) -> Vec<JobId> {
        let jobs: Vec<NewJob> = jobs.into_iter().collect();
        let ids: Vec<JobId> = jobs.iter().map(|job| job.id).collect();
        let answers = self.store.enqueue(jobs.into()).await.unwrap();
        assert!(answers.iter().all(|answer| answer.fresh), "all are new: {answers:?}");
        assert_eq!(answers.iter().map(|answer| answer.id).collect::<Vec<_>>(), ids);
        ids
    }

    /// Enqueues one plain job.
    pub async fn one(&self) -> JobId {
        let job = self.job();
        self.enqueue(job).await.id
    }

    /// Claims for instance 1 from queue `mail`, at most `limit`.
    pub async fn claim(&self, limit: usize) -> Vec<(Job, Lease)> {
        self.claim_as(asks(limit)).await.jobs
    }

    /// Claims as asked.
    pub async fn claim_as(&self, claim: Claim) -> Claimed {
        self.store.claim(claim).await.unwrap()
    }

    /// Claims the one job that is there.
    pub async fn claim_one(&self) -> (Job, Lease) {
        let mut jobs = self.claim(10).await;
        assert_eq!(jobs.len(), 1, "one job is there to be claimed");
        jobs.remove(0)
    }

    /// Enqueues a plain job and claims it.
    pub async fn running(&self) -> (Job, Lease) {
        self.one().await;
        self.claim_one().await
    }

    /// Finishes one job with what becomes of it after that outcome.
    pub async fn finish(&self, job: &Job, lease: Lease, outcome: Outcome) -> Finished {
        let finish = self.verdict(job, lease, outcome);
        self.store.finish(vec![finish]).await.unwrap()[0]
    }

    /// The leases that are over.
    pub async fn expired(&self) -> Vec<Lease> {
        self.store.expired(100).await.unwrap().iter().map(|expired| expired.lease).collect()
    }

    /// Rescues one job as crashed.
    pub async fn rescue(&self, job: &Job, lease: Lease) -> Finished {
        let finish = self.verdict(job, lease, Outcome::Crashed { error: "the process died".into() });
        self.store.rescue(vec![finish]).await.unwrap()[0]
    }

    /// What core decides for that outcome.
    pub fn verdict(&self, job: &Job, lease: Lease, outcome: Outcome) -> Finish {
        let backoff = Backoff::Table(vec![1_000]);
        Finish { lease, verdict: decide(&Facts::of(job, &backoff), outcome, self.clock.wall_ms(), 1) }
    }

    /// Enqueues, claims and finishes a plain job; gives its id.
    pub async fn ended(&self, outcome: Outcome) -> JobId {
        let (job, lease) = self.running().await;
        assert_eq!(self.finish(&job, lease, outcome).await, Finished::Written);
        job.id
    }

    /// Carries out an order by `ann`.
    pub async fn steer(&self, order: Order) -> Steered {
        self.store.steer(Steer { order, by: "ann".into(), preview: false }).await.unwrap()
    }

    /// Only counts what an order would do.
    pub async fn preview(&self, order: Order) -> Steered {
        self.store.steer(Steer { order, by: "ann".into(), preview: true }).await.unwrap()
    }

    /// Pauses a queue for ever.
    pub async fn pause(&self, queue: &Name) -> Steered {
        self.steer(Order::Pause { queue: queue.clone(), reason: "deploy".into(), until: None }).await
    }

    /// A job that must be listed, with its trail.
    pub async fn card(&self, id: JobId) -> Card {
        self.store.job(id).await.unwrap().unwrap_or_else(|| panic!("{id} is not listed"))
    }

    /// A job that must be listed.
    pub async fn see(&self, id: JobId) -> Job {
        self.card(id).await.job
    }

    /// Where a job stands.
    pub async fn state(&self, id: JobId) -> State {
        self.see(id).await.state
    }

    /// Whether a job is listed.
    pub async fn listed(&self, id: JobId) -> bool {
        self.store.job(id).await.unwrap().is_some()
    }

    /// All that can be asked, as text to compare.
    pub async fn everything(&self) -> Vec<String> {
        let store = &self.store;
        let mut all = Vec::new();
        for job in self.list(Select::default()).await {
            all.push(format!("{:?}", self.card(job.id).await));
            if let Some(unique) = job.unique {
                all.push(format!("{:?}", store.holder(unique.key).await.unwrap()));
            }
        }
        all.push(format!("{:?}", store.queues().await.unwrap()));
        all.push(format!("{:?}", store.census().await.unwrap()));
        all.push(format!("{:?}", store.instances().await.unwrap()));
        all.push(format!("{:?}", store.tally().await.unwrap()));
        all.push(format!("{:?}", store.schedules().await.unwrap()));
        all.push(format!("{:?}", store.standing().await.unwrap()));
        all
    }

    /// All jobs that fit, newest first.
    pub async fn list(&self, select: Select) -> Vec<Job> {
        self.store.jobs(select, None).await.unwrap().jobs
    }
}

/// What instance 1 asks for: at most `limit` jobs of queue `mail`, leased for the usual time.
pub fn asks(limit: usize) -> Claim {
    Claim { instance: instance(1), queues: vec![queue()], limit, lease_ms: LEASE_MS, adopt: Vec::new() }
}

/// Does something `count` times at once, half of it through another process's eyes; the answers, in no order.
pub async fn race<T: Send + 'static, F>(stage: &Stage, count: usize, act: impl Fn(Arc<dyn Store>, usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
{
    let stores = [stage.store.clone(), stage.again().await];
    let start = Arc::new(tokio::sync::Barrier::new(count));
    let mut running = tokio::task::JoinSet::new();
    for number in 0..count {
        let (start, done) = (start.clone(), act(stores[number % 2].clone(), number));
        running.spawn(async move {
            start.wait().await;
            done.await
        });
    }
    running.join_all().await
}
