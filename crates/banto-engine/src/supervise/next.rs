//! What follows a program's end. Pure: it is given the time and the seed.
//!
//! For the keeper. A life that was long enough was a good one and begins everything anew; short ones wait longer each
//! time, and too many within a while put the brake on, which only a good life takes off.

use std::collections::VecDeque;

use super::{Program, Restart, Then};

/// What is remembered of a program's lives.
#[derive(Debug, Default)]
pub(crate) struct History {
    starts: VecDeque<u64>,
    short: u16,
    braked: bool,
}

/// What is done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// It is started again after this wait.
    Again { wait_ms: u64 },
    /// The brake is on (just now if `first`): it is started again after this wait.
    Slowly { wait_ms: u64, first: bool },
    /// The brake is on, and it is not started again.
    GiveUp,
    /// Its policy does not want it started again.
    Over,
}

impl History {
    /// A life begins.
    pub fn began(&mut self, program: &Program, now_ms: u64) {
        self.starts.push_back(now_ms);
        // One more than the brake counts is enough to know that it is on.
        while self.starts.len() > program.brake.starts_max + 1 {
            self.starts.pop_front();
        }
    }

    /// A life has ended.
    pub fn ended(&mut self, program: &Program, success: bool, ran_ms: u64, now_ms: u64, seed: u64) -> Next {
        if ran_ms >= program.healthy_ms {
            *self = History::default();
        } else {
            self.short = self.short.saturating_add(1);
        }
        match program.restart {
            Restart::Never => return Next::Over,
            Restart::OnFailure if success => return Next::Over,
            Restart::OnFailure | Restart::Always => {}
        }
        let first = !self.braked;
        self.braked |= self.is_loop(program, now_ms);
        match (self.braked, program.brake.then) {
            (false, _) => Next::Again { wait_ms: program.backoff.delay_ms(self.short.max(1), seed) },
            (true, Then::Slowly { every_ms }) => Next::Slowly { wait_ms: every_ms, first },
            (true, Then::GiveUp) => Next::GiveUp,
        }
    }

    /// Somebody ordered a start: they know what they do.
    pub fn forget(&mut self) {
        *self = History::default();
    }

    fn is_loop(&self, program: &Program, now_ms: u64) -> bool {
        let since = now_ms.saturating_sub(program.brake.within_ms);
        let lately = self.starts.iter().filter(|start| **start >= since).count();
        lately > program.brake.starts_max
    }
}

#[cfg(test)]
mod tests {
    use banto_core::{Backoff, Name};
    use banto_process::Spec;

    use super::{super::Brake, *};

    fn program(restart: Restart, then: Then) -> Program {
        let brake = Brake { starts_max: 3, within_ms: 60_000, then };
        let backoff = Backoff::Table(vec![1, 2, 4, 8]);
        Program { restart, backoff, brake, ..Program::new(Name::new("p").unwrap(), Spec::argv(["true"])) }
    }

    /// Lives of `ran_ms` each, one after the other without a wait.
    fn lives(program: &Program, success: bool, ran: &[u64]) -> Vec<Next> {
        let (mut history, mut now) = (History::default(), 1_000_000);
        let life = |ran_ms: &u64| {
            history.began(program, now);
            now += ran_ms;
            history.ended(program, success, *ran_ms, now, 0)
        };
        ran.iter().map(life).collect()
    }

    #[test]
    fn waits_grow_with_each_short_life_and_begin_anew_after_a_good_one() {
        let program = program(Restart::Always, Then::GiveUp);
        let waits = [1, 2, 1, 1].map(|wait_ms| Next::Again { wait_ms });
        assert_eq!(lives(&program, false, &[10, 10, 10_000, 10]), waits);
    }

    #[test]
    fn too_many_starts_within_the_while_put_the_brake_on_and_a_good_life_takes_it_off() {
        let slow = program(Restart::Always, Then::Slowly { every_ms: 9 });
        let next = lives(&slow, false, &[10, 10, 10, 10, 10, 10_000, 10]);
        assert_eq!(
            next[2..5],
            [
                Next::Again { wait_ms: 4 },
                Next::Slowly { wait_ms: 9, first: true },
                Next::Slowly { wait_ms: 9, first: false }
            ]
        );
        assert_eq!(next[5..], [Next::Again { wait_ms: 1 }, Next::Again { wait_ms: 1 }]);
        let stop = program(Restart::Always, Then::GiveUp);
        assert_eq!(lives(&stop, false, &[10; 4])[3], Next::GiveUp);
    }

    #[test]
    fn the_brake_stays_on_when_slow_starts_fail_too() {
        let slow = program(Restart::Always, Then::Slowly { every_ms: 90_000 });
        let (mut history, mut now, mut next) = (History::default(), 0, Vec::new());
        for wait in [0, 0, 0, 0, 90_000, 90_000] {
            now += wait;
            history.began(&slow, now);
            next.push(history.ended(&slow, false, 10, now, 0));
        }
        assert_eq!(next[3..], [true, false, false].map(|first| Next::Slowly { wait_ms: 90_000, first }));
    }

    #[test]
    fn starts_that_are_long_ago_do_not_count() {
        let program = program(Restart::Always, Then::GiveUp);
        let next = lives(&program, false, &[9_999; 20]);
        assert_eq!(next.iter().position(|next| *next == Next::GiveUp), Some(3));
        let patient = Program { brake: Brake { within_ms: 20_000, ..program.brake }, ..program };
        assert!(lives(&patient, false, &[9_999; 20]).iter().all(|next| matches!(next, Next::Again { .. })));
    }

    #[test]
    fn a_success_that_comes_too_fast_is_braked_as_well() {
        assert_eq!(lives(&program(Restart::Always, Then::GiveUp), true, &[0; 4])[3], Next::GiveUp);
    }

    #[test]
    fn the_policy_says_whether_there_is_another_life() {
        let of = |restart, success| lives(&program(restart, Then::GiveUp), success, &[10])[0];
        assert_eq!(of(Restart::Always, true), Next::Again { wait_ms: 1 });
        assert_eq!(of(Restart::OnFailure, false), Next::Again { wait_ms: 1 });
        assert_eq!(of(Restart::OnFailure, true), Next::Over);
        assert_eq!(of(Restart::Never, false), Next::Over);
    }

    #[test]
    fn an_order_forgets_what_was() {
        let program = program(Restart::Always, Then::GiveUp);
        let mut history = History::default();
        for _ in 0..4 {
            history.began(&program, 0);
            history.ended(&program, false, 0, 0, 0);
        }
        history.forget();
        history.began(&program, 0);
        assert_eq!(history.ended(&program, false, 0, 0, 0), Next::Again { wait_ms: 1 });
    }
}
