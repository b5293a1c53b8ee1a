//! One call on its way through the writer: what is to be done, and who waits for the answer.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use banto_store::{Fault, StoreError};
use tokio::sync::oneshot;

use crate::{desk::Desk, error::Result};

/// What a call does, as far as the writer treats calls differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Enqueue,
    Claim,
    Renew,
    Finish,
    Rescue,
    Register,
    Fire,
    Steer,
    Prune,
    Settle,
    Record,
    Beat,
    /// The application's own.
    Write,
}

impl Verb {
    /// Whether it may be carried out again after its transaction was given up. A preview is always given up.
    pub fn repeats(self) -> bool {
        !matches!(self, Verb::Write | Verb::Steer)
    }

    /// What it does, if only an open store does that; see [`banto_store::settle`].
    pub fn of_an_open_store(self) -> Option<&'static str> {
        match self {
            Verb::Claim => Some("claim jobs"),
            Verb::Register => Some("register schedules"),
            Verb::Fire => Some("account for due instants"),
            Verb::Steer => Some("carry out the order"),
            Verb::Prune => Some("prune"),
            _ => None,
        }
    }

    /// Its name at a failpoint.
    pub fn word(self) -> &'static str {
        match self {
            Verb::Enqueue => "enqueue",
            Verb::Claim => "claim",
            Verb::Renew => "renew",
            Verb::Finish => "finish",
            Verb::Rescue => "rescue",
            Verb::Register => "register",
            Verb::Fire => "fire",
            Verb::Steer => "steer",
            Verb::Prune => "prune",
            Verb::Settle => "settle",
            Verb::Record => "record",
            Verb::Beat => "beat",
            Verb::Write => "write",
        }
    }
}

/// How a call ran.
pub(crate) enum Ran {
    /// It is to be kept.
    Kept,
    /// It is to be undone: it failed, or it was only to be looked at. Its answer is ready.
    Undone,
    /// It was not carried out, so nothing is to be undone. Its answer is ready.
    Refused,
    /// As undone; this is why, for the writer to look at.
    Failed(StoreError),
}

/// A call, whatever it answers.
pub(crate) trait Call: Send {
    /// What it does.
    fn verb(&self) -> Verb;
    /// How many rows it writes, about.
    fn rows(&self) -> usize;
    /// Does it. May be done again when the transaction was lost.
    fn run(&mut self, desk: &mut Desk<'_>) -> Ran;
    /// Does not do it; the answer will be this.
    fn refuse(&mut self, error: StoreError);
    /// Answers as it ran.
    fn answer(self: Box<Self>);
    /// Answers with a failure, however it ran.
    fn fail(self: Box<Self>, error: StoreError);
}

/// An answer, or the panic of the closure that should have given it.
type Given<T> = std::thread::Result<Result<T>>;

/// A call that answers with a `T`.
pub(crate) struct Errand<T, F> {
    pub verb: Verb,
    pub rows: usize,
    pub work: F,
    /// Whether what was done is to be kept, by the answer.
    pub keep: fn(&T) -> bool,
    given: Option<Given<T>>,
    to: oneshot::Sender<Given<T>>,
}

/// Where the answer comes.
pub(crate) struct Reply<T>(oneshot::Receiver<Given<T>>);

impl<T, F> Errand<T, F>
where
    T: Send + 'static,
    F: FnMut(&mut Desk<'_>) -> Result<T> + Send + 'static,
{
    /// A call, and where its answer will come.
    pub fn new(verb: Verb, rows: usize, work: F) -> (Errand<T, F>, Reply<T>) {
        let (to, from) = oneshot::channel();
        (Errand { verb, rows, work, keep: |_| true, given: None, to }, Reply(from))
    }
}

impl<T, F> Call for Errand<T, F>
where
    T: Send + 'static,
    F: FnMut(&mut Desk<'_>) -> Result<T> + Send + 'static,
{
    fn verb(&self) -> Verb {
        self.verb
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn run(&mut self, desk: &mut Desk<'_>) -> Ran {
        let given = catch_unwind(AssertUnwindSafe(|| (self.work)(desk)));
        let ran = match &given {
            Ok(Ok(answer)) if (self.keep)(answer) => Ran::Kept,
            Ok(Err(error)) => Ran::Failed(error.clone()),
            Ok(Ok(_)) | Err(_) => Ran::Undone,
        };
        self.given = Some(given);
        ran
    }

    fn refuse(&mut self, error: StoreError) {
        self.given = Some(Ok(Err(error)));
    }

    fn answer(self: Box<Self>) {
        let lost = || Ok(Err(StoreError::new(Fault::Gone, "do it: the call was never carried out")));
        // Whoever asked may have gone; what was done stands all the same.
        let _gone = self.to.send(self.given.unwrap_or_else(lost));
    }

    fn fail(self: Box<Self>, error: StoreError) {
        let _gone = self.to.send(Ok(Err(error)));
    }
}

impl<T> Reply<T> {
    /// The answer, once it comes.
    pub async fn wait(self) -> Result<T> {
        open(self.0.await.ok())
    }

    /// The answer, which must be there already.
    pub fn take(mut self) -> Result<T> {
        open(self.0.try_recv().ok())
    }
}

/// A panic goes on where the closure came from.
fn open<T>(given: Option<Given<T>>) -> Result<T> {
    let stopped =
        || Ok(Err(StoreError::new(Fault::InDoubt, "wait for the store: its writer stopped; repeat the call")));
    given.unwrap_or_else(stopped).unwrap_or_else(|panic| resume_unwind(panic))
}
