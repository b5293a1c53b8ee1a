//! A sum over what a job was stored as, so that what a disk or a hand has changed is found when the row is read.
//!
//! The first eight bytes of SHA-256 (FIPS 180-4), because the server can reckon it too: jobs also come from SQL. It guards
//! against accidents, not against somebody who means harm: they would write the sum, too. A row without a sum is taken as it is,
//! for whoever must mend one by hand. When the store took the job is not in it: only the server knows that.

use banto_core::Job;
use sha2::{Digest, Sha256};

/// What is summed: all that a job was ordered with, which changes only by order, and then with its sum.
pub(crate) struct Summed<'a> {
    pub id: &'a [u8],
    pub kind: &'a str,
    pub version: i64,
    pub queue: &'a str,
    pub attempts_max: i64,
    pub options: Option<&'a str>,
    pub key: Option<&'a str>,
    pub payload: &'a str,
}

impl<'a> Summed<'a> {
    /// What is summed of a stored job, with its options as they are written.
    pub fn of(job: &'a Job, options: Option<&'a str>) -> Summed<'a> {
        Summed {
            id: job.id.bytes(),
            kind: job.kind.as_str(),
            version: job.version.into(),
            queue: job.queue.as_str(),
            attempts_max: job.attempts_max.unwrap_or(0).into(),
            options,
            key: job.unique.as_ref().map(|unique| unique.key.as_str()),
            payload: job.payload.as_str(),
        }
    }

    /// The sum.
    pub fn sum(&self) -> i64 {
        let mut all = Vec::with_capacity(512 + self.payload.len());
        all.extend_from_slice(self.id);
        let texts = [self.kind, self.queue, self.options.unwrap_or_default(), self.key.unwrap_or_default()];
        for text in texts {
            // With its length, so that no letter can move from one to the next.
            all.extend_from_slice(&(text.len() as u64).to_be_bytes());
            all.extend_from_slice(text.as_bytes());
        }
        all.extend_from_slice(&self.version.to_be_bytes());
        all.extend_from_slice(&self.attempts_max.to_be_bytes());
        all.extend_from_slice(self.payload.as_bytes());
        let digest = Sha256::digest(&all);
        let first = digest.first_chunk::<8>().copied().unwrap_or_default();
        i64::from_be_bytes(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: Summed<'_> = Summed {
        id: &[7; 16],
        kind: "send",
        version: 1,
        queue: "mail",
        attempts_max: 3,
        options: None,
        key: Some("a"),
        payload: "{\"to\":4711}",
    };

    #[test]
    fn every_part_is_in_the_sum() {
        let others = [
            Summed { id: &[8; 16], ..JOB },
            Summed { kind: "sent", ..JOB },
            Summed { version: 2, ..JOB },
            Summed { queue: "male", ..JOB },
            Summed { attempts_max: 4, ..JOB },
            Summed { options: Some("{}"), ..JOB },
            Summed { key: None, ..JOB },
            Summed { payload: "{\"to\":4710}", ..JOB },
            Summed { kind: "sendm", queue: "ail", ..JOB },
        ];
        for other in others {
            assert_ne!(other.sum(), JOB.sum());
        }
    }
}
