//! `payment clean-old-histories`.

use std::collections::BTreeSet;

use myteacher::{books, error::Error};
use serde_json::json;

use super::desk::{DAY, Desk, ms, numbers};

const NOW: &str = "2025-12-31T16:00:00Z"; // 1 January in Tokyo
const YES: &str = "payment clean-old-histories --yes";

/// A payment that nothing keeps, but for what is said otherwise.
struct Paid {
    id: i64,
    status: &'static str,
    refund: Option<&'static str>,
    created_at: i64,
    refunded_at: Option<i64>,
    deleted_at: Option<i64>,
}

impl Paid {
    fn free(id: i64) -> Paid {
        let (created_at, deleted_at) = (ms("2010-01-01T00:00:00Z"), Some(ms("2011-01-01T00:00:00Z")));
        Paid { id, status: "succeeded", refund: None, created_at, refunded_at: None, deleted_at }
    }

    async fn put(&self, desk: &Desk) {
        let or_null = |at: Option<i64>| at.map_or("NULL".to_owned(), |at| at.to_string());
        let refund = self.refund.map_or("NULL".to_owned(), |word| format!("'{word}'"));
        let (id, status, created_at) = (self.id, self.status, self.created_at);
        let (refunded_at, deleted_at) = (or_null(self.refunded_at), or_null(self.deleted_at));
        desk.sql(&format!(
            "INSERT INTO payment_histories (id, payable_type, payable_id, stripe_payment_intent_id, amount, status,
               refund_status, created_at, refunded_at, deleted_at)
             VALUES ({id}, 'user', 1, 'pi_{id}', 980, '{status}', {refund}, {created_at}, {refunded_at}, {deleted_at})"
        ))
        .await;
    }
}

async fn left(desk: &Desk) -> String {
    desk.all("SELECT id FROM payment_histories ORDER BY id").await
}

#[tokio::test]
async fn a_year_after_somebody_deleted_it_to_the_millisecond() {
    let desk = Desk::at(NOW).await;
    let end = desk.now() - 365 * DAY;
    for (id, deleted_at) in [(1, Some(end)), (2, Some(end + 1)), (3, None)] {
        Paid { deleted_at, ..Paid::free(id) }.put(&desk).await;
    }
    assert_eq!(numbers(&desk.types("payment clean-old-histories --dry-run").await, ["due", "deleted"]), [1, 0]);
    assert_eq!(left(&desk).await, "1 2 3");
    assert_eq!(desk.exported(), Vec::<serde_json::Value>::new(), "a dry run writes nothing away");
    assert_eq!(numbers(&desk.types(YES).await, ["due", "deleted"]), [1, 1]);
    assert_eq!(left(&desk).await, "2 3");
    let later = desk.types("payment clean-old-histories --yes --days 364").await;
    assert_eq!(numbers(&later, ["deleted"]), [1]);
    assert_eq!(left(&desk).await, "3", "what nobody deleted stays for ever");
}

#[tokio::test]
async fn what_is_open_stays_and_is_counted() {
    let desk = Desk::at(NOW).await;
    for (id, status, refund) in [
        (1, "pending", None),
        (2, "succeeded", Some("open")),
        (3, "succeeded", Some("refused")),
        (4, "refunded", Some("done")),
        (5, "failed", None),
    ] {
        Paid { status, refund, ..Paid::free(id) }.put(&desk).await;
    }
    let done = desk.types(YES).await;
    assert_eq!(numbers(&done, ["due", "deleted", "kept_open", "kept_by_law"]), [3, 3, 2, 0]);
    assert_eq!(left(&desk).await, "1 2");
    assert_eq!(done.lines[1], "kept: 2 open, 0 by law");
}

