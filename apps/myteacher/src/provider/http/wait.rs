//! How long a provider asks us to wait.
//!
//! It is said in many places: `retry-after-ms`, `Retry-After` in seconds or as a date (RFC 9110 §10.2.3), the
//! `x-ratelimit-reset-*` headers, or only in the words. The most exact is taken. A wait is never longer than a day:
//! a slip of the server must not put a job to sleep for years.

use jiff::fmt::rfc2822;
use reqwest::header::HeaderMap;
use std::time::Duration;

const WAIT_MAX: Duration = Duration::from_secs(86_400);

/// The wait that headers or words ask for, if any of them does.
pub(super) fn asked_for(headers: &HeaderMap, text: &str, now_ms: i64) -> Option<Duration> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let exact = header("retry-after-ms").and_then(|ms| seconds(ms).map(|wait| wait / 1000));
    let plain = || header("retry-after").and_then(|value| seconds(value).or_else(|| until(value, now_ms)));
    let wait = exact.or_else(plain).or_else(|| reset(&header)).or_else(|| in_words(text))?;
    Some(wait.min(WAIT_MAX))
}

fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse().ok()?).ok()
}

/// Until a date; nothing if it has passed.
fn until(date: &str, now_ms: i64) -> Option<Duration> {
    let due = rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(date).ok()?.as_millisecond();
    Some(Duration::from_millis(u64::try_from(due.saturating_sub(now_ms)).unwrap_or(0)))
}

/// The reset of the limit that is used up; if none says it is, of the one that comes first.
fn reset<'a>(header: &impl Fn(&str) -> Option<&'a str>) -> Option<Duration> {
    let limits = ["requests", "tokens"].map(|limit| {
        let wait = header(&format!("x-ratelimit-reset-{limit}")).and_then(units);
        let used_up = header(&format!("x-ratelimit-remaining-{limit}")) == Some("0");
        (wait, used_up)
    });
    let used_up = limits.iter().filter(|(_, used_up)| *used_up).filter_map(|(wait, _)| *wait).max();
    used_up.or_else(|| limits.iter().filter_map(|(wait, _)| *wait).min())
}

/// A time with units, such as `6m0s`, `1.5s` or `120ms`.
fn units(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at_checked(digits)?;
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, next) = after.split_at_checked(letters)?;
        let second = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        let part = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * second).ok()?;
        total = total.checked_add(part)?;
        rest = next;
    }
    (!text.is_empty()).then_some(total)
}

/// "Your rate limit resets in ~30s."
fn in_words(text: &str) -> Option<Duration> {
    let (_, after) = text.split_once("resets in ")?;
    let word = after.split_whitespace().next()?;
    units(word.trim_start_matches('~').trim_end_matches(['.', ',', '"', '}']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    /// Sun, 06 Nov 1994 08:49:37 GMT.
    const NOW_MS: i64 = 784_111_777_000;

    fn asked(pairs: &[(&'static str, &str)], text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        asked_for(&headers, text, NOW_MS)
    }

    fn after(value: &str) -> Option<f64> {
        asked(&[("retry-after", value)], "").map(|wait| wait.as_secs_f64())
    }

    #[test]
    fn seconds_and_dates_are_read() {
        assert_eq!(after("30"), Some(30.0));
        assert_eq!(after(" 1.5 "), Some(1.5));
        assert_eq!(after("Sun, 06 Nov 1994 08:50:07 GMT"), Some(30.0));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:07 GMT"), Some(0.0), "a date in the past is now");
    }

    #[test]
    fn nonsense_is_no_wait_and_a_slip_is_no_year() {
        for nonsense in ["", "soon", "-1", "NaN", "inf", "Sun, 99 Nov 1994"] {
            assert_eq!(after(nonsense), None, "{nonsense}");
        }
        assert_eq!(after("999999999999"), Some(86_400.0));
        assert_eq!(after("Sun, 06 Nov 2994 08:49:07 GMT"), Some(86_400.0));
    }

    #[test]
    fn the_most_exact_wins() {
        let all = [("retry-after-ms", "250"), ("retry-after", "9"), ("x-ratelimit-reset-requests", "1m")];
        assert_eq!(asked(&all, "resets in ~7s"), Some(Duration::from_millis(250)));
        assert_eq!(asked(&all[1..], "resets in ~7s"), Some(Duration::from_secs(9)));
        assert_eq!(asked(&all[2..], "resets in ~7s"), Some(Duration::from_secs(60)));
        assert_eq!(asked(&[], "Request was throttled. Your rate limit resets in ~30s."), Some(Duration::from_secs(30)));
        assert_eq!(asked(&[], "Request was throttled."), None);
    }

    #[test]
    fn the_limit_that_is_used_up_counts() {
        let requests = ("x-ratelimit-reset-requests", "17h36m9.5s");
        let tokens = ("x-ratelimit-reset-tokens", "120ms");
        assert_eq!(asked(&[requests, tokens], ""), Some(Duration::from_millis(120)));
        let used = ("x-ratelimit-remaining-requests", "0");
        assert_eq!(asked(&[requests, tokens, used], ""), Some(Duration::from_secs_f64(63_369.5)));
    }

    #[test]
    fn units_that_are_none_are_refused() {
        for nonsense in ["", "5", "5x", "s", "1.2.3s", "5m3"] {
            assert_eq!(units(nonsense), None, "{nonsense}");
        }
    }
}
