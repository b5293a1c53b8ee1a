//! Tests of due instants: clock changes by every policy in many zones, windows, days off, the far future, a slow oracle.

use std::collections::BTreeMap;

use super::*;
use crate::{Calendar, Cron, Fold, Gap, Label, Name, ScheduleName, Weekday, Zone};

/// A schedule of expressions, divided by `|`, in a zone.
fn schedule(cron: &str, zone: &str) -> Schedule {
    let name = ScheduleName::new("test").unwrap();
    let timing = Timing::Cron(cron.split('|').map(|one| Cron::new(one).unwrap()).collect());
    Schedule { zone: Zone::new(zone).unwrap(), ..Schedule::new(name, timing) }
}

fn ms(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

fn shown(one: &Occurrence) -> String {
    let at = jiff::Timestamp::from_millisecond(one.at_ms).unwrap();
    one.mark.map_or(at.to_string(), |mark| format!("{at} {mark}"))
}

/// What is due after one instant up to another, as `instant mark`.
fn due(schedule: &Schedule, after: &str, until: &str) -> Vec<String> {
    schedule.occurrences(ms(after), ms(until), 1_000).iter().map(shown).collect()
}

/// One clock change, and what becomes of a fixed time that meets it.
struct Change {
    zone: &'static str,
    cron: &'static str,
    /// From the noon before to the noon after, more or less.
    window: (&'static str, &'static str),
    /// By policy: skip, next, before for a gap; first, second, both for a fold. The default is the second or first.
    becomes: [&'static [&'static str]; 3],
}

