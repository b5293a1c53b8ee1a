//! The handle of an open store: how it is opened, and how a call gets a connection.
//!
//! Connections live on threads of the store's own. So an application whose handlers block every thread of its runtime cannot
//! stop a renewal, and a call whose caller goes away in the middle still comes to its end.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use banto_store::{Fault, StoreError};
use tokio::runtime::Runtime;

use crate::{
    conn::Conn,
    error::{Doing, Failed, Result, Worked, fault, lost},
    listen::{self, News},
    migrate::{self, Migrated},
    options::{Durability, Options},
    pool::Pool,
    time::{Time, Watch},
};

/// How often a call is repeated that collided with another.
const COLLISIONS_MAX: usize = 5;

/// An open store. Clones share it; when the last one goes, its connections are closed.
#[derive(Clone)]
pub struct Postgres(Arc<Inner>);

pub(crate) struct Inner {
    pub pool: Arc<Pool>,
    pub news: Arc<News>,
    pub time: Time,
    pub watch: Watch,
    pub durability: String,
    pub notices: Vec<String>,
    migrated: Migrated,
    threads: Threads,
}

/// The threads that the connections live on.
struct Threads(Option<Runtime>);

/// What a verb does on a connection, some time.
pub(crate) type Work<'c, T> = Pin<Box<dyn Future<Output = Worked<T>> + Send + 'c>>;

impl Postgres {
    /// Opens the store at `address`, as `postgres://user@host/database?schema=banto`; makes it where there is none.
    pub async fn open(address: &str) -> Result<Postgres> {
        Postgres::open_with(address.parse()?, Time::Server).await
    }

    /// Opens a store as asked, with that time.
    pub async fn open_with(options: Options, time: Time) -> Result<Postgres> {
        let threads = Threads::start()?;
        let pool = Arc::new(Pool::new(options));
        let (opened, at) = (Arc::clone(&pool), time.clone());
        let opening = threads.spawn(async move { prepare(&opened, &at).await });
        let (migrated, durability, notices) = joined("open the store", Doing::Connecting, opening).await?;
        let news = Arc::new(News::new());
        threads.spawn(listen::listen(Arc::clone(&pool), Arc::downgrade(&news)));
        let inner = Inner { pool, news, time, watch: Watch::default(), durability, notices, migrated, threads };
        Ok(Postgres(Arc::new(inner)))
    }

    /// What opening it did to its schema.
    pub fn migrated(&self) -> Migrated {
        self.0.migrated
    }

    /// Compares the server's clock, in an answer that has brought it.
    pub(crate) fn looked(&self, wall: i64) {
        if matches!(self.0.time, Time::Server) {
            self.0.watch.look(wall);
        }
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    /// Does something on a connection; again at once, if the server undid it because it collided with another call.
    pub(crate) async fn call<T, F>(&self, what: &'static str, doing: Doing, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> Fn(&'c mut Conn) -> Work<'c, T> + Send + Sync + 'static,
    {
        let inner = Arc::clone(&self.0);
        let called = self.0.threads.spawn(async move { inner.call(what, doing, work).await });
        joined(what, doing, called).await
    }
}

impl Inner {
    async fn call<T, F>(&self, what: &'static str, doing: Doing, work: F) -> Result<T>
    where
        F: for<'c> Fn(&'c mut Conn) -> Work<'c, T> + Send + Sync,
    {
        let _turn = self.pool.turn(what).await?;
        let mut collisions = 0;
        loop {
            let mut conn = self.pool.take(what, self.time.now()).await?;
            conn.tell = doing == Doing::Telling && self.news.may_tell();
            let done = self.within(work(&mut conn)).await;
            self.news.made(conn.tell, conn.news && matches!(done, Some(Ok(_))));
            let failed = match done {
                Some(Ok(answer)) => {
                    self.pool.put(conn);
                    return Ok(answer);
                }
                Some(Err(failed)) => failed,
                // Its connection goes with it: the answer may still come.
                None => return Err(self.silent(what, doing)),
            };
            if conn.is_open() && self.within(Box::pin(conn.roll_back())).await.is_none() {
                return Err(fault(what, doing, failed));
            }
            self.pool.put(conn);
            if !failed.collided() || collisions == COLLISIONS_MAX {
                return Err(fault(what, doing, failed));
            }
            collisions += 1;
            tokio::time::sleep(Duration::from_millis(fastrand::u64(1..=10 * collisions as u64))).await;
        }
    }

