//! A sum over what a job was stored as, so that a byte which a disk or a hand has changed is found when the row is read.
//!
//! CRC-32 (IEEE 802.3): every change of up to 32 neighbouring bits is found, and one of four thousand million others is
//! not. It guards against accidents, not against somebody who means harm: they would write the sum, too. A row without a
//! sum is taken as it is, for whoever must mend one by hand: `UPDATE banto_job SET payload = …, sum = NULL`.

use banto_core::Job;

/// What is summed: all that a job was ordered with, which changes only by order, and then with its sum.
pub(crate) struct Summed<'a> {
    pub id: &'a [u8],
    pub kind: &'a str,
    pub version: i64,
    pub queue: &'a str,
    pub enqueued_at: i64,
    pub attempts_max: i64,
    pub options: Option<&'a str>,
    pub key: Option<&'a str>,
    pub payload: &'a str,
}

impl<'a> Summed<'a> {
    /// What is summed of a stored job, with two of its columns as they are written.
    pub fn of(job: &'a Job, options: Option<&'a str>, key: Option<&'a str>) -> Summed<'a> {
        Summed {
            id: job.id.bytes(),
            kind: job.kind.as_str(),
            version: job.version.into(),
            queue: job.queue.as_str(),
            enqueued_at: job.enqueued_at,
            attempts_max: job.attempts_max.unwrap_or(0).into(),
            options,
            key,
            payload: job.payload.as_str(),
        }
    }

    /// The sum.
    pub fn sum(&self) -> i64 {
        let mut all = Vec::with_capacity(512 + self.payload.len());
        let (options, key) = (self.options.unwrap_or_default(), self.key.unwrap_or_default());
        for text in [self.id, self.kind.as_bytes(), self.queue.as_bytes(), options.as_bytes(), key.as_bytes()] {
            // With its length, so that no letter can move from one to the next.
            all.extend_from_slice(&(text.len() as u64).to_le_bytes());
            all.extend_from_slice(text);
        }
        for number in [self.version, self.enqueued_at, self.attempts_max] {
            all.extend_from_slice(&number.to_le_bytes());
        }
        all.extend_from_slice(self.payload.as_bytes());
        // All at once: a third of the time of piece by piece.
        crc32fast::hash(&all).into()
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
        enqueued_at: 1_767_225_600_000,
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
            Summed { enqueued_at: 1, ..JOB },
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

    #[test]
    fn the_sum_is_the_same_in_every_build() {
        assert_eq!(JOB.sum(), SUM);
    }

    /// By zlib's crc32 over the same bytes.
    const SUM: i64 = 3_033_525_923;
}
