//! Nobody was there: what was missed follows its policy, and every due instant has its row.

use super::desk::Desk;

/// Three days without a run, and then one.
async fn three_days(more: &str) -> (Desk, i64) {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let id = desk.plan("daily 09:30", more).await;
    desk.run_at(&["2026-12-01T00:30:00Z", "2026-12-04T12:00:00Z"]).await;
    (desk, id)
}

fn ends(rows: &[String]) -> String {
    rows.iter().map(|row| row.rsplit(' ').next().unwrap()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn of_three_missed_days_the_last_is_made_and_the_others_are_told() {
    let (desk, id) = three_days("").await;
    assert_eq!(ends(&desk.rows(id).await), "success missed missed success");
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks WHERE deleted_at IS NULL").await, 3);
    let notes = desk.texts("SELECT note FROM scheduled_task_executions WHERE status = 'missed'".into()).await;
    assert!(notes.iter().all(|note| note.contains("nobody was there")), "{notes:?}");
    desk.run_at(&["2026-12-04T12:01:00Z"]).await;
    assert_eq!(desk.rows(id).await.len(), 4, "once");
}

#[tokio::test]
async fn skip_makes_none_of_them_and_all_makes_as_many_as_it_says() {
    let (desk, id) = three_days("missed = 'skip'").await;
    assert_eq!(ends(&desk.rows(id).await), "success missed missed missed");
    let (desk, id) = three_days("missed = 'all:2'").await;
    assert_eq!(ends(&desk.rows(id).await), "success missed success success");
    let (desk, id) = three_days("missed = 'all:100', delete_incomplete_previous = 0").await;
    assert_eq!(ends(&desk.rows(id).await), "success success success success");
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks WHERE deleted_at IS NULL").await, 12);
}

#[tokio::test]
async fn a_quarter_of_an_hour_is_no_outage() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let id = desk.plan("daily 09:30", "missed = 'skip'").await;
    desk.run_at(&["2026-12-01T00:45:00Z", "2026-12-02T00:46:00Z"]).await;
    assert_eq!(ends(&desk.rows(id).await), "success missed");
}

#[tokio::test]
async fn what_is_made_up_for_is_not_late_when_it_is_there() {
    let (desk, _) = three_days("due_duration_hours = 2").await;
    let due = desk.texts("SELECT DISTINCT due_date FROM tasks ORDER BY id".into()).await;
    assert_eq!(due, ["2026-12-01T11:30:00+09:00", "2026-12-04T23:00:00+09:00"], "from its time, and from now");
}

#[tokio::test]
async fn a_holiday_in_an_outage_is_skipped_and_not_missed() {
    let desk = Desk::at("2026-11-20T00:00:00Z").await;
    let id = desk.plan("daily 09:30", "skip_holidays = 1").await;
    desk.run_at(&["2026-11-25T12:00:00Z"]).await;
    assert_eq!(ends(&desk.rows(id).await), "missed missed missed skipped missed success");
}

#[tokio::test]
async fn what_comes_due_while_paused_is_skipped_and_not_made_up_for() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let id = desk.plan("daily 09:30", "").await;
    desk.run_at(&["2026-12-01T00:30:00Z"]).await;
    desk.types(&format!("scheduled-tasks pause {id}")).await;
    desk.run_at(&["2026-12-02T00:30:00Z"]).await;
    desk.set("2026-12-03T12:00:00Z"); // no run on the 3rd, and resumed after its time
    let resumed = desk.types(&format!("scheduled-tasks resume {id}")).await;
    assert_eq!(resumed.object["changed"], true);
    desk.run_at(&["2026-12-03T12:01:00Z", "2026-12-04T00:30:00Z"]).await;
    assert_eq!(ends(&desk.rows(id).await), "success skipped skipped success");
}

#[tokio::test]
async fn what_was_switched_off_has_nothing_to_make_up_for() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let id = desk.plan("daily 09:30", "is_active = 0").await;
    desk.run_at(&["2026-12-02T00:30:00Z", "2026-12-03T00:31:00Z"]).await;
    desk.sql("UPDATE scheduled_group_tasks SET is_active = 1").await;
    desk.run_at(&["2026-12-03T12:00:00Z", "2026-12-04T00:30:00Z"]).await;
    assert_eq!(desk.rows(id).await, ["Fri 2026-12-04 09:30 +09:00 success"]);
}

#[tokio::test]
async fn an_outage_of_years_is_told_and_not_listed_day_by_day() {
    let desk = Desk::at("2021-12-01T00:00:00Z").await;
    let id = desk.plan("daily 09:30", "").await;
    desk.set("2026-12-01T00:40:00Z");
    let done = desk.run().await;
    assert!(done.warnings[0].contains("scheduled task 1: what was due before Mon 2025-10-27"), "{done:?}");
    assert_eq!((desk.rows(id).await.len(), done.lines[0].success), (400, 1));
    assert!(desk.run().await.warnings.is_empty(), "once");
}

#[tokio::test]
async fn a_month_by_the_clock_accounts_for_every_due_instant_once() {
    let desk = Desk::at("2026-11-30T15:00:00Z").await;
    let daily = desk.plan("daily 07:00 | daily 19:00", "").await;
    let weekly = desk.plan("weekly 16:00 1,3,5", "skip_holidays = 1").await;
    let monthly = desk.plan("monthly 12:00 1,15,31", "").await;
    for hour in 1..=31 * 24 {
        desk.clock.pass(3_600_000);
        // Every third night nobody is there.
        if (hour / 24) % 3 != 2 || !(10..22).contains(&(hour % 24)) {
            assert!(desk.run().await.lines.iter().all(|line| line.errors.is_empty()));
        }
    }
    let rows = (desk.rows(daily).await.len(), desk.rows(weekly).await.len(), desk.rows(monthly).await.len());
    assert_eq!(rows, (62, 13, 3));
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM scheduled_task_executions WHERE status = 'failed'").await, 0);
    let twice = "SELECT count(*) FROM (SELECT 1 FROM scheduled_task_executions GROUP BY scheduled_task_id, due_at HAVING count(*) > 1)";
    assert_eq!(desk.one::<i64>(twice).await, 0);
}
