//! Many callers at once: threads that all enqueue the same ids and the same keys, in the same order.
//!
//! Each writes down which job it was told stands for its call, and whether it was told that the job is new.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use banto_core::{Ids, JobId, Label, NewJob};
use banto_store::{Clock, Store, SystemClock};
use serde::{Deserialize, Serialize};

use crate::{
    Told, kept,
    ledger::{Ledger, Word},
    load::{Act, Errand},
};

/// What a process of the race is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RaceSpec {
    /// The store's address.
    pub url: String,
    /// The ledger.
    pub acks: PathBuf,
    /// The file that starts the race.
    pub go: PathBuf,
    /// What the shared ids follow from.
    pub seed: u64,
    /// How many threads.
    pub threads: usize,
    /// How many contests: in the even ones a key is shared, in the odd ones an id.
    pub contests: u64,
}

/// Runs the race.
pub fn race(spec: &RaceSpec) -> Told<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("start a runtime: {error}"))?;
    let store = runtime.block_on(kept::open(&spec.url, true)).map_err(|error| error.to_string())?;
    let acks = Ledger::open(&spec.acks)?;
    while !spec.go.exists() {
        std::thread::sleep(Duration::from_millis(2));
    }
    let ran = std::thread::scope(|scope| {
        let runners: Vec<_> = (0..spec.threads).map(|_| scope.spawn(|| run(spec, &*store, &acks))).collect();
        runners.into_iter().try_for_each(|runner| runner.join().map_err(|_| "run: a thread panicked".to_owned())?)
    });
    acks.sync();
    ran.map(|()| ExitCode::SUCCESS)
}

fn run(spec: &RaceSpec, store: &dyn Store, acks: &Ledger) -> Told<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("start a runtime: {error}"))?;
    let (mut own, mut shared) = (Ids::new(fastrand::u64(..)), Ids::new(spec.seed));
    for contest in 0..spec.contests {
        let job = entry(spec, contest, own.make(SystemClock.wall_ms()), shared.make(0))?;
        acks.line(Word::Sent, job.id, 0, contest);
        let answers = runtime.block_on(store.enqueue([job].into())).map_err(|error| error.to_string())?;
        let lines = answers.iter().map(|answer| (answer.id, u32::from(answer.fresh), contest));
        acks.lines(Word::Acked, lines);
    }
    Ok(())
}

fn entry(spec: &RaceSpec, contest: u64, own: JobId, shared: JobId) -> Told<NewJob> {
    let errand = Errand { act: Act::Sleep, ms: 1, index: contest, pad: String::new() };
    if contest % 2 == 1 {
        return errand.order(shared, "default");
    }
    let key = Label::new(&format!("contest-{}-{contest}", spec.seed)).map_err(|refusal| refusal.to_string())?;
    Ok(errand.order(own, "default")?.once(key))
}
