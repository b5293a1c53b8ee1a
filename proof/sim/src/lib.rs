//! Whole histories of banto in given time, drawn from a seed: the real engine, several workers, a store, and everything
//! that goes wrong. The same seed gives the same history, byte for byte; a history that breaks a promise is shrunk to
//! the few actions that matter.
//!
//! For whoever doubts a promise, and for whoever breaks one. Nothing here is shipped, and nothing here waits: time is
//! tokio's paused clock, and the store's clock follows it.
//!
//! # Layout
//! - [`plan`]: what shall happen, drawn from a seed. [`mod@play`]: lets it happen. [`shrink`]: which part of it mattered.
//!   [`many`]: many of them, on every core.
//! - [`job`]: jobs that do as they are told. [`team`]: workers that are started, killed, frozen and stopped.
//! - the way of a store call: [`line`](mod@line) (a worker's own wire, which may hang or fail) → [`witness`] (who sees
//!   everything) → [`mutate`] (a store with a promise taken out, if asked) → the store of [`kept`]
//!   (`aside`: one on a real server, for which the history stands still)
//! - [`ledger`]: what must always hold, from what was seen. [`keys`]: the same for unique keys. [`end`]: and at the end.
//! - [`dues`]: the same for schedules, with schedulers instead of workers. [`drift`]: a day without faults, beside a loop.
//! - [`clock`], [`history`], [`report`]: the time, what happened as lines, and the rows that are printed.

mod aside;
pub mod clock;
pub mod drift;
pub mod dues;
pub mod end;
pub mod history;
pub mod job;
pub mod kept;
pub mod keys;
pub mod ledger;
pub mod line;
pub mod many;
pub mod mutate;
pub mod plan;
pub mod play;
pub mod report;
pub mod shrink;
pub mod team;
pub mod witness;

pub use kept::Kept;
pub use mutate::Mutation;
pub use plan::Plan;
pub use play::{Played, play};
