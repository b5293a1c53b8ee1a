//! What must always be true of the inside.

use banto_core::{Hold, State};

use super::{Data, Now, Row};
use crate::Stand;

impl Data {
    pub(super) fn check(&self, now: &Now) -> Vec<String> {
        let mut wrong: Vec<String> = self.jobs.values().flat_map(|row| self.check_row(row, now)).collect();
        for (key, holder) in &self.keys {
            let Some(row) = self.jobs.get(&holder.job) else {
                if holder.until.is_none() {
                    wrong.push(format!("key {key} is held for ever by {}, which is not listed", holder.job));
                }
                continue;
            };
            if row.job.unique.as_ref().is_none_or(|unique| unique.key != *key) {
                wrong.push(format!("key {key} is held by {}, which has another", holder.job));
            }
        }
        let tally = self.tally;
        if tally.accepted != self.jobs.len() as u64 + tally.removed + tally.lost {
            wrong.push(format!("{} jobs are listed, which does not fit {tally:?}", self.jobs.len()));
        }
        wrong
    }

    fn check_row(&self, row: &Row, now: &Now) -> Vec<String> {
        let job = &row.job;
        let running = job.state == State::Running;
        let mut wrong = Vec::new();
        let mut must = |holds: bool, what: &str| {
            if !holds {
                wrong.push(format!("{} is {} and {what}", job.id, job.state));
            }
        };
        must(running == row.held.is_some(), "its lease does not fit that");
        must(row.held.as_ref().is_none_or(|held| held.lease.fence == job.fence), "its lease has another fence");
        must(job.state.ended() == job.finished_at.is_some(), "its end does not fit that");
        must(job.park.is_none() || job.state == State::Parked, "has a cause to be parked");
        must(job.fence > 0 || !running, "was never claimed");
        must((job.fence > 0) == job.started_at.is_some(), "its start does not fit its fence");
        must(u32::from(job.attempt) <= job.fence, "has more attempts than claims");
        if let Some(unique) = &job.unique {
            let holder = self.holder(&unique.key, now).filter(|holder| holder.job == job.id);
            let must_hold = match unique.hold {
                Hold::Queued => job.fence == 0 && !job.state.ended(),
                Hold::Done | Hold::Remember(_) => !job.state.ended(),
                Hold::Period(_) => false,
            };
            // Keys come after their jobs.
            let arrives =
                self.standing.as_ref().is_some_and(|standing| !standing.open() && standing.stand != Stand::Leaving);
            must(!must_hold || holder.is_some() || arrives, "its key is not its own");
        }
        wrong
    }
}
