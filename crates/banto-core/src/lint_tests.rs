//! Tests of findings: each is found where it holds, and nothing is said of a schedule that is as it seems.

use super::*;
use crate::{Calendar, DaysOff, Label, Name, Span, Then, schedule};

const NOW: i64 = 1_795_910_400_000; // 2026-11-29T00:00:00Z

fn texts(draft: crate::ScheduleDraft) -> Vec<String> {
    let schedule = draft.build().unwrap_or_else(|faults| panic!("{faults:?}"));
    lint(&schedule, NOW, Some("production")).iter().map(Finding::to_string).collect()
}

#[test]
fn nothing_is_said_of_a_schedule_that_is_as_it_seems() {
    for draft in [
        schedule("x").daily_at("2:30"),
        schedule("x").daily_at("2:30").timezone("Asia/Tokyo"),
        schedule("x").every(5.minutes()).timezone("Europe/Berlin"),
        schedule("x").every(7.minutes()),
        schedule("x").daily_at("9:00").timezone("Europe/Berlin").between("8:00", "10:00").weekdays(),
        schedule("x").every_second().late_up_to(60.seconds()),
    ] {
        assert_eq!(texts(draft), [""; 0]);
    }
}

#[test]
fn a_fixed_time_that_meets_a_clock_change_is_named_with_its_date() {
    let found = texts(schedule("x").daily_at("2:30").timezone("Europe/Berlin"));
    let expected = [
        "Sun 2027-03-28 02:30 does not exist in Europe/Berlin: it is due at the next valid time",
        "Sun 2027-10-31 02:30 comes twice in Europe/Berlin: the first one counts",
    ];
    assert_eq!(found, expected);
    let chosen = schedule("x").daily_at("2:30").timezone("Europe/Berlin").gap(Gap::Before).fold(Fold::Both);
    let found = texts(chosen);
    assert!(found[0].ends_with("it is due before, as if the clock had changed already"), "{found:?}");
    assert!(found[1].ends_with("both count"), "{found:?}");
    assert_eq!(texts(schedule("x").weekly_on(crate::Weekday::Monday, "2:30").timezone("Europe/Berlin")), [""; 0]);
    // What recurs in real time is met only if a policy was chosen for it.
    assert_eq!(texts(schedule("x").cron("*/30 2 * * *").timezone("Europe/Berlin").gap(Gap::Skip)).len(), 2);
}

#[test]
fn dates_that_are_over_or_have_not_begun() {
    let over = texts(schedule("x").daily().until("2026-11-28"));
    assert_eq!(over, ["its dates are over: its last day was 2026-11-28, and today is 2026-11-29 in UTC"]);
    let not_yet = texts(schedule("x").daily().from("2026-11-30"));
    assert_eq!(not_yet, ["its dates have not begun: its first day is 2026-11-30, and today is 2026-11-29 in UTC"]);
    // In Niue it is still the 28th.
    assert_eq!(texts(schedule("x").daily_at("23:00").timezone("Pacific/Niue").until("2026-11-28")), [""; 0]);
}

#[test]
fn what_will_never_fire_again_is_said_with_the_reason() {
    let one = |draft| texts(draft).remove(0);
    assert_eq!(
        one(schedule("x").daily_at("8:00").between("9:00", "17:00")),
        "it will never fire again: its spans of the day exclude every time it would be due"
    );
    assert_eq!(
        one(schedule("x").weekly().mondays()),
        "it will never fire again: its weekdays exclude every day it would be due"
    );
    assert_eq!(
        one(schedule("x").weekly().weekends_off()),
        "it will never fire again: every day it would be due is a day off"
    );
    assert_eq!(
        one(schedule("x").cron("0 0 0 1 1 * 2025")),
        "it will never fire again: its expression has no match ahead within its dates"
    );
    assert_eq!(texts(schedule("x").weekly().weekends_off().move_to_next_business_day()), [""; 0]);
}

#[test]
fn jitter_and_lateness_that_reach_into_the_next_due_instant() {
    let found = texts(schedule("x").every(10.seconds()).jitter(11.seconds()));
    assert_eq!(found, ["its jitter of 11000 ms is longer than its shortest interval, 10000 ms"]);
    let found = texts(schedule("x").cron("0,5 0 * * *").late_up_to(301.seconds()));
    assert_eq!(found, ["its lateness of 301000 ms is longer than its shortest interval, 300000 ms"]);
    assert_eq!(texts(schedule("x").every(10.seconds()).jitter(10.seconds())), [""; 0]);
}

#[test]
fn environments_calendars_and_periods() {
    let found = texts(schedule("x").daily().environments(["local", "staging"]));
    assert_eq!(found, ["it does not fire here: this is \"production\", and it fires in local, staging only"]);
    let calendar = |days: &[&str]| {
        let days = days.iter().map(|date| (date.parse().unwrap(), Label::new("off").unwrap()));
        Calendar::new(Name::new("de").unwrap(), days).unwrap()
    };
    let found = texts(schedule("x").daily().days_off(calendar(&["2026-01-01"])));
    assert_eq!(found, ["its calendar de has run out: its last day was 2026-01-01"]);
    assert_eq!(texts(schedule("x").daily().days_off(calendar(&[]))), ["its calendar de has no days"]);
    assert_eq!(texts(schedule("x").daily().days_off(calendar(&["2026-12-25"]))), [""; 0]);
    let found = texts(schedule("x").every(7.minutes()).timezone("Asia/Tokyo"));
    assert_eq!(found, ["every 420 s is counted from 1970 in UTC, whatever the clocks in Asia/Tokyo do"]);
    let off = DaysOff { calendar: None, weekends: true, then: Then::Skip };
    assert_eq!(off.then, Then::default());
}
