//! A store at which somebody else is at work too: between the count and the order a job changes. And its disk is full.

use std::sync::Arc;

use banto_core::{InstanceId, JobId, NewJob, State};
use banto_store::{
    About, Answer, Claim, Enqueued, Order, Page, QueueView, Read, Select, Steer, Steered, Store, StoreError,
};

pub struct Meddling {
    pub inner: Arc<dyn Store>,
    /// Whether somebody takes one of the jobs that were counted.
    pub meddles: bool,
    /// What happens while somebody looks at the queues.
    pub looked: Happens,
    /// What happens after jobs were accepted.
    pub enqueued: Happens,
    /// What happens after a page was listed.
    pub listed: Happens,
    /// What happens after an order was carried out.
    pub steered: Happens,
}

pub type Happens = Box<dyn Fn() + Send + Sync>;

impl Meddling {
    pub fn new(inner: Arc<dyn Store>) -> Meddling {
        let nothing = || -> Happens { Box::new(|| ()) };
        let (looked, enqueued, listed, steered) = (nothing(), nothing(), nothing(), nothing());
        Meddling { inner, meddles: false, looked, enqueued, listed, steered }
    }

    /// Takes the job away from what is to be done with it: claims a ready one, lets a dead one run again.
    async fn take(&self, id: JobId) -> Result<(), StoreError> {
        let Some(card) = self.inner.job(id).await? else { return Ok(()) };
        if card.job.state == State::Ready {
            let queues = vec![card.job.queue];
            let claim = Claim { instance: InstanceId(3), queues, limit: 1, lease_ms: 10_000, adopt: Vec::new() };
            return self.inner.claim(claim).await.map(|_| ());
        }
        let order = Order::Retry(Select::ids([id]));
        self.inner.steer(Steer { order, by: "another".into(), preview: false }).await.map(|_| ())
    }
}

impl Store for Meddling {
    fn enqueue(&self, jobs: Arc<[NewJob]>) -> Answer<'_, Vec<Enqueued>> {
        Box::pin(async move { self.inner.enqueue(jobs).await.inspect(|_| (self.enqueued)()) })
    }
    fn steer(&self, steer: Steer) -> Answer<'_, Steered> {
        Box::pin(async move {
            let counts = steer.preview && self.meddles;
            let ordered = !steer.preview;
            let steered = self.inner.steer(steer).await?;
            if let Some(id) = steered.sample.first().filter(|_| counts) {
                self.take(*id).await?;
            }
            if ordered {
                (self.steered)();
            }
            Ok(steered)
        })
    }
    banto_store::pass!(inner: claim renew finish expired rescue register fire prune settle record beat changed);
}

impl Read for Meddling {
    fn about(&self) -> About {
        About { notices: vec!["the disk is full: new jobs are refused".into()], ..self.inner.about() }
    }
    fn jobs(&self, select: Select, before: Option<JobId>) -> Answer<'_, Page> {
        Box::pin(async move { self.inner.jobs(select, before).await.inspect(|_| (self.listed)()) })
    }
    fn queues(&self) -> Answer<'_, Vec<QueueView>> {
        (self.looked)();
        self.inner.queues()
    }
    banto_store::pass!(inner: job cards census instances holder keys standing service schedules fires tally);
}
