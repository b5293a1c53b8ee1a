//! What the writer, the readers and those who wait know together: the news, the state of the disk, the notices.

use std::{
    os::unix::fs::MetadataExt,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
};

use banto_store::{Clock, Fault, StoreError};
use rusqlite::Connection;
use tokio::sync::watch;

use crate::{
    call::Verb,
    connect::{Options, Synchronous, shown},
    error::{Result, while_doing},
    mark::{Height, Mark},
    reserve::Reserve,
};

/// Known by all parts of one open store.
pub(crate) struct Shared {
    pub news: watch::Sender<u64>,
    pub options: Options,
    /// Nobody has the store any more, so nobody waits for an answer.
    pub closed: AtomicBool,
    disk: Mutex<Disk>,
    said: Mutex<Vec<String>>,
}

struct Disk {
    /// Device and number of the file that was opened.
    file: Option<(u64, u64)>,
    reserve: Reserve,
    mark: Mark,
    reopened: u64,
    last: String,
}

/// The state of the file that a commit leaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct After {
    height: Height,
    news: u64,
}

impl Shared {
    pub fn new(options: Options, news: u64, reserve: Reserve, mark: Mark) -> Shared {
        let file = identity(&options.path);
        let disk = Disk { file, reserve, mark, reopened: 0, last: String::new() };
        let (news, disk, said) = (watch::Sender::new(news), Mutex::new(disk), Mutex::default());
        Shared { news, options, closed: AtomicBool::new(false), disk, said }
    }

    /// What an operator should know now.
    pub fn notices(&self) -> Vec<String> {
        let disk = self.disk();
        let mut notices = lock(&self.said).clone();
        notices.extend(disk.reserve.notice());
        if self.options.synchronous == Synchronous::Normal {
            notices.push(
                "synchronous=normal: a loss of power may take the last commits; synchronous=full does not".into(),
            );
        }
        if disk.reopened > 0 {
            notices.push(format!(
                "the file was opened anew {} times after a failure, the last time: {}",
                disk.reopened, disk.last
            ));
        }
        notices
    }

    /// Adds a notice that stays.
    pub fn say(&self, notice: String) {
        lock(&self.said).push(notice);
    }

    /// Drops the notices that begin so.
    pub fn unsay(&self, begin: &str) {
        lock(&self.said).retain(|notice| !notice.starts_with(begin));
    }

    /// The connection was given up.
    pub fn reopened(&self, error: &StoreError) {
        let mut disk = self.disk();
        disk.reopened += 1;
        disk.last = error.to_string();
    }

    /// Looks, now and then, whether there is room.
    pub fn look_at_disk(&self, db: &Connection, clock: &dyn Clock) {
        self.disk().reserve.look(db, clock.steady_ms());
    }

    /// Why nothing must be written any more, if the file is not the one that was opened: somebody moved, replaced or deleted
    /// it, and what is still written goes to a file that nobody will find.
    pub fn moved(&self) -> Option<StoreError> {
        let path = &self.options.path;
        (identity(path) != self.disk().file).then(|| {
            let what = format!(
                "write to \"{}\": it was moved, replaced or deleted while it was open; put it back, or restart",
                shown(path)
            );
            StoreError::new(Fault::Gone, what)
        })
    }

    /// SQLite met the end of the disk.
    pub fn disk_is_full(&self) {
        self.disk().reserve.meet_end();
    }

    /// Why such a call is refused, if it is.
    pub fn full(&self, verb: Verb) -> Option<StoreError> {
        let disk = self.disk();
        let what = match verb {
            Verb::Enqueue | Verb::Fire if disk.reserve.full() => "take more jobs",
            Verb::Claim if disk.reserve.tight() => "hand out more jobs",
            _ => return None,
        };
        let place = shown(&self.options.path);
        let what = format!(
            "{what}: the disk of \"{place}\" is full; running jobs still finish; \
             free some room (or prune), and it goes on by itself"
        );
        Some(StoreError::new(Fault::Full, what))
    }

    /// Gives the reserve to those who must still write; says whether there was one.
    pub fn give_up_reserve(&self) -> bool {
        self.disk().reserve.give_up()
    }

    /// What the file will hold once the open transaction is committed.
    pub fn mark_of(&self, db: &Connection) -> Result<Option<After>> {
        let read = |row: &rusqlite::Row<'_>| {
            let count = |at| row.get::<_, i64>(at).map(i64::cast_unsigned);
            Ok(After { height: Height { commits: count(0)?, accepted: count(1)? }, news: count(2)? })
        };
        db.prepare_cached("SELECT commits, accepted, news FROM banto_tally")
            .and_then(|mut find| find.query_row([], read))
            .map(Some)
            .map_err(while_doing("read the tally"))
    }

    /// The transaction is durable.
    pub fn committed(&self, after: After) {
        self.disk().mark.raise(after.height);
        self.hear(after.news);
    }

    /// There is work or there are orders, as far as the file says.
    pub fn hear(&self, news: u64) {
        self.news.send_if_modified(|known| {
            let newer = news > *known;
            if newer {
                *known = news;
            }
            newer
        });
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        lock(&self.disk)
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
