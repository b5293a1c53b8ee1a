//! A worker: all loops of one process together, from its start to its last renewal.
//!
//! The loops share one thread of their own ([`Worker::start`]), apart from the handlers: a handler that blocks every thread
//! of the application's runtime still cannot stop the renewal of leases. Under [`Worker::run`] they live on the
//! caller's runtime, which is what single-threaded tests want.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
    },
    time::Duration,
};

use banto_core::{InstanceId, Job, JobId, Name, Outcome, Verdict, lease::MARGIN_MS, text::visible};
use banto_store::{Clock, Instance, Orders, Record, Status, Store, StoreError, SystemClock};
use tokio::{
    runtime::Handle,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    BoxFuture,
    again::again_in,
    apart::apart,
    claim,
    config::Config,
    event::{Event, Events},
    finish,
    handler::Layer,
    instance, limit,
    panic::awaited,
    park::{self, Aside},
    preflight::{self, Unfit},
    prune,
    pulse::Moment,
    registry::Registry,
    renew, rescue,
    run::Ended,
    slots::Slots,
    stop::{Halt, Stop},
};

pub use crate::pulse::{Duty, Pulses};

/// The loops that look for jobs beside the line: `park` for what was set aside, `rescue` for what the dead have left.
const LOOKS: u8 = 2;
/// How long a worker that stops may take to sign off.
const LAST: Duration = Duration::from_secs(1);
/// How long its runs may take after the grace, last writes included: the whole stop stays within a second of the grace.
const WIND_DOWN: Duration = Duration::from_millis(800);

/// What the loops of one worker share.
pub(crate) struct Shared {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    pub registry: Arc<Registry>,
    pub layers: Arc<[Arc<dyn Layer>]>,
    pub config: Config,
    pub identity: Instance,
    pub instance: InstanceId,
    pub slots: Slots,
    pub events: Events,
    pub stop: Stop,
    pub handlers: Handle,
    pub said: UnboundedSender<Record>,
    pub aside: Aside,
    pub pulses: Pulses,
    ends: UnboundedSender<Ended>,
    /// Since when the store does not do what it is asked, by the steady clock; 0 while it does.
    down_since: AtomicU64,
    dropped: AtomicBool,
    unlooked: AtomicU8,
    late: AtomicU64,
    ended: Mutex<BTreeMap<&'static str, u64>>,
}

impl Shared {
    /// Now, on both clocks.
    pub fn moment(&self) -> Moment {
        Moment::now(&*self.clock)
    }

    /// Hands an end over to `finish`.
    pub fn hand_over(&self, ended: Ended) {
        // A worker that was dropped is dead: a loop that another thread is just in must not tell of its end.
        if self.dropped.load(Ordering::SeqCst) {
            return;
        }
        // The receiver outlives every run of this worker; after it nobody writes anything down any more.
        let _ = self.ends.send(ended);
    }

    /// The longest run of a job's attempt, in milliseconds.
    pub fn timeout_ms(&self, job: &Job) -> u64 {
        let kind = self.registry.entry(&job.kind).and_then(|entry| entry.policy.timeout_ms);
        job.options.timeout_ms.or(kind).unwrap_or(self.config.timeout_ms)
    }

    /// Until when a lease that was asked for at `since` is to be trusted, in steady time.
    pub fn trusted_until(&self, since: u64) -> u64 {
        since.saturating_add(self.config.lease_ms.saturating_sub(MARGIN_MS))
    }

    /// The store failed a verb. Said once until it answers again. Answers whether it may be asked again; if not, the
    /// worker stops.
    pub fn outage(&self, verb: &'static str, error: &StoreError) -> bool {
        let now = self.clock.steady_ms().max(1);
        if self.down_since.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            tracing::error!(verb, %error, "the store does not do what it is asked; waiting");
            self.events.tell(|| Event::StoreDown { verb, error: error.to_string() });
        }
        if !error.again() {
            self.stop.halt(Halt::Store, format!("the store cannot {verb}: {error}"));
        }
        error.again()
    }

    /// The store has answered.
    pub fn store_answers(&self) {
        if self.down_since.load(Ordering::Relaxed) != 0 && self.down_since.swap(0, Ordering::Relaxed) != 0 {
            tracing::info!("the store answers again");
            self.events.tell(|| Event::StoreBack);
        }
    }

    /// A loop has looked for the first time for what may bring this worker a job.
    pub fn looked_first(&self) {
        self.unlooked.fetch_sub(1, Ordering::Relaxed);
        self.aside.rung.notify_one();
    }

    /// Whether all that may bring this worker a job was looked through since its start.
    pub fn looked(&self) -> bool {
        self.unlooked.load(Ordering::Relaxed) == 0
    }

    /// How long to wait before a store is asked again that failed so.
    pub fn again_in(&self, error: &StoreError) -> Duration {
        let since = self.down_since.load(Ordering::Relaxed);
        let failing_ms = if since == 0 { 0 } else { self.clock.steady_ms().saturating_sub(since) };
        again_in(error.fault(), failing_ms, fastrand::u64(..))
    }

    /// Counts a refused end.
    pub fn count_late(&self) {
        self.late.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a durable end.
    pub fn count_ended(&self, verdict: &Verdict) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner).entry(verdict.word).or_default() += 1;
    }
}

