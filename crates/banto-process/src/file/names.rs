//! What a file and its turned ones are called, and which of a folder are ours.
//!
//! Pure but for one listing. A name is ours only if it is exactly what we would have written: `app.log.1` and `app.log.1.gz`,
//! or `app-20261129.log`, `app-20261129.2.log` and those with `.gz`. Everything else in the folder is not seen.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
};

use jiff::civil::Date;

use super::OutputFile;

/// The highest number of a turned file: what is beyond is removed.
pub(super) const NUMBER_MAX: u32 = 10_000;
/// What a compressed file's name ends with.
pub(super) const GZ: &str = ".gz";
/// What the name of one ends with that is not written to any more, and is about to be compressed.
pub(super) const CLOSED: &str = ".closed";
/// What the name of one ends with that is not compressed to its end.
pub(super) const PART: &str = ".gz.part";

/// The names of a file and its turned ones.
#[derive(Debug, Clone)]
pub(super) struct Names {
    path: PathBuf,
    folder: PathBuf,
    stem: OsString,
    /// With its dot.
    ending: OsString,
    dated: bool,
}

/// A file that has turned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turned {
    pub path: PathBuf,
    /// Its day, if that is in its name.
    pub day: Option<Date>,
    /// Its number; 0 is none.
    pub number: u32,
    /// What its name ends with beside: nothing, or one of [`GZ`], [`CLOSED`] and [`PART`].
    pub rest: &'static str,
}

impl Names {
    pub fn of(spec: &OutputFile) -> Names {
        let own = |text: Option<&OsStr>| text.map(OsStr::to_owned).unwrap_or_default();
        let mut ending = own(spec.path.extension());
        if !ending.is_empty() {
            let mut dotted = OsString::from(".");
            dotted.push(&ending);
            ending = dotted;
        }
        Names {
            path: spec.path.clone(),
            folder: spec.folder().to_owned(),
            stem: own(spec.path.file_stem()),
            ending,
            dated: spec.dated,
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file that lines of that day are written to.
    pub fn current(&self, day: Option<Date>) -> PathBuf {
        match day.filter(|_| self.dated) {
            Some(day) => self.turned_to(Some(day), 0),
            None => self.path.clone(),
        }
    }

    /// A turned file of that day and number.
    pub fn turned_to(&self, day: Option<Date>, number: u32) -> PathBuf {
        let mut name = OsString::new();
        match day {
            Some(day) => {
                name.push(&self.stem);
                name.push(day.strftime("-%Y%m%d").to_string());
                if number > 0 {
                    name.push(format!(".{number}"));
                }
                name.push(&self.ending);
            }
            None => {
                name.push(self.path.file_name().unwrap_or_default());
                name.push(format!(".{number}"));
            }
        }
        self.folder.join(name)
    }

    /// Every file that has turned, the newest first. Those of `today` without a number are still written to.
    pub fn turned(&self, today: Option<Date>) -> io::Result<Vec<Turned>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some((day, number, rest)) = name.to_str().and_then(|name| self.read(name)) else { continue };
            let closed = !self.dated || number > 0 || !rest.is_empty() || day < today;
            if closed && entry.file_type().is_ok_and(|kind| kind.is_file()) {
                found.push(Turned { path: entry.path(), day, number, rest });
            }
        }
        // Of one day, the plain one is the newest and 1 the oldest; without days, 1 is the newest.
        found.sort_by_key(|one| match one.day {
            Some(_) => (std::cmp::Reverse(one.day), one.number > 0, u32::MAX - one.number),
            None => (std::cmp::Reverse(None), false, one.number),
        });
        Ok(found)
    }

    /// The day, number and rest of a name, if it is one of ours.
    fn read(&self, name: &str) -> Option<(Option<Date>, u32, &'static str)> {
        let (name, rest) = rest_of(name);
        if !self.dated {
            let number = name.strip_prefix(self.path.file_name()?.to_str()?)?.strip_prefix('.')?;
            return Some((None, number_of(number)?, rest)).filter(|_| rest != CLOSED);
        }
        let middle = name.strip_prefix(self.stem.to_str()?)?.strip_prefix('-')?;
        let middle = middle.strip_suffix(self.ending.to_str()?)?;
        let (day, number) = match middle.split_once('.') {
            Some((day, number)) => (day, number_of(number)?),
            None => (middle, 0),
        };
        let plain = day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit());
        let day = plain.then(|| Date::strptime("%Y%m%d", day).ok()).flatten()?;
        Some((Some(day), number, rest)).filter(|_| rest != CLOSED || number == 0)
    }
}

fn rest_of(name: &str) -> (&str, &'static str) {
    let known = [PART, GZ, CLOSED].into_iter().find_map(|rest| Some((name.strip_suffix(rest)?, rest)));
    known.unwrap_or((name, ""))
}

/// A number from 1, written as we write it.
fn number_of(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number: &u32| *number >= 1 && *number <= NUMBER_MAX && number.to_string() == text)
}

/// The same path with something behind its name.
pub(super) fn with(path: &Path, rest: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(rest);
    name.into()
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
