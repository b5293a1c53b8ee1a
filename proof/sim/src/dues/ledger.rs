//! The ledger of a history of schedules: what was seen, and every promise that was broken.
//!
//! It keeps its own account of what is registered, due, fired and running from what passed the eyes, and believes the store
//! nothing.
//!
//! # Layout
//! - `fires`: each due instant that is accounted for. `owed`: those that must be by now. Here: what they share, and how the
//!   schedulers are.

use std::collections::{BTreeMap, BTreeSet};

use banto_core::{Fate, JobId, Reason, ScheduleName};
use banto_store::{FireView, Order, Register, Registered, Registration};
use serde::Serialize;

use crate::{dues::timetable::Line, history::History, ledger::Who};

mod fires;
mod owed;

/// The time of one observation.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Milliseconds since the history began.
    pub age: u64,
    /// The steady clock, in milliseconds.
    pub steady: u64,
    /// The true wall-clock time, in milliseconds since 1970.
    pub truth: i64,
    /// The wall-clock time as the store sees it in this call.
    pub store: i64,
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Store calls that were looked at.
    pub steps: u64,
    /// Due instants that are accounted for.
    pub dues: u64,
    /// Of them, those that fired.
    pub fired: u64,
    /// Those that were skipped.
    pub skipped: u64,
    /// Those that were missed.
    pub missed: u64,
    /// Firings of what was there already.
    pub there: u64,
    /// Schedulers killed.
    pub killed: u64,
    /// Clocks set.
    pub clocks: u64,
    /// Calls that were failed.
    pub strikes: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.steps += other.steps;
        self.dues += other.dues;
        self.fired += other.fired;
        self.skipped += other.skipped;
        self.missed += other.missed;
        self.there += other.there;
        self.killed += other.killed;
        self.clocks += other.clocks;
        self.strikes += other.strikes;
    }
}

/// A schedule in one revision, for as long as it was registered.
struct Life {
    revision: i64,
    line: Line,
    /// By the store's clock, when it was replaced or dropped.
    until: Option<i64>,
    /// Up to when all its due instants have been found accounted for.
    found: i64,
}

/// A due instant that is accounted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    count: u64,
    reason: Option<Reason>,
    job: Option<JobId>,
}

/// How a scheduler is.
struct Health {
    edition: usize,
    alive: bool,
    frozen: bool,
    wrong_clock: bool,
    hindered_at: u64,
}

/// The account of one history.
#[derive(Default)]
pub struct Ledger {
    /// What happened.
    pub history: History,
    /// Promises broken, as sentences.
    pub broken: Vec<String>,
    /// What was counted.
    pub counts: Counts,
    own_clock: bool,
    /// The schedules of each build, by their model's JSON.
    models: BTreeMap<String, Line>,
    lives: BTreeMap<ScheduleName, Vec<Life>>,
    rows: BTreeMap<(ScheduleName, i64), Row>,
    /// Runs that keep others from beginning.
    open: BTreeMap<JobId, ScheduleName>,
    halts: BTreeMap<Option<ScheduleName>, Option<i64>>,
    health: Vec<Health>,
    edition: Option<usize>,
    /// From when on nobody's clock was wrong, in true time.
    straight_since: i64,
}

/// How long a hindrance may still be felt: a beat, a lease, a nap, and an answer that comes late, in milliseconds.
const FELT_MS: u64 = 15_000;

/// How far a scheduler's clock may be off the store's, in milliseconds, before it may not fire: the scheduler's default.
const AHEAD_MS: i64 = 1_000;

impl Ledger {
    /// An account of schedules out of those builds, on a store that has its own clock or not.
    pub fn new(editions: &[Vec<Line>], own_clock: bool) -> Result<Ledger, String> {
        let mut ledger = Ledger { own_clock, straight_since: i64::MIN, ..Ledger::default() };
        for line in editions.iter().flatten() {
            ledger.models.insert(line.schedule()?.to_json(), line.clone());
        }
        Ok(ledger)
    }

    /// Notes what happened.
    pub fn note(&mut self, who: Who, now: &Now, what: impl Into<String>) {
        let name = if who == 0 { "people".into() } else { format!("scheduler {who}") };
        self.history.note(now.age, &name, what.into());
    }

    /// Notes that a promise was broken.
    pub fn must(&mut self, holds: bool, now: &Now, what: impl FnOnce() -> String) {
        if !holds {
            let what = what();
            self.history.note(now.age, "BROKEN", what.clone());
            self.broken.push(what);
        }
    }

    /// A scheduler starts: its number.
    pub fn started(&mut self, edition: usize, now: &Now) -> Who {
        let health = |alive| Health { edition, alive, frozen: false, wrong_clock: false, hindered_at: now.steady };
        if self.health.is_empty() {
            self.health.push(health(false));
        }
        self.health.push(health(true));
        let who = self.health.len() - 1;
        self.note(who, now, format!("starts with build {edition}"));
        who
    }

    /// A scheduler has left.
    pub fn left(&mut self, who: Who, how: &str, now: &Now) {
        self.note(who, now, how);
        self.of(who, |health| health.alive = false);
    }

    /// A scheduler was killed.
    pub fn killed(&mut self, who: Who, now: &Now) {
        self.left(who, "is killed", now);
        self.counts.killed += 1;
    }

