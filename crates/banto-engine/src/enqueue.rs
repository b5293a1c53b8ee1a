//! `enqueue`: from a job type's value to a durable row.
//!
//! [`Client`] makes ids and asks the store; a call whose answer was lost is asked again with the same ids, so nothing is
//! doubled. For a job inside the application's own transaction, [`Client::draft`] makes the row and the store's own
//! `enqueue_in` writes it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use banto_core::{Due, Ids, JobId, Label, Name, NewJob, Payload, Refusal, Unique};
use banto_store::{Answer, Clock, Enqueued, Fault, Store, StoreError, SystemClock};
use tokio::time::sleep;

use crate::kind::{Job, Policy};

/// How long a client asks a store again that does not answer, in milliseconds of steady time.
const PATIENCE_MS: u64 = 5_000;

/// Enqueues jobs. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<Mutex<Ids>>,
}

/// A job that is about to be enqueued; change what this one asks for.
#[derive(Debug, Clone)]
pub struct Draft(Result<NewJob, Refusal>);

impl Client {
    /// A client of that store, on the machine's clock.
    pub fn new(store: Arc<dyn Store>) -> Client {
        Client::seeded(store, Arc::new(SystemClock), fastrand::u64(..))
    }

    /// A client on another clock whose ids follow from `seed`, for tests.
    pub fn seeded(store: Arc<dyn Store>, clock: Arc<dyn Clock>, seed: u64) -> Client {
        Client { store, clock, ids: Arc::new(Mutex::new(Ids::new(seed))) }
    }

    /// On another clock.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Client {
        Client { clock, ..self }
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// A new id.
    pub fn id(&self) -> JobId {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).make(self.clock.wall_ms())
    }

    /// Enqueues a job as its kind's policy says. `Ok` is durable. Refuses what the limits forbid.
    pub async fn enqueue<J: Job>(&self, job: &J) -> Result<Enqueued, StoreError> {
        self.send(self.draft(job)).await
    }

    /// Enqueues jobs in one step, whole or not at all.
    pub async fn enqueue_all<'a, J: Job>(
        &self,
        jobs: impl IntoIterator<Item = &'a J>,
    ) -> Result<Vec<Enqueued>, StoreError> {
        let (mould, now_ms) = (Mould::of::<J>()?, self.clock.wall_ms());
        let made: Result<Vec<NewJob>, Refusal> = {
            let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
            jobs.into_iter().map(|job| mould.job(job, ids.make(now_ms), now_ms)).collect()
        };
        self.put(made?).await
    }

    /// A job as its kind's policy says, to be changed and then [sent](Client::send).
    pub fn draft<J: Job>(&self, job: &J) -> Draft {
        Draft(made(job, self.id(), self.clock.wall_ms()))
    }

    /// Sends a draft. `Ok` is durable.
    pub async fn send(&self, draft: Draft) -> Result<Enqueued, StoreError> {
        let answers = self.put(vec![draft.ready()?]).await?;
        let lost = || StoreError::new(Fault::InDoubt, "hear what became of the job; the store's answer was empty");
        answers.first().copied().ok_or_else(lost)
    }

    /// Enqueues rows as they are, in one step: for programs that know no types. Asks again for up to 5 s while the store
    /// is busy or its answer is lost; a full disk is said at once, and that the store has moved. Once an answer was lost, an error stays in doubt.
    pub fn put(&self, jobs: Vec<NewJob>) -> Answer<'_, Vec<Enqueued>> {
        Box::pin(self.insist(jobs.into()))
    }

    async fn insist(&self, jobs: Arc<[NewJob]>) -> Result<Vec<Enqueued>, StoreError> {
        let since = self.clock.steady_ms();
        let mut doubt = None;
        loop {
            let error = match self.store.enqueue(jobs.clone()).await {
                Ok(answers) if doubt.is_some() => return Ok(fresh_if_its_own(&jobs, answers)),
                Ok(answers) => return Ok(answers),
                Err(error) => error,
            };
            let waited_ms = self.clock.steady_ms().saturating_sub(since);
            let waits = error.again() && !matches!(error.fault(), Fault::Full | Fault::Moved);
            let again = waits && waited_ms < PATIENCE_MS;
            if error.in_doubt() {
                doubt = Some(error.clone());
            }
            if !again {
                return Err(doubt.unwrap_or(error));
            }
            sleep(Duration::from_millis(fastrand::u64(20..200))).await;
        }
    }
}

