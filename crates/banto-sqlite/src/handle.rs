//! The handle of an open store: how it is opened, how calls reach the writer and questions the readers.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    thread::JoinHandle,
};

use banto_store::{Clock, Fault, StoreError};
use rusqlite::Connection;
use tokio::sync::{Semaphore, mpsc};

use crate::{
    call::{Call, Errand, Verb},
    connect::{self, Options},
    desk::{Desk, Now},
    error::{Result, while_doing},
    loss,
    migrate::{self, Migrated},
    reserve::Reserve,
    shared::Shared,
    wake::Watcher,
    writer::{WAITING_MAX, Writer},
};

/// An open store. Clones share it; when the last one goes, what waits is written, unless another process holds the lock just
/// then, and the file is closed.
#[derive(Clone)]
pub struct Sqlite(Arc<Inner>);

pub(crate) struct Inner {
    pub shared: Arc<Shared>,
    pub clock: Arc<dyn Clock>,
    hand: Hand,
    readers: Mutex<Vec<Connection>>,
    reading: Semaphore,
    migrated: Migrated,
}

/// Who writes.
enum Hand {
    /// A thread of its own.
    Thread { calls: Option<mpsc::Sender<Box<dyn Call>>>, thread: Option<JoinHandle<()>>, watcher: Watcher },
    /// Whoever asks, on its own thread.
    Inline(Mutex<Writer>),
}

impl Sqlite {
    /// Opens the store at an address (`sqlite://path/to/file.db?synchronous=full`, or a plain path), makes it if there is
    /// none, and brings its schema up to date. Blocks for as long as that takes: mostly milliseconds.
    ///
    /// Refuses unknown options, missing folders, network file systems, read-only files and newer schemas. With
    /// [`Options::migrate`] off it makes and changes nothing, and refuses missing files and older schemas too.
    pub fn open(address: &str, clock: Arc<dyn Clock>) -> Result<Sqlite> {
        Sqlite::open_with(address.parse()?, clock)
    }

    /// As [`Sqlite::open`], with the options spelt out.
    pub fn open_with(options: Options, clock: Arc<dyn Clock>) -> Result<Sqlite> {
        Sqlite::start(options, clock, None)
    }

    /// As [`Sqlite::open_with`], without holding up a runtime that the caller runs on: opening reads, migrates and may wait
    /// for another process.
    pub async fn open_aside(options: Options, clock: Arc<dyn Clock>) -> Result<Sqlite> {
        match tokio::task::spawn_blocking(move || Sqlite::open_with(options, clock)).await {
            Ok(opened) => opened,
            Err(lost) => match lost.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(StoreError::new(Fault::Gone, "open the store: the runtime stops")),
            },
        }
    }

    /// A store whose every call is carried out on the caller's thread, with its answer ready at once, and whose random
    /// bits follow from `seed`: for simulators and tests that must run the same way each time.
    pub fn inline(options: Options, clock: Arc<dyn Clock>, seed: u64) -> Result<Sqlite> {
        Sqlite::start(options, clock, Some(seed))
    }

    fn start(options: Options, clock: Arc<dyn Clock>, seed: Option<u64>) -> Result<Sqlite> {
        connect::prepare(&options)?;
        if !options.migrate {
            // Looked at before the writer is opened, which turns any file into one with a WAL.
            migrate::current(&connect::inspector(&options)?)?;
        }
        let mut db = connect::writer(&options)?;
        let (migrated, new) = migrate::migrate(&mut db)?;
        let (mark, said) = loss::look(&mut db, &options.path, new)?;
        let (drawn, news) = start_of(&db)?;
        let reserve = Reserve::open(&options.path, options.reserve_bytes);
        let shared = Arc::new(Shared::new(options, news, reserve, mark));
        said.into_iter().for_each(|notice| shared.say(notice));
        // Whoever only asks never writes, and should be told all the same that the disk is full.
        shared.look_at_disk(&db, &*clock);
        let writer = |seed| Writer::new(db, shared.options.clone(), Arc::clone(&clock), seed, Arc::clone(&shared));
        let hand = match seed {
            Some(seed) => Hand::Inline(Mutex::new(writer(seed))),
            None => Hand::thread(writer(drawn), Arc::clone(&shared))?,
        };
        let reading = Semaphore::new(shared.options.readers);
        let inner = Inner {
            shared: Arc::clone(&shared),
            clock: Arc::clone(&clock),
            hand,
            readers: Mutex::default(),
            reading,
            migrated,
        };
        Ok(Sqlite(Arc::new(inner)))
    }

    /// What opening did to the schema.
    pub fn migrated(&self) -> Migrated {
        self.0.migrated
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    /// Sends a call to the writer and waits for its answer.
    pub(crate) async fn call<T, F>(&self, verb: Verb, rows: usize, keep: fn(&T) -> bool, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Desk<'_>) -> Result<T> + Send + 'static,
    {
        let (mut errand, reply) = Errand::new(verb, rows, work);
        errand.keep = keep;
        match &self.0.hand {
            Hand::Inline(writer) => {
                writer.lock().unwrap_or_else(PoisonError::into_inner).group(vec![Box::new(errand)]);
                reply.take()
            }
            Hand::Thread { calls, .. } => {
                let closed = || StoreError::new(Fault::Gone, "reach the store: it was closed");
                let calls = calls.as_ref().ok_or_else(closed)?;
                calls.send(Box::new(errand)).await.map_err(|_| closed())?;
                reply.wait().await
            }
        }
    }

    /// Asks a question of a connection that only reads, in one snapshot.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection, Now) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let now = Now::of(&*self.0.clock);
        if matches!(self.0.hand, Hand::Inline(_)) {
            return self.0.read(now, question);
        }
        let closed = |_| StoreError::new(Fault::Gone, "reach the store: it was closed");
        let _turn = self.0.reading.acquire().await.map_err(closed)?;
        let inner = Arc::clone(&self.0);
        let asked = tokio::task::spawn_blocking(move || inner.read(now, question)).await;
        asked.unwrap_or_else(|lost| match lost.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(StoreError::new(Fault::Gone, "ask the store: the runtime stops")),
        })
    }
}

