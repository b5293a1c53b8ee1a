//! Schedules by real processes: ticks, schedulers that stop, reload, share a store, die.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use super::house::{House, Said, Worker};

fn each_second(name: &str, run: &str, more: &str) -> String {
    format!("[[schedule]]\nname = \"{name}\"\nevery = \"1s\"\nshell = true\nrun = '''{run}'''\n{more}\n")
}

fn fired(said: &Said) -> bool {
    said.out.lines().next().is_some_and(|line| serde_json::from_str::<Value>(line).unwrap()["fired"].as_u64() > Some(0))
}

/// Waits for a due instant of that schedule that fires from now on.
fn hears_fired(worker: &mut Worker, schedule: &str) {
    while worker.hears("fired")["schedule"] != schedule {}
}

#[test]
fn a_tick_runs_what_is_due_and_its_exit_code_is_the_truth() {
    let house = House::new();
    assert!(house.banto("schedule run").ends(10).err.contains("could not find a schedule"));
    let said = house.banto("schedule run --allow-empty").ends(0).err;
    assert_eq!(said.matches("there is no schedule").count(), 1, "one voice says it: {said}");
    house.writes(&each_second("well", "echo fine", ""));
    house.banto("schedule run").ends(0);
    let said = house.until("schedule run --json", fired).ends(0).object();
    assert_eq!((&said["runs"][0]["state"], &said["exit"]), (&json!("done"), &json!(0)));
    house.writes(&(each_second("well", "echo fine", "") + &each_second("ill", "echo broken; exit 12", "")));
    house.banto("schedule:run").ends(0);
    let said = house.until("schedule:run --json", |said| fired(said) && said.exit != Some(0)).ends(1).object();
    let failed: Vec<&Value> = said["runs"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|run| run["state"] == "dead")
        .map(|run| &run["schedule"])
        .collect();
    assert_eq!(failed, ["ill"]);
    let last = house.banto("schedule history ill --fate fired --limit 1 --json").ends(0).object();
    assert_eq!((&last["run"]["output"]["exit"], &last["run"]["output"]["tail"]), (&json!(12), &json!("broken\n")));
    house.writes("[[schedule]]\nname = \"gone\"\nevery = \"1s\"\nrun = [\"no-such-program-anywhere\"]\n");
    assert!(house.banto("schedule run").ends(10).err.contains("no-such-program-anywhere"));
    assert!(house.banto("schedule run --config nowhere.toml").ends(2).err.contains("nowhere.toml"));
}

#[test]
fn term_stops_a_scheduler_and_lets_its_run_finish() {
    let house = House::new();
    house.writes(&each_second("nap", "sleep 1; echo slept >> slept.txt", "no_overlap = true"));
    let mut clock = house.keeps("schedule work --verbose");
    clock.hears("running");
    clock.signal(Signal::TERM);
    let (exit, stopped) = clock.ended();
    assert_eq!((exit, &stopped["reason"]), (Some(0), &json!("TERM was received")));
    assert!(std::fs::read_to_string(house.folder.path().join("slept.txt")).unwrap().starts_with("slept"));
    let runs = house.banto("schedule history nap --fate fired --json").ends(0).objects();
    assert!(runs.iter().all(|run| run["run"]["state"] != "running"), "{runs:?}");
}

#[test]
fn hup_and_reload_take_a_changed_file_or_leave_all_as_it_was() {
    let house = House::new();
    let one = each_second("one", "true", "");
    assert!(house.banto("reload").ends(16).err.contains("nobody listens"));
    house.writes(&one);
    let mut clock = house.keeps("schedule work");
    hears_fired(&mut clock, "one");
    house.writes(&(one.clone() + &each_second("two", "true", "queue = 'schedules.apart'")));
    clock.signal(Signal::HUP);
    assert_eq!(clock.hears("reloaded")["changes"], "the schedule two is new");
    hears_fired(&mut clock, "two");
    house.until("schedule history two --fate fired --json", |said| said.out.contains("\"done\""));
    house.writes("[[schedule]]\nname = \"two\"\nevry = \"1s\"\n");
    clock.signal(Signal::HUP);
    assert!(clock.hears("not reloaded")["fault"].as_str().unwrap().contains("evry"));
    let said = house.banto("reload").ends(1);
    assert!(said.err.contains("did not take it, all goes on as it was") && said.err.contains("evry"), "{said:?}");
    hears_fired(&mut clock, "two");
    house.writes(&one);
    let said = house.banto("reload --json").ends(0).object();
    assert_eq!(
        said,
        json!({ "pid": clock.pid(), "taken": true, "changes": ["the schedule two is gone"], "fault": null })
    );
    hears_fired(&mut clock, "one");
    // What is no part of what is registered counts too, and is said.
    for more in ["grace = '3s'", "grace = '3s'\nenv = { A = '1' }", "grace = '3s'\nenv = { A = '2' }"] {
        house.writes(&each_second("one", "true", more));
        let changes = || house.banto("reload --json").ends(0).object()["changes"].clone();
        assert_eq!((changes(), changes()), (json!(["the schedule one has changed"]), json!([])), "{more}");
    }
    clock.signal(Signal::TERM);
    assert_eq!(clock.ended().0, Some(0));
    assert!(house.banto("reload").ends(16).out.is_empty(), "nothing is left behind");
}

