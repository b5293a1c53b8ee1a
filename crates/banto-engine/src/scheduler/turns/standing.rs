//! How a scheduler stands: what its pulse says, and what becomes of it while the store fails.

use std::time::Duration;

use banto_store::StoreError;

use super::Loop;
use crate::{event::Event, pulse::Moment, scheduler::Standing, stop::Halt};

impl Loop {
    /// Now, on both clocks.
    pub(super) fn moment(&self) -> Moment {
        Moment::now(&*self.scheduling.clock)
    }

    /// What it is at, now that it has come round.
    pub(super) fn standing(&self) -> Standing {
        match self.guard.off() {
            Some(why) => Standing::ClockOff { why },
            None if self.superseded => Standing::Superseded,
            None if self.leads => Standing::Leads,
            None => Standing::StandsBy,
        }
    }

    /// The store failed. Said once until it answers again. Answers how long to wait.
    pub(super) fn outage(&mut self, error: &StoreError) -> Duration {
        self.pulse.say(self.moment(), Standing::StoreDown { error: error.to_string() });
        if !std::mem::replace(&mut self.down, true) {
            tracing::error!(%error, "the store does not do what the scheduler asks; waiting");
            self.scheduling.events.tell(|| Event::StoreDown { verb: "fire", error: error.to_string() });
        }
        if !error.again() {
            self.stop.halt(Halt::Store, format!("the store cannot fire: {error}"));
        }
        Duration::from_millis(fastrand::u64(100..=500))
    }

    /// The store has answered.
    pub(super) fn store_answers(&mut self) {
        if std::mem::take(&mut self.down) {
            tracing::info!("the store answers again");
            self.scheduling.events.tell(|| Event::StoreBack);
        }
    }
}
