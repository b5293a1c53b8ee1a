//! Dates, times of day and weekdays as a calendar on the wall has them: no zone, no clock.
//!
//! For schedules: a date window, an hour of the day, a day off. Between these words and an instant stands a
//! [`Zone`](crate::zone::Zone), and nothing here knows one. Local ("naive") time is counted in seconds since
//! 1970-01-01T00:00 on that wall, so that the search for a cron's next match is plain arithmetic and cannot fail.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// Seconds of a day without a clock change.
pub(crate) const DAY: i64 = 86_400;

/// A date of the Gregorian calendar, 0001-01-01 to 9999-12-31; in text and JSON `2026-11-29`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i64);

/// A day of the week; in text and JSON `mon` to `sun`, read as `Monday` too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weekday {
    /// The first day of the working week.
    Monday,
    /// The day after Monday.
    Tuesday,
    /// The day after Tuesday.
    Wednesday,
    /// The day after Wednesday.
    Thursday,
    /// The last day of the working week.
    Friday,
    /// The first day of the weekend.
    Saturday,
    /// The second day of the weekend.
    Sunday,
}

/// A time of day; in text and JSON `09:30` or `09:30:15`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u32);

/// A span of the day; in text and JSON `09:00-17:00`. Both ends are in it, the last one to the end of its minute (or
/// of its second, where one is written): `09:00-17:00` holds 17:00:59. It may go over midnight (`22:00-04:00`).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hours {
    from: TimeOfDay,
    to: TimeOfDay,
}

impl Date {
    /// The date of a year (1 to 9999), a month and a day. Refuses a date that does not exist.
    pub fn new(year: i32, month: u32, day: u32) -> Result<Date, Refusal> {
        let date = Date::of_parts(year, month, day);
        if (1..=9999).contains(&year) && (1..=12).contains(&month) && date.parts() == (year, month, day) {
            return Ok(date);
        }
        Err(refused(&format!("{year:04}-{month:02}-{day:02}")))
    }

    /// Year, month (1 to 12) and day (1 to 31).
    pub fn parts(self) -> (i32, u32, u32) {
        // H. Hinnant, "chrono-compatible low-level date algorithms": eras of 400 years, years that begin in March.
        let shifted = self.0 + 719_468;
        let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year as i32, month as u32, day as u32)
    }

    /// The day of the week.
    pub fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        match (self.0 + 3).rem_euclid(7) {
            0 => Weekday::Monday,
            1 => Weekday::Tuesday,
            2 => Weekday::Wednesday,
            3 => Weekday::Thursday,
            4 => Weekday::Friday,
            5 => Weekday::Saturday,
            _ => Weekday::Sunday,
        }
    }

    /// The day after.
    pub fn next(self) -> Date {
        Date(self.0.saturating_add(1))
    }

    /// The day before.
    pub fn previous(self) -> Date {
        Date(self.0.saturating_sub(1))
    }

    /// Days since 1970-01-01.
    pub(crate) fn days(self) -> i64 {
        self.0
    }

    /// Local seconds of its midnight.
    pub(crate) fn midnight(self) -> i64 {
        self.0 * DAY
    }

    /// Whatever the parts are; day 32 of a month is a day of the next one.
    pub(crate) fn of_parts(year: i32, month: u32, day: u32) -> Date {
        let (month, day) = (i64::from(month), i64::from(day));
        let year = i64::from(year) - i64::from(month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
        let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Date(era * 146_097 + of_era - 719_468)
    }
}

/// Local seconds, taken apart into a date and the second of that day.
pub(crate) fn split(local: i64) -> (Date, i64) {
    (Date(local.div_euclid(DAY)), local.rem_euclid(DAY))
}

/// Local seconds as people read them: `Sun 2026-03-29 02:30`, with seconds where there are any.
pub(crate) fn shown(local: i64) -> String {
    let (date, second) = split(local);
    format!("{} {date} {}", date.weekday().title(), TimeOfDay(second as u32))
}

fn refused(text: &str) -> Refusal {
    Refusal::new("a date", text, "a date that exists is wanted, as 2026-11-29")
}

impl FromStr for Date {
    type Err = Refusal;
    fn from_str(text: &str) -> Result<Date, Refusal> {
        let parts: Vec<&str> = text.split('-').collect();
        let &[year, month, day] = parts.as_slice() else { return Err(refused(text)) };
        let number = |part: &str, long: usize| {
            let digits = part.len() == long && part.bytes().all(|b| b.is_ascii_digit());
            part.parse::<u32>().ok().filter(|_| digits).ok_or_else(|| refused(text))
        };
        Date::new(number(year, 4)? as i32, number(month, 2)?, number(day, 2)?)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        f.pad(&format!("{year:04}-{month:02}-{day:02}"))
    }
}

