//! The emergency reserve: room on the disk that is kept so that running jobs can still finish when it is full.
//!
//! A file beside the store whose blocks are really allotted. When the disk is full it is given up: new jobs are refused,
//! while all else goes on in the room it leaves. Claims stop when half of that is gone, because what runs must still be
//! able to finish; before that they must not, because a backlog that is worked off and pruned is what makes room. Once
//! there is room again, on the disk or in the file, the reserve is allotted anew and jobs are taken again. Several
//! processes share one reserve: each looks.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rusqlite::Connection;
use rustix::{fs::FallocateFlags, io::Errno};

/// How often the disk is looked at, in milliseconds.
const LOOK_MS: u64 = 100;

/// The reserve of one store.
pub(crate) struct Reserve {
    path: PathBuf,
    bytes: u64,
    full: bool,
    tight: bool,
    looked: Option<u64>,
}

impl Reserve {
    /// Allots the reserve beside the store, if there is room.
    pub fn open(store: &Path, bytes: u64) -> Reserve {
        let mut name = store.as_os_str().to_owned();
        name.push("-reserve");
        let mut reserve = Reserve { path: PathBuf::from(name), bytes, full: false, tight: false, looked: None };
        if bytes > 0 && !reserve.held() {
            reserve.full = reserve.allot().is_err();
        }
        reserve
    }

    /// Whether new jobs are refused.
    pub fn full(&self) -> bool {
        self.full
    }

    /// Whether claims are refused too.
    pub fn tight(&self) -> bool {
        self.tight
    }

    /// What an operator should know.
    pub fn notice(&self) -> Option<String> {
        self.full
            .then(|| "the disk is full: new jobs are refused, running ones still finish; free some room".to_owned())
    }

    /// Looks, now and then, whether there is room.
    pub fn look(&mut self, db: &Connection, steady_ms: u64) {
        // After a restart of the machine (given clocks do that) the difference wraps, and it looks.
        if self.looked.is_some_and(|at| steady_ms.wrapping_sub(at) < LOOK_MS) {
            return;
        }
        self.looked = Some(steady_ms);
        if self.bytes == 0 {
            // Without a reserve there is nothing to compare with: SQLite is asked again.
            (self.full, self.tight) = (false, false);
            return;
        }
        let held = self.held();
        if !held && growth(db) <= self.free_on_disk() {
            // The WAL may hold the room that is looked for; where carrying it over would not fit, it would only eat more.
            let _busy = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        }
        let inside = free_in_file(db);
        // Room in the file is reached through the WAL, which needs some on the disk: so much.
        let for_wal = self.bytes / 8;
        let held = match self.free_on_disk() {
            free if held && inside >= self.bytes && free < for_wal => !self.give_up(),
            free if !held && free >= self.bytes + for_wal => self.allot().is_ok(),
            _ => held,
        };
        let free = self.free_on_disk();
        self.full = if inside >= self.bytes { free < for_wal } else { !held || free < self.bytes };
        self.tight = !held && free.saturating_add(inside) < self.bytes / 2;
    }

    /// SQLite met the end of the disk: new jobs are refused until a look finds room, and so are claims if there is no
    /// reserve to go on in.
    pub fn meet_end(&mut self) {
        (self.full, self.tight) = (true, !self.held());
    }

    /// Leaves the room to those who must still write; says whether there was anything to leave.
    pub fn give_up(&mut self) -> bool {
        self.held() && fs::remove_file(&self.path).is_ok()
    }

    fn held(&self) -> bool {
        self.bytes > 0 && fs::metadata(&self.path).is_ok_and(|file| file.blocks() * 512 >= self.bytes)
    }

    fn allot(&self) -> io::Result<()> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&self.path)?;
        let allotted = match rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, self.bytes) {
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => fill(&file, self.bytes),
            other => other.map_err(io::Error::from),
        };
        if allotted.is_err() {
            // A part of a reserve only takes room from others.
            let _gone = fs::remove_file(&self.path);
        }
        allotted
    }

    /// What is not known is taken for plenty: SQLite itself says when the disk is full.
    fn free_on_disk(&self) -> u64 {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        rustix::fs::statvfs(folder).map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

/// Where blocks cannot be asked for, they are written.
fn fill(mut file: &File, bytes: u64) -> io::Result<()> {
    let block = [0; 65_536];
    let mut left = bytes;
    while left > 0 {
        let part = usize::try_from(left).unwrap_or(block.len()).min(block.len());
        file.write_all(block.get(..part).unwrap_or(&block))?;
        left -= part as u64;
    }
    file.sync_all()
}

/// Room in pages of the file that nothing uses.
fn free_in_file(db: &Connection) -> u64 {
    ask(db, "PRAGMA freelist_count") * ask(db, "PRAGMA page_size")
}

/// How much the file would grow if all that waits in the WAL were carried over.
fn growth(db: &Connection) -> u64 {
    let size = db.path().and_then(|path| fs::metadata(path).ok()).map_or(0, |file| file.len());
    (ask(db, "PRAGMA page_count") * ask(db, "PRAGMA page_size")).saturating_sub(size)
}

fn ask(db: &Connection, pragma: &str) -> u64 {
    db.query_row(pragma, [], |row| row.get::<_, i64>(0)).unwrap_or(0).cast_unsigned()
}

#[cfg(test)]
#[path = "reserve_tests.rs"]
mod tests;
