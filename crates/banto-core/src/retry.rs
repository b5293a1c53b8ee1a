//! How long to wait before the next attempt.
//!
//! Exponential with jitter by default: attempt n waits between half and the whole of `base × 2^(n-1)`, capped.
//! ("Equal jitter" of M. Brooker, *Exponential Backoff And Jitter*, AWS Architecture Blog, 2015: it spreads a
//! herd and still never retries at once.) Pure: the seed is given.

use serde::{Deserialize, Serialize};

use crate::{
    limits::{BACKOFF_STEPS_MAX, SPAN_MS_MAX},
    refusal::Refusal,
};

/// A back-off rule. All values in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backoff {
    /// `base × 2^(attempt-1)`, at most `max`, with equal jitter.
    Exponential {
        /// The wait after the first attempt, in milliseconds.
        base_ms: u64,
        /// The longest wait, in milliseconds.
        max_ms: u64,
    },
    /// The n-th wait after the n-th attempt, the last one for all that follow; no jitter. One value is a fixed wait.
    Table(Vec<u64>),
}

impl Default for Backoff {
    /// 5 s, 10 s, 20 s … at most 1 h.
    fn default() -> Backoff {
        Backoff::Exponential { base_ms: 5_000, max_ms: 3_600_000 }
    }
}

impl Backoff {
    /// The wait after attempt number `attempt` (1 is the first), in milliseconds; `seed` places the jitter.
    ///
    /// ```
    /// let backoff = banto_core::Backoff::Table(vec![1_000, 30_000]);
    /// assert_eq!([1, 2, 3].map(|n| backoff.delay_ms(n, 7)), [1_000, 30_000, 30_000]);
    /// ```
    pub fn delay_ms(&self, attempt: u16, seed: u64) -> u64 {
        let step = u32::from(attempt.max(1)) - 1;
        match self {
            Backoff::Exponential { base_ms, max_ms } => {
                let whole = base_ms.saturating_mul(1u64.checked_shl(step).unwrap_or(u64::MAX)).min(*max_ms);
                let half = whole / 2;
                half + mix(seed) % (whole - half + 1)
            }
            Backoff::Table(steps) => {
                let at = (step as usize).min(steps.len().saturating_sub(1));
                steps.get(at).copied().unwrap_or(0)
            }
        }
    }

    /// Refuses spans over ten years and tables that are empty or too long.
    pub fn check(&self) -> Result<(), Refusal> {
        let (fits, shown) = match self {
            Backoff::Exponential { base_ms, max_ms } => {
                (base_ms <= max_ms && *max_ms <= SPAN_MS_MAX, format!("{base_ms} ms to {max_ms} ms"))
            }
            Backoff::Table(steps) => {
                let fits = (1..=BACKOFF_STEPS_MAX).contains(&steps.len()) && steps.iter().all(|ms| *ms <= SPAN_MS_MAX);
                (fits, format!("{} waits, the longest {} ms", steps.len(), steps.iter().max().unwrap_or(&0)))
            }
        };
        let allowed = "1 to 32 waits of at most ten years are allowed, the first not above the longest";
        if fits { Ok(()) } else { Err(Refusal::new("a back-off", &shown, allowed)) }
    }
}

/// One step of SplitMix64 (Steele, Lea, Flood, *Fast splittable pseudorandom number generators*, 2014).
pub fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
#[path = "retry_tests.rs"]
mod tests;
