//! Tests of `decide`: each outcome, and what holds for all of them.

use proptest::prelude::*;

use super::*;
use crate::{
    job::{Ids, NewJob, Options},
    name::Name,
    payload::Payload,
    state::{Move, allowed},
};

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

/// A job in its second attempt that was claimed, with a limit.
fn claimed(retry_until: i64) -> Job {
    let name = |text| Name::new(text).unwrap();
    let new = NewJob::new(Ids::new(1).make(0), name("send"), name("mail"), Payload::parse("{}").unwrap());
    let job = Job { state: State::Running, attempt: 2, ..new.accepted(0) };
    Job { options: Options { retry_until: Some(retry_until), ..Options::default() }, ..job }
}

#[test]
fn an_attempt_is_barred_from_the_first_millisecond_after_its_time() {
    let job = claimed(1_700_000_000_000);
    assert_eq!(barred(&job, 1_699_999_999_999), None);
    assert_eq!(barred(&job, 1_700_000_000_000), None);
    let late = barred(&job, 1_700_000_000_001).unwrap();
    let verdict = decide(&Facts::of(&job, &BACKOFF), late, 1_700_000_000_001, 1);
    assert_eq!((verdict.to, verdict.attempt, verdict.word), (State::Dead, 1, "too_late"));
    let said = verdict.error.unwrap();
    assert!(
        said.starts_with("no attempt may begin after 2023-11-14T22:13:20Z;") && said.contains("retry it"),
        "{said}"
    );
    assert_eq!(barred(&Job { options: Options::default(), ..job.clone() }, i64::MAX), None);
    let asked = Job { cancel_asked: true, ..job };
    assert!(matches!(barred(&asked, i64::MAX), Some(Outcome::Cancel { .. })), "who cancelled it hears of that");
}

#[test]
fn a_limit_is_lifted_only_once_it_is_over() {
    let mut options = claimed(1_000).options;
    assert!(!options.lift(1_000) && options.retry_until == Some(1_000));
    assert!(options.lift(1_001) && options.retry_until.is_none());
    assert!(!options.lift(1_001));
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
        Outcome::TooLate { error: "over".into() },
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

/// Every outcome, once or twice, by a short name.
fn outcomes() -> [(&'static str, Outcome); 10] {
    let park = Park { cause: Cause::Missing, text: "no key".into(), build: "b1".into() };
    [
        ("done", Outcome::Done),
        ("retry", retry()),
        ("retry in", Outcome::Retry { error: "429".into(), delay_ms: Some(700) }),
        ("snooze", Outcome::Snooze { delay_ms: 700, reason: "later".into() }),
        ("cancel", Outcome::Cancel { reason: "no need".into() }),
        ("dead", Outcome::Dead { error: "never".into() }),
        ("park", Outcome::Park(park)),
        ("crashed", Outcome::Crashed { error: "signal 9".into() }),
        ("back", Outcome::HandBack { delay_ms: 0 }),
        ("back in", Outcome::HandBack { delay_ms: 700 }),
    ]
}

/// Each line: the outcome, then where the job goes (and after which wait), how many attempts are burned and how many
/// crashes counted, for a job in its second attempt of three with one crash.
fn table(facts: &Facts<'_>) -> Vec<String> {
    let line = |(name, outcome): (&str, Outcome)| {
        let Verdict { to, delay_ms, attempt, crashes, .. } = decide(facts, outcome, 1_000, 1);
        format!("{name}: {to} +{delay_ms} {attempt} {crashes}")
    };
    outcomes().into_iter().map(line).collect()
}

const FIXED: Backoff = Backoff::Exponential { base_ms: 0, max_ms: 0 };

fn second() -> Facts<'static> {
    Facts { attempt: 2, crashes: 1, backoff: &FIXED, ..facts() }
}

#[test]
fn each_outcome_in_the_middle_of_a_jobs_life() {
    let expected = [
        "done: done +0 2 1",
        "retry: scheduled +1 2 1", // a wait of nought is one of a millisecond: scheduled is never due at once
        "retry in: scheduled +700 2 1",
        "snooze: scheduled +700 1 1",
        "cancel: cancelled +0 2 1",
        "dead: dead +0 2 1",
        "park: parked +0 1 1",
        "crashed: ready +0 1 2",
        "back: ready +0 1 1",
        "back in: scheduled +700 1 1",
    ];
    assert_eq!(table(&second()), expected);
}

#[test]
fn each_outcome_of_the_last_attempt_and_the_last_crash() {
    let last = Facts { attempt: 3, crashes: 2, ..second() };
    let expected = [
        "done: done +0 3 2",
        "retry: dead +0 3 2",
        "retry in: dead +0 3 2",
        "snooze: scheduled +700 2 2",
        "cancel: cancelled +0 3 2",
        "dead: dead +0 3 2",
        "park: parked +0 2 2",
        "crashed: dead +0 2 3",
        "back: ready +0 2 2",
        "back in: scheduled +700 2 2",
    ];
    assert_eq!(table(&last), expected);
}

#[test]
fn each_outcome_of_a_job_that_was_asked_to_stop() {
    let asked = Facts { cancel_asked: true, ..second() };
    let ended = |name: &str| matches!(name, "done" | "cancel" | "dead");
    for (name, outcome) in outcomes() {
        let (plain, verdict) =
            (decide(&second(), outcome.clone(), 1_000, 1), decide(&asked, outcome.clone(), 1_000, 1));
        if ended(name) {
            assert_eq!(verdict, plain, "{name}");
            continue;
        }
        let said = Some("cancelled while it ran".to_owned());
        let word = outcome.word();
        let cancelled =
            Verdict { to: State::Cancelled, delay_ms: 0, attempt: 2, word, error: said, park: None, ..plain };
        let counted = Verdict { crashes: 1, ..cancelled };
        assert_eq!(verdict, counted, "{name}");
    }
}

#[test]
fn the_moment_of_retry_until_is_in_time_and_the_next_is_not() {
    for (name, outcome) in outcomes() {
        let to = |until| decide(&Facts { retry_until: Some(until), ..second() }, outcome.clone(), 1_000, 1).to;
        let waits = ["retry in", "snooze"].contains(&name);
        let plain = decide(&second(), outcome.clone(), 1_000, 1).to;
        assert_eq!(to(1_700), plain, "{name}");
        assert_eq!(to(1_699), if waits { State::Dead } else { plain }, "{name}");
    }
}

#[test]
fn what_is_said_is_kept_in_its_own_words() {
    let said = |facts: &Facts<'_>| -> Vec<Option<String>> {
        outcomes().into_iter().map(|(_, outcome)| decide(facts, outcome, 1_000, 1).error).collect()
    };
    let words = |words: [&str; 10]| words.map(|text| Some(text.to_owned()).filter(|text| !text.is_empty()));
    let plain = ["", "boom", "429", "later", "no need", "never", "no key", "signal 9", "", ""];
    assert_eq!(said(&second()), words(plain));
    let late = "no time left to retry; ";
    let (boom, wait, later) = (format!("{late}boom"), format!("{late}429"), format!("{late}later"));
    let expected = ["", boom.as_str(), &wait, &later, "no need", "never", "no key", "signal 9", "", ""];
    assert_eq!(said(&Facts { retry_until: Some(0), ..second() }), words(expected));
}

