//! Connections to the primary: a few that carry many calls each, made anew when one breaks.
//!
//! Each runtime that calls has its own, and drives them itself: so whoever waits for an answer is woken by nobody but the
//! server, a runtime whose threads all block holds up no other's renewals, and one that ends takes no other's connections
//! with it. Renewals have one of their own, so that no long answer stands before the last thing a holder stops. A call whose
//! connection broke after it went out is in doubt, never repeated here; one that the server refused before it ran (a
//! script it does not know, a slot that has moved, a replica) is sent once more. While the server is gone calls fail at once
//! or wait in a short line, so nothing piles up.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
};

use banto_store::{Fault, StoreError};
use redis::{Cmd, ErrorKind, RedisError, ServerErrorKind, Value, aio::MultiplexedConnection};
use tokio::{
    runtime::{Handle, Id},
    sync::{Mutex as Turn, Semaphore},
    task::AbortHandle,
};

use crate::{
    Options,
    address::{connect, primary},
    error::{Result, fault},
    options::shown,
    script::{self, Script},
    tls,
};

/// How many calls may be on their way at once; more wait for their turn.
const CALLS_MAX: usize = 512;

/// How long a renewal waits for its answer, in milliseconds: there are three chances in the life of a lease.
const RENEW_MS_MAX: u64 = 2_000;

/// Which connection a call goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Renewals and beats.
    Renew,
    /// All else.
    Work,
}

/// All connections of a store but that of its changes.
#[derive(Debug)]
pub(crate) struct Link {
    options: Options,
    /// The same for the lane of renewals, which has no time to wait long.
    hasty: Options,
    of_runtimes: Mutex<HashMap<Id, OfRuntime>>,
    calls: Semaphore,
    /// How many replicas must have a write.
    pub wait: AtomicU32,
}

/// The connections that one runtime drives.
#[derive(Debug)]
struct OfRuntime {
    renew: Arc<Line>,
    work: Vec<Arc<Line>>,
    /// Whose turn it is of those for work.
    next: AtomicUsize,
    /// Never does anything, and is over when the runtime is.
    lives: AbortHandle,
}

impl Drop for OfRuntime {
    fn drop(&mut self) {
        self.lives.abort();
    }
}

#[derive(Default)]
struct Line {
    /// The connection and its number; the number tells whether somebody else has replaced it since.
    held: Mutex<Option<(u64, MultiplexedConnection)>>,
    /// How often it was connected or tried to, and why not the last time.
    connecting: Turn<Option<StoreError>>,
    turns: AtomicU64,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Line")
    }
}

impl Link {
    pub fn new(options: Options) -> Link {
        let wait = AtomicU32::new(options.wait.unwrap_or(0));
        let hasty = Options { timeout_ms: options.timeout_ms.min(RENEW_MS_MAX), ..options.clone() };
        Link { options, hasty, of_runtimes: Mutex::default(), calls: Semaphore::new(CALLS_MAX), wait }
    }

    /// Calls a script; gives its answer.
    pub async fn call(&self, lane: Lane, script: &Script, args: &[Vec<u8>]) -> Result<Value> {
        let closed = |_| StoreError::new(Fault::Gone, format!("{}: the store was closed", script.name));
        let _turn = self.calls.acquire().await.map_err(closed)?;
        let line = self.line(lane)?;
        let options = if lane == Lane::Renew { &self.hasty } else { &self.options };
        // Twice at most: the first may find that the server has started anew, or is no longer the primary.
        let mut again = true;
        loop {
            let (number, mut connection) = line.get(options).await?;
            let error = match self.send(&mut connection, script, args).await {
                Ok(answer) => return answer,
                Err(error) => error,
            };
            let known = matches!(error.kind(), ErrorKind::Server(ServerErrorKind::NoScript));
            if known && again {
                load(&mut connection).await.map_err(|error| fault("load the store's scripts", &error, false))?;
            } else if !known && breaks(&error) {
                line.drop_if(number);
            }
            if !(again && (known || not_run(&error))) {
                return Err(fault(script.name, &error, script.writes));
            }
            again = false;
        }
    }

    /// Asks the server something that is no script, by the lane of work.
    pub async fn ask(&self, doing: &str, command: &Cmd) -> Result<Value> {
        let line = self.line(Lane::Work)?;
        let (number, mut connection) = line.get(&self.options).await?;
        command.query_async(&mut connection).await.map_err(|error| {
            if breaks(&error) {
                line.drop_if(number);
            }
            fault(doing, &error, false)
        })
    }

    async fn send(
        &self,
        connection: &mut MultiplexedConnection,
        script: &Script,
        args: &[Vec<u8>],
    ) -> redis::RedisResult<Result<Value>> {
        let mut command = redis::cmd("EVALSHA");
        command.arg(script.sha()).arg(1).arg(self.options.prefix.base());
        for arg in args {
            command.arg(arg.as_slice());
        }
        let wait = if script.writes { self.wait.load(Ordering::Relaxed) } else { 0 };
        if wait == 0 {
            return command.query_async(connection).await.map(Ok);
        }
        let mut pipe = redis::pipe();
        pipe.add_command(command).cmd("WAIT").arg(wait).arg(self.options.wait_ms).ignore_errors();
        let mut answers: Vec<redis::RedisResult<Value>> = pipe.query_async(connection).await?;
        let reached = answers.pop();
        let answer = answers.pop().unwrap_or(Ok(Value::Nil))?;
        let reached = match reached {
            Some(Ok(Value::Int(reached))) => reached,
            _ => 0,
        };
        if reached >= i64::from(wait) {
            return Ok(Ok(answer));
        }
        Ok(Err(StoreError::new(
            Fault::InDoubt,
            format!(
                "{}: {reached} of {wait} replicas had it within {} ms; it is written on the primary, and a failover may lose it: \
                 repeat the same call, that is harmless",
                script.name, self.options.wait_ms
            ),
        )))
    }

