//! Words of `renew`.

/// The answer to one lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewed {
    /// It is held, for another full time.
    Held {
        /// An operator has asked the job to stop.
        cancel_asked: bool,
    },
    /// It is not: the job was rescued, finished or deleted. Its handler should stop.
    Lost,
}