#[test]
fn no_error_is_longer_than_the_cap_whatever_is_put_before_it() {
    let long = "é".repeat(ERROR_BYTES_MAX);
    let park = Park { cause: Cause::Undecodable, text: long.clone(), build: "b1".into() };
    let outcomes = [
        Outcome::Retry { error: long.clone(), delay_ms: None },
        Outcome::Snooze { delay_ms: 700, reason: long.clone() },
        Outcome::Cancel { reason: long.clone() },
        Outcome::Dead { error: long.clone() },
        Outcome::Crashed { error: long.clone() },
        Outcome::Park(park),
    ];
    for outcome in outcomes {
        for facts in [second(), Facts { retry_until: Some(0), crashes: 2, ..second() }] {
            let verdict = decide(&facts, outcome.clone(), 1_000, 1);
            let texts = verdict.error.iter().chain(verdict.park.as_ref().map(|park| &park.text));
            for text in texts {
                assert!(text.len() <= ERROR_BYTES_MAX && text.ends_with("[cut]"), "{}: {}", verdict.word, text.len());
            }
        }
    }
}

#[test]
fn at_the_edges_of_the_numbers_nothing_wraps() {
    let far = Facts { attempt: 0, crashes: u16::MAX, crashes_max: u16::MAX, retry_until: Some(i64::MAX), ..facts() };
    for (_, outcome) in outcomes() {
        let verdict = decide(&far, outcome, i64::MAX, u64::MAX);
        assert!(verdict.attempt == 0 && verdict.crashes == u16::MAX, "{verdict:?}");
    }
    let endless = Outcome::Retry { error: "x".into(), delay_ms: Some(u64::MAX) };
    assert_eq!(decide(&facts(), endless, 0, 1).delay_ms, SPAN_MS_MAX);
}

