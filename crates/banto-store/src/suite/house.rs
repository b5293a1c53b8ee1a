//! A house full of everything, how it is moved, and how two are compared: for the promises about [`arrive`](super::arrive).

use std::sync::Arc;

use banto_core::{
    Cause, Due, Hold, Job, NewJob, Options, Outcome, Park, Payload, Progress, Reason, lease::LEASE_MS, retry::Backoff,
};

use super::{
    Stage,
    fire::{fire, firing, job_of, runs},
    schedule::{schedule, schedule_name, service},
    settle::put,
    stage::{START_MS, asks, instance, label, name, queue},
};
use crate::{Act, Firing, Load, Note, Order, Output, Record, Select, SelectFires, Store, memory::Memory};

/// An hour, in milliseconds.
pub(super) const HOUR: u64 = 3_600_000;

impl Stage {
    /// An oracle beside this store, under the same clock: the source of a move.
    pub(super) fn beside(&self, seed: u64) -> Stage {
        self.of(Arc::new(Memory::new(Arc::new(self.clock.clone()), seed)), seed)
    }

    /// Puts all that does not run here into `to`, so many things a call.
    pub(super) async fn haul_to(&self, to: &dyn Store, page: usize) {
        haul(&*self.store, to, page).await;
    }

    /// One of everything that a store can hold, but for what runs.
    pub(super) async fn full_house(&self) {
        self.jobs_in_every_state().await;
        self.keys_of_every_hold().await;
        self.schedules_and_fires().await;
        let until = Some(self.clock_ms() + HOUR as i64);
        self.steer(Order::Pause { queue: name("slow"), reason: "deploy 番".into(), until }).await;
        self.steer(Order::Pause { queue: queue(), reason: "rest".into(), until: None }).await;
    }

    async fn jobs_in_every_state(&self) {
        let options = Options {
            timeout_ms: Some(9),
            backoff: Some(Backoff::Table(vec![7, 8])),
            retry_until: Some(START_MS + 99),
            crashes_max: Some(2),
            tags: vec![label("vip"), label("a b")],
            fire: None,
            trace: Some(label("00-1-2-01")),
        };
        let payload = Payload::parse(&format!("{{\"é\":[1.50, \"{}\"]}}", "x".repeat(5_000))).unwrap();
        let due = Due::In(HOUR);
        let odd = NewJob { version: 7, priority: 0, attempts_max: Some(9), payload, options, due, ..self.job() };
        self.enqueue(NewJob { kind: name("App\\Jobs\\Send"), queue: name("slow"), ..odd }).await;
        self.ended(Outcome::Done).await;
        self.ended(Outcome::Dead { error: "é\nno".into() }).await;
        self.ended(Outcome::Cancel { reason: "r".into() }).await;
        self.ended(Outcome::Retry { error: "e".into(), delay_ms: Some(HOUR) }).await;
        self.ended(Outcome::Snooze { delay_ms: HOUR, reason: "later".into() }).await;
        for cause in [Cause::UnknownKind, Cause::NewerVersion, Cause::Undecodable, Cause::Missing] {
            self.ended(Outcome::Park(Park { cause, text: "what é".into(), build: "b1".into() })).await;
        }
        let cancelled = self.one().await;
        self.steer(Order::Cancel(Select::ids([cancelled]))).await;
        self.spoken().await;
        let (asked, lease) = self.running().await;
        self.steer(Order::Cancel(Select::ids([asked.id]))).await;
        self.finish(&asked, lease, Outcome::HandBack { delay_ms: HOUR }).await;
        self.suspect().await;
        self.one().await;
    }

    /// Done, and it said something.
    async fn spoken(&self) {
        let (job, lease) = self.running().await;
        let progress = Note::Progress(Progress { done: 3, total: u64::MAX, text: "on \u{202e}it".into() });
        let notes = [progress, Note::Line("first".into()), Note::Line(String::new())];
        self.store.record(notes.map(|note| Record { lease, note }).into()).await.unwrap();
        self.finish(&job, lease, Outcome::Done).await;
    }

