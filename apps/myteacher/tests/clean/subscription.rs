//! `subscription cleanup-expired`.

use super::desk::{Desk, numbers};

const CLEAN: &str = "subscription cleanup-expired";

#[tokio::test]
async fn a_group_is_free_again_when_its_subscription_has_ended_and_not_before() {
    let desk = Desk::at("2025-12-01T18:00:00Z").await;
    let now = desk.now();
    desk.sql(&format!(
        "INSERT INTO groups (id, name, subscription_active, subscription_plan, subscription_ends_at, max_members) VALUES
           (1, 'ended', 1, 'family', {now}, 20), (2, 'ends', 1, 'enterprise', {now} + 1, 50), (3, 'no end', 1, 'family', NULL, 20),
           (4, 'free', 0, NULL, NULL, 6), (5, 'ended before', 0, NULL, 5, 9)"
    ))
    .await;
    assert_eq!(numbers(&desk.types(&format!("{CLEAN} --dry-run")).await, ["due", "reset"]), [1, 0]);
    assert_eq!(desk.one::<i64>("SELECT subscription_active FROM groups WHERE id = 1").await, 1);
    assert_eq!(numbers(&desk.types(CLEAN).await, ["due", "reset"]), [1, 1]);
    let rows = "SELECT subscription_active || '/' || coalesce(subscription_plan, '-') || '/' || max_members FROM groups ORDER BY id";
    assert_eq!(desk.all(rows).await, "0/-/6 1/enterprise/50 1/family/20 0/-/6 0/-/9");
    assert_eq!(
        desk.one::<i64>("SELECT subscription_ends_at FROM groups WHERE id = 1").await,
        now,
        "when it ended stays"
    );
    assert_eq!(numbers(&desk.types(CLEAN).await, ["due", "reset"]), [0, 0]);

    // Renewed: a later end.
    desk.sql(&format!("UPDATE groups SET subscription_active = 1, subscription_ends_at = {now} + 100 WHERE id = 1"))
        .await;
    desk.is_at(now + 1);
    assert_eq!(numbers(&desk.types(CLEAN).await, ["reset"]), [1], "the other one ended a millisecond later");
    assert_eq!(desk.one::<i64>("SELECT subscription_active FROM groups WHERE id = 1").await, 1);
}

#[tokio::test]
async fn two_at_once_count_each_group_once() {
    let desk = Desk::at("2025-12-01T18:00:00Z").await;
    desk.sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2300)
         INSERT INTO groups (id, name, subscription_active, subscription_plan, subscription_ends_at) SELECT i, 'g', 1, 'family', i FROM n",
    )
    .await;
    assert_eq!(desk.both(CLEAN, "reset").await, 2_300);
}
