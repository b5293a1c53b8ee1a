//! `changed`: waking those who wait for work or orders.
//!
//! What this process commits wakes it at once. What others commit is noticed by one thread that asks SQLite for its
//! `data_version` every 35 ms, and only while somebody waits: it reads a number in shared memory, a few microseconds.
//! The file counts its own news, so a commit without any (a beat, a renewal, a finish) wakes nobody.

use std::{
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use rusqlite::Connection;

use crate::{connect, error::Result, shared::Shared};

/// How often the file is asked while somebody waits.
const TICK: Duration = Duration::from_millis(35);

/// The thread that watches the file for others' commits.
pub(crate) struct Watcher {
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    waiting: Mutex<usize>,
    wake: Condvar,
    closed: AtomicBool,
}

/// Somebody waits, as long as this lives.
pub(crate) struct Waiting(Arc<State>);

impl Watcher {
    /// Starts the thread.
    pub fn start(shared: Arc<Shared>) -> Result<Watcher> {
        let db = connect::reader(&shared.options)?;
        let state = Arc::new(State::default());
        let watched = Arc::clone(&state);
        let thread = std::thread::Builder::new().name("banto-watch".into()).spawn(move || watched.watch(&db, &shared));
        let failed = |error| banto_store::StoreError::new(banto_store::Fault::Gone, format!("start a thread: {error}"));
        Ok(Watcher { state, thread: Some(thread.map_err(failed)?) })
    }

    /// Counts somebody who waits.
    pub fn waiting(&self) -> Waiting {
        *lock(&self.state.waiting) += 1;
        self.state.wake.notify_one();
        Waiting(Arc::clone(&self.state))
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.state.closed.store(true, Ordering::SeqCst);
        // The lock, so that the thread is either before its look at `closed` or already waiting.
        drop(lock(&self.state.waiting));
        self.state.wake.notify_one();
        if let Some(thread) = self.thread.take().filter(|thread| thread.thread().id() != std::thread::current().id()) {
            let _panicked = thread.join();
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        *lock(&self.0.waiting) -= 1;
    }
}

impl State {
    fn watch(&self, db: &Connection, shared: &Shared) {
        let mut seen = None;
        while self.wait() {
            let version = db
                .prepare_cached("PRAGMA data_version")
                .and_then(|mut ask| ask.query_row([], |row| row.get::<_, i64>(0)))
                .ok();
            if version.is_none() || version != seen {
                seen = version;
                let news = db
                    .prepare_cached("SELECT news FROM banto_tally")
                    .and_then(|mut find| find.query_row([], |row| row.get::<_, i64>(0)));
                if let Ok(news) = news {
                    shared.hear(news.cast_unsigned());
                }
            }
            let waiting = lock(&self.waiting);
            if *waiting > 0 && !self.closed.load(Ordering::SeqCst) {
                drop(self.wake.wait_timeout(waiting, TICK));
            }
        }
    }

    /// Sleeps while nobody waits; says whether there is anybody at all.
    fn wait(&self) -> bool {
        let mut waiting = lock(&self.waiting);
        loop {
            if self.closed.load(Ordering::SeqCst) {
                return false;
            }
            if *waiting > 0 {
                return true;
            }
            waiting = self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn lock(mutex: &Mutex<usize>) -> std::sync::MutexGuard<'_, usize> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
