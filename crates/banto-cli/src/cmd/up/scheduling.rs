//! The scheduler of a process: begun, begun anew, exchanged for one of a changed file.

use banto_engine::{Halt, Scheduler, Unfit, scheduler::Watch};

use super::{keeper::Keeper, slot::Turn};
use crate::{
    exit::{Exit, Failure},
    mean,
};

/// How a scheduler ends.
pub(super) type Watched = Result<Watch, Unfit>;

impl Keeper {
    pub(super) fn scheduler_turned(&mut self, turn: Turn<Watched>) -> Result<(), Failure> {
        let why = match turn {
            Turn::Begin => return self.begin_scheduler(),
            Turn::Ended(Ok(Ok(watch))) if watch.halt == Halt::Store => {
                // Trying again mends nothing.
                self.ends(Exit::Damaged, watch.reason);
                return Ok(());
            }
            Turn::Ended(Ok(Ok(watch))) if watch.halt == Halt::Restart => {
                tracing::info!(reason = watch.reason, "the scheduler is begun anew");
                return self.begin_scheduler();
            }
            Turn::Ended(Ok(Ok(watch))) => watch.reason,
            Turn::Ended(Ok(Err(unfit))) => unfit.to_string(),
            Turn::Ended(Err(broke)) => broke,
        };
        let now = self.clock.steady_ms();
        if let Some((slot, _)) = &mut self.scheduler {
            let wait_ms = slot.rests(now).as_millis();
            tracing::error!(why, wait_ms, "the scheduler has ended although nobody asked; it is begun anew");
        }
        Ok(())
    }

    /// Begins the scheduler anew, in its place.
    pub(super) fn begin_scheduler(&mut self) -> Result<(), Failure> {
        let scheduler = self.scheduler()?;
        let (own, now) = (scheduler.stop(), self.clock.steady_ms());
        if let Some((slot, stop)) = &mut self.scheduler {
            *stop = own;
            slot.begun(tokio::spawn(scheduler.run()), now);
        }
        Ok(())
    }

    /// Stops the scheduler and waits for its end, for another to take its place.
    pub(super) async fn end_scheduler(&mut self, reason: &str) {
        if let Some((slot, stop)) = &mut self.scheduler {
            stop.graceful(reason);
            slot.end().await;
        }
    }

    pub(super) fn scheduler(&self) -> Result<Scheduler, Failure> {
        let config = mean::schedule::scheduler(&self.how.typed, &self.app, &self.written.scheduler)?;
        let scheduler = Scheduler::new(self.store.clone(), self.current.get(), config).clock(self.clock.clone());
        Ok(scheduler.pulse(self.vitals.scheduler.clone()))
    }
}
