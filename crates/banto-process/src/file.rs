//! A file that output is appended to, and that turns by size and at local midnight.
//!
//! For commands whose output people look for in a file, and for the log files of a worker. Our own roller, because the
//! known ones turn at midnight of UTC and follow nobody. A file is named in one of two ways. *Numbered*: `app.log` becomes
//! `app.log.1`, that becomes `app.log.2`. *Dated*: `app.log` is written as `app-20261129.log`; one that is full becomes
//! `app-20261129.1.log`, and today's always has the plain name. Several processes may append to one file: whoever writes
//! or turns holds its lock, and the others notice and follow; so they do when somebody else moves the file away. What has
//! turned may be compressed, and is removed when its time is over. It never writes control bytes (its text was made visible
//! before), and never touches a file whose name is not exactly one of its own.
//!
//! # Layout
//! - `names`: what files are called, and which of a folder are ours; `lock`: one at a time, but never for ever
//! - `log`: appends and turns; `tidy`: compresses and removes

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use banto_core::text::visible;
use jiff::tz::TimeZone;
use rustix::fs::{Access, access};

use crate::user;

mod lock;
mod log;
mod names;
mod tidy;

pub use log::Log;
pub use tidy::Tidy;

/// Where output is appended, and when the file turns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// The file; its folder must be there.
    pub path: PathBuf,
    /// It turns before it grows over so many bytes; none is never.
    pub bytes_max: Option<u64>,
    /// It turns at local midnight.
    pub daily: bool,
    /// It has its day in its name, and so turns at local midnight too.
    pub dated: bool,
    /// Which of the turned files are kept.
    pub keep: Keep,
    /// Turned files are compressed (gzip).
    pub compress: bool,
    /// The time zone whose midnight is meant, by name; none is the machine's.
    pub zone: Option<String>,
}

/// Which of the turned files are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// So many; with 0 a numbered file that turns is gone.
    Files(u32),
    /// Those that are younger, in milliseconds.
    Age(u64),
}

impl OutputFile {
    /// A numbered file that turns at 64 MiB, with five kept.
    pub fn new(path: impl Into<PathBuf>) -> OutputFile {
        OutputFile {
            path: path.into(),
            bytes_max: Some(64 << 20),
            daily: false,
            dated: false,
            keep: Keep::Files(5),
            compress: false,
            zone: None,
        }
    }

    /// What is wrong with it, before anything is written; the texts fit after "could not".
    pub fn faults(&self) -> Vec<String> {
        let folder = self.folder();
        let place = match fs::metadata(&self.path) {
            Ok(meta) if meta.is_dir() => Err("it is a directory; name a file".to_owned()),
            Ok(_) if !self.dated => access(&self.path, Access::WRITE_OK).map_err(|error| words(&error.into())),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(words(&error)),
            _ if !folder.is_dir() => Err("its folder is not there; make it".to_owned()),
            _ => access(folder, Access::WRITE_OK | Access::EXEC_OK)
                .map_err(|error| format!("its folder: {}", words(&error.into()))),
        };
        let place = place.err().map(|why| format!("write to {}: {why}", self.shown()));
        let zone = self.zone().err();
        let size =
            (self.bytes_max == Some(0)).then(|| format!("turn {} at 0 bytes; 1 or more is allowed", self.shown()));
        place.into_iter().chain(zone).chain(size).collect()
    }

    /// That it cannot be written, as a fragment that fits after "could not": the path, the user and the cure.
    pub fn fault(&self, error: &io::Error) -> String {
        format!("write to {}: {}", self.shown(), words(error))
    }

    /// The path, and who writes to it.
    fn shown(&self) -> String {
        format!("\"{}\" as {}", visible(&self.path.to_string_lossy(), 200), user::own())
    }

    fn folder(&self) -> &Path {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
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

/// What is wrong with a place, and what to do about it.
fn words(error: &io::Error) -> String {
    let cure = match error.kind() {
        io::ErrorKind::PermissionDenied => "let this user write there (chown or chmod), or name another place",
        io::ErrorKind::ReadOnlyFilesystem => "mount it for writing, or name another place",
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "a file stands where a folder is wanted; move it away, or name another place"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room there, or name another place",
        io::ErrorKind::NotFound => "make its folder, or name another place",
        _ => "name another place",
    };
    format!("{error}; {cure}")
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
