//! banto on SQLite: durable by default, one file, several processes.
//!
//! For everyone who has no server: [`Sqlite::open`] gives a [`Store`] whose `Ok` means that the commit is on the disk.
//! The application's own tables may live in the same file, so that its rows and its jobs are committed together:
//! [`Sqlite::write`], or [`enqueue_in`] inside a transaction of its own. No in-memory databases and no network folders.
//!
//! # Layout
//! - [`Sqlite`] (here): the handle; one method a verb, each a call to the writer or a question to a reader.
//! - `connect` (addresses, pragmas, what is refused), `migrate` (the schema's steps), `error` (SQLite's codes).
//! - `writer` (the one thread, group commit), `call` (what goes to it), `desk` (what a verb works at, and counting),
//!   `bulk` (sixteen rows a statement).
//! - one file a verb: `enqueue` `claim` `renew` `finish` `rescue` `fire` `steer` `prune` `settle` `record` `beat`; and `reads`, `pages` (listings),
//!   `schedule` (who has which), `ledger` (what became of due instants).
//! - `sum` (what was changed behind our back), `leased` (what this process gave out). `row` (the only file that knows a column), `seat` (where a job stands), `key`, `pause`, `damage`.
//! - `wake` (changes of other processes), `reserve` (full disks), `mark` (lost rows), `shared` (what all parts know).
//! - `check`: what must always be true of the file.
//! - `failpoint`, `mutate`: for the proofs; not in what ships.

mod beat;
mod bulk;
mod call;
mod check;
mod claim;
mod connect;
mod damage;
mod desk;
mod enqueue;
mod error;
mod failpoint;
mod finish;
mod fire;
mod handle;
mod key;
mod leased;
mod ledger;
mod loss;
mod mark;
mod migrate;
mod mutate;
mod own;
mod pages;
mod pause;
#[cfg(test)]
mod plans_tests;
mod prune;
mod reads;
mod record;
mod renew;
mod rescue;
mod reserve;
mod row;
mod schedule;
mod seat;
mod settle;
mod shared;
mod steer;
mod store;
mod sum;
mod wait;
mod wake;
mod writer;

pub use banto_store::{Read, Store};
pub use connect::{Options, Synchronous};
pub use handle::Sqlite;
pub use migrate::{Migrated, SCHEMA};
pub use own::enqueue_in;
pub use rusqlite;
