//! Files of a log, by real processes: each line is in one, two share a folder, and what cannot be written stops nobody.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use banto_store::{Clock, SystemClock};
use rustix::process::Signal;
use serde_json::Value;

use super::house::House;

/// Every file of a folder, and its text.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let read = |entry: fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap_or_default())
    };
    fs::read_dir(folder).unwrap().map(|entry| read(entry.unwrap())).collect()
}

/// All lines of the files whose names begin so.
fn lines(folder: &Path, part: &str) -> Vec<Value> {
    let texts =
        files(folder).into_iter().filter(|(name, _)| name.starts_with(&format!("{part}-"))).map(|(_, text)| text);
    texts
        .flat_map(|text| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>())
        .collect()
}

fn messages(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["message"].as_str().unwrap()).collect()
}

fn logs(house: &House) -> PathBuf {
    house.folder.path().join("logs")
}

#[test]
fn each_line_of_up_is_on_the_output_and_in_a_file() {
    let house = House::new();
    house.writes(
        r#"
[[schedule]]
name = "tick"
every = "1s"
run = ["sh", "-c", "echo tick says password=hunter2"]
[[program]]
name = "steady"
run = ["sh", "-c", "echo steady as $DB_PASSWORD; exec sleep 600"]
env = { DB_PASSWORD = "sesame-sesame" }
[log]
dir = "logs"
zone = "Asia/Tokyo"
"#,
    );
    let mut up = house.keeps("up");
    up.hears("tick says");
    house.until("program logs steady", |said| said.out.contains("steady as"));
    up.signal(Signal::TERM);
    let (exit, _) = up.ended();
    assert_eq!(exit, Some(0));
    let (queue, scheduler, program) =
        (lines(&logs(&house), "queue"), lines(&logs(&house), "scheduler"), lines(&logs(&house), "program"));
    let said = messages(&queue);
    assert!(said.contains(&"working") && said.last() == Some(&"stopped"), "{said:#?}");
    let said = messages(&scheduler);
    assert!(said.contains(&"fired") && said.contains(&"tick says password=***"), "{said:#?}");
    let said = messages(&program);
    assert!(said.contains(&"the program is started") && said.contains(&"steady as ***"), "{said:#?}");
    let names: Vec<String> = files(&logs(&house)).into_keys().collect();
    for name in &names {
        let day = name.split_once('-').unwrap().1.strip_suffix(".log").unwrap();
        assert!(day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit()), "{names:?}");
    }
    for (name, text) in files(&logs(&house)) {
        assert!(!text.contains("hunter2") && !text.contains("sesame"), "{name}");
    }
    let kept = house.banto("schedule history tick --output --json").ends(0).out;
    assert!(!kept.contains("hunter2") && kept.contains("tick says password=***"), "{kept}");
}

#[test]
fn two_processes_share_a_folder_and_no_line_is_lost_or_doubled() {
    let house = House::new();
    house.types("queue enqueue greet --count 400").ends(0);
    house.writes("[log]\ndir = \"logs\"\nsize_max = \"4KiB\"\ncompress = false\n");
    let typed = "up --verbose --allow-empty --only workers --config banto.toml";
    let (one, two) = (house.keeps_errands(typed), house.keeps_errands(typed));
    house.until("queue list --state ready,running --json", |said| said.objects().is_empty());
    let ended = [one, two].map(|worker| {
        worker.signal(Signal::TERM);
        let mut heard = Vec::new();
        assert_eq!(worker.ends_with(&mut heard), Some(0));
        heard
    });
    let mut said: Vec<String> = ended.iter().flatten().map(Value::to_string).collect();
    let mut kept: Vec<String> = lines(&logs(&house), "queue").iter().map(Value::to_string).collect();
    assert!(files(&logs(&house)).len() > 5, "the files turned: {:?}", files(&logs(&house)).keys());
    assert!(files(&logs(&house)).values().all(|text| text.len() <= 4 << 10));
    said.sort_unstable();
    kept.sort_unstable();
    assert_eq!(said.len(), kept.len());
    assert!(said == kept, "what was said is what is kept");
    let ran = kept.iter().filter(|line| line.contains("\"message\":\"running\"")).count();
    assert_eq!(ran, 400);
}

