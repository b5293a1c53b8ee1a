//! Ours: the store and the worker as an application has them, each measurement in a file of its own.
//!
//! Only what is public is used: a [`Sqlite`] opened by its address (so `synchronous=FULL`, an `Ok` after the fsync), a
//! [`Client`](banto_engine::Client), a [`Worker`] with its defaults. Nothing is switched off.

pub mod claim;
pub mod enqueue;
pub mod idle;
pub mod latency;
pub mod schedule;
pub mod work;

use std::{future::Future, path::Path, sync::Arc};

use banto_core::Name;
use banto_engine::{Config, Context, JobError, Registry, Worker};
use banto_sqlite::Sqlite;
use banto_store::SystemClock;

use crate::{Tried, letter::Letter};

/// The queue of all letters.
const QUEUE: &str = "default";

/// Opens the store at its address: a path, and perhaps `?synchronous=normal` behind it.
fn open(path: &Path, options: &str) -> Tried<Sqlite> {
    let address = format!("sqlite://{}{options}", path.display());
    Sqlite::open(&address, Arc::new(SystemClock)).map_err(|error| error.to_string())
}

/// Runs async work as an application would: on a runtime with a thread a core.
fn on_runtime<T>(work: impl Future<Output = Tried<T>>) -> Tried<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| format!("start a runtime: {error}"))?.block_on(work)
}

fn name(text: &str) -> Tried<Name> {
    Name::new(text).map_err(|refusal| refusal.to_string())
}

/// The defaults, for the queue of all letters.
fn config(seed: u64) -> Tried<Config> {
    Ok(Config { seed, ..Config::new(name("bench")?, [name(QUEUE)?]) })
}

/// A worker that hands every letter to `handler`.
fn worker<F, Fut>(store: &Sqlite, config: Config, handler: F) -> Worker
where
    F: Fn(Letter, Context<()>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), JobError>> + Send + 'static,
{
    let mut registry = Registry::new("bench");
    registry.add::<Letter, (), F, Fut>(Arc::new(()), handler);
    Worker::new(Arc::new(store.clone()), registry, config)
}

#[cfg(test)]
mod tests;
