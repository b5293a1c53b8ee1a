//! `prune`: deletes what has ended long enough ago.

use banto_core::{Job, JobId, State};

use super::{Data, Now};
use crate::{Prune, Pruned};

impl Data {
    pub(super) fn prune(&mut self, prune: &Prune, now: &Now) -> Pruned {
        let mut old: Vec<(i64, JobId)> =
            self.jobs.values().filter_map(|row| may_go(&row.job, prune, now).map(|at| (at, row.job.id))).collect();
        old.sort();
        let more = old.len() > prune.limit;
        old.truncate(prune.limit);
        for (_, id) in &old {
            self.keep_run(*id);
            self.jobs.remove(id);
        }
        self.tally.removed += old.len() as u64;

        let keys = self.keys.len();
        self.keys.retain(|_, holder| holder.until.is_none_or(|until| until > now.wall));
        let instances = self.instances.len();
        self.instances.retain(|_, one| one.living(now) || one.silent_ms(now) < prune.instances_ms);
        let (fires, more_fires) = self.prune_fires(prune, now);
        Pruned {
            jobs: old.len(),
            keys: keys - self.keys.len(),
            instances: instances - self.instances.len(),
            fires,
            more: more || more_fires,
        }
    }
}

/// When the job ended, if that is long enough ago.
fn may_go(job: &Job, prune: &Prune, now: &Now) -> Option<i64> {
    let keep = match job.state {
        State::Done => prune.done_ms,
        State::Dead => prune.dead_ms,
        State::Cancelled => prune.cancelled_ms,
        State::Scheduled | State::Ready | State::Running | State::Parked => return None,
    };
    job.finished_at.filter(|at| at.saturating_add_unsigned(keep) <= now.wall)
}
