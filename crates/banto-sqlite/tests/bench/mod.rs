//! Short words for the tests: a folder with a store in it, jobs, claims, verdicts.
#![allow(dead_code, clippy::allow_attributes, reason = "each test file uses its own part")]

use std::{
    future::Future,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    task::{Context, Poll, Waker},
};

use banto_core::{Ids, InstanceId, Job, JobId, Lease, Name, NewJob, Payload, State, Verdict};
use banto_sqlite::{Options, Sqlite, Store, rusqlite::Connection};
use banto_store::{Claim, Claimed, Clock, Finish, GivenClock, StoreError, SystemClock};
use tempfile::TempDir;

/// A folder of its own, and a clock that stands still.
pub struct Bench {
    pub folder: TempDir,
    pub clock: GivenClock,
}

pub const START: i64 = 1_767_225_600_000;

impl Bench {
    pub fn new() -> Bench {
        Bench { folder: tempfile::tempdir().unwrap(), clock: GivenClock::at(START) }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("banto.db")
    }

    pub fn options(&self) -> Options {
        Options { reserve_bytes: 0, busy_ms: 200, ..Options::of(self.path()) }
    }

    pub fn open(&self) -> Sqlite {
        Sqlite::open_with(self.options(), Arc::new(self.clock.clone())).unwrap()
    }

    pub fn inline(&self) -> Sqlite {
        Sqlite::inline(self.options(), Arc::new(self.clock.clone()), 7).unwrap()
    }

    /// A connection of the test's own, as any tool would open it.
    pub fn tool(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }

    /// One number out of the file.
    pub fn number(&self, sql: &str) -> i64 {
        self.tool().query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// A new job of queue `mail`; ids differ between processes too.
pub fn job() -> NewJob {
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    let seed = u64::from(std::process::id()) << 32 | DRAWN.fetch_add(1, Ordering::Relaxed);
    let id = Ids::new(seed).make(SystemClock.wall_ms());
    NewJob::new(id, name("send"), name("mail"), Payload::parse("{\"to\":1}").unwrap())
}

pub fn jobs(count: usize) -> Vec<NewJob> {
    (0..count).map(|_| job()).collect()
}

pub fn ids(jobs: &[NewJob]) -> Vec<JobId> {
    jobs.iter().map(|job| job.id).collect()
}

pub fn asks(limit: usize) -> Claim {
    Claim { instance: InstanceId(1), queues: vec![name("mail")], limit, lease_ms: 10_000, adopt: Vec::new() }
}

pub async fn claim(store: &Sqlite, limit: usize) -> Claimed {
    store.claim(asks(limit)).await.unwrap()
}

pub fn done((job, lease): &(Job, Lease)) -> Finish {
    let verdict = Verdict {
        to: State::Done,
        delay_ms: 0,
        attempt: job.attempt,
        crashes: 0,
        word: "done",
        error: None,
        park: None,
    };
    Finish { lease: *lease, verdict }
}

pub fn retry((job, lease): &(Job, Lease)) -> Finish {
    let verdict =
        Verdict { to: State::Ready, word: "retry", error: Some("no".into()), ..done(&(job.clone(), *lease)).verdict };
    Finish { lease: *lease, verdict }
}

/// The file holds.
pub async fn sound(store: &Sqlite) {
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

/// Holds the writer inside a transaction until the sender is dropped: whatever is asked meanwhile comes into one group.
pub async fn hold(store: &Sqlite) -> (mpsc::Sender<()>, tokio::task::JoinHandle<()>) {
    let (release, held) = mpsc::channel::<()>();
    let (entered, inside) = tokio::sync::oneshot::channel();
    let handle = store.clone();
    let hand = tokio::spawn(async move {
        let waits = move |_: &Connection| {
            let _there = entered.send(());
            let _released = held.recv();
            Ok::<_, StoreError>(())
        };
        handle.write(waits).await.unwrap();
    });
    inside.await.unwrap();
    (release, hand)
}

/// Asks a future once: it is on its way after that.
pub fn nudge<F: Future + Unpin>(future: &mut F) {
    let mut future = std::pin::Pin::new(future);
    assert!(matches!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
}
