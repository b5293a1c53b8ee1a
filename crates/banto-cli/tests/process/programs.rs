//! `up` and what it keeps, by real processes: programs that die, orders from outside, the end in order.

use rustix::process::{Pid, Signal, test_kill_process};
use serde_json::{Value, json};

use super::house::{House, Said};

const FILE: &str = r#"
[[schedule]]
name = "tick"
every = "1s"
run = ["true"]

[[program]]
name = "steady"
run = ["sh", "-c", "echo steady $$; exec sleep 600"]

[[program]]
name = "flaky"
run = ["sh", "-c", "echo I fall; exit 3"]
backoff = ["50ms"]
brake = { starts = 1000, within = "1s" }
"#;

fn program(said: &Said, name: &str) -> Value {
    said.objects().into_iter().find(|one| one["program"] == name).unwrap_or_default()
}

fn lives(pid: &Value) -> bool {
    let pid = i32::try_from(pid.as_i64().unwrap()).unwrap();
    test_kill_process(Pid::from_raw(pid).unwrap()).is_ok()
}

#[test]
fn one_that_dies_again_and_again_stops_nobody_else_and_all_of_it_is_said() {
    let house = House::new();
    house.writes(FILE);
    let mut up = house.keeps("up");
    let failed = up.hears("the program has failed");
    assert_eq!((&failed["program"], &failed["tail"]), (&json!("flaky"), &json!("I fall")));
    up.hears("fired");
    let said = house.until("program list --json", |said| program(said, "flaky")["restarts"].as_u64() > Some(3));
    let steady = program(&said, "steady");
    assert_eq!((&steady["phase"], &steady["starts"]), (&json!("running"), &json!(1)));
    assert!(program(&said, "flaky")["last"].as_str().unwrap().contains("exit code 3"), "{said:?}");
    let keys: Vec<&String> = steady.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["health", "keeper", "last", "phase", "pid", "program", "restart_ms", "restarts", "since", "starts"],
        "docs/cli.md promises these"
    );
    let table = house.banto("program:list").ends(0).out;
    assert!(table.starts_with("PROGRAM") && table.contains("steady") && table.contains("by itself"), "{table}");
    house.until("schedule history tick --fate fired --json", |said| said.out.contains("\"done\""));
    up.signal(Signal::TERM);
    let (exit, stopped) = up.ended();
    assert_eq!((exit, &stopped["reason"]), (Some(0), &json!("TERM was received")));
    assert!(!lives(&steady["pid"]), "programs end with it");
    house.banto("program list").ends(16);
}

#[test]
fn programs_are_steered_from_outside() {
    let house = House::new();
    house.writes(FILE);
    let up = house.keeps("up --only programs");
    let runs = |said: &Said| program(said, "steady")["phase"] == "running";
    let first = program(&house.until("program list --json", runs), "steady")["pid"].clone();
    let told = house.banto("program restart steady --json").ends(0).object();
    assert_eq!(told, json!({ "program": "steady", "order": "restart", "told": 1 }));
    house.until("program list --json", |said| runs(said) && program(said, "steady")["pid"] != first);
    house.banto("program stop steady").ends(0);
    house.until("program list --json", |said| program(said, "steady")["phase"] == "stopped");
    house.banto("program start steady").ends(0);
    house.until("program list --json", runs);
    let logs = house.until("program logs steady --json", |said| said.out.lines().count() >= 3);
    let line = &logs.objects()[0];
    assert!(line["text"].as_str().unwrap().starts_with("steady ") && line["stream"] == "stdout", "{line}");
    assert_eq!(line.as_object().unwrap().len(), 3, "docs/cli.md promises at, stream and text: {line}");
    let said = house.banto("program restart nobody").ends(8);
    assert!(said.err.contains("there are steady, flaky"), "{said:?}");
    house.banto("program restart a/b").ends(2);
    assert!(
        house.banto("schedule history tick").ends(0).err.contains("nothing of the schedule tick"),
        "none fires here"
    );
    up.signal(Signal::TERM);
    assert_eq!(up.ended().0, Some(0));
}

#[test]
fn logs_are_followed_from_the_last_lines_on() {
    use std::io::{BufRead, BufReader};
    let house = House::new();
    house.writes(
        "[[program]]\nname = \"count\"\nshell = true\nrun = 'n=0; while sleep 0.05; do n=$((n+1)); echo $n; done'\n",
    );
    let up = house.keeps("up");
    house.until("program logs count", |said| said.out.contains("stdout"));
    let mut follow = house.banto_command("program logs count --follow --json");
    let mut child = follow.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let numbers: Vec<u64> = lines
        .take(30)
        .map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap()["text"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "none is lost and none doubled: {numbers:?}");
    rustix::process::kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    up.signal(Signal::TERM);
    assert_eq!(up.ended().0, Some(0));
}

