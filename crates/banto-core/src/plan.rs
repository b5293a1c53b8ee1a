//! What becomes of the due instants that are not accounted for yet.
//!
//! For the scheduler at each look at the clock, and for previews: the plan is data and is shown as it will be done. Each
//! occurrence is decided once. One that is not older than the schedule's `late_ms` is an ordinary fire, maybe a late
//! one; of several such only the newest fires, unless the policy is to make up for all. Older ones were missed, and the
//! policy says which of them fire all the same. Nothing here reads a clock or remembers anything.

use serde::{Deserialize, Serialize};

use crate::{
    fire::Reason,
    name::ScheduleName,
    occurrence::Occurrence,
    retry::mix,
    schedule::{Missed, Schedule, hash},
};

/// What becomes of one due instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// The due instant, in ms since 1970.
    pub due_ms: i64,
    /// What becomes of it.
    pub what: What,
    /// What is to be said about it; often empty.
    pub note: String,
}

/// See [`Planned`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It fires.
    Fire {
        /// When, in ms since 1970: never before now, later by jitter or spread.
        at_ms: i64,
        /// How long after its time (jitter included) that is, in milliseconds; 0 is in time.
        late_ms: u64,
        /// Whether it was missed, and the policy makes up for it.
        caught_up: bool,
    },
    /// It does not, for this reason.
    Not(Reason),
}

/// Decides what becomes of `due`, the occurrences of `schedule` that are not accounted for yet, at `now_ms`. They may
/// come in any order; the plan is in the order of their instants, one entry for each. What is not due yet will fire at
/// its time. Pauses, conditions and overlaps are the scheduler's to ask when it fires.
pub fn plan(schedule: &Schedule, due: &[Occurrence], now_ms: i64) -> Vec<Planned> {
    let mut due: Vec<&Occurrence> = due.iter().collect();
    due.sort_by_key(|one| one.at_ms);
    let mut ages = Ages { schedule, now_ms, newer: false, made_up: 0 };
    // From the newest to the oldest: what an older one becomes depends on the newer ones.
    let mut decided: Vec<Decided> = due.iter().rev().map(|one| ages.decide(one)).collect();
    decided.reverse();
    let mut place = 0;
    let planned = due.into_iter().zip(decided).map(|(one, decided)| {
        let what = match decided {
            Decided::Not(reason) => What::Not(reason),
            Decided::Ordinary => fire(schedule, one.at_ms, now_ms, false),
            Decided::MakeUp => {
                let step = u128::from(schedule.spread_ms) * place / u128::from(ages.made_up.max(1));
                place += 1;
                fire(schedule, one.at_ms, now_ms.saturating_add_unsigned(step as u64), true)
            }
        };
        Planned { due_ms: one.at_ms, what, note: one.note.clone() }
    });
    planned.collect()
}

/// How long the fire of a due instant waits, in milliseconds: from 0 to the schedule's jitter, always the same.
pub fn jitter_ms(name: &ScheduleName, due_ms: i64, jitter_ms_max: u64) -> u64 {
    mix(hash(name.as_str().as_bytes()) ^ due_ms as u64) % jitter_ms_max.saturating_add(1)
}

fn fire(schedule: &Schedule, due_ms: i64, not_before_ms: i64, caught_up: bool) -> What {
    let time = due_ms.saturating_add_unsigned(jitter_ms(&schedule.name, due_ms, schedule.jitter_ms));
    let at_ms = time.max(not_before_ms);
    What::Fire { at_ms, late_ms: at_ms.abs_diff(time), caught_up }
}

enum Decided {
    Ordinary,
    MakeUp,
    Not(Reason),
}

struct Ages<'a> {
    schedule: &'a Schedule,
    now_ms: i64,
    /// Whether a newer one that is due fires.
    newer: bool,
    /// How many are made up for.
    made_up: u32,
}

impl Ages<'_> {
    fn decide(&mut self, one: &Occurrence) -> Decided {
        if let Some(reason) = one.mark {
            return Decided::Not(reason);
        }
        if one.at_ms > self.now_ms {
            return Decided::Ordinary;
        }
        let age = self.now_ms.abs_diff(one.at_ms);
        let missed = self.schedule.missed;
        if age <= self.schedule.late_ms {
            if self.newer && !matches!(missed, Missed::All { .. }) {
                return Decided::Not(Reason::Policy);
            }
            self.newer = true;
            return Decided::Ordinary;
        }
        if missed != Missed::Skip && self.schedule.age_ms_max.is_some_and(|most| age > most) {
            return Decided::Not(Reason::TooOld);
        }
        match missed {
            Missed::Last if !self.newer => self.make_up(),
            Missed::All { max } if self.made_up < max => self.make_up(),
            Missed::All { .. } => Decided::Not(Reason::OverMax),
            Missed::Skip | Missed::Last => Decided::Not(Reason::Policy),
        }
    }

    fn make_up(&mut self) -> Decided {
        self.newer = true;
        self.made_up += 1;
        Decided::MakeUp
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
