//! What happens in a worker, for whoever wants to know.
//!
//! A closed list: log lines, metrics, progress bars and tests all read these. A slow reader misses old events and is
//! told how many (`RecvError::Lagged`); it never holds a worker up.

use std::sync::Arc;

use banto_core::{Cause, InstanceId, JobId, Name, Progress, Reason, ScheduleName};
use tokio::sync::broadcast;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An attempt begins.
    Started {
        /// The job.
        job: JobId,
        /// Its kind.
        kind: Name,
        /// Its queue.
        queue: Name,
        /// Which attempt.
        attempt: u16,
    },
    /// A run says how far it is.
    Progressed {
        /// The job.
        job: JobId,
        /// How far.
        progress: Progress,
    },
    /// An attempt has ended and its verdict is durable.
    Ended {
        /// The job.
        job: JobId,
        /// Its kind.
        kind: Name,
        /// Its queue.
        queue: Name,
        /// Which attempt.
        attempt: u16,
        /// The outcome's word: done, retry, snooze, cancel, dead, park, hand_back.
        outcome: &'static str,
        /// Where the job stands now.
        state: banto_core::State,
        /// How long it ran, in milliseconds.
        ran_ms: u64,
        /// What there is to say.
        error: Option<String>,
    },
    /// A job was set aside because this worker cannot run it.
    Parked {
        /// The job.
        job: JobId,
        /// Its kind.
        kind: Name,
        /// Why.
        cause: Cause,
        /// What was seen.
        text: String,
    },
    /// A verdict was refused because the lease did not hold any more.
    Late {
        /// The job.
        job: JobId,
    },
    /// This worker's lease on a job is lost; the run is told to stop.
    LeaseLost {
        /// The job.
        job: JobId,
    },
    /// A run did not stop when it was told to; the worker will stop so that its process can be ended.
    Stuck {
        /// The job.
        job: JobId,
        /// Its kind.
        kind: Name,
    },
    /// A job was taken from a worker that is dead or frozen.
    Rescued {
        /// The job.
        job: JobId,
        /// Its kind.
        kind: Name,
        /// Times the process died under it.
        crashes: u16,
        /// Where the job stands now.
        state: banto_core::State,
    },
    /// A due instant of a schedule fired.
    Fired {
        /// Which schedule.
        schedule: ScheduleName,
        /// When it was due, in milliseconds since 1970.
        due_at: i64,
        /// Its job.
        job: JobId,
        /// How long after that it fired, in milliseconds.
        late_ms: u64,
    },
    /// Due instants of a schedule were skipped or missed.
    NotFired {
        /// Which schedule.
        schedule: ScheduleName,
        /// When it was due, of several the last, in milliseconds since 1970.
        due_at: i64,
        /// How many.
        count: u64,
        /// Why.
        reason: Reason,
    },
    /// Due instants of a schedule were missed, and its policy makes up for some: told before the first of them fires.
    MakesUp {
        /// Which schedule.
        schedule: ScheduleName,
        /// How many nobody was there for; of more than a thousand the newest thousand.
        missed: usize,
        /// How many of them fire all the same.
        fires: usize,
        /// When the first of these fires, in milliseconds since 1970.
        first_at: i64,
        /// When the last of them does.
        last_at: i64,
    },
    /// A scheduler begins to lead, or ends.
    Leads {
        /// Whether it leads.
        leads: bool,
    },
    /// Another service has a schedule of the same name; this one does not fire.
    ScheduleTaken {
        /// Which.
        schedule: ScheduleName,
    },
    /// Another timetable was registered for the scheduler's service; it fires nothing until those who did so are gone.
    Superseded {
        /// Who registered it.
        by: InstanceId,
    },
    /// The clock of this process is too far off the store's; its scheduler fires nothing.
    ClockOff {
        /// By how much it is ahead, in milliseconds.
        offset_ms: i64,
    },
    /// The clock of this process is right again.
    ClockRight,
    /// The clock was set, forward or back.
    ClockSet {
        /// By how much, in milliseconds.
        by_ms: i64,
    },
    /// The store does not answer; the worker waits and tries again.
    StoreDown {
        /// Which verb met it first.
        verb: &'static str,
        /// What was said.
        error: String,
    },
    /// The store answers again.
    StoreBack,
    /// The worker takes no new jobs.
    Stopping {
        /// Why.
        reason: String,
    },
}

/// Where events are told and heard. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Events {
    sender: Arc<broadcast::Sender<Event>>,
}

impl Default for Events {
    fn default() -> Events {
        Events { sender: Arc::new(broadcast::channel(4_096).0) }
    }
}

impl Events {
    /// Hears everything from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.sender.subscribe()
    }

    /// Tells it, if anybody listens; making the event costs nothing otherwise.
    pub(crate) fn tell(&self, event: impl FnOnce() -> Event) {
        if self.sender.receiver_count() > 0 {
            let _ = self.sender.send(event());
        }
    }
}
