//! The loops of banto: what makes stored jobs run, end and be accounted for.
//!
//! For the library's face and the command line; it knows no store by name, only the contract. One file a verb, each
//! with its loop: read [`worker`] first, it starts them all.
//!
//! # Layout
//! - what an application gives: [`kind`] (a job type and its policy), [`handler`] (what runs it, and how it may end),
//!   [`context`] (what a run can ask and say), [`registry`] (which kinds this build can run)
//! - schedules: [`timetable`] (which, and what each does), [`scheduler`] (the loop), [`fire`] (one look), `command` (a command's run)
//! - the way of a job: [`enqueue`] → `claim` → [`run`] (one attempt, a straight line) → `record` → `finish`
//! - beside it: `renew` (leases), `limit` (time-outs), [`rescue`] (the dead's jobs), `prune`, `park`
//!   (jobs nobody here could run), `instance` (who lives), `slots` (what this process holds), `panic` (of foreign code)
//! - programs beside the jobs: [`supervise`] (starts them, restarts them, says why)
//! - for people: [`copy`] (from one store to another), [`steer`], [`explain`], [`deploy`], [`preflight`], [`event`]; for whoever watches over a process: [`pulse`], [`health`]

pub mod config;
pub mod context;
pub mod copy;
pub mod deploy;
pub mod enqueue;
pub mod event;
pub mod explain;
pub mod fire;
pub mod handler;
pub mod health;
pub mod kind;
pub mod preflight;
pub mod pulse;
pub mod registry;
pub mod rescue;
pub mod run;
pub mod scheduler;
pub mod steer;
pub mod supervise;
pub mod timetable;
pub mod worker;

mod again;
mod apart;
mod claim;
mod command;
mod finish;
mod instance;
mod limit;
mod panic;
mod park;
mod prune;
mod record;
mod renew;
mod slots;
mod stop;

pub use config::Config;
pub use context::{Context, Why};
pub use enqueue::{Client, Draft};
pub use event::{Event, Events};
pub use handler::{JobError, Layer, Next};
pub use kind::{Job, Policy};
pub use preflight::Unfit;
pub use registry::Registry;
pub use scheduler::{Scheduler, SchedulerConfig};
pub use stop::{Halt, Stop};
pub use timetable::{Action, Current, Does, Entry, Scheduled, Timetable};
pub use worker::{Report, Worker};

use std::{future::Future, pin::Pin};

/// A boxed future that can be sent to another thread. What is large and public answers with one, so that it is compiled once, in
/// its own crate, and not anew in each program that awaits it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
