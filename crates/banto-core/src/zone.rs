//! Time zones, and what their clock changes do.
//!
//! For schedules, which are written in somebody's local time. The zones come from the database that is built in, never
//! from a file, so that a slim image knows them all and every instance knows the same. Between two clock changes local
//! time and instants map one to one: a `Segment`; all that is special happens at its ends.

use std::{fmt, str::FromStr, sync::Arc};

use jiff::{
    Timestamp,
    tz::{TimeZone, TimeZoneDatabase},
};
use serde::{Deserialize, Serialize};

use crate::{
    civil::{kept_as_text, shown},
    refusal::Refusal,
};

/// A time zone by its name in the built-in database, as `Europe/Berlin`. Displays as that name.
#[derive(Clone)]
pub struct Zone {
    zone: TimeZone,
    name: Arc<str>,
}

/// What becomes of a local time that a clock change leaps over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// It is skipped, and the ledger says so.
    Skip,
    /// It is due at the first instant after the gap; several become one.
    Next,
    /// It is due as if the clock had changed before it: 02:30 becomes 01:30.
    Before,
}

/// What becomes of a local time that comes twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fold {
    /// The first one counts; the second is skipped, and the ledger says so.
    First,
    /// The second one counts; the first is skipped, and the ledger says so.
    Second,
    /// Both count.
    Both,
}

/// A stretch of time, in seconds since 1970, in which the zone has one offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Its first second.
    pub start: i64,
    /// The first second after it.
    pub end: i64,
    /// Local time minus UTC, in seconds.
    pub offset: i64,
    /// The offset before it; its own where there was none.
    pub before: i64,
    /// The offset after it; its own where there is none.
    pub after: i64,
}

impl Zone {
    /// The zone of that name, in any case. Refuses a name that the built-in database does not hold, with a hint.
    pub fn new(name: &str) -> Result<Zone, Refusal> {
        let refused = || Refusal::new("a time zone", name, hint(name));
        if name.len() > 64 || !name.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(refused());
        }
        let zone = TimeZoneDatabase::bundled().get(name).map_err(|_| refused())?;
        let known: Arc<str> = zone.iana_name().filter(|_| !zone.is_unknown()).ok_or_else(refused)?.into();
        Ok(Zone { zone, name: known })
    }

    /// The zone without clock changes.
    pub fn utc() -> Zone {
        Zone { zone: TimeZone::UTC, name: "UTC".into() }
    }

    /// Whether it is the zone without clock changes.
    pub fn is_utc(&self) -> bool {
        &*self.name == "UTC"
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// Local time minus UTC at an instant (ms since 1970), in seconds.
    pub fn offset_s(&self, at_ms: i64) -> i64 {
        self.offset(at_ms.div_euclid(1_000))
    }

    /// An instant (ms since 1970) as its wall clock shows it: `Sun 2026-03-29 03:00 +02:00`.
    pub fn shown(&self, at_ms: i64) -> String {
        let at = at_ms.div_euclid(1_000);
        let offset = self.offset(at);
        let (sign, of) = (if offset < 0 { '-' } else { '+' }, offset.abs());
        format!("{} {sign}{:02}:{:02}", shown(at + offset), of / 3_600, of / 60 % 60)
    }

    /// The first clock change after an instant, both in ms since 1970.
    pub fn next_change(&self, after_ms: i64) -> Option<i64> {
        let mut at = after_ms.div_euclid(1_000);
        loop {
            let (change, offset) = self.following(at)?;
            if offset != self.offset(change - 1) {
                return Some(change * 1_000);
            }
            at = change;
        }
    }

    pub(crate) fn offset(&self, at: i64) -> i64 {
        i64::from(self.zone.to_offset(stamp(at)).seconds())
    }

    /// The stretch that holds the second `at`.
    pub(crate) fn segment(&self, at: i64) -> Segment {
        let offset = self.offset(at);
        let change = self.zone.preceding(stamp(at.saturating_add(1))).next();
        let start = change.map_or(i64::MIN, |change| change.timestamp().as_second());
        let before = if start == i64::MIN { offset } else { self.offset(start - 1) };
        self.ended(start, offset, before)
    }

    /// The stretch that follows one.
    pub(crate) fn after(&self, segment: Segment) -> Segment {
        self.ended(segment.end, segment.after, segment.offset)
    }

    fn ended(&self, start: i64, offset: i64, before: i64) -> Segment {
        let (end, after) = self.following(start).unwrap_or((i64::MAX, offset));
        Segment { start, end, offset, before, after }
    }

    fn following(&self, at: i64) -> Option<(i64, i64)> {
        let change = self.zone.following(stamp(at)).next()?;
        Some((change.timestamp().as_second(), i64::from(change.offset().seconds())))
    }

    /// The instant of a local time: the first of two, or the first valid one where it does not exist.
    pub(crate) fn instant(&self, local: i64) -> i64 {
        // Whatever the zone, the instant lies within 26 hours of local time read as UTC.
        let mut segment = self.segment(local.saturating_sub(26 * 3_600));
        while segment.end != i64::MAX && local - segment.offset >= segment.end {
            segment = self.after(segment);
        }
        (local - segment.offset).max(segment.start)
    }
}

/// The same second for jiff, or the last it knows of: the end of 9999 less the widest offset.
fn stamp(at: i64) -> Timestamp {
    Timestamp::from_second(at).unwrap_or(if at < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// What may have been meant: a zone whose last part sounds like it.
fn hint(name: &str) -> String {
    let wanted = name.rsplit('/').next().unwrap_or_default().to_lowercase().replace(' ', "_");
    let database = TimeZoneDatabase::bundled();
    let near = |known: &&str| {
        let last = known.rsplit('/').next().unwrap_or_default().to_lowercase();
        wanted.len() >= 3 && wanted.len() <= 32 && known.contains('/') && distance(&last, &wanted) <= wanted.len() / 5
    };
    let known: Vec<String> = database.available().map(|known| known.as_str().to_owned()).collect();
    let near: Vec<&str> = known.iter().map(String::as_str).filter(near).take(3).collect();
    match near.as_slice() {
        [] => "a place of the time zone database is wanted, as Europe/Berlin, or UTC".to_owned(),
        near => format!("no zone has this name; is it {}?", near.join(" or ")),
    }
}

/// How many letters must be changed, added or left out.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (above, a) in one.chars().enumerate() {
        let (mut corner, mut left) = (above, above + 1);
        for (cell, b) in row.iter_mut().skip(1).zip(&other) {
            let best = (corner + usize::from(a != *b)).min(left + 1).min(*cell + 1);
            (corner, left, *cell) = (*cell, best, best);
        }
    }
    row.last().copied().unwrap_or_default()
}

impl Default for Zone {
    fn default() -> Zone {
        Zone::utc()
    }
}

impl FromStr for Zone {
    type Err = Refusal;
    fn from_str(name: &str) -> Result<Zone, Refusal> {
        Zone::new(name)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Zone) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

kept_as_text!(Zone);

#[cfg(test)]
#[path = "zone_tests.rs"]
mod tests;
