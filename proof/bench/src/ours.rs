//! Ours: the store and the worker as an application has them, each measurement in a file of its own.
//!
//! Only what is public is used: a store opened by its address (so with its full promise: an `Ok` of SQLite or PostgreSQL comes
//! after the fsync), a [`Client`](banto_engine::Client), a [`Worker`] with its defaults. Nothing is switched off.

pub mod claim;
pub mod enqueue;
pub mod idle;
pub mod latency;
pub mod schedule;
pub mod work;

use std::{future::Future, sync::Arc};

use banto_core::Name;
use banto_engine::{Config, Context, JobError, Registry, Worker};
use banto_postgres::Postgres;
use banto_redis::Redis;
use banto_sqlite::Sqlite;
use banto_store::{Read, Store, SystemClock};

use crate::{Tried, letter::Letter, raw, sort::Sort};

/// The queue of all letters.
const QUEUE: &str = "default";

/// An open store.
struct Opened {
    /// The verbs.
    store: Arc<dyn Store>,
    /// The questions.
    read: Arc<dyn Read>,
}

impl Opened {
    fn of<S: Store + Read + Clone>(store: S) -> Opened {
        Opened { store: Arc::new(store.clone()), read: Arc::new(store) }
    }
}

/// Opens the store at its address, perhaps with options (`?synchronous=normal`) behind it.
async fn open(address: &str, options: &str) -> Tried<Opened> {
    let url = format!("{address}{options}");
    let opened = match raw::sort(address)? {
        Sort::Sqlite => Sqlite::open(&url, Arc::new(SystemClock)).map(Opened::of),
        Sort::Postgres => Postgres::open(&url).await.map(Opened::of),
        Sort::Redis => Redis::open(&url).await.map(Opened::of),
    };
    opened.map_err(|error| error.to_string())
}

/// Runs async work as an application would: on a runtime with a thread a core.
pub fn on_runtime<T>(work: impl Future<Output = Tried<T>>) -> Tried<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| format!("start a runtime: {error}"))?.block_on(work)
}

/// As [`on_runtime`], on one of its threads, as the handlers of a server are: what wakes it need not cross to another.
pub fn on_thread<T: Send + 'static>(work: impl Future<Output = Tried<T>> + Send + 'static) -> Tried<T> {
    on_runtime(async { tokio::spawn(work).await.map_err(|error| format!("wait for a thread: {error}"))? })
}

fn name(text: &str) -> Tried<Name> {
    Name::new(text).map_err(|refusal| refusal.to_string())
}

/// The defaults, for the queue of all letters.
fn config(seed: u64) -> Tried<Config> {
    Ok(Config { seed, ..Config::new(name("bench")?, [name(QUEUE)?]) })
}

/// A worker that hands every letter to `handler`.
fn worker<F, Fut>(store: &Opened, config: Config, handler: F) -> Worker
where
    F: Fn(Letter, Context<()>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), JobError>> + Send + 'static,
{
    let mut registry = Registry::new("bench");
    registry.add::<Letter, (), F, Fut>(Arc::new(()), handler);
    Worker::new(Arc::clone(&store.store), registry, config)
}

#[cfg(test)]
mod tests;
