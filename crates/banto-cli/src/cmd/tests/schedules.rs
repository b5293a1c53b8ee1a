//! Schedules, listed, compared, judged, tried out: `schedule list|diff|lint|locks|history|test`.

use banto_core::{InstanceId, Span, schedule, text::hides};
use banto_engine::{Does, Timetable};
use banto_store::Register;
use serde_json::json;

use super::house::{BEGIN_MS, House, schedules};

#[tokio::test]
async fn a_list_says_when_each_is_due_and_what_is_unusual_about_it() {
    let house = House::scheduling();
    let said = house.types("schedule list").await.ends(0);
    let row =
        |name: &str| said.out.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{}", said.out));
    let hello = row("say:hello");
    for part in ["Every 5 minutes", "Asia/Tokyo", "Tue 2030-01-01 09:05 +09:00 (in 5 min)", "no overlap", "group talk"]
    {
        assert!(hello.contains(part), "{part} is not in {hello}");
    }
    assert!(
        hello.contains("run sh -c") && hello.contains("unregistered: no scheduler has come with it yet"),
        "{hello}"
    );
    assert!(row("other").contains("other environment: staging") && row("other").contains("never"), "{}", said.out);
    assert!(row("greet:all").contains("enqueue a job of greet"), "{}", said.out);
    let berlin = house.types("schedule:list --timezone Europe/Berlin --next 2").await.ends(0).out;
    assert!(
        berlin.contains("Tue 2030-01-01 01:05 +01:00") && berlin.contains("Tue 2030-01-01 01:10 +01:00"),
        "{berlin}"
    );
}

#[tokio::test]
async fn that_there_is_no_schedule_is_said_loudly() {
    let house = House::bare();
    let said = house.types("schedule list").await.ends(0);
    assert!(said.err.contains("THERE IS NO SCHEDULE") && said.err.contains("banto.toml"), "{said:?}");
    assert_eq!(house.types("schedule list --json").await.ends(0).out, "");
    for typed in ["schedule run", "schedule work", "up"] {
        let said = house.types(typed).await.ends(10);
        assert!(
            said.err.contains("could not find a schedule") && said.err.contains("--allow-empty"),
            "{typed}: {said:?}"
        );
    }
    house.types("schedule run --allow-empty").await.ends(0);
    let elsewhere = House::scheduling();
    let mut only = Timetable::new("errands".parse().unwrap(), "b1");
    only.add(schedule("other").daily().environments(["staging"]).command(["true"]));
    let alone = House::with_schedules(only);
    assert!(alone.types("schedule list").await.ends(0).err.contains("NONE OF THESE WILL FIRE"));
    drop(elsewhere);
    let said = alone.types("schedule list --environment staging").await.ends(0);
    assert_eq!(said.err, "", "there they fire");
}

#[tokio::test]
async fn what_the_store_has_is_listed_without_a_timetable_and_what_it_lacks_is_marked() {
    let house = House::scheduling();
    house.types("schedule run").await.ends(0);
    let said = house.types("schedule list --json").await.ends(0);
    let hello = said.objects().into_iter().find(|one| one["name"] == "say:hello").unwrap();
    assert_eq!(
        (&hello["service"], &hello["build"], &hello["zone"]),
        (&json!("errands"), &json!("b1"), &json!("Asia/Tokyo"))
    );
    assert_eq!((&hello["next"], &hello["timing"]), (&json!([BEGIN_MS + 300_000]), &json!("*/5 * * * *")));
    assert_eq!(hello["flags"], json!(["no overlap", "group talk"]));
    let mut bare = House::bare();
    bare.behind_arc(house.store.clone());
    let seen = bare.types("schedule list --json").await.ends(0).objects();
    assert_eq!(seen.len(), 5, "what is for other environments was not registered");
    assert_eq!(seen.iter().find(|one| one["name"] == "say:hello").unwrap(), &hello);
    let mut newer = schedules();
    newer.add(schedule("fresh").daily().command(["true"]));
    let mut next = House::with_schedules(newer);
    next.behind_arc(house.store.clone());
    let out = next.types("schedule list").await.ends(0).out;
    assert!(out.lines().any(|line| line.starts_with("fresh") && line.contains("unregistered")), "{out}");
}

