//! `steer`: what an operator orders.

use banto_core::{Job, JobId, State};

use super::{Data, Now, record::append};
use crate::{Line, Order, Pause, Select, Status, Steer, Steered, StoreError};

/// The most ids that are shown of what an order changed.
const SAMPLE: usize = 20;

impl Data {
    pub(super) fn steer(&mut self, steer: &Steer, now: &Now) -> Result<Steered, StoreError> {
        steer.check()?;
        let steered = match &steer.order {
            Order::Cancel(select) => self.cancel(select, steer, now),
            Order::Retry(select) => self.retry(select, steer, now),
            Order::Release(select) => self.release(select, steer, now),
            Order::Forget(select) => self.forget(select, steer),
            Order::Pause { queue, reason, until } => {
                self.pauses.begin(queue, pause(steer, reason, *until, now), steer.preview, now)
            }
            Order::Resume { queue } => self.pauses.end(queue, steer.preview, now),
            Order::PauseSchedule { schedule, reason, until } => {
                self.halts.begin(schedule, pause(steer, reason, *until, now), steer.preview, now)
            }
            Order::ResumeSchedule { schedule } => self.halts.end(schedule, steer.preview, now),
            Order::Restart => self.restart(steer, now),
        };
        self.changed |= !steer.preview && (steered.count > 0 || steered.asked > 0);
        Ok(steered)
    }

    /// The jobs an order takes: those that fit and that it applies to, the oldest first.
    fn taken(&self, select: &Select, applies: impl Fn(&Job) -> bool) -> Vec<Job> {
        let fits = |job: &&Job| select.fits(job) && applies(job);
        self.jobs.values().map(|row| &row.job).filter(fits).take(select.limit).cloned().collect()
    }

    fn cancel(&mut self, select: &Select, steer: &Steer, now: &Now) -> Steered {
        let mut steered = Steered::default();
        for job in self.taken(select, |job| !(job.state.ended() || asked(job))) {
            let running = job.state == State::Running;
            if running {
                steered.asked += 1
            } else {
                steered.count += 1
            }
            show(&mut steered, job.id);
            if steer.preview {
                continue;
            }
            self.change(&job, "cancel", steer, now, |job| {
                if running {
                    job.cancel_asked = true;
                } else {
                    job.state = State::Cancelled;
                    job.finished_at = Some(now.wall);
                    job.park = None;
                }
            });
            if !running {
                self.key_at_end(&job, now);
            }
        }
        steered
    }

    fn retry(&mut self, select: &Select, steer: &Steer, now: &Now) -> Steered {
        let mut steered = Steered::default();
        // A preview takes the keys too, so that two jobs of one key are counted as they would be; then gives them back.
        let keys = self.keys.clone();
        for job in self.taken(select, |job| matches!(job.state, State::Dead | State::Cancelled | State::Scheduled)) {
            if job.state.ended() && !self.retake_key(&job, now) {
                steered.held += 1;
                continue;
            }
            steered.count += 1;
            show(&mut steered, job.id);
            if !steer.preview {
                self.change(&job, "retry", steer, now, |job| {
                    if job.state.ended() {
                        (job.attempt, job.crashes, job.finished_at) = (0, 0, None);
                    }
                    (job.state, job.run_at, job.cancel_asked) = (State::Ready, now.wall, false);
                    job.options.lift(now.wall);
                });
            }
        }
        if steer.preview {
            self.keys = keys;
        }
        steered
    }

    fn release(&mut self, select: &Select, steer: &Steer, now: &Now) -> Steered {
        let mut steered = Steered::default();
        for job in self.taken(select, |job| job.state == State::Parked) {
            steered.count += 1;
            show(&mut steered, job.id);
            if !steer.preview {
                self.change(&job, "release", steer, now, |job| {
                    (job.state, job.run_at, job.cancel_asked, job.park) = (State::Ready, now.wall, false, None);
                });
            }
        }
        steered
    }

    fn forget(&mut self, select: &Select, steer: &Steer) -> Steered {
        let mut steered = Steered::default();
        for job in self.taken(select, |job| job.state.ended()) {
            steered.count += 1;
            show(&mut steered, job.id);
            if !steer.preview {
                self.keep_run(job.id);
                self.jobs.remove(&job.id);
                self.tally.removed += 1;
            }
        }
        steered
    }

    /// Counts those that live; one that is silent hears of it if it comes back.
    fn restart(&mut self, steer: &Steer, now: &Now) -> Steered {
        let mut count = 0;
        for one in self.instances.values_mut() {
            if one.instance.status == Status::Stopped || one.restart.is_some() {
                continue;
            }
            count += usize::from(one.living(now));
            if !steer.preview {
                one.restart = Some(steer.by.clone());
            }
        }
        Steered { count, ..Steered::default() }
    }

    /// Changes a job and says so in its trail.
    fn change(&mut self, job: &Job, word: &str, steer: &Steer, now: &Now, change: impl FnOnce(&mut Job)) {
        let Some(row) = self.jobs.get_mut(&job.id) else { return };
        let fence = row.job.fence;
        append(&mut row.trail, Line { at: now.wall, fence, word: word.into(), text: steer.by.clone() });
        change(&mut row.job);
    }
}

/// Whether it runs and was asked to stop.
fn asked(job: &Job) -> bool {
    job.state == State::Running && job.cancel_asked
}

fn show(steered: &mut Steered, id: JobId) {
    if steered.sample.len() < SAMPLE {
        steered.sample.push(id);
    }
}

fn pause(steer: &Steer, reason: &str, until: Option<i64>, now: &Now) -> Pause {
    Pause { by: steer.by.clone(), reason: reason.to_owned(), at: now.wall, until }
}
