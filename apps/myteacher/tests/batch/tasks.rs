//! The tasks that are made: for whom, with what, by when; and what goes of the last time.

use super::desk::Desk;
use myteacher::batch::{Batch, Chance};

#[tokio::test]
async fn every_member_gets_a_task_with_all_that_was_planned() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    desk.plan(
        "daily 10:00",
        "description = 'with soap', reward = 30, requires_image = 1, due_duration_days = 1, due_duration_hours = 2",
    )
    .await;
    desk.run_at(&["2026-12-01T01:00:00Z"]).await;
    let sql = "SELECT user_id || ' ' || title || ' ' || description || ' ' || reward || requires_image || requires_approval || span
               || ' ' || due_date || ' ' || assigned_by_user_id FROM tasks ORDER BY user_id";
    let tail = "sweep with soap 30101 2026-12-02T12:00:00+09:00 1";
    assert_eq!(
        desk.texts(sql.into()).await,
        [2, 3, 4].map(|user| format!("{user} {tail}")),
        "who may edit the group gets none"
    );
    let groups = desk.texts("SELECT DISTINCT group_task_id FROM tasks".into()).await;
    assert_eq!((groups.len(), groups[0].len(), &groups[0][14..15]), (1, 36, "4"), "{groups:?}");
    let row: i64 = desk
        .one("SELECT created_count FROM scheduled_task_executions WHERE created_task_id = (SELECT min(id) FROM tasks)")
        .await;
    assert_eq!(row, 3);
}

#[tokio::test]
async fn a_due_date_is_counted_on_the_creators_calendar() {
    let desk = Desk::at("2026-10-31T12:00:00Z").await;
    // From Saturday 09:00 a day ends on Sunday 09:00, although it has 25 hours there; 24 hours end at 08:00.
    desk.plan_of(2, 20, "daily 09:00", "title = 'days', due_duration_days = 1").await;
    desk.plan_of(2, 20, "daily 09:00", "title = 'hours', due_duration_hours = 24").await;
    desk.plan_of(2, 20, "daily 09:00", "title = 'neither'").await;
    desk.run_at(&["2026-10-31T13:00:00Z"]).await;
    let due = desk.texts("SELECT title || ' ' || coalesce(due_date, '-') FROM tasks ORDER BY title".into()).await;
    assert_eq!(due, ["days 2026-11-01T09:00:00-05:00", "hours 2026-11-01T08:00:00-05:00", "neither -"]);
}

#[tokio::test]
async fn one_by_name_gets_it_alone_and_nobody_else_when_they_are_gone() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let id = desk.plan("daily 10:00", "assigned_user_id = 3").await;
    desk.run_at(&["2026-12-01T01:00:00Z"]).await;
    assert_eq!(desk.one::<String>("SELECT group_concat(user_id) FROM tasks").await, "3");
    desk.sql("DELETE FROM users WHERE id = 3").await;
    desk.set("2026-12-02T01:00:00Z");
    let done = desk.run().await;
    assert!(
        done.lines[0].errors[0].contains("user 3") && done.lines[0].errors[0].contains("somebody else"),
        "{done:?}"
    );
    assert_eq!(desk.rows(id).await[1], "Wed 2026-12-02 10:00 +09:00 failed");
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks").await, 0, "it is not everybody's now");
}

#[tokio::test]
async fn one_by_chance_is_a_member_the_same_for_the_same_seed_and_in_the_end_everybody() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    desk.plan("daily 10:00", "auto_assign = 1, missed = 'all:100'").await;
    desk.set("2026-12-31T01:00:00Z");
    desk.run().await;
    let picked =
        desk.one::<String>("SELECT group_concat(user_id, '') FROM (SELECT user_id FROM tasks ORDER BY id)").await;
    assert_eq!(picked.len(), 31);
    assert!(["2", "3", "4"].iter().all(|user| picked.contains(user)) && !picked.contains('1'), "{picked}");

    let again = Desk::at("2026-12-01T00:00:00Z").await;
    again.plan("daily 10:00", "auto_assign = 1, missed = 'all:100'").await;
    again.set("2026-12-31T01:00:00Z");
    again.run().await;
    let same =
        again.one::<String>("SELECT group_concat(user_id, '') FROM (SELECT user_id FROM tasks ORDER BY id)").await;
    assert_eq!(same, picked);

    let other = Desk::at("2026-12-01T00:00:00Z").await;
    other.plan("daily 10:00", "auto_assign = 1, missed = 'all:100'").await;
    other.set("2026-12-31T01:00:00Z");
    Batch { tables: other.tables.clone(), chance: Chance::seeded(8) }.execute().await.unwrap();
    let differs =
        other.one::<String>("SELECT group_concat(user_id, '') FROM (SELECT user_id FROM tasks ORDER BY id)").await;
    assert_ne!(differs, picked);
}

