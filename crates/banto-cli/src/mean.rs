//! What was typed means: each flag's text becomes a value, or a refusal that names the flag and what is allowed.
//!
//! Parse, then mean: nothing here opens, asks or changes anything, so every flag's meaning is a table in a test.

use std::{fmt, str::FromStr};

use banto_core::{
    Cause, JobId, Label, Name, State,
    limits::{SPAN_MS_MAX, TIME_MS_MAX},
    text::visible,
};

use crate::exit::Failure;

pub mod enqueue;
pub mod health;
pub mod schedule;
pub mod select;
pub mod work;

/// A value for `flag` that is not allowed.
pub(crate) fn refuse(flag: &str, value: &str, allowed: &str) -> Failure {
    Failure::usage(format!("take \"{}\" as {flag}: {allowed}", visible(value, 80)))
}

/// A span of time in milliseconds: seconds (`90`, `1.5`), or numbers with units (`200ms`, `90s`, `5m`, `1h30m`, `2d`).
pub(crate) fn span(flag: &str, text: &str) -> Result<u64, Failure> {
    let allowed = "seconds, or numbers with ms, s, m, h or d, to ten years: 90, 1.5, 200ms, 5m, 1h30m";
    millis(text).filter(|ms| *ms <= SPAN_MS_MAX).ok_or_else(|| refuse(flag, text, allowed))
}

/// A span of time that is not nothing.
pub(crate) fn some_span(flag: &str, text: &str) -> Result<u64, Failure> {
    span(flag, text).and_then(|ms| if ms == 0 { Err(refuse(flag, text, "more than 0 is wanted")) } else { Ok(ms) })
}

fn millis(text: &str) -> Option<u64> {
    let mut left = text.trim();
    let mut all = 0u64;
    if left.is_empty() {
        return None;
    }
    while !left.is_empty() {
        let first = left.len() == text.trim().len();
        let digits = left.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(left.len());
        let (number, rest) = left.split_at(digits);
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (unit, rest) = rest.split_at(letters);
        let size = match unit {
            "ms" => 1.0,
            "" if rest.is_empty() && first => 1_000.0,
            "s" => 1_000.0,
            "m" | "min" => 60_000.0,
            "h" => 3_600_000.0,
            "d" => 86_400_000.0,
            _ => return None,
        };
        let ms = number.parse::<f64>().ok()? * size;
        // Over 2^53 a double is not exact, and far over every span that is allowed.
        if !(0.0..9e15).contains(&ms) {
            return None;
        }
        let ms = ms.round() as u64;
        all = all.checked_add(ms)?;
        left = rest.trim_start();
    }
    Some(all)
}

/// A moment with its offset from UTC, in milliseconds since 1970 (RFC 3339).
pub(crate) fn moment(flag: &str, text: &str) -> Result<i64, Failure> {
    let allowed =
        "a time from 1970 to 9999 with its offset is wanted: 2026-12-01T09:00:00+09:00 or 2026-12-01T00:00:00Z";
    let at = text.parse::<jiff::Timestamp>().ok().map(|at| at.as_millisecond());
    at.filter(|at| (0..=TIME_MS_MAX).contains(at)).ok_or_else(|| refuse(flag, text, allowed))
}

/// A moment, or a span from `now_ms`.
pub(crate) fn until(flag: &str, text: &str, now_ms: i64) -> Result<i64, Failure> {
    let then = match millis(text) {
        Some(_) => now_ms.saturating_add_unsigned(some_span(flag, text)?),
        None => moment(flag, text)
            .map_err(|failure| Failure { text: format!("{}; or a span from now: 30m", failure.text), ..failure })?,
    };
    if then > now_ms { Ok(then) } else { Err(refuse(flag, text, "it is over already; a time to come is wanted")) }
}

/// A whole number for `flag` between `least` and `most`.
pub(crate) fn number<T>(flag: &str, text: &str, least: T, most: T) -> Result<T, Failure>
where
    T: FromStr + PartialOrd + fmt::Display,
{
    let fits = text.trim().parse::<T>().ok().filter(|number| *number >= least && *number <= most);
    fits.ok_or_else(|| refuse(flag, text, &format!("{least} to {most} is allowed")))
}

/// A name given to `flag`.
pub(crate) fn name(flag: &str, text: &str) -> Result<Name, Failure> {
    Name::new(text).map_err(|refusal| Failure::usage(format!("{refusal} ({flag})")))
}

/// A key or tag given to `flag`.
pub(crate) fn label(flag: &str, text: &str) -> Result<Label, Failure> {
    Label::new(text).map_err(|refusal| Failure::usage(format!("{refusal} ({flag})")))
}

/// A job's id.
pub(crate) fn id(text: &str) -> Result<JobId, Failure> {
    Ok(text.parse()?)
}

/// States by their words.
pub(crate) fn states(words: &[String]) -> Result<Vec<State>, Failure> {
    words.iter().map(|word| word.parse::<State>().map_err(Failure::from)).collect()
}

/// A cause by its word.
pub(crate) fn cause(word: &str) -> Result<Cause, Failure> {
    let words: Vec<&str> = Cause::ALL.iter().map(|cause| cause.word()).collect();
    Cause::of_word(word).ok_or_else(|| refuse("--cause", word, &format!("allowed are {}", words.join(", "))))
}

/// When something is or was, as people are told: in UTC, to the second.
pub(crate) fn clock_time(ms: i64) -> String {
    let second = jiff::Timestamp::from_second(ms.div_euclid(1_000));
    second.map_or_else(|_| format!("{ms} ms since 1970"), |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests;
