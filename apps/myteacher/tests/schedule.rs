//! What MyTeacher's schedule says: the guide's, as it was meant.

#![expect(clippy::unwrap_used, reason = "test code says what it wants and fails loudly")]

use std::collections::BTreeMap;

use banto::{Keep, Schedule, Timetable};
use jiff::Timestamp;
use myteacher::schedule::{self, How};

fn timetable() -> Timetable {
    let (program, store, logs) = ("/bin/true".into(), "sqlite://x.db".into(), "storage/logs".into());
    schedule::timetable(&How::Process { program, store, logs }).unwrap()
}

fn one(name: &str) -> Schedule {
    timetable().entry(&name.parse().unwrap()).unwrap().schedule.clone()
}

#[test]
fn the_schedule_is_the_guides_as_it_was_meant() {
    let timetable = timetable();
    assert_eq!(timetable.faults(), Vec::<String>::new(), "a command that does not exist is a fault");
    let told = |schedule: &Schedule| {
        let json: serde_json::Value = serde_json::from_str(&schedule.to_json()).unwrap();
        let cron =
            json["timing"]["cron"].as_array().unwrap().iter().map(|cron| cron.as_str().unwrap()).collect::<Vec<_>>();
        let log = schedule.output.as_ref().map(|output| output.path.trim_start_matches("storage/logs/").to_owned());
        assert!(schedule.no_overlap && schedule.output.as_ref().is_some_and(|output| output.append), "{json}");
        (cron.join("; "), schedule.zone.as_str().to_owned(), log.unwrap())
    };
    let told: BTreeMap<String, (String, String, String)> =
        timetable.entries().map(|entry| (entry.schedule.name.to_string(), told(&entry.schedule))).collect();
    let (utc, tokyo) = ("UTC", "Asia/Tokyo");
    let meant = [
        ("auth:monitor-dual-auth", "*/5 * * * *", tokyo, "dual-auth-monitoring.log"),
        ("avatars:reconcile", "*/5 * * * *", utc, "avatars-reconcile.log"),
        ("batch:delete-inactive-users", "0 1 * * *", tokyo, "delete-inactive-users.log"),
        ("batch:execute-scheduled-tasks", "* * * * *", utc, "scheduled-tasks.log"),
        ("cache:clear", "0 3 * * *", utc, "cache-clear.log"),
        ("executions:clean", "0 3 * * 0", utc, "executions-clean.log"),
        ("group:reset-monthly-task-count", "0 0 1 * *", tokyo, "group-task-reset.log"),
        ("legal:delete-unconsented-minors", "0 3 * * *", tokyo, "delete-unconsented-minors.log"),
        ("notifications:delete-expired", "0 0 * * *", utc, "notifications-cleanup.log"),
        ("payment:clean-old-histories", "0 1 1 * *", utc, "payments-clean.log"),
        ("redis:monitor", "*/5 * * * *", utc, "redis-monitoring.log"),
        ("reports:generate-monthly", "0 2 1 * *", tokyo, "monthly-reports.log"),
        ("subscription:cleanup-expired", "0 3 * * *", tokyo, "subscription-cleanup.log"),
        ("tokens:reset-free", "0 0 1 * *", tokyo, "tokens-reset.log"),
    ];
    let meant: BTreeMap<String, (String, String, String)> = meant
        .into_iter()
        .map(|(name, cron, zone, log)| (name.to_owned(), (cron.to_owned(), zone.to_owned(), log.to_owned())))
        .collect();
    assert_eq!(told, meant);
}

/// It used to be midnights in UTC, the second of them the last day's first.
#[test]
fn both_days_of_the_window_of_two_logins_are_in_it_in_tokyo() {
    let ms = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
    let due =
        one("auth:monitor-dual-auth").occurrences(ms("2025-01-01T00:00:00Z"), ms("2027-01-01T00:00:00Z"), 100_000);
    let (first, last) = (due.first().unwrap().at_ms, due.last().unwrap().at_ms);
    assert_eq!(first, ms("2025-12-01T00:00:00+09:00"));
    assert_eq!(last, ms("2025-12-14T23:55:00+09:00"));
    assert_eq!(due.len(), 14 * 24 * 12);
}

#[test]
fn what_has_secrets_is_handed_on_by_name_and_stands_in_no_argument() {
    let timetable = timetable();
    for entry in timetable.entries() {
        let banto::Action::Command(spec) = &entry.action else { unreachable!("{}", entry.words()) };
        assert!(spec.env.set.is_empty());
        assert!(entry.words().ends_with("--store sqlite://x.db"), "{}", entry.words());
    }
}

/// A container on Fargate has no key, but the address of its role's; its chores could delete no picture.
#[test]
fn a_chore_proves_to_s3_who_it_is_in_every_way_that_a_worker_can() {
    let ways = ["AWS_ACCESS_KEY_ID", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_WEB_IDENTITY_TOKEN_FILE"];
    let ours = ways.into_iter().chain(["REDIS_URL", "LD_PRELOAD", "BANTO_STORE"]).map(Into::into);
    assert_eq!(schedule::handed_on(ours), ways.into_iter().chain(["REDIS_URL"]).collect::<Vec<_>>());
}

#[test]
fn a_chores_output_turns_at_midnight_in_tokyo_and_is_kept_compressed_for_sixty_days() {
    for entry in timetable().entries() {
        let banto::Action::Command(spec) = &entry.action else { unreachable!("{}", entry.words()) };
        let file = spec.file.as_ref().unwrap();
        assert!(file.daily && file.compress && file.bytes_max.is_some(), "{file:?}");
        assert_eq!((file.keep, file.zone.as_deref()), (Keep::Age(60 * 86_400_000), Some("Asia/Tokyo")));
    }
}
