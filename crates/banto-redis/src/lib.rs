//! banto on Redis (6.2 and later) and Valkey: one script a verb, durability that is checked and not hoped for.
//!
//! For everyone whose jobs come from several machines that already share a Redis: [`Redis::open`] gives a [`Store`] whose
//! `Ok` is worth what the server's own settings make it worth, which are read, shown, and refused where they are worth
//! nothing. All keys of a store carry one hash tag, so each verb is one atomic script, in a cluster too; whoever wants to
//! spread over a cluster takes several prefixes. What comes back is checked like input from the net.
//!
//! # Layout
//! - [`Redis`] (`handle`): the handle. `store`: the contract, one method a verb.
//! - `options` (addresses), `address` (who is the primary now: one server, Sentinel, Cluster), `link` and `tls` (connections),
//!   `script` (the scripts, loaded once; `mutate`: with a guard taken out, for the proofs), `call` (one call and its answer), `error` (Redis's words as kinds of failure).
//! - `keys` and `lua/desk.lua`: the only places that build a key. `lua/<verb>.lua`: one script a verb.
//! - `row` (a job's moving part), `fixed` (what never changes of it, under a sum), `damage` (rows that do not hold).
//! - one file a verb: `enqueue` `claim` `renew` `finish` (and rescue) `fire` `steer` `prune` `settle` `record` `beat`; and `reads`,
//!   `pages` (listings), `schedule` (who has which), `ledger` (what became of due instants), `pause`.
//! - `time` (whose clock, and jumps of it), `wake` (changes of other processes), `durability` (what an `Ok` is worth).
//! - `check`: what must always be true of what is stored.

mod address;
mod beat;
mod call;
mod check;
mod claim;
mod damage;
mod durability;
mod enqueue;
mod error;
mod finish;
mod fire;
mod fixed;
mod handle;
mod keys;
mod ledger;
mod link;
mod mutate;
mod options;
mod pages;
mod pause;
mod prune;
mod reads;
mod record;
mod renew;
mod row;
mod schedule;
mod script;
mod settle;
mod steer;
mod store;
mod time;
mod tls;
mod wake;

pub use banto_store::{Read, Store};
pub use handle::{Migrated, Redis};
pub use keys::Prefix;
pub use options::{Durability, Options, Place};
#[doc(hidden)]
pub use script::script_of;
pub use time::Time;
