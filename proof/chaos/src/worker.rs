//! A worker as a process: the engine on a store, and a ledger beside it.
//!
//! TERM stops it gracefully and a second one at once, as `queue work` does; a run that heeds nobody ends with the process.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use banto_core::{Name, lease};
use banto_engine::{Config, Registry, Stop, Worker};
use banto_store::Prune;
use serde::{Deserialize, Serialize};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    Told, kept,
    ledger::Ledger,
    load::{self, Errand, Fragile, Hands},
    process::{Process, Start},
    stage::Scene,
    watched::Watched,
};

/// How a worker ends that leaves a run behind; the same number as `queue work` uses.
pub const STUCK: u8 = 11;

/// What a worker is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WorkerSpec {
    /// What it is called.
    pub name: String,
    /// The store's address.
    pub url: String,
    /// Its ledger.
    pub runs: PathBuf,
    /// The folder of the scene.
    pub dir: PathBuf,
    /// The queues it takes from.
    pub queues: Vec<String>,
    /// How many jobs it runs at once.
    pub concurrency: usize,
    /// How long its leases live; it renews four times as often.
    pub lease_ms: u64,
    /// How long running jobs may go on after TERM.
    pub grace_ms: u64,
    /// The pause between two jobs of a slot.
    pub rest_ms: u64,
    /// How old done jobs must be to be pruned, if it prunes.
    pub prune_done_ms: Option<u64>,
}

impl WorkerSpec {
    /// A worker on the queue `default`, five jobs at once, with the house's lease.
    pub fn new(name: &str, url: String, runs: PathBuf, dir: &Path) -> WorkerSpec {
        WorkerSpec {
            name: name.into(),
            url,
            runs,
            dir: dir.to_owned(),
            queues: vec!["default".into()],
            concurrency: 5,
            lease_ms: lease::LEASE_MS,
            grace_ms: 10_000,
            rest_ms: 0,
            prune_done_ms: None,
        }
    }

    /// Starts it.
    pub fn start(&self, scene: &Scene<'_>) -> Told<Process> {
        Start::new("worker", &self.name, self)?.start(scene)
    }

    /// Starts it so that it aborts at a failpoint of the store.
    pub fn start_failing(&self, scene: &Scene<'_>, failpoint: &str) -> Told<Process> {
        Start::new("worker", &self.name, self)?.with("BANTO_FAILPOINT", failpoint).start(scene)
    }

    fn config(&self) -> Told<Config> {
        let name = |text: &str| Name::new(text).map_err(|refusal| refusal.to_string());
        let queues: Vec<Name> = self.queues.iter().map(|queue| name(queue)).collect::<Told<_>>()?;
        let mut config = Config::new(name(&self.name)?, queues);
        config.concurrency = self.concurrency;
        config.lease_ms = self.lease_ms;
        config.renew_ms = lease::RENEW_MS.min(self.lease_ms / 5);
        config.grace_ms = self.grace_ms;
        config.rest_ms = self.rest_ms;
        if let Some(done_ms) = self.prune_done_ms {
            config.prune_ms = 500;
            config.prune = Prune { done_ms, ..Prune::default() };
        }
        Ok(config)
    }
}

/// Works as told until it is told to stop.
pub fn work(spec: &WorkerSpec) -> Told<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| format!("start a runtime: {error}"))?.block_on(live(spec))
}

async fn live(spec: &WorkerSpec) -> Told<ExitCode> {
    let store = kept::open(&spec.url, true).await.map_err(|error| error.to_string())?;
    let store = Arc::new(Watched::new(store, &spec.runs)?);
    let hands = Arc::new(Hands { runs: Ledger::open(&spec.runs)?, dir: spec.dir.clone() });
    let mut registry = Registry::new("chaos");
    registry.add::<Errand, _, _, _>(hands, load::perform);
    let worker = Worker::new(store, registry, spec.config()?).layer(Fragile);
    obey(worker.stop())?;
    let report = worker.start().await.map_err(|unfit| unfit.to_string())?;
    tracing::info!(reason = report.reason, ended = ?report.ended, late = report.late, left = report.left.len(), "stopped");
    if report.left.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    // The runtime would wait for what is left for ever.
    std::process::exit(STUCK.into())
}

/// TERM stops gracefully, a second one at once.
pub(crate) fn obey(stop: Stop) -> Told<()> {
    let mut term = signal(SignalKind::terminate()).map_err(|error| format!("listen for signals: {error}"))?;
    tokio::spawn(async move {
        let _first = term.recv().await;
        stop.graceful("TERM was received");
        let _second = term.recv().await;
        stop.now("TERM was received twice");
    });
    Ok(())
}
