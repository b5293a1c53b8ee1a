//! `auth monitor-dual-auth` over files as the application writes them, by a clock of the test's own; and the program as it is
//! typed.

#![expect(clippy::unwrap_used, clippy::panic, reason = "test code says what it wants and fails loudly")]

use std::{fs, path::Path, process::Command, sync::Arc};

use banto::{GivenClock, sqlite::Sqlite};
use clap::Parser;
use jiff::Timestamp;
use myteacher::{
    args::{Typed, Verb},
    report::Report,
    table::Tables,
};
use tempfile::TempDir;

/// 2025-12-01 09:05:10 UTC: the last whole period is 09:00 to 09:05.
const NOW: i64 = 1_764_579_910_000;
const START: i64 = 1_764_579_600_000;

struct House {
    folder: Arc<TempDir>,
    clock: GivenClock,
    tables: Tables,
}

impl House {
    async fn new() -> House {
        House::beside(Arc::new(tempfile::tempdir().unwrap())).await
    }

    /// Another instance on the same store and the same log.
    async fn beside(folder: Arc<TempDir>) -> House {
        let clock = GivenClock::at(NOW);
        let store = Sqlite::open(folder.path().join("jobs.db").to_str().unwrap(), Arc::new(clock.clone())).unwrap();
        let tables = Tables::open(store, Arc::new(clock.clone())).await.unwrap();
        fs::create_dir_all(folder.path().join("logs")).unwrap();
        House { folder, clock, tables }
    }

    fn logs(&self, name: &str, lines: &[(&str, &str)]) {
        let text: String =
            lines.iter().map(|(time, text)| format!("[2025-12-01 {time}] production.INFO: {text}\n")).collect();
        fs::write(self.folder.path().join("logs").join(name), text).unwrap();
    }

    async fn types(&self, flags: &str) -> Report {
        let log = format!("--log={}/logs/laravel*.log", self.folder.path().display());
        let words = ["myteacher", "auth", "monitor-dual-auth", &log].into_iter().chain(flags.split_ascii_whitespace());
        let Verb::Chore(chore) = Typed::parse_from(words).verb else { panic!("no chore") };
        chore.carry_out(&self.tables).await.unwrap()
    }

    /// The one text that SQL answers.
    async fn one(&self, sql: &'static str) -> String {
        self.tables.read(move |db| Ok(db.query_row(sql, [], |row| row.get(0))?)).await.unwrap()
    }
}

const METRICS: &str = "SELECT coalesce(group_concat(total_requests || ' ' || breeze_success || ' ' || cognito_success || ' ' || auth_failure
    || ' ' || mapping_error || ' ' || coalesce(success_rate, 'null') || ' ' || coalesce(failure_rate, 'null'), ','), 'none') FROM auth_metrics";
const ALERTS: &str =
    "SELECT coalesce(group_concat(kind || ' ' || level, ','), 'none') FROM (SELECT * FROM auth_alerts ORDER BY id)";

#[tokio::test]
async fn c22_the_daily_file_that_production_has_is_seen() {
    let house = House::new().await;
    house.logs("laravel-2025-11-30.log", &[("08:00:00", "Authentication failed")]);
    house.logs(
        "laravel-2025-12-01.log",
        &[
            ("08:59:59", "Authentication failed {\"user\":1}"),
            ("09:00:00", "DualAuth: Breeze session authenticated {\"user\":1}"),
            ("09:03:00", "DualAuth: Cognito JWT authenticated {\"sub\":\"a\"}"),
            ("09:05:00", "Authentication failed {\"user\":1}"),
        ],
    );
    let report = house.types("").await;
    assert_eq!((report.exit, &report.object["total_requests"]), (0, &2.into()), "{report:#?}");
    assert_eq!((&report.object["success_rate"], &report.object["breeze_share"]), (&100.0.into(), &50.0.into()));
    assert_eq!((&report.object["period_start"], &report.object["files"]), (&START.into(), &2.into()));
    assert_eq!(house.one(METRICS).await, "2 1 1 0 0 100.0 0.0");
    assert!(report.lines[0].ends_with("from 2025-12-01 09:00 to 2025-12-01 09:05 UTC"), "{report:#?}");
}

#[tokio::test]
async fn each_warning_is_told_and_alerted_once_by_whoever_sees_it_first() {
    let house = House::new().await;
    let mut lines = vec![("09:01:00", "Breeze session authenticated"); 90];
    lines.extend(vec![("09:02:00", "Authentication failed"); 10]);
    lines.push(("09:02:00", "Cognito user not found in database"));
    house.logs("laravel.log", &lines);
    let report = house.types("").await;
    assert_eq!((report.exit, house.one(ALERTS).await.as_str()), (1, "none"), "nobody asked for alerts");
    for line in [
        "critical: 90.0 % of 100 requests were let in, below 99.5 %",
        "warning: 10.0 % of 100 requests were not let in, over 5 %",
        "warning: 1 token had no user in the database, over 0",
    ] {
        assert!(report.lines.iter().any(|said| said == line), "{line}: {report:#?}");
    }
    let other = House::beside(house.folder.clone()).await;
    let (first, second) = tokio::join!(house.types("--alert"), other.types("--alert"));
    assert_eq!((first.exit, second.exit), (1, 1), "both say how it is");
    let alerted = |report: &Report| report.object["alerted"].as_array().unwrap().len();
    assert_eq!(alerted(&first) + alerted(&second), 3, "{first:#?} {second:#?}");
    assert_eq!(house.one(ALERTS).await, "success critical,failure warning,mapping warning");
    assert_eq!(house.one(METRICS).await, "100 90 0 10 1 90.0 10.0", "one row for one period");
    house.clock.pass(300_000);
    assert_eq!(house.types("--alert").await.exit, 0, "the next period is quiet");
    assert_eq!(house.types("--success-min 0 --failure-max 100 --mapping-max 1 --period 10").await.exit, 0);
}