    /// Its process has died under it.
    async fn suspect(&self) {
        let (job, lease) = self.running().await;
        self.clock.pass(LEASE_MS);
        self.rescue(&job, lease).await;
    }

    /// For each hold a job that waits, one that waits again, one that is done, and one that is done and gone.
    pub(super) async fn keys_of_every_hold(&self) {
        for (number, hold) in HOLDS.into_iter().enumerate() {
            let keyed = |what: &str| NewJob { queue: name("keyed"), ..self.keyed(&format!("{what} {number}"), hold) };
            for (what, outcome) in [
                ("again", Outcome::Retry { error: "e".into(), delay_ms: Some(HOUR) }),
                ("done", Outcome::Done),
                ("dead", Outcome::Dead { error: "e".into() }),
                ("gone", Outcome::Done),
            ] {
                let id = self.enqueue(keyed(what)).await.id;
                self.run_keyed(outcome).await;
                if what == "gone" {
                    self.steer(Order::Forget(Select::ids([id]))).await;
                }
                if what == "dead" {
                    self.enqueue(NewJob { due: Due::In(HOUR), ..keyed(what) }).await;
                }
            }
            self.enqueue(NewJob { due: Due::In(HOUR), ..keyed("waits") }).await;
        }
    }

    async fn run_keyed(&self, outcome: Outcome) {
        let claim = crate::Claim { queues: vec![name("keyed")], ..asks(1) };
        let (job, lease) = self.claim_as(claim).await.jobs.remove(0);
        self.finish(&job, lease, outcome).await;
    }

    /// Two services, a schedule that was dropped, a row of each fate, runs that wait, have ended and are gone, pauses.
    pub(super) async fn schedules_and_fires(&self) {
        let all = vec![schedule("a", 1), schedule("b:2", i64::MIN), schedule("old", 1)];
        self.store.register(service("app", all)).await.unwrap();
        self.fires().await;
        self.store.register(service("app", vec![schedule("a", 1), schedule("b:2", i64::MIN)])).await.unwrap();
        self.store.register(service("zoo", Vec::new())).await.unwrap();
        for (paused, until) in [(Some("a"), None), (Some("later"), Some(HOUR as i64)), (None, None)] {
            let schedule = paused.map(schedule_name);
            let until = until.map(|ms| self.clock_ms() + ms);
            self.steer(Order::PauseSchedule { schedule, reason: "quiet".into(), until }).await;
        }
    }

    async fn fires(&self) {
        let waits = NewJob { due: Due::In(HOUR), ..job_of(self, "a", START_MS) };
        let missed = crate::Fire { count: 3, late: true, ..fire("a", START_MS + 1, Act::Not(Reason::TooOld)) };
        let skipped =
            crate::Fire { note: "on 01-01 é".into(), ..fire("old", START_MS + 2, Act::Not(Reason::Holiday)) };
        let fires = vec![fire("a", START_MS, Act::Run(Box::new(waits))), missed, skipped];
        let until = Some(START_MS + 3);
        self.store.fire(Firing { until, by: instance(2), ..firing(fires) }).await.unwrap();
        for (due_at, keeps) in [(START_MS + 3, true), (START_MS + 4, false)] {
            self.store.fire(firing(vec![runs(self, "a", due_at)])).await.unwrap();
            let (job, lease) = self.claim_fired(due_at).await;
            let output = Output { exit: Some(1), host: "h".into(), tail: "end é".into(), ..Output::default() };
            self.store.record(vec![Record { lease, note: Note::Output(output) }]).await.unwrap();
            self.finish(&job, lease, Outcome::Dead { error: "exit 1".into() }).await;
            if !keeps {
                self.steer(Order::Forget(Select::ids([job.id]))).await;
            }
        }
    }