/// A job as its kind's policy and its own values say.
pub(crate) fn made<J: Job>(job: &J, id: JobId, now_ms: i64) -> Result<NewJob, Refusal> {
    Mould::of::<J>()?.job(job, id, now_ms)
}

/// What all jobs of a kind have in common.
struct Mould {
    kind: Name,
    queue: Name,
    policy: Policy,
}

impl Mould {
    fn of<J: Job>() -> Result<Mould, Refusal> {
        let policy = J::policy();
        Ok(Mould { kind: Name::new(J::KIND)?, queue: Name::new(policy.queue)?, policy })
    }

    fn job<J: Job>(&self, job: &J, id: JobId, now_ms: i64) -> Result<NewJob, Refusal> {
        let mut new = NewJob::new(id, self.kind.clone(), self.queue.clone(), Payload::of(job)?);
        new.version = J::VERSION;
        self.policy.set(&mut new, now_ms);
        new.unique = job.unique()?;
        new.options.tags = job.tags().iter().map(|tag| Label::new(tag)).collect::<Result<_, _>>()?;
        Ok(new)
    }
}

/// After a lost answer, a job that stands under the very id made for this call is the one that this call has stored.
fn fresh_if_its_own(jobs: &[NewJob], answers: Vec<Enqueued>) -> Vec<Enqueued> {
    let pairs = answers.into_iter().zip(jobs);
    pairs.map(|(answer, job)| Enqueued { fresh: answer.fresh || answer.id == job.id, ..answer }).collect()
}

impl Draft {
    /// Due after that long.
    pub fn delay(self, delay: Duration) -> Draft {
        self.set(|job| job.due = Due::In(millis(delay)))
    }

    /// Due at that wall-clock time, in milliseconds since 1970.
    pub fn at(self, wall_ms: i64) -> Draft {
        self.set(|job| job.due = Due::At(wall_ms))
    }

    /// Into another queue.
    pub fn queue(self, queue: &str) -> Draft {
        self.set_to(Name::new(queue), |job, queue| job.queue = queue)
    }

    /// With another urgency: 0 (first) to 9 (last).
    pub fn priority(self, priority: u8) -> Draft {
        self.set(|job| job.priority = priority)
    }

    /// With another number of attempts.
    pub fn attempts_max(self, attempts: u16) -> Draft {
        self.set(|job| job.attempts_max = Some(attempts))
    }

    /// With another unique key.
    pub fn unique(self, unique: Unique) -> Draft {
        self.set(|job| job.unique = Some(unique))
    }

    /// Once for this key: an idempotency key, remembered until 24 h after the job's end.
    pub fn once(self, key: &str) -> Draft {
        self.set_to(Label::new(key), |job, key| *job = job.clone().once(key))
    }

    /// With one more tag.
    pub fn tag(self, tag: &str) -> Draft {
        self.set_to(Label::new(tag), |job, tag| job.options.tags.push(tag))
    }

    /// As part of a trace (a W3C `traceparent`).
    pub fn trace(self, trace: &str) -> Draft {
        self.set_to(Label::new(trace), |job, trace| job.options.trace = Some(trace))
    }

    /// With another longest run of an attempt.
    pub fn timeout(self, timeout: Duration) -> Draft {
        self.set(|job| job.options.timeout_ms = Some(millis(timeout)))
    }

    /// The row to store, or the first thing that is wrong with it.
    pub fn ready(self) -> Result<NewJob, Refusal> {
        let job = self.0?;
        job.check().map(|()| job)
    }

    fn set(self, change: impl FnOnce(&mut NewJob)) -> Draft {
        self.set_to(Ok(()), |job, ()| change(job))
    }

    fn set_to<T>(self, value: Result<T, Refusal>, change: impl FnOnce(&mut NewJob, T)) -> Draft {
        Draft(self.0.and_then(|mut job| {
            change(&mut job, value?);
            Ok(job)
        }))
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
