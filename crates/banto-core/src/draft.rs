//! A schedule, said fluently.
//!
//! For whoever writes Rust: `schedule("redis:monitor").every(5.minutes()).no_overlap()`. The words are the ones this field
//! knows; those that say *when* are in [`when`](crate::when). A draft never panics and refuses nothing on the way:
//! [`ScheduleDraft::build`] names every fault at once.

use std::time::Duration;

use crate::{
    calendar::Calendar,
    civil::{Date, Hours, TimeOfDay, Weekday},
    name::{Name, ScheduleName},
    refusal::Refusal,
    schedule::{DaysOff, Missed, Output, Schedule, Then, Timing},
    when::When,
    zone::{Fold, Gap, Zone},
};

/// A schedule in the making, and the faults so far.
#[derive(Debug, Clone)]
#[must_use = "a draft is no schedule until it is built"]
pub struct ScheduleDraft {
    pub(crate) schedule: Schedule,
    pub(crate) when: Vec<When>,
    /// Whether a word said when, be it a faulty one.
    pub(crate) said_when: bool,
    pub(crate) faults: Vec<Refusal>,
}

/// Begins a schedule of that name.
///
/// ```
/// use banto_core::{Span, schedule};
/// let monitor = schedule("redis:monitor").every(5.minutes()).no_overlap().one_server().build().unwrap();
/// assert_eq!(monitor.to_json(), r#"{"name":"redis:monitor","timing":{"cron":["*/5 * * * *"]},"no_overlap":true}"#);
/// let faults = schedule("re dis").daily_at("25:00").timezone("Europe/Bärlin").build().unwrap_err();
/// assert_eq!(faults.len(), 3);
/// ```
pub fn schedule(name: &str) -> ScheduleDraft {
    let timing = Timing::Cron(Vec::new());
    let schedule = Schedule::new(ScheduleName::unnamed(), timing);
    let draft = ScheduleDraft { schedule, when: Vec::new(), said_when: false, faults: Vec::new() };
    draft.take(ScheduleName::new(name), |schedule, name| schedule.name = name)
}

impl ScheduleDraft {
    /// The schedule, or all that is wrong with it.
    pub fn build(mut self) -> Result<Schedule, Vec<Refusal>> {
        match When::timing(&self.when) {
            Ok(timing) => self.schedule.timing = timing,
            Err(fault) if !self.when.is_empty() || !self.said_when => self.faults.push(fault),
            Err(_) => {}
        }
        if self.faults.is_empty() {
            self.faults = self.schedule.check();
        }
        if self.faults.is_empty() { Ok(self.schedule) } else { Err(self.faults) }
    }

    /// In the local time of that zone, as `Europe/Berlin`; without it, in UTC.
    pub fn timezone(self, name: &str) -> ScheduleDraft {
        self.take(Zone::new(name), |schedule, zone| schedule.zone = zone)
    }

    /// Only from one time of day to another, both in it (`"17:00"` to the end of that minute); may go over midnight.
    pub fn between(self, from: &str, to: &str) -> ScheduleDraft {
        self.take(hours(from, to), |schedule, hours| schedule.between.push(hours))
    }

    /// Not from one time of day to another.
    pub fn unless_between(self, from: &str, to: &str) -> ScheduleDraft {
        self.take(hours(from, to), |schedule, hours| schedule.unless_between.push(hours))
    }

    /// From that local date on, as `2025-12-01`.
    pub fn from(self, date: &str) -> ScheduleDraft {
        self.take(date.parse::<Date>(), |schedule, date| schedule.from = Some(date))
    }

    /// Up to that local date; the whole day is in it.
    pub fn until(self, date: &str) -> ScheduleDraft {
        self.take(date.parse::<Date>(), |schedule, date| schedule.until = Some(date))
    }

    /// Only on these weekdays, beside those already said.
    pub fn days(mut self, days: impl IntoIterator<Item = Weekday>) -> ScheduleDraft {
        self.schedule.weekdays.extend(days);
        self
    }

    /// Only from Monday to Friday.
    pub fn weekdays(self) -> ScheduleDraft {
        self.days(Weekday::ALL.into_iter().filter(|day| !day.is_weekend()))
    }

    /// Only on Saturdays and Sundays.
    pub fn weekends(self) -> ScheduleDraft {
        self.days(Weekday::ALL.into_iter().filter(|day| day.is_weekend()))
    }

    /// Only in these environments.
    pub fn environments<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> ScheduleDraft {
        for name in names {
            self = self.take(Name::new(name), |schedule, name| {
                schedule.environments.insert(name);
            });
        }
        self
    }

    /// Not on the days of that calendar.
    pub fn days_off(self, calendar: Calendar) -> ScheduleDraft {
        self.off(|off| off.calendar = Some(calendar))
    }

    /// Not on Saturdays and Sundays: they are days off, and the ledger says so.
    pub fn weekends_off(self) -> ScheduleDraft {
        self.off(|off| off.weekends = true)
    }

    /// What falls on a day off moves to the next day that is neither off nor Saturday or Sunday.
    pub fn move_to_next_business_day(self) -> ScheduleDraft {
        self.off(|off| off.then = Then::NextBusinessDay)
    }

