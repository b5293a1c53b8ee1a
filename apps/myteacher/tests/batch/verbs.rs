//! The commands beside the run: list, execute a day, pause, resume, delete, history.

use super::desk::Desk;

const ALL: &str = "SELECT (SELECT count(*) FROM tasks) || ' ' || (SELECT count(*) FROM scheduled_task_executions) || ' '
    || (SELECT count(*) FROM task_notices) || ' ' || (SELECT count(*) FROM user_notifications) || ' ' || (SELECT count(*) FROM tags)
    || ' ' || (SELECT coalesce(max(accounted_until), 0) FROM scheduled_group_tasks)";

fn whats(report: &myteacher::report::Report) -> Vec<String> {
    let due = report.object["due"].as_array().unwrap();
    due.iter().map(|line| format!("{} {} {}", line["task"], line["what"].as_str().unwrap(), line["created"])).collect()
}

#[tokio::test]
async fn a_dry_run_tells_what_would_happen_and_changes_nothing() {
    let desk = Desk::at("2026-11-23T00:30:00Z").await;
    desk.plan("daily 10:00 | daily 18:00", "").await;
    desk.plan("daily 10:00", "skip_holidays = 1").await;
    desk.plan("daily 10:00", "assigned_user_id = 20").await;
    desk.plan("daily 10:00", "schedules = '[]'").await;
    desk.plan("weekly 10:00 0", "").await;
    desk.types("holidays list").await;
    let before: String = desk.one(ALL).await;
    let report = desk.types("scheduled-tasks execute --dry-run").await;
    assert_eq!(whats(&report), ["1 success 3", "1 success 3", "2 skipped 0", "3 failed 0", "4 failed 0"]);
    assert_eq!(report.object["due"][1]["deleted"], 3, "the second would remove what the first makes");
    assert_eq!((report.exit, &report.object["dry_run"]), (1, &true.into()));
    assert!(report.lines.iter().any(|line| line.contains("nothing was changed")), "{report:?}");
    let other = desk.types("scheduled-tasks execute --date 2026-11-22 --dry-run").await;
    assert_eq!(whats(&other).last().unwrap(), "5 success 3", "a Sunday");
    assert_eq!(desk.one::<String>(ALL).await, before);
}

#[tokio::test]
async fn a_day_is_made_good_by_hand_and_the_run_doubles_nothing() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let id = desk.plan("daily 10:00 | daily 18:00", "missed = 'skip', delete_incomplete_previous = 0").await;
    desk.run_at(&["2026-12-02T00:00:00Z"]).await;
    assert_eq!(desk.rows(id).await, ["Tue 2026-12-01 10:00 +09:00 missed", "Tue 2026-12-01 18:00 +09:00 missed"]);
    let report = desk.types("scheduled-tasks execute --date 2026-12-01").await;
    assert_eq!(whats(&report), ["1 success 3", "1 success 3"]);
    assert_eq!((report.exit, &report.object["told"]), (0, &6.into()));
    assert_eq!(desk.rows(id).await, ["Tue 2026-12-01 10:00 +09:00 success", "Tue 2026-12-01 18:00 +09:00 success"]);
    assert_eq!(whats(&desk.types("scheduled-tasks execute --date 2026-12-01").await), ["1 done 0", "1 done 0"]);

    desk.set("2026-12-02T01:00:00Z");
    let today = desk.types("scheduled-tasks execute").await;
    assert_eq!(whats(&today), ["1 success 3", "1 not_due_yet 0"]);
    desk.run_at(&["2026-12-02T01:01:00Z"]).await;
    assert_eq!(desk.rows(id).await.len(), 3);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks").await, 9);
}

