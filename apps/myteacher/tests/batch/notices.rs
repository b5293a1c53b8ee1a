//! Owners are told after the commit, by the creator; what cannot be told takes nothing back.

use super::desk::Desk;

#[tokio::test]
async fn c10_the_creator_is_the_sender_and_nobody_needs_to_be_logged_in() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    desk.plan("daily 10:00", "title = 'そうじ'").await;
    desk.run_at(&["2026-12-01T01:00:00Z"]).await;
    let sql = "SELECT u.user_id || ' ' || t.sender_id || ' ' || t.type || ' ' || t.priority || ' ' || t.message
               FROM user_notifications u JOIN notification_templates t ON t.id = u.notification_template_id ORDER BY u.user_id";
    let child = "1 group_task_created important 「そうじ」にちょうせんしてみよう！";
    let adult = "1 group_task_created important グループタスク「そうじ」が割り当てられました。";
    assert_eq!(desk.texts(sql.into()).await, [format!("2 {child}"), format!("3 {child}"), format!("4 {adult}")]);
    let days: i64 = desk.one("SELECT (expire_at - created_at) / 86400000 FROM notification_templates LIMIT 1").await;
    assert_eq!(days, 30);
}

#[tokio::test]
async fn c10_a_notification_that_fails_is_a_warning_takes_nothing_back_and_is_tried_again() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let id = desk.plan("daily 10:00", "").await;
    desk.sql("CREATE TRIGGER mute BEFORE INSERT ON user_notifications WHEN new.user_id = 3 BEGIN SELECT raise(ABORT, 'no post'); END").await;
    desk.set("2026-12-01T01:00:00Z");
    let report = desk.types("batch execute-scheduled-tasks").await;
    assert_eq!((report.exit, &report.object["told"], &report.object["failed"]), (0, &2.into(), &0.into()));
    let warnings = report.object["warnings"].as_array().unwrap();
    assert!(warnings.len() == 1 && warnings[0].as_str().unwrap().contains("no post"), "{report:?}");
    assert!(report.lines.last().unwrap().starts_with("executed with 1 warning"), "{report:?}");
    assert_eq!(desk.rows(id).await, ["Tue 2026-12-01 10:00 +09:00 success"]);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks WHERE deleted_at IS NULL").await, 3);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM notification_templates").await, 2, "no half of the third is left");
    desk.sql("DROP TRIGGER mute").await;
    let report = desk.types("batch execute-scheduled-tasks").await;
    assert_eq!((&report.object["told"], &report.object["warnings"].as_array().unwrap().len()), (&1.into(), &0));
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM user_notifications").await, 3);
}

#[tokio::test]
async fn a_notification_that_never_works_is_given_up_in_words_and_not_in_silence() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    desk.plan("daily 10:00", "assigned_user_id = 3").await;
    desk.sql("CREATE TRIGGER mute BEFORE INSERT ON user_notifications BEGIN SELECT raise(ABORT, 'no post'); END").await;
    desk.set("2026-12-01T01:00:00Z");
    for _ in 0..10 {
        assert!(desk.run().await.warnings[0].contains("could not be told"));
    }
    let after = desk.run().await.warnings;
    assert!(after.len() == 1 && after[0].contains("given up") && after[0].contains("no post"), "{after:?}");
}

#[tokio::test]
async fn a_task_that_is_gone_before_its_owner_heard_of_it_is_no_news() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    desk.plan("daily 10:00 | daily 10:05", "missed = 'all:9'").await;
    desk.set("2026-12-01T01:10:00Z");
    let done = desk.run().await;
    assert_eq!((done.lines[0].success, done.lines[0].deleted, done.told), (2, 3, 3));
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM task_notices").await, 0);
}
