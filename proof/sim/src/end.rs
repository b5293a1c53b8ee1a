//! What must hold when the faults have stopped and time has passed: every job has ended, or is parked for a cause that is
//! real.

use banto_core::{Cause, Job, State};

use crate::{
    job::{Act, act_of},
    ledger::{Ledger, Now},
    plan::Form,
};

impl Ledger {
    /// Jobs that have neither ended nor been set aside for a real cause.
    pub fn open(&self) -> Vec<&Job> {
        self.jobs.values().filter(|job| !job.state.ended() && !self.parked_well(job)).collect()
    }

    fn parked_well(&self, job: &Job) -> bool {
        let Some(order) = self.orders.get(&job.id) else { return false };
        let Some(park) = job.park.as_ref().filter(|_| job.state == State::Parked) else { return false };
        match park.cause {
            Cause::UnknownKind => order.form == Form::Unknown,
            Cause::Undecodable => order.form == Form::Garbled,
            Cause::Missing => matches!(act_of(&order.script, job.fence), Act::Miss(_)),
            Cause::NewerVersion | Cause::Damaged => false,
        }
    }

    /// Says what is still open, if anything is.
    pub fn all_settled(&mut self, now: &Now) {
        let open: Vec<String> = self
            .open()
            .iter()
            .map(|job| {
                let (id, state, kind, fence) = (job.id, job.state, &job.kind, job.fence);
                format!("{id} ({kind}, {state}, fence {fence}, {} crashes, {:?})", job.crashes, job.park)
            })
            .collect();
        self.must(open.is_empty(), now, || format!("half an hour after the last fault these are open: {open:?}"));
    }
}
