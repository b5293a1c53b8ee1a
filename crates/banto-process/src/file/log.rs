//! The file, open: appends whole lines, and turns it when it must.
//!
//! Each write holds the file's lock and looks whether the path still leads to this file, so no line goes into one that
//! somebody has turned. A write that finds no room leaves no half a line. Where the lock cannot be had, lines are written
//! all the same and nothing turns.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use banto_core::text::visible;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{
    Keep, OutputFile, Tidy,
    lock::Lock,
    names::{NUMBER_MAX, Names, with},
};

/// How often a file may be turned or moved away by others before it is written to as it is.
const FOLLOWS_MAX: u32 = 100;

/// A file that is appended to.
#[derive(Debug)]
pub struct Log {
    spec: OutputFile,
    names: Names,
    zone: TimeZone,
    path: PathBuf,
    file: File,
    /// The day of its last line.
    day: Option<Date>,
    /// The day up to which old files were looked at.
    tidied: Option<Date>,
    /// It could not turn the last time.
    grows: bool,
}

impl Log {
    /// Opens or makes the file; `wall_ms` is now, in milliseconds since 1970. One of yesterday turns at the first line.
    /// Fails if the file cannot be written or the zone is not known.
    pub fn open(spec: &OutputFile, wall_ms: i64) -> io::Result<Log> {
        let zone = spec.zone().map_err(io::Error::other)?;
        let names = Names::of(spec);
        let path = names.current(date(&zone, wall_ms));
        let file = open(&path)?;
        let mut log = Log { spec: spec.clone(), names, zone, path, file, day: None, tidied: None, grows: false };
        log.date_from_file()?;
        Ok(log)
    }

    /// Appends whole lines, and turns the file first if it must. All of `text` is written, or an error is answered and
    /// nothing of it is.
    pub fn write(&mut self, text: &str, wall_ms: i64) -> io::Result<()> {
        let today = date(&self.zone, wall_ms);
        for _ in 0..FOLLOWS_MAX {
            self.follow(today)?;
            let lock = Lock::of(&self.file);
            if lock.is_some() && !self.is_there() {
                continue;
            }
            if lock.is_some() && self.must_turn(text.len() as u64, today)? && self.turned(today) {
                continue;
            }
            self.append(text, lock.is_some())?;
            self.day = today;
            return Ok(());
        }
        Err(io::Error::other("it is turned or moved away again and again"))
    }

    /// What there is to tidy, once a day and after each turn: to be done now, or on another thread.
    pub fn tidy(&mut self, wall_ms: i64) -> Option<Tidy> {
        let today = date(&self.zone, wall_ms);
        if self.tidied == today {
            return None;
        }
        self.tidied = today;
        let (names, zone) = (self.names.clone(), self.zone.clone());
        Some(Tidy { names, zone, keep: self.spec.keep, compress: self.spec.compress, today, now_ms: wall_ms })
    }

    /// All of the text, or nothing.
    fn append(&mut self, text: &str, alone: bool) -> io::Result<()> {
        let before = self.file.metadata()?.len();
        let Err(error) = self.file.write_all(text.as_bytes()) else { return Ok(()) };
        if alone {
            // Half a line would be taken for a line. Where it cannot be taken back, it stays.
            let _ = self.file.set_len(before);
        }
        Err(error)
    }

    fn must_turn(&self, more: u64, today: Option<Date>) -> io::Result<bool> {
        let bytes = self.file.metadata()?.len();
        let full = self.spec.bytes_max.is_some_and(|max| bytes + more > max);
        let old = self.spec.daily && !self.spec.dated && self.day.is_some() && self.day < today;
        Ok(bytes > 0 && (full || old))
    }

    /// If the day's path leads to another file by now, that one is meant.
    fn follow(&mut self, today: Option<Date>) -> io::Result<()> {
        let path = self.names.current(today);
        if path != self.path || !self.is_there() {
            self.file = open(&path)?;
            self.path = path;
            self.date_from_file()?;
        }
        Ok(())
    }

    fn is_there(&self) -> bool {
        let (Ok(own), Ok(there)) = (self.file.metadata(), fs::metadata(&self.path)) else { return false };
        (own.dev(), own.ino()) == (there.dev(), there.ino())
    }

    /// Turns the file; one that cannot turn grows on, which is said once.
    fn turned(&mut self, today: Option<Date>) -> bool {
        let turned = self.turn(today);
        if let Err(error) = &turned
            && !self.grows
        {
            let file = visible(&self.path.to_string_lossy(), 200);
            tracing::warn!(file, %error, "a log file cannot turn and grows on; let its folder be written to");
        }
        self.grows = turned.is_err();
        let turned = turned.unwrap_or(false);
        if turned {
            self.tidied = None;
        }
        turned
    }

    /// Moves the file, whose lock is held, out of the way; answers whether it could.
    fn turn(&self, today: Option<Date>) -> io::Result<bool> {
        if self.spec.dated {
            let turned = self.names.turned(today)?;
            let last = turned.iter().filter(|one| one.day == today).map(|one| one.number).max().unwrap_or(0);
            if last < NUMBER_MAX {
                fs::rename(&self.path, self.names.turned_to(today, last + 1))?;
            }
            return Ok(last < NUMBER_MAX);
        }
        // The numbers are everybody's: nobody else may move them, nor compress what they name.
        let Some(_folder) = File::open(self.names.folder()).ok().and_then(|folder| Lock::of(&folder)) else {
            return Ok(false);
        };
        let kept = match self.spec.keep {
            Keep::Files(count) => count.min(NUMBER_MAX),
            Keep::Age(_) => NUMBER_MAX,
        };
        for one in self.names.turned(None)?.iter().rev() {
            match one.number >= kept {
                true => gone(fs::remove_file(&one.path))?,
                false => gone(fs::rename(&one.path, with(&self.names.turned_to(None, one.number + 1), one.rest)))?,
            }
        }
        match kept {
            0 => fs::remove_file(&self.path)?,
            _ => fs::rename(&self.path, self.names.turned_to(None, 1))?,
        }
        Ok(true)
    }

    fn date_from_file(&mut self) -> io::Result<()> {
        let meta = self.file.metadata()?;
        self.day = if meta.len() == 0 { None } else { date(&self.zone, meta.mtime().saturating_mul(1_000)) };
        Ok(())
    }
}

fn date(zone: &TimeZone, wall_ms: i64) -> Option<Date> {
    Timestamp::from_millisecond(wall_ms).ok().map(|at| at.to_zoned(zone.clone()).date())
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

/// What is gone already needs no moving.
fn gone(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