#[tokio::test]
async fn an_alert_is_a_line_of_the_log() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let house = House::new().await;
    house.logs("laravel.log", &[("09:01:00", "Authentication failed")]);
    house.types("--alert").await;
    house.types("--alert").await;
    let said = lines.0.lock().unwrap().clone();
    let ours: Vec<_> = said.iter().filter(|(_, text)| text.contains("logging in: ")).collect();
    assert_eq!(ours.len(), 2, "{said:#?}");
    assert!(ours[0].0 == tracing::Level::ERROR && ours[0].1.contains("0.0 % of 1 requests"), "{ours:#?}");
    assert!(ours[1].0 == tracing::Level::WARN && ours[1].1.contains("100.0 % of 1 requests"), "{ours:#?}");
}

#[tokio::test]
async fn a_quiet_period_has_no_rates_instead_of_noughts() {
    let house = House::new().await;
    house.logs("laravel.log", &[("09:01:00", "Profile saved")]);
    let report = house.types("").await;
    assert_eq!((report.exit, report.object["success_rate"].is_null()), (0, true), "{report:#?}");
    assert_eq!(house.one(METRICS).await, "0 0 0 0 0 null null");
}

#[tokio::test]
async fn input_that_is_missing_is_a_failure_in_words_and_no_noughts() {
    let house = House::new().await;
    let says = async |part: &str, flags: &str| {
        let report = house.types(flags).await;
        assert!(report.exit == 2 && report.lines[1].contains(part), "{part}: {report:#?}");
        assert!(
            report.object["no_input"].as_str().unwrap().contains(part) && report.object.get("total_requests").is_none()
        );
    };
    says("no file fits", "").await;
    std::os::unix::fs::symlink("nowhere", house.folder.path().join("logs/laravel.log")).unwrap();
    says("can be read", "").await;
    fs::remove_file(house.folder.path().join("logs/laravel.log")).unwrap();
    house.logs("laravel.log", &[]);
    says("has a time that can be read", "").await;
    house.logs("laravel.log", &[("08:05:00", "Authentication failed")]);
    says("60 min ago (--stale 59)", "--stale 59").await;
    house.logs("laravel.log", &[("18:05:00", "Authentication failed")]);
    says("yet to come: is --zone its zone?", "--alert").await;
    assert_eq!(house.types("--zone Asia/Tokyo").await.exit, 0, "and in its zone it is well");
    assert_eq!(house.one(ALERTS).await, "input critical");
    assert_eq!(house.one(METRICS).await, "0 0 0 0 0 null null", "only what was seen is kept");
}

#[tokio::test]
async fn rows_are_kept_for_as_long_as_was_said() {
    let house = House::new().await;
    house.logs("laravel.log", &[("09:01:00", "Authentication failed")]);
    house.types("--alert").await;
    house.clock.pass(2 * 86_400_000);
    house.types("--stale 100000 --keep-days 3").await;
    assert_eq!(house.one("SELECT count(*) || '' FROM auth_metrics").await, "2");
    house.types("--stale 100000 --keep-days 1").await;
    assert_eq!(house.one("SELECT count(*) || '' FROM auth_metrics").await, "1");
    assert_eq!(house.one(ALERTS).await, "none");
}

#[test]
fn the_program_finds_the_log_by_itself_and_ends_with_the_code_that_tells() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_myteacher"));
        for name in ["BANTO_STORE", "MYTEACHER_APP_LOG", "MYTEACHER_APP_LOG_ZONE"] {
            command.env_remove(name);
        }
        let output = command.args(words).current_dir(folder.path()).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!said.contains("panicked"), "{said}");
        (output.status.code().unwrap(), said)
    };
    let (exit, said) = run(&["auth:monitor-dual-auth", "--alert"]);
    assert!(exit == 2 && said.contains("no input: no file of storage/logs/laravel*.log can be read"), "{exit} {said}");
    assert!(said.contains("logging in: no file of"), "the alert is a line on the standard error: {said}");
    write_now(&folder.path().join("storage/logs"));
    let (exit, said) = run(&["auth:monitor-dual-auth", "--json"]);
    assert!(exit == 1 && said.contains("\"auth_failure\":1"), "{exit} {said}");
    for (words, part) in [
        (["--log", "log*/laravel.log"], "with * in its name only"),
        (["--zone", "Asia/Nowhere"], "allowed are names like Asia/Tokyo"),
        (["--period", "0"], "1..=1440"),
    ] {
        let (exit, said) = run(&["auth:monitor-dual-auth", words[0], words[1]]);
        assert!(exit == 2 && said.contains(part), "{words:?}: {exit} {said}");
    }
}

/// A failure in the last whole period, and one in the present one, which may become the last before the program looks.
fn write_now(folder: &Path) {
    let now = banto::clock().wall_ms();
    let end = now - now.rem_euclid(300_000);
    let line = |at_ms: i64| {
        let at = Timestamp::from_millisecond(at_ms).unwrap().strftime("%Y-%m-%d %H:%M:%S").to_string();
        format!("[{at}] production.ERROR: Authentication failed {{}}\n")
    };
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("laravel-2025-12-01.log"), line(end - 1_000) + &line(end)).unwrap();
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Lines(Arc<std::sync::Mutex<Vec<(tracing::Level, String)>>>);

impl tracing::Subscriber for Lines {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = String::new();
        let mut each =
            |field: &tracing::field::Field, value: &dyn std::fmt::Debug| text += &format!("{field}={value:?} ");
        event.record(&mut each);
        self.0.lock().unwrap().push((*event.metadata().level(), text));
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}
