//! The turns of a scheduler: measure, look, sleep.
//!
//! Nothing is remembered here that would matter after a crash: what is accounted for stands in the store.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use banto_core::Label;
use banto_store::{Fault, Instance, Service, Status, StoreError};
use tokio::time::{sleep, timeout};

use super::{
    Line, Scheduler, SchedulerConfig, Scheduling, Standing, UNREGISTERED,
    guard::{Guard, Turned},
};
use crate::{
    event::Event,
    fire::{self, Looked, Until},
    instance,
    pulse::Pulse,
    stop::{Halt, Stop},
};

mod standing;

/// Longest sleep between two looks at the clock.
const NAP: Duration = Duration::from_secs(1);
/// How far the time must lie before what is accounted for to count as set back, in milliseconds.
pub(super) const BACK_MS: i64 = 1_000;

/// A scheduler at work.
pub(super) struct Loop {
    pub(super) scheduling: Scheduling,
    pub(super) config: SchedulerConfig,
    stop: Stop,
    pub(super) lines: Vec<Line>,
    due: BinaryHeap<Reverse<(i64, usize)>>,
    guard: Guard,
    /// What the wall clock showed beyond the steady one when it was measured last: in between, its jumps are not followed.
    base: i64,
    /// When it was measured last, and when it was last right before it was found set, by the steady clock.
    measured_at: Option<u64>,
    pub(super) right_at: Option<u64>,
    pub(super) leads: bool,
    /// Whether somebody else has registered another timetable for this service.
    pub(super) superseded: bool,
    /// The last generation of somebody else's that was looked at.
    pub(super) seen: i64,
    down: bool,
    /// Up to when all is known to be accounted for.
    pub(super) accounted: i64,
    looked: Looked,
    pulse: Pulse<Standing>,
}

impl Loop {
    pub(super) fn new(scheduler: Scheduler) -> Loop {
        let Scheduler { scheduling, config, stop, pulse } = scheduler;
        Loop {
            guard: Guard::new(config.offset_ms_max),
            scheduling,
            config,
            stop,
            base: 0,
            measured_at: None,
            right_at: None,
            lines: Vec::new(),
            due: BinaryHeap::new(),
            leads: false,
            superseded: false,
            seen: 0,
            down: false,
            accounted: 0,
            looked: Looked::default(),
            pulse,
        }
    }

    pub(super) async fn once(mut self) -> Result<Looked, StoreError> {
        self.beat(Status::Working).await?;
        self.measure().await?;
        if let Some(why) = self.guard.off() {
            return Err(StoreError::new(Fault::Config, why));
        }
        self.register().await?;
        self.look().await?;
        self.beat(Status::Stopped).await?;
        Ok(self.looked)
    }

    /// Until it is told to stop.
    pub(super) async fn run(mut self) -> Looked {
        let (mut beat_at, mut registered) = (0, false);
        self.pulse.begin(self.moment(), Standing::Starting);
        while !self.stop.asked() {
            let nap = match self.turn(&mut beat_at, &mut registered).await {
                Ok(nap) => {
                    self.store_answers();
                    self.pulse.tick(self.moment(), self.standing());
                    nap
                }
                Err(error) => self.outage(&error),
            };
            let stop = self.stop.clone();
            tokio::select! { biased;
                () = stop.until_graceful() => {}
                () = sleep(nap) => {}
            }
        }
        self.sign_off().await;
        self.pulse.say(self.moment(), Standing::Stopped);
        self.looked
    }

    async fn turn(&mut self, beat_at: &mut u64, registered: &mut bool) -> Result<Duration, StoreError> {
        let steady = self.scheduling.clock.steady_ms();
        if steady >= *beat_at {
            self.beat(Status::Working).await?;
            self.measure().await?;
            *beat_at = steady.saturating_add(self.config.beat_ms);
        }
        if self.guard.off().is_some() {
            return Ok(NAP);
        }
        if !std::mem::replace(registered, true)
            && let Err(error) = self.register().await
        {
            *registered = false;
            return Err(error);
        }
        if self.superseded {
            self.take_back().await?;
            return Ok(NAP);
        }
        self.step().await
    }

