//! Tests of the model: what its JSON is, what is refused, and what its fingerprint sees.

use super::*;

fn daily() -> Schedule {
    Schedule::new(ScheduleName::new("a:b").unwrap(), Timing::Cron(vec!["0 0 * * *".parse().unwrap()]))
}

#[test]
fn what_is_the_default_is_not_written_and_what_is_absent_is_the_default() {
    let json = r#"{"name":"a:b","timing":{"cron":["0 0 * * *"]}}"#;
    assert_eq!(daily().to_json(), json);
    assert_eq!(Schedule::from_json(json), Ok(daily()));
    let period = r#"{"name":"a:b","timing":{"every_s":420}}"#;
    let schedule = Schedule::from_json(period).unwrap();
    assert_eq!((schedule.timing.clone(), schedule.to_json()), (Timing::Every(420), period.to_owned()));
    assert_eq!(schedule.words(), "Every 420 seconds, counted from 1970.");
    assert_eq!(daily().words(), "At 00:00.");
}

#[test]
fn what_comes_back_from_a_store_is_checked_like_input() {
    for (json, says) in [
        ("", "a schedule"),
        ("{}", "missing field `name`"),
        (r#"{"name":"a b","timing":{"every_s":1}}"#, "a schedule's name"),
        (r#"{"name":"a","timing":{"every_s":0}}"#, "1 to 315360000 is allowed"),
        (r#"{"name":"a","timing":{"cron":[]}}"#, "1 to 32 is allowed"),
        (r#"{"name":"a","timing":{"cron":["0 0 30 2 *"]}}"#, "it never matches"),
        (r#"{"name":"a","timing":{"every_s":1},"zone":"Berlin"}"#, "is it Europe/Berlin?"),
        (r#"{"name":"a","timing":{"every_s":1},"colour":1}"#, "unknown field `colour`"),
        (r#"{"name":"a","timing":{"every_s":1},"from":"2026-13-01"}"#, "a date that exists"),
        (r#"{"name":"a","timing":{"every_s":1},"from":"2026-02-01","until":"2026-01-01"}"#, "must not come after"),
        (r#"{"name":"a","timing":{"every_s":1},"jitter_ms":18446744073709551615}"#, "a jitter in milliseconds"),
        (r#"{"name":"a","timing":{"every_s":1},"missed":{"all":{"max":0}}}"#, "1 to 100000"),
        (r#"{"name":"a","timing":{"every_s":1},"output":{"path":""}}"#, "a path for the output"),
        (r#"{"name":"a","timing":{"every_s":1},"output":{"path":"a\u0000b"}}"#, "a path for the output"),
    ] {
        let refused = Schedule::from_json(json).unwrap_err().to_string();
        assert!(refused.contains(says), "{json}: {refused}");
    }
    let long = Schedule { description: Some("x".repeat(DESCRIPTION_BYTES_MAX + 1)), ..daily() };
    assert_eq!(long.check().len(), 1);
    let many = Schedule { timing: Timing::Cron(vec!["* * * * *".parse().unwrap(); CRONS_MAX + 1]), ..daily() };
    assert_eq!(many.check().len(), 1);
    assert_eq!(daily().check(), []);
}

/// Stores keep it, so it is the same in every build.
#[test]
fn the_fingerprint_is_of_the_json_and_never_changes() {
    assert_eq!(daily().fingerprint(), 3_522_099_067_794_767_739);
    let other = Schedule { jitter_ms: 1, ..daily() };
    assert_ne!(other.fingerprint(), daily().fingerprint());
    assert_eq!(other.clone().fingerprint(), other.fingerprint());
}

#[test]
fn an_environment_is_one_of_the_list_or_any() {
    assert!(daily().is_for("production"));
    let some = Schedule { environments: [Name::new("production").unwrap()].into(), ..daily() };
    assert_eq!((some.is_for("production"), some.is_for("Production"), some.is_for("")), (true, false, false));
}

proptest::proptest! {
    #[test]
    fn no_json_panics(json in "[{}\\[\\]\":,a-z0-9_*/ -]{0,200}") {
        let _ = Schedule::from_json(&json);
    }
}
