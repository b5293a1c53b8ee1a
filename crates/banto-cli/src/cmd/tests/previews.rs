//! `schedule preview`: what is due, through clock changes and days off; and the plan for what was missed.

use banto_core::{Gap, Span, schedule};
use banto_engine::{Does, Timetable};
use serde_json::json;

use super::house::{BEGIN_MS, House};

fn berlin() -> House {
    let mut all = Timetable::new("errands".parse().unwrap(), "b1");
    let night = schedule("night").daily_at("02:30").timezone("Europe/Berlin").gap(Gap::Skip);
    all.add(night.command(["true"]));
    all.add(schedule("utc").hourly().catch_up_all(2).command(["true"]));
    all.add(schedule("office").daily_at("09:00").weekends_off().command(["true"]));
    all.add(schedule("once").yearly_on(2, 29, "12:00").until("2031-12-31").command(["true"]));
    all.add(schedule("minutely").every(1.minutes()).timezone("Europe/Berlin").command(["true"]));
    House::with_schedules(all)
}

#[tokio::test]
async fn the_next_clock_change_is_shown_with_what_it_does() {
    let house = berlin();
    let said = house.types("schedule preview night --through-next-dst --count 2").await.ends(0).out;
    let lines: Vec<&str> = said.lines().skip(1).collect();
    assert!(
        lines[0].starts_with("Fri 2030-03-29 02:30 +01:00") && lines[1].starts_with("Sat 2030-03-30 02:30 +01:00"),
        "{said}"
    );
    assert!(
        lines[2].starts_with("Sun 2030-03-31 03:00 +02:00") && lines[2].contains("the clocks in Europe/Berlin change"),
        "{said}"
    );
    assert!(lines[3].contains("does not run: a local time that does not exist"), "{said}");
    assert!(lines[4].starts_with("Mon 2030-04-01 02:30 +02:00"), "{said}");
    let many = house.types("schedule preview minutely --through-next-dst --count 3 --json").await.ends(0).objects();
    let locals: Vec<&str> = many.iter().map(|one| one["local"].as_str().unwrap()).collect();
    assert_eq!(locals[2..4], ["Sun 2030-03-31 01:59 +01:00", "Sun 2030-03-31 03:00 +02:00"]);
    assert_eq!((&many[2]["after_change"], &many[3]["after_change"]), (&json!(false), &json!(true)));
    let utc = house.types("schedule preview utc --through-next-dst --count 1").await.ends(0);
    assert!(utc.err.contains("the clocks in UTC do not change"), "{utc:?}");
}

#[tokio::test]
async fn days_off_and_ends_are_shown() {
    let house = berlin();
    let said = house.types("schedule preview office --from 2030-01-04T00:00:00Z --count 3").await.ends(0).out;
    assert!(said.contains("Fri 2030-01-04 09:00 +00:00") && said.contains("does not run: a day off"), "{said}");
    let said = house.types("schedule preview once").await.ends(0);
    assert!(said.out.is_empty() && said.err.contains("never due"), "{said:?}");
    let tokyo = house.types("schedule preview utc --count 1 --timezone Asia/Tokyo").await.ends(0).out;
    assert!(tokyo.contains("Tue 2030-01-01 09:00 +09:00"), "{tokyo}");
    house.types("schedule preview nobody").await.ends(8);
    house.types("schedule preview utc --from yesterday").await.ends(2);
    house.types("schedule preview utc --timezone Mars/Olympus").await.ends(2);
}

#[tokio::test]
async fn the_plan_for_what_was_missed_is_shown_before_it_is_carried_out() {
    let house = berlin();
    house.clock.pass(5 * 3_600_000 + 600_000);
    let said = house.types("schedule preview utc --missed-since 2030-01-01T00:00:00Z").await.ends(0).out;
    assert!(said.contains("2 of 5 would run; nothing was done"), "{said}");
    let plan = house.types("schedule preview utc --missed-since 2030-01-01T00:00:00Z --json").await.ends(0).objects();
    let runs: Vec<bool> = plan.iter().map(|one| one["runs"].as_bool().unwrap()).collect();
    assert_eq!(runs, [false, false, false, true, true]);
    assert_eq!((&plan[0]["due_at"], &plan[0]["reason"]), (&json!(BEGIN_MS + 3_600_000), &json!("over_max")));
    house.types("schedule preview utc --missed-since 2031-01-01T00:00:00Z").await.ends(2);
    assert!(house.store.schedules().await.unwrap().schedules.is_empty());
}

/// Nobody has to know since when: the store does, and a scheduler that comes does just what was shown.
#[tokio::test]
async fn what_a_scheduler_that_comes_will_make_up_for_is_shown_of_all_and_of_one() {
    let house = berlin();
    let said = house.types("schedule preview --missed").await.ends(0);
    assert!(said.out.is_empty() && said.err.contains("everything that was due is accounted for"), "{said:?}");
    let said = house.types("schedule preview utc --missed").await.ends(0);
    assert!(said.err.contains("is not registered"), "{said:?}");
    house.types("schedule run").await.ends(0);
    house.clock.pass(5 * 3_600_000 + 600_000);
    let all = house.types("schedule preview --missed --json").await.ends(0).objects();
    let (due, now) = (|n: i64| BEGIN_MS + n * 3_600_000, BEGIN_MS + 5 * 3_600_000 + 600_000);
    let short = |schedule: &str, due: usize, runs: usize, at: i64| {
        let (first, last) = if runs > 0 { (json!(at), json!(at)) } else { (json!(null), json!(null)) };
        json!({ "schedule": schedule, "since": BEGIN_MS, "due": due, "runs": runs, "first_at": first, "last_at": last })
    };
    assert_eq!(all, [short("minutely", 310, 1, now), short("night", 1, 1, now), short("utc", 5, 2, now)]);
    let said = house.types("schedule preview --missed").await.ends(0).out;
    assert!(said.contains("nothing was done") && said.lines().count() == 5, "{said}");
    let one = house.types("schedule preview utc --missed --json").await.ends(0).objects();
    let runs = |one: &serde_json::Value| one["runs"] == true;
    let shown: Vec<_> = one.iter().filter(|one| runs(one)).map(|one| one["due_at"].clone()).collect();
    assert_eq!(shown, [json!(due(4)), json!(due(5))]);
    house.types("schedule run").await.ends(0);
    let fired = house.types("schedule history utc --fate fired --json").await.ends(0).objects();
    let did: Vec<_> = fired.iter().rev().map(|row| row["due_at"].clone()).collect();
    assert_eq!(did, shown, "just what was shown");
    assert!(house.types("schedule preview --missed").await.ends(0).out.is_empty());
}