    /// Fires what is due, if it is this scheduler's turn. Answers how long to sleep.
    async fn step(&mut self) -> Result<Duration, StoreError> {
        let now = self.now();
        if now < self.accounted.saturating_sub(BACK_MS) {
            self.go_back(now).await?;
        }
        let Some(next) = self.next_due() else {
            self.account(now).await?;
            return Ok(NAP);
        };
        let turn = if self.leads { next } else { next.saturating_add_unsigned(self.patience()) };
        if now < turn {
            self.account(now).await?;
            let wait = u64::try_from(turn.saturating_sub(now)).unwrap_or(1);
            return Ok(Duration::from_millis(wait).min(NAP));
        }
        if !self.leads && self.is_accounted(next).await? {
            return Ok(Duration::ZERO);
        }
        self.look().await?;
        Ok(Duration::ZERO)
    }

    /// The time that counts: the store's.
    pub(super) fn now(&self) -> i64 {
        let wall = self.base.saturating_add_unsigned(self.scheduling.clock.steady_ms());
        wall.saturating_sub(self.guard.offset_ms())
    }

    fn next_due(&self) -> Option<i64> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }

    fn patience(&self) -> u64 {
        self.config.stand_by_ms + fastrand::u64(..=self.config.stand_by_ms / 2)
    }

    /// Fires what is due now, and leads from now on.
    async fn look(&mut self) -> Result<(), StoreError> {
        let now = self.now();
        let mut taken = Vec::new();
        while let Some(Reverse((at, index))) = self.due.peek().copied()
            && at <= now
        {
            self.due.pop();
            taken.push((at, index));
        }
        let lines: Vec<&Line> = taken.iter().filter_map(|(_, index)| self.lines.get(*index)).collect();
        let looked = match self.fires(&lines, now, Until::Now).await {
            Ok(looked) => looked,
            Err(error) => {
                self.due.extend(taken.into_iter().map(Reverse));
                return Err(error);
            }
        };
        for (_, index) in taken {
            self.reached(index, now);
        }
        self.accounted = now;
        self.looked.fired += looked.fired;
        self.looked.not += looked.not;
        self.looked.there += looked.there;
        self.led(looked.there == 0 || looked.fired + looked.not > 0);
        Ok(())
    }

    /// Fires what is due of these lines, and tells before what of it is made up for; once, however often the store has to be asked.
    pub(super) async fn fires(&self, lines: &[&Line], now: i64, until: Until) -> Result<fire::Looked, StoreError> {
        if !self.down {
            fire::tell_plan(&self.scheduling, lines, now);
        }
        fire::look(&self.scheduling, lines, now, until).await
    }

    /// Leads from now on, or stands by.
    pub(super) fn led(&mut self, leads: bool) {
        if leads != std::mem::replace(&mut self.leads, leads) {
            let service = &self.scheduling.timetable.service;
            tracing::info!(%service, leads, "{}", if leads { "leads" } else { "stands by" });
            self.scheduling.events.tell(|| Event::Leads { leads });
        }
    }

    /// A schedule is accounted for up to `at`; when is it due next?
    fn reached(&mut self, index: usize, at: i64) {
        let Some(line) = self.lines.get_mut(index) else { return };
        line.after = at;
        line.next = line.schedule.occurrences(at, i64::MAX, 1).first().map(|next| next.at_ms);
        self.due.extend(line.next.map(|next| Reverse((next, index))));
    }

    /// Whether somebody else has accounted for what was due then; if so, this scheduler goes on from there.
    async fn is_accounted(&mut self, due: i64) -> Result<bool, StoreError> {
        let Some(service) = self.service().await? else { return Ok(false) };
        if self.is_superseded(&service) {
            return Ok(true);
        }
        if service.accounted_until < due {
            return Ok(false);
        }
        self.accounted = service.accounted_until;
        while let Some(Reverse((at, index))) = self.due.peek().copied()
            && at <= service.accounted_until
        {
            self.due.pop();
            self.reached(index, service.accounted_until);
        }
        Ok(true)
    }

    /// The leader says now and then that all is accounted for, so that the others know its clock, and that a start has
    /// little to look through.
    async fn account(&mut self, now: i64) -> Result<(), StoreError> {
        let silent = now.saturating_sub(self.accounted);
        if !self.leads || silent < i64::try_from(self.config.account_ms).unwrap_or(i64::MAX) {
            return Ok(());
        }
        fire::look(&self.scheduling, &[], now, Until::Now).await?;
        self.accounted = now;
        Ok(())
    }

    /// Finds out when each schedule is due next, after `at_most` at the latest.
    pub(super) fn line_up(&mut self, at_most: i64) {
        self.due.clear();
        for index in 0..self.lines.len() {
            // Since when it counts is believed unless it is still to come: then a clock that was ahead has said so.
            let after = |line: &Line| match line.since <= at_most {
                true => line.after.min(at_most).max(line.since),
                false => line.after.min(at_most),
            };
            self.reached(index, self.lines.get(index).map_or(at_most, after));
        }
    }

    pub(super) async fn service(&self) -> Result<Option<Service>, StoreError> {
        self.scheduling.store.service(self.scheduling.timetable.service.clone()).await
    }

    /// Asks for the service, and how far this process's clock is off the store's, after how long an answer, in milliseconds.
    async fn offset(&mut self) -> Result<Option<(Service, i64, u64)>, StoreError> {
        let (wall, asked) = (self.scheduling.clock.wall_ms(), self.scheduling.clock.steady_ms());
        let base = wall.saturating_sub_unsigned(asked);
        if base.abs_diff(self.base) > BACK_MS.unsigned_abs() {
            self.right_at = self.measured_at;
        }
        (self.base, self.measured_at) = (base, Some(asked));
        let Some(service) = self.service().await? else { return Ok(None) };
        let took_ms = self.scheduling.clock.steady_ms().saturating_sub(asked);
        let off_ms = self.guard.off_by(wall, service.wall_ms, took_ms);
        Ok(Some((service, off_ms, took_ms)))
    }

    /// Measures how far this process's clock is off the store's, and hears of another timetable.
    async fn measure(&mut self) -> Result<(), StoreError> {
        let Some((service, mut off_ms, mut took_ms)) = self.offset().await? else { return Ok(()) };
        if self.scheduling.generation() != UNREGISTERED {
            self.is_superseded(&service);
        }
        let mine = service.by == Some(self.scheduling.instance) && self.guard.off().is_none();
        if mine && self.guard.is_over(off_ms, took_ms) {
            // This very clock was set: who accounted last says anew what time it is, or nobody would. A store with a clock of
            // its own will not believe it.
            tracing::warn!(by_ms = off_ms, "the clock was set");
            self.scheduling.events.tell(|| Event::ClockSet { by_ms: off_ms });
            self.leads = false;
            fire::look(&self.scheduling, &[], self.accounted.min(service.wall_ms), Until::Now).await?;
            let Some(again) = self.offset().await? else { return Ok(()) };
            (_, off_ms, took_ms) = again;
        }
        match self.guard.measured(off_ms, took_ms) {
            Turned::Off => {
                tracing::error!(
                    offset_ms = off_ms,
                    "this clock is too far off the store's; nothing is fired here until it is set right"
                );
                self.led(false);
                self.scheduling.events.tell(|| Event::ClockOff { offset_ms: off_ms });
            }
            Turned::Right => {
                tracing::info!("the clock is right again");
                self.scheduling.events.tell(|| Event::ClockRight);
            }
            Turned::Same => {}
        }
        Ok(())
    }

    async fn beat(&self, status: Status) -> Result<(), StoreError> {
        let orders = self.scheduling.store.beat(self.identity(status)).await?;
        if let Some(by) = orders.restart {
            self.stop.halt(Halt::Restart, format!("a restart was ordered by {by}"));
        }
        Ok(())
    }

    fn identity(&self, status: Status) -> Instance {
        Instance {
            id: self.scheduling.instance,
            name: self.config.name.clone(),
            host: self.label(&instance::host()),
            pid: std::process::id(),
            build: self.label(&self.scheduling.timetable.build),
            kinds: Vec::new(),
            queues: Vec::new(),
            service: Some(self.scheduling.timetable.service.clone()),
            concurrency: 0,
            busy: 0,
            status,
            reason: self.stop.asked().then(|| self.stop.reason().to_owned()),
        }
    }

    pub(super) fn label(&self, text: &str) -> Label {
        Label::new(text).unwrap_or_else(|_| Label::from(&self.config.name))
    }

    async fn sign_off(&self) {
        match timeout(NAP, self.beat(Status::Stopped)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "could not sign off; the instance will be seen as silent"),
            Err(_) => {
                tracing::warn!("could not sign off, the store does not answer; the instance will be seen as silent")
            }
        }
    }
}
