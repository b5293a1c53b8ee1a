//! `group reset-monthly-task-count`.

use super::desk::{Desk, numbers};

const RESET: &str = "group reset-monthly-task-count";

#[tokio::test]
async fn a_counter_begins_anew_once_a_month_in_tokyo() {
    let desk = Desk::at("2025-12-31T14:59:59.999Z").await; // the 31st
    desk.sql(
        "INSERT INTO groups (id, name, monthly_task_count, task_count_month) VALUES
           (1, 'a', 5, '2025-12'), (2, 'b', 7, '2025-11'), (3, 'new', 2, NULL)",
    )
    .await;
    let counts = "SELECT monthly_task_count || ':' || task_count_month FROM groups ORDER BY id";
    assert_eq!(numbers(&desk.types(&format!("{RESET} --dry-run")).await, ["due", "reset"]), [2, 0]);
    assert_eq!(desk.one::<i64>("SELECT sum(monthly_task_count) FROM groups").await, 14);
    assert_eq!(numbers(&desk.types(RESET).await, ["reset"]), [2]);
    assert_eq!(desk.all(counts).await, "5:2025-12 0:2025-12 0:2025-12");
    assert_eq!(numbers(&desk.types(RESET).await, ["due", "reset"]), [0, 0]);

    desk.is("2025-12-31T15:00:00Z"); // January
    let done = desk.types(RESET).await;
    assert_eq!((numbers(&done, ["reset"]), done.lines[0].as_str()), ([3], "3 groups count from nought for 2026-01"));
    assert_eq!(desk.all(counts).await, "0:2026-01 0:2026-01 0:2026-01");
}

#[tokio::test]
async fn who_counted_in_the_new_month_before_a_late_run_is_left_alone() {
    let desk = Desk::at("2026-02-03T15:00:00Z").await;
    desk.sql(
        "INSERT INTO groups (id, name, monthly_task_count, task_count_month) VALUES (1, 'a', 5, '2026-01'), (2, 'b', 1, '2026-02')",
    )
    .await;
    desk.types(RESET).await;
    assert_eq!(desk.all("SELECT monthly_task_count FROM groups ORDER BY id").await, "0 1");
}

#[tokio::test]
async fn two_at_once_count_each_group_once() {
    let desk = Desk::at("2026-03-31T14:00:00Z").await; // the 31st
    desk.sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2300)
         INSERT INTO groups (id, name, monthly_task_count, task_count_month) SELECT i, 'g', 3, '2026-02' FROM n",
    )
    .await;
    assert_eq!(desk.both(RESET, "reset").await, 2_300);
    assert_eq!(desk.one::<i64>("SELECT sum(monthly_task_count) FROM groups").await, 0);
}
