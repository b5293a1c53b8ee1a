//! `notifications delete-expired`.

use super::desk::{DAY, Desk, numbers};

const NOW: &str = "2025-12-20T03:00:00Z";

async fn desk() -> Desk {
    let desk = Desk::at(NOW).await;
    desk.sql("INSERT INTO users (id, name) VALUES (1, 'a'), (2, 'b')").await;
    desk
}

async fn notification(desk: &Desk, id: i64, expire_at: Option<i64>, deleted_at: Option<i64>) {
    let or_null = |at: Option<i64>| at.map_or("NULL".to_owned(), |at| at.to_string());
    let (expire_at, deleted_at) = (or_null(expire_at), or_null(deleted_at));
    desk.sql(&format!(
        "INSERT INTO notification_templates (id, sender_id, type, priority, title, message, created_at, expire_at, deleted_at)
         VALUES ({id}, 1, 't', 'info', 'x', 'y', 0, {expire_at}, {deleted_at});
         INSERT INTO user_notifications (user_id, notification_template_id) VALUES (1, {id}), (2, {id})"
    ))
    .await;
}

#[tokio::test]
async fn either_end_counts_to_the_millisecond_and_what_has_none_stays() {
    let desk = desk().await;
    let end = desk.now() - 30 * DAY;
    for (id, expire_at, deleted_at) in [
        (1, Some(end), None),
        (2, Some(end + 1), None),
        (3, None, Some(end)),
        (4, None, Some(end + 1)),
        (5, None, None),
        (6, Some(desk.now() + DAY), None),
        (7, Some(desk.now() + DAY), Some(end)), // deleted before it would have expired
        (8, Some(end), Some(end + 1)),          // deleted after it had expired
        (9, Some(i64::MIN), None),
        (10, Some(end + DAY), Some(end + DAY)),
    ] {
        notification(&desk, id, expire_at, deleted_at).await;
    }
    let dry = desk.types("notifications delete-expired --dry-run").await;
    assert_eq!(numbers(&dry, ["due", "deleted", "receipts_due", "receipts_deleted"]), [5, 0, 10, 0]);
    assert_eq!(dry.lines, ["5 notifications would be deleted, and 10 receipts"]);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM notification_templates").await, 10);

    let done = desk.types("notifications delete-expired").await;
    assert_eq!(numbers(&done, ["due", "deleted", "receipts_deleted"]), [5, 5, 10]);
    assert_eq!(done.lines, ["5 notifications were deleted, and 10 receipts"]);
    assert_eq!(desk.all("SELECT id FROM notification_templates ORDER BY id").await, "2 4 5 6 10");
    let receipts = "SELECT DISTINCT notification_template_id FROM user_notifications ORDER BY 1";
    assert_eq!(desk.all(receipts).await, "2 4 5 6 10");

    desk.is_at(desk.now() + 1);
    assert_eq!(numbers(&desk.types("notifications delete-expired").await, ["deleted"]), [2], "a millisecond later");
    assert_eq!(numbers(&desk.types("notifications delete-expired").await, ["due", "deleted"]), [0, 0]);
}

/// The old command wanted that somebody had deleted it first, which nobody did with those of the system.
#[tokio::test]
async fn c22_an_expired_notification_that_nobody_deleted_is_deleted() {
    let desk = desk().await;
    notification(&desk, 1, Some(desk.now() - 31 * DAY), None).await;
    desk.types("notifications delete-expired").await;
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM notification_templates").await, 0);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM user_notifications").await, 0);
}

#[tokio::test]
async fn days_are_those_that_were_typed() {
    let desk = desk().await;
    notification(&desk, 1, Some(desk.now() - DAY), None).await;
    assert_eq!(numbers(&desk.types("notifications delete-expired --days 2").await, ["deleted"]), [0]);
    assert_eq!(numbers(&desk.types("notifications delete-expired --days 1").await, ["deleted"]), [1]);
}

/// One notification to everybody, and many to nobody: more than a batch of each.
#[tokio::test]
async fn many_go_batch_by_batch_and_two_at_once_count_each_once() {
    let desk = desk().await;
    notification(&desk, 1, Some(0), None).await;
    desk.sql(
        "WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 2509)
         INSERT INTO users (id, name) SELECT i, 'u' FROM n;
         INSERT INTO user_notifications (user_id, notification_template_id) SELECT id, 1 FROM users WHERE id >= 10;
         INSERT INTO notification_templates (id, sender_id, type, priority, title, message, created_at, expire_at)
           SELECT id, 1, 't', 'info', 'x', 'y', 0, 0 FROM users WHERE id >= 10",
    )
    .await;
    let dry = desk.types("notifications delete-expired --dry-run").await;
    assert_eq!(numbers(&dry, ["due", "receipts_due"]), [2_501, 2_502]);
    assert_eq!(desk.both("notifications delete-expired", "deleted").await, 2_501);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM notification_templates").await, 0);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM user_notifications").await, 0);
}
