//! A file that output is appended to, and that turns by size and at local midnight.
//!
//! For commands whose output people look for in a file. Our own roller, because the known one turns at midnight of UTC.
//! `app.log` becomes `app.log.1`, that becomes `app.log.2`, and what is over the number kept is removed. Several
//! processes may append to one file: whoever turns it holds its lock, and the others notice and follow; so they do when
//! somebody else moves the file away. It never writes control bytes: its text was made visible before.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use banto_core::text::visible;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rustix::fs::{Access, FlockOperation, access, flock};

/// Where output is appended, and when the file turns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// The file; its folder must be there.
    pub path: PathBuf,
    /// It turns before it grows over so many bytes; none is never.
    pub bytes_max: Option<u64>,
    /// It turns at local midnight.
    pub daily: bool,
    /// How many turned files are kept; with 0 a file that turns is gone.
    pub keep: u32,
    /// The time zone whose midnight is meant, by name; none is the machine's.
    pub zone: Option<String>,
}

impl OutputFile {
    /// A file that turns at 64 MiB, with five kept.
    pub fn new(path: impl Into<PathBuf>) -> OutputFile {
        OutputFile { path: path.into(), bytes_max: Some(64 << 20), daily: false, keep: 5, zone: None }
    }

    /// What is wrong with it; the texts fit after "could not".
    pub(crate) fn faults(&self) -> Vec<String> {
        let shown = visible(&self.path.to_string_lossy(), 200);
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let place = match fs::metadata(&self.path) {
            Ok(meta) if meta.is_dir() => Err("it is a directory".to_owned()),
            Ok(_) => access(&self.path, Access::WRITE_OK).map_err(|error| error.to_string()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.to_string()),
            Err(_) if !folder.is_dir() => Err("its folder is not there; make it".to_owned()),
            Err(_) => access(folder, Access::WRITE_OK).map_err(|error| format!("its folder: {error}")),
        };
        let place = place.err().map(|why| format!("write to \"{shown}\": {why}"));
        let zone = self.zone().err();
        let size = (self.bytes_max == Some(0)).then(|| format!("turn \"{shown}\" at 0 bytes; 1 or more is allowed"));
        place.into_iter().chain(zone).chain(size).collect()
    }

    fn zone(&self) -> Result<TimeZone, String> {
        let Some(name) = &self.zone else { return Ok(TimeZone::system()) };
        TimeZone::get(name).map_err(|_| {
            format!(
                "find the time zone \"{}\"; a name such as Europe/Berlin or Asia/Tokyo is allowed",
                visible(name, 80)
            )
        })
    }
}

/// The file, open.
#[derive(Debug)]
pub(crate) struct Log {
    spec: OutputFile,
    zone: TimeZone,
    file: File,
    /// The day of its last line.
    day: Option<Date>,
}

impl Log {
    /// Opens or makes the file. One of yesterday turns at the first line.
    pub fn open(spec: &OutputFile) -> io::Result<Log> {
        let zone = spec.zone().map_err(io::Error::other)?;
        let file = open(&spec.path)?;
        let mut log = Log { spec: spec.clone(), zone, file, day: None };
        log.date_from_file()?;
        Ok(log)
    }

    /// Appends whole lines, and turns the file first if it must. All of `text` is written or an error is answered.
    pub fn write(&mut self, text: &str, wall_ms: i64) -> io::Result<()> {
        self.follow()?;
        let today = self.date(wall_ms);
        if self.must_turn(text.len() as u64, today)? {
            self.turn()?;
        }
        self.file.write_all(text.as_bytes())?;
        self.day = today;
        Ok(())
    }

    fn must_turn(&self, more: u64, today: Option<Date>) -> io::Result<bool> {
        let bytes = self.file.metadata()?.len();
        let full = self.spec.bytes_max.is_some_and(|max| bytes + more > max);
        let old = self.spec.daily && self.day.is_some() && self.day < today;
        Ok(bytes > 0 && (full || old))
    }

    /// If the path leads to another file by now, that one is meant.
    fn follow(&mut self) -> io::Result<()> {
        if !self.is_there() {
            self.file = open(&self.spec.path)?;
            self.date_from_file()?;
        }
        Ok(())
    }

    fn is_there(&self) -> bool {
        let (Ok(own), Ok(there)) = (self.file.metadata(), fs::metadata(&self.spec.path)) else { return false };
        (own.dev(), own.ino()) == (there.dev(), there.ino())
    }

    fn turn(&mut self) -> io::Result<()> {
        flock(&self.file, FlockOperation::LockExclusive)?;
        // Whoever held the lock before us may have turned it.
        if self.is_there() {
            for number in (1..self.spec.keep).rev() {
                renamed(&self.numbered(number), &self.numbered(number + 1))?;
            }
            match self.spec.keep {
                0 => fs::remove_file(&self.spec.path)?,
                _ => renamed(&self.spec.path, &self.numbered(1))?,
            }
        }
        self.file = open(&self.spec.path)?;
        self.day = None;
        Ok(())
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut path = self.spec.path.clone().into_os_string();
        path.push(format!(".{number}"));
        path.into()
    }

    fn date_from_file(&mut self) -> io::Result<()> {
        let meta = self.file.metadata()?;
        self.day = if meta.len() == 0 { None } else { self.date(meta.mtime().saturating_mul(1_000)) };
        Ok(())
    }

    fn date(&self, wall_ms: i64) -> Option<Date> {
        Timestamp::from_millisecond(wall_ms).ok().map(|at| at.to_zoned(self.zone.clone()).date())
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

fn renamed(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
