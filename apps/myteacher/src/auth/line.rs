//! One line of the application's log: its time and its message, if it has them.
//!
//! Laravel's format, `[2025-12-01 09:00:00] production.INFO: message {"context":…}`, or one JSON object. A line without a time
//! belongs to the one before it (a stack trace). Of Laravel's line only what stands before the context is the message: a context
//! holds what users typed, and they must not count as markers.

use std::borrow::Cow;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::Deserialize;
use serde_json::Value;

/// Longest time that is looked for between brackets.
const TIME_BYTES_MAX: usize = 40;
/// From here on a number is milliseconds, not seconds: the year 5138 in seconds, 1973 in milliseconds.
const AS_MS_FROM: f64 = 1e11;

/// What a line that begins an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Its message, without the context.
    pub message: String,
}

/// The zone of times that name none, and the time of now, which tells the two 01:30 of an autumn night apart.
#[derive(Debug, Clone)]
pub struct Told {
    /// The zone.
    pub zone: TimeZone,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
}

impl Told {
    /// The entry that begins with this line, if one does.
    pub fn entry(&self, line: &[u8]) -> Option<Entry> {
        match line.first()? {
            b'[' => self.laravel(&String::from_utf8_lossy(line)),
            b'{' => self.json(&String::from_utf8_lossy(line)),
            _ => None,
        }
    }

    /// The time alone, without a copy of a long line where that can be.
    pub fn time_of(&self, line: &[u8]) -> Option<i64> {
        match line.first()? {
            b'[' => {
                let head = line.get(..line.len().min(TIME_BYTES_MAX + 2))?;
                self.bracketed(&String::from_utf8_lossy(head)).map(|(at_ms, _)| at_ms)
            }
            b'{' => self.json(&String::from_utf8_lossy(line)).map(|entry| entry.at_ms),
            _ => None,
        }
    }

    fn laravel(&self, line: &str) -> Option<Entry> {
        let (at_ms, rest) = self.bracketed(line)?;
        let text = rest.split_once(": ").map_or(rest, |(_, text)| text);
        let message = text.split_once(" {\"").map_or(text, |(message, _)| message);
        Some(Entry { at_ms, message: message.trim_end().to_owned() })
    }

    fn bracketed<'a>(&self, line: &'a str) -> Option<(i64, &'a str)> {
        let (time, rest) = line.strip_prefix('[')?.split_once(']')?;
        if time.len() > TIME_BYTES_MAX {
            return None;
        }
        Some((self.at(time, &self.zone)?, rest))
    }

    fn json(&self, line: &str) -> Option<Entry> {
        let said: Said = serde_json::from_str(line).ok()?;
        let time = [said.datetime, said.timestamp, said.at_timestamp, said.time].into_iter().flatten().next()?;
        Some(Entry { at_ms: self.json_time(&time)?, message: said.message.unwrap_or_default().into_owned() })
    }

    fn json_time(&self, time: &Value) -> Option<i64> {
        match time {
            Value::String(text) => self.at(text, &self.zone),
            Value::Number(number) => number.as_f64().map(as_ms),
            Value::Object(parts) => {
                let named = parts.get("timezone").and_then(Value::as_str).and_then(|name| TimeZone::get(name).ok());
                self.at(parts.get("date")?.as_str()?, named.as_ref().unwrap_or(&self.zone))
            }
            _ => None,
        }
    }

    /// A time with an offset, or one in the zone. Of two that the text may mean it is the later, unless that is yet to come.
    fn at(&self, text: &str, zone: &TimeZone) -> Option<i64> {
        let text = text.trim();
        if let Ok(at) = text.parse::<Timestamp>() {
            return Some(at.as_millisecond());
        }
        let civil: DateTime = text.parse().ok().filter(|_| text.contains(':'))?;
        let both = zone.to_ambiguous_zoned(civil);
        let later = both.clone().later().ok()?.timestamp().as_millisecond();
        match later <= self.now_ms {
            true => Some(later),
            false => Some(both.earlier().ok()?.timestamp().as_millisecond()),
        }
    }
}

fn as_ms(number: f64) -> i64 {
    if number < AS_MS_FROM { (number * 1000.0) as i64 } else { number as i64 }
}

/// The fields that are looked at; the others may be anything.
#[derive(Deserialize)]
struct Said<'a> {
    #[serde(default)]
    datetime: Option<Value>,
    #[serde(default)]
    timestamp: Option<Value>,
    #[serde(default, rename = "@timestamp")]
    at_timestamp: Option<Value>,
    #[serde(default)]
    time: Option<Value>,
    #[serde(default, borrow)]
    message: Option<Cow<'a, str>>,
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
