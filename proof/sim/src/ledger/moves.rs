//! What must hold of the store's list from one call to the next: each job in one state, moved only as the table of moves
//! allows and only by the verb that was called, none lost.

use std::collections::BTreeMap;

use banto_core::{
    Job, JobId, State,
    state::{Move, allowed},
};
use banto_store::faulty::Verb;

use super::{Ledger, Now};

impl Ledger {
    /// The store was called and lists this now.
    pub fn listed(&mut self, verb: Verb, jobs: Vec<Job>, now: &Now) {
        self.counts.steps += 1;
        let count = jobs.len();
        let jobs: BTreeMap<JobId, Job> = jobs.into_iter().map(|job| (job.id, job)).collect();
        self.must(jobs.len() == count, now, || "a job is listed twice".into());
        let before = std::mem::take(&mut self.jobs);
        for job in jobs.values() {
            match before.get(&job.id) {
                Some(old) => self.moved(verb, old, job, now),
                None => self.must(verb == Verb::Enqueue, now, || format!("{} appears after {verb:?}", job.id)),
            }
        }
        for old in before.values().filter(|old| !jobs.contains_key(&old.id)) {
            let may = old.state.ended() && verb == Verb::Prune;
            self.must(may, now, || format!("{} was {} and is gone after {verb:?}", old.id, old.state));
            self.acked.remove(&old.id);
        }
        self.jobs = jobs;
        self.lapse(now);
        let lost = self.acked.iter().find(|id| !self.jobs.contains_key(*id)).copied();
        self.must(lost.is_none(), now, || format!("{lost:?} was acknowledged and is not listed"));
        if matches!(verb, Verb::Enqueue | Verb::Steer) {
            self.each_key_once(now);
        }
    }

    fn moved(&mut self, verb: Verb, old: &Job, new: &Job, now: &Now) {
        let id = new.id;
        let may = old.state == new.state && verb != Verb::Claim || self.may_move(verb, old, new, now);
        self.must(may, now, || format!("{id} went from {} to {} by {verb:?}", old.state, new.state));
        let claimed = verb == Verb::Claim && new.state == State::Running && old.state != State::Running;
        let fence = old.fence + u32::from(claimed);
        self.must(new.fence == fence, now, || format!("{id} has fence {} after {verb:?}, {fence} is right", new.fence));
        let holds = self.live.contains_key(&id) == (new.state == State::Running);
        self.must(holds, now, || format!("{id} is {} after {verb:?}, and its lease says otherwise", new.state));
        let kept =
            old.payload == new.payload && (&old.kind, &old.queue, old.version) == (&new.kind, &new.queue, new.version);
        self.must(kept, now, || format!("{id} is not what was enqueued any more"));
    }

    fn may_move(&self, verb: Verb, old: &Job, new: &Job, now: &Now) -> bool {
        let due = old.state == State::Scheduled && old.run_at <= now.wall;
        match verb {
            Verb::Claim if old.state == new.state => true,
            // A claim makes what is due ready, and may take it in the same step.
            Verb::Claim if due => matches!(new.state, State::Ready | State::Running),
            Verb::Claim => allowed(old.state, Move::Claim, new.state),
            Verb::Finish | Verb::Rescue => allowed(old.state, Move::Finish, new.state),
            Verb::Steer => allowed(old.state, Move::Steer, new.state),
            _ => false,
        }
    }

    /// The store counts its queues so.
    pub fn counted(&mut self, queues: &[banto_store::QueueView], now: &Now) {
        let mut counts: BTreeMap<&str, [u64; 7]> = BTreeMap::new();
        for job in self.jobs.values() {
            let of_queue = counts.entry(job.queue.as_str()).or_default();
            of_queue
                .iter_mut()
                .zip(State::ALL)
                .filter(|(_, state)| *state == job.state)
                .for_each(|(count, _)| *count += 1);
        }
        let wrong =
            queues.iter().find(|view| counts.get(view.queue.as_str()).copied().unwrap_or_default() != view.counts);
        let wrong = wrong.map(|view| (view.queue.clone(), view.counts));
        let summed: u64 = queues.iter().flat_map(|view| view.counts).sum();
        let listed = self.jobs.len() as u64;
        self.must(wrong.is_none(), now, || format!("a queue is counted otherwise than it is listed: {wrong:?}"));
        self.must(summed == listed, now, || format!("{summed} jobs are counted and {listed} are listed"));
    }
}
