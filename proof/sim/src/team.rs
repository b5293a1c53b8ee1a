//! The workers of a history: the real engine, started in a seat, and everything that may befall it.

use std::sync::{Arc, OnceLock};

use banto_core::Backoff;
use banto_engine::{Config, Context, Report, Stop, Unfit, Worker, config::QueueWeight};
use banto_store::faulty::{Faulty, Plan as Plight, Strike, Verb};
use tokio::task::{AbortHandle, JoinHandle};

use crate::{
    job::registry,
    ledger::Who,
    line::Line,
    plan::{QUEUES, name},
    witness::{Scene, Witness},
};

/// The state that handlers of one worker share.
pub struct Actor {
    scene: Arc<Scene>,
    who: Who,
    process: OnceLock<AbortHandle>,
}

impl Actor {
    /// Notes that a run begins; it ends when the answer is dropped.
    pub fn begins(&self, context: &Context<Actor>) -> Runs {
        let lease = (context.id(), context.fence());
        let told = context.token().clone();
        let number = self.scene.judge(|ledger, now| ledger.begins(self.who, lease, told, now));
        Runs { scene: self.scene.clone(), number }
    }

    /// Notes that a run has ended well.
    pub fn did_well(&self, context: &Context<Actor>) {
        self.scene.judge(|ledger, _| ledger.did_well(context.id(), context.fence()));
    }

    /// Takes the whole process down. Never comes back.
    pub async fn kill_process(&self) {
        self.kill("is taken down by its job");
        std::future::pending().await
    }

    fn kill(&self, how: &str) {
        self.scene.judge(|ledger, now| {
            ledger.note(self.who, now, how);
            ledger.left(self.who);
            ledger.counts.killed += 1;
        });
        self.process.get().iter().for_each(|process| process.abort());
    }
}

/// A run that goes on.
pub struct Runs {
    scene: Arc<Scene>,
    number: u64,
}

impl Drop for Runs {
    fn drop(&mut self) {
        self.scene.judge(|ledger, _| ledger.ends(self.number));
    }
}

/// A worker in its seat.
pub struct Seat {
    /// Its number.
    pub who: Who,
    /// Its build.
    pub build: u8,
    line: Arc<Line>,
    faulty: Faulty,
    stop: Stop,
    actor: Arc<Actor>,
    process: JoinHandle<Result<Report, Unfit>>,
}

impl Seat {
    /// Starts a worker of that build.
    pub fn start(scene: &Arc<Scene>, build: u8, seed: u64) -> Seat {
        let who = scene.judge(|ledger, now| {
            let who = ledger.started(now);
            ledger.note(who, now, format!("starts with build {build}"));
            who
        });
        let witness = Witness::new(scene.clone(), who);
        let seed = banto_core::retry::mix(seed ^ who as u64);
        let faulty = Faulty::new(Arc::new(witness.clone()), seed);
        let line = Line::new(faulty.clone(), move |frozen| witness.hindered(frozen));
        let actor = Arc::new(Actor { scene: scene.clone(), who, process: OnceLock::new() });
        let config = config(seed);
        let worker = Worker::new(line.clone(), registry(build, actor.clone()), config).clock(scene.clock.clone());
        let (stop, leaving) = (worker.stop(), scene.clone());
        let process = tokio::spawn(async move {
            let report = worker.run().await;
            leaving.judge(|ledger, now| {
                ledger.note(who, now, format!("has left: {report:?}"));
                ledger.left(who);
            });
            report
        });
        let _ = actor.process.set(process.abort_handle());
        Seat { who, build, line, faulty, stop, actor, process }
    }

    /// Tells it to stop: gracefully, or now.
    pub fn stop(&self, now: bool) {
        self.actor.scene.judge(|ledger, _| ledger.stopping(self.who));
        if now { self.stop.now("told to, now") } else { self.stop.graceful("told to") }
    }

    /// Whether it was told to stop, by whomever.
    pub fn stopping(&self) -> bool {
        self.stop.asked()
    }

    /// Its process dies.
    pub fn kill(self) {
        self.actor.kill("is killed");
    }

    /// Its calls hang from now on, or go on.
    pub fn freeze(&self, frozen: bool) {
        self.line.freeze(frozen);
    }

    /// This share of its calls fails from now on.
    pub fn strikes(&self, percent: u8) {
        struck(&self.faulty, percent);
    }

    /// Whether its process has ended.
    pub fn over(&self) -> bool {
        self.process.is_finished()
    }

    /// How many of its calls were failed.
    pub fn failed(&self) -> u64 {
        failed(&self.faulty)
    }

    /// Waits for its end: what is wrong with it, if something is.
    pub async fn ended(self) -> Option<String> {
        match self.process.await {
            Ok(Ok(_)) => None,
            Ok(Err(faults)) => Some(format!("worker {} did not start: {faults:?}", self.who)),
            Err(error) if error.is_cancelled() => None,
            Err(error) => Some(format!("worker {} panicked: {error}", self.who)),
        }
    }
}

/// Lets this share of a store's calls fail.
pub fn struck(faulty: &Faulty, percent: u8) {
    let rate = f64::from(percent) / 100.0;
    faulty.plan(&Verb::ALL, Plight { rate, strikes: Strike::usual() });
}

/// How many calls were failed.
pub fn failed(faulty: &Faulty) -> u64 {
    faulty.injected().values().map(|done| done.before + done.after + done.instead).sum()
}

fn config(seed: u64) -> Config {
    let weight = (seed % 3) as u32;
    let mut config = Config::new(name("worker"), []);
    config.queues = QUEUES.map(|queue| QueueWeight { queue: name(queue), weight }).into();
    config.concurrency = 1 + (seed % 4) as usize;
    config.prefetch_max = 8;
    config.timeout_ms = 12_000;
    config.cancel_grace_ms = 2_000;
    config.grace_ms = 6_000;
    config.backoff = Backoff::Exponential { base_ms: 400, max_ms: 5_000 };
    config.seed = seed;
    config
}
