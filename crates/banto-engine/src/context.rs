//! What a run can ask and say.
//!
//! Every handler gets a [`Context`]: the job, the application's state, whether it should stop and why, and where to
//! say how far it is. What it says goes to the store in batches, under the lease.

use std::{ops::Deref, sync::Arc, sync::OnceLock};

use banto_core::{Job, JobId, Lease, Progress, limits::LINE_BYTES_MAX, text::cut};
use banto_store::{Note, Output, Record};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

/// Why a run should stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// An operator has cancelled the job.
    Cancelled,
    /// Its lease is lost: somebody else may be running the job now, and this run's end will be refused.
    LeaseLost,
    /// It has run for as long as it may.
    TimedOut,
    /// The worker stops; the job will be handed back.
    Stopping,
}

/// One attempt of one job, as its handler and the layers around it see it.
pub struct Run {
    pub(crate) job: Arc<Job>,
    pub(crate) lease: Lease,
    pub(crate) cancel: CancellationToken,
    pub(crate) why: OnceLock<Why>,
    pub(crate) said: UnboundedSender<Record>,
}

impl Run {
    /// The job's record.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// The job's id: the same over all attempts, so it serves as an idempotency key towards other systems.
    pub fn id(&self) -> JobId {
        self.job.id
    }

    /// Which attempt this is; 1 is the first.
    pub fn attempt(&self) -> u16 {
        self.job.attempt
    }

    /// A number that grows with each claim of this job: a fencing token to hand on to other systems, which should
    /// refuse a smaller one than they have seen (M. Kleppmann, *How to do distributed locking*, 2016).
    pub fn fence(&self) -> u32 {
        self.lease.fence
    }

    /// Why this run should stop, if it should.
    pub fn stop(&self) -> Option<Why> {
        self.why.get().copied().filter(|_| self.cancel.is_cancelled())
    }

    /// Whether somebody else may be running this job now.
    pub fn lease_lost(&self) -> bool {
        self.stop() == Some(Why::LeaseLost)
    }

    /// Resolves when this run should stop, with the reason. A handler that goes on is dropped at its next `.await`
    /// after a grace.
    pub async fn stopped(&self) -> Why {
        self.cancel.cancelled().await;
        self.why.get().copied().unwrap_or(Why::Stopping)
    }

    /// A token that is cancelled when this run should stop: to hand on to clients that take one.
    pub fn token(&self) -> &CancellationToken {
        &self.cancel
    }

    /// Says how far the run is; only the last word is kept.
    pub fn progress(&self, done: u64, total: u64, text: impl Into<String>) {
        let text = cut(&text.into(), LINE_BYTES_MAX);
        self.say(Note::Progress(Progress { done, total, text }));
    }

    /// Adds a line to the job's trail.
    pub fn log(&self, line: impl Into<String>) {
        self.say(Note::Line(cut(&line.into(), LINE_BYTES_MAX)));
    }

    /// Says what the run left behind: kept on the ledger, if the job is the run of a schedule's due instant.
    pub fn output(&self, output: Output) {
        self.say(Note::Output(output));
    }

    fn say(&self, note: Note) {
        // The receiver lives as long as the worker; a run that outlives it has nobody to tell.
        let _ = self.said.send(Record { lease: self.lease, note });
    }

    /// Asks the run to stop; the first reason stands.
    pub(crate) fn ask_to_stop(&self, why: Why) {
        self.why.get_or_init(|| why);
        self.cancel.cancel();
    }
}

/// A [`Run`] and the application's state.
pub struct Context<S = ()> {
    pub(crate) run: Arc<Run>,
    pub(crate) state: Arc<S>,
}

impl<S> Context<S> {
    /// The application's state, as it was given to the worker.
    pub fn state(&self) -> &S {
        &self.state
    }
}

impl<S> Clone for Context<S> {
    fn clone(&self) -> Context<S> {
        Context { run: self.run.clone(), state: self.state.clone() }
    }
}

impl<S> Deref for Context<S> {
    type Target = Run;
    fn deref(&self) -> &Run {
        &self.run
    }
}
