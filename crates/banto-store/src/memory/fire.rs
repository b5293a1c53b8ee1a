//! `fire`: due instants are accounted for, and what is known of them.

use std::collections::BTreeMap;

use banto_core::{Fate, FireId, InstanceId, JobId, NewJob, Reason, ScheduleName, limits::PAGE_MAX, text::cut};

use super::{Data, Now};
use crate::{Act, Fire, FireView, Fired, Firing, Output, Run, SelectFires, StoreError, fire::NOTE_BYTES_MAX};

/// A row of the ledger.
pub(super) struct Entry {
    pub count: u64,
    pub reason: Option<Reason>,
    pub late: bool,
    pub note: String,
    pub at: i64,
    pub by: InstanceId,
    pub job: Option<JobId>,
    pub output: Option<Output>,
    /// The run as it was when its job was removed.
    pub last: Option<Run>,
}

impl Data {
    pub(super) fn fire(&mut self, firing: Firing, now: &Now) -> Result<Vec<Fired>, StoreError> {
        firing.check()?;
        let (service, by) = (&firing.service, firing.by);
        let mut answers = Vec::with_capacity(firing.fires.len());
        for fire in firing.fires.clone() {
            let goes_by = |kept: &super::schedule::Kept| {
                kept.service == *service && kept.revision == fire.revision && kept.retired_at.is_none()
            };
            answers.push(match self.schedules.get(&fire.schedule) {
                Some(kept) if goes_by(kept) => self.fire_one(fire, by, now),
                _ => Fired::Stale,
            });
        }
        self.account(&firing, now);
        Ok(answers)
    }

    fn fire_one(&mut self, fire: Fire, by: InstanceId, now: &Now) -> Fired {
        let key = (fire.schedule.clone(), fire.due_at);
        let runs = matches!(fire.act, Act::Run(_));
        if self.fires.get(&key).is_some_and(|entry| !(runs && entry.fate() == Fate::Missed)) {
            return Fired::There;
        }
        let mut entry = Entry {
            count: fire.count,
            reason: None,
            late: fire.late,
            note: cut(&fire.note, NOTE_BYTES_MAX),
            at: now.wall,
            by,
            job: None,
            output: None,
            last: None,
        };
        let fired = match fire.act {
            Act::Not(reason) => Fired::Not(reason),
            Act::Run(_) if self.halts.of(&Some(fire.schedule.clone()), now).is_some() => Fired::Not(Reason::Paused),
            Act::Run(_) if !fire.even_in_maintenance && self.halts.of(&None, now).is_some() => {
                Fired::Not(Reason::Maintenance)
            }
            Act::Run(job) => self.start(*job, &mut entry, now),
        };
        match fired {
            Fired::Run(job) => entry.job = Some(job),
            Fired::Not(reason) => entry.reason = Some(reason),
            Fired::There | Fired::Stale => {}
        }
        self.fires.insert(key, entry);
        fired
    }

    fn start(&mut self, job: NewJob, entry: &mut Entry, now: &Now) -> Fired {
        let id = job.id;
        let answer = self.enqueue_one(job, now);
        if answer.fresh {
            return Fired::Run(id);
        }
        entry.note = format!("job {} has not ended", answer.id);
        Fired::Not(Reason::Overlap)
    }

    pub(super) fn fires(&self, select: &SelectFires) -> Vec<FireView> {
        let fits = |((schedule, due_at), entry): &(&(ScheduleName, i64), &Entry)| {
            select.schedule.as_ref().is_none_or(|wanted| wanted == schedule)
                && (select.fates.is_empty() || select.fates.contains(&entry.fate()))
                && select.before.is_none_or(|before| *due_at < before)
                && select.since.is_none_or(|since| *due_at >= since)
        };
        let mut found: Vec<_> = self.fires.iter().filter(fits).collect();
        found.sort_by(|((one, at), _), ((other, then), _)| then.cmp(at).then(one.cmp(other)));
        found.truncate(select.limit.min(PAGE_MAX));
        found.into_iter().map(|(key, entry)| self.fire_view(key, entry)).collect()
    }

    fn fire_view(&self, (schedule, due_at): &(ScheduleName, i64), entry: &Entry) -> FireView {
        FireView {
            schedule: schedule.clone(),
            due_at: *due_at,
            count: entry.count,
            fate: entry.fate(),
            reason: entry.reason,
            late: entry.late,
            note: entry.note.clone(),
            at: entry.at,
            by: entry.by,
            run: entry.job.map(|job| self.run_of(job, entry)),
        }
    }

    fn run_of(&self, job: JobId, entry: &Entry) -> Run {
        let output = entry.output.clone();
        let Some(row) = self.jobs.get(&job) else {
            return Run { output, ..entry.last.clone().unwrap_or_else(|| Run::gone(job)) };
        };
        Run { output, ..Run::of(&row.job) }
    }

    /// Keeps what became of a job that is about to be removed on the due instant it belongs to.
    pub(super) fn keep_run(&mut self, id: JobId) {
        let Some(row) = self.jobs.get(&id) else { return };
        let Some(FireId { schedule, due_at }) = row.job.options.fire.clone() else { return };
        let last = Run::of(&row.job);
        if let Some(entry) = self.fires.get_mut(&(schedule, due_at)).filter(|entry| entry.job == Some(id)) {
            entry.last = Some(last);
        }
    }

    /// Keeps what the run of a due instant left behind; says whether the job is one.
    pub(super) fn keep_output(&mut self, id: JobId, output: Output) -> bool {
        let fire = self.jobs.get(&id).and_then(|row| row.job.options.fire.clone());
        let entry = fire.and_then(|FireId { schedule, due_at }| self.fires.get_mut(&(schedule, due_at)));
        let Some(entry) = entry.filter(|entry| entry.job == Some(id)) else { return false };
        entry.output = Some(output.cut());
        true
    }

    /// Deletes rows of the ledger that are old enough; says how many, and whether there are more.
    pub(super) fn prune_fires(&mut self, prune: &crate::Prune, now: &Now) -> (usize, bool) {
        let mut last = BTreeMap::new();
        for ((schedule, due_at), entry) in &self.fires {
            last.insert((schedule.clone(), entry.fate()), *due_at);
        }
        let may_go = |((schedule, due_at), entry): &(&(ScheduleName, i64), &Entry)| {
            let keep = if entry.fate() == Fate::Skipped { prune.skips_ms } else { prune.fires_ms };
            due_at.saturating_add_unsigned(keep) <= now.wall
                && last.get(&(schedule.clone(), entry.fate())) != Some(due_at)
                && entry.job.is_none_or(|job| !self.jobs.contains_key(&job))
        };
        let mut old: Vec<_> = self.fires.iter().filter(may_go).map(|(key, _)| key.clone()).collect();
        old.sort_by(|one, other| one.1.cmp(&other.1).then_with(|| one.0.cmp(&other.0)));
        let more = old.len() > prune.limit;
        old.truncate(prune.limit);
        for key in &old {
            self.fires.remove(key);
        }
        (old.len(), more)
    }
}

impl Entry {
    fn fate(&self) -> Fate {
        self.reason.map_or(Fate::Fired, Reason::fate)
    }
}