    async fn claim_fired(&self, due_at: i64) -> (Job, banto_core::Lease) {
        let all = self.claim(100).await;
        let (mine, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(job, _)| job.options.fire.as_ref().is_some_and(|fire| fire.due_at == due_at));
        for (job, lease) in others {
            self.finish(&job, lease, Outcome::HandBack { delay_ms: 0 }).await;
        }
        mine.into_iter().next().unwrap()
    }
}

/// Every hold.
pub(super) const HOLDS: [Hold; 4] = [Hold::Queued, Hold::Done, Hold::Remember(HOUR), Hold::Period(HOUR)];

/// Puts all that does not run in `from` into `to`, so many things a call.
pub(super) async fn haul(from: &dyn Store, to: &dyn Store, page: usize) {
    let mut before = None;
    loop {
        let jobs = from.cards(Select { limit: page, ..Select::default() }, before).await.unwrap();
        let Some(last) = jobs.last() else { break };
        before = Some(last.job.id);
        put(to, Load { jobs, ..Load::default() }).await;
    }
    let mut after = None;
    loop {
        let keys = from.keys(after, page).await.unwrap();
        put(to, Load { keys: keys.keys, ..Load::default() }).await;
        after = keys.next;
        if after.is_none() {
            break;
        }
    }
    let board = from.schedules().await.unwrap();
    for view in &board.schedules {
        let (schedule, mut before) = (Some(view.name.clone()), None);
        loop {
            let select = SelectFires { schedule: schedule.clone(), before, limit: page, ..SelectFires::default() };
            let fires = from.fires(select).await.unwrap();
            let Some(last) = fires.last() else { break };
            before = Some(last.due_at);
            put(to, Load { fires, ..Load::default() }).await;
        }
    }
    let own = board.schedules.iter().filter_map(|view| Some((Some(view.name.clone()), view.pause.clone()?)));
    let ahead = board.ahead.iter().map(|(name, pause)| (Some(name.clone()), pause.clone()));
    let halts = own.chain(ahead).chain(board.maintenance.clone().map(|pause| (None, pause))).collect();
    let queues = from.queues().await.unwrap();
    let pauses = queues.into_iter().filter_map(|view| Some((view.queue, view.pause?))).collect();
    put(to, Load { services: board.services, schedules: board.schedules, halts, pauses, ..Load::default() }).await;
}

/// All that a store shows of what it holds, line by line.
pub async fn shown(store: &dyn Store) -> Vec<String> {
    let mut lines = Vec::new();
    let mut before = None;
    loop {
        let cards = store.cards(Select { limit: 100, ..Select::default() }, before).await.unwrap();
        let Some(last) = cards.last() else { break };
        before = Some(last.job.id);
        lines.extend(cards.iter().map(|card| format!("{card:?}")));
    }
    let mut keys = store.keys(None, 1_000).await.unwrap().keys;
    keys.sort_by(|one, other| one.key.cmp(&other.key));
    lines.extend(keys.iter().map(|key| format!("{key:?}")));
    lines.extend(store.queues().await.unwrap().iter().map(|view| format!("{view:?}")));
    lines.extend(store.census().await.unwrap().iter().map(|line| format!("{line:?}")));
    let board = store.schedules().await.unwrap();
    lines.extend(board.services.iter().map(|service| format!("{service:?}")));
    lines.extend(board.schedules.iter().map(|view| format!("{view:?}")));
    lines.push(format!("ahead {:?}, all {:?}", board.ahead, board.maintenance));
    let all = SelectFires { limit: 1_000, ..SelectFires::default() };
    lines.extend(store.fires(all).await.unwrap().iter().map(|fire| format!("{fire:?}")));
    lines
}

/// What a destination shows is what its source shows.
#[track_caller]
pub(super) fn alike(source: &[String], destination: &[String]) {
    for (left, right) in source.iter().zip(destination) {
        assert_eq!(left, right, "left is the source");
    }
    assert_eq!(source.len(), destination.len());
}
