//! `users delete-inactive`.

use std::collections::BTreeMap;

use myteacher::files::Files;
use serde_json::json;

use super::desk::{DAY, Desk, numbers};

const NOW: &str = "2025-12-01T16:00:00Z";
const DELETE: &str = "users delete-inactive";

/// A user who left, with an avatar, a picture, a balance, a word that another user received, and a payment.
async fn left(desk: &Desk, id: i64, deleted_at: i64) {
    desk.sql(&format!(
        "INSERT INTO users (id, name, deleted_at) VALUES ({id}, 'user {id}', {deleted_at});
         INSERT INTO teacher_avatars (id, user_id, look, generation_status, run, job, estimated_token_usage, created_at, updated_at)
           VALUES ({id}, {id}, '{{}}', 'completed', 'r{id}', 'j', 1, 0, 0);
         INSERT INTO avatar_images (teacher_avatar_id, image_type, expression_type, run, path, bytes, created_at)
           VALUES ({id}, 'bust', 'sad', 'r{id}', 'avatars/{id}/{id}/r{id}/bust_sad.png', 3, 0);
         INSERT INTO token_balances (user_id, paid_balance) VALUES ({id}, 12);
         INSERT INTO notification_templates (id, sender_id, type, priority, title, message, created_at) VALUES ({id}, {id}, 't', 'info', 'x', 'y', 0);
         INSERT INTO user_notifications (user_id, notification_template_id) VALUES (1000, {id});
         INSERT INTO payment_histories (payable_type, payable_id, stripe_payment_intent_id, amount, status, created_at)
           VALUES ('user', {id}, 'pi_{id}', 980, 'succeeded', 0);"
    ))
    .await;
    let at = format!("avatars/{id}/{id}/r{id}/bust_sad.png");
    pictures(desk).put(&at, format!("png {id}").into_bytes()).await.unwrap();
}

fn pictures(desk: &Desk) -> Files {
    Files::open(desk.folder.path().join("pictures").to_str().unwrap()).unwrap()
}

async fn desk() -> Desk {
    let desk = Desk::at(NOW).await;
    desk.sql("INSERT INTO users (id, name) VALUES (1000, 'stays')").await;
    desk
}

#[tokio::test]
async fn ninety_days_after_they_left_to_the_millisecond() {
    let desk = desk().await;
    let end = desk.now() - 90 * DAY;
    left(&desk, 1, end).await;
    left(&desk, 2, end + 1).await;
    let dry = desk.types("users delete-inactive --dry-run").await;
    assert_eq!((numbers(&dry, ["due", "deleted"]), desk.exported().len()), ([1, 0], 0));
    assert_eq!(dry.lines, ["1 user would be written away and deleted"]);
    let done = desk.types(DELETE).await;
    assert_eq!(numbers(&done, ["due", "deleted", "rows", "pictures"]), [1, 1, 6, 1]);
    assert_eq!(desk.all("SELECT id FROM users ORDER BY id").await, "2 1000");
    assert_eq!(numbers(&desk.types(DELETE).await, ["due", "deleted", "pictures"]), [0, 0, 0]);
    assert_eq!(numbers(&desk.types("users delete-inactive --days 89").await, ["deleted"]), [1]);
}

