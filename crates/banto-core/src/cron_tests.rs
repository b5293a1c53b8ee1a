//! Tests of cron expressions: what is read, what is refused, and which local times match.

use super::*;
use crate::civil::shown;

fn cron(text: &str) -> Cron {
    Cron::new(text).unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn local(text: &str) -> i64 {
    jiff::tz::TimeZone::UTC.to_timestamp(text.parse::<jiff::civil::DateTime>().unwrap()).unwrap().as_second()
}

/// The first matches from a local time on.
fn matches(text: &str, from: &str, count: usize) -> Vec<String> {
    let cron = cron(text);
    let first = cron.next(local(from));
    std::iter::successors(first, |at| cron.next(at + 1)).take(count).map(shown).collect()
}

#[test]
fn an_expression_stays_the_text_that_was_given() {
    for text in ["*/5 * * * *", "0 9 * * mon-FRI", "@daily", "0  0\tL * *", "*/10 * * * * * 2030-2040"] {
        assert_eq!(cron(text).to_string(), text);
        let json = serde_json::to_string(&cron(text)).unwrap();
        assert_eq!(serde_json::from_str::<Cron>(&json).unwrap(), cron(text));
    }
    assert_eq!(cron("  0 0 * * *\n").as_str(), "0 0 * * *");
    assert!(serde_json::from_str::<Cron>(r#""0 0 30 2 *""#).is_err());
}

#[test]
fn expressions_are_said_in_english() {
    for (text, words) in [
        ("*/5 * * * *", "Every 5 minutes."),
        ("* * * * *", "Every minute."),
        ("*/10 * * * * *", "Every 10 seconds."),
        ("@daily", "At 00:00."),
        ("0 9 * * 1-5", "At 09:00, on Monday to Friday."),
        ("0 0 L * *", "At 00:00, on the last day of the month."),
        ("30 4 1W * *", "At 04:30, on the weekday nearest day 1."),
        ("0 0 * * 1#2", "At 00:00, on the 2nd Monday of the month."),
        ("0 0 1,15 * 5", "At 00:00, on day 1 and 15 or Friday."),
    ] {
        assert_eq!(cron(text).words(), words, "{text}");
    }
}

#[test]
fn fields_are_counted_as_five_six_with_seconds_and_seven_with_the_year() {
    let from = "2026-01-01T00:00:00";
    assert_eq!(matches("5 4 * * *", from, 1), ["Thu 2026-01-01 04:05"]);
    assert_eq!(matches("6 5 4 * * *", from, 1), ["Thu 2026-01-01 04:05:06"]);
    assert_eq!(matches("6 5 4 * * * 2030", from, 2), ["Tue 2030-01-01 04:05:06", "Wed 2030-01-02 04:05:06"]);
    let years = ["Fri 2027-01-01 00:00", "Fri 2027-12-31 00:00", "Mon 2029-01-01 00:00"];
    assert_eq!(
        matches("0 0 0 1,31 1,12 * 2027,2029", from, 4),
        [years[0], "Sun 2027-01-31 00:00", "Wed 2027-12-01 00:00", years[1]]
    );
    assert_eq!(matches("0 0 0 1 1 * 2027,2029", from, 9), [years[0], years[2]]);
}

#[test]
fn nicknames_and_names_are_read_in_any_case() {
    for (nickname, same) in [
        ("@yearly", "0 0 1 1 *"),
        ("@Annually", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * 0"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@HOURLY", "0 * * * *"),
        ("0 0 * jan-Mar sun,MON", "0 0 * 1-3 0,1"),
        ("0 0 * * fri-sun", "0 0 * * 5,6,0"),
        ("0 0 ? * 7", "0 0 * * 0"),
        ("5/15 0 * * *", "5,20,35,50 0 * * *"),
    ] {
        let from = "2026-02-03T04:05:06";
        assert_eq!(matches(nickname, from, 20), matches(same, from, 20), "{nickname}");
    }
}

#[test]
fn what_begins_with_a_star_within_the_day_recurs_in_real_time() {
    for text in ["* * * * *", "*/5 3 * * *", "0 * * * *", "30 */6 1 * *", "* 0 0 * * *", "@hourly"] {
        assert!(cron(text).is_real_time(), "{text}");
    }
    for text in ["0 0 * * *", "0,30 2 * * *", "0-59 0-23 * * *", "@daily", "0 0 */2 * *", "5/15 1 * * *"] {
        assert!(!cron(text).is_real_time(), "{text}");
    }
}

/// Vixie's rule; the day of the month and the weekday are "or", unless one begins with a star.
#[test]
fn days_of_the_month_and_weekdays_are_or_unless_one_begins_with_a_star() {
    let from = "2026-11-01T00:00:00";
    assert_eq!(
        matches("0 0 13 * 1", from, 3),
        ["Mon 2026-11-02 00:00", "Mon 2026-11-09 00:00", "Fri 2026-11-13 00:00"]
    );
    assert_eq!(matches("0 0 */2 * 1", from, 2), ["Mon 2026-11-09 00:00", "Mon 2026-11-23 00:00"]);
    assert_eq!(matches("0 0 13 * */5", from, 2), ["Fri 2026-11-13 00:00", "Sun 2026-12-13 00:00"]);
    assert_eq!(matches("0 0 13 * +5", from, 2), ["Fri 2026-11-13 00:00", "Fri 2027-08-13 00:00"]);
}

#[test]
fn what_never_matches_is_refused() {
    for text in [
        "0 0 30 2 *",
        "0 0 31 2,4,6,9,11 *",
        "0 0 0 29 2 * 2026",
        "0 0 1 1 * * 1969",
        "0 0 0 29 2 * 2100",
        "0 0 29 2 +1 2",
    ] {
        assert!(Cron::new(text).is_err(), "{text}");
    }
    for text in ["0 0 29 2 *", "0 0 29 2 +1", "0 0 0 29 2 * 2400", "0 0 0 1 1 * 5000", "0 0 31 2,3 *"] {
        assert!(Cron::new(text).is_ok(), "{text}");
    }
    assert_eq!(matches("0 0 29 2 +1", "2026-01-01T00:00:00", 1), ["Mon 2044-02-29 00:00"]);
    let refused = Cron::new("0 0 30 2 *").unwrap_err().to_string();
    assert_eq!(
        refused,
        "take \"0 0 30 2 *\" as a cron expression: it never matches: no such date or time exists after 1970"
    );
}

#[test]
fn a_refusal_names_the_field_and_what_it_may_hold() {
    for (text, says) in [
        ("61 * * * *", "as its minute, which is \"61\", 0 to 59 is allowed"),
        ("61 * * * * *", "as its second, which is \"61\", 0 to 59"),
        ("0 24 * * *", "as its hour, which is \"24\", 0 to 23"),
        ("0 0 0 * *", "as its day of the month, which is \"0\", 1 to 31, L, LW or 15W"),
        ("0 0 * FOO *", "as its month, which is \"foo\", 1 to 12 or JAN to DEC"),
        ("0 0 * * 8", "as its weekday, which is \"8\", 0 to 7"),
        ("0 0 0 * * * 9999", "as its year, which is \"9999\", 1970 to 5000"),
        ("*/0 * * * *", "minute"),
        ("22-2 * * * *", "minute"),
        ("/5 * * * *", "minute"),
        ("1,,2 * * * *", "minute"),
        ("*/99999999999999999999 * * * *", "minute"),
        ("* * *", "5 fields are wanted"),
        ("", "5 fields are wanted"),
        ("0\u{0} 1 1 * *", "5 fields are wanted"),
        ("@reboot", "@reboot is no time"),
        ("@every 5m", "5 fields are wanted"),
    ] {
        let refused = Cron::new(text).unwrap_err().to_string();
        assert!(refused.contains(says), "{text}: {refused}");
    }
    let refused = Cron::new(&"1,".repeat(100_000)).unwrap_err().to_string();
    assert!(refused.contains("at most 256 bytes"), "{refused}");
}

proptest::proptest! {
    #[test]
    fn no_text_panics_and_what_is_read_matches_something(text in "[*/0-9,LW#?+@a-z\u{e9} -]{0,30}", from in 0i64..4_000_000_000) {
        if let Ok(cron) = Cron::new(&text) {
            let _ = (cron.words(), cron.next(from), cron.next(i64::MAX), cron.next(i64::MIN));
            proptest::prop_assert!(cron.next(0).is_some(), "{}", text);
        }
    }

    /// The grammar's own answer, second by second, beside our search.
    #[test]
    fn the_next_match_is_the_one_that_croner_finds_in_a_zone_without_changes(
        second in 0u8..60, minute in "(\\*|\\*/7|[1-5][0-9]|5-9|0,30)", hour in "(\\*|\\*/5|1[0-9]|3-7)",
        day in "(\\*|L|LW|1[0-9]W|31|29,30)", month in "(\\*|2|[4-9]|\\*/5)", weekday in "(\\*|[0-7]L|[0-6]#[1-5]|1-5)",
        from in 0i64..4_000_000_000,
    ) {
        let text = format!("{second} {minute} {hour} {day} {month} {weekday}");
        let start = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::from_second(from).unwrap());
        let theirs = CronParser::new().parse(&text).unwrap().find_next_occurrence(&start, true);
        let ours = Cron::new(&text).ok().and_then(|cron| cron.next(from));
        let theirs = theirs.ok().map(|at| jiff::tz::TimeZone::UTC.to_timestamp(at).unwrap().as_second());
        proptest::prop_assert_eq!(ours, theirs, "{}", text);
    }
}