#[test]
fn a_changed_file_exchanges_only_what_it_changes() {
    let house = House::new();
    house.writes(FILE);
    let mut up = house.keeps("up");
    let runs = |said: &Said| program(said, "steady")["phase"] == "running";
    let steady = program(&house.until("program list --json", runs), "steady")["pid"].clone();
    house.writes(&FILE.replace("flaky", "calm").replace("I fall; exit 3", "calm; exec sleep 600"));
    let said = house.banto("reload").ends(0).out;
    assert!(said.contains("the program calm is new") && said.contains("the program flaky is gone"), "{said}");
    up.hears("reloaded");
    let now = house.until("program list --json", |said| program(said, "calm")["phase"] == "running");
    assert_eq!((&program(&now, "steady")["pid"], program(&now, "flaky")), (&steady, Value::Null));
    house.writes(&FILE.replace("sh", "no-such-shell-anywhere"));
    assert!(house.banto("reload").ends(1).err.contains("no-such-shell-anywhere"));
    assert!(lives(&steady), "it goes on as it was");
    up.signal(Signal::TERM);
    assert_eq!(up.ended().0, Some(0));
}

#[test]
fn told_twice_it_stops_at_once() {
    let house = House::new();
    house.writes(
        "[[program]]\nname = \"deaf\"\nshell = true\nrun = 'trap \"\" TERM; echo ready; while :; do sleep 0.1; done'\ngrace = \"10m\"\n",
    );
    let mut up = house.keeps("up");
    up.hears("ready");
    up.signal(Signal::TERM);
    up.hears("stopping");
    up.signal(Signal::TERM);
    let (exit, stopped) = up.ended();
    assert_eq!((exit, &stopped["exit"]), (Some(13), &json!(13)));
}

#[test]
fn what_is_wrong_is_said_at_once_and_nothing_is_started() {
    let house = House::new();
    house.writes(
        "[[schedule]]\nname = \"a\"\nevery = \"1s\"\nrun = [\"no-such-program-a\"]\n[[program]]\nname = \"b\"\nrun = [\"no-such-program-b\"]\n",
    );
    let said = house.banto("up").ends(10);
    assert!(said.err.contains("no-such-program-a") && said.err.contains("no-such-program-b"), "{said:?}");
    house.writes("");
    assert!(house.banto("up").ends(10).err.contains("could not find a schedule"));
    assert!(house.banto("up --only cron").ends(2).err.contains("schedules, programs, workers"));
}

#[test]
fn an_application_works_on_its_kinds_beside_runs_of_schedules() {
    let house = House::new();
    house.writes(
        "[[schedule]]\nname = \"greet\"\nevery = \"1s\"\nenqueue = { kind = \"greet\", payload = { name = \"Ada\" } }\n[[schedule]]\nname = \"say\"\nevery = \"1s\"\nrun = [\"echo\", \"hi\"]\n",
    );
    let up = house.keeps_errands("up");
    let asked = house.enqueue("greet --payload {\"name\":\"Eve\"}");
    for name in ["greet", "say"] {
        house.until(&format!("schedule history {name} --fate fired --json"), |said| said.out.contains("\"done\""));
    }
    while house.job(&asked)["state"] != "done" {}
    up.signal(Signal::TERM);
    assert_eq!(up.ended().0, Some(0));
    house.writes("[[schedule]]\nname = \"x\"\nevery = \"1s\"\nenqueue = { kind = \"nobody.knows\" }\n");
    assert!(house.types("up").ends(10).err.contains("no kind nobody.knows is known"));
}

#[test]
fn what_a_reload_cannot_change_is_said_and_programs_are_told_one_by_one() {
    let house = House::new();
    let program = "[[program]]\nname = \"web\"\nshell = true\nrun = 'trap \"echo read anew\" HUP; echo ready; while :; do sleep 0.05; done'\n";
    house.writes(&(program.to_owned() + "[worker]\nconcurrency = 2\n"));
    let mut up = house.keeps("up");
    up.hears("ready");
    house.writes(&(program.to_owned() + "[worker]\nconcurrency = 3\n[scheduler]\nstand_by = \"2s\"\n"));
    let said = house.banto("reload --json").ends(0).object();
    let changes: Vec<&str> = said["changes"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let [scheduler, worker] = changes[..] else { panic!("{said}") };
    assert_eq!(scheduler, "[scheduler] has changed");
    assert!(worker.starts_with("[worker] has changed: it counts from the next start"), "{said}");
    assert!(worker.contains("stop this one and start it anew"), "{said}");
    house.banto("program reload nobody").ends(8);
    let logs = house.banto("program logs web").ends(0).out;
    assert!(!logs.contains("read anew"), "neither reload of banto's own file nor HUP to it reaches a program: {logs}");
    let told = house.banto("program reload web --json").ends(0).object();
    assert_eq!(told, json!({ "program": "web", "order": "reload", "told": 1 }));
    up.hears("read anew");
    up.signal(Signal::TERM);
    up.hears("stopping");
    up.signal(Signal::TERM);
    assert_eq!(up.ended().0, Some(13));
}
