//! The calendar of the users, who live in Asia/Tokyo: the month and the day of an instant.
//!
//! For chores whose sense is a month or a date. It reads no clock: the instant is given.

use std::{fmt, str::FromStr};

use banto::text::visible;
use jiff::{Timestamp, ToSpan, Zoned, civil::Date, tz::TimeZone};

use crate::error::Error;

/// A day, in milliseconds.
pub const DAY_MS: i64 = 86_400_000;

/// The zone.
pub const ZONE: &str = "Asia/Tokyo";

/// A month in Tokyo. Displays as `2025-12`, and is read from that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    first: Date,
}

impl Month {
    /// The month that an instant, in milliseconds since 1970, is in.
    pub fn of(at_ms: i64) -> Result<Month, Error> {
        Ok(Month { first: day_of(at_ms)?.first_of_month() })
    }

    /// The month before: counted in months, never in days, so that it is right on the 31st too.
    pub fn previous(self) -> Result<Month, Error> {
        Ok(Month { first: self.first.checked_sub(1.month()).map_err(beyond)? })
    }

    /// Its first instant, in milliseconds since 1970.
    pub fn begins_ms(self) -> Result<i64, Error> {
        begin_of(self.first)
    }

    /// The first instant after it, in milliseconds since 1970.
    pub fn ends_ms(self) -> Result<i64, Error> {
        begin_of(self.first.checked_add(1.month()).map_err(beyond)?)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

impl FromStr for Month {
    type Err = String;

    fn from_str(text: &str) -> Result<Month, String> {
        let read = format!("{text}-01").parse::<Date>().ok().map(|first| Month { first });
        let same = read.filter(|month| month.to_string() == text);
        same.ok_or_else(|| format!("\"{}\" is no month; allowed is one as 2026-04", visible(text, 20)))
    }
}

/// The day of an instant, in milliseconds since 1970.
pub fn day_of(at_ms: i64) -> Result<Date, Error> {
    Ok(zoned(at_ms)?.date())
}

/// The first instant of a day, in milliseconds since 1970.
pub fn begin_of(day: Date) -> Result<i64, Error> {
    Ok(day.to_zoned(zone()?).map_err(beyond)?.timestamp().as_millisecond())
}

/// The same time of day so many months before; the last day of a month that is too short.
pub fn months_before(at_ms: i64, months: i32) -> Result<i64, Error> {
    let before = zoned(at_ms)?.checked_sub(months.months()).map_err(beyond)?;
    Ok(before.timestamp().as_millisecond())
}

fn zoned(at_ms: i64) -> Result<Zoned, Error> {
    Ok(Timestamp::from_millisecond(at_ms).map_err(beyond)?.to_zoned(zone()?))
}

fn zone() -> Result<TimeZone, Error> {
    TimeZone::get(ZONE).map_err(beyond)
}

fn beyond(error: jiff::Error) -> Error {
    Error::Asked(format!("tell the date in {ZONE}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn a_month_begins_and_ends_at_midnight_in_tokyo() {
        let month: Month = "2026-02".parse().unwrap();
        assert_eq!(month.begins_ms().unwrap(), at("2026-01-31T15:00:00Z"));
        assert_eq!(month.ends_ms().unwrap(), at("2026-02-28T15:00:00Z"));
        assert_eq!(Month::of(at("2026-01-31T14:59:59.999Z")).unwrap().to_string(), "2026-01");
        assert_eq!(Month::of(at("2026-01-31T15:00:00Z")).unwrap(), month);
        assert_eq!(Month::of(month.ends_ms().unwrap() - 1).unwrap(), month);
    }

    #[test]
    fn the_month_before_is_right_on_every_day_that_a_month_of_days_would_get_wrong() {
        for (now, before) in [
            ("2026-01-31T17:00:00Z", "2026-01"), // the first of February in Tokyo
            ("2026-02-28T17:00:00Z", "2026-02"),
            ("2026-03-30T17:00:00Z", "2026-02"), // the 31st of March
            ("2026-04-30T17:00:00Z", "2026-04"),
            ("2025-12-31T17:00:00Z", "2025-12"),
            ("2025-12-31T14:00:00Z", "2025-11"), // still the 31st
            ("2024-02-29T15:00:00Z", "2024-02"),
        ] {
            assert_eq!(Month::of(at(now)).unwrap().previous().unwrap().to_string(), before, "{now}");
        }
    }

    #[test]
    fn only_a_month_is_a_month() {
        for wrong in ["", "2026", "2026-13", "2026-00", "2026-4", "2026-04-01", "+002026-04", "2026-04 ", "２０２６-04"]
        {
            let refusal = wrong.parse::<Month>().unwrap_err();
            assert!(refusal.contains("allowed is one as 2026-04"), "{refusal}");
        }
        assert_eq!("2026-04".parse::<Month>().unwrap().to_string(), "2026-04");
    }

    #[test]
    fn months_before_keep_the_time_of_day_and_end_in_short_months() {
        assert_eq!(months_before(at("2026-08-31T01:00:00Z"), 6).unwrap(), at("2026-02-28T01:00:00Z"));
        assert_eq!(months_before(at("2026-06-15T20:30:00Z"), 6).unwrap(), at("2025-12-15T20:30:00Z"));
    }

    #[test]
    fn a_time_beyond_the_calendar_is_refused_in_words() {
        let error = Month::of(i64::MAX).unwrap_err().to_string();
        assert!(error.starts_with("tell the date in Asia/Tokyo: "), "{error}");
    }
}
