//! `executions clean`.

use super::desk::{Desk, ms, numbers};

/// A table with the columns that the chore goes by, and no other: rows of any age are made without the tasks they belong to.
const TABLE: &str = "DROP TABLE IF EXISTS scheduled_task_executions;
    CREATE TABLE scheduled_task_executions (id INTEGER PRIMARY KEY, executed_at INTEGER NOT NULL)";

async fn desk(now: &str, executed: &[i64]) -> Desk {
    let desk = Desk::at(now).await;
    desk.sql(TABLE).await;
    for at in executed {
        desk.sql(&format!("INSERT INTO scheduled_task_executions (executed_at) VALUES ({at})")).await;
    }
    desk
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
         INSERT INTO scheduled_task_executions (executed_at) SELECT i FROM n",
    )
    .await;
    assert_eq!(desk.both("executions clean", "deleted").await, 2_300);
}
