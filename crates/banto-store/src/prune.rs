//! Words of `prune`.

/// What may go. Ages count from a job's end, in milliseconds of wall-clock time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prune {
    /// How long done jobs stay.
    pub done_ms: u64,
    /// How long dead jobs stay.
    pub dead_ms: u64,
    /// How long cancelled jobs stay.
    pub cancelled_ms: u64,
    /// How long instances that do not live stay after their last beat.
    pub instances_ms: u64,
    /// How long rows of the ledger stay that fired or were missed.
    pub fires_ms: u64,
    /// How long rows of the ledger stay that were skipped.
    pub skips_ms: u64,
    /// Most jobs in one call, and most rows of the ledger.
    pub limit: usize,
}

impl Default for Prune {
    /// Done and cancelled a day, dead 30 days, instances a day, fires and misses 90 days, skips 7 days, 1,000 a call.
    fn default() -> Prune {
        const DAY: u64 = 86_400_000;
        Prune {
            done_ms: DAY,
            dead_ms: 30 * DAY,
            cancelled_ms: DAY,
            instances_ms: DAY,
            fires_ms: 90 * DAY,
            skips_ms: 7 * DAY,
            limit: 1_000,
        }
    }
}

/// What went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Jobs deleted, with their trails.
    pub jobs: usize,
    /// Keys let go because their time was over.
    pub keys: usize,
    /// Instances forgotten.
    pub instances: usize,
    /// Rows of the ledger deleted.
    pub fires: usize,
    /// Whether there is more that may go.
    pub more: bool,
}