    /// What becomes of a local time that does not exist.
    pub fn gap(mut self, gap: Gap) -> ScheduleDraft {
        self.schedule.gap = Some(gap);
        self
    }

    /// What becomes of a local time that comes twice.
    pub fn fold(mut self, fold: Fold) -> ScheduleDraft {
        self.schedule.fold = Some(fold);
        self
    }

    /// Of what was due while nobody was there, nothing is made up for.
    pub fn skip_missed(self) -> ScheduleDraft {
        self.missed(Missed::Skip)
    }

    /// Of what was due while nobody was there, the last one is made up for (what holds anyway).
    pub fn catch_up_last(self) -> ScheduleDraft {
        self.missed(Missed::Last)
    }

    /// Of what was due while nobody was there, all are made up for, the newest `max` at most.
    pub fn catch_up_all(self, max: u32) -> ScheduleDraft {
        self.missed(Missed::All { max })
    }

    /// What was missed longer ago is not made up for.
    pub fn not_older_than(self, age: Duration) -> ScheduleDraft {
        self.take(ms(age), |schedule, ms| schedule.age_ms_max = Some(ms))
    }

    /// What is made up for is spread over this time.
    pub fn spread_over(self, span: Duration) -> ScheduleDraft {
        self.take(ms(span), |schedule, ms| schedule.spread_ms = ms)
    }

    /// How late a due instant still counts as an ordinary one; without it, a minute.
    pub fn late_up_to(self, lateness: Duration) -> ScheduleDraft {
        self.take(ms(lateness), |schedule, ms| schedule.late_ms = ms)
    }

    /// Each fire waits up to this long; by name and due instant always the same.
    pub fn jitter(self, most: Duration) -> ScheduleDraft {
        self.take(ms(most), |schedule, ms| schedule.jitter_ms = ms)
    }

    /// A due instant is skipped while the run of an earlier one has not ended.
    pub fn no_overlap(mut self) -> ScheduleDraft {
        self.schedule.no_overlap = true;
        self
    }

    /// As [`no_overlap`](Self::no_overlap), in Laravel's word.
    pub fn without_overlapping(self) -> ScheduleDraft {
        self.no_overlap()
    }

    /// On one server only. It is always so: a due instant fires once, however many schedulers live. The word is taken
    /// because people look for it.
    pub fn one_server(self) -> ScheduleDraft {
        self
    }

    /// Fires also while everything is paused.
    pub fn even_in_maintenance(mut self) -> ScheduleDraft {
        self.schedule.even_in_maintenance = true;
        self
    }

    /// Listed, paused and resumed with that group.
    pub fn group(self, name: &str) -> ScheduleDraft {
        self.take(Name::new(name), |schedule, name| schedule.group = Some(name))
    }

    /// What people should know about it.
    pub fn description(mut self, text: &str) -> ScheduleDraft {
        self.schedule.description = Some(text.to_owned());
        self
    }

    /// The output of a command is added to that file.
    pub fn append_output_to(mut self, path: &str) -> ScheduleDraft {
        self.schedule.output = Some(Output { path: path.to_owned(), append: true });
        self
    }

    /// The output of a command goes to that file, which each run begins anew.
    pub fn send_output_to(mut self, path: &str) -> ScheduleDraft {
        self.schedule.output = Some(Output { path: path.to_owned(), append: false });
        self
    }

    fn missed(mut self, missed: Missed) -> ScheduleDraft {
        self.schedule.missed = missed;
        self
    }

    fn off(mut self, change: impl FnOnce(&mut DaysOff)) -> ScheduleDraft {
        change(self.schedule.days_off.get_or_insert_default());
        self
    }

    /// Takes a checked value, or keeps the fault.
    fn take<T>(mut self, value: Result<T, Refusal>, set: impl FnOnce(&mut Schedule, T)) -> ScheduleDraft {
        match value {
            Ok(value) => set(&mut self.schedule, value),
            Err(fault) => self.faults.push(fault),
        }
        self
    }
}

macro_rules! on_a_weekday {
    ($($word:ident $day:ident),+) => {
        impl ScheduleDraft {$(
            #[doc = concat!("Only on ", stringify!($day), "s, beside the days already said.")]
            pub fn $word(self) -> ScheduleDraft {
                self.days([Weekday::$day])
            }
        )+}
    };
}
on_a_weekday!(mondays Monday, tuesdays Tuesday, wednesdays Wednesday, thursdays Thursday, fridays Friday, saturdays Saturday, sundays Sunday);

fn hours(from: &str, to: &str) -> Result<Hours, Refusal> {
    Ok(Hours::new(from.parse::<TimeOfDay>()?, to.parse::<TimeOfDay>()?))
}

fn ms(span: Duration) -> Result<u64, Refusal> {
    u64::try_from(span.as_millis())
        .map_err(|_| Refusal::new("a span", &format!("{span:?}"), "at most ten years are allowed"))
}

#[cfg(test)]
#[path = "draft_tests.rs"]
mod tests;
