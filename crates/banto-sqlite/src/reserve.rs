//! The emergency reserve: room on the disk that is kept so that running jobs can still finish when it is full.
//!
//! A file beside the store whose blocks are really allotted. When the disk is full it is given up: new work is refused,
//! while finishes, renewals, rescues, orders and prunes go on in the room it leaves. Once there is room again, on the
//! disk or in the file, it is allotted anew and work is taken again. Several processes share one reserve: each looks.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rusqlite::Connection;
use rustix::{fs::FallocateFlags, io::Errno};

/// How often the disk is looked at, in milliseconds.
const LOOK_MS: i64 = 100;

/// The reserve of one store.
pub(crate) struct Reserve {
    path: PathBuf,
    bytes: u64,
    full: bool,
    looked: Option<i64>,
}

impl Reserve {
    /// Allots the reserve beside the store, if there is room.
    pub fn open(store: &Path, bytes: u64) -> Reserve {
        let mut name = store.as_os_str().to_owned();
        name.push("-reserve");
        let mut reserve = Reserve { path: PathBuf::from(name), bytes, full: false, looked: None };
        if bytes > 0 && !reserve.held() {
            reserve.full = reserve.allot().is_err();
        }
        reserve
    }

    /// Whether growing calls are refused.
    pub fn full(&self) -> bool {
        self.full
    }

    /// What an operator should know.
    pub fn notice(&self) -> Option<String> {
        self.full.then(|| "the disk is full: new work is refused, running jobs still finish; free some room".to_owned())
    }

    /// Looks, now and then, whether there is room.
    pub fn look(&mut self, db: &Connection, steady: i64) {
        if self.bytes == 0 || self.looked.is_some_and(|at| (0..LOOK_MS).contains(&(steady - at))) {
            return;
        }
        self.looked = Some(steady);
        let held = self.held();
        if !held {
            // The WAL may hold what a prune or an operator made room for.
            let _busy = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        }
        let (free, inside) = (self.free_on_disk(), free_in_file(db));
        let room = free >= self.bytes || inside >= self.bytes;
        self.full = match (held, room) {
            (true, room) => !room,
            (false, true) => self.allot().is_err(),
            (false, false) => true,
        };
    }

    /// Leaves the room to those who must still write; says whether there was anything to leave.
    pub fn give_up(&mut self) -> bool {
        let held = self.bytes > 0 && self.held();
        self.full = self.bytes > 0;
        held && fs::remove_file(&self.path).is_ok()
    }

    fn held(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|file| file.blocks() * 512 >= self.bytes)
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
    let ask = |pragma| db.query_row(pragma, [], |row| row.get::<_, i64>(0)).unwrap_or(0);
    ask("PRAGMA freelist_count").cast_unsigned() * ask("PRAGMA page_size").cast_unsigned()
}