#[tokio::test]
async fn what_is_written_down_registered_and_done_stands_side_by_side() {
    let house = House::scheduling();
    let said = house.types("schedule diff").await.ends(1);
    assert!(said.out.contains("written down and not registered"), "{}", said.out);
    house.types("schedule run").await.ends(0);
    let said = house.types("schedule diff").await.ends(0);
    assert!(said.out.contains("what is written down is registered"), "{}", said.out);
    let mut changed = Timetable::new("errands".parse().unwrap(), "b2");
    changed.add(schedule("say:hello").every(10.minutes()).command(["true"]));
    let mut next = House::with_schedules(changed);
    next.behind_arc(house.store.clone());
    let rows = next.types("schedule diff --json").await.ends(1).objects();
    let drift =
        |name: &str| rows.iter().find(|row| row["name"] == name).unwrap()["drift"][0].as_str().unwrap().to_owned();
    assert!(drift("say:hello").contains("registered otherwise"), "{rows:?}");
    assert!(drift("sweep").contains("registered and not written down"), "{rows:?}");
    // Nobody has accounted for an hour: that is a difference too.
    house.clock.pass(3_600_000);
    let said = house.types("schedule diff").await.ends(1);
    assert!(said.out.contains("not accounted for: no scheduler lives"), "{}", said.out);
    House::bare().types("schedule diff").await.ends(2);
}

#[tokio::test]
async fn what_may_surprise_is_said_and_what_cannot_be_is_a_fault() {
    let mut odd = Timetable::new("errands".parse().unwrap(), "b1");
    odd.add(schedule("late").daily_at("02:30").timezone("Europe/Berlin").command(["true"]));
    odd.add(schedule("over").daily().until("2029-12-01").command(["true"]));
    odd.add(schedule("missing").daily().command(["no-such-program-anywhere"]));
    let house = House::with_schedules(odd);
    let found = house.types("schedule lint --json").await.ends(1).objects();
    let about: Vec<(&str, &str)> =
        found.iter().map(|one| (one["schedule"].as_str().unwrap_or("-"), one["about"].as_str().unwrap())).collect();
    for wanted in [("-", "fault"), ("late", "gap"), ("late", "fold"), ("over", "over")] {
        assert!(about.contains(&wanted), "{wanted:?} is not in {about:?}");
    }
    let said = house.types("schedule run").await.ends(10);
    assert!(said.err.contains("no-such-program-anywhere"), "{said:?}");
    let mut well = Timetable::new("errands".parse().unwrap(), "b1");
    well.add(schedule("well").daily_at("12:00").command(["true"]));
    House::with_schedules(well).types("schedule lint").await.ends(0);
}

#[tokio::test]
async fn who_holds_back_a_schedule_is_named() {
    let house = House::scheduling();
    assert!(house.types("schedule locks").await.ends(0).err.contains("no schedule is held back"));
    house.types("schedule run").await.ends(0);
    house.clock.pass(300_000);
    house.worker(7, &["schedules"], &["banto.run"]).await;
    // Fired by a scheduler that has no worker: the job waits, and holds the next ones back.
    house.fire().await;
    let lock = house.types("schedule locks --json").await.ends(0).object();
    assert_eq!(
        (&lock["schedule"], &lock["state"], &lock["instance"]),
        (&json!("say:hello"), &json!("ready"), &json!(null))
    );
    house.end("schedules", None).await;
    house.worker(1, &["schedules"], &["banto.run"]).await;
    let said = house.types("schedule locks").await.ends(0).out;
    assert!(
        said.contains("running") && said.contains("night") && said.contains("here") && said.contains("lives"),
        "{said}"
    );
    house.clock.pass(20_000);
    let said = house.types("schedule locks").await.ends(0).out;
    assert!(said.contains("silent for 20 s") && said.contains("take the run over"), "{said}");
}

