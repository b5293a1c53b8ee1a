//! Many histories, one after another on every core, until one breaks a promise.

use std::{
    num::NonZero,
    ops::AddAssign,
    sync::atomic::{AtomicU64, Ordering},
    thread::{available_parallelism, scope},
};

use banto_core::retry::mix;

use crate::{
    dues::{self, timetable::Line},
    kept::Kept,
    ledger::Counts,
    mutate::Mutation,
    plan::{self, Plan},
    play::{Played, play},
};

/// What can be drawn, played, counted and cut down: a history of jobs, or one of schedules.
pub trait Script: Clone + std::fmt::Debug + Send + Sync {
    /// One thing that happens.
    type Action: Clone + std::fmt::Debug;
    /// What is counted.
    type Counts: Default + AddAssign + Send;

    /// Draws that of a seed.
    fn draw(seed: u64) -> Self;
    /// Lets it happen.
    fn play(&self, kept: Kept, mutation: Option<Mutation>) -> Result<Played<Self::Counts>, String>;
    /// Its seed.
    fn seed(&self) -> u64;
    /// What happens, each after a wait in milliseconds.
    fn actions(&self) -> &[(u64, Self::Action)];
    /// The same with other actions.
    fn with(&self, actions: Vec<(u64, Self::Action)>) -> Self;
    /// What else there is to know of it, for people.
    fn about(&self) -> String {
        String::new()
    }
}

impl Script for Plan {
    type Action = plan::Action;
    type Counts = Counts;

    fn draw(seed: u64) -> Plan {
        plan::draw(seed)
    }

    fn play(&self, kept: Kept, mutation: Option<Mutation>) -> Result<Played, String> {
        play(self, kept, mutation)
    }

    fn seed(&self) -> u64 {
        self.seed
    }

    fn actions(&self) -> &[(u64, plan::Action)] {
        &self.actions
    }

    fn with(&self, actions: Vec<(u64, plan::Action)>) -> Plan {
        Plan { actions, ..self.clone() }
    }
}

impl Script for dues::Plan {
    type Action = dues::plan::Action;
    type Counts = dues::ledger::Counts;

    fn draw(seed: u64) -> dues::Plan {
        dues::plan::draw(seed)
    }

    fn play(&self, kept: Kept, mutation: Option<Mutation>) -> Result<Played<dues::ledger::Counts>, String> {
        dues::play(self, kept, mutation)
    }

    fn seed(&self) -> u64 {
        self.seed
    }

    fn actions(&self) -> &[(u64, dues::plan::Action)] {
        &self.actions
    }

    fn with(&self, actions: Vec<(u64, dues::plan::Action)>) -> dues::Plan {
        dues::Plan { actions, ..self.clone() }
    }

    fn about(&self) -> String {
        let clock = if self.own_clock { "has a clock of its own" } else { "shows the caller's clock" };
        let mut about = format!("the store {clock}; it begins at {}\n", self.begin_ms);
        for (edition, lines) in self.editions.iter().enumerate() {
            let line = |line: &Line| format!("  build {edition}  {:<5} {line:?}\n", line.name());
            about.extend(lines.iter().map(line));
        }
        about
    }
}

/// What became of them.
#[derive(Debug)]
pub struct Many<S: Script> {
    /// How many were played.
    pub histories: u64,
    /// What was counted in those that broke nothing.
    pub counts: S::Counts,
    /// The plans that broke a promise, or that could not be played and why.
    pub failed: Vec<(S, Option<String>)>,
}

impl<S: Script> Default for Many<S> {
    fn default() -> Many<S> {
        Many { histories: 0, counts: S::Counts::default(), failed: Vec::new() }
    }
}

/// Plays `wanted` histories. The first is that of `seed` itself, so that a failure is found again by its number.
pub fn play_many<S: Script>(seed: u64, wanted: u64, kept: Kept, mutation: Option<Mutation>) -> Many<S> {
    let next = AtomicU64::new(0);
    let work = || {
        let mut mine = Many::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= wanted {
                return mine;
            }
            let plan = S::draw(if number == 0 { seed } else { mix(seed).wrapping_add(number) });
            mine.histories += 1;
            let error = match plan.play(kept, mutation) {
                Ok(played) if played.broken.is_empty() => {
                    mine.counts += played.counts;
                    continue;
                }
                Ok(_) => None,
                Err(error) => Some(error),
            };
            mine.failed.push((plan, error));
            next.store(wanted, Ordering::Relaxed);
        }
    };
    let threads = available_parallelism().map_or(1, NonZero::get);
    let played: Vec<Many<S>> = scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut all = Many::default();
    for mine in played {
        all.histories += mine.histories;
        all.counts += mine.counts;
        all.failed.extend(mine.failed);
    }
    all
}
