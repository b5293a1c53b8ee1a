//! One entry of a scheduled task's `schedules`: daily, weekly or monthly at a time of day.
//!
//! It is read from the JSON that the web application keeps and from what is typed (`weekly 09:00 1,3`), and becomes cron
//! expressions. What is damaged is refused in words: an entry without a time is a fault, and never "every minute".

use std::collections::BTreeSet;

use banto::Refusal;
use banto_core::TimeOfDay;
use serde_json::{Value, json};

use crate::look::closed_list;

/// The most entries of one scheduled task; each becomes two expressions at most, and a schedule has 32.
pub const ENTRIES_MAX: usize = 16;

const ENTRY: &str = "\"daily HH:MM\", \"weekly HH:MM DAYS\" with days 0 (Sunday) to 6, or \"monthly HH:MM DATES\" with dates 1 to 31 is wanted, as \"weekly 09:00 1,3,5\"";
const TIME: &str = "HH:MM from 00:00 to 23:59 is wanted";
const DAYS: &str = "one or more of 0 (Sunday) to 6 (Saturday) are wanted";
const DATES: &str = "one or more of 1 to 31 are wanted";

closed_list! {
    /// What the 29th, 30th and 31st are in a month that is shorter.
    MonthEnd, "month-end" {
        /// There is none, and so nothing is due.
        Skip = "skip",
        /// The last day of that month.
        LastDay = "last_day",
    }
}

/// When a scheduled task is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    time: TimeOfDay,
    on: On,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum On {
    EveryDay,
    /// 0 is Sunday.
    Weekdays(BTreeSet<u8>),
    Dates(BTreeSet<u8>),
}

/// The entries of a row. Answers what is wrong as a fragment that fits after "could not".
pub fn entries(json: &str) -> Result<Vec<Entry>, String> {
    let read: Value =
        serde_json::from_str(json).map_err(|error| format!("read the schedules: {error}; create it anew"))?;
    let list = read.as_array().filter(|list| !list.is_empty());
    let list =
        list.ok_or_else(|| Refusal::new("schedules", json, "a list of at least one entry is wanted").to_string())?;
    if list.len() > ENTRIES_MAX {
        return Err(format!("take {} entries as schedules: at most {ENTRIES_MAX} are allowed", list.len()));
    }
    list.iter().map(|entry| Entry::from_json(entry).map_err(|refusal| refusal.to_string())).collect()
}

impl Entry {
    fn from_json(entry: &Value) -> Result<Entry, Refusal> {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        let whole = || entry.to_string();
        let time = time(text("time")).map_err(|()| Refusal::new("a schedule's entry", &whole(), TIME))?;
        let numbers = |name: &str, least, most, wanted: &str| {
            let list = entry.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            numbers(list.iter().map(number), least, most)
                .ok_or_else(|| Refusal::new("a schedule's entry", &whole(), format!("of \"{name}\", {wanted}")))
        };
        let on = match text("type") {
            "daily" => On::EveryDay,
            "weekly" => On::Weekdays(numbers("days", 0, 6, DAYS)?),
            "monthly" => On::Dates(numbers("dates", 1, 31, DATES)?),
            _ => return Err(Refusal::new("a schedule's entry", &whole(), "type daily, weekly or monthly is wanted")),
        };
        Ok(Entry { time, on })
    }

    /// What was typed: `daily 09:00`, `weekly 09:00 1,3,5`, `monthly 09:00 1,31`.
    pub fn typed(text: &str) -> Result<Entry, Refusal> {
        let refused = |wanted: &str| Refusal::new("a schedule", text, wanted);
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let (kind, at, list) = match *words.as_slice() {
            [kind, at] => (kind, at, ""),
            [kind, at, list] => (kind, at, list),
            _ => return Err(refused(ENTRY)),
        };
        let time = time(at).map_err(|()| refused(TIME))?;
        let of = |least, most| numbers(list.split(',').map(|word| word.parse().ok()), least, most);
        let on = match kind {
            "daily" if list.is_empty() => On::EveryDay,
            "weekly" => On::Weekdays(of(0, 6).ok_or_else(|| refused(DAYS))?),
            "monthly" => On::Dates(of(1, 31).ok_or_else(|| refused(DATES))?),
            _ => return Err(refused(ENTRY)),
        };
        Ok(Entry { time, on })
    }

    /// As the web application keeps it.
    pub fn to_json(&self) -> Value {
        let time = self.time.to_string();
        match &self.on {
            On::EveryDay => json!({ "type": "daily", "time": time }),
            On::Weekdays(days) => json!({ "type": "weekly", "days": days, "time": time }),
            On::Dates(dates) => json!({ "type": "monthly", "dates": dates, "time": time }),
        }
    }

    /// The expressions that say the same: one, or two if a date is to be the last day of a shorter month.
    pub fn crons(&self, month_end: MonthEnd) -> Vec<String> {
        let (hour, minute, _) = self.time.parts();
        match &self.on {
            On::EveryDay => vec![format!("{minute} {hour} * * *")],
            On::Weekdays(days) => vec![format!("{minute} {hour} * * {}", listed(days))],
            On::Dates(dates) if month_end == MonthEnd::Skip => vec![format!("{minute} {hour} {} * *", listed(dates))],
            On::Dates(dates) => {
                let mut dates = dates.clone();
                // The 31st is every month's last day; the 29th and 30th are so in February only.
                let last = match (dates.remove(&31), dates.contains(&29) || dates.contains(&30)) {
                    (true, _) => Some(format!("{minute} {hour} L * *")),
                    (false, true) => Some(format!("{minute} {hour} L 2 *")),
                    (false, false) => None,
                };
                let given = (!dates.is_empty()).then(|| format!("{minute} {hour} {} * *", listed(&dates)));
                given.into_iter().chain(last).collect()
            }
        }
    }
}

fn time(text: &str) -> Result<TimeOfDay, ()> {
    text.parse().ok().filter(|_| text.len() == 5).ok_or(())
}

/// A number, as one or as text: the web application's forms have kept both.
fn number(value: &Value) -> Option<u8> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|number| u8::try_from(number).ok()),
    }
}

/// All of them, if there are any and each is allowed.
fn numbers(list: impl Iterator<Item = Option<u8>>, least: u8, most: u8) -> Option<BTreeSet<u8>> {
    let numbers: Option<BTreeSet<u8>> = list.map(|one| one.filter(|one| (least..=most).contains(one))).collect();
    numbers.filter(|numbers| !numbers.is_empty())
}

fn listed(numbers: &BTreeSet<u8>) -> String {
    numbers.iter().map(u8::to_string).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
#[path = "entry_tests.rs"]
mod tests;
