//! Cron expressions: five fields, or six with seconds first, or seven with the year last.
//!
//! For whoever says when. The grammar (names, lists, steps, `L W #`, `@daily`) is croner's; the search for the next
//! match is our own and on local time only: what a clock change does to a match is [`occurrence`](crate::occurrence)'s
//! business. As in Vixie's cron, a day matches if the day of the month *or* the weekday does, unless one of the two
//! begins with `*`; then both must. An expression that never matches is refused like one that cannot be read.

use std::{fmt, str::FromStr, sync::Arc};

use croner::{CronPattern, Weekday as CronerWeekday, parser::CronParser};
use serde::{Deserialize, Serialize};

use crate::{
    civil::{Date, kept_as_text, split},
    limits::CRON_BYTES_MAX,
    refusal::Refusal,
};

/// Days of four centuries: after them the calendar repeats itself, weekdays and all.
const CYCLE_DAYS: i64 = 146_097;
/// The last year that anything is due in.
const YEAR_MAX: i32 = 9_999;

/// The fields in their order, and what each may hold.
const FIELDS: [(&str, &str); 7] = [
    ("second", "0 to 59"),
    ("minute", "0 to 59"),
    ("hour", "0 to 23"),
    ("day of the month", "1 to 31, L, LW or 15W"),
    ("month", "1 to 12 or JAN to DEC"),
    ("weekday", "0 to 7 or SUN to SAT, 5L or 1#2"),
    ("year", "1970 to 5000"),
];

/// A checked cron expression. Displays as the text that was given; two are equal if their texts are.
#[derive(Clone)]
pub struct Cron(Arc<Parsed>);

struct Parsed {
    text: String,
    /// Bit n is set if n matches.
    seconds: u64,
    minutes: u64,
    hours: u64,
    months: u64,
    /// In order; empty means every year.
    years: Vec<i32>,
    /// Asked for days only.
    days: CronPattern,
    is_real_time: bool,
}

impl Cron {
    /// Checks `text` as a cron expression. Refuses what cannot be read and what never matches.
    ///
    /// ```
    /// let cron: banto_core::Cron = "*/5 9-17 * * MON-FRI".parse().unwrap();
    /// assert!(cron.is_real_time());
    /// assert!("0 0 30 2 *".parse::<banto_core::Cron>().is_err());
    /// ```
    pub fn new(text: &str) -> Result<Cron, Refusal> {
        let fields = fields_of(text)?;
        let mut days = parse(&fields).map_err(|_| fault_of(text, &fields))?;
        let mask = |values: Vec<u16>| values.into_iter().fold(0, |mask, value| mask | 1u64 << (value & 63));
        let any_year = fields.last().is_some_and(|year| year == "*");
        let years = if any_year { Vec::new() } else { days.years.values().into_iter().map(i32::from).collect() };
        // Its table of years is 5,000 bytes for each expression and ends too early: ours is the list above.
        days.years = days.seconds.clone();
        let parsed = Parsed {
            text: text.trim().to_owned(),
            seconds: mask(days.seconds.values()),
            minutes: mask(days.minutes.values()),
            hours: mask(days.hours.values()),
            months: mask(days.months.values()),
            is_real_time: fields.iter().take(3).any(|field| field.starts_with('*')),
            years,
            days,
        };
        let cron = Cron(Arc::new(parsed));
        if (any_year || !cron.0.years.is_empty()) && cron.search(0, cron.last_day()).is_some() {
            return Ok(cron);
        }
        Err(refused(text, "it never matches: no such date or time exists after 1970"))
    }

    /// The text as it was given, without blanks around it.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Whether it recurs within the day in real time (every so many minutes or hours), rather than at fixed times of
    /// day: its hour, minute or second field begins with `*`. Clock changes do not shift such a pattern.
    pub fn is_real_time(&self) -> bool {
        self.0.is_real_time
    }

    /// What it says, in English: "At 04:30, on Monday."
    pub fn words(&self) -> String {
        let fields = fields_of(&self.0.text).unwrap_or_default();
        let words = parse(&fields).map(|pattern| pattern.describe()).unwrap_or_else(|()| self.0.text.clone());
        let words = words.replace("Monday, Tuesday, Wednesday, Thursday, and Friday", "Monday to Friday");
        words.strip_prefix("At every").map_or(words.clone(), |rest| format!("Every{rest}"))
    }

    /// The first match at or after `local` (naive seconds), up to the end of the year 9999.
    pub(crate) fn next(&self, local: i64) -> Option<i64> {
        self.search(local, i64::MAX)
    }

    /// As [`next`](Self::next), but looks no further than the day of `last`: of what is due once in years, a scheduler
    /// that asks each second wants to hear "not now" quickly.
    pub(crate) fn next_until(&self, local: i64, last: i64) -> Option<i64> {
        self.search(local, split(last).0.days())
    }

    /// The last day that must be looked at to know whether it ever matches.
    fn last_day(&self) -> i64 {
        match self.0.years.last() {
            None => CYCLE_DAYS,
            Some(_) => i64::MAX,
        }
    }

    fn search(&self, local: i64, last_day: i64) -> Option<i64> {
        let (mut date, mut second) = split(local);
        while date.days() <= last_day {
            let (year, month, day) = date.parts();
            if year > YEAR_MAX {
                return None;
            }
            if let Some(next) = self.next_year(year)? {
                (date, second) = (Date::of_parts(next, 1, 1), 0);
            } else if self.0.months & 1 << month == 0 {
                (date, second) = (Date::of_parts(year, month + 1, 1), 0);
            } else {
                let found = if self.is_day(date, year, month, day) { self.time(second) } else { None };
                if let Some(time) = found {
                    return Some(date.midnight() + time);
                }
                (date, second) = (date.next(), 0);
            }
        }
        None
    }

