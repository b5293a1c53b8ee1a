//! Pauses of queues.

use banto_core::Name;

use super::{Data, Now};
use crate::{Pause, Steer, Steered};

impl Data {
    /// The pause in force, if there is one.
    pub(super) fn pause_of(&self, queue: &Name, now: &Now) -> Option<&Pause> {
        self.pauses.get(queue).filter(|pause| pause.until.is_none_or(|until| until > now.wall))
    }

    pub(super) fn pause(&mut self, queue: &Name, pause: Pause, steer: &Steer, now: &Now) -> Steered {
        if self.pause_of(queue, now).is_some_and(|old| same(old, &pause)) {
            return Steered::default();
        }
        if !steer.preview {
            self.pauses.insert(queue.clone(), pause);
        }
        Steered { count: 1, ..Steered::default() }
    }

    pub(super) fn resume(&mut self, queue: &Name, steer: &Steer, now: &Now) -> Steered {
        let count = usize::from(self.pause_of(queue, now).is_some());
        if !steer.preview {
            self.pauses.remove(queue);
        }
        Steered { count, ..Steered::default() }
    }
}

/// Whether a pause says what another says: it does not take the other's place then.
pub(super) fn same(old: &Pause, new: &Pause) -> bool {
    (&old.reason, old.until) == (&new.reason, new.until)
}
