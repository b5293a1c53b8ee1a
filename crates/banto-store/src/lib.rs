//! The contract of a store: what banto asks of whatever keeps its jobs.
//!
//! For the engine, which knows no store by name, and for whoever writes a store. A store makes no decision: core
//! decides, the store writes it down if the lease still holds. Everything that comes out of a store is checked as if
//! it came from the net. An `Ok` is durable by the store's own named mode ([`About::durability`]), never less.
//!
//! # Layout
//! - [`Store`] and [`Read`], below: the verbs in batches, and the questions.
//! - one file a verb with its words: [`claim`], [`renew`], [`finish`] (and rescue), [`fire`], [`steer`], [`prune`], [`record`].
//! - [`settle`]: how all that a store holds moves into another.
//! - [`schedule`]: what a service registers.
//! - [`instance`]: the processes that work. [`read`]: what can be asked. [`error`]: how the world fails.
//! - [`unreadable`]: what is shown where a row cannot be read.
//! - [`clock`]: the one place of the house that reads a clock.
//! - [`pass!`]: for a store that stands before another.
//! - [`memory`]: the reference store, the oracle that the others are compared with.
//! - [`faulty`]: any store, failing before, after or instead of a call, by seed.
//! - [`mod@suite`]: every promise about a store as a test that runs over every store.

use std::{future::Future, pin::Pin, sync::Arc};

use banto_core::{JobId, Label, Lease, Name, NewJob};

pub mod claim;
pub mod clock;
pub mod error;
pub mod faulty;
pub mod finish;
pub mod fire;
pub mod instance;
pub mod memory;
mod pass;
pub mod prune;
pub mod read;
pub mod record;
pub mod renew;
pub mod schedule;
pub mod settle;
pub mod steer;
pub mod unreadable;
// Not in a release build unless it is asked for: it takes 25 s to compile, and nothing that ships runs it.
#[cfg(any(debug_assertions, feature = "suite"))]
pub mod suite;

/// The words of core that `pass!` needs.
#[doc(hidden)]
pub use banto_core as words;
pub use claim::{Claim, Claimed};
pub use clock::{Clock, GivenClock, SystemClock};
pub use error::{Fault, StoreError};
pub use finish::{Expired, Finish, Finished};
pub use fire::{Act, Fire, FireView, Fired, Firing, Output, Run, SelectFires};
pub use instance::{Instance, Orders, Status};
pub use prune::{Prune, Pruned};
pub use read::{About, Card, Census, Holder, Line, Page, Pause, QueueView, Seen, Select, Tally};
pub use record::{Note, Record};
pub use renew::Renewed;
pub use schedule::{Board, NewSchedule, Register, Registered, Registration, ScheduleView, Service};
pub use settle::{Found, Key, Keys, Load, MoveId, Other, Settle, Settled, Stand, Standing, Step};
pub use steer::{Order, Steer, Steered};

/// What a store answers with, some time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The answer to one job of an enqueue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enqueued {
    /// The job that stands for the call: the new one, or the one that was there before under the same id or key.
    pub id: JobId,
    /// Whether the job is new.
    pub fresh: bool,
}

/// The verbs. Each call is one atomic step: it happens whole or not at all, except where its words say otherwise.
///
/// A call whose error says [`Fault::InDoubt`] may have happened; each verb says what its repetition does.
pub trait Store: Read {
    /// Accepts jobs, in order, whole or not at all. For everyone.
    ///
    /// After `Ok` the jobs are durable and listed. A job whose id is already listed, or whose key is held (by a stored
    /// job or by one before it in this very batch), is not stored: the answer names the job that stands for it (the one
    /// with the id, if there is one; else the one that was given the key, also when that is not listed any more).
    /// Repeating a call is therefore harmless (the jobs are shared so that it costs no copy). Refuses more than `ENQUEUE_MAX` jobs and whatever `NewJob::check` does.
    fn enqueue(&self, jobs: Arc<[NewJob]>) -> Answer<'_, Vec<Enqueued>>;

