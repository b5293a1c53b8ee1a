//! banto on PostgreSQL: several machines, one database.
//!
//! For whoever has a server already: [`Postgres::open`] gives a [`Store`] whose `Ok` means that the server has committed, and
//! that it has flushed the commit unless the address asks for less by name. Its tables lie in a schema of their own, and the
//! application enqueues inside its own transactions: [`enqueue_in`], or `SELECT banto.enqueue(…)` from any language.
//! It keeps no state of its own that a restart would lose, and never runs a job twice because a connection broke.
//!
//! # Layout
//! - [`Postgres`] (`handle`): how it is opened, how a call gets a connection; `store`: one method a verb.
//! - [`Options`] (addresses), `pool`, `conn`, `session` (what a pooler makes of it) and `tls` (connections, timeouts), `error` (PostgreSQL's codes), `time` (whose clock, and
//!   clocks that jump), `migrate` (the schema's steps), `listen` (changes by others).
//! - `migrations/*.sql`: the tables, and each verb as one function, so that a call is one round trip and one transaction.
//! - one file a verb: `enqueue` `claim` `renew` `finish` `rescue` `fire` `steer` `prune` `record` `beat` `settle`; and `reads`, `pages`
//!   (listings), `schedule` (who has which), `ledger` (what became of due instants), `pause`, `own` (the application's transactions).
//! - `row` (the only file that knows a column of a job), `sum` (what was changed behind our back), `said` (text that PostgreSQL
//!   cannot hold), `damage` (rows that do not hold). `check`: what must always be true of the tables. `advice`: what grows.

mod advice;
mod beat;
mod check;
mod claim;
mod conn;
mod damage;
mod enqueue;
mod error;
mod finish;
mod fire;
mod handle;
mod ledger;
mod listen;
mod migrate;
mod options;
mod own;
mod pages;
mod pause;
mod pool;
mod prune;
mod reads;
mod record;
mod renew;
mod rescue;
mod row;
mod said;
mod schedule;
mod session;
mod settle;
mod steer;
mod store;
mod sum;
mod time;
mod tls;

pub use banto_store::{Read, Store};
pub use handle::Postgres;
pub use migrate::{Migrated, SCHEMA};
pub use options::{Durability, Options};
pub use own::enqueue_in;
pub use time::Time;
pub use tokio_postgres;
