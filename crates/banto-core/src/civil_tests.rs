//! Tests of dates and times of day: against another library's calendar, and what is refused.

use super::*;

proptest::proptest! {
    #[test]
    fn a_day_is_the_same_date_and_weekday_as_in_another_librarys_calendar(days in -719_162i64..=2_932_896) {
        let date = Date(days);
        let other = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
        let (year, month, day) = date.parts();
        proptest::prop_assert_eq!((year as i16, month as i8, day as i8), (other.year(), other.month(), other.day()));
        proptest::prop_assert_eq!(date.weekday().number(), other.weekday().to_sunday_zero_offset() as u32);
        proptest::prop_assert_eq!(Date::new(year, month, day), Ok(date));
        proptest::prop_assert_eq!(date.to_string().parse(), Ok(date));
        proptest::prop_assert_eq!((date.next().previous(), date.next() > date), (date, true));
    }

    #[test]
    fn any_text_is_read_or_refused_and_never_panics(text in ".{0,40}") {
        let _ = (text.parse::<Date>(), text.parse::<TimeOfDay>(), text.parse::<Hours>(), text.parse::<Weekday>());
    }

    #[test]
    fn every_time_of_day_is_read_back(second in 0u32..86_400) {
        let time = TimeOfDay(second);
        proptest::prop_assert_eq!(time.to_string().parse(), Ok(time));
    }
}

#[test]
fn dates_that_do_not_exist_are_refused() {
    for text in
        ["2026-02-29", "2026-13-01", "2026-00-01", "2026-01-32", "0000-01-01", "10000-01-01", "2026-1-1", "26-01-01"]
    {
        let refused = text.parse::<Date>().unwrap_err().to_string();
        assert!(refused.contains("a date that exists is wanted"), "{text}: {refused}");
    }
    for text in ["2024-02-29", "2000-02-29", "9999-12-31", "0001-01-01"] {
        assert_eq!(text.parse::<Date>().unwrap().to_string(), text);
    }
}

#[test]
fn times_of_day_are_read_with_one_or_two_digits_of_the_hour() {
    for (text, shown) in [("9:00", "09:00"), ("09:05", "09:05"), ("23:59:59", "23:59:59"), ("0:00", "00:00")] {
        assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), shown);
    }
    for text in ["24:00", "9", "9:5", "9:60", "09:00:60", "009:00", "+9:00", "9:00 ", ""] {
        assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
    }
}

#[test]
fn a_span_of_the_day_holds_both_ends_and_may_go_over_midnight() {
    let at = |text: &str| i64::from(text.parse::<TimeOfDay>().unwrap().0);
    let day: Hours = "9:00-17:00".parse().unwrap();
    let holds = |span: Hours, texts: &[&str]| texts.iter().map(|text| span.holds(at(text))).collect::<Vec<_>>();
    assert_eq!(holds(day, &["08:59:59", "09:00", "17:00", "17:00:59", "17:01"]), [false, true, true, true, false]);
    let night: Hours = "22:00-04:00".parse().unwrap();
    assert_eq!(holds(night, &["21:59:59", "22:00", "00:00", "04:00:59", "04:01"]), [false, true, true, true, false]);
    let exact: Hours = "09:00-17:00:10".parse().unwrap();
    assert_eq!(holds(exact, &["17:00:10", "17:00:11"]), [true, false]);
    assert_eq!(serde_json::to_string(&night).unwrap(), r#""22:00-04:00""#);
    assert!("9-17".parse::<Hours>().is_err());
}

#[test]
fn weekdays_are_read_short_and_long_and_shown_short() {
    for (text, day) in [("mon", Weekday::Monday), ("Monday", Weekday::Monday), ("SUN", Weekday::Sunday)] {
        assert_eq!(text.parse(), Ok(day));
    }
    assert_eq!(Weekday::ALL.map(|day| day.number()), [1, 2, 3, 4, 5, 6, 0]);
    assert!("m".parse::<Weekday>().is_err());
}
