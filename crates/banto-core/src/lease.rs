//! Leases: who may finish a job, and until when.
//!
//! A claim gives a lease; the holder renews it; whoever does not hold it any more is refused. Times of a lease
//! are the store's own steady clock, never a worker's and never the wall clock, so that a jump of either neither
//! ends a lease early nor keeps it for ever.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{job::JobId, refusal::Refusal};

/// One start of one process: drawn at random each time, never a host name or a pid, so that a pod that comes back
/// under its old name is not taken for the one that died.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InstanceId(pub u64);

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:016x}", self.0))
    }
}

impl fmt::Debug for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for InstanceId {
    type Err = Refusal;
    fn from_str(text: &str) -> Result<InstanceId, Refusal> {
        let refusal = || Refusal::new("an instance", text, "16 hexadecimal digits are wanted");
        let digits = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
        digits.then(|| u64::from_str_radix(text, 16).ok()).flatten().map(InstanceId).ok_or_else(refusal)
    }
}

impl TryFrom<String> for InstanceId {
    type Error = Refusal;
    fn try_from(text: String) -> Result<InstanceId, Refusal> {
        text.parse()
    }
}

impl From<InstanceId> for String {
    fn from(id: InstanceId) -> String {
        id.to_string()
    }
}

/// How long a lease lives without being renewed, in milliseconds. With the rescuer's tick (1 s) it bounds the
/// time from a worker's death to the rerun: 10 s + 1 s + claim, under the promised 15 s.
pub const LEASE_MS: u64 = 10_000;
/// How often a holder renews, in milliseconds: three chances before the end.
pub const RENEW_MS: u64 = 3_000;
/// How long before the end a holder that could not renew stops trusting its lease, in milliseconds.
pub const MARGIN_MS: u64 = 1_000;

/// The right to finish one attempt of one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Lease {
    /// The job.
    pub job: JobId,
    /// Grows by one with each claim of this job: a fencing token to hand on to other systems.
    pub fence: u32,
    /// Drawn at random for each claim, so that a store restored from a copy cannot confuse two claims.
    pub token: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_comes_back_and_odd_text_is_refused() {
        let id = InstanceId(0xabc);
        assert_eq!(id.to_string(), "0000000000000abc");
        assert_eq!(id.to_string().parse::<InstanceId>().unwrap(), id);
        for bad in ["", "abc", "+000000000000abc", "zzzzzzzzzzzzzzzz"] {
            assert!(bad.parse::<InstanceId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_instance_is_text_in_json_and_every_number_comes_back() {
        for number in [0, 1, 0xabc, u64::MAX, 1 << 63] {
            let json = serde_json::to_string(&InstanceId(number)).unwrap();
            assert_eq!(json, format!("\"{number:016x}\""));
            assert_eq!(serde_json::from_str::<InstanceId>(&json).unwrap(), InstanceId(number));
        }
        assert_eq!("00000000000000AB".parse::<InstanceId>().unwrap(), InstanceId(0xab));
        assert_eq!(format!("[{:>18}]", InstanceId(1)), "[  0000000000000001]");
        for bad in ["\"abc\"", "7", "\"é00000000000000\"", "\" 000000000000001\"", "\"00000000000000001\""] {
            assert!(serde_json::from_str::<InstanceId>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_numbers_keep_the_promise_of_fifteen_seconds() {
        const { assert!(RENEW_MS * 3 + MARGIN_MS <= LEASE_MS) };
        const { assert!(LEASE_MS + 1_000 < 15_000) };
    }
}
