//! `register`: the schedules of a service.

use std::collections::BTreeSet;

use banto_core::{InstanceId, Label, Name, ScheduleName};

use super::{Data, Now};
use crate::{Board, Firing, Pause, Register, Registered, Registration, ScheduleView, Service, StoreError};

/// What is kept of a service.
pub(super) struct Account {
    pub generation: i64,
    pub registered_by: InstanceId,
    pub until: i64,
    pub by: Option<InstanceId>,
    /// Wall minus steady time of whoever accounted last, and the boot it was in.
    pub base: i64,
    pub boot: String,
}

/// What is kept of a schedule.
pub(super) struct Kept {
    pub service: Name,
    pub revision: i64,
    pub model: String,
    pub action: String,
    pub source: String,
    pub build: Label,
    pub since: i64,
    pub retired_at: Option<i64>,
}

impl Data {
    pub(super) fn register(&mut self, register: Register, now: &Now) -> Result<Registration, StoreError> {
        register.check()?;
        let Register { service, by, build, as_of, schedules } = register;
        let as_of = as_of.min(now.wall);
        let mut changed = false;
        self.services.entry(service.clone()).or_insert_with(|| Account {
            generation: 0,
            registered_by: by,
            until: as_of,
            by: None,
            base: 0,
            boot: String::new(),
        });
        let named: BTreeSet<ScheduleName> = schedules.iter().map(|schedule| schedule.name.clone()).collect();
        for (name, kept) in &mut self.schedules {
            if kept.service == service && !named.contains(name) && kept.retired_at.is_none() {
                kept.retired_at = Some(as_of);
                changed = true;
            }
        }
        let mut answers = Vec::with_capacity(schedules.len());
        for schedule in schedules {
            let known = self.schedules.get(&schedule.name);
            let answer = match known {
                Some(kept) if kept.service != service && kept.retired_at.is_none() => Registered::Taken,
                Some(kept) if kept.service != service || kept.retired_at.is_some() => Registered::New,
                Some(kept) if kept.revision == schedule.revision => Registered::Same,
                Some(_) => Registered::Changed,
                None => Registered::New,
            };
            answers.push(answer);
            if answer == Registered::Taken {
                continue;
            }
            changed |= answer != Registered::Same;
            let since = known.filter(|_| answer == Registered::Same).map_or(as_of, |kept| kept.since);
            let kept = Kept {
                service: service.clone(),
                revision: schedule.revision,
                model: schedule.model,
                action: schedule.action,
                source: schedule.source,
                build: build.clone(),
                since,
                retired_at: None,
            };
            self.schedules.insert(schedule.name, kept);
        }
        self.changed = true;
        let account = self.services.get_mut(&service);
        let generation = account.map_or(0, |account| {
            account.generation += i64::from(changed);
            account.registered_by = by;
            account.generation
        });
        Ok(Registration { generation, answers })
    }

    /// Up to when the service is accounted for, by whom, and by which clock.
    pub(super) fn account(&mut self, firing: &Firing, now: &Now) {
        let Some(until) = firing.until else { return };
        let account = self.services.get_mut(&firing.service);
        let Some(account) = account.filter(|account| account.generation == firing.generation) else { return };
        if firing.rewind || until > account.until {
            account.until = until;
        }
        (account.by, account.base, account.boot) = (Some(firing.by), base(now), now.boot.clone());
    }

    pub(super) fn service(&self, name: &Name, now: &Now) -> Option<Service> {
        let account = self.services.get(name)?;
        // The leader's clock is the one that counts, as long as the leader lives and it is of this boot.
        let lives = account.by.and_then(|by| self.instances.get(&by)).is_some_and(|one| one.living(now));
        let steady = i64::try_from(now.steady).unwrap_or(i64::MAX);
        let wall_ms = if lives && account.boot == now.boot { account.base.saturating_add(steady) } else { now.wall };
        Some(Service {
            service: name.clone(),
            generation: account.generation,
            registered_by: account.registered_by,
            accounted_until: account.until,
            by: account.by,
            wall_ms,
        })
    }

    /// Pauses of schedules that are not registered.
    fn ahead(&self, now: &Now) -> Vec<(ScheduleName, Pause)> {
        let strange = self.halts.keys().flatten().filter(|name| !self.schedules.contains_key(*name));
        let paused = |name: &ScheduleName| Some((name.clone(), self.halts.of(&Some(name.clone()), now)?.clone()));
        strange.filter_map(paused).collect()
    }

    pub(super) fn board(&self, now: &Now) -> Board {
        let view = |(name, kept): (&ScheduleName, &Kept)| ScheduleView {
            name: name.clone(),
            service: kept.service.clone(),
            revision: kept.revision,
            model: kept.model.clone(),
            action: kept.action.clone(),
            source: kept.source.clone(),
            build: kept.build.clone(),
            since: kept.since,
            retired_at: kept.retired_at,
            pause: self.halts.of(&Some(name.clone()), now).cloned(),
        };
        Board {
            services: self.services.keys().filter_map(|name| self.service(name, now)).collect(),
            schedules: self.schedules.iter().map(view).collect(),
            ahead: self.ahead(now),
            maintenance: self.halts.of(&None, now).cloned(),
        }
    }
}

/// What the wall clock shows when the steady clock stands at nought.
fn base(now: &Now) -> i64 {
    now.wall.saturating_sub_unsigned(now.steady)
}
