//! The batch as real processes: several at once, colon forms, JSON, and no terminal.

use super::house::House;

const PEOPLE: &str = "INSERT INTO groups (id, name) VALUES (1, 'school');
    INSERT INTO users (id, name, timezone, group_id, group_edit_flg) VALUES (1, 'a', 'UTC', 1, 1), (2, 'b', 'UTC', 1, 0)";

/// A house with a group, and its scheduled task `1` that came due in the last minutes.
fn due_house() -> House {
    let house = House::new();
    house.types("holidays:list --json").ends(0);
    let db = house.db();
    db.execute_batch(PEOPLE).unwrap();
    let created =
        house.command("scheduled-tasks create --by 1 --title sweep --json --schedule").arg("daily 00:00").output();
    super::house::Said::from(created.unwrap()).ends(0);
    let now = banto::clock().wall_ms();
    let minute = now / 60_000 - 2;
    let time = format!("{:02}:{:02}", minute / 60 % 24, minute % 60);
    let changed = db.execute(
        "UPDATE scheduled_group_tasks SET schedules = json_array(json_object('type', 'daily', 'time', ?1)), accounted_until = ?2,
         start_date = '2020-01-01'",
        (time, now - 5 * 60_000),
    );
    assert_eq!(changed.unwrap(), 1);
    house
}

#[test]
fn several_processes_at_once_make_a_due_instant_once() {
    let house = due_house();
    let mut running = Vec::new();
    for _ in 0..4 {
        let mut command = house.command("batch:execute-scheduled-tasks --json");
        running
            .push(command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap());
    }
    let mut made = 0;
    for process in running {
        let said = super::house::Said::from(process.wait_with_output().unwrap()).ends(0);
        made += said.json()["success"].as_i64().unwrap();
    }
    assert_eq!(made, 1);
    assert_eq!(house.one::<i64>("SELECT count(*) FROM tasks"), 1);
    assert_eq!(house.one::<i64>("SELECT count(*) FROM scheduled_task_executions"), 1);
    assert_eq!(house.one::<i64>("SELECT count(*) FROM user_notifications"), 1);
}

#[test]
fn a_process_killed_in_the_middle_leaves_nothing_half_done_and_the_next_makes_and_tells_the_rest() {
    let house = due_house();
    let many = "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
        INSERT INTO scheduled_group_tasks
          (id, group_id, created_by, title, schedules, start_date, accounted_until, created_at, updated_at)
        SELECT i, group_id, created_by, title, schedules, start_date, accounted_until, created_at, updated_at
        FROM n, scheduled_group_tasks WHERE id = 1";
    house.db().execute_batch(many).unwrap();
    let mut command = house.command("batch:execute-scheduled-tasks");
    let mut process = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    while house.one::<i64>("SELECT count(*) FROM tasks") == 0 {
        assert!(process.try_wait().unwrap().is_none(), "it ended before it made anything");
        std::thread::yield_now();
    }
    process.kill().unwrap();
    process.wait().unwrap();
    let made: i64 = house.one("SELECT count(*) FROM tasks");
    assert!(made < 300, "it was done before it was killed: this shows nothing");
    assert_eq!(house.one::<i64>("SELECT count(*) FROM user_notifications"), 0, "it died before it told anybody");
    assert_eq!(house.one::<i64>("SELECT count(*) FROM scheduled_task_executions WHERE created_count = 1"), made);

    let next = house.types("batch:execute-scheduled-tasks --json").ends(0).json();
    assert_eq!((next["success"].as_i64(), next["told"].as_i64()), (Some(300 - made), Some(300)));
    assert_eq!(house.one::<i64>("SELECT count(*) FROM tasks"), 300);
    assert_eq!(house.one::<i64>("SELECT count(*) FROM scheduled_task_executions"), 300);
    assert_eq!(house.one::<i64>("SELECT count(*) FROM user_notifications"), 300);
}

#[test]
fn a_failure_is_seen_in_the_exit_code_of_the_process() {
    let house = due_house();
    house.db().execute("UPDATE users SET group_edit_flg = 1", []).unwrap();
    let said = house.types("batch:execute-scheduled-tasks").ends(1);
    assert!(said.out.contains("completed with failures") && !said.out.contains("successfully"), "{said:#?}");
    assert!(said.out.contains("has no member"), "{said:#?}");
}

#[test]
fn everything_answers_in_json_and_asks_nobody() {
    let house = due_house();
    assert_eq!(house.types("batch:list-tasks --json").ends(0).json()["tasks"][0]["state"], "active");
    assert_eq!(house.types("scheduled-tasks:execute --dry-run --json").ends(0).json()["dry_run"], true);
    assert_eq!(house.types("scheduled-tasks:pause 1 --json").ends(0).json()["changed"], true);
    assert_eq!(house.types("scheduled-tasks:resume 1 --json").ends(0).json()["changed"], true);
    assert!(house.types("scheduled-tasks:history 1 --json").ends(0).json()["history"].is_array());
    assert_eq!(house.types("holidays:add 2026-12-24 x --json").ends(0).json()["added"], "2026-12-24");
    assert_eq!(house.types("holidays:remove 2026-12-24 --json").ends(0).json()["removed"], "2026-12-24");
    assert_eq!(house.types("scheduled-tasks:delete 1 --json").ends(0).json()["deleted"], true);
    let err = house.types("scheduled-tasks:history 9").refused(2);
    assert!(err.contains("batch list-tasks"), "{err}");
    let err = house.types("scheduled-tasks:create --by 1").refused(2);
    assert!(err.contains("as a title") && err.contains("as a number of schedules"), "{err}");
    let err = house.types("scheduled-tasks:execute --date 2026-02-30").refused(2);
    assert!(err.contains("a date that exists"), "{err}");
}