#[test]
fn a_wait_of_nought_is_a_millisecond_so_that_scheduled_is_never_due_at_once() {
    let now =
        [Outcome::Snooze { delay_ms: 0, reason: "r".into() }, Outcome::Retry { error: "e".into(), delay_ms: Some(0) }];
    for outcome in now {
        let verdict = decide(&facts(), outcome, 0, 1);
        assert_eq!((verdict.to, verdict.delay_ms), (State::Scheduled, 1));
    }
}

#[test]
fn the_back_off_counts_the_attempts_that_were_burned() {
    const STEPS: &[u64] = &[10, 20, 30];
    let backoff = Backoff::Table(STEPS.to_vec());
    for (attempt, wait) in (1..=5).zip([10, 20, 30, 30, 30]) {
        let verdict = decide(&Facts { attempt, attempts_max: 9, backoff: &backoff, ..facts() }, retry(), 0, 7);
        assert_eq!(verdict.delay_ms, wait, "attempt {attempt}");
    }
}

#[test]
fn a_jobs_own_rules_go_before_those_of_its_kind() {
    let (name, payload) = (crate::Name::new("k").unwrap(), crate::Payload::parse("1").unwrap());
    let mut job = Job {
        id: crate::Ids::new(1).make(1),
        kind: name.clone(),
        version: 1,
        queue: name,
        priority: 5,
        payload,
        state: State::Running,
        run_at: 0,
        attempt: 4,
        attempts_max: Some(9),
        crashes: 2,
        fence: 7,
        unique: None,
        options: crate::Options::default(),
        enqueued_at: 0,
        started_at: None,
        finished_at: None,
        error: None,
        park: None,
        progress: None,
        cancel_asked: true,
        instance: None,
    };
    let of_kind = Facts::of(&job, &BACKOFF);
    assert_eq!((of_kind.attempt, of_kind.attempts_max, of_kind.crashes, of_kind.crashes_max), (4, 9, 2, 3));
    assert_eq!((of_kind.backoff, of_kind.retry_until, of_kind.cancel_asked), (&BACKOFF, None, true));
    let own = Backoff::Table(vec![1]);
    job.options.backoff = Some(own.clone());
    job.options.crashes_max = Some(5);
    job.options.retry_until = Some(6);
    let of_job = Facts::of(&job, &BACKOFF);
    assert_eq!((of_job.backoff, of_job.crashes_max, of_job.retry_until), (&own, 5, Some(6)));
}

#[test]
fn words_that_stores_keep_stay_as_they_are() {
    let words: Vec<&str> = Cause::ALL.into_iter().map(Cause::word).collect();
    assert_eq!(words, ["unknown_kind", "newer_version", "undecodable", "missing", "damaged"]);
    for cause in Cause::ALL {
        assert_eq!(serde_json::to_string(&cause).unwrap(), format!("\"{}\"", cause.word()));
    }
    let words: Vec<&str> = outcomes().iter().map(|(_, outcome)| outcome.word()).collect();
    let expected = ["done", "retry", "retry", "snooze", "cancel", "dead", "park", "crashed", "hand_back", "hand_back"];
    assert_eq!(words, expected);
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
        text.prop_map(|error| Outcome::TooLate { error }),
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

    /// No attempt that would begin too late is waited for, and none is given up that would not.
    #[test]
    fn retry_until_is_kept_to_the_millisecond(wait in 1u64..10_000, now in 0i64..10_000, spare in -2i64..=2) {
        let until = now + wait as i64 + spare;
        for outcome in [
            Outcome::Retry { error: "e".into(), delay_ms: Some(wait) },
            Outcome::Snooze { delay_ms: wait, reason: "r".into() },
        ] {
            let verdict = decide(&Facts { retry_until: Some(until), ..facts() }, outcome, now, 1);
            prop_assert_eq!(verdict.to, if spare >= 0 { State::Scheduled } else { State::Dead });
        }
    }

    /// However often a job fails, snoozes, crashes or is handed back, it comes to an end within its limits.
    #[test]
    fn a_job_that_only_fails_and_crashes_ends(picks in prop::collection::vec(any::<bool>(), 20)) {
        let (mut attempt, mut crashes, mut runs) = (0, 0, 0);
        for crash in picks {
            attempt += 1;
            runs += 1;
            let outcome = if crash { Outcome::Crashed { error: "x".into() } } else { retry() };
            let verdict = decide(&Facts { attempt, attempts_max: 3, crashes, ..facts() }, outcome, 0, 1);
            (attempt, crashes) = (verdict.attempt, verdict.crashes);
            if verdict.to.ended() {
                break;
            }
        }
        prop_assert!(runs <= 5, "{} runs", runs);
        prop_assert!(attempt == 3 || crashes == 3);
    }
}
