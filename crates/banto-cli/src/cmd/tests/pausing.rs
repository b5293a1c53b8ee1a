//! `schedule pause` and `resume`: one, a group, everything.

use serde_json::json;

use super::house::House;

#[tokio::test]
async fn a_paused_schedule_is_skipped_and_says_by_whom_and_why() {
    let house = House::scheduling();
    house.types("schedule run").await.ends(0);
    let said =
        house.types_words(["schedule", "pause", "say:hello", "--reason", "redis moves", "--until", "2h"]).await.ends(0);
    assert!(said.out.contains("say:hello is paused until 2030-01-01 02:00:00Z"), "{}", said.out);
    assert!(
        house
            .types_words(["schedule", "pause", "say:hello", "--reason", "redis moves", "--until", "2h"])
            .await
            .ends(0)
            .out
            .contains("so already")
    );
    let list = house.types("schedule list").await.ends(0).out;
    assert!(
        list.lines().any(|line| line.starts_with("say:hello") && line.contains(": redis moves, ends in 2 h")),
        "{list}"
    );
    house.clock.pass(300_000);
    house.types("schedule run").await.ends(0);
    assert!(house.types("schedule history say:hello").await.ends(0).out.contains("skipped: it was paused"));
    assert!(house.types("schedule resume say:hello").await.ends(0).out.contains("fires again"));
    assert!(house.types("schedule resume say:hello").await.ends(0).out.contains("was not paused"));
    house.clock.pass(300_000);
    assert_eq!(house.types("schedule run --json").await.ends(0).object()["fired"], 1);
}

#[tokio::test]
async fn a_group_is_paused_whole_and_only_it() {
    let house = House::scheduling();
    let said = house.types("schedule pause --group talk --json").await.ends(0).object();
    assert_eq!((&said["schedules"], &said["changed"]), (&json!(["fail:often", "say:hello"]), &json!(2)));
    house.types("schedule run").await.ends(0);
    let paused: Vec<_> = house
        .types("schedule list --json")
        .await
        .objects()
        .into_iter()
        .filter(|one| !one["pause"].is_null())
        .map(|one| one["name"].clone())
        .collect();
    assert_eq!(paused, ["fail:often", "say:hello"]);
    assert!(house.types("schedule resume --group talk").await.ends(0).out.contains("2 schedules fire again"));
    house.types("schedule pause --group nobody").await.ends(8);
}

#[tokio::test]
async fn maintenance_holds_all_but_what_runs_even_then() {
    let house = House::scheduling();
    house.types("schedule run").await.ends(0);
    let said = house.types("schedule pause --all --reason copy").await.ends(0);
    assert!(said.out.starts_with("everything is paused until resumed"), "{}", said.out);
    let list = house.types("schedule list").await.ends(0);
    assert!(list.err.contains("everything is paused by ") && list.err.contains(": copy"), "{}", list.err);
    assert!(list.out.lines().any(|line| line.starts_with("sweep") && line.contains("fires in maintenance too")));
    // To three o'clock, hour by hour: only the sweep fires.
    let mut fired = 0;
    for _ in 0..3 {
        house.clock.pass(3_600_000);
        fired += house.types("schedule run --json").await.ends(0).object()["fired"].as_u64().unwrap();
    }
    assert_eq!(fired, 1);
    let said = house.types("schedule resume say:hello").await.ends(0);
    assert!(said.err.contains("everything is paused (maintenance)"), "{said:?}");
    house.types("schedule resume --all").await.ends(0);
    house.clock.pass(3_600_000);
    let said = house.types("schedule run --json").await.ends(1).object();
    assert_eq!(said["fired"], 3, "say:hello, fail:often and stumble: {said}");
}

#[tokio::test]
async fn a_name_that_nobody_has_is_a_slip_of_the_finger_unless_it_is_meant() {
    let house = House::scheduling();
    for typed in ["schedule pause say:helo", "schedule resume say:helo"] {
        let said = house.types(typed).await.ends(8);
        assert!(said.err.contains("find the schedule say:helo") && said.err.contains("say:hello, "), "{said:?}");
    }
    assert!(house.types("schedule pause say:helo").await.ends(8).err.contains("by --anyway"));
    assert_eq!(house.store.schedules().await.unwrap().ahead, []);
    house.types("schedule pause say:helo --anyway").await.ends(0);
    let list = house.types("schedule list").await.ends(0).err;
    assert!(list.contains("say:helo is paused by ") && list.contains("nobody has it yet"), "{list}");
    assert!(house.types("schedule resume say:helo").await.ends(0).out.contains("fires again"));
    house.types("schedule resume say:helo").await.ends(8);
    house.types("schedule pause say:hello --until yesterday").await.ends(2);
    house.types("schedule pause no/name").await.ends(2);
}
