//! The handle: opening the store, and what all its parts know.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use banto_store::{Clock, Fault, StoreError, SystemClock};
use redis::Value;
use tokio::{
    sync::{oneshot, watch},
    task::AbortHandle,
};

use crate::{
    Options, Time,
    durability::{self, Found},
    error::Result,
    link::Link,
    time::Watch,
    wake,
};

/// The form in which this build stores things. Grows when an older build could not read it any more.
const FORM: usize = 1;

/// A store on Redis. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

pub(crate) struct Inner {
    pub options: Options,
    pub time: Time,
    pub link: Link,
    /// This process, to those who hear of changes.
    pub who: String,
    pub news: watch::Sender<u64>,
    pub watch: Watch,
    /// What was found of the server's settings last.
    pub found: Mutex<Found>,
    migrated: Migrated,
    beside: Mutex<Beside>,
}

/// What ends with the store: the ears and the eyes on the server.
#[derive(Default)]
struct Beside {
    ends: Vec<AbortHandle>,
    /// Whether a runtime that waits for changes drives them, not just the one that opened the store.
    of_a_waiter: bool,
}

/// What opening found and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// The version of what was stored before; 0 is nothing.
    pub from: usize,
    /// The version it has now.
    pub to: usize,
}

impl Redis {
    /// Opens the store at an address (`redis://host:6379/0?prefix=shop`), with the server's clock.
    ///
    /// Refuses unknown options, servers that keep nothing or evict keys unless that is asked for by name
    /// (`durability=memory`), servers older than 6.2, and what a newer build has stored.
    pub async fn open(url: &str) -> Result<Redis> {
        Redis::open_with(url.parse()?, Time::Server).await
    }

    /// As [`Redis::open`], with the options spelt out and a clock. With [`Options::migrate`] off nothing is written, and a
    /// place where there is no store yet is refused.
    pub async fn open_with(options: Options, time: Time) -> Result<Redis> {
        let link = Link::new(options.clone());
        let found = durability::look(&link).await?;
        found.refuse(&options)?;
        let migrated = form(&link, &options).await?;
        let inner = Inner {
            who: format!("{:016x}", fastrand::u64(..)),
            news: watch::Sender::new(1),
            watch: Watch::new(SystemClock.steady_ms()),
            found: Mutex::new(found),
            migrated,
            beside: Mutex::default(),
            options,
            time,
            link,
        };
        let store = Redis(Arc::new(inner));
        store.0.found.lock().unwrap_or_else(PoisonError::into_inner).apply(&store.0.options, &store.0.link);
        if let Some(begun) = store.attend(false) {
            // Dropped without a word only when the runtime stops.
            let _ = begun.await;
        }
        Ok(store)
    }

    /// Sees to it that somebody listens for changes and looks at the server: the runtime that calls, where nobody does or the one that
    /// did has ended. The first that waits takes that over from the one that opened the store: so it is woken without a way round, and
    /// hears although all threads of the other are taken. What is given back tells when it begins to hear.
    pub(crate) fn attend(&self, waits: bool) -> Option<oneshot::Receiver<()>> {
        let mut beside = self.0.beside.lock().unwrap_or_else(PoisonError::into_inner);
        let attended = !beside.ends.is_empty() && !beside.ends.iter().any(AbortHandle::is_finished);
        if attended && (beside.of_a_waiter || !waits) {
            return None;
        }
        beside.ends.iter().for_each(AbortHandle::abort);
        let (ears, begun) = wake::listen(&self.0);
        *beside = Beside { ends: vec![ears, durability::watch(&self.0)], of_a_waiter: waits };
        Some(begun)
    }

    /// What opening found and did.
    pub fn migrated(&self) -> Migrated {
        self.0.migrated
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }
}

/// Looks at the version of what is stored, and writes this build's where there is nothing.
async fn form(link: &Link, options: &Options) -> Result<Migrated> {
    let (key, doing) = (options.prefix.form(), "read the store's version");
    if options.migrate {
        let made = link.ask(doing, redis::cmd("SET").arg(&key).arg(FORM).arg("NX")).await?;
        if made == Value::Okay {
            return Ok(Migrated { from: 0, to: FORM });
        }
    }
    match link.ask(doing, redis::cmd("GET").arg(&key)).await? {
        Value::Nil => {
            let told = "use the store: there is none under this prefix yet; run `migrate` first";
            Err(StoreError::new(Fault::Config, told))
        }
        value => read_form(&value),
    }
}

fn read_form(value: &Value) -> Result<Migrated> {
    match redis::from_redis_value_ref::<usize>(value) {
        Ok(FORM) => Ok(Migrated { from: FORM, to: FORM }),
        Ok(newer) if newer > FORM => Err(StoreError::new(
            Fault::Newer,
            format!("use the store: its form is version {newer} and this build knows {FORM}; use the newer build"),
        )),
        _ => Err(StoreError::new(Fault::Damaged, "read the store's version: it is no number that banto has written")),
    }
}

impl Inner {
    /// This process's own steady time.
    pub fn steady_ms(&self) -> u64 {
        SystemClock.steady_ms()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let beside = std::mem::take(self.beside.get_mut().unwrap_or_else(PoisonError::into_inner));
        beside.ends.iter().for_each(AbortHandle::abort);
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Redis").field(&self.0.options).finish()
    }
}
