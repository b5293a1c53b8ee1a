//! When something is due: the creator's zone, the first and the last day, several entries, clock changes.

use super::desk::Desk;

const TASKS: &str = "SELECT count(*) FROM tasks WHERE deleted_at IS NULL";

#[tokio::test]
async fn c9_nine_in_the_morning_is_nine_in_the_creators_zone() {
    let desk = Desk::at("2026-11-30T23:30:00Z").await;
    let (tokyo, york) = (desk.plan("daily 09:00", "").await, desk.plan_of(2, 20, "daily 09:00", "").await);
    desk.run_at(&["2026-11-30T23:59:00Z"]).await;
    assert_eq!(desk.one::<i64>(TASKS).await, 0);
    desk.run_at(&["2026-12-01T00:00:00Z"]).await;
    assert_eq!(desk.rows(tokyo).await, ["Tue 2026-12-01 09:00 +09:00 success"]);
    desk.run_at(&["2026-12-01T09:00:00Z", "2026-12-01T13:59:00Z"]).await;
    assert_eq!(desk.rows(york).await, [""; 0], "nine in UTC is nobody's nine");
    desk.run_at(&["2026-12-01T14:00:00Z"]).await;
    assert_eq!(desk.rows(york).await, ["Tue 2026-12-01 09:00 -05:00 success"]);
    assert_eq!(desk.rows(tokyo).await.len(), 1);
}

#[tokio::test]
async fn d18_a_local_day_that_is_two_utc_days_is_one_and_two_local_days_on_one_utc_day_are_two() {
    // 08:00 in Tokyo is 23:00 of the UTC day before, 10:00 is 01:00 of the same: one local day, two UTC days.
    let desk = Desk::at("2026-11-30T20:00:00Z").await;
    let both = desk.plan("daily 08:00 | daily 10:00", "").await;
    desk.run_at(&["2026-11-30T23:00:00Z", "2026-12-01T01:00:00Z", "2026-12-01T23:00:00Z"]).await;
    assert_eq!(
        desk.rows(both).await,
        [
            "Tue 2026-12-01 08:00 +09:00 success",
            "Tue 2026-12-01 10:00 +09:00 success",
            "Wed 2026-12-02 08:00 +09:00 success"
        ],
        "the second and the third share a UTC day"
    );
}

#[tokio::test]
async fn d18_twice_a_day_works() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let id = desk.plan("daily 10:00 | daily 18:00", "").await;
    desk.run_at(&["2026-12-01T01:00:00Z", "2026-12-01T01:01:00Z", "2026-12-01T09:00:00Z"]).await;
    assert_eq!(desk.rows(id).await, ["Tue 2026-12-01 10:00 +09:00 success", "Tue 2026-12-01 18:00 +09:00 success"]);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks").await, 6);
    assert_eq!(desk.one::<i64>("SELECT count(DISTINCT group_task_id) FROM tasks").await, 2);
}

#[tokio::test]
async fn d18_of_several_entries_at_one_time_each_counts_and_all_are_one_instant() {
    let desk = Desk::at("2026-12-01T00:30:00Z").await; // a Tuesday
    // The first entry with that time is not due on Tuesdays: it must not decide for the others.
    let id = desk.plan("weekly 10:00 0 | daily 10:00 | monthly 10:00 1", "").await;
    desk.run_at(&["2026-12-01T01:00:00Z"]).await;
    assert_eq!(desk.rows(id).await, ["Tue 2026-12-01 10:00 +09:00 success"]);
    assert_eq!(desk.one::<i64>(TASKS).await, 3);
}

#[tokio::test]
async fn d18_the_first_and_the_last_day_are_in_it_to_their_last_minute() {
    let desk = Desk::at("2026-11-29T00:00:00Z").await;
    let id = desk
        .plan("daily 00:00 | daily 23:59", "start_date = '2026-12-01', end_date = '2026-12-02', missed = 'all:100'")
        .await;
    for day in ["2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03"] {
        desk.run_at(&[&format!("{day}T14:59:00Z"), &format!("{day}T15:00:00Z")]).await;
    }
    assert_eq!(
        desk.rows(id).await,
        [
            "Tue 2026-12-01 00:00 +09:00 success",
            "Tue 2026-12-01 23:59 +09:00 success",
            "Wed 2026-12-02 00:00 +09:00 success",
            "Wed 2026-12-02 23:59 +09:00 success"
        ]
    );
}

#[tokio::test]
async fn d18_the_31st_is_the_last_day_of_november_and_of_february_or_skipped_if_so_said() {
    let desk = Desk::at("2026-11-01T00:00:00Z").await;
    let (last, skip) =
        (desk.plan("monthly 09:00 31", "").await, desk.plan("monthly 09:00 31", "month_end = 'skip'").await);
    desk.run_at(&["2026-11-30T00:00:00Z", "2026-12-31T00:00:00Z", "2027-01-31T00:00:00Z", "2027-02-28T00:00:00Z"])
        .await;
    let days = |rows: Vec<String>| rows.iter().map(|row| row[4..14].to_owned()).collect::<Vec<_>>();
    assert_eq!(days(desk.rows(last).await), ["2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28"]);
    assert_eq!(days(desk.rows(skip).await), ["2026-12-31", "2027-01-31"]);
}

#[tokio::test]
async fn d18_a_time_that_a_clock_change_leaps_over_is_due_once_right_after_it() {
    let desk = Desk::at("2026-03-08T05:00:00Z").await; // New York leaps from 02:00 to 03:00 at 07:00Z
    let id = desk.plan_of(2, 20, "daily 02:30", "").await;
    desk.run_at(&["2026-03-08T06:59:00Z", "2026-03-08T07:00:00Z", "2026-03-08T07:30:00Z", "2026-03-09T06:30:00Z"])
        .await;
    let rows: Vec<String> = desk.rows(id).await.into_iter().filter(|row| row.ends_with("success")).collect();
    assert_eq!(rows, ["Sun 2026-03-08 03:00 -04:00 success", "Mon 2026-03-09 02:30 -04:00 success"]);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks").await, 2);
}

#[tokio::test]
async fn d18_a_time_that_comes_twice_is_due_once() {
    let desk = Desk::at("2026-11-01T04:00:00Z").await; // New York has 01:00 to 02:00 twice, from 05:00Z and from 06:00Z
    let id = desk.plan_of(2, 20, "daily 01:30", "").await;
    desk.run_at(&["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-02T06:30:00Z"]).await;
    let rows = desk.rows(id).await;
    let made: Vec<_> = rows.iter().filter(|row| row.ends_with("success")).collect();
    assert_eq!(made, ["Sun 2026-11-01 01:30 -04:00 success", "Mon 2026-11-02 01:30 -05:00 success"]);
    assert!(
        rows.iter().all(|row| row.ends_with("success") || row == "Sun 2026-11-01 01:30 -05:00 skipped"),
        "{rows:?}"
    );
}

#[tokio::test]
async fn a_run_every_minute_of_a_day_makes_each_due_instant_once() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let id = desk.plan("daily 09:10 | daily 09:20", "").await;
    for minute in 0..40 {
        desk.run_at(&[&format!("2026-12-01T00:{minute:02}:05Z")]).await;
    }
    assert_eq!(desk.rows(id).await, ["Tue 2026-12-01 09:10 +09:00 success", "Tue 2026-12-01 09:20 +09:00 success"]);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks").await, 6);
}
