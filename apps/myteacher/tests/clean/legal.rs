//! `legal delete-unconsented-minors`.

use super::desk::{DAY, Desk, numbers};

/// 28 February 2026 in Tokyo, 01:00.
const NOW: &str = "2026-02-27T16:00:00Z";
const DELETE: &str = "legal delete-unconsented-minors --yes";

async fn minor(desk: &Desk, id: i64, born: &str, asked_at: Option<i64>, consented_at: Option<i64>) {
    let or_null = |at: Option<i64>| at.map_or("NULL".to_owned(), |at| at.to_string());
    let (asked_at, consented_at) = (or_null(asked_at), or_null(consented_at));
    let born = if born.is_empty() { "NULL".to_owned() } else { format!("'{born}'") };
    desk.sql(&format!(
        "INSERT INTO users (id, name, birth_date, parent_consent_asked_at, parent_consented_at)
         VALUES ({id}, 'u', {born}, {asked_at}, {consented_at})"
    ))
    .await;
}

async fn who(desk: &Desk) -> String {
    desk.all("SELECT id FROM users ORDER BY id").await
}

/// The old command asked a terminal that was not there, and ended well with nobody deleted; and `--days` did nothing.
#[tokio::test]
async fn c22_a_minor_whose_parent_did_not_consent_in_time_is_deleted_to_the_millisecond() {
    let desk = Desk::at(NOW).await;
    let end = desk.now() - 30 * DAY;
    minor(&desk, 1, "2015-05-05", Some(end), None).await;
    minor(&desk, 2, "2015-05-05", Some(end + 1), None).await;
    minor(&desk, 3, "2015-05-05", Some(0), Some(desk.now())).await;
    minor(&desk, 4, "2015-05-05", None, None).await; // nobody need be asked
    minor(&desk, 5, "", Some(0), None).await; // nobody knows how old
    let dry = desk.types("legal delete-unconsented-minors --dry-run").await;
    assert_eq!((numbers(&dry, ["due", "deleted"]), who(&desk).await.as_str()), ([1, 0], "1 2 3 4 5"));
    assert_eq!(dry.lines, ["1 minor without a parent's consent would be written away and deleted"]);
    let done = desk.types(DELETE).await;
    assert_eq!((numbers(&done, ["due", "deleted"]), who(&desk).await.as_str()), ([1, 1], "2 3 4 5"));
    let lines = desk.exported();
    assert_eq!((lines.len(), &lines[0]["row"]["birth_date"]), (1, &"2015-05-05".into()));
    assert!(done.object["export"].as_str().unwrap().contains("unconsented-minors-"), "{done:?}");
    assert_eq!(numbers(&desk.types(&format!("{DELETE} --days 29")).await, ["deleted"]), [1], "--days is what counts");
    assert_eq!(numbers(&desk.types(DELETE).await, ["due", "deleted"]), [0, 0]);
}

#[tokio::test]
async fn who_has_come_of_age_meanwhile_stays() {
    let desk = Desk::at(NOW).await;
    minor(&desk, 1, "2008-02-28", Some(0), None).await; // 18 today
    minor(&desk, 2, "2008-02-29", Some(0), None).await; // tomorrow
    minor(&desk, 3, "2008-03-01", Some(0), None).await;
    minor(&desk, 4, "1970-01-01", Some(0), None).await;
    minor(&desk, 5, "2013-02-28", Some(0), None).await; // 13 today
    minor(&desk, 6, "2013-03-01", Some(0), None).await;
    let young = desk.types("legal delete-unconsented-minors --dry-run --of-age 13").await;
    assert_eq!(numbers(&young, ["due"]), [1]);
    desk.is("2026-02-27T14:59:59Z"); // still the 27th
    assert_eq!(numbers(&desk.types("legal delete-unconsented-minors --dry-run").await, ["due"]), [5]);
    desk.is(NOW);
    assert_eq!(numbers(&desk.types(DELETE).await, ["deleted"]), [4]);
    assert_eq!(who(&desk).await, "1 4");
}

#[tokio::test]
async fn two_at_once_delete_each_once() {
    let desk = Desk::at(NOW).await;
    for id in 1..=6 {
        minor(&desk, id, "2015-05-05", Some(0), None).await;
    }
    assert_eq!(desk.both(DELETE, "deleted").await, 6);
    assert_eq!(desk.exported().iter().map(|line| line["row"]["id"].as_i64().unwrap()).max(), Some(6));
}
