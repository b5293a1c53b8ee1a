//! `up` when the worst befalls it: killed with all that it has, and as the first process of a container.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::house::{House, Said, Worker};

/// A process, as the kernel has it.
#[derive(Debug)]
struct Seen {
    pid: i32,
    parent: i32,
    dead: bool,
    command: String,
}

/// Every process of this machine.
fn processes() -> Vec<Seen> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| seen(entry.file_name().to_str()?.parse().ok()?)).collect()
}

fn seen(pid: i32) -> Option<Seen> {
    // proc_pid_stat(5): the state and the parent stand behind the name, which may hold anything.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut words = stat.rsplit_once(") ")?.1.split_ascii_whitespace();
    let (dead, parent) = (words.next()? == "Z", words.next()?.parse().ok()?);
    let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let command = String::from_utf8_lossy(&command).replace('\0', " ").trim().to_owned();
    Some(Seen { pid, parent, dead, command })
}

fn children(of: i32) -> Vec<Seen> {
    processes().into_iter().filter(|one| one.parent == of).collect()
}

fn lives(pid: i32) -> bool {
    seen(pid).is_some_and(|one| !one.dead)
}

/// Looks again and again until it is so.
#[track_caller]
fn until(what: &str, so: impl Fn() -> bool) {
    let since = Instant::now();
    while !so() {
        assert!(since.elapsed() < Duration::from_secs(30), "it never came about that {what}");
        std::thread::yield_now();
    }
}

/// The numbers that a line of a program ends with: `word 12 13`.
fn numbers(up: &mut Worker, word: &str) -> Vec<i32> {
    let line = up.hears(&format!("{word} "))["message"].as_str().unwrap().to_owned();
    line.split(' ').skip(1).map(|number| number.parse().unwrap()).collect()
}

fn kill(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

const FAMILY: &str = r#"
[[program]]
name = "family"
shell = true
run = 'trap "" TERM; (trap "" TERM; while :; do sleep 1; done) & echo family $$ $!; wait'

[[program]]
name = "single"
shell = true
run = 'echo single $$; exec sleep 600'
"#;

fn long(name: &str) -> String {
    format!(
        "[[schedule]]\nname = \"{name}\"\nevery = \"1s\"\nno_overlap = true\nshell = true\nrun = 'echo {name} $$; exec sleep 600'\n"
    )
}

/// Row A4, by the program itself.
#[test]
fn killed_it_takes_programs_and_runs_along_and_the_next_one_starts_clean() {
    let house = House::new();
    house.writes(&(FAMILY.to_owned() + &long("run")));
    let mut up = house.keeps("up");
    let mut pids = Vec::new();
    for word in ["family", "single", "run"] {
        // They begin in any order.
        let heard = up
            .heard
            .iter()
            .filter_map(|line| line["message"].as_str())
            .find(|text| text.starts_with(&format!("{word} ")));
        match heard.map(|text| text.split(' ').skip(1).map(|number| number.parse().unwrap()).collect::<Vec<i32>>()) {
            Some(numbers) => pids.extend(numbers),
            None => pids.extend(numbers(&mut up, word)),
        }
    }
    assert_eq!(pids.len(), 4, "a program, what it has started, another one, and a run: {pids:?}");
    assert!(pids.iter().all(|pid| lives(*pid)), "{pids:?}");
    up.signal(Signal::KILL);
    for pid in pids {
        until("nothing of it is left", || !lives(pid));
    }
    house.banto("program list").ends(16);
    let mut next = house.keeps("up");
    let family = numbers(&mut next, "family");
    let running = |said: &Said| said.objects().iter().filter(|one| one["phase"] == "running").count() == 2;
    let said = house.until("program list --json", running);
    assert!(said.objects().iter().all(|one| one["starts"] == 1), "{said:?}");
    assert!(family.iter().all(|pid| lives(*pid)));
    // Twice: the family does not listen, and has ten seconds.
    next.signal(Signal::TERM);
    next.hears("stopping");
    next.signal(Signal::TERM);
    assert_eq!(next.ended().0, Some(13));
    for pid in family {
        until("nothing of it is left", || !lives(pid));
    }
}

/// The holder's whole process is killed: it is named until its lease is over, and then the next due instant fires.
#[test]
fn what_does_not_overlap_is_not_held_back_by_a_killed_up_for_longer_than_its_lease() {
    let house = House::new();
    house.writes(&long("long"));
    let one = house.keeps("up --name one");
    let lock = house.until("schedule locks --json", |said| said.out.contains("\"running\"")).object();
    let mut two = house.keeps("up --name two");
    assert_eq!((&lock["worker"], &lock["pid"]), (&json!("one"), &json!(one.pid())));
    one.signal(Signal::KILL);
    let killed = Instant::now();
    let held = house.banto("schedule locks --json").ends(0).object();
    assert_eq!((&held["job"], &held["worker"], &held["pid"]), (&lock["job"], &json!("one"), &json!(one.pid())));
    numbers(&mut two, "long");
    assert!(killed.elapsed() < Duration::from_secs(20), "15 s are promised: {:?}", killed.elapsed());
    let lock = house.until("schedule locks --json", |said| said.out.contains("\"running\"")).object();
    assert_eq!((&lock["worker"], &lock["pid"]), (&json!("two"), &json!(two.pid())));
    let rows = house.banto("schedule history long --json --limit 100").ends(0).objects();
    let fates: Vec<_> = rows.iter().map(|row| (row["fate"].clone(), row["reason"].clone())).collect();
    assert!(fates.contains(&(json!("skipped"), json!("overlap"))), "meanwhile each was on the ledger: {fates:?}");
    two.signal(Signal::TERM);
    two.hears("stopping");
    two.signal(Signal::TERM);
    assert_eq!(two.ended().0, Some(13));
}

/// A container of its own: the command is its first process, whoever we are.
fn first_of_a_container(house: &House, typed: &str) -> Option<Command> {
    let words = ["--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"];
    let tried = Command::new("unshare").args(words).arg("true").output();
    if !tried.as_ref().is_ok_and(|tried| tried.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "in CI a process may make namespaces: {tried:?}");
        eprintln!("SKIPPED: this test makes a container with unshare, and may not or has none: {tried:?}");
        return None;
    }
    let banto = house.banto_command(typed);
    let mut command = Command::new("unshare");
    command.args(words).arg("--").arg(banto.get_program()).args(banto.get_args());
    command
        .current_dir(house.folder.path())
        .stdin(std::process::Stdio::null())
        .env("BANTO_LOG", "info,banto_cli=debug");
    for (name, value) in banto.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("BANTO_LOG", "info,banto_cli=debug");
    Some(command)
}

