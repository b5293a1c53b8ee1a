//! Words of `steer`: what an operator orders.

use banto_core::{JobId, Name, Refusal, ScheduleName};

use crate::read::Select;

/// Longest name of who orders, in bytes.
pub const BY_BYTES_MAX: usize = 255;

/// One order, by somebody, carried out or only counted.
#[derive(Debug, Clone)]
pub struct Steer {
    /// What is to be done.
    pub order: Order,
    /// Who orders it, as it shall be shown: at most [`BY_BYTES_MAX`], else it is refused.
    pub by: String,
    /// Only count; change nothing.
    pub preview: bool,
}

impl Steer {
    /// Refuses a name of who orders that is too long to be shown.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.by.len() <= BY_BYTES_MAX {
            return Ok(());
        }
        Err(Refusal::new("who orders", &self.by, format!("at most {BY_BYTES_MAX} bytes are allowed")))
    }
}

/// What can be ordered. Orders on jobs take those that [`Select`] fits **and** that are in a state the order applies to.
#[derive(Debug, Clone)]
pub enum Order {
    /// Stop: waiting and parked jobs become cancelled at once; running ones are asked (the worker hears of it with its
    /// next renewal) and counted in [`Steered::asked`].
    Cancel(Select),
    /// Run again or run now: dead, cancelled and scheduled jobs become ready and due now, with attempts and crashes at
    /// nought if they had ended, and without a `retry_until` that is over. One that had ended takes its key again (unless that was for a period); where
    /// another job holds it, it is left and counted in [`Steered::held`].
    Retry(Select),
    /// Parked jobs become ready and due now.
    Release(Select),
    /// Dead, cancelled and done jobs are deleted with their trails. A key whose time still runs outlives its job.
    Forget(Select),
    /// The queue gives nothing until it is resumed, or until that wall-clock time in milliseconds since 1970. Takes the
    /// place of an earlier pause, unless reason and end are the same.
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
    /// The schedule, or all that do not run even in maintenance, fire no more until resumed, or until that wall-clock time in
    /// milliseconds since 1970; their due instants are skipped. Takes the place of an earlier pause, unless reason and end
    /// are the same. Holds for a schedule that is not registered yet, too.
    PauseSchedule {
        /// Which; `None` is all.
        schedule: Option<ScheduleName>,
        /// Why, as it shall be shown.
        reason: String,
        /// Until when, if not for ever.
        until: Option<i64>,
    },
    /// The schedule's own pause, or the pause of all, is over.
    ResumeSchedule {
        /// Which; `None` is all.
        schedule: Option<ScheduleName>,
    },
    /// Every instance that is registered now and has not left shall stop gracefully, so that its supervisor starts it
    /// anew. Each of its beats says so from now on.
    Restart,
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Steered {
    /// How many jobs, queues or instances were (or would be) changed.
    pub count: usize,
    /// Running jobs that were (or would be) asked to stop, and had not been asked before.
    pub asked: usize,
    /// Jobs left alone because another job holds their key.
    pub held: usize,
    /// The first ids of those changed or asked, at most 20, to show.
    pub sample: Vec<JobId>,
}