    /// The next matching year after a `year` that does not match; `Some(None)` if it does, `None` if there is none.
    fn next_year(&self, year: i32) -> Option<Option<i32>> {
        let years = &self.0.years;
        if years.is_empty() || years.binary_search(&year).is_ok() {
            return Some(None);
        }
        years.iter().find(|next| **next > year).map(|next| Some(*next))
    }

    fn is_day(&self, date: Date, year: i32, month: u32, day: u32) -> bool {
        let weekday = CronerWeekday::from_days_from_sunday(date.weekday().number());
        self.0.days.day_match(year, month, day, weekday).unwrap_or(false)
    }

    /// The first matching second of the day at or after `second`.
    fn time(&self, second: i64) -> Option<i64> {
        let parsed = &*self.0;
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        let (first_minute, first_second) = (bit(parsed.minutes, 0)?, bit(parsed.seconds, 0)?);
        let same_hour = parsed.hours & 1 << hour != 0;
        let same_minute = same_hour && parsed.minutes & 1 << minute != 0;
        if let Some(second) = bit(parsed.seconds, second).filter(|_| same_minute) {
            return Some(hour * 3_600 + minute * 60 + second);
        }
        if let Some(minute) = bit(parsed.minutes, minute + 1).filter(|_| same_hour) {
            return Some(hour * 3_600 + minute * 60 + first_second);
        }
        bit(parsed.hours, hour + 1).map(|hour| hour * 3_600 + first_minute * 60 + first_second)
    }
}

/// The lowest set bit at or above `least`.
fn bit(mask: u64, least: i64) -> Option<i64> {
    let rest = mask & u64::MAX.checked_shl(least as u32).unwrap_or(0);
    (rest != 0).then(|| i64::from(rest.trailing_zeros()))
}

fn refused(text: &str, allowed: impl Into<String>) -> Refusal {
    Refusal::new("a cron expression", text, allowed)
}

/// The seven fields of a text, in capitals. Refuses what has another number of fields.
fn fields_of(text: &str) -> Result<Vec<String>, Refusal> {
    const SHAPE: &str = "5 fields are wanted (minute, hour, day of the month, month, weekday), \
        6 with seconds first or 7 with the year last, or @hourly, @daily, @weekly, @monthly, @yearly";
    if text.len() > CRON_BYTES_MAX {
        return Err(refused(text, format!("at most {CRON_BYTES_MAX} bytes are allowed")));
    }
    let big = text.trim().to_ascii_uppercase();
    let written = match big.as_str() {
        "@YEARLY" | "@ANNUALLY" => "0 0 1 1 *",
        "@MONTHLY" => "0 0 1 * *",
        "@WEEKLY" => "0 0 * * 0",
        "@DAILY" | "@MIDNIGHT" => "0 0 * * *",
        "@HOURLY" => "0 * * * *",
        "@REBOOT" => {
            return Err(refused(text, "@reboot is no time; what runs at a start is a program, not a schedule"));
        }
        other => other,
    };
    let mut fields: Vec<String> =
        written.split([' ', '\t']).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    if !(5..=7).contains(&fields.len()) || written.contains(|c: char| !c.is_ascii_graphic() && c != ' ' && c != '\t') {
        return Err(refused(text, SHAPE));
    }
    if fields.len() == 5 {
        fields.insert(0, "0".to_owned());
    }
    if fields.len() == 6 {
        fields.push("*".to_owned());
    }
    Ok(fields)
}

/// Reads seven fields as croner does, but for its day rule: a field that only begins with `*` restricts nothing by
/// itself in Vixie's cron, so then both day fields must match (croner's `+`).
fn parse(fields: &[String]) -> Result<CronPattern, ()> {
    let mut fields = fields.to_vec();
    let empty = fields.iter().any(|field| field.starts_with('/') || field.split(',').any(str::is_empty));
    let stepped = |field: Option<&String>| field.is_some_and(|field| field.len() > 1 && field.starts_with('*'));
    let both = stepped(fields.get(3)) || stepped(fields.get(5));
    if let Some(weekday) = fields.get_mut(5).filter(|weekday| both && !weekday.starts_with('+')) {
        weekday.insert(0, '+');
    }
    let parser = CronParser::builder().sloppy_ranges(true).build();
    let read = parser.parse(&fields.join(" ")).map_err(drop)?;
    if empty { Err(()) } else { Ok(read.pattern) }
}

/// Which field it is that cannot be read, and what it may hold.
fn fault_of(text: &str, fields: &[String]) -> Refusal {
    let stars = || vec!["*".to_owned(); 7];
    for (place, (field, (name, allowed))) in fields.iter().zip(FIELDS).enumerate() {
        let mut alone = stars();
        if let Some(one) = alone.get_mut(place) {
            one.clone_from(field);
        }
        if parse(&alone).is_err() {
            let field = crate::text::visible(&field.to_lowercase(), 20);
            let allowed = format!("{allowed} is allowed, and lists (1,2), ranges (1-5) and steps (*/5) of it");
            return refused(text, format!("as its {name}, which is \"{field}\", {allowed}"));
        }
    }
    refused(text, "its fields are not allowed together")
}

impl FromStr for Cron {
    type Err = Refusal;
    fn from_str(text: &str) -> Result<Cron, Refusal> {
        Cron::new(text)
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.text)
    }
}

impl fmt::Debug for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0.text, f)
    }
}

impl PartialEq for Cron {
    fn eq(&self, other: &Cron) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for Cron {}

kept_as_text!(Cron);

#[cfg(test)]
#[path = "cron_tests.rs"]
mod tests;
