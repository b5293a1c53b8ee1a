//! Tests of plans: each due instant is decided once, and never more fires than the policy allows.

use proptest::prelude::*;

use super::*;
use crate::Timing;

const NOW: i64 = 1_800_000_000_000;

fn schedule(missed: Missed) -> Schedule {
    let timing = Timing::Cron(vec!["* * * * *".parse().unwrap()]);
    Schedule { missed, ..Schedule::new(ScheduleName::new("test").unwrap(), timing) }
}

fn aged(ages_ms: &[i64]) -> Vec<Occurrence> {
    ages_ms.iter().map(|age| Occurrence { at_ms: NOW - age, mark: None, note: String::new() }).collect()
}

/// What becomes of due instants of these ages, in short.
fn planned(schedule: &Schedule, ages_ms: &[i64]) -> Vec<String> {
    let short = |one: Planned| match one.what {
        What::Not(reason) => reason.to_string(),
        What::Fire { at_ms, late_ms, caught_up } => {
            format!("{}{}+{late_ms}", if caught_up { "catch " } else { "fire " }, at_ms - NOW)
        }
    };
    plan(schedule, &aged(ages_ms), NOW).into_iter().map(short).collect()
}

#[test]
fn what_is_due_now_fires_now_and_what_is_due_later_fires_then() {
    for missed in [Missed::Skip, Missed::Last, Missed::All { max: 3 }] {
        assert_eq!(planned(&schedule(missed), &[0, -5_000, -65_000]), ["fire 0+0", "fire 5000+0", "fire 65000+0"]);
    }
}

#[test]
fn what_is_a_little_late_is_an_ordinary_fire_whatever_the_policy() {
    for missed in [Missed::Skip, Missed::Last, Missed::All { max: 3 }] {
        assert_eq!(planned(&schedule(missed), &[60_000]), ["fire 0+60000"]);
    }
}

#[test]
fn three_hours_down_over_a_schedule_of_every_minute() {
    let ages: Vec<i64> = (0..180).rev().map(|minute| minute * 60_000 + 30_000).collect();
    let count = |missed, age_ms_max| {
        let schedule = Schedule { age_ms_max, ..schedule(missed) };
        let planned = planned(&schedule, &ages);
        let of = |word: &str| planned.iter().filter(|one| one.starts_with(word)).count();
        ["fire", "catch", "policy", "too_old", "over_max"].map(of)
    };
    assert_eq!(count(Missed::Skip, None), [1, 0, 179, 0, 0]);
    assert_eq!(count(Missed::Last, None), [1, 0, 179, 0, 0]);
    assert_eq!(count(Missed::All { max: 1_000 }, None), [1, 179, 0, 0, 0]);
    assert_eq!(count(Missed::All { max: 10 }, None), [1, 10, 0, 0, 169]);
    assert_eq!(count(Missed::All { max: 1_000 }, Some(3_600_000)), [1, 59, 0, 120, 0]);
    assert_eq!(count(Missed::All { max: 10 }, Some(3_600_000)), [1, 10, 0, 120, 49]);
}

#[test]
fn of_missed_ones_the_last_fires_if_none_fires_anyway() {
    let last = schedule(Missed::Last);
    assert_eq!(planned(&last, &[7_200_000, 3_600_000]), ["policy", "catch 0+3600000"]);
    assert_eq!(planned(&last, &[7_200_000, 3_600_000, 10]), ["policy", "policy", "fire 0+10"]);
    assert_eq!(planned(&schedule(Missed::Skip), &[7_200_000, 3_600_000]), ["policy", "policy"]);
    let young = Schedule { age_ms_max: Some(3_599_999), ..last };
    assert_eq!(planned(&young, &[7_200_000, 3_600_000]), ["too_old", "too_old"]);
}

#[test]
fn several_that_are_hardly_late_are_one_fire_unless_all_are_wanted() {
    assert_eq!(planned(&schedule(Missed::Last), &[3_000, 2_000, 1_000]), ["policy", "policy", "fire 0+1000"]);
    let all = planned(&schedule(Missed::All { max: 1 }), &[3_000, 2_000, 1_000]);
    assert_eq!(all, ["fire 0+3000", "fire 0+2000", "fire 0+1000"]);
}

#[test]
fn made_up_fires_are_spread_in_the_order_of_their_due_instants() {
    let spread = Schedule { spread_ms: 40_000, ..schedule(Missed::All { max: 4 }) };
    let ages = [500_000, 400_000, 300_000, 200_000, 100_000];
    let expected = ["over_max", "catch 0+400000", "catch 10000+310000", "catch 20000+220000", "catch 30000+130000"];
    assert_eq!(planned(&spread, &ages), expected);
}

