//! Tests of `decide`: each outcome, and what holds for all of them.

use proptest::prelude::*;

use super::*;
use crate::state::{Move, allowed};

const BACKOFF: Backoff = Backoff::Exponential { base_ms: 1_000, max_ms: 60_000 };

fn facts() -> Facts<'static> {
    Facts {
        attempt: 1,
        attempts_max: 3,
        crashes: 0,
        crashes_max: 3,
        backoff: &BACKOFF,
        retry_until: None,
        cancel_asked: false,
    }
}

fn retry() -> Outcome {
    Outcome::Retry { error: "boom".into(), delay_ms: None }
}

#[test]
fn a_failure_waits_and_the_last_one_is_dead() {
    let first = decide(&facts(), retry(), 0, 1);
    assert_eq!((first.to, first.attempt), (State::Scheduled, 1));
    assert!((500..=1000).contains(&first.delay_ms));
    let last = decide(&Facts { attempt: 3, ..facts() }, retry(), 0, 1);
    assert_eq!((last.to, last.error.as_deref()), (State::Dead, Some("boom")));
}

#[test]
fn a_given_delay_goes_before_the_back_off() {
    let verdict = decide(&facts(), Outcome::Retry { error: "429".into(), delay_ms: Some(90_000) }, 0, 1);
    assert_eq!(verdict.delay_ms, 90_000);
}

#[test]
fn no_attempt_begins_after_retry_until() {
    let late = Facts { retry_until: Some(100), ..facts() };
    assert_eq!(decide(&late, retry(), 0, 1).to, State::Dead);
    let in_time = Facts { retry_until: Some(2_000), ..facts() };
    assert_eq!(decide(&in_time, retry(), 0, 1).to, State::Scheduled);
    let snooze = Outcome::Snooze { delay_ms: 5_000, reason: "busy".into() };
    assert_eq!(decide(&late, snooze, 0, 1).to, State::Dead);
}

#[test]
fn snooze_park_and_hand_back_burn_no_attempt() {
    let park = Park { cause: Cause::UnknownKind, text: "no such kind".into(), build: "b1".into() };
    for outcome in [
        Outcome::Snooze { delay_ms: 1, reason: "later".into() },
        Outcome::Park(park),
        Outcome::HandBack { delay_ms: 0 },
        Outcome::HandBack { delay_ms: 9 },
        Outcome::Crashed { error: "killed".into() },
    ] {
        assert_eq!(decide(&Facts { attempt: 3, ..facts() }, outcome, 0, 1).attempt, 2);
    }
}

#[test]
fn three_crashes_quarantine_and_fewer_run_again_at_once() {
    let crash = || Outcome::Crashed { error: "signal 11".into() };
    let first = decide(&facts(), crash(), 0, 1);
    assert_eq!((first.to, first.crashes, first.delay_ms), (State::Ready, 1, 0));
    let third = decide(&Facts { crashes: 2, ..facts() }, crash(), 0, 1);
    assert_eq!((third.to, third.crashes), (State::Dead, 3));
    assert_eq!(third.error.as_deref(), Some("quarantined after 3 crashes; signal 11"));
}

#[test]
fn a_job_asked_to_stop_does_not_run_again_but_what_is_done_is_done() {
    let asked = Facts { cancel_asked: true, ..facts() };
    for outcome in [retry(), Outcome::HandBack { delay_ms: 0 }, Outcome::Crashed { error: "x".into() }] {
        assert_eq!(decide(&asked, outcome, 0, 1).to, State::Cancelled);
    }
    assert_eq!(decide(&asked, Outcome::Done, 0, 1).to, State::Done);
    assert_eq!(decide(&asked, Outcome::Dead { error: "x".into() }, 0, 1).to, State::Dead);
}

#[test]
fn causes_come_back_and_each_has_a_cure() {
    for cause in Cause::ALL {
        assert_eq!(Cause::of_word(cause.word()), Some(cause));
        assert!(cause.cure().len() > 20);
    }
    assert_eq!(Cause::of_word("x"), None);
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    let text = "[a-z]{0,9}";
    let cause = prop::sample::select(Cause::ALL.to_vec());
    prop_oneof![
        Just(Outcome::Done),
        (text, any::<Option<u64>>()).prop_map(|(error, delay_ms)| Outcome::Retry { error, delay_ms }),
        (any::<u64>(), text).prop_map(|(delay_ms, reason)| Outcome::Snooze { delay_ms, reason }),
        text.prop_map(|reason| Outcome::Cancel { reason }),
        text.prop_map(|error| Outcome::Dead { error }),
        (cause, text).prop_map(|(cause, text)| Outcome::Park(Park { cause, text, build: "b".into() })),
        text.prop_map(|error| Outcome::Crashed { error }),
        any::<u64>().prop_map(|delay_ms| Outcome::HandBack { delay_ms }),
    ]
}

proptest! {
    #[test]
    fn every_verdict_is_an_allowed_move_within_its_limits(
        outcome in any_outcome(), attempt in 1u16..=1000, more in 0u16..1000, crashes in 0u16..4,
        until in any::<Option<i64>>(), cancel_asked: bool, now in 0i64..1 << 45, seed: u64,
    ) {
        let facts = Facts { attempt, attempts_max: attempt.saturating_add(more), crashes, crashes_max: 3,
            backoff: &BACKOFF, retry_until: until, cancel_asked };
        let verdict = decide(&facts, outcome, now, seed);
        prop_assert!(allowed(State::Running, Move::Finish, verdict.to), "running -> {}", verdict.to);
        prop_assert!(verdict.delay_ms <= SPAN_MS_MAX);
        prop_assert_eq!(verdict.to == State::Scheduled, verdict.delay_ms > 0);
        prop_assert_eq!(verdict.to == State::Parked, verdict.park.is_some());
        prop_assert!(verdict.attempt == attempt || verdict.attempt == attempt - 1);
        prop_assert!(verdict.to != State::Scheduled || verdict.attempt < facts.attempts_max || verdict.word != "retry");
        prop_assert!(!(cancel_asked && matches!(verdict.to, State::Ready | State::Scheduled | State::Parked)));
    }
}