    /// Leases jobs to an instance. For workers.
    ///
    /// First the parked jobs named in [`Claim::adopt`] that are still parked, then due jobs of the queues in the order
    /// given (within one queue by priority, then time due, then id); jobs whose time has come are made ready on
    /// the way, and one under which a process has died takes the place it had when it came (it rests only so that it does
    /// not run beside another such, and shall not lose its turn to a backlog); paused queues give nothing. Each job's attempt and fence grow by one, it gets a new token, a lease of
    /// [`Claim::lease_ms`] by the store's steady clock, and its key is let go if it is held only while queued. Why it
    /// was parked and how far it was are forgotten; what was last said about it and a wish that it stop stay (so a job may
    /// come with [`banto_core::Job::cancel_asked`] set). A row that cannot be read is parked as damaged and named, and
    /// the others are handed out.
    /// After a lost answer the jobs are leased to nobody who knows it; the rescuer brings them back.
    fn claim(&self, claim: Claim) -> Answer<'_, Claimed>;

    /// Prolongs leases to `lease_ms` from now. For their holders, and the last thing a holder stops.
    ///
    /// One answer for each lease, in order. A lease that expired but was not rescued is still held, so it lives again.
    fn renew(&self, leases: Vec<Lease>, lease_ms: u64) -> Answer<'_, Vec<Renewed>>;

