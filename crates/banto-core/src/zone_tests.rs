//! Tests of zones: names, offsets, and the stretches between clock changes.

use super::*;

fn zone(name: &str) -> Zone {
    Zone::new(name).unwrap()
}

fn s(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_second()
}

#[test]
fn names_are_those_of_the_database_in_any_case() {
    for (name, known) in
        [("Europe/Berlin", "Europe/Berlin"), ("asia/tokyo", "Asia/Tokyo"), ("utc", "UTC"), ("EST5EDT", "EST5EDT")]
    {
        assert_eq!(zone(name).to_string(), known);
        assert_eq!(serde_json::to_string(&zone(name)).unwrap(), format!("\"{known}\""));
    }
    assert_eq!((Zone::default(), Zone::default().is_utc()), (zone("UTC"), true));
    assert!(serde_json::from_str::<Zone>(r#""Mars/Olympus""#).is_err());
}

#[test]
fn an_unknown_name_is_refused_with_a_hint() {
    for (name, hint) in [
        ("Berlin", "is it Europe/Berlin?"),
        ("Europe/Berln", "is it Europe/Berlin?"),
        ("New York", "is it America/New_York?"),
        ("JST", "a place of the time zone database is wanted, as Europe/Berlin, or UTC"),
        ("", "a place of the time zone database is wanted"),
        ("Etc/Unknown", "a place of the time zone database is wanted"),
        ("+02:00", "a place of the time zone database is wanted"),
        ("../../etc/passwd", "a place of the time zone database is wanted"),
        ("a\0b", "a place of the time zone database is wanted"),
    ] {
        let refused = Zone::new(name).unwrap_err().to_string();
        assert!(refused.ends_with(hint) || refused.contains(hint), "{name}: {refused}");
    }
    assert!(Zone::new(&"x".repeat(1 << 20)).is_err());
}

/// Slim images have no zone files: every instance must know the same zones, from the binary alone.
#[test]
fn no_file_is_asked() {
    let source = include_str!("zone.rs").replace(char::is_whitespace, "");
    assert!(!source.contains("TimeZone::get(") && !source.contains("from_env") && !source.contains("tz::db("));
}

#[test]
fn a_stretch_ends_where_the_clocks_change() {
    let berlin = zone("Europe/Berlin");
    let winter = berlin.segment(s("2026-01-01T00:00:00Z"));
    let expected = Segment {
        start: s("2025-10-26T01:00:00Z"),
        end: s("2026-03-29T01:00:00Z"),
        offset: 3_600,
        before: 7_200,
        after: 7_200,
    };
    assert_eq!(winter, expected);
    assert_eq!(berlin.segment(winter.start), winter);
    assert_eq!(berlin.segment(winter.end - 1), winter);
    assert_eq!(berlin.after(winter), berlin.segment(winter.end));
    let utc = Zone::utc().segment(0);
    assert_eq!(utc, Segment { start: i64::MIN, end: i64::MAX, offset: 0, before: 0, after: 0 });
    let end = berlin.segment(s("9999-12-30T00:00:00Z"));
    assert_eq!((end.end, end.offset), (i64::MAX, 3_600));
}

#[test]
fn a_local_time_becomes_the_first_instant_that_shows_it_or_the_first_after_the_gap() {
    let at = |name, local: &str| {
        let local = s(&format!("{local}Z"));
        Timestamp::from_second(zone(name).instant(local)).unwrap().to_string()
    };
    assert_eq!(at("Europe/Berlin", "2026-03-29T02:30:00"), "2026-03-29T01:00:00Z");
    assert_eq!(at("Europe/Berlin", "2026-10-25T02:30:00"), "2026-10-25T00:30:00Z");
    assert_eq!(at("Pacific/Apia", "2011-12-30T12:00:00"), "2011-12-30T10:00:00Z");
    assert_eq!(at("Pacific/Kiritimati", "2026-01-01T00:00:00"), "2025-12-31T10:00:00Z");
    assert_eq!(at("UTC", "1970-01-01T00:00:00"), "1970-01-01T00:00:00Z");
}

#[test]
fn the_next_clock_change_is_one_of_the_offset() {
    let change = |name, after| {
        zone(name).next_change(s(after) * 1_000).map(|ms| Timestamp::from_millisecond(ms).unwrap().to_string())
    };
    assert_eq!(change("Europe/Berlin", "2026-01-01T00:00:00Z").as_deref(), Some("2026-03-29T01:00:00Z"));
    assert_eq!(change("Europe/Berlin", "2026-03-29T01:00:00Z").as_deref(), Some("2026-10-25T01:00:00Z"));
    assert_eq!(change("Asia/Tokyo", "2026-01-01T00:00:00Z"), None);
    assert_eq!(zone("Europe/Berlin").next_change(i64::MAX), None);
}

#[test]
fn an_instant_is_shown_with_its_offset() {
    assert_eq!(zone("Asia/Kathmandu").shown(0), "Thu 1970-01-01 05:30 +05:30");
    assert_eq!(zone("America/St_Johns").shown(s("2026-07-01T00:00:30Z") * 1_000), "Tue 2026-06-30 21:30:30 -02:30");
}

proptest::proptest! {
    #[test]
    fn every_instant_is_found_again_by_its_local_time(at in 0i64..=253_402_207_200, place in 0usize..8) {
        let names = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Antarctica/Troll",
            "Asia/Tokyo", "Pacific/Apia", "Pacific/Kwajalein"];
        let zone = zone(names[place]);
        let segment = zone.segment(at);
        proptest::prop_assert!(segment.start <= at && at < segment.end && segment.offset == zone.offset(at));
        let found = zone.instant(at + segment.offset);
        // The first of two: the same, or the same local time before it.
        proptest::prop_assert!(found == at || found < at && found + zone.offset(found) == at + segment.offset);
    }
}
