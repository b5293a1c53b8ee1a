//! Days off: skipped or moved, of the law and own ones.

use super::desk::Desk;

const NOTES: &str = "SELECT coalesce(note, '') FROM scheduled_task_executions ORDER BY due_at";

#[tokio::test]
async fn d18_a_holiday_is_one_of_the_creators_zone() {
    // 2026-11-23 is a holiday. At 08:00 in Tokyo it is still the 22nd in UTC; on the 24th it is still the 23rd there.
    let desk = Desk::at("2026-11-21T23:30:00Z").await;
    let id = desk.plan("daily 08:00", "skip_holidays = 1").await;
    desk.run_at(&["2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z"]).await;
    assert_eq!(desk.rows(id).await, ["Mon 2026-11-23 08:00 +09:00 skipped", "Tue 2026-11-24 08:00 +09:00 success"]);
    assert!(desk.texts(NOTES.into()).await[0].contains("勤労感謝の日"));
}

#[tokio::test]
async fn d18_a_holiday_is_one_row_and_not_one_a_minute() {
    let desk = Desk::at("2026-11-22T23:50:00Z").await;
    let id = desk.plan("daily 09:00", "skip_holidays = 1").await;
    for minute in 0..30 {
        desk.run_at(&[&format!("2026-11-23T00:{minute:02}:00Z")]).await;
    }
    desk.run_at(&["2026-11-23T14:00:00Z"]).await;
    assert_eq!(desk.rows(id).await, ["Mon 2026-11-23 09:00 +09:00 skipped"]);
}

#[tokio::test]
async fn d18_move_to_next_business_day_moves_over_a_row_of_holidays() {
    // Monday 2026-05-04 to Wednesday the 6th are off, the 6th as a substitute for Sunday the 3rd.
    let desk = Desk::at("2026-05-03T20:00:00Z").await;
    let moved = desk.plan("weekly 09:00 1", "move_to_next_business_day = 1").await;
    let both = desk.plan("weekly 09:00 1", "move_to_next_business_day = 1, skip_holidays = 1").await;
    let neither = desk.plan("weekly 09:00 1", "").await;
    let times = ["04", "05", "06", "07", "08", "11"].map(|day| format!("2026-05-{day}T00:00:00Z"));
    desk.run_at(&times.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let wanted = [
        "Mon 2026-05-04 09:00 +09:00 skipped",
        "Thu 2026-05-07 09:00 +09:00 success",
        "Mon 2026-05-11 09:00 +09:00 success",
    ];
    assert_eq!(desk.rows(moved).await, wanted);
    assert_eq!(desk.rows(both).await, wanted, "whoever asks for both wants it done, and not on the holiday");
    assert_eq!(
        desk.rows(neither).await,
        ["Mon 2026-05-04 09:00 +09:00 success", "Mon 2026-05-11 09:00 +09:00 success"]
    );
    let notes = desk.texts(NOTES.into()).await;
    assert!(notes.iter().any(|note| note.contains("moved to 2026-05-07")), "{notes:?}");
    assert!(notes.iter().any(|note| note.contains("moved from 2026-05-04")), "{notes:?}");
}

#[tokio::test]
async fn a_move_beyond_the_weekend_and_onto_the_next_ordinary_one_is_one_instant() {
    // Friday 2027-04-30 is none; Thursday 2027-04-29 is a holiday: it moves onto Friday's own 09:00.
    let desk = Desk::at("2027-04-28T20:00:00Z").await;
    let id = desk.plan("daily 09:00", "move_to_next_business_day = 1").await;
    desk.run_at(&["2027-04-29T00:00:00Z", "2027-04-30T00:00:00Z"]).await;
    assert_eq!(desk.rows(id).await, ["Thu 2027-04-29 09:00 +09:00 skipped", "Fri 2027-04-30 09:00 +09:00 success"]);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks").await, 3);
}

#[tokio::test]
async fn c20_an_emptied_table_of_holidays_does_not_mean_that_there_are_none() {
    let desk = Desk::at("2026-11-22T20:00:00Z").await;
    let id = desk.plan("daily 09:00", "skip_holidays = 1").await;
    desk.run().await;
    assert!(desk.sql("DELETE FROM holidays").await > 100);
    desk.run_at(&["2026-11-23T00:00:00Z"]).await;
    assert_eq!(desk.rows(id).await, ["Mon 2026-11-23 09:00 +09:00 skipped"]);
    desk.sql("UPDATE holidays SET date = '2026-11-25' WHERE date = '2026-11-23'").await;
    desk.types("holidays list").await;
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM holidays WHERE date = '2026-11-23'").await, 1);
    assert_eq!(
        desk.one::<i64>("SELECT count(*) FROM holidays WHERE date = '2026-11-25'").await,
        0,
        "the law knows none"
    );
}

#[tokio::test]
async fn own_holidays_are_added_listed_and_removed_and_count_at_once() {
    let desk = Desk::at("2026-11-30T20:00:00Z").await;
    let id = desk.plan("daily 09:00", "skip_holidays = 1, missed = 'skip'").await;
    assert_eq!(desk.types("holidays add 2026-12-01 '開校記念日'").await.exit, 0);
    desk.run_at(&["2026-12-01T00:00:00Z"]).await;
    assert_eq!(desk.rows(id).await, ["Tue 2026-12-01 09:00 +09:00 skipped"]);
    let listed = desk.types("holidays list --year 2026").await;
    let days = listed.object["holidays"].as_array().unwrap();
    assert_eq!(days.len(), 18 + 1, "16 named days, one substitute, one between two, and ours");
    assert!(days.iter().any(|day| day["name"] == "開校記念日" && day["source"] == "own"));
    let unknown = desk.types("holidays list --year 1999").await;
    assert_eq!(unknown.lines, ["no day off of that year is known; those that are lie from 2024-01-01 to 2035-11-23"]);
    desk.types("holidays remove 2026-12-01").await;
    desk.run_at(&["2026-12-02T00:00:00Z"]).await;
    for (typed, word) in [
        ("holidays add 2026-02-30 x", "a date that exists"),
        ("holidays add 2026-12-24 ''", "1 to 255 bytes"),
        ("holidays add 2026-11-23 x", "it is one already (勤労感謝の日)"),
        ("holidays remove 2026-11-23", "it is one by law"),
        ("holidays remove 2026-12-01", "it is none"),
    ] {
        let error = desk.asks(typed).await.unwrap_err().to_string();
        assert!(error.contains(word), "{typed}: {error}");
    }
}

#[tokio::test]
async fn a_damaged_name_of_a_holiday_turns_it_into_no_working_day() {
    let desk = Desk::at("2026-11-30T20:00:00Z").await;
    desk.sql(
        "INSERT INTO holidays (date, name, source, created_at) VALUES ('2026-12-01', char(27) || '[2J', 'own', 0)",
    )
    .await;
    let id = desk.plan("daily 09:00", "skip_holidays = 1").await;
    desk.run_at(&["2026-12-01T00:00:00Z"]).await;
    assert_eq!(desk.rows(id).await, ["Tue 2026-12-01 09:00 +09:00 skipped"]);
}

#[tokio::test]
async fn a_run_warns_when_the_laws_days_end_within_a_year() {
    let desk = Desk::at("2035-03-01T00:00:00Z").await;
    let report = desk.types("batch execute-scheduled-tasks").await;
    assert!(report.lines.iter().any(|line| line.starts_with("warning: ") && line.contains("2035-12-31")), "{report:?}");
    assert_eq!(report.exit, 0, "a warning has not failed");
    assert!(!report.lines.iter().any(|line| line.contains("executed successfully")), "{report:?}");
}
