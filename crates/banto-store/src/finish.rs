//! Words of `finish` and `rescue`.

use banto_core::{Job, Lease, Verdict};

/// One verdict under one lease.
#[derive(Debug, Clone)]
pub struct Finish {
    /// The right to write it.
    pub lease: Lease,
    /// What to write.
    pub verdict: Verdict,
}

/// The answer to one finish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// It is written, now or by an earlier try of the same finish.
    Written,
    /// The lease does not hold; nothing was changed.
    Late,
}

/// A running job whose lease is over.
#[derive(Debug, Clone)]
pub struct Expired {
    /// The job as it stands.
    pub job: Job,
    /// The lease that is over.
    pub lease: Lease,
}
