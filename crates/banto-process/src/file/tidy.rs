//! What becomes of turned files: they are compressed, and removed when their time is over.
//!
//! For whoever writes the file, now or on another thread. One process at a time tidies a folder; the others leave it to that
//! one. A file is compressed beside itself, brought to the disk, and only then given its name; a crash at any moment leaves
//! its lines there once, and what it left over is taken up the next time. Never touches the file that is written to.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use jiff::{civil::Date, tz::TimeZone};

use super::{
    Keep,
    lock::Lock,
    names::{CLOSED, GZ, NUMBER_MAX, Names, PART, Turned, with},
};

/// Work on turned files that is to be done.
#[derive(Debug)]
pub struct Tidy {
    pub(super) names: Names,
    pub(super) zone: TimeZone,
    pub(super) keep: Keep,
    pub(super) compress: bool,
    pub(super) today: Option<Date>,
    pub(super) now_ms: i64,
}

impl Tidy {
    /// Does it. It may take a second for each 64 MiB to compress. What cannot be done is left for the next time, and the
    /// first error is answered.
    pub fn run(self) -> io::Result<()> {
        let Some(_folder) = Lock::now(&File::open(self.names.folder())?) else { return Ok(()) };
        let mut first = Ok(());
        let mut kept = 0;
        for one in self.names.turned(self.today)? {
            let done = match one.rest {
                PART => fs::remove_file(&one.path),
                _ if self.is_over(&one, kept) => fs::remove_file(&one.path),
                rest => {
                    kept += 1;
                    if self.compress && rest != GZ { self.compress(&one) } else { Ok(()) }
                }
            };
            if first.is_ok() {
                first = done;
            }
        }
        first
    }

    /// Whether it is to be removed, when so many newer ones are kept.
    fn is_over(&self, one: &Turned, kept: u32) -> bool {
        let age_ms = match self.keep {
            Keep::Files(count) => return kept >= count,
            Keep::Age(ms) => i64::try_from(ms).unwrap_or(i64::MAX),
        };
        let ended = match one.day {
            Some(day) => {
                day.tomorrow().ok().and_then(|next| next.to_zoned(self.zone.clone()).ok()).map(|at| at.timestamp())
            }
            None => fs::metadata(&one.path).and_then(|meta| meta.modified()).ok().and_then(|at| at.try_into().ok()),
        };
        ended.is_some_and(|at| at.as_millisecond().saturating_add(age_ms) <= self.now_ms)
    }

    fn compress(&self, one: &Turned) -> io::Result<()> {
        let plain = self.names.turned_to(one.day, one.number);
        let from = match one.rest {
            "" if one.day.is_some() && one.number == 0 => {
                // Somebody whose clock is behind may still write to it; from here on such lines begin a file of their own.
                let file = File::open(&one.path)?;
                let Some(_lock) = Lock::of(&file) else { return Ok(()) };
                let closed = with(&plain, CLOSED);
                if closed.exists() {
                    return Ok(());
                }
                fs::rename(&one.path, &closed)?;
                closed
            }
            _ => one.path.clone(),
        };
        let part = with(&plain, PART);
        let done = compressed(&from, &part).and_then(|()| self.settle(&part, one));
        if done.is_err() {
            let _ = fs::remove_file(&part);
            return done;
        }
        fs::remove_file(&from)
    }

    /// Gives a compressed file its name: its own, or the next number of its day if another file has that.
    fn settle(&self, part: &Path, one: &Turned) -> io::Result<()> {
        let mut target = with(&self.names.turned_to(one.day, one.number), GZ);
        if target.exists() {
            if trailer(&target)? == trailer(part)? {
                // A crash came right after it was given its name.
                return fs::remove_file(part);
            }
            if one.day.is_some() {
                target = self.free(one.day)?;
            }
        }
        fs::rename(part, target)
    }

    fn free(&self, day: Option<Date>) -> io::Result<PathBuf> {
        let turned = self.names.turned(self.today)?;
        let last = turned.iter().filter(|one| one.day == day).map(|one| one.number).max().unwrap_or(0);
        match last < NUMBER_MAX {
            true => Ok(with(&self.names.turned_to(day, last + 1), GZ)),
            false => Err(io::Error::other("a day has too many files")),
        }
    }
}

/// Writes `from` as gzip to `to`, on the disk, with its time and rights.
fn compressed(from: &Path, to: &Path) -> io::Result<()> {
    let mut plain = File::open(from)?;
    let meta = plain.metadata()?;
    let out = OpenOptions::new().write(true).create(true).truncate(true).open(to)?;
    let mut packed = GzEncoder::new(out, Compression::default());
    io::copy(&mut plain, &mut packed)?;
    let out = packed.finish()?;
    out.set_permissions(meta.permissions())?;
    out.set_modified(meta.modified()?)?;
    out.sync_all()
}

/// The sum and the length of what was compressed, as gzip has them at its end.
fn trailer(path: &Path) -> io::Result<[u8; 8]> {
    let mut file = File::open(path)?;
    let mut end = [0; 8];
    file.seek(SeekFrom::End(-8))?;
    file.read_exact(&mut end)?;
    Ok(end)
}

#[cfg(test)]
#[path = "tidy_tests.rs"]
mod tests;
