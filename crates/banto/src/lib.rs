//! Durable background jobs that never stop in silence.
//!
//! Every job that was accepted ends in a known state: done, dead or cancelled. A job that nobody here can run is parked,
//! with its cause and its cure, until somebody can. `Ok` means durable.
//!
//! ```
//! use banto::{Client, Config, Context, Job, JobError, Registry, Worker};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Job, Serialize, Deserialize)]
//! #[job(kind = "greet", unique = "greet:{name}")]
//! struct Greet { name: String }
//!
//! async fn greet(job: Greet, _context: Context) -> Result<(), JobError> {
//!     println!("hello, {}", job.name);
//!     Ok(())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), banto::Error> {
//! let store = banto::open("memory:").await?;
//! Client::new(store.clone()).enqueue(&Greet { name: "Ada".into() }).await?;
//!
//! let mut registry = Registry::new(env!("CARGO_PKG_VERSION"));
//! registry.add(().into(), greet);
//! let config = Config { stop_when_empty: true, ..Config::new("worker".parse()?, ["default".parse()?]) };
//! let report = Worker::new(store, registry, config).start().await?;
//! assert_eq!(report.ended["done"], 1);
//! # Ok(())
//! # }
//! ```
//!
//! # Where to look next
//! - [`tour`]: keys, retries, parking, versions, transactions, schedules, layers, events and tests, each in a few lines that run
//! - [`derive@Job`]: every key of `#[job(...)]`
//! - [`testing`]: run an application's jobs in its tests, with a clock that the test moves
//! - [`open`]: which stores there are

use std::sync::Arc;

mod error;
mod open;
pub mod testing;
pub mod tour;

pub use banto_core::{
    Backoff, Calendar, Cause, Date, Due, Fate, Fold, Gap, Hold, Job as JobRecord, JobId, Label, Name, NewJob, Outcome,
    Park, Payload, Progress, Reason, Refusal, Schedule, ScheduleDraft, ScheduleName, Span, State, Unique, Weekday,
    Zone, limits, schedule, text,
};
pub use banto_engine::{
    BoxFuture, Client, Config, Context, Does, Draft, Event, Events, Halt, Job, JobError, Layer, Next, Policy, Registry,
    Report, Scheduled, Scheduler, SchedulerConfig, Stop, Timetable, Unfit, Why, Worker, context::Run, fire::Looked,
    scheduler::Watch, timetable::Action,
};
pub use banto_macros::Job;
#[cfg(feature = "postgres")]
pub use banto_postgres as postgres;
pub use banto_process::{Keep, OutputFile, Spec};
#[cfg(feature = "redis")]
pub use banto_redis as redis;
#[cfg(feature = "sqlite")]
pub use banto_sqlite as sqlite;
pub use banto_store::{
    Card, Clock, Enqueued, Fault, FireView, GivenClock, Prune, Read, Select, SelectFires, Steer, Steered, Store,
    StoreError, SystemClock, memory, steer,
};

pub use error::Error;
pub use open::open;

/// The machine's clock, as clients and workers want it.
pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// What the derive's code stands on. Not for people: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use banto_core::{Backoff, Hold, Label, Refusal, Unique};
    pub use banto_engine::{Job, Policy};
    pub use serde_json::Value;
    pub use std::{default::Default, format, option::Option, result::Result, string::String, vec, vec::Vec};
}

/// The README's code, held to what it says.
#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../../../README.md")]
struct Readme;
