//! The schedules of a history's builds, and when they are due: by counting minutes, one after the other.
//!
//! Nothing of `banto_core`'s search is used here but the offset of a zone at an instant.

use std::sync::Arc;

use banto_core::{Missed, Reason, Schedule, Zone, schedule};
use banto_engine::{Action, Entry, Timetable};
use fastrand::Rng;
use tokio::time::Duration;

use crate::plan::name;

/// The names of all schedules.
pub const NAMES: [&str; 6] = ["one", "two", "three", "four", "five", "six"];
/// Whose they are.
pub const SERVICE: &str = "sim";
/// The zones, and an instant shortly before a clock change in each, in milliseconds since 1970: the first goes forward, the
/// others go back, the last by half an hour.
pub const CHANGES: [(&str, i64); 3] = [
    ("Europe/Berlin", 1_774_745_880_000),
    ("America/New_York", 1_793_512_680_000),
    ("Australia/Lord_Howe", 1_775_314_680_000),
];

/// When a schedule is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is named in its sentence")]
pub enum When {
    /// Every so many seconds.
    Every(u64),
    /// At the minutes of the hour that `step` divides, in that zone, all year round.
    Minutes { zone: usize, step: u64 },
    /// Once a day at that minute of the day, in that zone.
    Daily { zone: usize, minute: i64 },
}

/// One schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which of [`NAMES`].
    pub name: usize,
    /// When it is due.
    pub when: When,
    /// What becomes of missed ones.
    pub missed: Missed,
    /// Until when it is ordinary, in milliseconds.
    pub late_ms: u64,
    /// How old a missed one may be, in milliseconds.
    pub age_ms_max: Option<u64>,
    /// Over what time they are made up for, in milliseconds.
    pub spread_ms: u64,
    /// How long each may wait, in milliseconds.
    pub jitter_ms: u64,
    /// One run at a time.
    pub no_overlap: bool,
    /// Also in maintenance.
    pub even_in_maintenance: bool,
    /// Not on Saturdays and Sundays.
    pub weekends_off: bool,
}

/// A due instant, and why it does not run.
pub type Due = (i64, Option<Reason>);

/// Draws the schedules of a build.
pub fn draw(rng: &mut Rng, change: Option<usize>) -> Vec<Line> {
    (0..NAMES.len())
        .filter(|_| rng.u8(..4) > 0)
        .collect::<Vec<_>>()
        .into_iter()
        .map(|one| line(rng, one, change))
        .collect()
}

fn line(rng: &mut Rng, name: usize, change: Option<usize>) -> Line {
    let missed = match rng.u8(..3) {
        0 => Missed::Skip,
        1 => Missed::Last,
        _ => Missed::All { max: rng.u32(1..8) },
    };
    let when = match change {
        Some(zone) if rng.bool() => {
            // Around the change, on both sides of the clock.
            let minute = match zone {
                0 => rng.i64(110..=190),
                1 => rng.i64(55..=125),
                _ => rng.i64(85..=125),
            };
            if rng.bool() {
                When::Daily { zone, minute }
            } else {
                When::Minutes { zone, step: rng.choice([1, 2, 5, 7]).unwrap_or(1) }
            }
        }
        _ => When::Every(rng.choice([1, 1, 1, 2, 3, 5, 7, 13, 60]).unwrap_or(1)),
    };
    Line {
        name,
        when,
        missed,
        late_ms: rng.choice([0, 1_000, 2_500, 10_000, 60_000]).unwrap_or(0),
        age_ms_max: rng.bool().then(|| rng.u64(1_000..60_000)),
        spread_ms: if rng.bool() { rng.u64(..10_000) } else { 0 },
        jitter_ms: if rng.u8(..4) == 0 { rng.u64(..3_000) } else { 0 },
        no_overlap: rng.bool(),
        even_in_maintenance: rng.bool(),
        weekends_off: rng.u8(..6) == 0,
    }
}