/// What a worker did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What ended it.
    pub halt: Halt,
    /// Why, for people.
    pub reason: String,
    /// Whether it was told to stop at once, after the order to stop gracefully.
    pub hurried: bool,
    /// Durable ends by the outcome's word.
    pub ended: BTreeMap<&'static str, u64>,
    /// Ends refused because the lease was lost.
    pub late: u64,
    /// Jobs whose run ignored the order to stop. Their leases end when the process does; others will run them then.
    pub left: Vec<(JobId, Name)>,
}

/// A worker to be.
pub struct Worker {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    registry: Registry,
    config: Config,
    layers: Vec<Arc<dyn Layer>>,
    events: Events,
    stop: Stop,
    pulses: Pulses,
}

impl Worker {
    /// A worker on that store, for the kinds of that registry, on the machine's clock.
    pub fn new(store: Arc<dyn Store>, registry: Registry, config: Config) -> Worker {
        let (layers, events, stop, pulses) = (Vec::new(), Events::default(), Stop::default(), Pulses::default());
        Worker { store, clock: Arc::new(SystemClock), registry, config, layers, events, stop, pulses }
    }

    /// On another clock, for tests.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Worker {
        Worker { clock, ..self }
    }

    /// Adds a layer around each run, inside those added before.
    pub fn layer(mut self, layer: impl Layer) -> Worker {
        self.layers.push(Arc::new(layer));
        self
    }

    /// Tells its events there: what listens to a worker then hears the one that takes its place, too.
    pub fn tell(self, events: Events) -> Worker {
        Worker { events, ..self }
    }

    /// Its pulses are felt there.
    pub fn pulses(self, pulses: Pulses) -> Worker {
        Worker { pulses, ..self }
    }

    /// Where its events are heard.
    pub fn events(&self) -> Events {
        self.events.clone()
    }

    /// How it is told to stop.
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Checks everything that can be checked before the first claim; see [`preflight`]. Answers every fault at once.
    pub fn preflight(&self) -> Result<(), Unfit> {
        preflight::check(&self.registry, &self.config)
    }

    /// Works on the caller's runtime until it is told to stop. Fails only in its preflight. To drop the future is to kill
    /// the worker: nothing is handed back, and its leases run out.
    pub fn run(self) -> BoxFuture<'static, Result<Report, Unfit>> {
        Box::pin(async move { self.run_with(Handle::current()).await })
    }

    /// Works on a thread of its own until it is told to stop; handlers run on the caller's runtime. Fails in its preflight,
    /// or when the machine has no thread left. To drop the future is to stop the worker now.
    pub fn start(self) -> BoxFuture<'static, Result<Report, Unfit>> {
        Box::pin(async move {
            let handlers = Handle::current();
            apart("banto-engine", self.stop.clone(), move || self.run_with(handlers)).await
        })
    }

    async fn run_with(self, handlers: Handle) -> Result<Report, Unfit> {
        self.preflight()?;
        let (ends, ended) = unbounded_channel();
        let (said, heard) = unbounded_channel();
        let instance = InstanceId(fastrand::u64(..));
        let config = self.config;
        let slots = Slots::new(config.concurrency, config.prefetch_max, config.jobs_max.unwrap_or(u64::MAX));
        let shared = Arc::new(Shared {
            identity: instance::identity(&config, &self.registry, instance),
            registry: Arc::new(self.registry),
            layers: self.layers.into(),
            store: self.store,
            clock: self.clock,
            events: self.events,
            stop: self.stop,
            aside: Aside::default(),
            pulses: self.pulses,
            down_since: AtomicU64::new(0),
            dropped: AtomicBool::new(false),
            unlooked: AtomicU8::new(LOOKS),
            late: AtomicU64::new(0),
            ended: Mutex::default(),
            config,
            instance,
            slots,
            handlers,
            said,
            ends,
        });
        Ok(live(shared, ended, heard).await)
    }
}

/// Drops the runs of a worker that goes.
struct Abandon(Arc<Shared>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.dropped.store(true, Ordering::SeqCst);
        self.0.slots.abandon();
    }
}

