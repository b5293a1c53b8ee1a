//! When a schedule of a file is due: `cron`, a period, or times on days.
//!
//! One of the three forms stands in a schedule. Times on days become cron expressions, so that there is one model; days
//! of the week become part of them where that is exact, and else stay the schedule's own `weekdays`.

use std::{collections::BTreeSet, time::Duration};

use banto_core::{Cron, TimeOfDay, Timing, Weekday};
use toml::de::DeValue;

use super::{table::Table, value::Value};

/// The words that `every` knows beside periods.
const WORDS: [(&str, Word); 7] = [
    ("minute", Word::Period(60)),
    ("hour", Word::Period(3_600)),
    ("day", Word::Day),
    ("week", Word::Week),
    ("month", Word::Month),
    ("quarter", Word::Quarter),
    ("year", Word::Year),
];

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    /// So many seconds.
    Period(u64),
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// When it is due, and on which weekdays beyond that.
pub(crate) fn timing(table: Table<'_>) -> Option<(Timing, BTreeSet<Weekday>)> {
    let weekdays: BTreeSet<Weekday> = table.each("weekdays", days_of_week).into_iter().flatten().collect();
    if table.has("cron") {
        table.refuse(&["every", "at", "day", "month"], "cron says when already");
        let crons = table.each("cron", Value::parsed::<Cron>);
        if let Some(value) = table.get("cron").filter(|value| value.items().is_empty()) {
            value.refuse("at least one expression is wanted");
        }
        if crons.is_empty() {
            return None;
        }
        return Some((Timing::Cron(crons), weekdays));
    }
    let word = table.get("every").map(every);
    match word {
        Some(None) => None,
        Some(Some(Word::Period(seconds))) => {
            table.refuse(&["at", "day", "month"], "every says when already; at, day and month go with the words day, week, month, quarter and year, or alone");
            Some((period(table, seconds)?, weekdays))
        }
        None if !["at", "day", "month"].iter().any(|key| table.has(key)) => {
            table.fault("know when it is due: say every, at or cron, as every = \"5m\", at = \"09:00\" or cron = \"*/5 * * * *\"");
            None
        }
        word => days(table, word.flatten(), weekdays),
    }
}

fn every(value: Value<'_>) -> Option<Word> {
    if let DeValue::String(text) = value.inner() {
        let word = text.as_ref();
        if let Some((_, word)) = WORDS.iter().find(|(known, _)| *known == word) {
            return Some(*word);
        }
        if !word.starts_with(|c: char| c.is_ascii_digit()) {
            value.refuse("a period, as \"30s\", \"5m\" or \"6h\", or one of minute, hour, day, week, month, quarter and year is wanted");
            return None;
        }
    }
    let ms = value.some_span()?;
    if ms % 1_000 != 0 {
        value.refuse("whole seconds are allowed");
        return None;
    }
    Some(Word::Period(ms / 1_000))
}

/// As the fluent form has it: by the clock on the wall where that comes out even, else counted from 1970.
fn period(table: Table<'_>, seconds: u64) -> Option<Timing> {
    let built = banto_core::schedule("period").every(Duration::from_secs(seconds)).build();
    let value = table.get("every")?;
    match built {
        Ok(schedule) => Some(schedule.timing),
        Err(refusals) => {
            refusals.into_iter().for_each(|refusal| value.fault(refusal.to_string()));
            None
        }
    }
}

/// Times of day on days of the month or the week.
fn days(table: Table<'_>, word: Option<Word>, weekdays: BTreeSet<Weekday>) -> Option<(Timing, BTreeSet<Weekday>)> {
    if matches!(word, Some(Word::Day | Word::Week)) {
        table.refuse(&["day"], "it goes with the words month, quarter and year, or with none");
    }
    if matches!(word, Some(Word::Month | Word::Quarter)) {
        table.refuse(&["month"], "every says the months already");
    }
    let times = table.each("at", Value::parsed::<TimeOfDay>);
    let times = if table.has("at") { times } else { vec!["00:00".parse().ok()?] };
    let days = listed(table.each("day", day));
    let days = days.or_else(|| matches!(word, Some(Word::Month | Word::Quarter | Word::Year)).then(|| "1".to_owned()));
    let months = listed(table.each("month", month));
    let months = months.or(match word {
        Some(Word::Quarter) => Some("1,4,7,10".to_owned()),
        Some(Word::Year) => Some("1".to_owned()),
        _ => None,
    });
    let (of_week, left) = match (&days, word) {
        // Day of the month and day of the week in one expression would mean "or".
        (Some(_), _) => (None, weekdays),
        (None, Some(Word::Week)) if weekdays.is_empty() => (Some("0".to_owned()), weekdays),
        (None, _) => (listed(weekdays.iter().map(|day| day.number().to_string()).collect()), BTreeSet::new()),
    };
    let star = |field: Option<String>| field.unwrap_or_else(|| "*".to_owned());
    let rest = format!("{} {} {}", star(days), star(months), star(of_week));
    let mut crons = Vec::new();
    for time in times {
        let cron = match time.parts() {
            (hour, minute, 0) => Cron::new(&format!("{minute} {hour} {rest}")),
            (hour, minute, second) => Cron::new(&format!("{second} {minute} {hour} {rest}")),
        };
        match cron {
            Ok(cron) => crons.push(cron),
            Err(refusal) => {
                table.get("day").or(table.get("month")).or(table.get("at"))?.fault(refusal.to_string());
                return None;
            }
        }
    }
    Some((Timing::Cron(crons), left))
}

fn listed(parts: Vec<String>) -> Option<String> {
    (!parts.is_empty()).then(|| parts.join(","))
}

/// A day of the month: 1 to 31, or `last`.
fn day(value: Value<'_>) -> Option<String> {
    if matches!(value.inner(), DeValue::String(text) if text == "last") {
        return Some("L".to_owned());
    }
    if !matches!(value.inner(), DeValue::Integer(_)) {
        value.refuse("a day of the month from 1 to 31, or \"last\", is wanted");
        return None;
    }
    value.whole(1u8..=31).map(|day| day.to_string())
}

/// A month: 1 to 12, or `jan` to `dec`.
fn month(value: Value<'_>) -> Option<String> {
    let DeValue::String(text) = value.inner() else { return value.whole(1u8..=12).map(|month| month.to_string()) };
    let small = text.to_ascii_lowercase();
    let found = (1..).zip(MONTHS).find(|(_, month)| small.len() >= 3 && (small.starts_with(month)));
    if found.is_none() {
        value.refuse("a month from 1 to 12, or jan to dec, is wanted");
    }
    found.map(|(number, _)| number.to_string())
}

/// A weekday, or several in a row: `mon`, `mon-fri`.
fn days_of_week(value: Value<'_>) -> Option<Vec<Weekday>> {
    let text = value.text()?;
    let Some((first, last)) = text.split_once('-') else { return value.parsed().map(|day| vec![day]) };
    let first: Weekday = value.checked(first.parse())?;
    let last: Weekday = value.checked(last.parse())?;
    let from = Weekday::ALL.into_iter().cycle().skip_while(move |day| *day != first).take(7);
    let mut days: Vec<Weekday> = Vec::new();
    for day in from {
        days.push(day);
        if day == last {
            break;
        }
    }
    Some(days)
}
