//! The connections: made when they are needed, used again while they are sound, never more than were asked for.
//!
//! A call that finds none free waits its turn, as long as the server may take for a statement. When the server has gone, the
//! connections that broke are dropped and the next call makes a new one: so banto comes back with the server.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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
        let failed = |error: tokio_postgres::Error| fault(what, Doing::Connecting, Failed::Server(error));
        let pid: i32 =
            client.query_one("SELECT pg_backend_pid()", &[]).await.map_err(failed)?.try_get(0).map_err(failed)?;
        self.is_ours(pid);
        Ok(Conn::new(client, Arc::clone(&self.schema), now))
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
    pub fn is_ours(&self, pid: i32) {
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