#[tokio::test]
async fn c11_what_is_not_done_of_the_whole_last_group_goes_and_nothing_else() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let (id, other) =
        (desk.plan("daily 10:00", "").await, desk.plan("daily 10:00", "delete_incomplete_previous = 0").await);
    desk.run_at(&["2026-12-01T01:00:00Z"]).await;
    assert_eq!(desk.sql("UPDATE tasks SET is_completed = 1 WHERE user_id = 4").await, 2);
    desk.run_at(&["2026-12-02T01:00:00Z"]).await;
    let left = |id: i64| {
        format!(
            "SELECT count(*) FROM tasks t JOIN scheduled_task_executions e ON e.group_task_id = t.group_task_id
                 WHERE e.scheduled_task_id = {id} AND t.deleted_at IS NULL AND t.is_completed = 0"
        )
    };
    assert_eq!(desk.one::<i64>(&left(id)).await, 3, "only the new ones are open");
    assert_eq!(desk.one::<i64>(&left(other)).await, 2 + 3, "where the last ones stay, they stay");
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks WHERE is_completed = 1 AND deleted_at IS NULL").await, 2);
    let row = format!(
        "SELECT deleted_count || ' ' || (deleted_task_id IS NOT NULL) FROM scheduled_task_executions
                       WHERE scheduled_task_id = {id} ORDER BY due_at DESC LIMIT 1"
    );
    assert_eq!(desk.one::<String>(&row).await, "2 1");
}

#[tokio::test]
async fn c11_seven_runs_leave_no_orphans() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    desk.plan("daily 10:00 | daily 18:00", "").await;
    for day in 1..=7 {
        desk.run_at(&[&format!("2026-12-0{day}T01:00:00Z"), &format!("2026-12-0{day}T09:00:00Z")]).await;
    }
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks WHERE deleted_at IS NULL").await, 3);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks").await, 14 * 3);
}

#[tokio::test]
async fn d18_the_last_ones_go_only_if_there_are_new_ones() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    desk.plan("daily 10:00", "").await;
    desk.run_at(&["2026-12-01T01:00:00Z"]).await;
    // The third of the new ones cannot be made.
    desk.sql(
        "CREATE TRIGGER broken BEFORE INSERT ON tasks WHEN new.user_id = 4 BEGIN SELECT raise(ABORT, 'no room'); END",
    )
    .await;
    desk.set("2026-12-02T01:00:00Z");
    assert_eq!(desk.run().await.lines[0].failed, 1);
    assert_eq!(
        desk.one::<i64>("SELECT count(*) FROM tasks WHERE deleted_at IS NULL").await,
        3,
        "the old ones are there"
    );
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks").await, 3, "and no part of the new ones");
}

#[tokio::test]
async fn tags_are_found_or_made_for_each_owner() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let id = desk.plan("daily 10:00", "").await;
    desk.sql(&format!(
        "INSERT INTO scheduled_task_tags (scheduled_task_id, tag_name) VALUES ({id}, 'room'), ({id}, '庭')"
    ))
    .await;
    desk.sql("INSERT INTO tags (id, user_id, name, created_at) VALUES (99, 2, 'room', 0), (100, 1, '庭', 0)").await;
    desk.run_at(&["2026-12-01T01:00:00Z", "2026-12-02T01:00:00Z"]).await;
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tags WHERE user_id IN (2, 3, 4)").await, 6, "made once for each");
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM task_tag").await, 2 * 3 * 2);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM task_tag WHERE tag_id = 99").await, 2, "what was there is used");
    let wrong = "SELECT count(*) FROM task_tag x JOIN tags g ON g.id = x.tag_id JOIN tasks t ON t.id = x.task_id WHERE g.user_id <> t.user_id";
    assert_eq!(desk.one::<i64>(wrong).await, 0);
}
