//! When a schedule is due.
//!
//! For the scheduler, for previews and for lists. Every due instant comes out once and in order, and what must not run
//! is not left out but marked, so that the ledger can say why. What lies outside of a schedule's dates, weekdays and
//! spans of the day is not due at all: it has no occurrence. Which of them fire now is [`plan`](mod@crate::plan)'s business.

use std::collections::BTreeMap;

use crate::{
    civil::{Date, split},
    fire::Reason,
    limits::TIME_MS_MAX,
    schedule::{DaysOff, Schedule, Then, Timing},
    walk::{Found, Rule, Walk},
};

/// Due instants outside of dates, weekdays and spans of the day that one search looks at before it gives up: at one
/// for each day, half a century.
const OUTSIDE_MAX: u32 = 20_000;
/// Days within which the next business day must come.
const RUN_OF_DAYS_OFF_MAX: u32 = 1_000;

/// A due instant of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// When, in ms since 1970.
    pub at_ms: i64,
    /// Why it does not run: a day off, or a clock change.
    pub mark: Option<Reason>,
    /// What is to be said about it; often empty.
    pub note: String,
}

impl Schedule {
    /// The due instants after `after_ms` up to and with `until_ms` (ms since 1970), in order, at most `limit`.
    /// Nothing is due before 1970 or after 9999.
    pub fn occurrences(&self, after_ms: i64, until_ms: i64, limit: usize) -> Vec<Occurrence> {
        let from = after_ms.max(-1).div_euclid(1_000) + 1;
        let until = until_ms.min(TIME_MS_MAX).div_euclid(1_000);
        self.found(from, until).take(limit).map(Occurrence::from).collect()
    }

    /// The first due instant after `after_ms` that is not marked.
    pub fn next(&self, after_ms: i64) -> Option<Occurrence> {
        let from = after_ms.max(-1).div_euclid(1_000) + 1;
        self.found(from, TIME_MS_MAX / 1_000).find(|found| found.mark.is_none()).map(Occurrence::from)
    }

    /// The last due instant at or before `at_ms`, marked or not.
    pub fn last(&self, at_ms: i64) -> Option<Occurrence> {
        let until = at_ms.min(TIME_MS_MAX).div_euclid(1_000);
        let first_since = |from: i64| self.found(from.max(0), until).next();
        // Wider and wider looks back (a minute, a quarter of an hour, four hours …), then narrower ones: an expression
        // may match each second of a year that is long over.
        let mut held = (0..9).map(|n| until.saturating_sub(60 << (4 * n))).find(|from| first_since(*from).is_some())?;
        let mut empty = until + 1;
        while empty - held > 1 {
            let middle = held.midpoint(empty);
            match first_since(middle) {
                Some(found) => held = found.at,
                None => empty = middle,
            }
        }
        first_since(held).map(Occurrence::from)
    }

    /// An instant (ms since 1970) as the schedule's own wall clock shows it.
    pub fn local(&self, at_ms: i64) -> String {
        self.zone.shown(at_ms)
    }

    /// The due seconds `from` to `until`, both in it, after dates, weekdays, spans of the day and days off.
    fn found(&self, from: i64, until: i64) -> Stream<'_> {
        // A day off before, or the same day before, may have moved something into the window.
        let start = self.days_off.as_ref().filter(|off| off.then == Then::NextBusinessDay).map_or(from, |off| {
            let (date, _) = split(from.saturating_add(self.zone.offset(from)));
            let first = off.run_before(date);
            let none = first == date && off.is_business(date);
            if none { from } else { self.zone.instant(first.midnight()).min(from) }
        });
        Stream {
            schedule: self,
            due: self.due(start.max(0), until),
            from,
            until,
            next: None,
            moved: BTreeMap::new(),
            outside: 0,
        }
    }

    /// The due seconds by the timing alone.
    fn due(&self, from: i64, until: i64) -> Due<'_> {
        let opens = self.from.map_or(from, |date| self.zone.instant(date.midnight()).max(from));
        let closes = self.until.map_or(until, |date| (self.zone.instant(date.next().midnight()) + 86_400).min(until));
        match &self.timing {
            Timing::Every(period_s) => {
                Due::Every { period: (*period_s).clamp(1, i64::MAX as u64) as i64, at: opens, until: closes }
            }
            Timing::Cron(crons) => {
                let walk = |cron| Walk::new(cron, &self.zone, Rule::of(cron, self.gap, self.fold), opens, closes);
                Due::Cron(crons.iter().map(walk).map(|mut walk| (walk.next(), walk)).collect())
            }
        }
    }

    /// From when on (in local seconds) an instant could be due again, if it is outside of the dates, weekdays or spans
    /// of the day; `None` if it is inside.
    fn outside(&self, local: i64) -> Option<i64> {
        let (date, second) = split(local);
        let tomorrow = date.next().midnight();
        if self.from.is_some_and(|first| date < first) || self.until.is_some_and(|last| date > last) {
            return Some(tomorrow);
        }
        if !self.weekdays.is_empty() && !self.weekdays.contains(&date.weekday()) {
            return Some(tomorrow);
        }
        let held_back = self.unless_between.iter().any(|hours| hours.holds(second));
        let let_in = self.between.is_empty() || self.between.iter().any(|hours| hours.holds(second));
        if let_in && !held_back {
            return None;
        }
        let edges = self.between.iter().chain(&self.unless_between).flat_map(|hours| hours.edges());
        Some(edges.filter(|edge| *edge > second).min().map_or(tomorrow, |edge| date.midnight() + edge))
    }
}

impl From<Found> for Occurrence {
    fn from(found: Found) -> Occurrence {
        Occurrence { at_ms: found.at * 1_000, mark: found.mark, note: found.note }
    }
}

