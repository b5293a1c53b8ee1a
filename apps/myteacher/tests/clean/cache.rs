//! `cache clear`.

use super::desk::{Desk, numbers};

async fn desk() -> Desk {
    let desk = Desk::at("2025-12-01T18:00:00Z").await;
    let now = desk.now();
    desk.sql(&format!(
        "INSERT INTO cache (key, tag, value, expires_at) VALUES
           ('over', NULL, 'x', {now}), ('not yet', NULL, 'x', {now} + 1), ('never', NULL, 'x', NULL),
           ('shown', 'dashboard', 'x', NULL), ('shown later', 'dashboard', 'x', {now} + 1), ('other', 'avatar', 'x', {now} + 1)"
    ))
    .await;
    desk
}

#[tokio::test]
async fn what_has_expired_goes_and_so_does_the_tag() {
    let desk = desk().await;
    assert_eq!(numbers(&desk.types("cache clear --dry-run").await, ["due", "deleted"]), [3, 0]);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM cache").await, 6);
    assert_eq!(numbers(&desk.types("cache clear").await, ["due", "deleted"]), [3, 3]);
    assert_eq!(desk.all("SELECT key FROM cache ORDER BY key").await, "never not yet other");
    assert_eq!(numbers(&desk.types("cache clear").await, ["deleted"]), [0]);
    desk.is_at(desk.now() + 1);
    assert_eq!(numbers(&desk.types("cache clear").await, ["deleted"]), [2], "a millisecond later");
}

#[tokio::test]
async fn the_tag_is_the_one_that_was_typed_and_two_at_once_count_each_once() {
    let desk = desk().await;
    assert_eq!(desk.both("cache clear --tag avatar", "deleted").await, 2);
    assert_eq!(desk.all("SELECT key FROM cache WHERE tag IS NOT NULL ORDER BY key").await, "shown shown later");
}
