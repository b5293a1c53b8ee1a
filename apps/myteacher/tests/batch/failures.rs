//! What fails is its own failure: the rest goes on, it is told, and it is tried again.

use super::desk::{Desk, ms};
use fastrand::Rng;
use myteacher::batch::{Batch, Chance};

const SUCCESS: &str = "SELECT count(*) FROM scheduled_task_executions WHERE status = 'success'";

#[tokio::test]
async fn c7_one_bad_scheduled_task_of_whatever_kind_never_stops_the_rest() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    desk.sql("INSERT INTO groups (id, name) VALUES (3, 'empty')").await;
    desk.sql(
        "INSERT INTO users (id, name, timezone, group_id, group_edit_flg) VALUES
              (30, 'x', 'Mars/Phobos', 1, 1), (31, 'y', 'Asia/Tokyo', 3, 1), (32, 'gone', 'Asia/Tokyo', 1, 1)",
    )
    .await;
    desk.sql("UPDATE users SET deleted_at = 1 WHERE id = 32").await;
    desk.sql("CREATE TRIGGER broken BEFORE INSERT ON tasks WHEN new.title = 'boom' BEGIN SELECT raise(ABORT, 'no room'); END").await;
    let mut good = vec![desk.plan("daily 10:00", "").await];
    let mut bad = Vec::new();
    for (group, by, more, word) in [
        (1, 1, "schedules = 'null'", "at least one entry"),
        (1, 1, "schedules = '[{\"type\":\"daily\"}]'", "HH:MM"),
        (1, 1, "schedules = x'00' || '['", "read the schedules"),
        (1, 1, "month_end = 'x'", "month-end"),
        (1, 1, "missed = 'x'", "skip, last and all:N"),
        (1, 1, "start_date = '2026-02-30'", "a date that exists"),
        (1, 1, "end_date = 'never'", "a date that exists"),
        (1, 1, "end_date = '2019-01-01'", "first day"),
        (1, 30, "reward = 0", "Mars/Phobos"),
        (3, 31, "reward = 0", "no member"),
        (1, 32, "reward = 0", "user 32 is deleted"),
        (1, 1, "assigned_user_id = 20", "user 20"),
        (1, 1, "due_duration_days = -1", "0 to 365"),
        (1, 1, "due_duration_hours = 9223372036854775807", "0 to 8760"),
        (1, 1, "title = 'boom'", "no room"),
        (1, 1, "title = 'panics', auto_assign = 1", "panicked (out of luck)"),
    ] {
        bad.push((desk.plan_of(group, by, "daily 10:00", more).await, word));
        good.push(desk.plan("daily 10:00", "").await);
    }
    let panics = bad.last().unwrap().0;
    let chance = Chance::by(move |id, _| {
        assert!(id != panics, "out of luck");
        Rng::with_seed(1)
    });
    desk.set("2026-12-01T01:00:00Z");
    let done = Batch { tables: desk.tables.clone(), chance }.execute().await.unwrap();
    for id in &good {
        assert_eq!(desk.rows(*id).await, ["Tue 2026-12-01 10:00 +09:00 success"]);
    }
    for (id, word) in &bad {
        let line = done.lines.iter().find(|line| line.task == *id).unwrap();
        assert_eq!((line.failed, line.success, line.errors.len()), (1, 0, 1), "{line:?}");
        assert!(line.errors[0].contains(word), "{word}: {line:?}");
        let error = format!(
            "SELECT error_message FROM scheduled_task_executions WHERE scheduled_task_id = {id} AND status = 'failed'"
        );
        assert!(desk.one::<String>(&error).await.contains(word.trim_start_matches("panicked ")), "{word}");
    }
    assert_eq!(desk.one::<i64>("SELECT count(DISTINCT group_task_id) FROM tasks").await, good.len() as i64);
}

