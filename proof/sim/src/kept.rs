//! Where a history's jobs are kept: the one place that opens stores, each empty and by the history's own time.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use banto_postgres::Postgres;
use banto_redis::Redis;
use banto_servers::{Postgres as PostgresServer, Redis as RedisServer};
use banto_sqlite::{Options, Sqlite, Synchronous};
use banto_store::{Clock, Fault, Store, StoreError, memory::Memory};
use tempfile::TempDir;

use crate::aside::{Aside, Shown, there};

/// Where jobs are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// In the reference store.
    Memory,
    /// In SQLite, on a file of its own.
    Sqlite,
    /// In PostgreSQL, in a schema of its own.
    Postgres,
    /// In Redis, under a prefix of its own.
    Redis,
}

/// A store that was opened for one history.
pub(crate) struct Opened {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The reference store itself, if it is that one, to be looked into after each call.
    pub memory: Option<Memory>,
    check: Check,
    /// What must not go before it: the folder of its file, or its server.
    _place: Option<Box<dyn std::any::Any>>,
}

/// Asks a store what of its own rules is broken.
type Check = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<Vec<String>, StoreError>>>>>;

impl Kept {
    /// All of them.
    pub const ALL: &'static [Kept] = &[Kept::Memory, Kept::Sqlite, Kept::Postgres, Kept::Redis];

    /// Its word, as it is typed and shown.
    pub fn word(self) -> &'static str {
        match self {
            Kept::Memory => "memory",
            Kept::Sqlite => "sqlite",
            Kept::Postgres => "postgres",
            Kept::Redis => "redis",
        }
    }

    /// Opens it, empty. Whatever it draws follows from `seed`, as far as it draws here.
    pub(crate) async fn open(self, clock: Arc<dyn Clock>, seed: u64) -> Result<Opened, String> {
        let opened = match self {
            Kept::Memory => Ok(memory(clock, seed)),
            Kept::Sqlite => sqlite(clock, seed),
            Kept::Postgres => postgres(clock),
            Kept::Redis => redis(clock),
        };
        opened.map_err(|error| format!("open a store: {error}"))
    }
}

impl Opened {
    /// What must always be true of the store and is not, as sentences, when a history is over.
    pub async fn broken(&self) -> Vec<String> {
        (self.check)().await.unwrap_or_else(|error| vec![format!("the store cannot be checked: could not {error}")])
    }
}

fn memory(clock: Arc<dyn Clock>, seed: u64) -> Opened {
    let memory = Memory::new(clock, seed);
    let seen = memory.clone();
    let check: Check = Box::new(move || Box::pin(std::future::ready(Ok(seen.check()))));
    Opened { store: Arc::new(memory.clone()), memory: Some(memory), check, _place: None }
}

fn sqlite(clock: Arc<dyn Clock>, seed: u64) -> Result<Opened, StoreError> {
    let folder = folder()?;
    // What power loss would take is shown elsewhere: here no Ok has to wait for the disk.
    let synchronous = Synchronous::Normal;
    let options = Options { synchronous, reserve_bytes: 0, ..Options::of(folder.path().join("jobs.db")) };
    let sqlite = Sqlite::inline(options, clock, seed)?;
    let seen = sqlite.clone();
    let check: Check = Box::new(move || {
        let seen = seen.clone();
        Box::pin(async move { seen.check().await })
    });
    Ok(Opened { store: Arc::new(sqlite), memory: None, check, _place: Some(Box::new(folder)) })
}

/// A schema or prefix that no other history of this run has.
fn own_name() -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    format!("sim_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed))
}

fn config(what: String) -> StoreError {
    StoreError::new(Fault::Config, what)
}

fn postgres(clock: Arc<dyn Clock>) -> Result<Opened, StoreError> {
    let server = PostgresServer::shared().map_err(config)?;
    // The server of a test run does not wait for its disk.
    let url = format!("{}?schema={}&durability=memory", server.url(), own_name());
    let shown = Arc::new(Shown::default());
    shown.show(&*clock);
    let time = banto_postgres::Time::Given(shown.clone());
    let store = there(async move { Postgres::open_with(url.parse()?, time).await })?;
    let seen = store.clone();
    let check: Check = Box::new(move || {
        let seen = seen.clone();
        Box::pin(std::future::ready(there(async move { seen.check().await })))
    });
    let store = Arc::new(Aside::new(Arc::new(store), clock, shown));
    Ok(Opened { store, memory: None, check, _place: Some(Box::new(server)) })
}

fn redis(clock: Arc<dyn Clock>) -> Result<Opened, StoreError> {
    let server = RedisServer::shared().map_err(config)?;
    let url = format!("{}/0?prefix={}", server.url(), own_name());
    let shown = Arc::new(Shown::default());
    shown.show(&*clock);
    let time = banto_redis::Time::Given(shown.clone());
    let store = there(async move { Redis::open_with(url.parse()?, time).await })?;
    let seen = store.clone();
    let check: Check = Box::new(move || {
        let seen = seen.clone();
        Box::pin(std::future::ready(there(async move { seen.check().await })))
    });
    let store = Arc::new(Aside::new(Arc::new(store), clock, shown));
    Ok(Opened { store, memory: None, check, _place: Some(Box::new(server)) })
}

/// A folder for one history: in memory, where the machine has such a place.
fn folder() -> Result<TempDir, StoreError> {
    let made = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
    made.map_err(|error| config(format!("make a folder: {error}")))
}
