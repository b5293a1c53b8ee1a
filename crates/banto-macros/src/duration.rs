//! Spans of time as people write them: `15m`, `1h 30m`, `250ms`.
//!
//! For [`mean`](crate::mean). Whole numbers only, each unit at most once and the larger first, so that there is one way
//! to read a text.

use banto_core::{Backoff, Refusal, limits::SPAN_MS_MAX};

/// The units, the largest first, in milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Reads `text` as a span, in milliseconds: 1 ms to ten years.
pub fn millis(text: &str) -> Result<u64, Refusal> {
    let allowed = "whole numbers with ms, s, m, h or d are allowed, the larger first, as in \"1h 30m\"; \
                   1 ms to 10 years in all";
    let read = sum(text).filter(|ms| (1..=SPAN_MS_MAX).contains(ms));
    read.ok_or_else(|| Refusal::new("a duration", text, allowed))
}

/// Reads `text` as a back-off: `base..max`, or the waits one by one.
pub fn backoff(text: &str) -> Result<Backoff, Refusal> {
    let backoff = match text.split_once("..") {
        Some((base, max)) => Backoff::Exponential { base_ms: millis(base)?, max_ms: millis(max)? },
        None => Backoff::Table(text.split(',').map(millis).collect::<Result<_, _>>()?),
    };
    let allowed = "\"10s..1h\" is allowed, the smaller first, or 1 to 32 waits as in \"1s, 5s, 30s\"";
    backoff.check().map_err(|_| Refusal::new("a back-off", text, allowed))?;
    Ok(backoff)
}

fn sum(text: &str) -> Option<u64> {
    let (mut sum, mut units) = (0u64, UNITS.iter());
    let parts = text.split_ascii_whitespace();
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = part.split_at_checked(digits)?;
        // `find` goes on where it stopped, which is what keeps units in order and single.
        let (_, ms) = units.find(|(known, _)| *known == unit)?;
        sum = sum.checked_add(number.parse::<u64>().ok()?.checked_mul(*ms)?)?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_read() {
        let read = [
            ("15m", 900_000),
            ("1h 30m", 5_400_000),
            ("250ms", 250),
            (" 1d  2h 3m 4s 5ms ", 93_784_005),
            ("3650d", SPAN_MS_MAX),
            ("0h 1ms", 1),
        ];
        for (text, ms) in read {
            assert_eq!(millis(text), Ok(ms), "{text}");
        }
    }

    #[test]
    fn what_could_be_misread_is_refused() {
        let odd = ["", " ", "0s", "15", "m", "1.5h", "-1s", "15 m", "30m 1h", "1m 1m", "1H", "1w", "1hour", "3651d"];
        for text in odd.into_iter().chain(["99999999999999999999s", "18446744073709551615d", "１s", "1s\u{200b}"]) {
            let refusal = millis(text).unwrap_err().to_string();
            assert!(refusal.contains("as a duration") && refusal.contains("ms, s, m, h or d"), "{text}: {refusal}");
        }
    }

    #[test]
    fn a_back_off_is_a_range_or_a_table() {
        assert_eq!(backoff("10s..1h"), Ok(Backoff::Exponential { base_ms: 10_000, max_ms: 3_600_000 }));
        assert_eq!(backoff("10s .. 1m 30s"), Ok(Backoff::Exponential { base_ms: 10_000, max_ms: 90_000 }));
        assert_eq!(backoff("1s, 5s,30s"), Ok(Backoff::Table(vec![1_000, 5_000, 30_000])));
        assert_eq!(backoff("1m"), Ok(Backoff::Table(vec![60_000])));
        for odd in ["1h..1s", "..", "1s..", "1s..2s..3s", "1s,,2s", "1s,", "", &["1s"; 33].join(",")] {
            assert!(backoff(odd).is_err(), "{odd}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "[0-9dhms. ,]{0,24}|\\PC{0,24}") {
            if let Ok(ms) = millis(&text) { proptest::prop_assert!((1..=SPAN_MS_MAX).contains(&ms)); }
            if let Ok(rule) = backoff(&text) { proptest::prop_assert_eq!(rule.check(), Ok(())); }
        }
    }
}