#[tokio::test]
async fn c7_a_scheduled_task_without_tags_is_made_without_tags() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let ids = [desk.plan("daily 10:00", "").await, desk.plan("daily 10:00", "description = NULL").await];
    desk.run_at(&["2026-12-01T01:00:00Z"]).await;
    for id in ids {
        assert_eq!(desk.rows(id).await, ["Tue 2026-12-01 10:00 +09:00 success"]);
    }
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM task_tag").await, 0);
}

#[tokio::test]
async fn d19_the_exit_code_and_the_last_line_never_lie() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    desk.plan("daily 10:00", "").await;
    let last = |report: &myteacher::report::Report| report.lines.last().unwrap().clone();
    desk.set("2026-12-01T01:00:00Z");
    let well = desk.types("batch execute-scheduled-tasks").await;
    assert_eq!(well.exit, 0);
    assert!(
        last(&well)
            .starts_with("executed successfully: 1 scheduled task; 1 due instant processed: 1 success, 0 failed"),
        "{well:?}"
    );
    assert_eq!((&well.object["processed"], &well.object["tasks"][0]["created"]), (&1.into(), &3.into()));

    desk.plan("daily 10:00", "title = 'bad', assigned_user_id = 20").await;
    desk.set("2026-12-02T01:00:00Z");
    let partly = desk.types("batch execute-scheduled-tasks").await;
    assert_eq!((partly.exit, &partly.object["success"], &partly.object["failed"]), (1, &1.into(), &1.into()));
    assert!(last(&partly).starts_with("completed with failures: "), "{partly:?}");
    assert!(!partly.lines.concat().contains("successfully"), "{partly:?}");
    assert!(
        partly.lines.iter().any(|line| line.starts_with("scheduled task 2: could not assign it to user 20")),
        "{partly:?}"
    );
    assert!(partly.lines[0].contains("PROCESSED") && partly.lines[0].contains("bad"), "{partly:?}");
}

#[tokio::test]
async fn d18_an_entry_without_a_time_is_told_at_every_run_written_down_once_and_makes_nothing() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let id = desk.plan("daily 10:00", "schedules = '[{\"type\":\"daily\",\"time\":\"\"}]'").await;
    for minute in 0..20 {
        desk.set(&format!("2026-12-01T00:{minute:02}:00Z"));
        assert_eq!(desk.run().await.lines[0].failed, 1);
    }
    assert_eq!(desk.rows(id).await, [" failed"], "one row for one fault");
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks").await, 0);
    // Mended: what came due meanwhile follows the policy for what was missed.
    desk.set("2026-12-03T02:00:00Z");
    desk.sql("UPDATE scheduled_group_tasks SET schedules = '[{\"type\":\"daily\",\"time\":\"10:00\"}]'").await;
    assert_eq!(desk.run().await.lines[0].failed, 0);
    assert_eq!(
        desk.rows(id).await[1..],
        [
            "Tue 2026-12-01 10:00 +09:00 missed",
            "Wed 2026-12-02 10:00 +09:00 missed",
            "Thu 2026-12-03 10:00 +09:00 success"
        ]
    );
    assert_eq!(desk.one::<Option<String>>("SELECT fault FROM scheduled_group_tasks").await, None);
}

#[tokio::test]
async fn c8_a_missing_column_is_told_and_what_it_stopped_is_made_when_it_is_there() {
    for column in ["created_task_id", "status"] {
        let desk = Desk::at("2026-12-01T00:00:00Z").await;
        desk.plan("daily 10:00", "").await;
        desk.plan("daily 10:00", "").await;
        desk.sql(&format!("ALTER TABLE scheduled_task_executions RENAME COLUMN {column} TO lost")).await;
        desk.set("2026-12-01T01:00:00Z");
        let ran = desk.asks("batch execute-scheduled-tasks").await;
        let report = ran.unwrap();
        assert_eq!((report.exit, &report.object["failed"]), (1, &2.into()), "{column}: {report:?}");
        assert!(report.lines.concat().contains(column), "{column}: {report:?}");
        assert!(report.lines.last().unwrap().starts_with("completed with failures"), "{report:?}");
        assert_eq!(
            desk.one::<i64>("SELECT count(*) FROM tasks").await,
            0,
            "nothing is made that could not be written down"
        );
        desk.sql(&format!("ALTER TABLE scheduled_task_executions RENAME COLUMN lost TO {column}")).await;
        desk.set("2026-12-01T01:02:00Z");
        let report = desk.types("batch execute-scheduled-tasks").await;
        assert_eq!((report.exit, desk.one::<i64>(SUCCESS).await), (0, 2), "{column}: {report:?}");
        assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks").await, 6);
    }
}

