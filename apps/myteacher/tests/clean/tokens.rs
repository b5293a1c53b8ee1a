//! `tokens reset-free`.

use myteacher::token::{self, Balance};

use super::desk::{Desk, numbers};

const RESET: &str = "tokens reset-free --amount 1000";

async fn user(desk: &Desk, id: i64, free: i64, paid: i64) {
    desk.sql(&format!(
        "INSERT INTO users (id, name) VALUES ({id}, 'u');
         INSERT INTO token_balances (user_id, free_balance, paid_balance, monthly_consumed, free_reset_month)
           VALUES ({id}, {free}, {paid}, 77, '2025-11')"
    ))
    .await;
}

async fn balance(desk: &Desk, id: i64) -> Balance {
    desk.tables.read(move |db| Ok(token::balance(db, id)?)).await.unwrap()
}

async fn spends(desk: &Desk, id: i64, cost: i64, run: String) {
    let now = desk.now();
    desk.tables.write(move |db| Ok(token::charge(db, id, &run, cost, now)?)).await.unwrap();
}

/// The command that the old schedule named, and that was defined nowhere.
#[tokio::test]
async fn c22_free_tokens_are_reset_to_the_monthly_amount_and_paid_ones_stay() {
    let desk = Desk::at("2025-11-30T15:00:00Z").await; // 1 December in Tokyo
    user(&desk, 1, 13, 500).await;
    user(&desk, 2, 5_000, 0).await;
    let dry = desk.types("tokens reset-free --amount 1000 --dry-run").await;
    assert_eq!((numbers(&dry, ["due", "reset"]), &dry.object["month"]), ([2, 0], &"2025-12".into()));
    assert_eq!(balance(&desk, 1).await.free, 13);
    let done = desk.types(RESET).await;
    assert_eq!(done.lines, ["2 free balances were set to 1000 for 2025-12"]);
    assert_eq!(balance(&desk, 1).await, Balance { free: 1_000, paid: 500, held: 0 });
    assert_eq!(balance(&desk, 2).await, Balance { free: 1_000, paid: 0, held: 0 }, "what was left over is gone");
    assert_eq!(desk.one::<i64>("SELECT sum(monthly_consumed) FROM token_balances").await, 0);
    let noted =
        "SELECT amount || ':' || free_part || ':' || balance_after FROM token_transactions WHERE type = 'free_reset'";
    assert_eq!(desk.all(noted).await, "987:987:1500 -4000:-4000:1000");
    assert_eq!(numbers(&desk.types(RESET).await, ["due", "reset"]), [0, 0], "once a month");
}

#[tokio::test]
async fn a_month_is_one_in_tokyo_whatever_the_day() {
    let desk = Desk::at("2025-11-30T14:59:59.999Z").await;
    user(&desk, 1, 0, 0).await;
    let mut resets = Vec::new();
    for time in [
        "2025-11-30T14:59:59.999Z", // still November
        "2025-11-30T15:00:00Z",
        "2025-12-31T14:59:59.999Z", // the 31st
        "2025-12-31T15:00:00Z",     // January
        "2026-01-31T14:00:00Z",     // the 31st
        "2026-01-31T15:00:00Z",
        "2026-03-30T20:00:00Z", // the 31st of March: February's run is one, and so is March's
        "2026-03-31T14:59:00Z",
        "2026-03-31T15:00:00Z",
    ] {
        desk.is(time);
        let done = desk.types(RESET).await;
        resets.push(format!("{} {}", done.object["month"].as_str().unwrap(), done.object["reset"]));
    }
    let wanted = [
        "2025-11 0",
        "2025-12 1",
        "2025-12 0",
        "2026-01 1",
        "2026-01 0",
        "2026-02 1",
        "2026-03 1",
        "2026-03 0",
        "2026-04 1",
    ];
    assert_eq!(resets, wanted);
}

#[tokio::test]
async fn two_at_once_reset_each_balance_once() {
    let desk = Desk::at("2025-12-01T00:00:00Z").await;
    desk.sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2300)
         INSERT INTO users (id, name) SELECT i, 'u' FROM n;
         INSERT INTO token_balances (user_id) SELECT id FROM users",
    )
    .await;
    assert_eq!(desk.both(RESET, "reset").await, 2_300);
    let noted = "SELECT count(*) || ':' || count(DISTINCT user_id) || ':' || sum(amount) FROM token_transactions";
    assert_eq!(desk.one::<String>(noted).await, "2300:2300:2300000");
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM token_balances WHERE free_balance = 1000").await, 2_300);
}