#[test]
fn a_folder_that_cannot_be_is_refused_with_the_path_the_user_and_the_cure() {
    let house = House::new();
    fs::write(house.folder.path().join("taken"), "").unwrap();
    house.writes("[[schedule]]\nname = \"a\"\nevery = 60\nrun = [\"true\"]\noutput = \"taken/a.log\"\n");
    let uid = rustix::process::geteuid().as_raw().to_string();
    for (said, exit) in [
        (house.types("queue work --log-dir taken/logs"), 14),
        (house.banto("schedule work --log-dir taken"), 14),
        (house.banto("up --log-dir taken"), 14),
        (house.banto("up"), 10),
    ] {
        let err = said.ends(exit).err;
        assert!(err.contains("could not ") && err.contains("taken") && err.lines().count() == 1, "{err}");
        assert!(err.contains("the user ") && err.contains(&uid) && err.contains("name another place"), "{err}");
    }
}

#[test]
fn a_folder_that_vanishes_stops_nobody_and_its_return_is_said() {
    let house = House::new();
    let mut worker = house.worker("--verbose --log-dir logs");
    fs::rename(logs(&house), house.folder.path().join("gone")).unwrap();
    let id = house.enqueue("greet");
    let lost = worker.hears("lines go on here, and it is tried again");
    assert!(lost["message"].as_str().unwrap().contains("the user "), "{lost}");
    // The thread that writes files tells of its own trouble whenever it meets it, perhaps after the job's end.
    if worker.heard.iter().all(|said| said["message"] != "ended") {
        worker.hears("ended");
    }
    assert_eq!(house.job(&id)["state"], "done");
    fs::create_dir(logs(&house)).unwrap();
    house.enqueue("greet");
    let back = worker.hears("lines are written to their file again");
    assert!(back["lost"].as_u64() >= Some(1), "{back}");
    worker.signal(Signal::TERM);
    assert_eq!(worker.ended().0, Some(0));
    let kept = lines(&logs(&house), "queue");
    assert_eq!(messages(&kept).last(), Some(&"stopped"));
    assert!(kept.iter().any(|line| line["lost"].as_u64() >= Some(1)), "the file tells of its gap");
}

#[test]
fn a_disk_that_is_full_stops_nobody() {
    let house = House::new();
    house.types("migrate").ends(0);
    let id = house.enqueue("greet");
    fs::create_dir(logs(&house)).unwrap();
    for days in 0..3 {
        // Whatever day it is by the time the worker looks, its file leads to a full disk.
        let at = jiff::Timestamp::from_millisecond(SystemClock.wall_ms() + days * 86_400_000).unwrap();
        let name = at.strftime("queue-%Y%m%d.log").to_string();
        std::os::unix::fs::symlink("/dev/full", logs(&house).join(name)).unwrap();
    }
    let said = house.types("queue work --stop-when-empty --verbose --log-dir logs").ends(0);
    assert_eq!(house.job(&id)["state"], "done");
    let lost: Vec<Value> =
        said.log().into_iter().filter(|line| line["message"].as_str().unwrap().contains("it is tried again")).collect();
    assert_eq!(lost.len(), 1, "once is enough: {lost:?}");
    assert!(lost[0]["message"].as_str().unwrap().contains("make room there"), "{lost:?}");
}

#[test]
fn a_reader_that_is_gone_takes_nothing_from_the_files() {
    let house = House::new();
    let id = house.enqueue("greet");
    let mut worker = house.errands("queue work --verbose --stop-when-empty --log-dir logs");
    let mut worker = worker.stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(worker.stdout.take());
    assert_eq!(worker.wait().unwrap().code(), Some(0));
    assert_eq!(house.job(&id)["state"], "done");
    let kept = lines(&logs(&house), "queue");
    // The job's lines are told beside the worker's: whether it ended first or stopped first is theirs.
    let said = messages(&kept).into_iter();
    let (job, worker): (Vec<&str>, Vec<&str>) = said.partition(|said| ["running", "ended"].contains(said));
    assert_eq!(job, ["running", "ended"]);
    assert_eq!(worker, ["the store is open", "working", "stopping: no new jobs are taken", "stopped"]);
}

#[test]
fn a_secret_of_the_environment_is_in_no_line_of_a_worker() {
    let house = House::new();
    house.enqueue("fail --attempts 1 --payload {\"text\":\"denied:sesame-sesame\"}");
    let mut worker = house.errands("queue work --verbose --stop-when-empty --log-dir logs");
    let said = super::house::Said::from(worker.env("SERVICE_TOKEN", "sesame-sesame").output().unwrap()).ends(0);
    assert!(said.out.contains("denied:***") && !said.out.contains("sesame"), "{}", said.out);
    let kept: String = files(&logs(&house)).into_values().collect();
    assert!(kept.contains("denied:***") && !kept.contains("sesame"), "{kept}");
}