#[tokio::test]
async fn a_day_is_the_creators_own() {
    let desk = Desk::at("2026-11-25T00:00:00Z").await;
    desk.plan("daily 00:00 | daily 23:59", "").await;
    desk.plan_of(2, 20, "daily 00:00 | daily 23:59", "").await;
    let report = desk.types("scheduled-tasks execute --date 2026-12-01 --dry-run").await;
    let due: Vec<&str> =
        report.object["due"].as_array().unwrap().iter().map(|line| line["due_local"].as_str().unwrap()).collect();
    assert_eq!(
        due,
        [
            "Tue 2026-12-01 00:00 +09:00",
            "Tue 2026-12-01 23:59 +09:00",
            "Tue 2026-12-01 00:00 -05:00",
            "Tue 2026-12-01 23:59 -05:00"
        ]
    );
}

#[tokio::test]
async fn the_list_says_when_each_is_due_next_and_what_is_wrong() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    desk.plan("daily 10:00", "").await;
    desk.plan("daily 10:00", "schedules = '[]'").await;
    desk.plan("daily 10:00", "end_date = '2026-11-30'").await;
    desk.plan("daily 10:00", "is_active = 0").await;
    desk.plan_of(2, 20, "weekly 10:00 1", "paused_at = 1").await;
    desk.plan("daily 10:00", "deleted_at = 1").await;
    let report = desk.types("batch list-tasks").await;
    let tasks = report.object["tasks"].as_array().unwrap();
    let states: Vec<String> =
        tasks.iter().map(|task| format!("{} {}", task["id"], task["state"].as_str().unwrap())).collect();
    assert_eq!(states, ["1 active", "2 broken", "3 over", "4 off", "5 paused"]);
    assert_eq!(tasks[0]["next_local"], "Tue 2026-12-01 10:00 +09:00");
    assert!(tasks[1]["when"].as_str().unwrap().contains("at least one entry"));
    assert!(report.lines[0].contains("At 10:00"), "{}", report.lines[0]);
    let of_group = desk.types("batch list-tasks --group 2").await;
    assert_eq!(of_group.object["tasks"].as_array().unwrap().len(), 1);
    assert!(desk.types("batch list-tasks --group 9").await.lines[0].contains("scheduled-tasks create"));
}

#[tokio::test]
async fn pause_resume_and_delete_say_what_they_changed() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let id = desk.plan("daily 10:00", "").await;
    for (verb, changed) in [("resume", false), ("pause", true), ("pause", false), ("resume", true), ("resume", false)] {
        let report = desk.types(&format!("scheduled-tasks {verb} {id}")).await;
        assert_eq!((report.exit, &report.object["changed"]), (0, &changed.into()), "{verb}");
    }
    desk.run_at(&["2026-12-01T01:00:00Z"]).await;
    desk.types(&format!("scheduled-tasks delete {id}")).await;
    desk.run_at(&["2026-12-02T01:00:00Z"]).await;
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks WHERE deleted_at IS NULL").await, 3, "its tasks stay");
    let history = desk.types(&format!("scheduled-tasks history {id}")).await;
    assert_eq!(history.object["history"].as_array().unwrap().len(), 1, "and its history");
    for verb in ["pause", "resume", "delete"] {
        let error = desk.asks(&format!("scheduled-tasks {verb} {id}")).await.unwrap_err().to_string();
        assert!(error.contains("there is none") && error.contains("batch list-tasks"), "{verb}: {error}");
    }
}

#[tokio::test]
async fn the_history_shows_the_latest_hundred_and_says_what_to_do_about_an_unknown_one() {
    let desk = Desk::at("2026-01-01T00:00:00Z").await;
    let id = desk.plan("daily 10:00", "").await;
    assert!(desk.types("scheduled-tasks history 1").await.lines[0].contains("has not been due yet"));
    desk.run_at(&["2026-06-01T01:00:00Z"]).await;
    let report = desk.types(&format!("scheduled-tasks history {id}")).await;
    let entries = report.object["history"].as_array().unwrap();
    assert_eq!((entries.len(), &entries[0]["status"]), (100, &"success".into()));
    assert_eq!(entries[0]["due_local"], "Mon 2026-06-01 10:00 +09:00", "the newest first");
    assert_eq!(entries[99]["status"], "missed");
    let error = desk.asks("scheduled-tasks history 99").await.unwrap_err().to_string();
    assert!(error.contains("scheduled task 99") && error.contains("batch list-tasks"), "{error}");
}