impl Weekday {
    /// All of them, in the order of the working week.
    pub const ALL: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    /// Its short word: `mon` to `sun`.
    pub fn word(self) -> &'static str {
        match self {
            Weekday::Monday => "mon",
            Weekday::Tuesday => "tue",
            Weekday::Wednesday => "wed",
            Weekday::Thursday => "thu",
            Weekday::Friday => "fri",
            Weekday::Saturday => "sat",
            Weekday::Sunday => "sun",
        }
    }

    /// Its number in a cron expression: 0 is Sunday.
    pub fn number(self) -> u32 {
        (self as u32 + 1) % 7
    }

    /// Whether it is Saturday or Sunday.
    pub fn is_weekend(self) -> bool {
        matches!(self, Weekday::Saturday | Weekday::Sunday)
    }

    fn title(self) -> &'static str {
        match self {
            Weekday::Monday => "Mon",
            Weekday::Tuesday => "Tue",
            Weekday::Wednesday => "Wed",
            Weekday::Thursday => "Thu",
            Weekday::Friday => "Fri",
            Weekday::Saturday => "Sat",
            Weekday::Sunday => "Sun",
        }
    }
}

impl FromStr for Weekday {
    type Err = Refusal;
    fn from_str(text: &str) -> Result<Weekday, Refusal> {
        let small = text.to_ascii_lowercase();
        let found =
            Weekday::ALL.into_iter().find(|day| small == day.word() || small == format!("{day:?}").to_lowercase());
        found.ok_or_else(|| Refusal::new("a weekday", text, "mon, tue, wed, thu, fri, sat and sun are allowed"))
    }
}

impl fmt::Display for Weekday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl TimeOfDay {
    /// Hour (0 to 23), minute and second (0 to 59).
    pub fn parts(self) -> (u32, u32, u32) {
        (self.0 / 3_600, self.0 / 60 % 60, self.0 % 60)
    }

    /// Seconds since midnight.
    pub fn seconds(self) -> u32 {
        self.0
    }
}

impl FromStr for TimeOfDay {
    type Err = Refusal;
    fn from_str(text: &str) -> Result<TimeOfDay, Refusal> {
        let refused = || Refusal::new("a time of day", text, "00:00 to 23:59 is allowed, with seconds as 13:05:30");
        let parts: Vec<&str> = text.split(':').collect();
        let number = |part: &str, long: std::ops::RangeInclusive<usize>, most: u32| {
            let digits = long.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            part.parse::<u32>().ok().filter(|n| digits && *n <= most).ok_or_else(refused)
        };
        let (hour, minute, second) = match *parts.as_slice() {
            [hour, minute] => (hour, minute, "00"),
            [hour, minute, second] => (hour, minute, second),
            _ => return Err(refused()),
        };
        let (hour, minute, second) = (number(hour, 1..=2, 23)?, number(minute, 2..=2, 59)?, number(second, 2..=2, 59)?);
        Ok(TimeOfDay(hour * 3_600 + minute * 60 + second))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute, second) = self.parts();
        let shown = format!("{hour:02}:{minute:02}");
        f.pad(&if second == 0 { shown } else { format!("{shown}:{second:02}") })
    }
}

impl Hours {
    /// From one time of day to another, both in it.
    pub fn new(from: TimeOfDay, to: TimeOfDay) -> Hours {
        Hours { from, to }
    }

    /// Whether the second of the day `second` lies in it.
    pub(crate) fn holds(self, second: i64) -> bool {
        let (from, to) = (i64::from(self.from.0), self.last());
        if from <= to { (from..=to).contains(&second) } else { second >= from || second <= to }
    }

    /// The second of the day at which what holds now is next to change: where it begins, or the first one after it.
    pub(crate) fn edges(self) -> [i64; 2] {
        [i64::from(self.from.0), self.last() + 1]
    }

    fn last(self) -> i64 {
        let to = i64::from(self.to.0);
        if to % 60 == 0 { to + 59 } else { to }
    }
}

impl FromStr for Hours {
    type Err = Refusal;
    fn from_str(text: &str) -> Result<Hours, Refusal> {
        let refused = || Refusal::new("a span of the day", text, "two times of day are wanted, as 09:00-17:00");
        let (from, to) = text.split_once('-').ok_or_else(refused)?;
        let time = |part: &str| part.trim().parse::<TimeOfDay>().map_err(|_| refused());
        Ok(Hours { from: time(from)?, to: time(to)? })
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{}", self.from, self.to))
    }
}

/// What is kept as its text: shown, and checked again when it is read.
macro_rules! kept_as_text {
    ($($type:ident),+) => {$(
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
                String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}
pub(crate) use kept_as_text;
kept_as_text!(Date, Weekday, TimeOfDay, Hours);

macro_rules! debug_as_text {
    ($($type:ident),+) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )+};
}
debug_as_text!(Date, TimeOfDay, Hours);

#[cfg(test)]
#[path = "civil_tests.rs"]
mod tests;