    /// Writes verdicts under their leases. For their holders.
    ///
    /// One answer for each, in order: `Written` if the lease's fence and token are the job's and it is running, and again
    /// if the last finish written on the job was under this very lease; else `Late`, nothing is changed, and the refusal
    /// is counted. The job becomes what the verdict says; what is scheduled is due `delay_ms` from now, what is
    /// ready again keeps its place in the line of its queue. A verdict with an
    /// error also adds a line to the job's trail; one without leaves what was last said. An end lets go of a key held
    /// while queued or until `Done`, and starts the time of one that is remembered. Refuses a call with a verdict
    /// that goes on running.
    fn finish(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>>;

    /// Running jobs whose lease is over, the longest over first, at most `limit`. For the rescuer; changes nothing.
    fn expired(&self, limit: usize) -> Answer<'_, Vec<Expired>>;

    /// Writes verdicts on expired leases. For the rescuer.
    ///
    /// As `finish`, but only where the lease named is still the job's **and is over by the store's clock** at the moment of
    /// writing; so a job that was finished, renewed or rescued in between is left alone (`Late`, not counted). That
    /// holds for a repeated rescue too, and a holder who finishes after it is `Late`.
    fn rescue(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>>;

    /// Registers all schedules of a service, as one step. For schedulers, when they start or their timetable changes.
    ///
    /// One answer for each, in order. What was registered for the service and is not among them is retired: it stays listed and
    /// can no longer fire. The due instants of what is new or changed count from now on; a new service is accounted for until
    /// now. Repeating changes nothing but who was last. Refuses more than `SCHEDULES_MAX` and a model over `MODEL_BYTES_MAX`.
    fn register(&self, register: Register) -> Answer<'_, Registration>;

    /// Accounts for due instants, as one step. For schedulers.
    ///
    /// One answer for each, in order. A due instant that has a row is left alone, unless the row says that it was missed and
    /// this would run it. Where the schedule, or everything, is paused, it is written down as skipped; where another job holds
    /// the key of its own, as skipped for the overlap, with that job in the note; else its job is accepted as by `enqueue`
    /// and belongs to it. Then the service is accounted for up to [`Firing::until`], if that is later or
    /// [`Firing::rewind`] says so, and if [`Firing::generation`] is the one registered. Repeating is answered with `There`. Refuses more than `FIRE_MAX` and whatever
    /// `NewJob::check` does.
    fn fire(&self, firing: Firing) -> Answer<'_, Vec<Fired>>;

    /// Carries out an operator's order. For people, through the engine.
    ///
    /// With [`Steer::preview`] it only counts. Repeating an order finds nothing left to do and says so. Jobs are taken
    /// by id, the oldest first. Each job that is changed or asked gets a line in its trail: the order's word, and by whom.
    fn steer(&self, steer: Steer) -> Answer<'_, Steered>;

    /// Deletes what has ended long enough ago, keys whose time is over and instances long gone. For the pruner.
    ///
    /// Rows of the ledger go by the age of their due instant; the last of each fate of a schedule stays, and so does one whose
    /// job is listed. A row whose job goes keeps what became of it.
    /// The longest ended go first. A key whose time still runs outlives its job. Repeating goes on where it stopped.
    fn prune(&self, prune: Prune) -> Answer<'_, Pruned>;

    /// Takes one step of a move to or from another store, whole or not at all. For `store copy`; see [`settle`].
    ///
    /// [`Settle::decide`] says whether the store may, and how it stands then; the store keeps that durably, does what the
    /// [`Step`] says in the same transaction, and wakes whoever waits. **When the answer has come, what the new standing forbids
    /// cannot happen any more, not even by a call that was begun before:** after `leave` no claim can give a lease,
    /// after `close` no enqueue, within whosever transaction, can be kept, after `clear` no put. A call that is forbidden fails with
    /// [`Fault::Moved`] and the words of [`Standing::admit`] ([`Standing::admit_jobs`] for an enqueue), and changes nothing.
    /// Repeating a step that is done says so again. Refuses what `decide` and [`Load::check`] do.
    fn settle(&self, settle: Settle) -> Answer<'_, Settled>;

    /// Writes down what running jobs say of themselves. For their holders.
    ///
    /// Answers how many were written; those whose lease does not hold are dropped. Repeating doubles lines.
    fn record(&self, records: Vec<Record>) -> Answer<'_, usize>;

    /// Registers an instance or says that it lives, and brings back what it is ordered to do. For every process.
    fn beat(&self, instance: Instance) -> Answer<'_, Orders>;

    /// Resolves once there may be new work or orders since `seen` (0 at first), with the number to pass next time.
    ///
    /// Wakes for changes by this process at once and by others within 50 ms. May wake for nothing; never sleeps
    /// over a change. Does not wake for time passing: see [`Claimed::due_in_ms`].
    fn changed(&self, seen: u64) -> Answer<'_, u64>;
}

/// The questions. All are bounded in rows and time and change nothing.
pub trait Read: Send + Sync + 'static {
    /// What this store is, and what its `Ok` is worth.
    fn about(&self) -> About;

    /// One job with its trail; `None` if it is not listed (any more).
    fn job(&self, id: JobId) -> Answer<'_, Option<Card>>;

    /// Jobs that fit, newest first, at most [`Select::limit`]; `before` goes on from a page's last id.
    fn jobs(&self, select: Select, before: Option<JobId>) -> Answer<'_, Page>;

    /// As `jobs`, each with its trail: the next [`Select::limit`] that fit, or fewer where no more are; none after the last.
    fn cards(&self, select: Select, before: Option<JobId>) -> Answer<'_, Vec<Card>>;

    /// Each queue that has a job or is paused, by name: counts by state, the oldest waiting job, its pause.
    fn queues(&self) -> Answer<'_, Vec<QueueView>>;

    /// Jobs that have not ended, counted by queue, kind, version, state and cause, and in that order.
    fn census(&self) -> Answer<'_, Vec<Census>>;

    /// Every instance that is registered, living or not, by id.
    fn instances(&self) -> Answer<'_, Vec<Seen>>;

    /// Who holds a unique key now; `None` if it is free, or its time is over.
    fn holder(&self, key: Label) -> Answer<'_, Option<Holder>>;

    /// Keys that are held, in any order, about `limit` a call; `after` goes on from [`Keys::next`], a word of the store's own.
    ///
    /// A key that is held from the first call to the last is given at least once, perhaps twice; one that is taken or let go
    /// meanwhile is given or not.
    fn keys(&self, after: Option<String>, limit: usize) -> Answer<'_, Keys>;

    /// The part that this store takes in a move; `None` if it never took one, or stayed.
    fn standing(&self) -> Answer<'_, Option<Standing>>;

    /// One service; `None` if it was never registered.
    fn service(&self, service: Name) -> Answer<'_, Option<Service>>;

    /// Every service and schedule.
    fn schedules(&self) -> Answer<'_, Board>;

    /// Rows of the ledger that fit, the latest due first, by schedule where they were due together.
    fn fires(&self, select: SelectFires) -> Answer<'_, Vec<FireView>>;

    /// What was counted since the store was made.
    fn tally(&self) -> Answer<'_, Tally>;
}