const GAPS: [Change; 7] = [
    Change {
        zone: "Europe/Berlin",
        cron: "30 2 * * *",
        window: ("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"),
        becomes: [
            &["2026-03-29T01:00:00Z gap", "2026-03-30T00:30:00Z"],
            &["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
            &["2026-03-29T00:30:00Z", "2026-03-30T00:30:00Z"],
        ],
    },
    Change {
        zone: "America/New_York",
        cron: "15,45 2 * * *",
        window: ("2026-03-07T12:00:00Z", "2026-03-08T12:00:00Z"),
        becomes: [
            &["2026-03-08T07:00:00Z gap"],
            &["2026-03-08T07:00:00Z"],
            &["2026-03-08T06:15:00Z", "2026-03-08T06:45:00Z"],
        ],
    },
    // Half an hour: 02:00 becomes 02:30.
    Change {
        zone: "Australia/Lord_Howe",
        cron: "0,15,45 2 * * *",
        window: ("2026-10-03T02:00:00Z", "2026-10-04T02:00:00Z"),
        becomes: [
            &["2026-10-03T15:30:00Z gap", "2026-10-03T15:45:00Z"],
            &["2026-10-03T15:30:00Z", "2026-10-03T15:45:00Z"],
            &["2026-10-03T15:00:00Z", "2026-10-03T15:15:00Z", "2026-10-03T15:45:00Z"],
        ],
    },
    // Ramadan's end: 02:00 becomes 03:00, in a zone whose summer time is its standard.
    Change {
        zone: "Africa/Casablanca",
        cron: "30 2 * * *",
        window: ("2026-03-21T12:00:00Z", "2026-03-22T12:00:00Z"),
        becomes: [&["2026-03-22T02:00:00Z gap"], &["2026-03-22T02:00:00Z"], &["2026-03-22T01:30:00Z"]],
    },
    // Two hours: 01:00 becomes 03:00.
    Change {
        zone: "Antarctica/Troll",
        cron: "30 1,2 * * *",
        window: ("2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"),
        becomes: [
            &["2026-03-29T01:00:00Z gap"],
            &["2026-03-29T01:00:00Z"],
            &["2026-03-28T23:30:00Z", "2026-03-29T00:30:00Z"],
        ],
    },
    // A whole day: Friday, 30 December 2011 did not exist.
    Change {
        zone: "Pacific/Apia",
        cron: "0 12 * * *",
        window: ("2011-12-29T00:00:00Z", "2012-01-01T00:00:00Z"),
        becomes: [
            &["2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z gap", "2011-12-30T22:00:00Z", "2011-12-31T22:00:00Z"],
            &["2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z", "2011-12-31T22:00:00Z"],
            &["2011-12-29T22:00:00Z", "2011-12-30T22:00:00Z", "2011-12-31T22:00:00Z"],
        ],
    },
    // At midnight.
    Change {
        zone: "America/Santiago",
        cron: "0 0 * * *",
        window: ("2026-09-05T12:00:00Z", "2026-09-06T12:00:00Z"),
        becomes: [&["2026-09-06T04:00:00Z gap"], &["2026-09-06T04:00:00Z"], &["2026-09-06T03:00:00Z"]],
    },
];

const FOLDS: [Change; 6] = [
    Change {
        zone: "Europe/Berlin",
        cron: "30 2 * * *",
        window: ("2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"),
        becomes: [
            &["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z fold"],
            &["2026-10-25T00:30:00Z fold", "2026-10-25T01:30:00Z"],
            &["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"],
        ],
    },
    Change {
        zone: "America/New_York",
        cron: "30 1 * * *",
        window: ("2026-10-31T12:00:00Z", "2026-11-01T12:00:00Z"),
        becomes: [
            &["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z fold"],
            &["2026-11-01T05:30:00Z fold", "2026-11-01T06:30:00Z"],
            &["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"],
        ],
    },
    Change {
        zone: "Australia/Lord_Howe",
        cron: "15,45 1 * * *",
        window: ("2026-04-04T02:00:00Z", "2026-04-05T02:00:00Z"),
        becomes: [
            &["2026-04-04T14:15:00Z", "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z fold"],
            &["2026-04-04T14:15:00Z", "2026-04-04T14:45:00Z fold", "2026-04-04T15:15:00Z"],
            &["2026-04-04T14:15:00Z", "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"],
        ],
    },
    Change {
        zone: "Africa/Casablanca",
        cron: "30 2 * * *",
        window: ("2026-02-14T12:00:00Z", "2026-02-15T12:00:00Z"),
        becomes: [
            &["2026-02-15T01:30:00Z", "2026-02-15T02:30:00Z fold"],
            &["2026-02-15T01:30:00Z fold", "2026-02-15T02:30:00Z"],
            &["2026-02-15T01:30:00Z", "2026-02-15T02:30:00Z"],
        ],
    },
    Change {
        zone: "Antarctica/Troll",
        cron: "0 2 * * *",
        window: ("2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"),
        becomes: [
            &["2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z fold"],
            &["2026-10-25T00:00:00Z fold", "2026-10-25T02:00:00Z"],
            &["2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z"],
        ],
    },
    // After 2038, by the rule and no longer by the table.
    Change {
        zone: "Europe/Berlin",
        cron: "30 2 * * *",
        window: ("2099-10-24T12:00:00Z", "2099-10-25T12:00:00Z"),
        becomes: [
            &["2099-10-25T00:30:00Z", "2099-10-25T01:30:00Z fold"],
            &["2099-10-25T00:30:00Z fold", "2099-10-25T01:30:00Z"],
            &["2099-10-25T00:30:00Z", "2099-10-25T01:30:00Z"],
        ],
    },
];

#[test]
fn a_fixed_time_in_a_gap_follows_its_policy_in_every_zone() {
    for Change { zone, cron, window, becomes } in GAPS {
        let unset = schedule(cron, zone);
        assert_eq!(due(&unset, window.0, window.1), becomes[1], "{zone}, by default");
        for (gap, becomes) in [Gap::Skip, Gap::Next, Gap::Before].into_iter().zip(becomes) {
            let chosen = Schedule { gap: Some(gap), ..unset.clone() };
            assert_eq!(due(&chosen, window.0, window.1), becomes, "{zone}, {gap:?}");
        }
    }
}

#[test]
fn a_fixed_time_that_comes_twice_follows_its_policy_in_every_zone() {
    for Change { zone, cron, window, becomes } in FOLDS {
        let unset = schedule(cron, zone);
        assert_eq!(due(&unset, window.0, window.1), becomes[0], "{zone}, by default");
        for (fold, becomes) in [Fold::First, Fold::Second, Fold::Both].into_iter().zip(becomes) {
            let chosen = Schedule { fold: Some(fold), ..unset.clone() };
            assert_eq!(due(&chosen, window.0, window.1), becomes, "{zone}, {fold:?}");
        }
    }
}

#[test]
fn japan_has_no_clock_changes() {
    let tokyo = schedule("30 2 * * *", "Asia/Tokyo");
    let year = tokyo.occurrences(ms("2026-01-01T00:00:00Z"), ms("2027-01-01T00:00:00Z"), 1_000);
    assert_eq!(year.len(), 365);
    assert!(year.iter().all(|one| one.mark.is_none() && one.at_ms.rem_euclid(86_400_000) == 63_000_000));
}

#[test]
fn what_recurs_in_real_time_follows_real_time() {
    let half = schedule("*/30 * * * *", "Europe/Berlin");
    for window in [("2026-03-28T23:00:00Z", "2026-03-29T04:00:00Z"), ("2026-10-24T23:00:00Z", "2026-10-25T04:00:00Z")] {
        let found = half.occurrences(ms(window.0), ms(window.1), 100);
        let every: Vec<i64> = (1..=10).map(|n| ms(window.0) + n * 1_800_000).collect();
        assert_eq!(found.iter().map(|one| one.at_ms).collect::<Vec<_>>(), every);
        assert!(found.iter().all(|one| one.mark.is_none() && one.note.is_empty()));
    }
    // Nothing extra in the gap, even where only the gap's hour would match.
    let two = schedule("*/30 2 * * *", "Europe/Berlin");
    assert_eq!(due(&two, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"), [""; 0]);
    assert_eq!(due(&two, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z").len(), 4);
    // But a policy that was chosen is followed.
    let chosen = Schedule { gap: Some(Gap::Next), fold: Some(Fold::Second), ..two };
    assert_eq!(due(&chosen, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"), ["2026-03-29T01:00:00Z"]);
    let expected =
        ["2026-10-25T00:00:00Z fold", "2026-10-25T00:30:00Z fold", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"];
    assert_eq!(due(&chosen, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"), expected);
}

/// The next match after the first 01:59 is days away, and all the same the hour comes again.
#[test]
fn a_repeated_hour_is_not_passed_over_because_nothing_else_is_near() {
    for (cron, count) in [("* 1 * * 0", 120), ("30 1 1 11 *", 2), ("*/30 1 1 11 *", 4)] {
        let sunday = schedule(cron, "America/New_York");
        let found = due(&sunday, "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z");
        assert_eq!(found.len(), count, "{cron}");
    }
}

/// Whoever asks on the evening of a day off must still learn what its morning moved.
#[test]
fn what_the_same_day_off_moved_earlier_is_found_from_its_evening() {
    let off = DaysOff { calendar: None, weekends: true, then: Then::NextBusinessDay };
    let saturday = Schedule { days_off: Some(off), ..schedule("0 9 * * 6", "UTC") };
    assert_eq!(due(&saturday, "2026-11-28T21:00:00Z", "2026-12-01T00:00:00Z"), ["2026-11-30T09:00:00Z"]);
}

#[test]
fn a_span_of_the_day_that_opens_after_a_clock_change_opens_by_the_new_clock() {
    let hours = |text: &str| vec![text.parse().unwrap()];
    let early = Schedule { between: hours("04:00-04:30"), ..schedule("*/30 * * * *", "Europe/Berlin") };
    assert_eq!(
        due(&early, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"),
        ["2026-03-29T02:00:00Z", "2026-03-29T02:30:00Z"]
    );
    assert_eq!(
        due(&early, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"),
        ["2026-10-25T03:00:00Z", "2026-10-25T03:30:00Z"]
    );
    let twice = Schedule { between: hours("02:30-02:30"), ..schedule("*/30 * * * *", "Europe/Berlin") };
    assert_eq!(
        due(&twice, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"),
        ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]
    );
}

#[test]
fn what_falls_together_is_due_once_and_a_run_wins_over_a_mark() {
    let window = ("2026-03-29T00:00:00Z", "2026-03-29T01:30:00Z");
    // 02:30 is shifted to 03:00, where another one is due anyway.
    let both = schedule("30 2 * * *|0 3 * * *", "Europe/Berlin");
    assert_eq!(due(&both, window.0, window.1), ["2026-03-29T01:00:00Z"]);
    for cron in ["30 2,3 * * *|0 3 * * *", "0 3 * * *|30 2,3 * * *", "0,30 2,3 * * *"] {
        let skip = Schedule { gap: Some(Gap::Skip), ..schedule(cron, "Europe/Berlin") };
        assert_eq!(due(&skip, window.0, window.1), ["2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"], "{cron}");
    }
    // A mark of the second 02:30 gives way to what recurs in real time.
    let mixed = schedule("30 2 * * *|*/30 * * * *", "Europe/Berlin");
    assert!(!due(&mixed, "2026-10-24T23:00:00Z", "2026-10-25T03:00:00Z").iter().any(|one| one.contains("fold")));
}

#[test]
fn notes_name_the_local_time() {
    let daily = schedule("30 2 * * *", "Europe/Berlin");
    let note = |schedule: &Schedule, after| schedule.occurrences(ms(after), i64::MAX, 2).pop().unwrap().note;
    let spring = "2026-03-28T00:00:00Z";
    assert_eq!(
        note(&daily, spring),
        "Sun 2026-03-29 02:30 does not exist in Europe/Berlin: it is due at the next valid time"
    );
    let autumn = "2026-10-25T00:00:00Z";
    assert_eq!(note(&daily, autumn), "Sun 2026-10-25 02:30 comes twice in Europe/Berlin: the first one counts");
    assert_eq!(daily.local(ms("2026-10-25T00:30:00Z")), "Sun 2026-10-25 02:30 +02:00");
    assert_eq!(daily.local(ms("2026-10-25T01:30:15Z")), "Sun 2026-10-25 02:30:15 +01:00");
}

/// The cases by which five libraries were compared: one table of what must come out, at the default policies.
#[test]
fn the_cases_that_other_libraries_failed() {
    let ny = "America/New_York";
    let cases: [(&str, &str, &str, &[&str]); 20] = [
        ("30 2 * * *", ny, "2026-03-08T00:00:00Z", &["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]),
        ("0 2 * * *", ny, "2026-03-08T00:00:00Z", &["2026-03-08T07:00:00Z", "2026-03-09T06:00:00Z"]),
        (
            "30 1 * * *",
            ny,
            "2026-11-01T00:00:00Z",
            &["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z fold", "2026-11-02T06:30:00Z"],
        ),
        (
            "*/30 * * * *",
            ny,
            "2026-11-01T04:59:00Z",
            &[
                "2026-11-01T05:00:00Z",
                "2026-11-01T05:30:00Z",
                "2026-11-01T06:00:00Z",
                "2026-11-01T06:30:00Z",
                "2026-11-01T07:00:00Z",
            ],
        ),
        (
            "0 * * * *",
            ny,
            "2026-03-08T05:30:00Z",
            &["2026-03-08T06:00:00Z", "2026-03-08T07:00:00Z", "2026-03-08T08:00:00Z"],
        ),
        (
            "0 */2 * * *",
            ny,
            "2026-03-08T05:00:00Z",
            &["2026-03-08T08:00:00Z", "2026-03-08T10:00:00Z", "2026-03-08T12:00:00Z"],
        ),
        ("0 */2 * * *", ny, "2026-11-01T04:00:00Z", &["2026-11-01T07:00:00Z", "2026-11-01T09:00:00Z"]),
        ("0 0 * * *", "America/Santiago", "2026-09-06T00:00:00Z", &["2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"]),
        ("0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", &["2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"]),
        ("0 0 * * 1", "UTC", "2026-11-29T00:00:00Z", &["2026-11-30T00:00:00Z", "2026-12-07T00:00:00Z"]),
        ("0 0 * * 0", "UTC", "2026-11-24T00:00:00Z", &["2026-11-29T00:00:00Z"]),
        ("0 0 * * 7", "UTC", "2026-11-24T00:00:00Z", &["2026-11-29T00:00:00Z"]),
        (
            "0 0 13 * 5",
            "UTC",
            "2026-11-10T00:00:00Z",
            &[
                "2026-11-13T00:00:00Z",
                "2026-11-20T00:00:00Z",
                "2026-11-27T00:00:00Z",
                "2026-12-04T00:00:00Z",
                "2026-12-11T00:00:00Z",
                "2026-12-13T00:00:00Z",
            ],
        ),
        (
            "0 0 L * *",
            "UTC",
            "2026-11-29T00:00:00Z",
            &["2026-11-30T00:00:00Z", "2026-12-31T00:00:00Z", "2027-01-31T00:00:00Z", "2027-02-28T00:00:00Z"],
        ),
        ("0 0 LW * *", "UTC", "2026-10-01T00:00:00Z", &["2026-10-30T00:00:00Z", "2026-11-30T00:00:00Z"]),
        ("0 0 15W * *", "UTC", "2026-08-01T00:00:00Z", &["2026-08-14T00:00:00Z", "2026-09-15T00:00:00Z"]),
        ("0 0 * * 5L", "UTC", "2026-11-01T00:00:00Z", &["2026-11-27T00:00:00Z", "2026-12-25T00:00:00Z"]),
        ("0 0 * * MON#2", "UTC", "2026-11-01T00:00:00Z", &["2026-11-09T00:00:00Z", "2026-12-14T00:00:00Z"]),
        ("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", &["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]),
        (
            "0 0 31 * *",
            "UTC",
            "2026-03-01T00:00:00Z",
            &["2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z", "2026-07-31T00:00:00Z"],
        ),
    ];
    for (cron, zone, after, expected) in cases {
        let found = schedule(cron, zone).occurrences(ms(after), i64::MAX, expected.len());
        assert_eq!(found.iter().map(shown).collect::<Vec<_>>(), expected, "{cron} in {zone}");
    }
    assert!(Cron::new("0 0 30 2 *").is_err());
}

#[test]
fn leap_days_2038_and_9999() {
    let leap = schedule("0 0 29 2 *", "UTC");
    assert_eq!(
        due(&leap, "2096-01-01T00:00:00Z", "2105-01-01T00:00:00Z"),
        ["2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"]
    );
    assert_eq!(due(&leap, "2399-01-01T00:00:00Z", "2401-01-01T00:00:00Z"), ["2400-02-29T00:00:00Z"]);
    let second = schedule("* * * * * *", "UTC");
    let expected = ["2038-01-19T03:14:07Z", "2038-01-19T03:14:08Z", "2038-01-19T03:14:09Z"];
    assert_eq!(due(&second, "2038-01-19T03:14:06Z", "2038-01-19T03:14:09Z"), expected);
    let daily = schedule("30 2 * * *", "Europe/Berlin");
    assert_eq!(
        due(&daily, "2038-03-27T12:00:00Z", "2038-03-29T12:00:00Z"),
        ["2038-03-28T01:00:00Z", "2038-03-29T00:30:00Z"]
    );
    assert_eq!(due(&daily, "9999-03-27T12:00:00Z", "9999-03-28T12:00:00Z"), ["9999-03-28T01:00:00Z"]);
    // The end of time, in zones on both sides of UTC: nothing after it, and nobody falls over.
    for zone in ["UTC", "Pacific/Kiritimati", "Pacific/Niue", "Europe/Berlin"] {
        let hourly = schedule("0 * * * *", zone);
        let last: Vec<i64> =
            hourly.occurrences(TIME_MS_MAX - 3 * 3_600_000, i64::MAX, 100).iter().map(|one| one.at_ms).collect();
        assert!(last.len() <= 3 && last.iter().all(|at| *at <= TIME_MS_MAX), "{zone}: {last:?}");
        assert_eq!(hourly.next(TIME_MS_MAX), None);
        assert_eq!(hourly.occurrences(i64::MIN, -1, 10), []);
        assert_eq!(hourly.occurrences(i64::MAX, i64::MIN, 10), []);
        assert!(hourly.next(i64::MIN).is_some());
        let _ = (hourly.local(i64::MAX), hourly.local(i64::MIN), hourly.last(i64::MAX), hourly.last(i64::MIN));
    }
}

#[test]
fn a_window_is_open_at_its_beginning_and_closed_at_its_end() {
    let minute = schedule("* * * * *", "UTC");
    assert_eq!(due(&minute, "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"), ["2026-01-01T00:01:00Z"]);
    assert_eq!(due(&minute, "2025-12-31T23:59:59.999Z", "2026-01-01T00:00:59.999Z"), ["2026-01-01T00:00:00Z"]);
    assert_eq!(due(&minute, "2026-01-01T00:00:00.001Z", "2026-01-01T00:00:59.999Z"), [""; 0]);
    assert_eq!(minute.occurrences(ms("2026-01-01T00:00:00Z"), i64::MAX, 7).len(), 7);
    assert_eq!(minute.occurrences(-1, 0, 7)[0].at_ms, 0);
}

#[test]
fn a_plain_period_counts_from_1970_whatever_the_zone() {
    let name = ScheduleName::new("test").unwrap();
    let seven = Schedule { zone: Zone::new("Asia/Tokyo").unwrap(), ..Schedule::new(name, Timing::Every(420)) };
    assert_eq!(
        due(&seven, "1970-01-01T00:00:00Z", "1970-01-01T00:15:00Z"),
        ["1970-01-01T00:07:00Z", "1970-01-01T00:14:00Z"]
    );
    assert_eq!(seven.occurrences(ms("2026-11-29T00:00:00Z"), i64::MAX, 1)[0].at_ms % 420_000, 0);
    assert_eq!(seven.last(ms("1970-01-01T00:13:00Z")).map(|one| one.at_ms), Some(420_000));
    let all = Schedule { timing: Timing::Every(u64::MAX), ..seven };
    assert_eq!(all.occurrences(0, i64::MAX, 3), []);
}

#[test]
fn the_next_is_no_mark_and_the_last_may_be_one() {
    let daily = Schedule { gap: Some(Gap::Skip), ..schedule("30 2 * * *", "Europe/Berlin") };
    let at = ms("2026-03-29T00:00:00Z");
    assert_eq!(daily.next(at).map(|one| shown(&one)).unwrap(), "2026-03-30T00:30:00Z");
    assert_eq!(daily.last(ms("2026-03-29T12:00:00Z")).map(|one| shown(&one)).unwrap(), "2026-03-29T01:00:00Z gap");
    for (cron, at, last) in [
        ("* * * * * *", "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00Z"),
        ("0 0 29 2 *", "2026-01-01T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("* * * * * * 1971", "2026-01-01T00:00:00Z", "1971-12-31T23:59:59Z"),
    ] {
        let found = schedule(cron, "UTC").last(ms(at)).map(|one| shown(&one));
        assert_eq!(found.as_deref(), Some(last), "{cron}");
    }
    assert_eq!(schedule("0 0 1 1 *", "UTC").last(-1), None);
    assert_eq!(schedule("0 0 2 1 *", "UTC").last(0), None);
}

#[test]
fn dates_weekdays_and_spans_of_the_day_are_local_and_what_is_outside_is_not_due() {
    // The window of the reference system ended nine hours early, because it was read in UTC.
    let tokyo = Schedule {
        from: Some("2025-12-01".parse().unwrap()),
        until: Some("2025-12-14".parse().unwrap()),
        ..schedule("0 0,12,23 * * *", "Asia/Tokyo")
    };
    let found = tokyo.occurrences(0, i64::MAX, 1_000);
    assert_eq!(found.len(), 14 * 3);
    assert_eq!(shown(&found[0]), "2025-11-30T15:00:00Z");
    assert_eq!(shown(&found[41]), "2025-12-14T14:00:00Z");
    let hours = |text: &str| vec![text.parse().unwrap()];
    let office = Schedule {
        between: hours("09:00-17:00"),
        unless_between: hours("12:00-12:59"),
        weekdays: [Weekday::Monday].into(),
        ..schedule("*/30 * * * *", "America/New_York")
    };
    let found = due(&office, "2026-11-28T00:00:00Z", "2026-12-05T00:00:00Z");
    assert_eq!(found.len(), 15);
    assert_eq!((found[0].as_str(), found[14].as_str()), ("2026-11-30T14:00:00Z", "2026-11-30T22:00:00Z"));
    let night = Schedule { between: hours("23:00-01:00"), ..schedule("0 * * * *", "UTC") };
    let expected = ["2026-01-01T23:00:00Z", "2026-01-02T00:00:00Z", "2026-01-02T01:00:00Z"];
    assert_eq!(due(&night, "2026-01-01T12:00:00Z", "2026-01-02T12:00:00Z"), expected);
}

#[test]
fn what_is_never_inside_ends_the_search() {
    let never = Schedule { between: vec!["09:00-10:00".parse().unwrap()], ..schedule("0 8 * * *", "Europe/Berlin") };
    assert_eq!(never.next(0), None);
    let over = Schedule { until: Some("2001-01-01".parse().unwrap()), ..schedule("* * * * * *", "Europe/Berlin") };
    assert_eq!(over.next(ms("2026-01-01T00:00:00Z")), None);
    assert_eq!(shown(&over.last(ms("2026-01-01T00:00:00Z")).unwrap()), "2001-01-01T22:59:59Z");
    let far = Schedule { from: Some("9000-01-01".parse().unwrap()), ..schedule("* * * * * *", "UTC") };
    assert_eq!(far.next(0).map(|one| shown(&one)).unwrap(), "9000-01-01T00:00:00Z");
}

fn holidays(dates: &[(&str, &str)]) -> Calendar {
    let days = dates.iter().map(|(date, name)| (date.parse().unwrap(), Label::new(name).unwrap()));
    Calendar::new(Name::new("de").unwrap(), days).unwrap()
}

#[test]
fn days_off_are_local_and_skipped_with_their_name() {
    let off = DaysOff { calendar: Some(holidays(&[("2026-12-25", "Christmas")])), weekends: true, then: Then::Skip };
    // 08:00 in Tokyo is the day before in UTC: the day off is Tokyo's.
    let daily = Schedule { days_off: Some(off), ..schedule("0 8 * * *", "Asia/Tokyo") };
    let found = daily.occurrences(ms("2026-12-24T00:00:00Z"), ms("2026-12-28T00:00:00Z"), 10);
    let expected = [
        "2026-12-24T23:00:00Z holiday",
        "2026-12-25T23:00:00Z holiday",
        "2026-12-26T23:00:00Z holiday",
        "2026-12-27T23:00:00Z",
    ];
    assert_eq!(found.iter().map(shown).collect::<Vec<_>>(), expected);
    assert_eq!(found[0].note, "2026-12-25 is a day off (Christmas)");
    assert_eq!(found[1].note, "2026-12-26 is a day off (weekend)");
}

#[test]
fn what_falls_on_a_day_off_moves_to_the_next_business_day_and_meets_others_there() {
    let calendar = holidays(&[("2026-12-25", "Christmas"), ("2026-12-28", "Bridge")]);
    let off = |weekends| DaysOff { calendar: Some(calendar.clone()), weekends, then: Then::NextBusinessDay };
    let monthly = Schedule { days_off: Some(off(false)), ..schedule("0 9 25 * *", "Europe/Berlin") };
    let window = ("2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z");
    let found = monthly.occurrences(ms(window.0), ms(window.1), 10);
    assert_eq!(found.iter().map(shown).collect::<Vec<_>>(), ["2026-12-25T08:00:00Z holiday", "2026-12-29T08:00:00Z"]);
    assert_eq!(found[0].note, "2026-12-25 is a day off (Christmas): moved to 2026-12-29");
    assert_eq!(found[1].note, "moved from 2026-12-25 (Christmas)");
    // Whoever asks only from the 26th on finds the moved one all the same.
    assert_eq!(due(&monthly, "2026-12-28T23:00:00Z", window.1), ["2026-12-29T08:00:00Z"]);
    assert_eq!(due(&monthly, "2026-12-29T08:00:00Z", window.1), [""; 0]);
    assert_eq!(monthly.next(ms("2026-12-26T00:00:00Z")).map(|one| shown(&one)).unwrap(), "2026-12-29T08:00:00Z");
    // Four days off become one run on the day that has its own.
    let daily = Schedule { days_off: Some(off(true)), ..schedule("0 9 * * *", "Europe/Berlin") };
    let expected = [
        "2026-12-25T08:00:00Z holiday",
        "2026-12-26T08:00:00Z holiday",
        "2026-12-27T08:00:00Z holiday",
        "2026-12-28T08:00:00Z holiday",
        "2026-12-29T08:00:00Z",
        "2026-12-30T08:00:00Z",
    ];
    assert_eq!(due(&daily, "2026-12-25T00:00:00Z", "2026-12-31T00:00:00Z"), expected);
    // It does not leave the date window.
    let ends = Schedule { until: Some("2026-12-28".parse().unwrap()), ..monthly };
    let found = ends.occurrences(ms(window.0), ms(window.1), 10);
    assert_eq!(found.len(), 1);
    assert!(found[0].note.ends_with("no business day follows in time"), "{}", found[0].note);
}

// ── The oracle: every minute is looked at by other means. ──

/// A field of an expression, read by hand: only what the strategies below write.
fn matches(field: &str, value: i8, least: i8) -> bool {
    field.split(',').any(|part| {
        let (range, step) = part.split_once('/').map_or((part, 1), |(range, step)| (range, step.parse().unwrap()));
        let (first, last) = match range.split_once('-') {
            Some((first, last)) => (first.parse().unwrap(), last.parse().unwrap()),
            None if range == "*" => (least, 99),
            None => (range.parse().unwrap(), range.parse().unwrap()),
        };
        value >= first && value <= last && (value - first) % step == 0
    })
}

fn matches_local(cron: &str, local: jiff::civil::DateTime) -> bool {
    let fields: Vec<&str> = cron.split(' ').collect();
    let day = matches(fields[2], local.day(), 1);
    let weekday = matches(fields[4], local.weekday().to_sunday_zero_offset(), 0);
    let days = if fields[2].starts_with('*') || fields[4].starts_with('*') { day && weekday } else { day || weekday };
    days && matches(fields[0], local.minute(), 0)
        && matches(fields[1], local.hour(), 0)
        && matches(fields[3], local.month(), 1)
}

/// What is due from minute to minute, by looking at every one: instants, and whether each runs.
fn oracle(
    cron: &str,
    zone: &str,
    gap: Option<Gap>,
    fold: Option<Fold>,
    from: i64,
    minutes: i64,
) -> BTreeMap<i64, bool> {
    let zone = jiff::tz::TimeZone::get(zone).unwrap();
    let real_time = cron.starts_with('*') || cron.split(' ').nth(1).unwrap().starts_with('*');
    let fold = fold.unwrap_or(if real_time { Fold::Both } else { Fold::First });
    let gap = gap.or((!real_time).then_some(Gap::Next));
    let mut due: BTreeMap<i64, bool> = BTreeMap::new();
    let mut put = |at: i64, runs: bool| *due.entry(at).or_default() |= runs;
    let stamp = |minute: i64| jiff::Timestamp::from_second(minute * 60).unwrap();
    // Every instant, by its local time.
    for minute in from..from + minutes {
        let at = stamp(minute);
        let local = zone.to_datetime(at);
        if matches_local(cron, local) {
            let twice = zone.to_ambiguous_timestamp(local);
            let (first, second) = (twice.earlier().unwrap(), twice.later().unwrap());
            let skipped =
                first != second && (fold == Fold::First && at == second || fold == Fold::Second && at == first);
            put(minute, !skipped);
        }
    }
    // Every local time, to find those that do not exist.
    let wide = 27 * 60;
    for minute in from - wide..from + minutes + wide {
        let local = jiff::tz::TimeZone::UTC.to_datetime(stamp(minute));
        if let jiff::tz::AmbiguousOffset::Gap { before, after } = zone.to_ambiguous_timestamp(local).offset()
            && matches_local(cron, local)
        {
            // The first valid instant after it, found by walking.
            let mut valid = minute - i64::from(before.seconds()) / 60;
            while zone.to_offset(stamp(valid - 1)) == after {
                valid -= 1;
            }
            match gap {
                Some(Gap::Next) => put(valid, true),
                Some(Gap::Skip) => put(valid, false),
                Some(Gap::Before) => put(minute - i64::from(after.seconds()) / 60, true),
                None => {}
            }
        }
    }
    due.retain(|minute, _| (from..from + minutes).contains(minute));
    due
}

/// A field: a star, a step, a number, a range or a list of two.
fn field(least: i8, most: i8) -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let number = least..=most;
    prop_oneof![
        3 => Just("*".to_owned()),
        1 => (2..=most.min(30)).prop_map(|step| format!("*/{step}")),
        3 => number.clone().prop_map(|n| n.to_string()),
        1 => (number.clone(), number.clone()).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        1 => (number.clone(), number).prop_map(|(a, b)| format!("{a},{b}")),
    ]
}

/// Zones, each with instants around which their clocks change.
const CHANGES: [(&str, &[&str]); 11] = [
    ("Europe/Berlin", &["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", "2045-03-26T01:00:00Z"]),
    ("America/New_York", &["2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z"]),
    ("Australia/Lord_Howe", &["2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z"]),
    ("Africa/Casablanca", &["2026-02-15T02:00:00Z", "2026-03-22T02:00:00Z"]),
    ("Antarctica/Troll", &["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"]),
    ("Asia/Tokyo", &["2026-03-29T01:00:00Z"]),
    ("Pacific/Apia", &["2011-12-30T10:00:00Z"]),
    ("America/Santiago", &["2026-04-05T03:00:00Z", "2026-09-06T04:00:00Z"]),
    ("Asia/Kathmandu", &["1985-12-31T18:30:00Z"]),
    ("Pacific/Kwajalein", &["1993-08-21T12:00:00Z"]),
    ("America/Caracas", &["2016-05-01T07:00:00Z", "2007-12-09T07:00:00Z"]),
];

proptest::proptest! {
    #[test]
    fn due_instants_are_those_of_a_slow_walk_over_every_minute(
        minute in field(0, 59), hour in field(0, 23), day in field(1, 28), month in field(1, 12), weekday in field(0, 6),
        place in 0usize..CHANGES.len(), which in 0usize..3, before in 0i64..3_000, minutes in 1i64..4_500,
        gap in 0usize..4, fold in 0usize..4,
    ) {
        // Mostly every month and day, else there is little to see.
        let month = if which == 0 { month } else { "*".to_owned() };
        let cron = format!("{minute} {hour} {day} {month} {weekday}");
        let gap = [None, Some(Gap::Skip), Some(Gap::Next), Some(Gap::Before)][gap];
        let fold = [None, Some(Fold::First), Some(Fold::Second), Some(Fold::Both)][fold];
        let (zone, changes) = CHANGES[place];
        let from = ms(changes[which % changes.len()]) / 60_000 - before;
        let schedule = Schedule { gap, fold, ..schedule(&cron, zone) };
        let found = schedule.occurrences(from * 60_000 - 1, (from + minutes - 1) * 60_000, usize::MAX);
        let found: Vec<(i64, bool)> = found.iter().map(|one| (one.at_ms / 60_000, one.mark.is_none())).collect();
        let expected: Vec<(i64, bool)> = oracle(&cron, zone, gap, fold, from, minutes).into_iter().collect();
        proptest::prop_assert_eq!(found, expected, "{} in {}, {:?}, {:?}", cron, zone, gap, fold);
    }

    /// However a stretch of time is cut into windows, the same is due: a scheduler asks second by second.
    #[test]
    fn windows_side_by_side_give_what_one_window_gives(
        minute in field(0, 59), hour in field(0, 23), weekday in field(0, 6), place in 0usize..CHANGES.len(),
        cuts in proptest::collection::vec(1i64..400_000_000, 0..8), gap in 0usize..4, moves: bool,
    ) {
        let (zone, changes) = CHANGES[place];
        let gap = [None, Some(Gap::Skip), Some(Gap::Next), Some(Gap::Before)][gap];
        let days_off = moves.then_some(DaysOff { weekends: true, then: Then::NextBusinessDay, calendar: None });
        let cron = format!("{minute} {hour} * * {weekday}");
        let schedule = Schedule { gap, days_off, between: vec!["01:30-22:00".parse().unwrap()], ..schedule(&cron, zone) };
        let from = ms(changes[0]) - 200_000_000;
        let until = from + 400_000_000;
        let mut edges: Vec<i64> = cuts.into_iter().map(|cut| from + cut).chain([from, until]).collect();
        edges.sort_unstable();
        let whole = schedule.occurrences(from, until, usize::MAX);
        let parts: Vec<Occurrence> =
            edges.windows(2).flat_map(|edge| schedule.occurrences(edge[0], edge[1], usize::MAX)).collect();
        proptest::prop_assert_eq!(&parts, &whole, "{} in {}", cron, zone);
        proptest::prop_assert!(whole.windows(2).all(|two| two[0].at_ms < two[1].at_ms));
        let next = schedule.next(from).filter(|one| one.at_ms <= until);
        proptest::prop_assert_eq!(next.as_ref(), whole.iter().find(|one| one.mark.is_none()));
        if let Some(last) = whole.last() {
            proptest::prop_assert_eq!(schedule.last(until), Some(last.clone()));
        }
    }
}