    /// Something stood in a scheduler's way just now; `frozen` says that it still does.
    pub fn hindered(&mut self, who: Who, frozen: bool, now: &Now) {
        self.of(who, |health| (health.frozen, health.hindered_at) = (frozen, now.steady));
    }

    /// A scheduler's clock was set; "right" if it was set right.
    pub fn clock_set(&mut self, who: Who, how: &str, now: &Now) {
        self.note(who, now, format!("has its clock set: {how}"));
        self.of(who, |health| (health.wrong_clock, health.hindered_at) = (how != "right", now.steady));
        self.counts.clocks += 1;
        if !self.own_clock {
            self.straight_since = i64::MAX;
        }
    }

    /// From now on every clock is right.
    pub fn straight(&mut self, now: &Now) {
        if self.straight_since == i64::MAX {
            self.straight_since = now.truth;
        }
    }

    /// A run has ended.
    pub fn ended(&mut self, job: JobId) {
        self.open.remove(&job);
    }

    /// An order of people's was carried out.
    pub fn steered(&mut self, order: &Order, now: &Now) {
        match order {
            Order::PauseSchedule { schedule, until, .. } => {
                self.halts.insert(schedule.clone(), *until);
            }
            Order::ResumeSchedule { schedule } => {
                self.halts.remove(schedule);
            }
            _ => {}
        }
        self.note(0, now, format!("orders {order:?}"));
    }

    fn of(&mut self, who: Who, act: impl FnOnce(&mut Health)) {
        self.health.get_mut(who).map(act);
    }

    fn halted(&self, schedule: Option<&ScheduleName>, now: &Now) -> bool {
        self.halts.get(&schedule.cloned()).is_some_and(|until| until.is_none_or(|until| until > now.store))
    }

    /// Whether some scheduler that goes by what is registered has been well for so long.
    fn served_for(&self, ms: u64, now: &Now) -> bool {
        let well = |health: &&Health| {
            let straight = !health.frozen && !health.wrong_clock && health.hindered_at + ms <= now.steady;
            health.alive && straight && Some(health.edition) == self.edition
        };
        self.health.iter().any(|health| well(&health))
    }

    /// A service's schedules were registered.
    pub fn registered(&mut self, who: Who, register: &Register, answer: &Registration, now: &Now) {
        self.counts.steps += 1;
        let edition = self.health.get(who).map(|health| health.edition);
        let newly = self.health.get(who).is_some_and(|health| health.hindered_at + FELT_MS > now.steady);
        let taken_back = edition != self.edition && !newly && self.served_for(FELT_MS, now);
        self.must(!taken_back, now, || "a build took over from another that was well served".into());
        if edition != self.edition {
            // Those of this build find out that it is theirs again.
            let mine = self.health.iter_mut().filter(|health| Some(health.edition) == edition);
            mine.for_each(|health| health.hindered_at = now.steady);
            self.edition = edition;
        }
        // Where clocks are a little off, either model may have what is due in between.
        let slack = if !self.own_clock && self.counts.clocks > 0 { AHEAD_MS } else { 0 };
        let as_of = register.as_of.min(now.store);
        let (closed, since) = (as_of.min(now.truth) - slack, as_of + slack);
        self.note(who, now, format!("registers: generation {}, {:?}", answer.generation, answer.answers));
        let mut named = BTreeSet::new();
        for (schedule, answer) in register.schedules.iter().zip(&answer.answers) {
            named.insert(schedule.name.clone());
            let Some(line) = self.models.get(&schedule.model).cloned() else {
                self.must(false, now, || format!("{} is registered with a model that nobody wrote", schedule.name));
                continue;
            };
            let lives = self.lives.entry(schedule.name.clone()).or_default();
            let living = lives.last_mut().filter(|life| life.until.is_none());
            let expected = match &living {
                None => Registered::New,
                Some(life) if life.revision == schedule.revision => Registered::Same,
                Some(_) => Registered::Changed,
            };
            if expected != Registered::Same {
                living.into_iter().for_each(|life| life.until = Some(closed));
                let revision = schedule.revision;
                lives.push(Life { revision, line, until: None, found: since });
            }
            self.must(*answer == expected, now, || format!("{} is {answer:?}, not {expected:?}", schedule.name));
        }
        let dropped = self.lives.iter_mut().filter(|(name, _)| !named.contains(*name));
        let living = dropped.filter_map(|(_, lives)| lives.last_mut()).filter(|life| life.until.is_none());
        living.for_each(|life| life.until = Some(closed));
    }

    /// The store lists these, the latest of its ledger.
    pub fn listed(&mut self, listed: &[FireView], now: &Now) {
        for view in listed {
            let key = (view.schedule.clone(), view.due_at);
            let row = Row { count: view.count, reason: view.reason, job: view.run.as_ref().map(|run| run.job) };
            let known = self.rows.get(&key).copied();
            self.must(known == Some(row), now, || {
                format!("{key:?} is listed as {row:?}, and was answered as {known:?}")
            });
            let fits = view.fate == view.reason.map_or(Fate::Fired, Reason::fate);
            self.must(fits, now, || format!("{key:?} is listed as {} for {:?}", view.fate, view.reason));
        }
    }
}
