//! What must hold of unique keys: while a key is held, no second job is accepted under it.

use std::collections::{BTreeMap, BTreeSet};

use banto_core::{Hold, JobId, NewJob, Unique};
use banto_store::Enqueued;

use crate::ledger::{Ledger, Now};

impl Ledger {
    /// An enqueue was answered.
    pub fn enqueued(&mut self, jobs: &[NewJob], answers: &[Enqueued], now: &Now) {
        self.must(jobs.len() == answers.len(), now, || "an enqueue is not answered job by job".into());
        let mut within: BTreeMap<String, JobId> = BTreeMap::new();
        for (job, answer) in jobs.iter().zip(answers) {
            let (id, stands) = (job.id, answer.id);
            let fresh = if answer.fresh { "fresh".into() } else { format!("{stands} stands for it") };
            self.note(0, now, format!("enqueued {id}: {fresh}"));
            let known = self.jobs.contains_key(&id);
            self.must(!(answer.fresh && known), now, || format!("{id} is taken twice"));
            self.must(!answer.fresh || stands == id, now, || format!("{id} is fresh under another id"));
            let Some(unique) = &job.unique else {
                self.must(stands == id, now, || format!("{id} has no key, and {stands} stands for it"));
                continue;
            };
            let key = unique.key.as_str().to_owned();
            let other = within.get(&key).copied().or_else(|| self.holder(unique, now));
            if answer.fresh {
                self.must(other.is_none(), now, || format!("{id} is taken under {key}, which {other:?} holds"));
                self.keyed.insert(id, unique.clone());
                within.insert(key, id);
            } else if stands != id {
                let same = self.keyed.get(&stands).is_some_and(|its| its.key == unique.key);
                let batch = within.get(&key) == Some(&stands);
                self.must(same || batch, now, || format!("{stands} stands for {id} and has another key"));
            }
        }
    }

    /// Who holds the key, from what is listed.
    fn holder(&self, unique: &Unique, now: &Now) -> Option<JobId> {
        let same = self.keyed.iter().filter(|(_, its)| its.key == unique.key);
        same.map(|(id, its)| (*id, its.hold)).find(|(id, hold)| self.holds(*id, *hold, now)).map(|(id, _)| id)
    }

    fn holds(&self, id: JobId, hold: Hold, now: &Now) -> bool {
        let Some(job) = self.jobs.get(&id) else { return false };
        let ended_for = |ms| job.finished_at.is_some_and(|at| at.saturating_add_unsigned(ms) <= now.wall);
        match hold {
            Hold::Queued => job.fence == 0 && !job.state.ended(),
            Hold::Done => !job.state.ended(),
            Hold::Remember(ms) => !ended_for(ms) && !self.lapsed.contains(&id),
            Hold::Period(ms) => job.enqueued_at.saturating_add_unsigned(ms) > now.wall && !self.lapsed.contains(&id),
        }
    }

    /// Notes keys whose time is over: they may be pruned any moment, and a clock that is set back does not bring them again.
    pub(crate) fn lapse(&mut self, now: &Now) {
        let timed = |hold: Hold| matches!(hold, Hold::Remember(_) | Hold::Period(_));
        let over = self.keyed.iter().filter(|(id, its)| timed(its.hold) && !self.holds(**id, its.hold, now));
        let over: Vec<JobId> = over.map(|(id, _)| *id).collect();
        self.lapsed.extend(over);
    }

    /// No key is held by two jobs. (One that is held for a period is not, once the period is over.)
    pub(crate) fn each_key_once(&mut self, now: &Now) {
        let mut held = BTreeSet::new();
        let mut twice = None;
        for (id, unique) in &self.keyed {
            let open = self.jobs.get(id).is_some_and(|job| !job.state.ended());
            let holds = open && !matches!(unique.hold, Hold::Period(_)) && self.holds(*id, unique.hold, now);
            if holds && !held.insert(unique.key.as_str()) {
                twice = Some((*id, unique.key.clone()));
            }
        }
        self.must(twice.is_none(), now, || format!("a key is held by two jobs: {twice:?}"));
    }
}