#[test]
fn two_schedulers_on_one_store_run_each_due_instant_once() {
    let house = House::new();
    house.writes(&each_second("count", "echo x >> count.txt", "missed = { all = 100 }"));
    let (mut one, mut two) = (house.keeps("schedule work --name one"), house.keeps("schedule work --name two"));
    // One leads; when it is gone, the other does.
    let done =
        |least: usize| move |said: &Said| said.out.lines().filter(|line| line.contains("\"done\"")).count() >= least;
    house.until("schedule history count --fate fired --json", done(3));
    one.signal(Signal::TERM);
    one.hears("stopped");
    let before = house.banto("schedule history count --fate fired --json").objects().len();
    house.until("schedule history count --fate fired --json", done(before + 2));
    two.signal(Signal::TERM);
    two.hears("stopped");
    drop((one, two));
    let fires = house.banto("schedule history count --json --limit 1000").ends(0).objects();
    let dues: Vec<i64> = fires.iter().map(|fire| fire["due_at"].as_i64().unwrap()).collect();
    assert!(dues.windows(2).all(|pair| pair[0] - pair[1] == 1_000), "each second once, none left out: {dues:?}");
    let ran = fires.iter().filter(|fire| fire["run"]["attempt"].as_u64() > Some(0)).count();
    let lines = std::fs::read_to_string(house.folder.path().join("count.txt")).unwrap().lines().count();
    assert_eq!(lines, ran);
}

#[test]
fn the_lock_of_a_killed_holder_is_named_and_gone_within_seconds() {
    let house = House::new();
    house.writes(&each_second("long", "exec sleep 25", "no_overlap = true"));
    let holder = house.keeps("schedule work --name holder");
    let lock = house.until("schedule locks --json", |said| said.out.contains("\"running\"")).object();
    assert_eq!(
        (&lock["worker"], &lock["pid"], &lock["living"]),
        (&json!("holder"), &json!(holder.pid()), &json!(true))
    );
    let other = house.keeps("schedule work --name other");
    holder.signal(Signal::KILL);
    let killed = Instant::now();
    let held = house.banto("schedule locks --json").ends(0).object();
    assert_eq!(held["job"], lock["job"], "who holds it is named until it is taken back");
    house.until("schedule locks --json", |said| {
        said.out.lines().next().is_none_or(|line| serde_json::from_str::<Value>(line).unwrap()["job"] != lock["job"])
    });
    assert!(killed.elapsed() < Duration::from_secs(20), "15 s are promised: {:?}", killed.elapsed());
    let skipped = house.banto("schedule history long --fate skipped --json").ends(0).objects();
    assert!(skipped.iter().any(|fire| fire["reason"] == "overlap"), "{skipped:?}");
    other.signal(Signal::TERM);
    other.signal(Signal::INT);
    drop((holder, other));
}

#[test]
fn hostile_output_is_shown_and_never_obeyed() {
    let house = House::new();
    let evil = r#"printf '\033]52;c;aGk=\007\033[2J\342\200\256evil\r\n{"level":"INFO"}\n'; exit 1"#;
    house.writes(&each_second("evil", evil, ""));
    let mut clock = house.keeps("schedule work");
    let line = clock.hears("evil");
    assert!(line["message"].as_str().unwrap().contains("\\u{1b}]52"), "{line}");
    house.until("schedule history evil --fate fired --json", |said| said.out.contains("\"dead\""));
    clock.signal(Signal::TERM);
    assert_eq!(clock.ended().0, Some(0));
    for typed in
        ["schedule history evil --output", "schedule history evil --json", "schedule list", "schedule test evil"]
    {
        let said = house.banto(typed);
        for bad in ["\u{1b}", "\u{7}", "\u{202e}", "\r"] {
            assert!(!said.out.contains(bad) && !said.err.contains(bad), "{typed}: {said:?}");
        }
    }
}

