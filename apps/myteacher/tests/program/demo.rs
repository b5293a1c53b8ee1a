//! `myteacher demo`: what a newcomer gets.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::Stdio,
};

use serde_json::Value;
use tiny_skia::Pixmap;

use super::house::House;

const PICTURES: &str = "storage/pictures";

fn decoded(path: &Path) -> Pixmap {
    Pixmap::load_png(path).unwrap()
}

fn corners(picture: &Pixmap) -> Vec<u8> {
    let (right, bottom) = (picture.width() - 1, picture.height() - 1);
    let corners = [(0, 0), (right, 0), (0, bottom), (right, bottom)];
    corners.iter().map(|&(x, y)| picture.pixel(x, y).unwrap().alpha()).collect()
}

fn names(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_newcomer_gets_six_pictures_and_what_to_look_at_next() {
    let house = House::new();
    let said = house.types("demo --seed 7").ends(0);
    assert_eq!(said.err, "", "no progress bar where there is no terminal");
    let pictures = house.pictures(PICTURES);
    assert_eq!(pictures.len(), 6);
    for picture in &pictures {
        let drawn = decoded(picture);
        assert_eq!((drawn.width(), drawn.height()), (512, 512), "{picture:?}");
        assert_eq!(corners(&drawn), [255; 4], "{picture:?}");
        assert!(said.out.contains(picture.strip_prefix(house.path()).unwrap().to_str().unwrap()), "{}", said.out);
    }
    let names: BTreeSet<&str> = pictures.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    let wanted = ["bust_angry", "bust_happy", "bust_normal", "bust_sad", "bust_surprised", "full_body_normal"];
    assert_eq!(names, wanted.map(|name| format!("{name}.png")).iter().map(String::as_str).collect());
    for part in ["6054", "completed", "Notification:", "avatars show 1", "queue show ", "queue work"] {
        assert!(said.out.contains(part), "{part} is not in {}", said.out);
    }
    assert_eq!(house.one::<i64>("SELECT count(*) FROM avatar_comments"), 22);
    assert_eq!(house.one::<i64>("SELECT count(*) FROM token_transactions WHERE type = 'ai_usage'"), 1);
    assert_eq!(house.one::<i64>("SELECT count(*) FROM user_notifications"), 1);
}

/// The commands that a demo names, without what they are for.
fn next(out: &str) -> Vec<String> {
    let commands = out.lines().skip_while(|line| *line != "Where to look next:").skip(1);
    commands.map(|line| line.split("   #").next().unwrap().trim().to_owned()).collect()
}

#[test]
fn what_is_named_to_look_at_next_works_when_it_is_pasted() {
    let house = House::new();
    let mut demo = house.command("demo --seed 7 --store sqlite://else.db --out");
    let said: super::house::Said = demo.arg("my pictures").output().unwrap().into();
    let next = next(&said.ends(0).out);
    assert_eq!(next.len(), 4, "{next:#?}");
    assert!(next.iter().all(|command| command.contains(" --store sqlite://else.db")), "{next:#?}");
    let pasted = |command: &str| -> super::house::Said {
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", command]).current_dir(house.path()).stdin(Stdio::null());
        for name in super::house::STEERING {
            shell.env_remove(name);
        }
        shell.output().unwrap().into()
    };
    let shown = pasted(&next[0]).ends(0).out;
    let named: Vec<&str> =
        shown.lines().filter_map(|line| line.trim().split_once("  ")?.1.trim().strip_suffix(".png")).collect();
    assert_eq!(named.len(), 6, "{shown}");
    for file in named {
        assert!(house.path().join(format!("{file}.png")).is_file(), "{file}.png is named and is not there");
    }
    pasted(&next[1]).ends(0);
    pasted(&next[2]).ends(0);

    house.types("avatars create --seed 3 --store sqlite://else.db").ends(0);
    pasted(&format!("{} --stop-when-empty", next[3])).ends(0);
    assert_eq!(house.pictures("my pictures").len(), 12, "the worker paints where the demo did");
    assert!(!house.path().join("storage/pictures").exists() || house.pictures(PICTURES).is_empty());
}

#[test]
fn json_is_one_document_of_a_known_shape() {
    let house = House::new();
    let said = house.types("demo --seed 7 --json").ends(0);
    assert_eq!(said.err, "");
    let whole = said.json();
    assert_eq!(names(&whole), ["demo", "files", "store"].into());
    let demo = &whole["demo"];
    let wanted = [
        "attempts",
        "avatar",
        "balance",
        "charged",
        "elsewhere",
        "explained",
        "job",
        "made",
        "notification",
        "state",
        "told",
        "took_ms",
    ];
    assert_eq!(names(demo), wanted.into());
    assert_eq!((&demo["explained"], &demo["told"]), (&Value::Null, &Value::Null));
    let wanted = ["detail", "estimate", "failure", "id", "job", "look", "run", "shown", "status", "user"];
    assert_eq!(names(&demo["avatar"]), wanted.into());
    assert_eq!(names(&demo["avatar"]["look"]).len(), 15);
    assert_eq!(
        (&demo["avatar"]["status"], &demo["state"], &demo["attempts"]),
        (&"completed".into(), &"done".into(), &1.into())
    );
    assert_eq!((demo["charged"].as_i64(), demo["balance"]["held"].as_i64()), (Some(6_054), Some(0)));
    assert_eq!(demo["made"]["comments"].as_array().unwrap().len(), 22);
    let pictures = demo["made"]["pictures"].as_array().unwrap();
    assert_eq!(pictures.len(), 6);
    for picture in pictures {
        let file = house.path().join(whole["files"].as_str().unwrap()).join(picture[1].as_str().unwrap());
        assert_eq!(Some(std::fs::metadata(file).unwrap().len()), picture[2].as_u64());
    }
}

#[test]
fn a_second_demo_makes_a_second_avatar_and_the_same_seed_the_same_pictures() {
    let house = House::new();
    let demos: Vec<Value> =
        (0..2).map(|_| house.types("demo --seed 7 --json").ends(0).json()["demo"].clone()).collect();
    assert_eq!((demos[0]["avatar"]["id"].as_i64(), demos[1]["avatar"]["id"].as_i64()), (Some(1), Some(2)));
    let other = house.types("demo --seed 8 --json").ends(0).json()["demo"].clone();
    let painted = |demo: &Value| -> Vec<Vec<u8>> {
        let pictures = demo["made"]["pictures"].as_array().unwrap().iter();
        let path = |picture: &Value| house.path().join(PICTURES).join(picture[1].as_str().unwrap());
        pictures.map(|picture| std::fs::read(path(picture)).unwrap()).collect()
    };
    assert!(painted(&demos[0]) == painted(&demos[1]), "the same seed is the same teacher");
    assert!(painted(&demos[0]) != painted(&other), "another seed is another teacher");
}

#[test]
fn a_chibi_has_five_pictures_and_a_transparent_one_has_clear_corners() {
    let house = House::new();
    let said = house.types("demo --seed 7 --chibi --transparent --out drawn --json").ends(0).json();
    assert_eq!((&said["files"], &said["demo"]["charged"]), (&"drawn".into(), &(5 * 1_050 + 44 + 10).into()));
    let pictures = house.pictures("drawn");
    assert_eq!(pictures.len(), 5);
    for picture in pictures {
        assert!(picture.file_name().unwrap().to_str().unwrap().starts_with("full_body_"), "{picture:?}");
        let drawn = decoded(&picture);
        assert_eq!(corners(&drawn), [0; 4], "{picture:?}");
        let middle = drawn.pixel(drawn.width() / 2, drawn.height() / 2).unwrap().alpha();
        assert_eq!(middle, 255, "the teacher is still there: {picture:?}");
    }
    assert!(!house.path().join(PICTURES).exists());
}

#[test]
fn every_attribute_that_is_asked_for_is_the_avatars() {
    let house = House::new();
    let typed = "--sex male --hair-style long --hair-color silver --eye-color purple --clothing kimono --accessory glasses \
                 --body-type sturdy --tone strict --enthusiasm high --formality formal --humor low --model animagine-xl-3.1 --seed 5";
    let said = house.types(&format!("demo --json {typed}")).ends(0).json();
    let look = &said["demo"]["avatar"]["look"];
    let words: Vec<&str> = typed.split_ascii_whitespace().collect();
    for pair in words.chunks(2) {
        let name = pair[0].trim_start_matches("--").replace('-', "_");
        let name = if name == "model" { "draw_model_version" } else { &name };
        let value = look[name].as_str().map_or_else(|| look[name].to_string(), str::to_owned);
        assert_eq!(value, pair[1], "{name}");
    }
    assert_eq!(said["demo"]["charged"], 6 * 400 + 44 + 10);
}

#[test]
fn whoever_stops_reading_is_no_trouble() {
    let house = House::new();
    let mut child = house.command("demo --seed 7").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap(); // and the pipe is closed
    assert!(first.contains("FILE"), "{first}");
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));

    for typed in ["avatars list", "avatars show 1", "queue list", "--help"] {
        let mut child = house.command(typed).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""), "{typed}");
    }
}

