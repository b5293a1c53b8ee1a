//! The walk of one cron expression along the instants of a zone, clock changes and all.
//!
//! For [`occurrence`](crate::occurrence). A walk goes from segment to segment (no clock change inside one), asks the
//! expression for its next local match, and turns that into an instant by plain subtraction; so a year costs a handful
//! of steps. What is special about the two ends of a segment (times that do not exist, times that come twice) follows
//! the policy, and each instant comes out once, in order: where a run and a mark fall together, the run wins.

use std::collections::VecDeque;

use crate::{
    civil::shown,
    cron::Cron,
    fire::Reason,
    zone::{Fold, Gap, Segment, Zone},
};

/// Longer than any clock change or offset, in seconds: two days.
const WIDE: i64 = 2 * 86_400;

/// A due instant on its way to become an occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Seconds since 1970.
    pub at: i64,
    /// Why it does not run, if so.
    pub mark: Option<Reason>,
    /// What is to be said about it.
    pub note: String,
}

impl Found {
    pub(crate) fn plain(at: i64) -> Found {
        Found { at, mark: None, note: String::new() }
    }

    /// Which of two findings of one instant stays: a run rather than a mark.
    pub(crate) fn or(self, other: Found) -> Found {
        if self.mark.is_none() || other.mark.is_some() { self } else { other }
    }
}

/// What holds for one expression: `None` for a gap means that nothing is made up for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    gap: Option<Gap>,
    fold: Fold,
}

impl Rule {
    /// The policies as they were chosen; where none was, fixed times run once and shifted, and what recurs in real
    /// time follows real time.
    pub(crate) fn of(cron: &Cron, gap: Option<Gap>, fold: Option<Fold>) -> Rule {
        match cron.is_real_time() {
            true => Rule { gap, fold: fold.unwrap_or(Fold::Both) },
            false => Rule { gap: Some(gap.unwrap_or(Gap::Next)), fold: fold.unwrap_or(Fold::First) },
        }
    }
}

/// See the file's story.
pub(crate) struct Walk<'a> {
    cron: &'a Cron,
    zone: &'a Zone,
    rule: Rule,
    segment: Segment,
    /// The next second to look at.
    at: i64,
    /// The last second to look at.
    until: i64,
    /// Local times of a gap that became instants of this segment, in order.
    shifted: VecDeque<Found>,
}

impl<'a> Walk<'a> {
    /// A walk over the seconds `from` to `until`, both in it.
    pub(crate) fn new(cron: &'a Cron, zone: &'a Zone, rule: Rule, from: i64, until: i64) -> Walk<'a> {
        let segment = zone.segment(from);
        let mut walk = Walk { cron, zone, rule, segment, at: from, until, shifted: VecDeque::new() };
        walk.enter(segment, from);
        walk
    }

    /// Goes on at `at`, which must not lie behind.
    pub(crate) fn seek(&mut self, at: i64) {
        if at >= self.segment.end {
            let segment = self.zone.segment(at);
            self.enter(segment, at);
        } else if at > self.at {
            self.at = at;
            self.shifted.retain(|found| found.at >= at);
        }
    }

    fn enter(&mut self, segment: Segment, at: i64) {
        (self.segment, self.at) = (segment, at);
        self.shifted.clear();
        match self.rule.gap {
            Some(Gap::Next) => self.open(None),
            Some(Gap::Skip) => self.open(Some(Reason::Gap)),
            Some(Gap::Before) => self.close(),
            None => {}
        }
    }

    /// The gap at which the segment begins: whatever falls into it becomes its first instant.
    fn open(&mut self, mark: Option<Reason>) {
        let Segment { start, before, offset, .. } = self.segment;
        if start < self.at || start > self.until || offset <= before {
            return;
        }
        let Some(local) = self.cron.next(start + before).filter(|local| *local < start + offset) else { return };
        let becomes = if mark.is_some() { "is skipped" } else { "is due at the next valid time" };
        let note = format!("{} does not exist in {}: it {becomes}", shown(local), self.zone);
        self.shifted.push_back(Found { at: start, mark, note });
    }

    /// The gap with which the segment ends: whatever falls into it is due as if the clock had changed before.
    fn close(&mut self) {
        let Segment { start, end, offset, after, .. } = self.segment;
        // Nobody will ask for them in this walk: do not look for them.
        if end == i64::MAX || after <= offset || end - (after - offset) > self.until {
            return;
        }
        let mut local = end + offset;
        while let Some(found) = self.cron.next(local).filter(|local| *local < end + after) {
            let at = found - after;
            if at >= self.at.max(start) && at <= self.until {
                let note = format!("{} does not exist in {}: it is due before", shown(found), self.zone);
                self.shifted.push_back(Found { at, mark: None, note });
            }
            local = found + 1;
        }
    }

    /// The next match of the segment's own local times.
    fn own(&self, local: i64) -> Option<Found> {
        let Segment { start, end, offset, before, after } = self.segment;
        let at = local - offset;
        if at >= end || at > self.until {
            return None;
        }
        let comes_again = end != i64::MAX && offset > after && at >= end - (offset - after);
        let came_before = before > offset && at < start.saturating_add(before - offset);
        let counts = match self.rule.fold {
            Fold::First => !came_before,
            Fold::Second => !comes_again,
            Fold::Both => true,
        };
        let mark = (!counts).then_some(Reason::Fold);
        let note = match (counts, came_before) {
            (true, _) => String::new(),
            (false, true) => format!("{} comes twice in {}: the first one counts", shown(local), self.zone),
            (false, false) => format!("{} comes twice in {}: the second one counts", shown(local), self.zone),
        };
        Some(Found { at, mark, note })
    }
}

impl Iterator for Walk<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        while self.at <= self.until {
            let offset = self.segment.offset;
            let local = self.cron.next_until(self.at.saturating_add(offset), self.until.saturating_add(offset));
            let own = local.and_then(|local| self.own(local));
            let found = match (own, self.shifted.front().map(|found| found.at)) {
                (Some(own), Some(at)) if own.at == at => self.shifted.pop_front().map(|found| own.or(found)),
                (Some(own), Some(at)) if own.at > at => self.shifted.pop_front(),
                (None, Some(_)) => self.shifted.pop_front(),
                (own, _) => own,
            };
            if let Some(found) = found {
                self.at = found.at + 1;
                self.shifted.retain(|other| other.at > found.at);
                return Some(found);
            }
            let Segment { end, offset, .. } = self.segment;
            if end > self.until || end == i64::MAX {
                return None;
            }
            // Where nothing matches in two days around its end and on, whole segments are passed over; two days, since
            // local time may go back there.
            let next = self.cron.next(end.saturating_add(offset - WIDE))?;
            let near = next - offset - WIDE;
            let segment = if near > end { self.zone.segment(near) } else { self.zone.after(self.segment) };
            self.enter(segment, near.max(end));
        }
        None
    }
}
