//! What may be asked for when one is created: each limit, at its edge and beyond, and all faults at once.

use super::desk::Desk;

const GOOD: &str = "scheduled-tasks create --by 1 --title x --schedule 'daily 09:00'";

async fn fault(desk: &Desk, typed: &str) -> String {
    desk.asks(typed).await.unwrap_err().to_string()
}

#[tokio::test]
async fn what_is_allowed_is_taken_to_its_edge() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let (title, description, tag) = ("題".repeat(255), "x".repeat(5_000), "庭".repeat(50));
    let typed = format!(
        "scheduled-tasks create --by 1 --title '{title}' --description '{description}' --tag '{tag}' --tag room --tag room
         --reward 0 --due-days 365 --due-hours 8760 --start 2026-12-02 --end 2026-12-02 --schedule 'daily 00:00'
         --schedule 'weekly 23:59 0,6' --schedule 'monthly 12:00 1,31' --requires-image --requires-approval --assign 3
         --skip-holidays --move-to-next-business-day --keep-previous --month-end skip --missed all:5"
    );
    let report = desk.types(&typed).await;
    assert_eq!((report.exit, &report.object["id"]), (0, &1.into()));
    assert!(report.lines[0].contains("first due Wed 2026-12-02 00:00 +09:00"), "{report:?}");
    let row = "SELECT group_id || ' ' || created_by || ' ' || assigned_user_id || ' ' || reward || ' ' || due_duration_days || ' '
               || due_duration_hours || ' ' || start_date || ' ' || end_date || ' ' || requires_image || requires_approval
               || skip_holidays || move_to_next_business_day || delete_incomplete_previous || auto_assign || ' ' || month_end
               || ' ' || missed FROM scheduled_group_tasks";
    assert_eq!(desk.one::<String>(row).await, "1 1 3 0 365 8760 2026-12-02 2026-12-02 111100 skip all:5");
    let schedules: String = desk.one("SELECT schedules FROM scheduled_group_tasks").await;
    assert_eq!(
        schedules,
        r#"[{"time":"00:00","type":"daily"},{"days":[0,6],"time":"23:59","type":"weekly"},{"dates":[1,31],"time":"12:00","type":"monthly"}]"#
    );
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM scheduled_task_tags").await, 2);
}

#[tokio::test]
async fn every_limit_is_named_with_what_is_allowed() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let long = |what: &str, chars| format!("{GOOD} {what} '{}'", "題".repeat(chars));
    let many = format!("{GOOD} {}", "--schedule 'daily 10:00' ".repeat(16));
    for (typed, words) in [
        ("scheduled-tasks create --by 1 --schedule 'daily 09:00'", "as a title: 1 to 255 characters are allowed"),
        (
            "scheduled-tasks create --by 1 --title '  ' --schedule 'daily 09:00'",
            "as a title: 1 to 255 characters are allowed",
        ),
        (&long("--description", 5_001), "as a description: 0 to 5000 characters are allowed"),
        (&long("--tag", 51), "as a tag: 1 to 50 characters are allowed"),
        (&format!("{GOOD} --tag ''"), "as a tag: 1 to 50 characters are allowed"),
        (&format!("{GOOD} --reward -1"), "\"-1\" as a reward: a whole number from 0 is wanted"),
        (&format!("{GOOD} --reward 1.5"), "\"1.5\" as a reward: a whole number from 0 is wanted"),
        (&format!("{GOOD} --due-days 366"), "\"366\" as due days: a whole number from 0 to 365 is wanted"),
        (&format!("{GOOD} --due-days -1"), "\"-1\" as due days: a whole number from 0 to 365 is wanted"),
        (&format!("{GOOD} --due-hours 8761"), "\"8761\" as due hours: a whole number from 0 to 8760 is wanted"),
        (
            &format!("{GOOD} --start 2026-12-02 --end 2026-12-01"),
            "as the last day: the first day, 2026-12-02, or a later one is allowed",
        ),
        (&format!("{GOOD} --end 2026-11-30"), "as the last day: the first day, 2026-12-01"),
        (&format!("{GOOD} --start 2026-02-30"), "\"2026-02-30\" as a date"),
        (&format!("{GOOD} --schedule 'daily'"), "as a schedule: \"daily HH:MM\""),
        (&format!("{GOOD} --schedule 'daily 9:00'"), "as a schedule: HH:MM from 00:00 to 23:59 is wanted"),
        (&format!("{GOOD} --schedule 'weekly 09:00 7'"), "0 (Sunday) to 6"),
        (&format!("{GOOD} --schedule 'monthly 09:00 0'"), "1 to 31"),
        ("scheduled-tasks create --by 1 --title x", "\"0\" as a number of schedules: 1 to 16 are allowed"),
        (&many, "\"17\" as a number of schedules: 1 to 16 are allowed"),
        (&format!("{GOOD} --month-end first"), "skip"),
        (&format!("{GOOD} --missed all:0"), "skip, last and all:N with N from 1 to 100 are allowed"),
        (&format!("{GOOD} --assign 20"), "\"user 20\" as an assignee: a user of group 1 is wanted"),
        (&format!("{GOOD} --assign 3 --auto-assign"), "not both"),
        (&GOOD.replace("--by 1", "--by 2"), "only users with the right to edit their group may create one"),
        (&GOOD.replace("--by 1", "--by 77"), "no user has this number"),
        (&GOOD.replace("--by 1", "--by Hanako"), "\"Hanako\" as a user: a whole number from 1 is wanted"),
    ] {
        let error = fault(&desk, typed).await;
        assert!(error.contains(words), "{typed}: {error}");
    }
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM scheduled_group_tasks").await, 0, "nothing of it was written");
}

#[tokio::test]
async fn all_faults_are_told_at_once() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let typed =
        "scheduled-tasks create --by 2 --title '' --reward x --due-days 400 --due-hours x --schedule 'daily 25:00'
                 --start 2026-13-01 --missed never --tag ''";
    let error = fault(&desk, typed).await;
    let parts: Vec<&str> = error.split("; could not ").collect();
    assert_eq!(parts.len(), 9, "{parts:#?}");
    for (part, thing) in
        parts.iter().zip(["creator", "title", "schedule", "reward", "due days", "due hours", "date", "policy", "tag"])
    {
        assert!(part.contains(thing), "{thing}: {part}");
    }
}