#[test]
fn an_answer_that_cannot_be_written_is_no_success() {
    let house = House::lived_in();
    for typed in ["demo --seed 7 --json", "demo --seed 7", "avatars list", "avatars list --json", "avatars show 1"] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let said: super::house::Said = house.command(typed).stdout(full).output().unwrap().into();
        let err = said.ends(14).err;
        assert!(err.contains("could not write the answer: "), "{typed}: {err}");
    }
}

#[test]
fn a_demo_on_a_paused_queue_says_by_whom_at_once_and_does_not_wait() {
    let house = House::lived_in();
    house.types("queue pause avatars --reason inventory").ends(0);
    let said = house.types("demo --seed 7").ends(1);
    assert!(said.err.contains("is paused by ") && said.err.contains("(inventory)"), "{}", said.err);
    assert!(said.err.contains("queue resume avatars"), "{}", said.err);
    assert!(said.out.contains("Avatar 2 is not finished") && said.out.contains("What to do: queue resume avatars"));
    let json = house.types("demo --seed 7 --json").ends(1);
    let demo = &json.json()["demo"];
    assert_eq!((&demo["state"], &demo["attempts"]), (&"ready".into(), &0.into()));
    assert_eq!(demo["explained"]["cure"], "queue resume avatars");
    assert!(demo["explained"]["answer"].as_str().unwrap().contains("inventory"), "{demo}");
    for line in json.err.lines() {
        assert!(serde_json::from_str::<Value>(line).unwrap()["note"].is_string(), "{line}");
    }
    house.types("queue resume avatars").ends(0);
    house.types("queue work --stop-when-empty").ends(0);
    assert_eq!(house.avatar(2)["avatar"]["status"], "completed");
    assert_eq!(house.avatar(3)["avatar"]["status"], "completed");
}

