//! The markers of a period, counted over all files.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    ops::Range,
};

use flate2::read::MultiGzDecoder;

use crate::auth::{
    line::Told,
    source::{self, Found, Source},
    tail,
};

/// What the middleware writes when somebody comes in by the session.
pub const BREEZE: &str = "Breeze session authenticated";
/// … by the token.
pub const COGNITO: &str = "Cognito JWT authenticated";
/// … when somebody is not let in.
pub const FAILED: &str = "Authentication failed";
/// … when a token is good and its user is not in the database.
pub const UNMAPPED: &str = "Cognito user not found in database";

/// A compressed file is read from its beginning; one that grows beyond this is a trap.
const UNPACKED_BYTES_MAX: u64 = 8 << 30;

/// What was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Let in by the session.
    pub breeze: u64,
    /// Let in by the token.
    pub cognito: u64,
    /// Not let in.
    pub failed: u64,
    /// Tokens whose user is not there.
    pub unmapped: u64,
    /// Entries of the period, whatever they say.
    pub entries: u64,
    /// The newest entry of all files that were read, in milliseconds since 1970.
    pub newest_ms: Option<i64>,
    /// Files that were read.
    pub files: u64,
    /// What could not be read, and why; safe to show.
    pub problems: Vec<String>,
}

impl Counts {
    /// Requests that were let in.
    pub fn let_in(&self) -> u64 {
        self.breeze + self.cognito
    }

    /// Requests, by their outcome. A line of the log is none: most lines are of other things, and one request may write several.
    /// A user who is not there is not one more: it is the cause of a failure that is counted itself.
    pub fn requests(&self) -> u64 {
        self.let_in() + self.failed
    }
}

/// Counts what the files say of `period` (its beginning is in it, its end is not), in milliseconds since 1970. A file that was
/// last written to before is not read, but for the newest, which tells how old the log is.
pub fn count(found: Found, period: &Range<i64>, told: &Told) -> Counts {
    let mut counts = Counts { problems: found.problems, ..Counts::default() };
    for (index, source) in found.sources.iter().enumerate() {
        if index > 0 && source.written_ms.saturating_add(1000) < period.start {
            continue;
        }
        let mut here = Counts::default();
        match read(source, period, told, &mut here) {
            Ok(()) => counts.files += 1,
            Err(error) => counts.problems.push(source::problem(&source.path, &error)),
        }
        counts.add(&here);
    }
    counts
}

fn read(source: &Source, period: &Range<i64>, told: &Told, counts: &mut Counts) -> io::Result<()> {
    let file = File::open(&source.path)?;
    let mut each = |line: &[u8]| counts.take(line, period, told);
    if source.gzip {
        let text = MultiGzDecoder::new(BufReader::new(file)).take(UNPACKED_BYTES_MAX);
        tail::lines(&mut BufReader::new(text), &mut each)?;
    } else {
        tail::lines_since(&file, period.start, &|line| told.time_of(line), &mut each)?;
    }
    Ok(())
}

impl Counts {
    fn take(&mut self, line: &[u8], period: &Range<i64>, told: &Told) {
        let Some(entry) = told.entry(line) else { return };
        self.newest_ms = self.newest_ms.max(Some(entry.at_ms));
        if !period.contains(&entry.at_ms) {
            return;
        }
        self.entries += 1;
        for (marker, count) in [
            (BREEZE, &mut self.breeze),
            (COGNITO, &mut self.cognito),
            (FAILED, &mut self.failed),
            (UNMAPPED, &mut self.unmapped),
        ] {
            *count += u64::from(entry.message.contains(marker));
        }
    }

    fn add(&mut self, other: &Counts) {
        self.breeze += other.breeze;
        self.cognito += other.cognito;
        self.failed += other.failed;
        self.unmapped += other.unmapped;
        self.entries += other.entries;
        self.newest_ms = self.newest_ms.max(other.newest_ms);
    }
}

#[cfg(test)]
#[path = "count_tests.rs"]
mod tests;
