//! Tests of waits: their bounds, their jitter, and what is refused.

use super::*;

proptest::proptest! {
    #[test]
    fn whatever_the_rule_a_wait_is_jittered_under_its_cap(
        base in 0u64..100_000, more in 0u64..1 << 40, attempt in 0u16..=u16::MAX, seed: u64,
    ) {
        let (base_ms, max_ms) = (base, base + more);
        let wait = Backoff::Exponential { base_ms, max_ms }.delay_ms(attempt, seed);
        // Doubled one by one, so that it is not the formula under test.
        let doubled = (1..attempt.max(1)).try_fold(base_ms, |wait, _| wait.checked_mul(2).filter(|wait| *wait <= max_ms));
        let whole = if base_ms == 0 { 0 } else { doubled.unwrap_or(max_ms) };
        proptest::prop_assert!(wait >= whole / 2 && wait <= whole, "{wait} of {whole}");
    }

    #[test]
    fn a_table_gives_its_waits_in_order_and_then_the_last(
        steps in proptest::collection::vec(0u64..1_000, 1..32), attempt: u16, seed: u64,
    ) {
        let wait = Backoff::Table(steps.clone()).delay_ms(attempt, seed);
        let at = usize::from(attempt).saturating_sub(1);
        proptest::prop_assert_eq!(wait, *steps.get(at).unwrap_or(&steps[steps.len() - 1]));
    }

    #[test]
    fn a_wait_lies_between_half_and_the_whole(attempt in 1u16..=1000, seed: u64) {
        let wait = Backoff::default().delay_ms(attempt, seed);
        let whole = 5_000u64.saturating_mul(1u64.checked_shl(u32::from(attempt) - 1).unwrap_or(u64::MAX)).min(3_600_000);
        proptest::prop_assert!(wait >= whole / 2 && wait <= whole);
    }
}

#[test]
fn jitter_spreads_a_herd() {
    let waits: std::collections::BTreeSet<u64> = (0..1000).map(|s| Backoff::default().delay_ms(3, s)).collect();
    assert!(waits.len() > 900, "only {} different waits of 1000", waits.len());
}

#[test]
fn odd_rules_are_refused_and_never_overflow() {
    let odd = Backoff::Exponential { base_ms: u64::MAX, max_ms: u64::MAX };
    assert!(odd.delay_ms(u16::MAX, 1) >= u64::MAX / 2);
    assert!(odd.check().is_err());
    assert!(Backoff::Table(vec![]).check().is_err());
    assert_eq!(Backoff::Table(vec![]).delay_ms(1, 1), 0);
    assert!(Backoff::default().check().is_ok());
}

#[test]
fn the_jitter_reaches_both_ends_and_one_seed_is_one_wait() {
    let rule = Backoff::Exponential { base_ms: 4, max_ms: 1_000 };
    let waits: std::collections::BTreeSet<u64> = (0..100).map(|seed| rule.delay_ms(2, seed)).collect();
    assert_eq!(waits, (4..=8).collect());
    assert!((0..100).all(|seed| rule.delay_ms(7, seed) == rule.delay_ms(7, seed)));
}

#[test]
fn rules_are_refused_just_beyond_their_limits() {
    let exponential = |base_ms, max_ms| Backoff::Exponential { base_ms, max_ms };
    let good = [
        exponential(0, 0),
        exponential(7, 7),
        exponential(1, SPAN_MS_MAX),
        Backoff::Table(vec![0]),
        Backoff::Table(vec![SPAN_MS_MAX; BACKOFF_STEPS_MAX]),
    ];
    for rule in good {
        assert_eq!(rule.check(), Ok(()));
    }
    let bad = [
        exponential(8, 7),
        exponential(1, SPAN_MS_MAX + 1),
        Backoff::Table(vec![1; BACKOFF_STEPS_MAX + 1]),
        Backoff::Table(vec![1, SPAN_MS_MAX + 1]),
    ];
    for rule in bad {
        let refusal = rule.check().unwrap_err();
        assert!(refusal.thing() == "a back-off" && refusal.to_string().contains("1 to 32 waits"), "{refusal}");
    }
}

/// Stores keep rules as this JSON.
#[test]
fn a_rule_is_stored_in_the_form_that_older_files_have() {
    let forms = [
        (Backoff::default(), r#"{"exponential":{"base_ms":5000,"max_ms":3600000}}"#),
        (Backoff::Table(vec![1, 2]), r#"{"table":[1,2]}"#),
    ];
    for (rule, json) in forms {
        assert_eq!(serde_json::to_string(&rule).unwrap(), json);
        assert_eq!(serde_json::from_str::<Backoff>(json).unwrap(), rule);
    }
}

/// Sums in files lean on it, so it must be the same in every build: the numbers of the paper's own code, from seed 0.
#[test]
fn the_mixer_is_splitmix64() {
    const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
    let drawn = [0, GAMMA, GAMMA.wrapping_mul(2)].map(mix);
    assert_eq!(drawn, [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f]);
}
