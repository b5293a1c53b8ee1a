//! Words of `steer`: what an operator orders.

use banto_core::{JobId, Name};

use crate::read::Select;

/// One order, by somebody, carried out or only counted.
#[derive(Debug, Clone)]
pub struct Steer {
    /// What is to be done.
    pub order: Order,
    /// Who orders it, as it shall be shown: at most 255 bytes.
    pub by: String,
    /// Only count; change nothing.
    pub preview: bool,
}

/// What can be ordered. Orders on jobs take those that [`Select`] fits **and** that are in a state the order applies to.
#[derive(Debug, Clone)]
pub enum Order {
    /// Stop: waiting and parked jobs become cancelled at once; running ones are asked (the worker hears of it with its
    /// next renewal) and counted in [`Steered::asked`].
    Cancel(Select),
    /// Run again or run now: dead, cancelled and scheduled jobs become ready, with attempts and crashes at nought if they
    /// had ended. A job whose key is meanwhile held by another is left and counted in [`Steered::held`].
    Retry(Select),
    /// Parked jobs become ready.
    Release(Select),
    /// Dead, cancelled and done jobs are deleted with their trails.
    Forget(Select),
    /// The queue gives nothing until it is resumed, or until that wall-clock time in milliseconds since 1970.
    Pause {
        /// Which.
        queue: Name,
        /// Why, as it shall be shown.
        reason: String,
        /// Until when, if not for ever.
        until: Option<i64>,
    },
    /// The queue gives again.
    Resume {
        /// Which.
        queue: Name,
    },
    /// Every instance that is registered now shall stop gracefully, so that its supervisor starts it anew.
    Restart,
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Steered {
    /// How many jobs, queues or instances were (or would be) changed.
    pub count: usize,
    /// Running jobs that were (or would be) asked to stop.
    pub asked: usize,
    /// Jobs left alone because another job holds their key.
    pub held: usize,
    /// The first ids of those changed, at most 20, to show.
    pub sample: Vec<JobId>,
}