    /// A connection of the runtime that asks.
    fn line(&self, lane: Lane) -> Result<Arc<Line>> {
        let runtime = Handle::try_current().map_err(|_| {
            StoreError::new(Fault::Config, "call Redis outside of a tokio runtime: call it inside of one")
        })?;
        let mut all = self.of_runtimes.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains_key(&runtime.id()) {
            all.retain(|_, of| !of.lives.is_finished());
        }
        let own = all.entry(runtime.id()).or_insert_with(|| OfRuntime::new(&runtime, self.options.connections));
        let line = match lane {
            Lane::Renew => &own.renew,
            Lane::Work => {
                own.work.get(own.next.fetch_add(1, Ordering::Relaxed) % own.work.len().max(1)).unwrap_or(&own.renew)
            }
        };
        Ok(Arc::clone(line))
    }
}

impl OfRuntime {
    fn new(runtime: &Handle, connections: usize) -> OfRuntime {
        let work = (0..connections).map(|_| Arc::default()).collect();
        let lives = runtime.spawn(std::future::pending::<()>()).abort_handle();
        OfRuntime { renew: Arc::default(), work, next: AtomicUsize::new(0), lives }
    }
}

impl Line {
    /// The connection, made if there is none. Several callers make one, and share its failure, so that a line of them does not
    /// wait for one time-out after the other.
    async fn get(&self, options: &Options) -> Result<(u64, MultiplexedConnection)> {
        if let Some(held) = self.held() {
            return Ok(held);
        }
        let seen = self.turns.load(Ordering::SeqCst);
        let mut failed = self.connecting.lock().await;
        if let Some(held) = self.held() {
            return Ok(held);
        }
        if let Some(error) = failed.clone().filter(|_| self.turns.load(Ordering::SeqCst) != seen) {
            return Err(error);
        }
        let opened = open(options).await;
        let number = self.turns.fetch_add(1, Ordering::SeqCst) + 1;
        *failed = opened.as_ref().err().cloned();
        let connection = opened?;
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some((number, connection.clone()));
        Ok((number, connection))
    }

    fn held(&self) -> Option<(u64, MultiplexedConnection)> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets go of a connection that broke, unless it has been replaced.
    fn drop_if(&self, number: u64) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.take_if(|(made, _)| *made == number);
    }
}

/// A connection to a primary that has been taught all scripts, if this process has not taught them to any server yet.
async fn open(options: &Options) -> Result<MultiplexedConnection> {
    let host = primary(options).await?;
    let doing = format!("connect to Redis at {}", shown(&host));
    let failed = |error: RedisError| tls::unmade(options, &doing, &error);
    let mut connection = connect(options, &host).await.map_err(failed)?;
    // Who has a connection speaks as it is spoken to.
    let failed = |error: RedisError| fault(&doing, &error, false);
    // Not by ROLE, which is dangerous to Redis's mind, and so often not allowed.
    let info: String = redis::cmd("INFO").arg("replication").query_async(&mut connection).await.map_err(failed)?;
    if !info.lines().any(|line| line == "role:master") {
        let cure =
            "give the primary's address, or let sentinels or the cluster name it (redis+sentinel://, redis+cluster://)";
        return Err(StoreError::new(Fault::Gone, format!("{doing}: it is a replica, which takes no writes; {cure}")));
    }
    // What they are called follows from their text; a server that does not know them says so.
    if script::ALL.iter().any(|script| script.sha().is_empty()) {
        load(&mut connection).await.map_err(failed)?;
    }
    Ok(connection)
}

async fn load(connection: &mut MultiplexedConnection) -> redis::RedisResult<()> {
    let mut pipe = redis::pipe();
    for script in script::ALL {
        pipe.cmd("SCRIPT").arg("LOAD").arg(&*script.text());
    }
    let names: Vec<String> = pipe.query_async(connection).await?;
    for (script, name) in script::ALL.iter().zip(names) {
        script.loaded(name);
    }
    Ok(())
}

/// Whether the connection is of no more use.
fn breaks(error: &RedisError) -> bool {
    let server = matches!(
        error.kind(),
        ErrorKind::Server(
            ServerErrorKind::ReadOnly
                | ServerErrorKind::Moved
                | ServerErrorKind::Ask
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::MasterDown
        )
    );
    server
        || error.is_io_error()
        || error.is_connection_dropped()
        || matches!(error.kind(), ErrorKind::Parse | ErrorKind::Io)
}

/// Whether the server says that the script did not run because it is not the one to run it.
fn not_run(error: &RedisError) -> bool {
    matches!(error.kind(), ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::Moved | ServerErrorKind::Ask))
}
