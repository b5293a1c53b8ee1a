//! What must be accounted for by now: every due instant of everything that was registered, once its time and a little more
//! has passed and somebody was there.

use banto_core::ScheduleName;

use super::{FELT_MS, Ledger, Now};

/// How long after its time a due instant may be open while somebody is there, in milliseconds: a nap, the patience of who
/// stands by, an answer that failed, and as much as clocks may differ.
const GRACE_MS: i64 = 5_000;

impl Ledger {
    /// Whether the faults' end left somebody behind who serves.
    pub fn all_served(&mut self, now: &Now) {
        let served = self.served_for(FELT_MS, now);
        self.must(served, now, || "long after the last fault nobody serves what is registered".into());
    }

    /// Looks whether everything is accounted for that must be by now.
    pub fn owed(&mut self, now: &Now) {
        if !self.served_for(FELT_MS, now) || self.straight_since == i64::MAX {
            return;
        }
        let (by, since) = (now.truth - GRACE_MS, self.straight_since);
        let mut open: Vec<(ScheduleName, i64)> = Vec::new();
        for (name, lives) in &mut self.lives {
            for life in lives.iter_mut() {
                let until = life.until.unwrap_or(by).min(by);
                if until <= life.found {
                    continue;
                }
                let dues = life.line.dues(life.found.max(since), until);
                let row = |due: i64| self.rows.range((name.clone(), due)..).next().filter(|((one, _), _)| one == name);
                let accounted = |due: i64| {
                    row(due)
                        .is_some_and(|((_, at), row)| *at == due || life.line.dues(due, *at).len() < row.count as usize)
                };
                open.extend(dues.iter().filter(|(due, _)| !accounted(*due)).map(|(due, _)| (name.clone(), *due)));
                life.found = until;
            }
        }
        for (name, due) in open {
            self.must(false, now, || format!("{name} due at {due} is not accounted for, and somebody was there"));
        }
    }
}
