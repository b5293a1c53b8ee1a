//! Lines of every shape: their time and their message, or neither.

use super::*;

/// 2025-12-01 09:00:00 UTC.
const NINE: i64 = 1_764_579_600_000;

fn told(zone: &str) -> Told {
    Told { zone: TimeZone::get(zone).unwrap(), now_ms: NINE + 3_600_000 }
}

fn utc(line: &str) -> Option<Entry> {
    told("UTC").entry(line.as_bytes())
}

#[test]
fn laravels_lines_are_read_in_their_zone() {
    let line = r#"[2025-12-01 09:00:00] production.INFO: DualAuth: Breeze session authenticated {"user_id":7,"ip":"10.0.0.2"} "#;
    let entry = Entry { at_ms: NINE, message: "DualAuth: Breeze session authenticated".into() };
    assert_eq!(utc(line), Some(entry.clone()));
    let tokyo = line.replace("09:00:00", "18:00:00");
    assert_eq!(told("Asia/Tokyo").entry(tokyo.as_bytes()), Some(entry));
    for with_offset in ["2025-12-01T09:00:00.123456+00:00", "2025-12-01T18:00:00.123+09:00", "2025-12-01 09:00:00.123Z"]
    {
        let line = format!("[{with_offset}] local.WARNING: x");
        assert_eq!(utc(&line).map(|entry| entry.at_ms), Some(NINE + 123), "{with_offset}");
        assert_eq!(told("Asia/Tokyo").time_of(line.as_bytes()), Some(NINE + 123), "its own offset is meant");
    }
}

#[test]
fn what_a_user_typed_into_a_context_is_no_message() {
    let line = r#"[2025-12-01 09:00:00] production.INFO: Profile saved {"bio":"Authentication failed: Cognito JWT authenticated"}"#;
    assert_eq!(utc(line).unwrap().message, "Profile saved");
    let json = r#"{"message":"Profile saved","context":{"message":"Authentication failed"},"datetime":"2025-12-01T09:00:00+00:00"}"#;
    assert_eq!(utc(json).unwrap().message, "Profile saved");
}

#[test]
fn json_lines_of_every_kind_of_time_are_read() {
    for time in [
        r#""datetime":"2025-12-01T09:00:00.000000+00:00""#,
        r#""timestamp":"2025-12-01T18:00:00+09:00""#,
        r#""@timestamp":"2025-12-01T09:00:00Z""#,
        r#""timestamp":"2025-12-01 09:00:00""#,
        r#""time":1764579600"#,
        r#""timestamp":1764579600000"#,
        r#""timestamp":1764579600.0"#,
        r#""datetime":{"date":"2025-12-01 18:00:00.000000","timezone_type":3,"timezone":"Asia/Tokyo"}"#,
        r#""datetime":{"date":"2025-12-01 09:00:00.000000"}"#,
        r#""datetime":"2025-12-01T09:00:00Z","timestamp":"2000-01-01T00:00:00Z""#,
    ] {
        let line = format!(r#"{{"level":200,"message":"Cognito JWT authenticated","context":{{"a":[1]}},{time}}}"#);
        let entry = Entry { at_ms: NINE, message: "Cognito JWT authenticated".into() };
        assert_eq!(utc(&line), Some(entry), "{time}");
    }
    assert_eq!(utc(r#"{"time":1764579600}"#).unwrap().message, "", "a message is not asked of it");
}

#[test]
fn a_line_without_a_time_begins_nothing() {
    for line in [
        "",
        "[stacktrace]",
        "#0 /var/www/html/app/Http/Middleware/DualAuthMiddleware.php(42): Authentication failed",
        "[2025-12-01] production.INFO: a day is no time",
        "[2025-13-01 09:00:00] production.INFO: no such month",
        "[previous exception] [object] (Exception(code: 0): Authentication failed at /x.php:1)",
        "{\"message\":\"Authentication failed\"}",
        "{\"datetime\":true,\"message\":\"x\"}",
        "{\"datetime\":\"2025-12-01T09:00:00Z\",\"message\":\"half a li",
        "  [2025-12-01 09:00:00] production.INFO: indented",
        "[2025-12-01 09:00:00",
    ] {
        assert_eq!(utc(line), None, "{line}");
        assert_eq!(told("UTC").time_of(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn bytes_that_are_no_text_do_no_harm() {
    let line = b"[2025-12-01 09:00:00] production.INFO: \xff\xfe Authentication failed \x80";
    assert!(told("UTC").entry(line).unwrap().message.contains("Authentication failed"));
    for line in [&b"[\xff\xff]"[..], b"{\xff", b"\xff", b"[", b"{", b"[]", b"{}"] {
        assert_eq!(told("UTC").entry(line), None);
    }
}

#[test]
fn of_the_hour_that_comes_twice_it_is_the_one_that_was() {
    // 2025-11-02: New York goes from 02:00 back to 01:00 at 06:00 UTC.
    let six = 1_762_063_200_000;
    let at = |now_ms| {
        let told = Told { zone: TimeZone::get("America/New_York").unwrap(), now_ms };
        told.time_of(b"[2025-11-02 01:30:00] production.INFO: x").unwrap()
    };
    let half_hour = 1_800_000;
    assert_eq!(at(six - 1), six - half_hour, "the second 01:30 is yet to come");
    assert_eq!(at(six + 2 * half_hour), six + half_hour);
}