#[test]
fn a_demo_whose_job_dies_says_why_and_what_to_do() {
    let house = House::lived_in();
    house.db().execute("DELETE FROM ai_cost_rates WHERE service_type = 'chat_in'", []).unwrap();
    let mut child = house.command("demo --seed 7").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let said = lines.next().unwrap().unwrap();
    assert!(said.starts_with("attempt 1 failed: could not ") && said.contains("find the price of chat_in"), "{said}");
    assert!(said.contains("; again in ") && said.ends_with(" s"), "{said}");
    super::house::signalled(&child, rustix::process::Signal::INT);
    let ended: super::house::Said = child.wait_with_output().unwrap().into();
    let ended = ended.ends(130);
    assert!(ended.out.contains("its last run ended with: ") && ended.out.contains("find the price"), "{}", ended.out);
    assert_eq!(house.one::<i64>("SELECT count(*) FROM banto_lease"), 0);
}

/// The queue is one: whoever is quicker paints it, and the demo ends with its job.
#[test]
fn a_demo_beside_a_worker_ends_with_its_job_whoever_makes_it() {
    let house = House::lived_in();
    let worker = house.worker("--concurrency 2");
    for seed in 1..=3 {
        let demo = house.types(&format!("demo --seed {seed} --json")).ends(0).json()["demo"].clone();
        assert_eq!((&demo["state"], &demo["explained"]), (&"done".into(), &Value::Null));
        assert_eq!(demo["made"]["pictures"].as_array().unwrap().len(), 6);
    }
    worker.stops();
    assert_eq!(house.one::<i64>("SELECT count(*) FROM token_transactions WHERE type = 'ai_usage'"), 4);
}

/// A worker that was told of another place is as likely to take the job as the demo itself.
#[test]
fn a_demo_never_names_a_file_that_is_not_there() {
    let house = House::lived_in();
    let worker = house.worker("--concurrency 2");
    for seed in 1..=6 {
        let demo = house.command(&format!("demo --seed {seed} --json --out drawn")).output().unwrap();
        let said: super::house::Said = demo.into();
        let demo = said.json()["demo"].clone();
        let pictures = demo["made"]["pictures"].as_array().unwrap();
        let here =
            pictures.iter().filter(|it| house.path().join("drawn").join(it[1].as_str().unwrap()).is_file()).count();
        assert_eq!(demo["elsewhere"], pictures.len() - here, "seed {seed}");
        assert_eq!(said.exit, Some(i32::from(here < 6)), "seed {seed}: {here} of 6 are here");
    }
    worker.stops();
}

#[test]
fn a_place_where_nothing_can_be_made_is_said_with_what_to_do() {
    let house = House::new();
    std::fs::write(house.path().join("storage"), "no folder").unwrap();
    for typed in ["demo", "demo --json", "avatars list", "avatars create"] {
        let said = house.types(typed).ends(2);
        let (is_json, err) = (typed.contains("--json"), &said.err);
        assert!(err.starts_with(if is_json { "{\"error\":" } else { "myteacher: could not make the folder" }), "{err}");
        assert!(err.contains("storage") && err.contains("name a store with --store"), "{typed}: {err}");
        assert_eq!((err.lines().count(), said.out.as_str()), (1, ""), "{typed}");
    }
    let said = house.types("demo --store sqlite://else.db --out drawn").ends(0).out;
    assert!(said.contains("completed"), "{said}");
}
