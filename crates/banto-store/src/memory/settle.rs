//! `settle`: a move to or from another store.

use banto_core::{Job, Label};

use super::{Data, Now, Row, fire::Entry, schedule::Account, schedule::Kept};
use crate::{
    Card, FireView, Found, Key, Keys, Load, Run, ScheduleView, Service, Settle, Settled, Stand, Step, StoreError,
    settle::LOAD_MAX,
};

impl Data {
    /// Refuses what only an open store does.
    pub(super) fn admit(&self, doing: &str) -> Result<(), StoreError> {
        self.standing.as_ref().map_or(Ok(()), |standing| standing.admit(doing))
    }

    /// Refuses to take jobs where that is over, or has not begun.
    pub(super) fn admit_jobs(&self) -> Result<(), StoreError> {
        self.standing.as_ref().map_or(Ok(()), crate::Standing::admit_jobs)
    }

    pub(super) fn settle(&mut self, settle: &Settle, now: &Now) -> Result<Settled, StoreError> {
        if let Step::Put(load) = &settle.step {
            load.check()?;
        }
        let clears = matches!(settle.step, Step::Clear { .. });
        let found = Found { empty: self.empty(now) && !clears, ..self.found(now) };
        self.standing = settle.decide(self.standing.as_ref(), found, now.wall)?;
        self.changed = true;
        let mut settled = Settled::default();
        match &settle.step {
            Step::Put(load) => settled.fresh = self.put(load),
            Step::Clear { limit } if self.standing.as_ref().is_some_and(|was| was.stand == Stand::Clearing) => {
                self.clear(*limit);
                self.standing = settle.decide(self.standing.as_ref(), self.found(now), now.wall)?;
                settled.more = self.standing.as_ref().is_some_and(|is| is.stand == Stand::Clearing);
            }
            _ => {}
        }
        Ok(settled)
    }

    fn found(&self, now: &Now) -> Found {
        let running = self.jobs.values().filter(|row| row.held.is_some()).count();
        Found { running: running as u64, empty: self.empty(now) }
    }

    fn empty(&self, now: &Now) -> bool {
        let schedules = self.services.is_empty() && self.schedules.is_empty() && self.halts.none(now);
        let free = self.keys.keys().all(|key| self.holder(key, now).is_none());
        self.jobs.is_empty() && free && self.pauses.none(now) && schedules
    }

    fn put(&mut self, load: &Load) -> u64 {
        let before = self.tally.accepted;
        load.jobs.iter().for_each(|card| self.put_job(card));
        load.keys.iter().for_each(|key| self.put_key(key));
        for service in &load.services {
            self.services.insert(service.service.clone(), Account::of(service));
        }
        for schedule in &load.schedules {
            self.schedules.insert(schedule.name.clone(), Kept::of(schedule));
        }
        for fire in &load.fires {
            self.fires.insert((fire.schedule.clone(), fire.due_at), Entry::of(fire));
        }
        load.pauses.iter().for_each(|(queue, pause)| self.pauses.put(queue, pause.clone()));
        load.halts.iter().for_each(|(schedule, pause)| self.halts.put(schedule, pause.clone()));
        self.tally.accepted - before
    }

    fn put_job(&mut self, Card { job, trail, .. }: &Card) {
        self.jobs.entry(job.id).or_insert_with(|| {
            self.tally.accepted += 1;
            Row { job: job.clone(), trail: trail.clone(), held: None, written: None }
        });
    }

    fn put_key(&mut self, Key { key, holder }: &Key) {
        let its = |job: &Job| !job.state.ended() && job.unique.as_ref().is_some_and(|unique| unique.key == *key);
        if holder.until.is_some() || self.jobs.get(&holder.job).is_some_and(|row| its(&row.job)) {
            self.keys.insert(key.clone(), *holder);
        }
    }

    fn clear(&mut self, limit: usize) {
        let some: Vec<_> = self.jobs.keys().take(limit.min(LOAD_MAX)).copied().collect();
        for id in &some {
            self.jobs.remove(id);
            self.tally.removed += 1;
        }
        if self.jobs.is_empty() {
            self.keys.clear();
            self.services.clear();
            self.schedules.clear();
            self.fires.clear();
            self.pauses.clear();
            self.halts.clear();
        }
    }

    pub(super) fn keys(&self, after: Option<&str>, limit: usize, now: &Now) -> Keys {
        let beyond = |key: &&Label| after.is_none_or(|after| key.as_str() > after);
        let held = |key: &Label| Some(Key { key: key.clone(), holder: self.holder(key, now)? });
        let mut keys: Vec<Key> = self.keys.keys().filter(beyond).filter_map(held).take(limit.max(1) + 1).collect();
        let more = keys.len() > limit.max(1);
        keys.truncate(limit.max(1));
        let next = keys.last().filter(|_| more).map(|last| last.key.as_str().to_owned());
        Keys { keys, next }
    }
}

impl Account {
    fn of(service: &Service) -> Account {
        Account {
            generation: service.generation,
            registered_by: service.registered_by,
            until: service.accounted_until,
            by: service.by,
            base: 0,
            boot: String::new(),
        }
    }
}

impl Kept {
    fn of(view: &ScheduleView) -> Kept {
        Kept {
            service: view.service.clone(),
            revision: view.revision,
            model: view.model.clone(),
            action: view.action.clone(),
            source: view.source.clone(),
            build: view.build.clone(),
            since: view.since,
            retired_at: view.retired_at,
        }
    }
}

impl Entry {
    fn of(view: &FireView) -> Entry {
        let last = view.run.as_ref().map(|run| Run { output: None, ..run.clone() });
        Entry {
            count: view.count,
            reason: view.reason,
            late: view.late,
            note: view.note.clone(),
            at: view.at,
            by: view.by,
            job: view.run.as_ref().map(|run| run.job),
            output: view.run.as_ref().and_then(|run| run.output.clone()),
            last,
        }
    }
}
