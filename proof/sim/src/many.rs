//! Many histories, one after another on every core, until one breaks a promise.

use std::{
    num::NonZero,
    sync::atomic::{AtomicU64, Ordering},
    thread::{available_parallelism, scope},
};

use banto_core::retry::mix;

use crate::{
    ledger::Counts,
    mutate::Mutation,
    plan::{Plan, draw},
    play::{Kept, play},
};

/// What became of them.
#[derive(Debug, Default)]
pub struct Many {
    /// How many were played.
    pub histories: u64,
    /// What was counted in those that broke nothing.
    pub counts: Counts,
    /// The plans that broke a promise, or that could not be played and why.
    pub failed: Vec<(Plan, Option<String>)>,
}

/// Plays `wanted` histories. The first is that of `seed` itself, so that a failure is found again by its number.
pub fn play_many(seed: u64, wanted: u64, kept: Kept, mutation: Option<Mutation>) -> Many {
    let next = AtomicU64::new(0);
    let work = || {
        let mut mine = Many::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= wanted {
                return mine;
            }
            let plan = draw(if number == 0 { seed } else { mix(seed).wrapping_add(number) });
            mine.histories += 1;
            let error = match play(&plan, kept, mutation) {
                Ok(played) if played.broken.is_empty() => {
                    mine.counts.add(&played.counts);
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
    let played: Vec<Many> = scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut all = Many::default();
    for mine in played {
        all.histories += mine.histories;
        all.counts.add(&mine.counts);
        all.failed.extend(mine.failed);
    }
    all
}