#[test]
fn a_mark_stays_with_its_note_and_does_not_count_as_a_newer_fire() {
    let mut due = aged(&[120_000, 0]);
    due[1] = Occurrence { at_ms: NOW, mark: Some(Reason::Holiday), note: "day off".to_owned() };
    let planned = plan(&schedule(Missed::Last), &due, NOW);
    assert_eq!(planned[1], Planned { due_ms: NOW, what: What::Not(Reason::Holiday), note: "day off".to_owned() });
    assert!(matches!(planned[0].what, What::Fire { caught_up: true, .. }));
}

/// Instances must agree on it, and so must a preview of yesterday.
#[test]
fn jitter_follows_from_the_name_and_the_due_instant_alone() {
    let name = |text: &str| ScheduleName::new(text).unwrap();
    let drawn: Vec<u64> = (0..3).map(|n| jitter_ms(&name("redis:monitor"), NOW + n * 60_000, 30_000)).collect();
    assert_eq!(drawn, [9_358, 1_747, 16_542]);
    assert_eq!(jitter_ms(&name("a"), NOW, 0), 0);
    let many: std::collections::BTreeSet<u64> =
        (0..1_000).map(|n| jitter_ms(&name(&format!("s{n}")), NOW, 1_000_000)).collect();
    assert!(many.len() > 990, "{}", many.len());
}

proptest! {
    #[test]
    fn each_is_decided_once_and_never_more_fires_than_the_policy_allows(
        ages in proptest::collection::vec(-100_000i64..2_000_000, 0..60),
        marked in proptest::collection::vec(any::<bool>(), 60),
        which in 0usize..3, max in 1u32..20, age_ms_max in proptest::option::of(0u64..2_000_000),
        late_ms in 0u64..200_000, spread_ms in 0u64..100_000, jitter_ms in 0u64..50_000,
    ) {
        let missed = [Missed::Skip, Missed::Last, Missed::All { max }][which];
        let schedule = Schedule { age_ms_max, late_ms, spread_ms, jitter_ms, ..schedule(missed) };
        let mut due = aged(&ages);
        for (one, marked) in due.iter_mut().zip(marked) {
            one.mark = marked.then_some(Reason::Gap);
        }
        let planned = plan(&schedule, &due, NOW);
        let mut instants: Vec<i64> = due.iter().map(|one| one.at_ms).collect();
        instants.sort_unstable();
        prop_assert_eq!(planned.iter().map(|one| one.due_ms).collect::<Vec<_>>(), instants);
        let (mut ordinary, mut caught) = (0, 0);
        for one in &planned {
            let age = NOW - one.due_ms;
            match one.what {
                What::Fire { at_ms, late_ms: late, caught_up } => {
                    let waits = at_ms - one.due_ms.max(NOW);
                    prop_assert!(waits >= 0 && waits <= (spread_ms + jitter_ms) as i64);
                    prop_assert!(late as i64 <= (at_ms - one.due_ms).max(0));
                    prop_assert_eq!(caught_up, age > late_ms as i64);
                    prop_assert!(!caught_up || age_ms_max.is_none_or(|most| age <= most as i64));
                    caught += u32::from(caught_up);
                    ordinary += u32::from(!caught_up && age >= 0);
                }
                What::Not(Reason::TooOld) => prop_assert!(age > age_ms_max.unwrap() as i64),
                What::Not(Reason::OverMax) => prop_assert_eq!(which, 2),
                What::Not(reason) => prop_assert!(matches!(reason, Reason::Policy | Reason::Gap)),
            }
        }
        match missed {
            Missed::Skip => prop_assert!(caught == 0 && ordinary <= 1),
            Missed::Last => prop_assert!(caught + ordinary <= 1),
            Missed::All { max } => prop_assert!(caught <= max),
        }
    }

    #[test]
    fn no_number_makes_a_plan_panic(at_ms: i64, now_ms: i64, late_ms: u64, spread_ms: u64, jitter_ms: u64, age: u64) {
        let schedule = Schedule { late_ms, spread_ms, jitter_ms, age_ms_max: Some(age), ..schedule(Missed::All { max: 2 }) };
        let due = [at_ms, at_ms.wrapping_add(1)].map(|at_ms| Occurrence { at_ms, mark: None, note: String::new() });
        prop_assert_eq!(plan(&schedule, &due, now_ms).len(), 2);
    }
}
