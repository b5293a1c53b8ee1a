//! `executions clean`.

use super::desk::{Desk, ms, numbers};

/// A group with two scheduled tasks.
const PLANS: &str = "INSERT INTO groups (id, name) VALUES (1, 'g');
    INSERT INTO users (id, name, group_id) VALUES (1, 'u', 1);
    INSERT INTO scheduled_group_tasks (id, group_id, created_by, title, schedules, start_date, accounted_until, created_at, updated_at)
      VALUES (1, 1, 1, 't', '[]', '2020-01-01', 0, 0, 0), (2, 1, 1, 't', '[]', '2020-01-01', 0, 0, 0)";

/// A row of the history.
fn row(plan: i64, executed_at: &str, status: &str) -> String {
    format!(
        "INSERT INTO scheduled_task_executions (scheduled_task_id, due_local, executed_at, status, created_at, updated_at)
         VALUES ({plan}, '', {executed_at}, '{status}', 0, 0)"
    )
}

async fn desk(now: &str, executed: &[i64]) -> Desk {
    let desk = Desk::at(now).await;
    for sql in PLANS.split(';') {
        desk.sql(sql).await;
    }
    for at in executed {
        desk.sql(&row(1, &at.to_string(), "skipped")).await;
    }
    desk
}

#[tokio::test]
async fn the_last_success_stays_for_the_next_one_has_to_find_what_it_left() {
    let desk = desk("2026-06-15T18:00:00Z", &[]).await;
    for (plan, at, status) in [(1, "10", "success"), (1, "20", "success"), (1, "30", "failed"), (2, "5", "success")] {
        desk.sql(&row(plan, at, status)).await;
    }
    assert_eq!(numbers(&desk.types("executions clean").await, ["due", "deleted"]), [2, 2]);
    let left = "SELECT group_concat(executed_at) FROM scheduled_task_executions";
    assert_eq!(desk.one::<String>(left).await, "20,5");
}

#[tokio::test]
async fn six_months_are_remembered_to_the_millisecond() {
    let before = ms("2025-12-15T18:00:00Z");
    let desk = desk("2026-06-15T18:00:00Z", &[0, before - 1, before, before + 1]).await;
    assert_eq!(numbers(&desk.types("executions clean --dry-run").await, ["due", "deleted"]), [2, 0]);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM scheduled_task_executions").await, 4);
    let done = desk.types("executions clean").await;
    assert_eq!((numbers(&done, ["deleted"]), done.lines[0].as_str()), ([2], "2 executions were forgotten"));
    assert_eq!(desk.one::<i64>("SELECT min(executed_at) FROM scheduled_task_executions").await, before);
    assert_eq!(numbers(&desk.types("executions clean --months 5").await, ["deleted"]), [2]);
}

#[tokio::test]
async fn on_the_31st_the_month_that_is_too_short_ends_on_its_last_day() {
    let before = ms("2026-02-28T00:00:00Z");
    let desk = desk("2026-08-31T00:00:00Z", &[before - 1, before]).await;
    assert_eq!(numbers(&desk.types("executions clean").await, ["deleted"]), [1]);
}

#[tokio::test]
async fn two_at_once_count_each_once_batch_by_batch() {
    let desk = desk("2026-06-15T18:00:00Z", &[]).await;
    desk.sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2300)
         INSERT INTO scheduled_task_executions (scheduled_task_id, due_local, executed_at, status, created_at, updated_at)
         SELECT 1, '', i, 'missed', 0, 0 FROM n",
    )
    .await;
    assert_eq!(desk.both("executions clean", "deleted").await, 2_300);
}
