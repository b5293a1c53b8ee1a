//! Scheduled group tasks: a teacher or a parent says once what a group has to do and when, and at each due instant the tasks are
//! there.
//!
//! When something is due is banto's to say: the plan of each scheduled task becomes a [`banto_core::Schedule`] in its creator's
//! zone, with the holidays as its calendar, and there is no arithmetic on clocks here. Every due instant ends as one row of
//! `scheduled_task_executions`, whose key keeps a second container out; what is made stands in the same transaction as that row.
//! One scheduled task that is broken, in whatever way, is its own failure and nobody else's.
//!
//! # Layout
//! - `entry`: one entry of `schedules`, and the cron expressions that say the same.
//! - `scheduled_task`: the row, and its plan.
//! - `holiday`: the law's days off and own ones.
//! - `run`: a run over all of them. `day`: one day of them, for operators.
//! - `make`: one due instant, in one transaction; `assign`: who gets the tasks; `due`: by when they are to be done.
//! - `ledger`: the rows of what became of due instants.
//! - `notice`: owners are told, after the commit.
//! - `wish`: what may be asked for when one is created.

mod assign;
pub mod day;
mod due;
pub mod entry;
pub mod holiday;
pub mod ledger;
pub mod make;
pub mod notice;
pub mod run;
pub mod scheduled_task;
pub mod wish;

use std::sync::Arc;

use fastrand::Rng;

use crate::table::Tables;

/// What a run works with. Cheap to clone.
#[derive(Clone)]
pub struct Batch {
    /// The tables, and the time.
    pub tables: Tables,
    /// How one of several members is picked.
    pub chance: Chance,
}

/// Where chance comes from: for each scheduled task and due instant its own.
#[derive(Clone)]
pub struct Chance(Arc<dyn Fn(i64, i64) -> Rng + Send + Sync>);

impl Chance {
    /// The same for the same seed, scheduled task and due instant.
    pub fn seeded(seed: u64) -> Chance {
        Chance::by(move |id, due_ms| {
            let mut of_seed = Rng::with_seed(seed);
            let mut of_task = Rng::with_seed(of_seed.u64(..) ^ id.cast_unsigned());
            Rng::with_seed(of_task.u64(..) ^ due_ms.cast_unsigned())
        })
    }

    /// As `draw` says, which is given the scheduled task's number and the due instant (ms since 1970).
    pub fn by(draw: impl Fn(i64, i64) -> Rng + Send + Sync + 'static) -> Chance {
        Chance(Arc::new(draw))
    }

    fn rng(&self, id: i64, due_ms: i64) -> Rng {
        (self.0)(id, due_ms)
    }
}