#[tokio::test]
async fn all_of_it_goes_and_all_of_it_is_in_the_export_but_payments_stay() {
    let desk = desk().await;
    left(&desk, 1, 0).await;
    left(&desk, 2, desk.now()).await;
    let done = desk.types(DELETE).await;
    let mut tables = BTreeMap::<String, usize>::new();
    let lines = desk.exported();
    for line in &lines {
        *tables.entry(line["table"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let wanted =
        ["avatar_images", "notification_templates", "teacher_avatars", "token_balances", "user_notifications", "users"];
    assert_eq!(tables, wanted.map(|table| (table.to_owned(), 1)).into());
    let user = lines.iter().find(|line| line["table"] == "users").unwrap();
    assert_eq!((&user["row"]["name"], &user["row"]["deleted_at"]), (&json!("user 1"), &json!(0)));
    assert!(done.object["export"].as_str().unwrap().contains("inactive-users-20251201T160000Z-"), "{done:?}");

    let at = "avatars/1/1/r1/bust_sad.png";
    assert_eq!(pictures(&desk).get(at).await.unwrap(), None);
    let copies = Files::open(desk.exports().to_str().unwrap()).unwrap();
    assert_eq!(copies.get(at).await.unwrap(), Some(b"png 1".to_vec()));
    assert!(pictures(&desk).has("avatars/2/2/r2/bust_sad.png").await.unwrap(), "another user's is not touched");
    assert_eq!(
        desk.all("SELECT payable_id FROM payment_histories ORDER BY id").await,
        "1 2",
        "the law wants them kept"
    );
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM user_notifications").await, 1);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM doomed_pictures").await, 0);
}

#[tokio::test]
async fn whose_avatar_is_being_made_is_left_to_the_next_run() {
    let desk = desk().await;
    left(&desk, 1, 0).await;
    desk.sql("UPDATE teacher_avatars SET generation_status = 'generating'").await;
    assert_eq!(numbers(&desk.types(DELETE).await, ["due", "deleted"]), [0, 0]);
    desk.sql("UPDATE teacher_avatars SET generation_status = 'failed'").await;
    assert_eq!(numbers(&desk.types(DELETE).await, ["due", "deleted"]), [1, 1]);
}

#[tokio::test]
async fn one_that_cannot_go_keeps_no_other_and_is_told() {
    let desk = desk().await;
    for id in 1..=3 {
        left(&desk, id, 0).await;
    }
    desk.sql(
        "CREATE TRIGGER broken BEFORE DELETE ON users WHEN old.id = 2 BEGIN SELECT RAISE(ABORT, 'the disk broke'); END",
    )
    .await;
    let report = desk.carries_out(DELETE).await.unwrap();
    assert_eq!((report.exit, numbers(&report, ["due", "deleted", "pictures"])), (1, [3, 2, 2]));
    let failure = report.object["failures"][0].as_str().unwrap();
    assert!(failure.starts_with("delete user 2: ") && failure.contains("the disk broke"), "{failure}");
    assert!(report.lines.last().unwrap().starts_with("could not delete user 2: "), "{report:?}");
    assert!(pictures(&desk).has("avatars/2/2/r2/bust_sad.png").await.unwrap(), "its pictures are there too");
    assert_eq!(desk.all("SELECT id FROM users ORDER BY id").await, "2 1000");
    desk.sql("DROP TRIGGER broken").await;
    assert_eq!(numbers(&desk.types(DELETE).await, ["deleted", "pictures"]), [1, 1]);
}

/// As a crash leaves it that came after the rows were gone and before the pictures were.
#[tokio::test]
async fn pictures_that_an_earlier_run_left_go_with_the_next_one() {
    let desk = desk().await;
    pictures(&desk).put("avatars/5/1/r/bust_sad.png", b"x".to_vec()).await.unwrap();
    pictures(&desk).put("avatars/5/1/s/bust_sad.png", b"x".to_vec()).await.unwrap(); // a new user of the same number
    desk.sql("INSERT INTO doomed_pictures (path, since) VALUES ('avatars/5/1/r/bust_sad.png', 0)").await;
    assert_eq!(numbers(&desk.types(DELETE).await, ["deleted", "pictures"]), [0, 1]);
    assert_eq!(pictures(&desk).of_user(5).await.unwrap(), ["avatars/5/1/s/bust_sad.png"]);
    assert_eq!(pictures(&desk).of_user(55).await.unwrap(), Vec::<String>::new());
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM doomed_pictures").await, 0);
}

#[tokio::test]
async fn two_at_once_delete_each_user_once() {
    let desk = desk().await;
    for id in 1..=8 {
        left(&desk, id, 0).await;
    }
    assert_eq!(desk.both(DELETE, "deleted").await, 8);
    assert_eq!(desk.all("SELECT id FROM users").await, "1000");
}