#[tokio::test]
async fn one_is_tried_out_in_the_foreground_and_its_exit_tells() {
    let house = House::scheduling();
    let said = house.types("schedule test say:hello").await.ends(0);
    assert_eq!(said.out, "hello\n");
    assert!(said.err.contains("beside") && said.err.contains("exit code 0"), "{}", said.err);
    let said = house.types("schedule test fail:often").await.ends(1);
    assert!(said.out == "broken\n" && said.err.contains("exit code 12"), "{said:?}");
    let told = house.types("schedule test fail:often --json").await.ends(1).object();
    assert_eq!((&told["well"], &told["exit"], &told["tail"]), (&json!(false), &json!(12), &json!("broken\n")));
    house.types("schedule test sweep").await.ends(0);
    assert!(house.types("schedule test stumble").await.ends(1).err.contains("a stone"));
    house.types("schedule test greet:all").await.ends(0);
    house.types("schedule test other").await.ends(0);
    house.types("schedule test nobody").await.ends(8);
    house.types("schedule test no/name").await.ends(2);
    assert!(house.store.schedules().await.unwrap().schedules.is_empty(), "nothing of it is in the store");
    assert_eq!(house.types("queue list --json").await.ends(0).out, "");
}

const HOSTILE: &str = "\u{1b}[2J\u{202e}evil\r\u{9b}31m";

#[tokio::test]
async fn hostile_texts_of_other_builds_are_shown_and_never_obeyed() {
    let house = House::bare();
    let new = |name: &str, model: &str| banto_store::NewSchedule {
        name: name.parse().unwrap(),
        revision: 1,
        model: model.into(),
        action: HOSTILE.into(),
        source: HOSTILE.into(),
    };
    let register = Register {
        service: "evil".parse().unwrap(),
        by: InstanceId(6),
        build: "b0".parse().unwrap(),
        as_of: i64::MAX,
        schedules: vec![
            new("odd", HOSTILE),
            new("even", &schedule("even").hourly().description(HOSTILE).build().unwrap().to_json()),
        ],
    };
    house.store.register(register).await.unwrap();
    house.types_words(["schedule", "pause", "even", "--reason", HOSTILE]).await.ends(0);
    for typed in ["list", "list --json", "locks", "lint", "history odd", "history even --json", "preview even"] {
        let said = house.types(&format!("schedule {typed}")).await;
        assert!(said.exit <= 1, "{typed}: {said:?}");
        let bad = |c: char| hides(c) && c != '\n';
        assert!(!said.out.contains(bad) && !said.err.contains(bad), "{typed}: {said:?}");
    }
    let list = house.types("schedule list").await.ends(0).out;
    assert!(list.contains("unknown: its model cannot be read") && list.contains("\\u{1b}[2J"), "{list}");
    house.types("schedule preview odd").await.ends(7);
}

#[tokio::test]
async fn code_and_a_file_make_one_timetable_and_a_name_in_both_is_a_fault() {
    let house = House::scheduling();
    let file = tempfile::NamedTempFile::new().unwrap();
    let at = file.path().display();
    std::fs::write(file.path(), "[[schedule]]\nname = \"fresh\"\nevery = \"1h\"\nrun = [\"true\"]\n").unwrap();
    house.types(&format!("schedule run --config {at}")).await.ends(0);
    let rows = house.types(&format!("schedule list --config {at} --json")).await.ends(0).objects();
    let fresh = rows.iter().find(|row| row["name"] == "fresh").unwrap();
    assert!(fresh["source"].as_str().unwrap().contains(":2"), "the file and its line: {fresh}");
    assert_eq!((&fresh["service"], rows.len()), (&json!("errands"), 7));
    std::fs::write(file.path(), "[[schedule]]\nname = \"say:hello\"\nevery = \"1h\"\nrun = [\"true\"]\n").unwrap();
    let said = house.types(&format!("schedule run --config {at}")).await.ends(10);
    assert!(said.err.contains("have the schedule say:hello twice"), "{said:?}");
    std::fs::write(file.path(), "[[schedule]]\nnam = \"x\"\n").unwrap();
    let said = house.types(&format!("schedule list --config {at}")).await.ends(2);
    assert!(said.err.contains("nothing of it is used"), "{said:?}");
}
