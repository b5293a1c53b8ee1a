//! `reports generate-monthly`.

use serde_json::{Value, json};

use super::desk::{Desk, ms, numbers};

const MAKE: &str = "reports generate-monthly";

/// The old command took a month of days off, in UTC: on the 1st of a month after a short one that was the wrong month.
#[tokio::test]
async fn the_month_is_the_one_before_in_tokyo_on_the_31st_and_every_first() {
    let desk = Desk::at("2026-01-31T17:00:00Z").await;
    for (time, month) in [
        ("2026-01-31T17:00:00Z", "2026-01"), // 1 February, 02:00
        ("2026-02-28T17:00:00Z", "2026-02"), // 1 March
        ("2026-03-31T03:00:00Z", "2026-02"), // 31 March
        ("2026-04-30T17:00:00Z", "2026-04"), // 1 May
        ("2026-05-30T17:00:00Z", "2026-04"), // 31 May
        ("2025-12-31T14:59:59Z", "2025-11"), // 31 December, the last second
        ("2025-12-31T15:00:00Z", "2025-12"),
        ("2024-02-29T15:00:00Z", "2024-02"),
    ] {
        desk.is(time);
        assert_eq!(desk.types(MAKE).await.object["month"], month, "{time}");
    }
}

/// A group with two members and one without, and something just outside of December on either side.
async fn december() -> Desk {
    let desk = Desk::at("2025-12-31T17:00:00Z").await;
    let (from, until) = (ms("2025-11-30T15:00:00Z"), ms("2025-12-31T15:00:00Z"));
    let (before, last) = (from - 1, until - 1);
    desk.sql(&format!(
        "INSERT INTO groups (id, name, created_at) VALUES (1, 'a', 0), (2, 'empty', {last}), (3, 'later', {until});
         INSERT INTO users (id, name, group_id, created_at) VALUES (1, 'a', 1, 0), (2, 'b', 1, {last}), (3, 'c', 1, {until}), (4, 'd', NULL, 0);
         INSERT INTO token_transactions (user_id, type, amount, free_part, balance_after, reason, created_at) VALUES
           (1, 'ai_usage', -10, 10, 0, 'x', {from}), (1, 'consume', -5, 5, 0, 'x', {last}), (1, 'ai_usage', -100, 0, 0, 'x', {before}),
           (1, 'ai_usage', -200, 0, 0, 'x', {until}), (1, 'purchase', 900, 0, 0, 'x', {from}), (2, 'ai_usage', -7, 7, 0, 'x', {from}),
           (4, 'ai_usage', -50, 0, 0, 'x', {from});
         INSERT INTO teacher_avatars (id, user_id, look, run, job, estimated_token_usage, created_at, updated_at)
           VALUES (1, 1, '{{}}', 'r', 'j', 1, 0, 0);
         INSERT INTO ai_usage_logs (teacher_avatar_id, user_id, run, item, provider, model, units, token_cost, created_at) VALUES
           (1, 1, 'r', 'bust_happy', 'p', 'm', 1, 1, {from}), (1, 1, 'r', 'bust_happy cut out', 'p', 'm', 1, 1, {from}),
           (1, 1, 'r', 'full_body_normal', 'p', 'm', 1, 1, {last}), (1, 1, 'r', 'login', 'p', 'm', 1, 1, {from}),
           (1, 1, 'r', 'bust_sad', 'p', 'm', 1, 1, {until});
         INSERT INTO payment_histories (payable_type, payable_id, stripe_payment_intent_id, amount, refund_amount, status, created_at) VALUES
           ('user', 1, 'a', 980, 0, 'succeeded', {from}), ('group', 1, 'b', 500, 200, 'refunded', {last}), ('user', 1, 'c', 1, 0, 'failed', {from}),
           ('group', 2, 'd', 4, 0, 'pending', {from}), ('user', 1, 'e', 8, 0, 'succeeded', {until}), ('user', 4, 'f', 16, 0, 'succeeded', {from});
         INSERT INTO tasks (user_id, title, is_completed, completed_at, deleted_at, created_at, updated_at) VALUES
           (1, 't', 1, {from}, NULL, 0, 0), (1, 't', 1, {last}, NULL, 0, 0), (1, 't', 1, {before}, NULL, 0, 0), (1, 't', 1, {until}, NULL, 0, 0),
           (1, 't', 1, {from}, {last}, 0, 0), (1, 't', 0, NULL, NULL, 0, 0), (2, 't', 1, {last}, NULL, 0, 0), (4, 't', 1, {from}, NULL, 0, 0);"
    ))
    .await;
    desk
}

async fn row(desk: &Desk, group: i64) -> Value {
    let sql = format!(
        "SELECT json_array(month, json(members), tasks_completed, tokens_consumed, pictures_made, payments, payments_yen) FROM monthly_reports WHERE group_id = {group}"
    );
    serde_json::from_str(&desk.one::<String>(&sql).await).unwrap()
}

#[tokio::test]
async fn a_report_counts_what_was_in_the_month_and_nothing_beside_it() {
    let desk = december().await;
    let dry = desk.types(&format!("{MAKE} --dry-run")).await;
    assert_eq!((numbers(&dry, ["due", "made"]), dry.lines[0].as_str()), ([2, 0], "2 reports on 2025-12 would be made"));
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM monthly_reports").await, 0);
    assert_eq!(numbers(&desk.types(MAKE).await, ["due", "made"]), [2, 2]);
    let members = json!([
        { "user": 1, "tasks_completed": 2, "tokens_consumed": 15, "pictures_made": 2 },
        { "user": 2, "tasks_completed": 1, "tokens_consumed": 7, "pictures_made": 0 }
    ]);
    assert_eq!(row(&desk, 1).await, json!(["2025-12", members, 3, 22, 2, 2, 1280]));
    assert_eq!(row(&desk, 2).await, json!(["2025-12", [], 0, 0, 0, 0, 0]));
}

#[tokio::test]
async fn a_second_run_makes_no_second_report_and_changes_none() {
    let desk = december().await;
    desk.types(MAKE).await;
    let before = row(&desk, 1).await;
    desk.sql("UPDATE token_transactions SET amount = amount * 2").await;
    assert_eq!(numbers(&desk.types(MAKE).await, ["due", "made"]), [0, 0]);
    assert_eq!(row(&desk, 1).await, before);
    let other = desk.types(&format!("{MAKE} --month 2025-11")).await;
    assert_eq!((numbers(&other, ["made"]), &other.object["month"]), ([1], &json!("2025-11")));
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM monthly_reports").await, 3);
}

#[tokio::test]
async fn two_at_once_make_each_report_once() {
    let desk = Desk::at("2026-03-31T03:00:00Z").await;
    desk.sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 350) INSERT INTO groups (id, name) SELECT i, 'g' FROM n",
    )
    .await;
    assert_eq!(desk.both(MAKE, "made").await, 350);
    assert_eq!(
        desk.one::<i64>("SELECT count(DISTINCT group_id) FROM monthly_reports WHERE month = '2026-02'").await,
        350
    );
}

#[tokio::test]
async fn a_month_that_is_not_over_is_refused() {
    let desk = Desk::at("2026-03-31T03:00:00Z").await;
    for month in ["2026-03", "2026-04", "9999-12"] {
        let error = desk.carries_out(&format!("{MAKE} --month {month}")).await.unwrap_err().to_string();
        assert_eq!(error, format!("report on {month}: it is not over; allowed are months to 2026-02"));
    }
}