#[test]
fn as_a_containers_first_process_it_buries_orphans_outlives_its_children_and_ends_well() {
    let house = House::new();
    // The one in the middle ends at once: what it has started is an orphan, and ends a moment later.
    house.writes(
        r#"
        [[program]]
        name = "steady"
        run = ["sleep", "600"]
        backoff = ["10ms"]

        [[program]]
        name = "leaves"
        shell = true
        run = '(sleep 0.2 & echo orphan $!); exec sleep 601'
        "#,
    );
    let Some(command) = first_of_a_container(&house, "up") else { return };
    let mut up = House::starts(command);
    let outside = i32::try_from(up.pid()).unwrap();
    let [first] = &children(outside)[..] else { panic!("{:?}", children(outside)) };
    let status = std::fs::read_to_string(format!("/proc/{}/status", first.pid)).unwrap();
    let inner = status.lines().find(|line| line.starts_with("NSpid:")).unwrap();
    assert!(inner.ends_with("\t1"), "it is the first process of its container: {inner}");
    let orphan = numbers(&mut up, "orphan")[0];
    while up.hears("an orphan was laid to rest")["pid"] != json!(orphan) {}
    assert!(children(first.pid).iter().all(|one| !one.dead), "no zombie stays: {:?}", children(first.pid));
    let steady = |not: i32| children(first.pid).into_iter().find(|one| one.command == "sleep 600" && one.pid != not);
    until("the program runs", || steady(0).is_some());
    let killed = steady(0).unwrap().pid;
    kill(killed, Signal::KILL);
    assert_eq!(up.hears("the program has failed")["program"], "steady");
    until("it is begun anew", || steady(killed).is_some());
    kill(first.pid, Signal::TERM);
    let first = first.pid;
    let (exit, stopped) = up.ended();
    assert_eq!((exit, &stopped["reason"]), (Some(0), &json!("TERM was received")));
    assert!(!lives(first) && children(first).is_empty());
}

#[test]
fn a_scheduler_that_is_a_containers_first_process_buries_orphans_too() {
    let house = House::new();
    // What has left its group is nobody's to kill, and nobody's but the first process's to bury.
    house.writes("[[schedule]]\nname = \"leaves\"\nevery = \"1s\"\nrun = [\"setsid\", \"-f\", \"sleep\", \"0.1\"]\n");
    let Some(command) = first_of_a_container(&house, "schedule work") else { return };
    let mut clock = House::starts(command);
    clock.hears("an orphan was laid to rest");
    let [first] = &children(i32::try_from(clock.pid()).unwrap())[..] else { panic!("it is gone") };
    kill(first.pid, Signal::TERM);
    assert_eq!(clock.ended().0, Some(0));
}