impl Line {
    /// What it is called.
    pub fn name(&self) -> &'static str {
        NAMES.get(self.name).unwrap_or(&"none")
    }

    /// As banto knows it.
    pub fn schedule(&self) -> Result<Schedule, String> {
        let mut draft = match self.when {
            When::Every(seconds) => schedule(self.name()).every(Duration::from_secs(seconds)),
            When::Minutes { zone, step } => {
                schedule(self.name()).cron(&format!("*/{step} * * * *")).timezone(zone_name(zone))
            }
            When::Daily { zone, minute } => {
                let cron = format!("{} {} * * *", minute % 60, minute / 60);
                schedule(self.name()).cron(&cron).timezone(zone_name(zone))
            }
        };
        draft = match self.missed {
            Missed::Skip => draft.skip_missed(),
            Missed::Last => draft.catch_up_last(),
            Missed::All { max } => draft.catch_up_all(max),
        };
        draft = if self.weekends_off { draft.weekends_off() } else { draft };
        let mut schedule = draft.build().map_err(|faults| format!("draw a schedule: {faults:?}"))?;
        (schedule.late_ms, schedule.age_ms_max) = (self.late_ms, self.age_ms_max);
        (schedule.spread_ms, schedule.jitter_ms) = (self.spread_ms, self.jitter_ms);
        (schedule.no_overlap, schedule.even_in_maintenance) = (self.no_overlap, self.even_in_maintenance);
        Ok(schedule)
    }

    /// Its due instants after `after` up to and with `until`, both in milliseconds since 1970, in order.
    pub fn dues(&self, after: i64, until: i64) -> Vec<Due> {
        let (first, last) = (after.div_euclid(1_000) + 1, until.div_euclid(1_000));
        let zone = match self.when {
            When::Every(_) => Zone::utc(),
            When::Minutes { zone, .. } | When::Daily { zone, .. } => zone_of(zone),
        };
        let mut dues: Vec<(i64, Option<Reason>)> = match self.when {
            When::Every(seconds) => {
                let period = i64::try_from(seconds).unwrap_or(i64::MAX);
                let begin = first + (period - first.rem_euclid(period)) % period;
                (0..).map(|n| begin + n * period).take_while(|at| *at <= last).map(|at| (at, None)).collect()
            }
            When::Minutes { step, .. } => {
                let fits = |at: &i64| (local(&zone, *at) / 60 % 60) % i64::try_from(step).unwrap_or(1) == 0;
                minutes(first, last).filter(fits).map(|at| (at, None)).collect()
            }
            When::Daily { minute, .. } => {
                minutes(first, last).filter_map(|at| Some((at, daily(&zone, at, minute)?))).collect()
            }
        };
        for (at, mark) in dues.iter_mut().filter(|(_, mark)| mark.is_none()) {
            // Day 0 was a Thursday.
            let weekday = (local(&zone, *at).div_euclid(86_400) + 3).rem_euclid(7);
            *mark = (self.weekends_off && weekday >= 5).then_some(Reason::Holiday);
        }
        dues.into_iter().map(|(at, mark)| (at * 1_000, mark)).collect()
    }
}

/// The whole minutes in a stretch of seconds.
fn minutes(first: i64, last: i64) -> impl Iterator<Item = i64> {
    (0..).map(move |n| (first + 59).div_euclid(60) * 60 + n * 60).take_while(move |at| *at <= last)
}

fn local(zone: &Zone, at: i64) -> i64 {
    at + zone.offset_s(at * 1_000)
}

/// Whether a time of day is due at that instant: at its first time, or at the end of the gap that swallowed it. The second
/// time of one that comes twice is marked.
fn daily(zone: &Zone, at: i64, minute: i64) -> Option<Option<Reason>> {
    let wanted = minute * 60;
    let (now, before) = (local(zone, at), local(zone, at - 60));
    let today = now.div_euclid(86_400) * 86_400 + wanted;
    if now == today {
        let again = (1..=180).any(|back| local(zone, at - back * 60) == now);
        return Some(again.then_some(Reason::Fold));
    }
    let swallowed = now > before + 60 && (before + 60..now).contains(&today);
    swallowed.then_some(None)
}

fn zone_name(zone: usize) -> &'static str {
    CHANGES.get(zone).map_or("UTC", |(name, _)| name)
}

fn zone_of(zone: usize) -> Zone {
    Zone::new(zone_name(zone)).unwrap_or_else(|_| Zone::utc())
}

/// The timetable of a build.
pub fn timetable(edition: usize, lines: &[Line]) -> Result<Timetable, String> {
    let mut timetable = Timetable::new(name(SERVICE), format!("build-{edition}"));
    for line in lines {
        let schedule = line.schedule()?;
        let action = Action::Call(Arc::new(|_| Box::pin(async { Ok(()) })));
        let entry = Entry::new(schedule, action, "code").map_err(|refusal| refusal.to_string())?;
        timetable.add_entry(entry);
    }
    Ok(timetable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_arithmetics_find_the_same_due_instants_around_every_clock_change() {
        let mut rng = Rng::with_seed(7);
        for round in 0..300 {
            let (zone, begin) = (round % CHANGES.len(), CHANGES[round % CHANGES.len()].1);
            let line = line(&mut rng, 0, Some(zone));
            let (after, until) = (begin - 3_600_000, begin + 4 * 3_600_000);
            let found = line.schedule().unwrap().occurrences(after, until, usize::MAX);
            let found: Vec<Due> = found.into_iter().map(|one| (one.at_ms, one.mark)).collect();
            assert_eq!(line.dues(after, until), found, "{line:?}");
        }
    }
}
