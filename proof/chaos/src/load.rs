//! The load: one kind of job that does whatever its payload says, well or badly.
//!
//! A job sleeps, blocks, spins, waits for a file, or ends its process in every way that a process can end. Its first line
//! goes to the ledger before it does anything, its last when it is through.

#![expect(clippy::panic, reason = "the load panics on purpose: that is what row A11 tries")]

use std::{path::PathBuf, time::Duration};

use banto_core::{JobId, Name, NewJob, Outcome, Payload};
use banto_engine::{BoxFuture, Context, Job, JobError, Layer, Next, Why, context::Run};
use rustix::process::{Signal, getpid, kill_process};
use serde::{Deserialize, Serialize};

use crate::{
    Told,
    ledger::{Ledger, Word},
};

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Sleeps, as a job that waits for somebody does.
    Sleep,
    /// Blocks its thread, as a job that never awaits does.
    Block,
    /// Spins in its first run and heeds nobody; is quick in the next.
    Spin,
    /// Waits until a file called `gate` stands beside the store.
    Gate,
    /// Waits in its first run until it is told that its lease is lost, and then claims to be done all the same; sleeps in
    /// the next.
    Zombie,
    /// Aborts its process.
    Abort,
    /// Ends its process with code 1.
    Exit,
    /// Runs out of stack.
    Overflow,
    /// Ends its process by SIGSEGV.
    Segv,
    /// Fails for good, with its ballast as the error.
    Fail,
    /// Panics.
    Panic,
    /// Makes the layer around it panic.
    PanicInLayer,
    /// Leaves a value whose drop panics.
    PanicInDrop,
}

/// The job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Errand {
    /// What it does.
    pub act: Act,
    /// For how long, in milliseconds.
    pub ms: u64,
    /// Which of its client's jobs it is.
    pub index: u64,
    /// Ballast.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pad: String,
}

impl Job for Errand {
    const KIND: &'static str = "chaos.errand";
}

/// What handlers share.
pub struct Hands {
    /// Where they write their lines.
    pub runs: Ledger,
    /// The folder of the gate.
    pub dir: PathBuf,
}

impl Errand {
    /// The row of this job under that id.
    pub fn order(&self, id: JobId, queue: &str) -> Told<NewJob> {
        let refused = |refusal: banto_core::Refusal| refusal.to_string();
        let (kind, queue) = (Name::new(Errand::KIND).map_err(refused)?, Name::new(queue).map_err(refused)?);
        Ok(NewJob::new(id, kind, queue, Payload::of(self).map_err(refused)?))
    }
}

/// Does what the job says.
pub async fn perform(errand: Errand, run: Context<Hands>) -> Result<(), JobError> {
    let hands = run.state();
    hands.runs.line(Word::Begin, run.id(), run.fence(), run.attempt());
    let span = Duration::from_millis(errand.ms);
    let first = run.fence() == 1;
    match errand.act {
        Act::Sleep => tokio::time::sleep(span).await,
        Act::Block => std::thread::sleep(span),
        Act::Spin if first => spin(),
        Act::Spin => {}
        Act::Gate => gate(&run, &hands.dir.join("gate")).await,
        Act::Zombie if first => told(&run, run.stopped().await),
        Act::Zombie => tokio::time::sleep(span).await,
        Act::Abort => std::process::abort(),
        Act::Exit => std::process::exit(1),
        Act::Overflow => drop(deeper(errand.ms)),
        Act::Segv => segv(),
        Act::Fail => return Err(JobError::dead(errand.pad)),
        Act::Panic => std::panic::panic_any(format!("the handler of {} lets go", errand.index)),
        Act::PanicInLayer => {}
        Act::PanicInDrop => {
            let _bad = PanicsInDrop(errand.index);
            tokio::task::yield_now().await;
        }
    }
    hands.runs.line(Word::End, run.id(), run.fence(), "-");
    Ok(())
}

fn told(run: &Context<Hands>, why: Why) {
    let why = match why {
        Why::Cancelled => "cancelled",
        Why::LeaseLost => "lease_lost",
        Why::TimedOut => "timed_out",
        Why::Stopping => "stopping",
    };
    run.state().runs.line(Word::Told, run.id(), run.fence(), why);
}

fn spin() {
    let mut turns = 0_u64;
    loop {
        turns = std::hint::black_box(turns.wrapping_add(1));
    }
}

async fn gate(run: &Context<Hands>, path: &std::path::Path) {
    while !path.exists() {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(20)) => {}
            why = run.stopped() => return told(run, why),
        }
    }
}

/// Recursion that nothing can flatten.
fn deeper(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 512]);
    let below = if std::hint::black_box(depth) == u64::MAX { 0 } else { deeper(depth + 1) };
    below + room.iter().sum::<u64>()
}

/// Again and again: the first one that is no fault of the stack only makes Rust let go of its handler.
fn segv() {
    while kill_process(getpid(), Signal::SEGV).is_ok() {}
}

struct PanicsInDrop(u64);

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        std::panic::panic_any(format!("a value of {} lets go in its drop", self.0));
    }
}

/// A layer that panics around the jobs that ask for it.
pub struct Fragile;

impl Layer for Fragile {
    fn around<'a>(&'a self, run: &'a Run, next: Next<'a>) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let errand: Option<Errand> = run.job().payload.read().ok();
            if let Some(errand) = errand.filter(|errand| errand.act == Act::PanicInLayer) {
                std::panic::panic_any(format!("the layer around {} lets go", errand.index));
            }
            next.run().await
        })
    }
}
