//! `enqueue`: takes jobs in, in order, whole or not at all.

use banto_core::{JobId, NewJob, Refusal, limits::ENQUEUE_MAX};

use super::{Data, Now, Row};
use crate::{Enqueued, StoreError};

impl Data {
    pub(super) fn enqueue(&mut self, jobs: &[NewJob], now: &Now) -> Result<Vec<Enqueued>, StoreError> {
        if jobs.len() > ENQUEUE_MAX {
            let allowed = format!("{ENQUEUE_MAX} are allowed in one call; send the rest in another");
            return Err(Refusal::new("a number of jobs", &jobs.len().to_string(), allowed).into());
        }
        for new in jobs {
            new.check()?;
        }
        Ok(jobs.iter().map(|new| self.enqueue_one(new.clone(), now)).collect())
    }

    pub(super) fn enqueue_one(&mut self, new: NewJob, now: &Now) -> Enqueued {
        if let Some(id) = self.stands_for(&new, now) {
            self.tally.doubles += 1;
            return Enqueued { id, fresh: false };
        }
        self.take_key(&new, now);
        let id = new.id;
        self.jobs.insert(id, Row { job: new.accepted(now.wall), trail: Vec::new(), held: None, written: None });
        self.tally.accepted += 1;
        self.changed = true;
        Enqueued { id, fresh: true }
    }

    /// The job that was there before, under the same id or the same key.
    fn stands_for(&self, new: &NewJob, now: &Now) -> Option<JobId> {
        if self.jobs.contains_key(&new.id) {
            return Some(new.id);
        }
        let unique = new.unique.as_ref()?;
        self.holder(&unique.key, now).map(|holder| holder.job)
    }
}
