//! Run an application's jobs in its tests, with a clock that the test moves.
//!
//! For tests of handlers, of code that enqueues, and of roll-outs. A [`Bench`] is a real worker's path (claim, decode, layers,
//! handler, verdict, finish) over the store in memory: nothing is imitated but the passing of time. It never sleeps and
//! starts nothing by itself: a job runs when the test says so.
//!
//! ```
//! use std::time::Duration;
//! use banto::{Context, Job, JobError, Registry, State, testing::Bench};
//! # #[derive(Job, serde::Serialize, serde::Deserialize)]
//! # #[job(kind = "call", backoff = "1m")]
//! # struct Call { number: u32 }
//! async fn call(job: Call, context: Context) -> Result<(), JobError> {
//!     if context.attempt() == 1 { Err(JobError::retry("the line is busy")) } else { Ok(()) }
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), banto::Error> {
//! let mut registry = Registry::new("test");
//! registry.add(().into(), call);
//! let bench = Bench::new(registry);
//!
//! bench.client().enqueue(&Call { number: 7 }).await?; // what the code under test does
//! bench.assert_enqueued::<Call>(|call| call.number == 7);
//!
//! let first = bench.run_one().await.unwrap();
//! assert_eq!((first.outcome, first.error()), ("retry", Some("the line is busy")));
//! assert!(bench.run_one().await.is_none(), "the second attempt is not due yet");
//!
//! bench.pass(Duration::from_secs(60));
//! assert_eq!(bench.run_one().await.unwrap().state(), State::Done);
//! # Ok(())
//! # }
//! ```

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use banto_core::{Job as JobRecord, JobId, Name, Park, State, limits::SPAN_MS_MAX};
use banto_engine::{BoxFuture, Client, Config, Event, Halt, Job, Layer, Next, Registry, Report, Worker, context::Run};
use banto_store::{Enqueued, GivenClock, Line, Store, memory::Memory};
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

use crate::Error;

mod find;

/// Where a bench's clock begins, in milliseconds since 1970: 2030-01-01 00:00 UTC.
const BEGIN_MS: i64 = 1_893_456_000_000;
/// How many more jobs a drain runs than were waiting when it began.
const DRAIN_MORE_MAX: usize = 1_000;

/// A worker on a store in memory, with a given clock. See the [module](self).
pub struct Bench {
    store: Arc<dyn Store>,
    clock: GivenClock,
    client: Client,
    registry: Registry,
    layers: Vec<Arc<dyn Layer>>,
}

/// One run and what became of its job.
#[derive(Debug, Clone, PartialEq)]
pub struct Ran {
    /// The outcome's word: done, retry, snooze, cancel, dead, park, hand_back; late if the lease was lost.
    pub outcome: &'static str,
    /// The job as it stands after the run.
    pub job: JobRecord,
    /// The job's trail, the oldest line first: what it said and how its runs ended.
    pub trail: Vec<Line>,
}

impl Bench {
    /// A bench for the kinds of that registry. Its store is empty, and its clock stands at 2030-01-01 00:00 UTC.
    pub fn new(registry: Registry) -> Bench {
        let clock = GivenClock::at(BEGIN_MS);
        let store: Arc<dyn Store> = Arc::new(Memory::new(Arc::new(clock.clone()), 1));
        let client = Client::seeded(store.clone(), Arc::new(clock.clone()), 1);
        Bench { store, clock, client, registry, layers: Vec::new() }
    }

    /// Adds a layer around each run, inside those added before.
    pub fn layer(mut self, layer: impl Layer) -> Bench {
        self.layers.push(Arc::new(layer));
        self
    }

    /// Takes the place of the old build: what is run from now on is run by this one.
    pub fn deploy(&mut self, registry: Registry) {
        self.registry = registry;
    }

    /// The client, for the code under test. Its ids are the same in every run.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The store, for questions and orders.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The clock.
    pub fn clock(&self) -> &GivenClock {
        &self.clock
    }

    /// Lets time pass. What becomes due runs at the next [`run_one`](Bench::run_one) or [`drain`](Bench::drain).
    pub fn pass(&self, time: Duration) {
        self.clock.pass(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    }

    /// Enqueues a job as its kind's policy says.
    pub async fn enqueue<J: Job>(&self, job: &J) -> Result<Enqueued, Error> {
        Ok(self.client.enqueue(job).await?)
    }

    /// Claims and runs exactly one due job, whatever its queue; `None` if none is due.
    ///
    /// Each call is a worker that starts anew. So when nothing else is due, a parked job that this build may run is taken
    /// back, also one that this very build has set aside: as after a restart.
    ///
    /// # Panics
    /// When the registry is at fault (a kind registered twice), as a worker would refuse to start.
    pub async fn run_one(&self) -> Option<Ran> {
        let queues = self.queues().await;
        let worker = self.worker(queues.first()?.clone(), queues, 1);
        let mut heard = worker.events().subscribe();
        work(worker).await;
        let (id, outcome) = last_end(&mut heard)?;
        let card = self.store.job(id).await.ok().flatten()?;
        Some(Ran { outcome, job: card.job, trail: card.trail })
    }

    /// Runs due jobs, one after the other, until none is due; counts the runs by the outcome's word (see [`Ran::outcome`]).
    /// Time stands still meanwhile, so a job that waits for a retry or a snooze is left. It is one worker from its start to
    /// its end: a job that its handler has parked is left too.
    ///
    /// # Panics
    /// As [`run_one`](Bench::run_one); and when it does not end: 1,000 jobs more have run than were waiting at first.
    pub async fn drain(&self) -> BTreeMap<&'static str, u64> {
        let jobs_max = self.waiting().len() + DRAIN_MORE_MAX;
        let (mut counts, mut known) = (BTreeMap::new(), 0);
        loop {
            let queues = self.queues().await;
            // A job may have enqueued into a queue that was not there before.
            let Some(first) = queues.first().filter(|_| queues.len() > known).cloned() else { return counts };
            known = queues.len();
            let report = work(self.worker(first, queues, jobs_max)).await;
            assert!(report.halt != Halt::Spent, "{jobs_max} jobs have run and it does not end; {}", self.listed());
            for (outcome, runs) in report.ended {
                *counts.entry(outcome).or_default() += runs;
            }
        }
    }

    /// A worker that runs one job at a time and has no loop that waits for time to pass. A kind that lacks something parks
    /// its jobs, so that a test can see it. The lease outlives whatever the test does with the clock during a run.
    fn worker(&self, name: Name, queues: Vec<Name>, jobs_max: usize) -> Worker {
        let config = Config {
            concurrency: 1,
            prefetch_max: 0,
            jobs_max: u64::try_from(jobs_max).ok(),
            stop_when_empty: true,
            start_anyway: true,
            lease_ms: SPAN_MS_MAX,
            prune_ms: SPAN_MS_MAX,
            seed: 1,
            ..Config::new(name, queues)
        };
        let worker = Worker::new(self.store.clone(), self.registry.clone(), config).clock(Arc::new(self.clock.clone()));
        self.layers.iter().fold(worker, |worker, layer| worker.layer(Again(layer.clone())))
    }

    async fn queues(&self) -> Vec<Name> {
        let views = self.store.queues().await.unwrap_or_default();
        views.into_iter().map(|view| view.queue).collect()
    }
}

async fn work(worker: Worker) -> Report {
    #[expect(clippy::panic, reason = "this is an assertion of a test")]
    worker.run().await.unwrap_or_else(|unfit| panic!("could not {unfit}"))
}

/// How the one run ended. A run that said very much may have pushed its own beginning out of the events, never its end.
fn last_end(heard: &mut Receiver<Event>) -> Option<(JobId, &'static str)> {
    loop {
        match heard.try_recv() {
            Ok(Event::Ended { job, outcome, .. }) => return Some((job, outcome)),
            Ok(Event::Parked { job, .. }) => return Some((job, "park")),
            Ok(Event::Late { job }) => return Some((job, "late")),
            Ok(_) | Err(TryRecvError::Lagged(_)) => {}
            Err(TryRecvError::Empty | TryRecvError::Closed) => return None,
        }
    }
}

/// A layer that several workers share.
struct Again(Arc<dyn Layer>);

impl Layer for Again {
    fn around<'a>(&'a self, run: &'a Run, next: Next<'a>) -> BoxFuture<'a, banto_core::Outcome> {
        self.0.around(run, next)
    }
}

impl Ran {
    /// Where the job stands after the run.
    pub fn state(&self) -> State {
        self.job.state
    }

    /// What was said about a run that did not end well.
    pub fn error(&self) -> Option<&str> {
        self.job.error.as_deref()
    }

    /// Why the job is parked, if it is.
    pub fn park(&self) -> Option<&Park> {
        self.job.park.as_ref()
    }
}
