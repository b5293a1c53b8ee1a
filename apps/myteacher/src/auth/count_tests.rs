//! The markers of a period over files as the application writes them, in both formats.

use std::{fs, io::Write, path::Path, time::SystemTime};

use flate2::{Compression, write::GzEncoder};
use jiff::tz::TimeZone;

use super::*;
use crate::auth::source::Pattern;

/// 2025-12-01 09:00:00 UTC.
const NINE: i64 = 1_764_579_600_000;
const PERIOD: Range<i64> = NINE..NINE + 300_000;

/// As the application writes it: four outcomes, other lines, a trace that repeats the words of a marker.
const LARAVEL: &str = r#"[2025-12-01 08:59:59] production.INFO: DualAuth: Breeze session authenticated {"user_id":1}
[2025-12-01 09:00:00] production.INFO: DualAuth: Breeze session authenticated {"user_id":2}
[2025-12-01 09:00:30] production.INFO: DualAuth: Cognito JWT authenticated {"sub":"a-b"}
[2025-12-01 09:01:00] production.INFO: Profile saved {"bio":"Authentication failed"}
[2025-12-01 09:02:00] production.WARNING: DualAuth: Cognito user not found in database {"sub":"c-d"}
[2025-12-01 09:02:00] production.ERROR: DualAuth: Authentication failed {"exception":"[object] (RuntimeException(code: 0): Authentication failed at /var/www/html/app/Http/Middleware/DualAuthMiddleware.php:42)
[stacktrace]
#0 /var/www/html/vendor/laravel/framework/src/Illuminate/Pipeline/Pipeline.php(183): Authentication failed
#1 {main}
"}
[2025-12-01 09:04:59] production.INFO: DualAuth: Cognito JWT authenticated {"sub":"e-f"}
[2025-12-01 09:05:00] production.INFO: DualAuth: Cognito JWT authenticated {"sub":"g-h"}
"#;

/// The same in JSON lines.
const JSON: &str = r##"{"message":"DualAuth: Breeze session authenticated","context":{"user_id":2},"level":200,"level_name":"INFO","channel":"production","datetime":"2025-12-01T09:00:00.000001+00:00","extra":{}}
{"message":"DualAuth: Cognito JWT authenticated","context":{},"level":200,"datetime":"2025-12-01T18:00:30+09:00"}
{"message":"DualAuth: Cognito user not found in database","level":300,"datetime":"2025-12-01T09:02:00+00:00"}
{"message":"DualAuth: Authentication failed","context":{"trace":"#0 x\n#1 y"},"level":400,"datetime":"2025-12-01T09:02:00+00:00"}
{"message":"DualAuth: Cognito JWT authenticated","level":200,"timestamp":"2025-12-01T09:04:59Z"}
{"message":"DualAuth: Cognito JWT authenticated","level":200,"timestamp":"2025-12-01T09:05:00Z"}
"##;

fn told() -> Told {
    Told { zone: TimeZone::UTC, now_ms: NINE + 310_000 }
}

fn of(path: &Path) -> Counts {
    count(source::find(&[Pattern::new(path.to_str().unwrap()).unwrap()]), &PERIOD, &told())
}

/// Sets when a file was last written to.
fn written(path: &Path, at_ms: i64) {
    let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(at_ms.try_into().unwrap());
    File::options().append(true).open(path).unwrap().set_modified(at).unwrap();
}

#[test]
fn the_four_markers_are_counted_in_both_formats() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, entries) in [("laravel.log", LARAVEL, 6), ("laravel-2025-12-01.log", JSON, 5)] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let counts = of(&path);
        assert_eq!((counts.breeze, counts.cognito, counts.failed, counts.unmapped), (1, 2, 1, 1), "{name}: {counts:?}");
        assert_eq!((counts.requests(), counts.entries, counts.files), (4, entries, 1), "{name}");
        assert_eq!(counts.newest_ms, Some(NINE + 300_000), "{name}");
    }
    let both = of(&folder.path().join("laravel*.log"));
    assert_eq!((both.requests(), both.files), (8, 2), "daily names are read beside the single one");
}

#[test]
fn a_rolled_file_is_read_only_if_the_period_reaches_into_it() {
    let folder = tempfile::tempdir().unwrap();
    let (now, rolled) = (folder.path().join("laravel.log"), folder.path().join("laravel.log.1.gz"));
    fs::write(&now, "[2025-12-01 09:04:59] production.INFO: x: Cognito JWT authenticated\n").unwrap();
    let mut gzip = GzEncoder::new(File::create(&rolled).unwrap(), Compression::default());
    gzip.write_all(LARAVEL.as_bytes()).unwrap();
    gzip.finish().unwrap();
    for (written_ms, requests, files) in [(NINE + 240_000, 5, 2), (NINE - 3_600_000, 1, 1)] {
        written(&rolled, written_ms);
        let counts = of(&now);
        assert_eq!((counts.requests(), counts.files), (requests, files), "{counts:?}");
    }
    fs::write(&rolled, "no gzip at all").unwrap();
    let counts = of(&now);
    assert_eq!((counts.requests(), counts.files, counts.problems.len()), (1, 1, 1), "{counts:?}");
    assert!(counts.problems[0].contains("laravel.log.1.gz"));
}

#[test]
fn the_newest_file_tells_how_old_the_log_is() {
    let folder = tempfile::tempdir().unwrap();
    for (name, day) in [("laravel-2025-11-29.log", 29), ("laravel-2025-11-30.log", 30)] {
        let path = folder.path().join(name);
        fs::write(&path, format!("[2025-11-{day} 12:00:00] production.INFO: Authentication failed\n")).unwrap();
        written(&path, NINE - (31 - day) * 86_400_000);
    }
    let counts = of(&folder.path().join("laravel*.log"));
    assert_eq!((counts.files, counts.requests(), counts.newest_ms), (1, 0, Some(NINE - 21 * 3_600_000)));
}

#[test]
fn a_line_of_a_megabyte_and_bytes_that_are_no_text_are_taken_in_stride() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("laravel.log");
    let long = "x".repeat(1 << 20);
    let mut text =
        format!("[2025-12-01 09:00:01] production.INFO: Authentication failed {{\"a\":\"{long}\"}}\n").into_bytes();
    text.extend_from_slice(
        b"[2025-12-01 09:00:02] production.INFO: \xff\x00\xfe Cognito JWT authenticated\n\xff\xff\xff\n",
    );
    text.extend_from_slice(
        format!("{{\"context\":\"{long}\",\"message\":\"Breeze session authenticated\",\"datetime\":\"2025-12-01T09:00:03Z\"}}\n").as_bytes(),
    );
    fs::write(&path, text).unwrap();
    let counts = of(&path);
    assert_eq!((counts.failed, counts.cognito, counts.breeze, counts.entries), (1, 1, 1, 3));
}