/// On 1 January 2026 the business year to March 2018 is free (its return was due at the end of May 2018).
#[tokio::test]
async fn where_money_moved_the_legal_period_counts_to_the_millisecond() {
    let desk = Desk::at(NOW).await;
    let from = ms("2018-03-31T15:00:00Z"); // 1 April 2018 in Tokyo
    assert_eq!(books::kept_from(desk.now(), 7, 3).unwrap(), from);
    for (id, status, created_at, refunded_at) in [
        (1, "succeeded", from - 1, None),
        (2, "succeeded", from, None),
        (3, "refunded", from - DAY, Some(from - 1)),
        (4, "refunded", from - DAY, Some(from)), // the refund is in the books of the next year
        (5, "failed", from + DAY, None),         // no money moved
    ] {
        Paid { status, created_at, refunded_at, ..Paid::free(id) }.put(&desk).await;
    }
    assert_eq!(numbers(&desk.types(YES).await, ["deleted", "kept_by_law"]), [3, 2]);
    assert_eq!(left(&desk).await, "2 4");
    // A company whose year ends in December, and keeps ten years, and one that keeps none.
    let ten = desk.types("payment clean-old-histories --yes --keep-years 10 --year-ends 12").await;
    assert_eq!(numbers(&ten, ["deleted", "kept_by_law"]), [0, 2]);
    let none = desk.types("payment clean-old-histories --yes --keep-years 0").await;
    assert_eq!(numbers(&none, ["deleted", "kept_by_law"]), [2, 0]);
}

#[tokio::test]
async fn every_row_that_goes_is_in_the_export_as_it_was() {
    let desk = Desk::at(NOW).await;
    for id in 1..=3 {
        Paid { refund: Some("refused"), ..Paid::free(id) }.put(&desk).await;
    }
    let done = desk.types(YES).await;
    let lines = desk.exported();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["table"], "payment_histories");
    let row = &lines[1]["row"];
    assert_eq!((&row["id"], &row["amount"], &row["refund_status"]), (&json!(2), &json!(980), &json!("refused")));
    assert_eq!((&row["refunded_at"], &row["stripe_payment_intent_id"]), (&json!(null), &json!("pi_2")));
    let path = done.object["export"].as_str().unwrap();
    assert!(path.starts_with(desk.exports().to_str().unwrap()) && done.lines[2].contains(path), "{done:?}");
}

#[tokio::test]
async fn more_than_a_batch_goes_and_two_at_once_count_each_once() {
    let desk = Desk::at(NOW).await;
    desk.sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2300)
         INSERT INTO payment_histories (id, payable_type, payable_id, stripe_payment_intent_id, amount, status, created_at, deleted_at)
         SELECT i, 'group', 1, 'pi_' || i, i, 'succeeded', 0, 1 FROM n",
    )
    .await;
    assert_eq!(desk.both(YES, "deleted").await, 2_300);
    assert_eq!(left(&desk).await, "");
    let ids: BTreeSet<i64> = desk.exported().iter().map(|line| line["row"]["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, (1..=2_300).collect(), "each is in an export, and may be in both");
    assert_eq!(numbers(&desk.types(YES).await, ["due", "deleted"]), [0, 0]);
}

#[tokio::test]
async fn what_fails_between_export_and_deletion_leaves_both() {
    let desk = Desk::at(NOW).await;
    Paid::free(1).put(&desk).await;
    desk.sql(
        "CREATE TRIGGER broken BEFORE DELETE ON payment_histories BEGIN SELECT RAISE(ABORT, 'the disk broke'); END",
    )
    .await;
    let error = desk.carries_out(YES).await.unwrap_err();
    assert!(error.to_string().contains("the disk broke"), "{error}");
    assert_eq!((left(&desk).await.as_str(), desk.exported().len()), ("1", 1));
    desk.sql("DROP TRIGGER broken").await;
    assert_eq!(numbers(&desk.types(YES).await, ["deleted"]), [1]);
    assert_eq!((left(&desk).await.as_str(), desk.exported().len()), ("", 2), "into a file of its own");
}

#[tokio::test]
async fn what_cannot_be_written_away_is_not_deleted() {
    let desk = Desk::at(NOW).await;
    Paid::free(1).put(&desk).await;
    std::fs::write(desk.exports(), "a file where the folder should be").unwrap();
    let error = desk.carries_out(YES).await.unwrap_err();
    assert!(matches!(error, Error::Export(_)) && error.to_string().contains("payments-20251231T160000Z-"), "{error}");
    assert_eq!(left(&desk).await, "1");
}
