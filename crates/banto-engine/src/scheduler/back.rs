//! The way back: the time lies before what is accounted for, because a clock was set.
//!
//! Whoever leads takes the account back; whoever stands by follows. What has fired stays as it is.

use banto_store::StoreError;

use super::turns::{BACK_MS, Loop};
use crate::{
    event::Event,
    fire::{self, Until},
};

/// How much before the time that a clock was set back to is looked through, in milliseconds: as long as it took to see it, where
/// that is known, and no longer than that.
const UNSEEN_MS_MAX: u64 = 60_000;

impl Loop {
    /// Up to when the service is accounted for, as far as that can be believed: what a clock that was ahead has accounted for in
    /// advance says nothing of when that was.
    pub(super) fn believed(&self, accounted: i64, now: i64) -> i64 {
        match accounted > now.saturating_add(BACK_MS) {
            true => now.saturating_sub_unsigned(UNSEEN_MS_MAX),
            false => accounted.min(now),
        }
    }

    /// The time lies before what this scheduler knows to be accounted for: it takes the account back, or goes by it where somebody
    /// else has done so. Who does not would stand by until the wrong time has come.
    pub(super) async fn go_back(&mut self, now: i64) -> Result<(), StoreError> {
        let service = self.service().await?;
        let ahead = |until: i64, wall_ms: i64| until > wall_ms.saturating_add(BACK_MS);
        match service {
            _ if self.leads => self.set_back(now).await,
            Some(service) if ahead(service.accounted_until, service.wall_ms) => self.set_back(now).await,
            Some(service) => {
                self.accounted = service.accounted_until;
                self.line_up(service.accounted_until);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The clock was set back: what comes is due once more, and where it fired it is there.
    async fn set_back(&mut self, now: i64) -> Result<(), StoreError> {
        let by_ms = self.accounted.saturating_sub(now).unsigned_abs();
        tracing::warn!(by_ms, "the clock was set back; due instants that have fired stay as they are");
        self.scheduling.events.tell(|| Event::ClockSet { by_ms: -i64::try_from(by_ms).unwrap_or(i64::MAX) });
        // Between two measurements it went by what the clock showed before.
        let steady = self.scheduling.clock.steady_ms();
        let unseen_ms = self.right_at.map_or(UNSEEN_MS_MAX, |right| steady.saturating_sub(right).min(UNSEEN_MS_MAX));
        let from = now.saturating_sub_unsigned(unseen_ms);
        fire::look(&self.scheduling, &[], from, Until::Back).await?;
        self.accounted = from;
        self.line_up(from);
        Ok(())
    }
}
