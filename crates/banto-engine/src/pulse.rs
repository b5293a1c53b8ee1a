//! The pulse of a loop: when it last came round, and what it is at.
//!
//! For whoever must tell, from another thread, a loop that works from one that hangs: a loop that is stuck says nothing, and
//! that is what is heard. A tick is a turn that came to its end and did what it was for; that a loop exists, or tries, is none.

use std::{
    mem::discriminant,
    sync::{Arc, Mutex, PoisonError},
};

use banto_store::Clock;

/// A moment on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// By the steady clock, in milliseconds: for how long ago it was.
    pub steady_ms: u64,
    /// By the wall clock, in milliseconds since 1970: for people.
    pub wall_ms: i64,
}

impl Moment {
    /// Now.
    pub fn now(clock: &dyn Clock) -> Moment {
        Moment { steady_ms: clock.steady_ms(), wall_ms: clock.wall_ms() }
    }

    /// How long before `now` it was, in milliseconds.
    pub fn ago(self, now: Moment) -> u64 {
        now.steady_ms.saturating_sub(self.steady_ms)
    }
}

/// What a loop said last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard<S> {
    /// When it was begun for the first time.
    pub begun: Option<Moment>,
    /// When it last came round.
    pub tick: Option<Moment>,
    /// What it is at.
    pub state: S,
    /// Since when.
    pub since: Option<Moment>,
}

impl<S> Heard<S> {
    /// Since when nothing was heard: since it last came round, else since it was begun. In milliseconds before `now`.
    pub fn silent_ms(&self, now: Moment) -> u64 {
        self.tick.or(self.begun).map_or(0, |last| last.ago(now))
    }
}

/// The pulse of one loop, through all its lives. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Pulse<S>(Arc<Mutex<Heard<S>>>);

impl<S: Clone> Pulse<S> {
    /// The loop begins, for the first time or anew; that is no tick.
    pub fn begin(&self, now: Moment, state: S) {
        self.with(|heard| heard.begun = heard.begun.or(Some(now)));
        self.say(now, state);
    }

    /// It came round.
    pub fn tick(&self, now: Moment, state: S) {
        self.say(now, state);
        self.with(|heard| heard.tick = Some(now));
    }

    /// It is at something else, without having come round.
    pub fn say(&self, now: Moment, state: S) {
        self.with(|heard| {
            if heard.since.is_none() || discriminant(&heard.state) != discriminant(&state) {
                heard.since = Some(now);
            }
            heard.state = state;
        });
    }

    /// What it said last.
    pub fn heard(&self) -> Heard<S> {
        self.with(|heard| heard.clone())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Heard<S>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a loop of a worker is at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Duty {
    /// It has not come round yet.
    #[default]
    Starting,
    /// It asks the store.
    Asking,
    /// It waits for its time, or for work: that may take as long as it likes.
    Waiting,
    /// It takes nothing, for all its slots are busy.
    Full,
    /// The store did not do what it was asked.
    StoreDown {
        /// What was said.
        error: String,
    },
}

/// The pulses of the loops that show whether a worker works. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Pulses {
    /// Of the loop that says that it lives, every few seconds.
    pub beat: Pulse<Duty>,
    /// Of the loop that takes jobs.
    pub claim: Pulse<Duty>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(steady_ms: u64) -> Moment {
        Moment { steady_ms, wall_ms: 0 }
    }

    #[test]
    fn only_a_turn_that_came_to_its_end_is_a_tick() {
        let pulse = Pulse::<Option<u8>>::default();
        assert_eq!(pulse.heard().silent_ms(at(9)), 0, "it was not begun");
        pulse.begin(at(10), None);
        pulse.say(at(20), Some(1));
        assert_eq!((pulse.heard().tick, pulse.heard().silent_ms(at(30))), (None, 20));
        pulse.tick(at(40), Some(2));
        pulse.begin(at(50), None);
        assert_eq!(pulse.heard().silent_ms(at(60)), 20, "to be begun anew is no progress");
        assert_eq!(pulse.heard().begun, Some(at(10)));
    }

    #[test]
    fn since_when_it_is_at_something_is_known_whatever_it_says_of_it() {
        let pulse = Pulse::<Option<u8>>::default();
        pulse.begin(at(1), None);
        pulse.say(at(2), Some(1));
        pulse.say(at(3), Some(2));
        assert_eq!((pulse.heard().since, pulse.heard().state), (Some(at(2)), Some(2)));
        pulse.tick(at(4), Some(3));
        assert_eq!(
            (pulse.heard().since, pulse.heard().tick),
            (Some(at(2)), Some(at(4))),
            "it came round, and is still at it"
        );
        pulse.say(at(5), None);
        assert_eq!(pulse.heard().since, Some(at(5)));
    }
}
