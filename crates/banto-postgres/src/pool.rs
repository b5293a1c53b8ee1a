//! The connections: made when they are needed, used again while they are sound, never more than were asked for.
//!
//! A call that finds none free waits its turn, as long as the server may take for a statement. When the server has gone, the
//! connections that broke are dropped and the next call makes a new one: so banto comes back with the server.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use banto_store::{Fault, StoreError};
use futures_util::StreamExt;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::Client;

use crate::{
    conn::Conn,
    error::{Doing, Failed, Result, fault},
    options::Options,
    session,
    time::Now,
    tls::{self, Messages},
};

/// The connections of one open store.
pub(crate) struct Pool {
    pub options: Options,
    schema: Arc<str>,
    idle: Mutex<Vec<Conn>>,
    turns: Semaphore,
    /// The server's numbers of our connections, so that our own news are known.
    pids: Mutex<HashSet<i32>>,
    /// Whether it was seen that the pooler in between keeps sessions.
    seen: AtomicBool,
}

/// The right to use one connection.
pub(crate) type Turn<'a> = SemaphorePermit<'a>;

impl Pool {
    pub fn new(options: Options) -> Pool {
        Pool {
            schema: options.schema.as_str().into(),
            idle: Mutex::default(),
            turns: Semaphore::new(options.connections),
            pids: Mutex::default(),
            seen: AtomicBool::new(false),
            options,
        }
    }

    /// Waits for a turn.
    pub async fn turn(&self, what: &str) -> Result<Turn<'_>> {
        let patience = Duration::from_millis(self.options.statement_timeout_ms);
        match tokio::time::timeout(patience, self.turns.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) => Err(StoreError::new(Fault::Gone, format!("{what}: the store was closed"))),
            Err(_) => {
                let what = format!("{what}: all {} connections are at work; try again", self.options.connections);
                Err(StoreError::new(Fault::Busy, what))
            }
        }
    }

    /// A connection that was sound when it was last used, or a new one.
    pub async fn take(&self, what: &str, now: Now) -> Result<Conn> {
        loop {
            let Some(mut conn) = lock(&self.idle).pop() else { break };
            if conn.sound() {
                conn.now = now;
                return Ok(conn);
            }
        }
        let (client, connection) = self.connect(what).await?;
        tokio::spawn(connection.for_each(|_| std::future::ready(())));
        self.ready(what, &client).await?;
        Ok(Conn::new(client, Arc::clone(&self.schema), now))
    }

    /// Makes a connection what ours are: a session of its own, set as it was asked, and known to be ours.
    pub async fn ready(&self, what: &str, client: &Client) -> Result<()> {
        let failed = |error| fault(what, Doing::Connecting, Failed::Server(error));
        let session = session::look(client).await.map_err(failed)?;
        if !session.kept {
            if self.options.config.get_options().is_some() {
                let cure = "the pooler in the way drops `options` of the address; set them for the role instead (ALTER ROLE ... SET)";
                return Err(StoreError::new(Fault::Config, format!("{what}: {cure}")));
            }
            // Once: a pooler does not change its mode under its clients.
            if !self.seen.load(Ordering::SeqCst) {
                self.apart(what, client).await?;
                self.seen.store(true, Ordering::SeqCst);
            }
            session::set(client, &self.options).await.map_err(failed)?;
        }
        self.is_ours(session.pid);
        Ok(())
    }

    /// Refuses a pooler that makes one session of two connections.
    async fn apart(&self, what: &str, client: &Client) -> Result<()> {
        let (other, connection) = self.connect(what).await?;
        tokio::spawn(connection.for_each(|_| std::future::ready(())));
        let failed = |error| fault(what, Doing::Connecting, Failed::Server(error));
        session::apart(client, &other).await.map_err(failed)?
    }

    /// Keeps a connection for the next call, if it may be used again.
    pub fn put(&self, mut conn: Conn) {
        (conn.tell, conn.news) = (false, false);
        if conn.sound() {
            lock(&self.idle).push(conn);
        }
    }

    /// Connects, and nothing else.
    pub async fn connect(&self, what: &str) -> Result<(Client, Messages)> {
        let config = self.options.config();
        let patience = config.get_connect_timeout().copied().unwrap_or(Duration::from_secs(5)) * 2;
        let what = format!("{what}: connect to {}", self.options.place());
        let made = tokio::time::timeout(patience, tls::connect(&self.options, config, &what)).await;
        let silent = |_| StoreError::new(Fault::Gone, format!("{what}: no answer; look at the server and the address"));
        made.map_err(silent)?
    }

    /// Notes that the connection with that number is ours.
    fn is_ours(&self, pid: i32) {
        let mut pids = lock(&self.pids);
        if pids.len() > 10_000 {
            pids.clear();
        }
        pids.insert(pid);
    }

    /// Whether the connection with that number is, or was, ours.
    pub fn ours(&self, pid: i32) -> bool {
        lock(&self.pids).contains(&pid)
    }
}

/// What a mutex holds, whoever panicked with it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
