//! `finish`, `expired` and `rescue`: verdicts, under a lease that holds or on one that is over.

use banto_core::{Refusal, State, Verdict};

use super::{Data, Now, Row, record::append};
use crate::{Expired, Finish, Finished, Line, StoreError};

impl Data {
    pub(super) fn finish(&mut self, finishes: Vec<Finish>, now: &Now) -> Result<Vec<Finished>, StoreError> {
        check(&finishes)?;
        Ok(finishes.into_iter().map(|finish| self.finish_one(finish, now)).collect())
    }

    fn finish_one(&mut self, Finish { lease, verdict }: Finish, now: &Now) -> Finished {
        match self.jobs.get_mut(&lease.job) {
            Some(row) if row.written == Some(lease) => Finished::Written,
            Some(row) if row.held_by(&lease) => {
                row.written = Some(lease);
                self.write(lease.job, verdict, now);
                Finished::Written
            }
            _ => {
                self.tally.late += 1;
                Finished::Late
            }
        }
    }

    pub(super) fn expired(&self, limit: usize, now: &Now) -> Vec<Expired> {
        let mut over: Vec<_> = self
            .jobs
            .values()
            .filter_map(|row| row.held.as_ref().map(|held| (held, &row.job)))
            .filter(|(held, _)| held.over(now))
            .collect();
        // A lease of another boot has been over for longer than any of this one.
        over.sort_by_key(|(held, job)| (held.boot == now.boot, held.until, job.id));
        over.into_iter().take(limit).map(|(held, job)| Expired { job: job.clone(), lease: held.lease }).collect()
    }

    pub(super) fn rescue(&mut self, finishes: Vec<Finish>, now: &Now) -> Result<Vec<Finished>, StoreError> {
        check(&finishes)?;
        Ok(finishes.into_iter().map(|finish| self.rescue_one(finish, now)).collect())
    }

    fn rescue_one(&mut self, Finish { lease, verdict }: Finish, now: &Now) -> Finished {
        let over = |row: &&mut Row| row.held_by(&lease) && row.held.as_ref().is_some_and(|held| held.over(now));
        if self.jobs.get_mut(&lease.job).filter(over).is_none() {
            return Finished::Late;
        }
        self.write(lease.job, verdict, now);
        self.tally.rescued += 1;
        Finished::Written
    }

    /// Writes a verdict on a running job.
    fn write(&mut self, id: banto_core::JobId, verdict: Verdict, now: &Now) {
        let Some(row) = self.jobs.get_mut(&id) else { return };
        row.held = None;
        if let Some(error) = &verdict.error {
            let (fence, word) = (row.job.fence, verdict.word.to_owned());
            append(&mut row.trail, Line { at: now.wall, fence, word, text: error.clone() });
        }
        let job = &mut row.job;
        job.state = verdict.to;
        job.attempt = verdict.attempt;
        job.crashes = verdict.crashes;
        job.error = verdict.error.or(job.error.take());
        job.park = verdict.park;
        // What is ready again keeps its place: behind a backlog, a dead worker's job would wait for all of it.
        if verdict.to == State::Scheduled {
            job.run_at = now.wall.saturating_add_unsigned(verdict.delay_ms);
        }
        if verdict.to.ended() {
            job.finished_at = Some(now.wall);
            let job = job.clone();
            self.key_at_end(&job, now);
        } else {
            self.changed = true;
        }
    }
}

/// A verdict ends the run; there is no verdict that goes on running.
fn check(finishes: &[Finish]) -> Result<(), StoreError> {
    match finishes.iter().any(|finish| finish.verdict.to == State::Running) {
        true => Err(Refusal::new("a verdict", State::Running.word(), "any other state is allowed").into()),
        false => Ok(()),
    }
}
