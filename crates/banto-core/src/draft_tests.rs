//! Tests of drafts: what each word becomes, and that all faults are named at once.

use super::*;
use crate::{Label, Schedule, Span};

fn built(draft: ScheduleDraft) -> Schedule {
    draft.build().unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// What a draft's words for "when" become.
fn timing(word: impl FnOnce(ScheduleDraft) -> ScheduleDraft) -> String {
    let schedule = built(word(schedule("x")));
    match schedule.timing {
        Timing::Cron(crons) => crons.iter().map(|cron| cron.as_str()).collect::<Vec<_>>().join(" | "),
        Timing::Every(period_s) => format!("every {period_s} s"),
    }
}

fn faults(draft: ScheduleDraft) -> Vec<String> {
    draft.build().expect_err("it has faults").iter().map(Refusal::to_string).collect()
}

#[test]
fn each_word_that_says_when_becomes_its_expression() {
    type Word = fn(ScheduleDraft) -> ScheduleDraft;
    let words: [(&str, Word); 29] = [
        ("* * * * * *", |draft| draft.every_second()),
        ("* * * * *", |draft| draft.every_minute()),
        ("*/5 * * * *", |draft| draft.every_five_minutes()),
        ("*/10 * * * *", |draft| draft.every_ten_minutes()),
        ("*/15 * * * *", |draft| draft.every_fifteen_minutes()),
        ("*/30 * * * *", |draft| draft.every_thirty_minutes()),
        ("0 * * * *", |draft| draft.hourly()),
        ("17 * * * *", |draft| draft.hourly_at(17)),
        ("0 0 * * *", |draft| draft.daily()),
        ("5 13 * * *", |draft| draft.daily_at("13:05")),
        ("9 5 13 * * *", |draft| draft.daily_at("13:05:09")),
        ("0 1,13 * * *", |draft| draft.twice_daily(1, 13)),
        ("15 1,13 * * *", |draft| draft.twice_daily_at(1, 13, 15)),
        ("0 0 * * 0", |draft| draft.weekly()),
        ("0 8 * * 1", |draft| draft.weekly_on(Weekday::Monday, "8:00")),
        ("0 0 1 * *", |draft| draft.monthly()),
        ("0 15 4 * *", |draft| draft.monthly_on(4, "15:00")),
        ("0 13 1,16 * *", |draft| draft.twice_monthly(1, 16, "13:00")),
        ("0 15 L * *", |draft| draft.last_day_of_month("15:00")),
        ("0 0 1 1,4,7,10 *", |draft| draft.quarterly()),
        ("0 14 4 1,4,7,10 *", |draft| draft.quarterly_on(4, "14:00")),
        ("0 0 1 1 *", |draft| draft.yearly()),
        ("0 17 29 2 *", |draft| draft.yearly_on(2, 29, "17:00")),
        ("0 0 * * 5L", |draft| draft.cron("0 0 * * 5L")),
        ("0 13 1 * *", |draft| draft.monthly().at("13:00")),
        ("0 13 * * *", |draft| draft.mondays().at("13:00")),
        ("0 9 * * * | 0 17 * * *", |draft| draft.daily().at_each(["9:00", "17:00"])),
        ("0 9 * * * | 0 0 1 * *", |draft| draft.daily_at("9:00").monthly()),
        ("0 3 * * *", |draft| draft.at("3:00")),
    ];
    for (expected, word) in words {
        assert_eq!(timing(word), expected);
    }
}

#[test]
fn a_period_that_divides_the_clocks_circle_is_an_expression_and_others_count_from_1970() {
    for (period, expected) in [
        (1.seconds(), "* * * * * *"),
        (15.seconds(), "*/15 * * * * *"),
        (60.seconds(), "* * * * *"),
        (5.minutes(), "*/5 * * * *"),
        (60.minutes(), "0 * * * *"),
        (6.hours(), "0 */6 * * *"),
        (24.hours(), "0 0 * * *"),
        (1.days(), "0 0 * * *"),
        (7.seconds(), "every 7 s"),
        (90.seconds(), "every 90 s"),
        (7.minutes(), "every 420 s"),
        (5.hours(), "every 18000 s"),
        (2.days(), "every 172800 s"),
    ] {
        assert_eq!(timing(|draft| draft.every(period)), expected);
    }
    assert_eq!(((-5).minutes(), u64::MAX.days()), (Duration::ZERO, Duration::MAX.min(u64::MAX.days())));
}

#[test]
fn a_whole_draft_becomes_this_json() {
    let holiday = ("2026-12-25".parse().unwrap(), Label::new("Christmas").unwrap());
    let calendar = Calendar::new(Name::new("de").unwrap(), [holiday]).unwrap();
    let whole = schedule("auth:monitor-dual-auth")
        .every(5.minutes())
        .timezone("asia/tokyo")
        .from("2025-12-01")
        .until("2025-12-14")
        .between("9:00", "17:30")
        .unless_between("12:00", "12:59")
        .weekdays()
        .environments(["production", "staging"])
        .days_off(calendar)
        .weekends_off()
        .move_to_next_business_day()
        .gap(Gap::Skip)
        .fold(Fold::Second)
        .catch_up_all(10)
        .not_older_than(2.hours())
        .spread_over(5.minutes())
        .late_up_to(30.seconds())
        .jitter(10.seconds())
        .without_overlapping()
        .one_server()
        .even_in_maintenance()
        .group("monitors")
        .description("Who signs in, and how.")
        .append_output_to("logs/dual-auth.log");
    let whole = built(whole);
    let json = r#"{"name":"auth:monitor-dual-auth","timing":{"cron":["*/5 * * * *"]},"zone":"Asia/Tokyo","gap":"skip","fold":"second","from":"2025-12-01","until":"2025-12-14","between":["09:00-17:30"],"unless_between":["12:00-12:59"],"weekdays":["mon","tue","wed","thu","fri"],"environments":["production","staging"],"days_off":{"calendar":{"name":"de","days":{"2026-12-25":"Christmas"}},"weekends":true,"then":"next_business_day"},"missed":{"all":{"max":10}},"age_ms_max":7200000,"spread_ms":300000,"late_ms":30000,"no_overlap":true,"jitter_ms":10000,"even_in_maintenance":true,"group":"monitors","description":"Who signs in, and how.","output":{"path":"logs/dual-auth.log","append":true}}"#;
    assert_eq!(whole.to_json(), json);
    assert_eq!(Schedule::from_json(json), Ok(whole));
}

#[test]
fn the_words_for_days_narrow() {
    let days =
        |draft: ScheduleDraft| built(draft.daily()).weekdays.into_iter().map(|day| day.word()).collect::<Vec<_>>();
    assert_eq!(days(schedule("x").weekends()), ["sat", "sun"]);
    assert_eq!(days(schedule("x").mondays().thursdays()), ["mon", "thu"]);
    assert_eq!(days(schedule("x").tuesdays().wednesdays().fridays().saturdays().sundays()).len(), 5);
    assert_eq!(days(schedule("x")), [""; 0]);
}

#[test]
fn the_policies_for_what_was_missed() {
    let missed = |draft: ScheduleDraft| built(draft.daily()).missed;
    assert_eq!(missed(schedule("x")), Missed::Last);
    assert_eq!(missed(schedule("x").skip_missed()), Missed::Skip);
    assert_eq!(missed(schedule("x").catch_up_all(3)), Missed::All { max: 3 });
    assert_eq!(missed(schedule("x").catch_up_all(3).catch_up_last()), Missed::Last);
}

#[test]
fn all_faults_are_named_at_once() {
    let draft = schedule("no blanks here")
        .daily_at("25:00")
        .monthly_on(32, "9:00")
        .cron("0 0 30 2 *")
        .timezone("Berlin")
        .between("9", "17:00")
        .from("2026-02-30")
        .environments(["", "ok"])
        .group("a b")
        .jitter(Duration::MAX)
        .every(Duration::from_millis(1_500));
    let found = faults(draft);
    assert_eq!(found.len(), 11, "{found:#?}");
}

#[test]
fn what_says_not_when_or_says_it_twice_over_is_refused() {
    assert_eq!(faults(schedule("x")), ["take \"\" as a schedule's timing: say when it is due, as daily_at(\"13:00\")"]);
    assert_eq!(
        faults(schedule("x").at_each([])),
        ["take \"\" as a schedule's timing: say when it is due, as daily_at(\"13:00\")"]
    );
    let beside = faults(schedule("x").daily().every(7.minutes()));
    assert!(beside[0].contains("stands alone"), "{beside:?}");
    let after = faults(schedule("x").hourly().at("13:00"));
    assert!(after.len() == 1 && after[0].contains("it follows daily, weekly"), "{after:?}");
    let dates = faults(schedule("x").daily().from("2026-02-02").until("2026-02-01"));
    assert!(dates[0].contains("the first day must not come after the last one"), "{dates:?}");
    assert!(faults(schedule("x").every(0.seconds()))[0].contains("at least one"));
    assert!(faults(schedule("x").daily().catch_up_all(0))[0].contains("1 to 100000"));
}
