//! `register`: a scheduler says what it has, and accounts for what was due before.
//!
//! What the service had in another revision, or what this build has dropped, is accounted for up to now by its old model first,
//! which stands in the store as data: so a deploy hides no due instant. Then the new timetable is registered, and what is the same
//! is caught up with.

use std::collections::BTreeMap;

use banto_core::{Schedule, ScheduleName, lint};
use banto_store::{Register, Registered, ScheduleView, Seen, Service, StoreError};

use super::{Line, turns::Loop};
use crate::{
    event::Event,
    fire::{self, Until},
    timetable::Entry,
};

impl Loop {
    /// Registers the timetable and lines up what it is due.
    pub(super) async fn register(&mut self) -> Result<(), StoreError> {
        let mine = self.scheduling.timetable.service.clone();
        let board = self.scheduling.store.schedules().await?;
        let before = board.services.iter().find(|service| service.service == mine);
        let (accounted, generation) = (before.map(|one| one.accounted_until), before.map(|one| one.generation));
        // Of one instant, however long the calls take: until then the old models count, from then on the new ones.
        let now = self.now();
        let until = accounted.map_or(now, |accounted| self.believed(accounted, now));
        let known: BTreeMap<ScheduleName, ScheduleView> = board
            .schedules
            .into_iter()
            .filter(|view| view.service == mine && view.retired_at.is_none())
            .map(|view| (view.name.clone(), view))
            .collect();
        self.account_for_the_old(&known, until, now).await?;
        let entries: Vec<Entry> = self.scheduling.timetable.entries().cloned().collect();
        let register = Register {
            service: mine,
            by: self.scheduling.instance,
            build: self.label(&self.scheduling.timetable.build),
            as_of: now,
            schedules: entries.iter().map(Entry::registered).collect(),
        };
        let registration = self.scheduling.store.register(register).await?;
        self.scheduling.set_generation(registration.generation);
        self.accounted = accounted.unwrap_or(now);
        self.lines.clear();
        for (entry, answer) in entries.into_iter().zip(registration.answers) {
            let name = &entry.schedule.name;
            let (since, after) = match answer {
                Registered::Same => {
                    let since = known.get(name).map_or(now, |view| view.since).min(now);
                    (since, since.max(until))
                }
                Registered::New | Registered::Changed => (now, now),
                Registered::Taken => {
                    tracing::error!(schedule = %name, "another service has a schedule of this name; it does not fire here");
                    self.scheduling.events.tell(|| Event::ScheduleTaken { schedule: name.clone() });
                    continue;
                }
            };
            let (schedule, revision) = (entry.schedule.clone(), entry.revision());
            self.lines.push(Line { schedule, revision, since, after, entry: Some(entry), next: None });
        }
        self.superseded = false;
        self.line_up(i64::MAX);
        self.lead_if_nobody_does(generation != Some(registration.generation)).await?;
        self.say_what_may_surprise(now);
        Ok(())
    }

    /// What people should know of the timetable, when it begins to count.
    fn say_what_may_surprise(&self, now: i64) {
        if self.lines.is_empty() {
            tracing::warn!("there is no schedule: nothing will ever be due here");
        }
        for line in &self.lines {
            for finding in lint(&line.schedule, now, None) {
                tracing::warn!(schedule = %line.schedule.name, "{}", finding.text);
            }
        }
    }

    /// Where nobody leads, this scheduler does, before anything is due. Who led by another timetable does not any more.
    async fn lead_if_nobody_does(&mut self, changed: bool) -> Result<(), StoreError> {
        let leader = self.service().await?.and_then(|service| service.by);
        let instances = self.scheduling.store.instances().await?;
        let lives = |seen: &Seen| Some(seen.instance.id) == leader && seen.living;
        if changed || !instances.iter().any(lives) {
            fire::look(&self.scheduling, &[], self.accounted, Until::Now).await?;
            self.led(true);
        }
        Ok(())
    }

    /// Accounts for what was due after `until` by the models that are about to be replaced or dropped.
    async fn account_for_the_old(
        &mut self,
        known: &BTreeMap<ScheduleName, ScheduleView>,
        until: i64,
        now: i64,
    ) -> Result<(), StoreError> {
        let mut lines = Vec::new();
        for view in known.values() {
            let entry = self.scheduling.timetable.entry(&view.name);
            if entry.is_some_and(|entry| entry.revision() == view.revision) {
                continue;
            }
            let since = view.since.min(now);
            let after = since.max(until);
            match Schedule::from_json(&view.model) {
                Ok(schedule) => {
                    let (revision, entry) = (view.revision, entry.cloned());
                    lines.push(Line { schedule, revision, since, after, entry, next: None });
                }
                Err(refusal) => {
                    tracing::error!(schedule = %view.name, %refusal, "what was due by its old model is not known")
                }
            }
        }
        let lines: Vec<&Line> = lines.iter().collect();
        self.fires(&lines, now, Until::Untouched).await.map(drop)
    }

    /// Whether another timetable was registered for this service since.
    pub(super) fn is_superseded(&mut self, service: &Service) -> bool {
        let superseded = service.generation != self.scheduling.generation();
        if superseded && !std::mem::replace(&mut self.superseded, true) {
            let by = service.registered_by;
            tracing::warn!(%by, "another timetable was registered for this service; nothing is fired here any more");
            self.scheduling.events.tell(|| Event::Superseded { by });
        }
        superseded
    }

    /// Takes over again once those who registered the other timetable are gone: a build that was rolled back must not leave
    /// nobody behind.
    pub(super) async fn take_back(&mut self) -> Result<(), StoreError> {
        let Some(service) = self.service().await? else { return self.register().await };
        if self.seen != service.generation {
            if self.is_mine_again().await? {
                tracing::info!("the timetable that is registered is this one again");
                return self.register().await;
            }
            self.seen = service.generation;
        }
        let instances = self.scheduling.store.instances().await?;
        let mine = self.scheduling.instance;
        let serves = |seen: &Seen| Some(seen.instance.id) == service.by.filter(|by| *by != mine) && seen.living;
        let gone = |seen: &Seen| !seen.living && seen.silent_ms >= self.config.superseded_ms;
        let registrant = instances.iter().find(|seen| seen.instance.id == service.registered_by);
        let gone = registrant.is_none_or(gone) && !instances.iter().any(serves);
        if gone {
            tracing::warn!(by = %service.registered_by, "whoever registered the other timetable is gone; this one is registered again");
            self.register().await?;
        }
        Ok(())
    }

    /// Whether what is registered for this service is just what this build has.
    async fn is_mine_again(&self) -> Result<bool, StoreError> {
        let timetable = &self.scheduling.timetable;
        let board = self.scheduling.store.schedules().await?;
        let living = |view: &&ScheduleView| view.service == timetable.service && view.retired_at.is_none();
        let registered = board.schedules.iter().filter(living).map(|view| (&view.name, view.revision));
        Ok(registered.eq(timetable.entries().map(|entry| (&entry.schedule.name, entry.revision()))))
    }
}
