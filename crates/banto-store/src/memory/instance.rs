//! `beat`: the processes that work, and what they are ordered.

use super::{Beaten, Data, Now};
use crate::{Instance, Orders, Seen, Status, instance::LIVING_MS};

impl Data {
    pub(super) fn beat(&mut self, instance: Instance, now: &Now) -> Orders {
        let (since, restart) = match self.instances.remove(&instance.id) {
            Some(known) => (known.since, known.restart),
            None => (now.wall, None),
        };
        let orders = Orders { restart: restart.clone(), wall_ms: now.wall };
        let beat = Beaten { since, restart, beat: now.steady, boot: now.boot.clone(), instance };
        self.instances.insert(beat.instance.id, beat);
        orders
    }

    pub(super) fn seen(&self, now: &Now) -> Vec<Seen> {
        let seen = |one: &Beaten| Seen {
            instance: one.instance.clone(),
            since: one.since,
            silent_ms: one.silent_ms(now),
            living: one.living(now),
        };
        self.instances.values().map(seen).collect()
    }
}

impl Beaten {
    /// One of another boot has been silent since this boot, at least.
    pub(super) fn silent_ms(&self, now: &Now) -> u64 {
        if self.boot == now.boot { now.steady.saturating_sub(self.beat) } else { now.steady }
    }

    pub(super) fn living(&self, now: &Now) -> bool {
        self.instance.status != Status::Stopped && self.boot == now.boot && self.silent_ms(now) <= LIVING_MS
    }
}