impl Inner {
    fn read<T>(&self, now: Now, question: impl FnOnce(&Connection, Now) -> Result<T>) -> Result<T> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let db = match idle {
            Some(db) => db,
            None => connect::reader(&self.shared.options)?,
        };
        if !self.shared.options.migrate {
            // Whoever opened it so mostly asks, and its writer has no reason to look.
            self.shared.look_at_disk(&db, &*self.clock);
        }
        let answer = in_snapshot(&db, now, question);
        let trusted =
            answer.as_ref().err().is_none_or(|error| matches!(error.fault(), Fault::Busy | Fault::Refused(_)));
        if trusted && db.is_autocommit() {
            self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(db);
        }
        answer
    }

    /// Somebody waits for changes, as long as the answer lives.
    pub fn waiting(&self) -> Option<crate::wake::Waiting> {
        match &self.hand {
            Hand::Thread { watcher, .. } => Some(watcher.waiting()),
            Hand::Inline(_) => None,
        }
    }
}

fn in_snapshot<T>(db: &Connection, now: Now, question: impl FnOnce(&Connection, Now) -> Result<T>) -> Result<T> {
    let execute = |sql| {
        let run = db.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
        run.map_err(while_doing("ask the store"))
    };
    execute("BEGIN")?;
    let answer = question(db, now);
    execute("COMMIT")?;
    answer
}

impl Hand {
    fn thread(writer: Writer, shared: Arc<Shared>) -> Result<Hand> {
        let (calls, waiting) = mpsc::channel(WAITING_MAX);
        let watcher = Watcher::start(shared)?;
        let thread = std::thread::Builder::new().name("banto-write".into()).spawn(move || writer.serve(waiting));
        let failed = |error| StoreError::new(Fault::Gone, format!("start a thread: {error}"));
        Ok(Hand::Thread { calls: Some(calls), thread: Some(thread.map_err(failed)?), watcher })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Relaxed);
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        let Hand::Thread { calls, thread, .. } = self else { return };
        drop(calls.take());
        // A closure that held the last handle runs on the writer itself, which cannot wait for its own end.
        if let Some(thread) = thread.take().filter(|thread| thread.thread().id() != std::thread::current().id()) {
            let _panicked = thread.join();
        }
    }
}

/// Random bits from the operating system, and the number that changes are counted from.
fn start_of(db: &Connection) -> Result<(u64, u64)> {
    db.query_row("SELECT random(), news FROM banto_tally", [], |row| {
        Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?.cast_unsigned()))
    })
    .map_err(while_doing("read the store's tally"))
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sqlite").field(&self.0.shared.options.path).finish()
    }
}
