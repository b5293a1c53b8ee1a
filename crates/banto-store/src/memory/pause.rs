//! Pauses: of queues, and of schedules.

use std::collections::BTreeMap;

use super::Now;
use crate::{Pause, Steered};

/// The pauses of things that are called by a `K`.
pub(super) struct Pauses<K>(BTreeMap<K, Pause>);

impl<K> Default for Pauses<K> {
    fn default() -> Pauses<K> {
        Pauses(BTreeMap::new())
    }
}

impl<K: Ord + Clone> Pauses<K> {
    /// The pause in force, if there is one.
    pub fn of(&self, what: &K, now: &Now) -> Option<&Pause> {
        self.0.get(what).filter(|pause| pause.until.is_none_or(|until| until > now.wall))
    }

    /// What has a pause, in force or over.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.0.keys()
    }

    /// Pauses it; nothing changes if that says what is said already.
    pub fn begin(&mut self, what: &K, pause: Pause, preview: bool, now: &Now) -> Steered {
        if self.of(what, now).is_some_and(|old| old.says_what(&pause)) {
            return Steered::default();
        }
        if !preview {
            self.0.insert(what.clone(), pause);
        }
        Steered { count: 1, ..Steered::default() }
    }

    /// Keeps a pause as it is said elsewhere.
    pub fn put(&mut self, what: &K, pause: Pause) {
        self.0.insert(what.clone(), pause);
    }

    /// Whether none is in force.
    pub fn none(&self, now: &Now) -> bool {
        self.0.keys().all(|what| self.of(what, now).is_none())
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Ends its pause.
    pub fn end(&mut self, what: &K, preview: bool, now: &Now) -> Steered {
        let count = usize::from(self.of(what, now).is_some());
        if !preview {
            self.0.remove(what);
        }
        Steered { count, ..Steered::default() }
    }
}