/// A loop of a worker; it ends with the worker, also with one that is dropped. One that panics stops the worker: without it the
/// others would go on as if all were well.
fn spawn(
    shared: &Arc<Shared>,
    verb: &'static str,
    work: impl Future<Output = ()> + Send + 'static,
) -> AbortOnDropHandle<()> {
    let stop = shared.stop.clone();
    AbortOnDropHandle::new(tokio::spawn(async move {
        if let Err(text) = awaited(work).await {
            let text = visible(&text, 1_000);
            tracing::error!(verb, text, "a loop of the worker panicked; it stops. This is a bug, mostly of a store");
            stop.halt(Halt::Panicked, format!("the loop that does {verb} panicked: {text}"));
        }
    }))
}

/// The life of a worker: register, work, stop in order.
async fn live(shared: Arc<Shared>, ended: UnboundedReceiver<Ended>, heard: UnboundedReceiver<Record>) -> Report {
    let _abandon = Abandon(shared.clone());
    shared.pulses.beat.begin(shared.moment(), Duty::Starting);
    shared.pulses.claim.begin(shared.moment(), Duty::Starting);
    let registered = tokio::select! { biased;
        () = shared.stop.until_graceful() => Ok(Orders::default()),
        registered = instance::once(&shared, Status::Working) => registered,
    };
    let claiming = spawn(&shared, "claim", claim::work(shared.clone()));
    let parking = spawn(&shared, "park", park::work(shared.clone()));
    let writing = [
        spawn(&shared, "finish", finish::work(shared.clone(), ended, heard)),
        spawn(&shared, "renew", renew::work(shared.clone())),
        spawn(&shared, "limit", limit::work(shared.clone())),
        spawn(&shared, "beat", instance::work(shared.clone(), registered)),
    ];
    let tending =
        [spawn(&shared, "rescue", rescue::work(shared.clone())), spawn(&shared, "prune", prune::work(shared.clone()))];

    shared.stop.until_graceful().await;
    let since = shared.clock.steady_ms();
    tracing::info!(reason = shared.stop.reason(), "stopping: no new jobs are taken");
    shared.events.tell(|| Event::Stopping { reason: shared.stop.reason().to_owned() });
    end([parking]).await;
    last_claim(&shared, claiming).await;
    end(tending).await;
    wind_down(&shared, since).await;
    let left = shared.slots.running().iter().map(|job| (job.id, job.kind.clone())).collect();
    end(writing).await;
    match timeout(LAST, instance::once(&shared, Status::Stopped)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(%error, "could not sign off; the instance will be seen as silent"),
        Err(_) => tracing::warn!("could not sign off, the store does not answer; the instance will be seen as silent"),
    }
    let ended = shared.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let (halt, hurried) = (shared.stop.cause(), shared.stop.hurried());
    let (reason, late) = (shared.stop.reason().to_owned(), shared.late.load(Ordering::Relaxed));
    Report { halt, reason, hurried, ended, late, left }
}

/// Waits for a claim under way: its jobs are known then, and handed back. One that outlasts the grace is given up; the
/// rescuer brings its jobs back.
async fn last_claim(shared: &Shared, claiming: AbortOnDropHandle<()>) {
    tokio::select! { biased;
        _ = claiming => {}
        () = shared.stop.until_now() => {}
        () = sleep(Duration::from_millis(shared.config.grace_ms)) => {}
    }
}

/// Lets runs finish within the grace, which counts from `since`, then tells them to stop, and waits for what can still be
/// written down.
async fn wind_down(shared: &Arc<Shared>, since: u64) {
    for (job, lease) in shared.slots.take_waiting(u64::MAX) {
        shared.hand_over(Ended { job, lease, outcome: Outcome::HandBack { delay_ms: 0 }, ran_ms: 0 });
    }
    let spent_ms = shared.clock.steady_ms().saturating_sub(since);
    tokio::select! { biased;
        () = held(shared, 0) => return,
        () = shared.stop.until_now() => shared.slots.stop_runs(shared.clock.steady_ms(), 0),
        () = sleep(Duration::from_millis(shared.config.grace_ms.saturating_sub(spent_ms))) => {
            let grace = shared.config.cancel_grace_ms.min(500);
            shared.slots.stop_runs(shared.clock.steady_ms(), grace);
        }
    }
    // Half a second to heed the order, and the rest for the last writes; who goes on then ends with the process.
    tokio::select! { biased;
        () = held(shared, 0) => {}
        () = sleep(WIND_DOWN) => {}
    }
}

/// Resolves when at most `most` jobs are held.
async fn held(shared: &Shared, most: usize) {
    while shared.slots.count().0 > most {
        tokio::select! { biased;
            () = shared.slots.freed.notified() => {}
            () = sleep(Duration::from_millis(20)) => {}
        }
    }
}

/// Ends loops that hold nothing.
async fn end(loops: impl IntoIterator<Item = AbortOnDropHandle<()>>) {
    for one in loops {
        one.abort();
        let _ = one.await;
    }
}
