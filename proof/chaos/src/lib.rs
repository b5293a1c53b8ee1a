//! Real processes, real faults: what `cargo xtask prove` runs.
//!
//! For whoever doubts a promise. Each row of the matrix starts workers and clients as processes of their own, does them
//! harm (kill, stop, a full or failing disk, hostile data), and gives its verdict from two ledgers and from what the store
//! lists: the client's, one fsynced line for each accepted job, and the workers', one line for each run and each write.
//! No number is written down beforehand, no fault is played by a stand-in, and nothing outlives the program.
//!
//! # Layout
//! - [`ask`] (what was typed), [`prove`] (each row in a process of its own, with a deadline), [`report`] (table and JSON).
//! - [`row`]: the rows, one file each; [`guard`]: the rows again with a guard taken out, which must turn red.
//! - what rows are made of: [`stage`] (its folder, seed and store), [`kept`] (the stores by name),
//!   [`server`] (their servers), [`net`] (hosts and the wire between them), [`proxy`] (a wire that fails), [`failing`] (ends of processes), [`process`] (children), [`ledger`] (lines),
//!   [`account`] (lost, doubled, wrong), [`dues`] (the same for due instants), [`load`] (what the load is), [`disk`] (small disks).
//! - what the children do: [`worker`], [`scheduler`], [`client`], [`command`] (the command line), [`up`](mod@up) (the same as
//!   a whole house), [`grip`], [`race`],
//!   [`probe`], [`gorge`]; and [`watched`], through which they use the store.

pub mod account;
pub mod ask;
pub mod client;
pub mod command;
pub mod disk;
pub mod dues;
pub mod failing;
pub mod gorge;
pub mod grip;
pub mod guard;
pub mod kept;
pub mod ledger;
pub mod load;
pub mod net;
pub mod probe;
pub mod process;
pub mod prove;
pub mod proxy;
pub mod race;
pub mod report;
pub mod row;
pub mod scheduler;
pub mod server;
pub mod stage;
pub mod up;
pub mod watched;
pub mod worker;

/// What could not be done: a fragment that fits after "could not".
pub type Told<T> = Result<T, String>;
