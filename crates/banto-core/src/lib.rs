//! Words and decisions of banto.
//!
//! Floor 0 of the house. Nothing here reads a clock, a file, a socket or a random source: time and seeds are
//! given. So nothing here can fail; it can only refuse, and it says what, which value and what is allowed.
//!
//! # Layout
//! - [`name`] and [`text`]: what may be called what, and how foreign text is shown.
//! - [`limits`]: every cap of the house in one table.
//! - [`payload`], [`job`], [`unique`]: what is enqueued, and what is kept of it.
//! - [`state`]: the seven states and the table of moves between them.
//! - [`lease`]: who may finish a job, and until when.
//! - [`outcome`]: how a run ended, and [`outcome::decide`]: what becomes of the job; [`outcome::barred`]: which run may not begin.
//! - [`fire`]: what becomes of a schedule's due instant.
//! - [`retry`]: how long to wait before the next attempt.
//! - [`refusal`]: the domain says no.

pub mod fire;
pub mod job;
pub mod lease;
pub mod limits;
pub mod name;
pub mod outcome;
pub mod payload;
pub mod refusal;
pub mod retry;
pub mod state;
pub mod text;
pub mod unique;

pub use fire::{Fate, Reason};
pub use job::{Due, Ids, Job, JobId, NewJob, Options, Progress};
pub use lease::{InstanceId, Lease};
pub use name::{Label, Name, ScheduleName};
pub use outcome::{Cause, Facts, Outcome, Park, Verdict, barred, decide};
pub use payload::Payload;
pub use refusal::Refusal;
pub use retry::Backoff;
pub use state::State;
pub use unique::{Hold, Unique};