#[tokio::test]
async fn a_failed_due_instant_is_tried_again_and_once_it_works_it_is_done() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let id = desk.plan("daily 10:00", "").await;
    desk.sql("UPDATE users SET group_edit_flg = 1").await;
    desk.set("2026-12-01T01:00:00Z");
    assert_eq!(desk.run().await.lines[0].failed, 1);
    desk.set("2026-12-01T01:00:30Z");
    assert_eq!(desk.run().await.lines[0].processed(), 0, "not at once");
    desk.sql("UPDATE users SET group_edit_flg = 0 WHERE id = 2").await;
    desk.set("2026-12-01T01:01:00Z");
    assert_eq!(desk.run().await.lines[0].success, 1);
    assert_eq!(desk.rows(id).await, ["Tue 2026-12-01 10:00 +09:00 success"]);
    let row = "SELECT attempts || coalesce(error_message, '') || coalesce(retry_at, '') FROM scheduled_task_executions";
    assert_eq!(desk.one::<String>(row).await, "2");
    desk.run_at(&["2026-12-01T01:30:00Z"]).await;
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks").await, 1);
}

#[tokio::test]
async fn a_failed_due_instant_stays_failed_after_five_attempts_or_an_hour() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let id = desk.plan("daily 10:00", "assigned_user_id = 20").await;
    let mut failed = 0;
    for minute in 0..120 {
        desk.clock.jump(ms("2026-12-01T01:00:00Z") + minute * 60_000 - banto::Clock::wall_ms(&desk.clock));
        failed += desk.run().await.lines[0].failed;
    }
    assert_eq!(failed, 5);
    assert_eq!(desk.one::<i64>("SELECT attempts FROM scheduled_task_executions").await, 5);

    // A second one, whose machine stands still for two hours after the first attempt.
    desk.set("2026-12-02T01:00:00Z");
    assert_eq!(desk.run().await.lines[0].failed, 1);
    desk.sql("UPDATE scheduled_group_tasks SET assigned_user_id = 2").await;
    desk.run_at(&["2026-12-02T03:30:00Z"]).await;
    assert_eq!(desk.rows(id).await, ["Tue 2026-12-01 10:00 +09:00 failed", "Wed 2026-12-02 10:00 +09:00 failed"]);
    assert_eq!(desk.one::<i64>("SELECT count(retry_at) FROM scheduled_task_executions").await, 0);
}

#[tokio::test]
async fn a_failed_one_that_a_later_one_has_overtaken_is_not_made_over_it() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let id = desk.plan("daily 10:00 | daily 10:01", "assigned_user_id = 20").await;
    desk.set("2026-12-01T01:00:00Z");
    assert_eq!(desk.run().await.lines[0].failed, 1);
    desk.sql("UPDATE scheduled_group_tasks SET assigned_user_id = 2").await;
    desk.sql("UPDATE scheduled_task_executions SET retry_at = retry_at + 60000").await;
    desk.run_at(&["2026-12-01T01:01:00Z", "2026-12-01T01:05:00Z"]).await;
    assert_eq!(desk.rows(id).await, ["Tue 2026-12-01 10:00 +09:00 skipped", "Tue 2026-12-01 10:01 +09:00 success"]);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks WHERE deleted_at IS NULL").await, 1);
}
