//! What a row says of its runs, and the shape of its JSON.

use super::*;

fn row() -> Row {
    Row::of("work_c10", "jobs/s", vec![40.0, 60.0, 50.0], vec![100.0, 80.0, 125.0])
}

#[test]
fn a_row_is_the_medians_of_its_runs() {
    let row = row();
    assert_eq!((row.value, row.limit), (Some(50.0), Some(100.0)));
    assert_eq!(row.noise, 0.4);
    assert_eq!(row.limit_noise, 0.45);
}

#[test]
fn the_ratio_is_taken_run_by_run() {
    // 0.4, 0.75 and 0.4: what slowed a run slowed its limit too, so the pairs are what counts.
    assert_eq!(row().ratio, Some(0.4));
}

#[test]
fn a_row_without_a_limit_has_no_ratio() {
    let row = Row::of("rss", "MB", vec![12.0], vec![]);
    assert_eq!((row.limit, row.ratio, row.pass), (None, None, None));
}

#[test]
fn a_target_needs_all_its_bounds() {
    let both = Target { at_least: Some(45.0), ratio_at_least: Some(0.5), ..Target::default() };
    assert_eq!(row().aim(both).pass, Some(false), "the ratio is 0.4");
    let value = Target { at_least: Some(45.0), ..Target::default() };
    assert_eq!(row().aim(value).pass, Some(true));
    let exactly = Target { at_least: Some(50.0), at_most: Some(50.0), ..Target::default() };
    assert_eq!(row().aim(exactly).pass, Some(true));
    let less = Target { at_most: Some(49.0), ..Target::default() };
    assert_eq!(row().aim(less).pass, Some(false));
    let close = Target { ratio_at_most: Some(0.3), ..Target::default() };
    assert_eq!(row().aim(close).pass, Some(false));
}

#[test]
fn what_is_missing_meets_no_target() {
    let target = Target { ratio_at_least: Some(0.0), ..Target::default() };
    assert_eq!(Row::of("x", "MB", vec![1.0], vec![]).aim(target).pass, Some(false));
    assert_eq!(Row::absent("peers", "no network").pass, Some(false));
    assert!(Row::absent("peers", "no network").note.contains("no network"));
}

#[test]
fn a_target_is_said_in_words() {
    let target = Target { at_least: Some(40_000.0), ratio_at_least: Some(0.5), ..Target::default() };
    assert_eq!(target.words("jobs/s"), ">= 40000 jobs/s, >= 0.5 of the limit");
}

#[test]
fn notes_add_up() {
    assert_eq!(row().note("one").note("two").note, "one; two");
}

#[test]
fn the_json_has_what_others_read() {
    let target = Target { at_least: Some(45.0), ..Target::default() };
    let row = row().aim(target).grouped(&[3.0, 1.0, 2.0]).against("bare SQLite");
    let json: serde_json::Value = serde_json::to_value(&row).unwrap();
    assert_eq!(json["name"], "work_c10");
    assert_eq!(json["value"], 50.0);
    assert_eq!(json["unit"], "jobs/s");
    assert_eq!(json["limit"], 100.0);
    assert_eq!(json["ratio"], 0.4);
    assert_eq!(json["target"], ">= 45 jobs/s");
    assert_eq!(json["pass"], true);
    assert_eq!(json["rows_a_commit"], 2.0);
    assert_eq!(json["limit_is"], "bare SQLite");
    for name in ["store", "on", "noise", "limit_noise", "runs", "limit_runs", "fdatasync_us", "load", "note"] {
        assert!(json.get(name).is_some(), "{name} is missing");
    }
}

#[test]
fn in_json_a_row_that_is_absent_has_nulls_and_does_not_pass() {
    let json = serde_json::to_value(Row::absent("peers", "no compiler")).unwrap();
    assert_eq!(json["value"], serde_json::Value::Null);
    assert_eq!(json["pass"], false);
}