/// Every mix of what was left over, what was paid for and what was spent in the three days: late is as in time.
#[tokio::test]
async fn a_run_that_comes_three_days_late_leaves_what_one_in_time_would_have() {
    let (late, timely) = (Desk::at("2025-12-01T00:00:00Z").await, Desk::at("2025-12-01T00:00:00Z").await);
    let mut id = 0;
    for free in [0, 300, 1_000] {
        for paid in [0, 400, 3_000] {
            for spent in [0, 100, 700, 900, 1_400, 2_500] {
                if spent <= free + paid {
                    id += 1;
                    user(&late, id, free, paid).await;
                    user(&timely, id, free, paid).await;
                    spends_twice(&late, id, spent).await;
                }
            }
        }
    }
    assert!(id > 25, "there are enough of them");
    timely.types(RESET).await;
    late.is("2025-12-03T15:00:00Z");
    late.types(RESET).await;
    for id in 1..=id {
        let spent: i64 = late.one(&format!("SELECT monthly_consumed FROM token_balances WHERE user_id = {id}")).await;
        spends_twice(&timely, id, spent).await;
        assert_eq!(balance(&late, id).await, balance(&timely, id).await, "user {id}, who spent {spent}");
    }
    let consumed = "SELECT group_concat(monthly_consumed) FROM (SELECT * FROM token_balances ORDER BY user_id)";
    assert_eq!(late.one::<String>(consumed).await, timely.one::<String>(consumed).await);
}

/// In two parts, as it happens.
async fn spends_twice(desk: &Desk, id: i64, cost: i64) {
    if cost > 0 {
        spends(desk, id, cost / 3, format!("{id}-a")).await;
        spends(desk, id, cost - cost / 3, format!("{id}-b")).await;
    }
}

#[tokio::test]
async fn a_late_run_takes_no_paid_tokens_and_what_was_given_this_month_stays() {
    let desk = Desk::at("2025-12-02T00:00:00Z").await;
    user(&desk, 1, 5_000, 10).await; // more was left over than the month has
    spends(&desk, 1, 4_000, "a".into()).await;
    user(&desk, 2, 0, 0).await;
    let now = desk.now();
    desk.tables.write(move |db| Ok(token::grant(db, 2, 50, 7, "given by an operator", now)?)).await.unwrap();
    desk.types(RESET).await;
    assert_eq!(balance(&desk, 1).await, Balance { free: 0, paid: 10, held: 0 });
    assert_eq!(balance(&desk, 2).await, Balance { free: 1_050, paid: 7, held: 0 });
}

#[tokio::test]
async fn what_is_held_stays_covered_and_can_be_charged() {
    let desk = Desk::at("2025-12-01T00:00:00Z").await;
    user(&desk, 1, 6_000, 100).await;
    desk.tables.write(|db| Ok(token::hold(db, 1, "run", 6_054, 0)?)).await.unwrap().unwrap();
    desk.types(RESET).await;
    assert_eq!(balance(&desk, 1).await, Balance { free: 5_954, paid: 100, held: 6_054 });
    spends(&desk, 1, 6_054, "run".into()).await;
    assert_eq!(balance(&desk, 1).await, Balance { free: 0, paid: 0, held: 0 });
}

#[tokio::test]
async fn everybody_who_is_there_has_a_balance_then_whatever_the_mode_and_nobody_who_left() {
    let desk = Desk::at("2025-12-01T00:00:00Z").await;
    desk.sql(
        "INSERT INTO groups (id, name) VALUES (1, 'g');
         INSERT INTO users (id, name, group_id, token_mode, deleted_at) VALUES
           (1, 'never had any', NULL, 'individual', NULL), (2, 'left', NULL, 'individual', 5), (3, 'g', 1, 'group', NULL)",
    )
    .await;
    assert_eq!(numbers(&desk.types(RESET).await, ["due", "reset"]), [2, 2]);
    assert_eq!(desk.all("SELECT user_id FROM token_balances WHERE free_balance = 1000 ORDER BY 1").await, "1 3");
}

#[tokio::test]
async fn months_that_were_missed_are_one_reset() {
    let desk = Desk::at("2025-12-01T00:00:00Z").await;
    user(&desk, 1, 0, 0).await;
    desk.is("2026-05-04T00:00:00Z");
    assert_eq!(numbers(&desk.types(RESET).await, ["reset"]), [1]);
    assert_eq!(balance(&desk, 1).await.free, 1_000);
}