    /// The server gives up a statement by itself; one that does not even say so is given up here: `None`.
    async fn within<T>(&self, work: Work<'_, T>) -> Option<Worked<T>> {
        tokio::time::timeout(self.patience(), work).await.ok()
    }

    fn silent(&self, what: &str, doing: Doing) -> StoreError {
        let patience = self.patience().as_secs();
        StoreError::new(lost(doing), format!("{what}: no answer from the server for {patience} s; repeat the call"))
    }

    fn patience(&self) -> Duration {
        Duration::from_millis(self.pool.options.statement_timeout_ms.saturating_mul(2) + 5_000)
    }
}

/// Makes or looks at the schema, and at what the server's `Ok` is worth.
async fn prepare(pool: &Pool, time: &Time) -> Result<(Migrated, String, Vec<String>)> {
    const WHAT: &str = "open the store";
    let mut conn = pool.take(WHAT, time.now()).await?;
    let failed = |failed| fault(WHAT, Doing::Connecting, failed);
    let (durability, notices) = durability(&mut conn, pool.options.durability).await.map_err(failed)?;
    let migrated = match pool.options.migrate {
        true => migrate::migrate(&mut conn).await,
        false => migrate::current(&mut conn, &pool.options.place()).await,
    };
    let migrated = migrated.map_err(failed)?;
    pool.put(conn);
    Ok((migrated, durability, notices))
}

/// What an `Ok` survives, by the server's own settings. Refuses a server that does less than the address asks for.
async fn durability(conn: &mut Conn, wanted: Durability) -> Worked<(String, Vec<String>)> {
    let sql = "SELECT current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on',
            current_setting('synchronous_commit'), current_setting('synchronous_standby_names') <> '',
            current_setting('server_encoding') = 'UTF8', current_setting('server_version_num')::integer,
            current_setting('server_version')";
    let row = conn.one(sql, &[]).await?;
    let (flushes, commit, standbys): (bool, String, bool) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let (utf8, version, shown): (bool, i32, String) = (row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
    let refused = |what: String| Err(Failed::Store(StoreError::new(Fault::Config, what)));
    if version < 130_000 {
        return refused(format!("use PostgreSQL {shown}: 13 or newer is wanted"));
    }
    if !utf8 {
        return refused("use this database: its encoding is not UTF8; make one with ENCODING 'UTF8'".into());
    }
    let waits = matches!(commit.as_str(), "on" | "remote_apply" | "remote_write" | "local");
    if wanted == Durability::Full && !(flushes && waits) {
        let setting =
            if flushes { format!("synchronous_commit={commit}") } else { "fsync or full_page_writes off".into() };
        return refused(format!(
            "promise durability on this server: it has {setting}; set it on, or ask for less by name: ?durability=memory"
        ));
    }
    let (words, notice) = match (wanted, flushes, standbys && commit != "local") {
        (Durability::Full, _, true) => {
            ("crash and power loss of the server, and the loss of its machine (synchronous standbys)", None)
        }
        (Durability::Full, _, false) => ("crash and power loss of the server", None),
        (Durability::Async, true, _) => (
            "process crash; not the crash of the server, which takes the last second (durability=async)",
            Some("durability=async: a crash of the server may take the last commits; durability=full does not"),
        ),
        (Durability::Memory, _, _) | (Durability::Async, false, _) => (
            "process crash; a crash of the server's machine may take everything (durability=memory)",
            Some("durability=memory: a crash of the server's machine may take everything; durability=full does not"),
        ),
    };
    Ok((words.into(), notice.into_iter().map(str::to_owned).collect()))
}

impl Threads {
    fn start() -> Result<Threads> {
        let started = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("banto-postgres")
            .enable_all()
            .build();
        let failed = |error| StoreError::new(Fault::Gone, format!("start a thread: {error}"));
        started.map(|runtime| Threads(Some(runtime))).map_err(failed)
    }

    fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<tokio::task::JoinHandle<T>> {
        self.0.as_ref().map(|runtime| runtime.spawn(work))
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // Not waited for: whoever drops the store may be on a runtime, or on these very threads.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// The answer of a thread of ours.
async fn joined<T>(what: &str, doing: Doing, called: Option<tokio::task::JoinHandle<Result<T>>>) -> Result<T> {
    let closed = || StoreError::new(lost(doing), format!("{what}: the store was closed meanwhile"));
    match called.ok_or_else(closed)?.await {
        Ok(answer) => answer,
        Err(lost) => match lost.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(closed()),
        },
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Postgres").field(&self.0.pool.options).finish()
    }
}
