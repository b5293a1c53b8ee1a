//! When a unique key is held, and when it is let go.
//!
//! A key belongs to one job. It is taken with the enqueue, and let go by the first claim (`Queued`), by the end
//! (`Done`), some time after the end (`Remember`) or some time after the enqueue (`Period`). A key whose time runs
//! outlives its job: neither prune nor forget lets go of it, else a repeated call would be taken for a new one.

use banto_core::{Hold, Job, Label, NewJob, Unique};

use super::{Data, Now};
use crate::Holder;

impl Data {
    /// Who holds `key` now.
    pub(super) fn holder(&self, key: &Label, now: &Now) -> Option<Holder> {
        self.keys.get(key).copied().filter(|holder| holder.until.is_none_or(|until| until > now.wall))
    }

    /// Gives the key of a job that is just accepted to it. The key is known to be free.
    pub(super) fn take_key(&mut self, new: &NewJob, now: &Now) {
        if let Some(Unique { key, hold }) = &new.unique {
            let until = match hold {
                Hold::Period(ms) => Some(now.wall.saturating_add_unsigned(*ms)),
                Hold::Queued | Hold::Done | Hold::Remember(_) => None,
            };
            self.keys.insert(key.clone(), Holder { job: new.id, until });
        }
    }

    /// Gives the key of a job that had ended back to it, if nobody else holds it; says whether the job may run.
    pub(super) fn retake_key(&mut self, job: &Job, now: &Now) -> bool {
        let Some(Unique { key, hold }) = &job.unique else { return true };
        if self.holder(key, now).is_some_and(|holder| holder.job != job.id) {
            return false;
        }
        if !matches!(hold, Hold::Period(_)) {
            self.keys.insert(key.clone(), Holder { job: job.id, until: None });
        }
        true
    }

    /// The job is claimed.
    pub(super) fn key_at_claim(&mut self, job: &Job) {
        if let Some(Unique { key, hold: Hold::Queued }) = &job.unique {
            self.let_go(key, job);
        }
    }

    /// The job has ended.
    pub(super) fn key_at_end(&mut self, job: &Job, now: &Now) {
        match &job.unique {
            Some(Unique { key, hold: Hold::Queued | Hold::Done }) => self.let_go(key, job),
            Some(Unique { key, hold: Hold::Remember(ms) }) => {
                if let Some(holder) = self.keys.get_mut(key).filter(|holder| holder.job == job.id) {
                    holder.until = Some(now.wall.saturating_add_unsigned(*ms));
                }
            }
            Some(Unique { hold: Hold::Period(_), .. }) | None => {}
        }
    }

    /// Only its own: the key may be another's by now.
    fn let_go(&mut self, key: &Label, job: &Job) {
        if self.keys.get(key).is_some_and(|holder| holder.job == job.id) {
            self.keys.remove(key);
        }
    }
}