/// The due seconds of a timing: of one period, or of the union of several expressions.
enum Due<'a> {
    Every { period: i64, at: i64, until: i64 },
    Cron(Vec<(Option<Found>, Walk<'a>)>),
}

impl Due<'_> {
    fn next(&mut self) -> Option<Found> {
        match self {
            Due::Every { period, at, until } => {
                let ahead = (*period - at.rem_euclid(*period)) % *period;
                let due = at.checked_add(ahead).filter(|due| *due <= *until)?;
                *at = due + 1;
                Some(Found::plain(due))
            }
            Due::Cron(walks) => {
                let first = walks.iter().filter_map(|(next, _)| next.as_ref().map(|found| found.at)).min()?;
                let mut merged: Option<Found> = None;
                for (next, walk) in walks.iter_mut().filter(|(next, _)| next.as_ref().is_some_and(|f| f.at == first)) {
                    let found = std::mem::replace(next, walk.next());
                    merged = match (merged, found) {
                        (Some(one), Some(other)) => Some(one.or(other)),
                        (one, other) => one.or(other),
                    };
                }
                merged
            }
        }
    }

    /// Goes on at second `at`; what lies before it is passed over.
    fn seek(&mut self, to: i64) {
        match self {
            Due::Every { at, .. } => *at = to.max(*at),
            Due::Cron(walks) => {
                for (next, walk) in walks.iter_mut().filter(|(next, _)| next.as_ref().is_some_and(|f| f.at < to)) {
                    walk.seek(to);
                    *next = walk.next();
                }
            }
        }
    }
}

/// The due seconds of a schedule, days off and what they moved included.
struct Stream<'a> {
    schedule: &'a Schedule,
    due: Due<'a>,
    from: i64,
    until: i64,
    /// Looked at, and not yet given out.
    next: Option<Found>,
    /// What a day off has moved, by its new instant.
    moved: BTreeMap<i64, Found>,
    outside: u32,
}

impl Stream<'_> {
    /// The next due second inside of dates, weekdays and spans of the day.
    fn inside(&mut self) -> Option<Found> {
        while let Some(found) = self.due.next() {
            let offset = self.schedule.zone.offset(found.at);
            let Some(again) = self.schedule.outside(found.at + offset) else { return Some(found) };
            self.outside += 1;
            if self.outside > OUTSIDE_MAX {
                return None;
            }
            // A clock change on the way may bring it nearer: stop there and look again.
            let change = self.schedule.zone.next_change(found.at * 1_000).map_or(i64::MAX, |ms| ms / 1_000);
            self.due.seek((again - offset).min(change).max(found.at + 1));
        }
        None
    }

    /// Marks what falls on a day off, and keeps what that moves.
    fn off(&mut self, found: Found) -> Found {
        let Some(off) = self.schedule.days_off.as_ref().filter(|_| found.mark.is_none()) else { return found };
        let local = found.at + self.schedule.zone.offset(found.at);
        let (date, second) = split(local);
        let Some(name) = off.name(date) else { return found };
        let mark = |note: String| Found { at: found.at, mark: Some(Reason::Holiday), note };
        if off.then == Then::Skip {
            return mark(format!("{date} is a day off ({name})"));
        }
        match off.business_day_after(date).filter(|day| self.schedule.until.is_none_or(|last| *day <= last)) {
            Some(day) => {
                let to = Found {
                    note: format!("moved from {date} ({name})"),
                    ..Found::plain(self.schedule.zone.instant(day.midnight() + second))
                };
                self.moved.entry(to.at).or_insert(to);
                mark(format!("{date} is a day off ({name}): moved to {day}"))
            }
            None => mark(format!("{date} is a day off ({name}), and no business day follows in time")),
        }
    }
}

impl Iterator for Stream<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            if self.next.is_none() {
                self.next = self.inside().map(|found| self.off(found));
            }
            let due = self.next.as_ref().map(|found| found.at);
            let moved = self.moved.keys().next().copied();
            let found = match (due, moved) {
                (Some(due), Some(moved)) if due == moved => {
                    let moved = self.moved.remove(&moved);
                    self.next.take().map(|found| moved.into_iter().fold(found, Found::or))
                }
                (Some(due), Some(moved)) if moved < due => self.moved.remove(&moved),
                (None, Some(moved)) => self.moved.remove(&moved),
                _ => self.next.take(),
            }?;
            if found.at > self.until {
                return None;
            }
            if found.at >= self.from {
                return Some(found);
            }
        }
    }
}

impl DaysOff {
    /// What a date is called if it is off.
    pub(crate) fn name(&self, date: Date) -> Option<&str> {
        let named = self.calendar.as_ref().and_then(|calendar| calendar.day(date));
        let weekend = || (self.weekends && date.weekday().is_weekend()).then_some("weekend");
        named.map(|name| name.as_str()).or_else(weekend)
    }

    /// Whether business is done on it: neither a named day off nor Saturday or Sunday.
    fn is_business(&self, date: Date) -> bool {
        !date.weekday().is_weekend() && self.calendar.as_ref().is_none_or(|calendar| calendar.day(date).is_none())
    }

    fn business_day_after(&self, date: Date) -> Option<Date> {
        let mut day = date.next();
        for _ in 0..RUN_OF_DAYS_OFF_MAX {
            if self.is_business(day) {
                return Some(day);
            }
            day = day.next();
        }
        None
    }

    /// The first of the days without business that lead up to `date`, or `date` itself.
    fn run_before(&self, date: Date) -> Date {
        let mut first = date;
        for _ in 0..RUN_OF_DAYS_OFF_MAX {
            if self.is_business(first.previous()) {
                break;
            }
            first = first.previous();
        }
        first
    }
}

#[cfg(test)]
#[path = "occurrence_tests.rs"]
mod tests;