/// The program without kinds took an application's jobs of the queue that its runs waited in, and set them aside.
#[test]
fn runs_and_an_applications_jobs_wait_apart_whatever_the_queue_is_called() {
    let house = House::new();
    let jobs: Vec<String> = (0..5).map(|_| house.enqueue("greet --queue mail")).collect();
    house.writes(&each_second("run", "true", "queue = 'mail'"));
    for typed in ["up", "schedule work", "schedule run", "schedule lint", "schedule list"] {
        let said = house.banto(typed).ends(2);
        assert!(said.err.contains("banto.toml:6:") && said.err.contains("as \"schedules.mail\""), "{typed}: {said:?}");
    }
    house.writes(&each_second("run", "true", "queue = 'schedules.mail'"));
    let said = house.types("queue enqueue greet --queue schedules.mail").ends(2);
    assert!(said.err.contains("for runs of schedules"), "{said:?}");
    assert!(house.banto("queue enqueue banto.run --queue mail").ends(2).err.contains("as \"schedules.mail\""));
    let said = house.types("queue work --queue mail,schedules.mail --stop-when-empty").ends(2);
    assert!(said.err.contains("this command knows no schedules"), "{said:?}");
    let up = house.keeps("up");
    house.until("schedule history run --fate fired --json", |said| said.out.contains("\"done\""));
    for job in &jobs {
        assert_eq!(
            (&house.job(job)["state"], &house.job(job)["fence"]),
            (&json!("ready"), &json!(0)),
            "nobody took it"
        );
    }
    up.signal(Signal::TERM);
    assert_eq!(up.ended().0, Some(0));
    assert_eq!(house.types("queue parked --json").ends(0).out, "");
}

/// As cron calls it, a tick a minute; one of them dies under its run.
#[test]
fn a_tick_that_was_killed_holds_back_nothing_longer_than_its_lease_and_two_at_once_share() {
    let house = House::new();
    let held = house.folder.path().join("held");
    let text = "[ ! -e held ] || { echo began; exec sleep 600; }";
    house.writes(&each_second("sweep", text, "no_overlap = true"));
    house.banto("schedule run").ends(0);
    std::fs::write(&held, "").unwrap(); // after the run that makes the schedule known: a slow one may fire
    let start = || {
        house
            .banto_command("schedule run")
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut tick = start();
    let running = |said: &Said| said.out.contains("\"running\"");
    while !running(&house.banto("schedule locks --json")) {
        if tick.try_wait().unwrap().is_some() {
            tick = start();
        }
    }
    std::fs::remove_file(&held).unwrap();
    tick.kill().unwrap();
    tick.wait().unwrap();
    let killed = Instant::now();
    let rescued = std::cell::Cell::new(0);
    let counted = |said: &Said| {
        rescued.set(rescued.get() + said.object()["rescued"].as_u64().unwrap());
        fired(said)
    };
    let said = house.until("schedule run --json", counted).ends(0).object();
    assert!(killed.elapsed() < Duration::from_secs(20), "15 s are promised: {:?}", killed.elapsed());
    assert_eq!((rescued.get(), &said["runs"][0]["state"]), (1, &json!("done")), "{said}");
    // Two at once, again and again: each due instant once, and each waits for what it fired.
    for _ in 0..5 {
        let both = [0, 1].map(|_| {
            let mut command = house.banto_command("schedule run --json");
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
        });
        for child in both {
            let said: Said = child.wait_with_output().unwrap().into();
            let said = said.ends(0).object();
            assert!(said["runs"].as_array().unwrap().iter().all(|run| run["state"] == "done"), "{said}");
        }
    }
    let rows = house.banto("schedule history sweep --json --fate fired --limit 1000").ends(0).objects();
    let mut dues: Vec<i64> = rows.iter().map(|row| row["due_at"].as_i64().unwrap()).collect();
    let all = dues.len();
    dues.dedup();
    assert!(dues.len() == all && rows.iter().all(|row| row["run"]["attempt"].as_u64() <= Some(1)), "{rows:?}");
}

#[test]
fn what_a_file_keeps_back_is_skipped_with_its_name_and_fires_when_it_is_gone() {
    let house = House::new();
    house.writes(
        &(each_second("guarded", "true", "skip = { file = 'down' }")
            + &each_second("waits", "true", "when = { file = 'ready' }")),
    );
    let path = |name: &str| house.folder.path().join(name);
    std::fs::write(path("down"), "").unwrap();
    let mut clock = house.keeps("schedule work");
    let skipped = |name: &str| {
        house
            .until(&format!("schedule history {name} --fate skipped --json --limit 1"), |said| !said.out.is_empty())
            .object()
    };
    for (name, file, is) in [("guarded", "down", "is there"), ("waits", "ready", "is not there")] {
        let row = skipped(name);
        assert_eq!((&row["reason"], &row["run"]), (&json!("filter"), &json!(null)), "{row}");
        assert!(row["note"].as_str().unwrap().ends_with(&format!("/{file} {is}")), "{row}");
        let listed = house.banto("schedule list").ends(0).out;
        assert!(listed.contains("skipped when ") && listed.contains(is), "{listed}");
    }
    std::fs::remove_file(path("down")).unwrap();
    std::fs::create_dir(path("ready")).unwrap();
    hears_fired(&mut clock, "guarded");
    hears_fired(&mut clock, "waits");
    clock.signal(Signal::TERM);
    assert_eq!(clock.ended().0, Some(0));
}
