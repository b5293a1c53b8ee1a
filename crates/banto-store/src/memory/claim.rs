//! `claim`: leases jobs to an instance.

use banto_core::{Job, JobId, Lease, Name, State, limits::CLAIM_MAX};

use super::{Data, Held, Now};
use crate::{Claim, Claimed};

impl Data {
    pub(super) fn claim(&mut self, claim: &Claim, now: &Now) -> Claimed {
        self.promote(&claim.queues, now);
        let limit = claim.limit.min(CLAIM_MAX);
        let mut jobs = Vec::new();
        for id in self.wanted(claim, now) {
            if jobs.len() == limit {
                break;
            }
            jobs.extend(self.lease(id, claim, now));
        }
        Claimed { jobs, due_in_ms: self.due_in(&claim.queues, now), damaged: Vec::new() }
    }

    /// Jobs whose time has come become ready.
    fn promote(&mut self, queues: &[Name], now: &Now) {
        for row in self.jobs.values_mut() {
            if row.job.state == State::Scheduled && row.job.run_at <= now.wall && queues.contains(&row.job.queue) {
                row.job.state = State::Ready;
                if row.job.crashes > 0 {
                    row.job.run_at = row.job.run_at.min(row.job.enqueued_at);
                }
            }
        }
    }

    /// What could be given, in the order of giving. An id may come twice; it is leased once.
    fn wanted(&self, claim: &Claim, now: &Now) -> Vec<JobId> {
        let parked = |id: &&JobId| self.jobs.get(id).is_some_and(|row| row.job.state == State::Parked);
        let mut ids: Vec<JobId> = claim.adopt.iter().filter(parked).copied().collect();
        for queue in &claim.queues {
            let ready = |job: &&Job| job.state == State::Ready && job.queue == *queue;
            let mut due: Vec<&Job> = self.jobs.values().map(|row| &row.job).filter(ready).collect();
            due.sort_by_key(|job| (job.priority, job.run_at, job.id));
            ids.extend(due.iter().map(|job| job.id));
        }
        ids.retain(|id| self.jobs.get(id).is_some_and(|row| self.pauses.of(&row.job.queue, now).is_none()));
        ids
    }

    fn lease(&mut self, id: JobId, claim: &Claim, now: &Now) -> Option<(Job, Lease)> {
        let token = self.token();
        let row = self.jobs.get_mut(&id).filter(|row| row.job.state != State::Running)?;
        let job = &mut row.job;
        job.state = State::Running;
        job.attempt = job.attempt.saturating_add(1);
        job.fence = job.fence.saturating_add(1);
        job.started_at = Some(now.wall);
        job.instance = Some(claim.instance);
        job.park = None;
        job.progress = None;
        let lease = Lease { job: id, fence: job.fence, token };
        row.held = Some(Held { lease, until: now.steady.saturating_add(claim.lease_ms), boot: now.boot.clone() });
        let job = row.job.clone();
        self.key_at_claim(&job);
        self.tally.claimed += 1;
        Some((job, lease))
    }

    /// How long until time alone brings these queues more: a job comes due, or a pause ends.
    fn due_in(&self, queues: &[Name], now: &Now) -> Option<u64> {
        let mut next = None::<i64>;
        for queue in queues {
            let due = match self.pauses.of(queue, now) {
                Some(pause) => pause.until,
                None => {
                    let waits = |job: &&Job| job.state == State::Scheduled && job.queue == *queue;
                    self.jobs.values().map(|row| &row.job).filter(waits).map(|job| job.run_at).min()
                }
            };
            next = next.into_iter().chain(due).min();
        }
        next.map(|at| u64::try_from(at.saturating_sub(now.wall)).unwrap_or(0))
    }
}
