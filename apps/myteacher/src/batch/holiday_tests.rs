//! The data against the law, rule by rule, and against days that everybody can look up.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday, date};

use super::*;

/// The equinoxes by the usual approximation of the astronomers' tables (1980 to 2099).
fn equinox(year: i16, march: bool) -> Date {
    let since = f64::from(year - 1980);
    let day = (if march { 20.8431 } else { 23.2488 }) + 0.242_194 * since - (since / 4.0).floor();
    date(year, if march { 3 } else { 9 }, day.floor() as i8)
}

fn monday(year: i16, month: i8, nth: i8) -> Date {
    date(year, month, 1).nth_weekday_of_month(nth, Weekday::Monday).unwrap()
}

/// Article 2: the days that have a name.
fn named(year: i16) -> BTreeMap<Date, &'static str> {
    BTreeMap::from([
        (date(year, 1, 1), "元日"),
        (monday(year, 1, 2), "成人の日"),
        (date(year, 2, 11), "建国記念の日"),
        (date(year, 2, 23), "天皇誕生日"),
        (equinox(year, true), "春分の日"),
        (date(year, 4, 29), "昭和の日"),
        (date(year, 5, 3), "憲法記念日"),
        (date(year, 5, 4), "みどりの日"),
        (date(year, 5, 5), "こどもの日"),
        (monday(year, 7, 3), "海の日"),
        (date(year, 8, 11), "山の日"),
        (monday(year, 9, 3), "敬老の日"),
        (equinox(year, false), "秋分の日"),
        (monday(year, 10, 2), "スポーツの日"),
        (date(year, 11, 3), "文化の日"),
        (date(year, 11, 23), "勤労感謝の日"),
    ])
}

fn of_year(year: i16) -> BTreeMap<Date, &'static str> {
    let in_year = OF_LAW.iter().map(|(date, name)| (date.parse::<Date>().unwrap(), *name));
    in_year.filter(|(date, _)| date.year() == year).collect()
}

fn years() -> Vec<i16> {
    let years: BTreeSet<i16> = OF_LAW.keys().map(|date| date[..4].parse().unwrap()).collect();
    years.into_iter().collect()
}

#[test]
fn the_years_2024_to_2030_and_more_are_there_without_a_gap() {
    let years = years();
    assert_eq!((years[0], years.windows(2).all(|two| two[0] + 1 == two[1])), (2024, true));
    assert!(*years.last().unwrap() >= 2030);
}

#[test]
fn every_year_has_the_sixteen_named_days_of_article_2() {
    for year in years() {
        let given: BTreeMap<_, _> =
            of_year(year).into_iter().filter(|(_, name)| !["振替休日", "国民の休日"].contains(name)).collect();
        assert_eq!(given, named(year), "{year}");
        assert_eq!(given.len(), 16);
    }
}

#[test]
fn a_named_day_on_a_sunday_moves_to_the_next_day_that_is_none() {
    for year in years() {
        let named = named(year);
        let moved = named.keys().filter(|day| day.weekday() == Weekday::Sunday).map(|day| {
            let mut next = day.tomorrow().unwrap();
            while named.contains_key(&next) {
                next = next.tomorrow().unwrap();
            }
            next
        });
        let given: Vec<Date> =
            of_year(year).into_iter().filter(|(_, name)| *name == "振替休日").map(|(day, _)| day).collect();
        assert_eq!(given, moved.collect::<Vec<_>>(), "{year}");
    }
}

#[test]
fn a_day_between_two_named_days_is_off() {
    for year in years() {
        let (named, all) = (named(year), of_year(year));
        let between = named.keys().map(|day| day.tomorrow().unwrap()).filter(|day| {
            !named.contains_key(day)
                && named.contains_key(&day.tomorrow().unwrap())
                && all.get(day) != Some(&"振替休日")
        });
        let given: Vec<Date> = all.iter().filter(|(_, name)| **name == "国民の休日").map(|(day, _)| *day).collect();
        assert_eq!(given, between.collect::<Vec<_>>(), "{year}");
    }
}

#[test]
fn days_that_everybody_can_look_up() {
    for (date, name) in [
        ("2024-02-12", "振替休日"),
        ("2024-05-06", "振替休日"),
        ("2024-08-12", "振替休日"),
        ("2024-09-22", "秋分の日"),
        ("2024-09-23", "振替休日"),
        ("2024-11-04", "振替休日"),
        ("2025-01-13", "成人の日"),
        ("2025-02-24", "振替休日"),
        ("2025-03-20", "春分の日"),
        ("2025-05-06", "振替休日"),
        ("2025-11-24", "振替休日"),
        ("2026-05-06", "振替休日"),
        ("2026-07-20", "海の日"),
        ("2026-09-21", "敬老の日"),
        ("2026-09-22", "国民の休日"),
        ("2026-09-23", "秋分の日"),
        ("2026-10-12", "スポーツの日"),
        ("2027-03-21", "春分の日"),
        ("2027-03-22", "振替休日"),
        ("2027-09-23", "秋分の日"),
    ] {
        assert_eq!(OF_LAW.get(date), Some(&name), "{date}");
    }
    for date in ["2024-05-07", "2025-05-07", "2026-05-07", "2026-12-23", "2026-12-25", "2025-09-22", "2024-12-31"] {
        assert_eq!(OF_LAW.get(date), None, "{date}");
    }
}

#[test]
fn every_line_is_a_date_and_a_name() {
    let lines = LAW.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(lines, OF_LAW.len(), "no line is lost, no date is twice");
    for (date, name) in OF_LAW.iter() {
        assert!(date.parse::<banto::Date>().is_ok() && Label::new(name).is_ok(), "{date} {name}");
    }
}

#[test]
fn within_a_year_of_the_end_one_is_told() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
    assert_eq!(over_soon(at("2026-11-29T00:00:00Z")), None);
    assert_eq!(over_soon(at("2034-12-30T00:00:00Z")), None);
    assert!(over_soon(at("2035-01-02T00:00:00Z")).unwrap().contains("until 2035-12-31"));
    assert!(over_soon(at("2050-01-02T00:00:00Z")).is_some());
}
