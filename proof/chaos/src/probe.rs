//! A process that opens a store that may be damaged, looks at everything in it, and works on it for a moment.
//!
//! For the row B16: it says what it could read and what it was told, and never guesses. A panic in it, or its death, is what
//! the row looks for.

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use banto_core::{Cause, Ids, Job, Name, State};
use banto_engine::{Config, Registry, Worker};
use banto_store::{Clock, Prune, Store, SystemClock};
use serde::{Deserialize, Serialize};

use crate::{
    Told, kept,
    ledger::Ledger,
    load::{self, Act, Errand, Hands},
    stage::list,
};

/// What it is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProbeSpec {
    /// The store's address.
    pub url: String,
    /// Its folder.
    pub dir: PathBuf,
}

/// What it found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What the store refused, or said of itself, in words.
    pub said: Vec<String>,
    /// Jobs that the store counts as lost.
    pub lost: u64,
    /// Each job it could read, as far as its author gave it: id, kind, queue, payload, and whether it has ended.
    pub jobs: Vec<(String, String)>,
    /// Jobs set aside as damaged.
    pub damaged: Vec<String>,
}

/// Where it writes what it found.
pub const FOUND: &str = "found.json";

/// Looks, and writes down what it found.
pub fn probe(spec: &ProbeSpec) -> Told<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("start a runtime: {error}"))?;
    let mut found = Found::default();
    match runtime.block_on(kept::open(&spec.url, true)) {
        Ok(store) => runtime.block_on(look(spec, store, &mut found)),
        Err(error) => found.said.push(error.to_string()),
    }
    let text = serde_json::to_vec(&found).map_err(|error| format!("write down what was found: {error}"))?;
    crate::stage::write(&spec.dir.join(FOUND), &text)?;
    Ok(ExitCode::SUCCESS)
}

async fn look(spec: &ProbeSpec, store: Arc<dyn Store>, found: &mut Found) {
    found.said.extend(store.about().notices);
    match store.tally().await {
        Ok(tally) => found.lost = tally.lost,
        Err(error) => found.said.push(error.to_string()),
    }
    match list(&*store).await {
        Ok(listed) => listed.iter().for_each(|job| tell(job, found)),
        Err(wrong) => found.said.push(wrong),
    }
    if let Err(wrong) = work(spec, store.clone()).await {
        found.said.push(wrong);
    }
    // Working may stumble on what looking did not.
    found.said.extend(store.about().notices);
    match list(&*store).await {
        Ok(listed) => found.damaged.extend(listed.iter().filter(|job| damaged(job)).map(|job| job.id.to_string())),
        Err(wrong) => found.said.push(wrong),
    }
}

fn tell(job: &Job, found: &mut Found) {
    match damaged(job) {
        true => found.damaged.push(job.id.to_string()),
        false => found.jobs.push((job.id.to_string(), given(job))),
    }
}

fn damaged(job: &Job) -> bool {
    job.state == State::Parked && job.park.as_ref().is_some_and(|park| park.cause == Cause::Damaged)
}

/// What a job's author gave, on one line.
pub fn given(job: &Job) -> String {
    format!("{} {} {} {}", job.kind, job.queue, job.attempts_max(), job.payload.as_str())
}

/// Enqueues a job, prunes, and works for a second.
async fn work(spec: &ProbeSpec, store: Arc<dyn Store>) -> Told<()> {
    let told = |error: banto_store::StoreError| error.to_string();
    let errand = Errand { act: Act::Sleep, ms: 1, index: 0, pad: String::new() };
    let job = errand.order(Ids::new(fastrand::u64(..)).make(SystemClock.wall_ms()), "default")?;
    store.enqueue([job].into()).await.map_err(told)?;
    store.prune(Prune::default()).await.map_err(told)?;
    let refused = |refusal: banto_core::Refusal| refusal.to_string();
    let names = ["default", "later"].map(Name::new).into_iter().collect::<Result<Vec<_>, _>>().map_err(refused)?;
    let mut config = Config::new(Name::new("probe").map_err(refused)?, names);
    (config.stop_when_empty, config.time_max_ms, config.grace_ms) = (true, Some(2_000), 100);
    let hands = Hands { runs: Ledger::open(&spec.dir.join("runs"))?, dir: spec.dir.clone() };
    let mut registry = Registry::new("chaos");
    registry.add::<Errand, _, _, _>(Arc::new(hands), load::perform);
    let worker = Worker::new(store, registry, config);
    let ended = tokio::time::timeout(Duration::from_secs(15), worker.start()).await;
    let report = ended.map_err(|_| "see the worker end within 15 s".to_owned())?.map_err(|unfit| unfit.to_string())?;
    match report.halt {
        banto_engine::Halt::Store => Err(report.reason),
        _ => Ok(()),
    }
}
