//! Health over HTTP, by real processes: killed, frozen, stuck, starved, stopping.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::Command,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::{Value, json};

use super::house::{House, Worker};

/// How long anything here may take. It is never waited for in full unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

const TICK: &str = "[[schedule]]\nname = \"tick\"\nevery = \"1s\"\nrun = [\"true\"]\n";

impl House {
    /// An application that balks, not yet started. What it holds back is written by [`House::holds`].
    fn balky(&self, typed: &str) -> Command {
        let errands = self.errands(typed);
        let mut command = Command::new(std::path::Path::new(errands.get_program()).with_file_name("balky"));
        command.args(errands.get_args()).current_dir(self.folder.path()).env("BALKY_HOLD", "hold");
        for (name, value) in errands.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    /// From now on these calls of a balky application's store hang.
    fn holds(&self, verbs: &str) {
        std::fs::write(self.folder.path().join("hold"), verbs).unwrap();
    }
}

impl Worker {
    /// Where it says how it is.
    fn at(&self) -> SocketAddr {
        let said = self.heard.iter().find(|said| said["message"] == "health is answered").unwrap();
        said["at"].as_str().unwrap().parse().unwrap()
    }
}

/// What is answered, if anything is within `patience`.
fn asks(at: SocketAddr, path: &str, patience: Duration) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect_timeout(&at, patience).ok()?;
    stream.set_read_timeout(Some(patience)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {at}\r\n\r\n").unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).ok()?;
    let (head, body) = said.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().unwrap(), serde_json::from_str(body).unwrap()))
}

fn get(at: SocketAddr, path: &str) -> (u16, Value) {
    asks(at, path, PATIENCE).unwrap_or_else(|| panic!("{path} is not answered"))
}

/// Asks again and again until the answer is as it should be.
fn until(at: SocketAddr, path: &str, fits: impl Fn(u16, &Value) -> bool) -> Value {
    let since = Instant::now();
    loop {
        let (status, body) = get(at, path);
        if fits(status, &body) {
            return body;
        }
        assert!(since.elapsed() < PATIENCE, "{path} never fitted: {status} {body:#}");
        std::thread::yield_now();
    }
}

fn ill(why: &'static str) -> impl Fn(u16, &Value) -> bool {
    move |status, body| status == 503 && body["reasons"].to_string().contains(why)
}

fn well(status: u16, _: &Value) -> bool {
    status == 200
}

/// How an instance that runs there as that process is listed.
fn listed(body: &Value, pid: u32) -> Value {
    let mut all = body["instances"].as_array().into_iter().flatten();
    all.find(|one| one["pid"] == pid).cloned().unwrap_or_default()
}

#[test]
fn up_says_how_it_is_where_it_is_told_to_and_nowhere_else() {
    let house = House::new();
    house.writes(&format!("{TICK}[[program]]\nname = \"web\"\nrun = [\"sleep\", \"600\"]\n"));
    let quiet = house.keeps("up");
    assert!(quiet.heard.iter().all(|said| said["message"] != "health is answered"), "nothing listens unasked");
    drop(quiet);
    let up = house.keeps("up --health 0");
    let at = up.at();
    assert!(at.ip().is_loopback(), "a port alone is on this machine only");
    let body = until(at, "/health", well);
    let parts: Vec<&str> =
        body["parts"].as_array().unwrap().iter().map(|part| part["part"].as_str().unwrap()).collect();
    assert_eq!(parts, ["store", "storage", "scheduler", "worker", "program web", "handlers"]);
    assert_eq!(body["process"]["pid"], up.pid());
    let body = until(at, "/health/scheduler", |status, body| status == 200 && body["scheduler"]["is"] == "leads");
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    let promised = [
        "accounted_until",
        "at",
        "instances",
        "last_hour",
        "overdue",
        "paused",
        "process",
        "reasons",
        "scheduler",
        "schedules",
        "service",
        "status",
        "store",
        "tick_max_ms",
    ];
    assert_eq!(keys, promised, "docs/health.md promises these");
    until(at, "/health/scheduler", |_, body| listed(body, up.pid())["own"] == true);
    let body = until(at, "/health/queue", |_, body| body["queues"][0]["workers"] == 1);
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["at", "limits", "process", "queues", "reasons", "status", "store", "workers"],
        "docs/health.md promises these"
    );
    let taken = house.banto(&format!("up --health {at}")).ends(14);
    assert!(taken.err.contains(&format!("listen on {at}")) && !taken.err.contains("\"working\""), "{taken:?}");
    assert!(house.banto("up --health nowhere").ends(2).err.contains("127.0.0.1:8081"));
    up.signal(Signal::TERM);
    assert_eq!(up.ended().0, Some(0));
}

#[test]
fn who_was_killed_or_frozen_is_silent_and_listed_and_the_others_are_well() {
    let house = House::new();
    house.writes(&format!("{TICK}[health]\nlisten = \"127.0.0.1:0\"\ntick_max = \"15s\"\n"));
    let [killed, frozen, lives] = ["a", "b", "c"].map(|name| house.keeps(&format!("up --name {name}")));
    for one in [&killed, &frozen, &lives] {
        until(one.at(), "/health/scheduler", well);
    }
    let all = |_, body: &Value| [&killed, &frozen].iter().all(|one| listed(body, one.pid())["is"] == "working");
    until(lives.at(), "/health/scheduler", all);
    killed.signal(Signal::KILL);
    frozen.signal(Signal::STOP);
    for (one, what) in [(&killed, "a dead"), (&frozen, "a frozen")] {
        let since = Instant::now();
        while asks(one.at(), "/health", Duration::from_secs(1)).is_some() {
            assert!(since.elapsed() < PATIENCE, "{what} process answers");
        }
    }
    // For as long as it takes until both are known to be silent: never ill.
    let body = until(lives.at(), "/health/scheduler", |status, body| {
        assert!(status == 200 || ill("the store does not answer")(status, body), "{body:#}");
        status == 200 && [&killed, &frozen].iter().all(|one| listed(body, one.pid())["is"] == "silent")
    });
    assert!(listed(&body, frozen.pid())["silent_ms"].as_u64() > Some(9_000), "{body:#}");
    assert_eq!((&listed(&body, lives.pid())["leads"], &body["scheduler"]["is"]), (&json!(true), &json!("leads")));
    // They cannot say so themselves: whoever lives says it of each.
    for name in ["a", "b"] {
        until(lives.at(), &format!("/health/scheduler/{name}"), ill("is silent for"));
    }
    until(lives.at(), "/health/scheduler/c", well);
    frozen.signal(Signal::CONT);
    until(frozen.at(), "/health/scheduler", well);
    until(lives.at(), "/health/scheduler", |_, body| listed(body, frozen.pid())["is"] == "working");
    until(lives.at(), "/health/scheduler/b", well);
}

#[test]
fn a_scheduler_that_is_stuck_in_a_living_process_is_told_there_and_there_only() {
    let house = House::new();
    house.writes(&format!("{TICK}[health]\nlisten = \"127.0.0.1:0\"\ntick_max = \"2s\"\n"));
    let stuck = House::starts(house.balky("up --name a --only schedules"));
    until(stuck.at(), "/health/scheduler", well);
    let other = house.keeps("schedule work --name b");
    until(other.at(), "/health/scheduler", well);
    house.holds("beat fire");
    let body = until(stuck.at(), "/health/scheduler", ill("it has not ticked for"));
    assert!(body["scheduler"]["silent_ms"].as_u64() > Some(2_000), "{body:#}");
    until(stuck.at(), "/health", ill("scheduler: it has not ticked for"));
    until(other.at(), "/health/scheduler", |status, body| status == 200 && body["scheduler"]["is"] == "leads");
    house.holds("");
    until(stuck.at(), "/health/scheduler", well);
}

#[test]
fn a_store_that_hangs_is_told_at_once_with_what_was_known_last() {
    let house = House::new();
    house.writes(&format!("{TICK}[health]\nlisten = \"127.0.0.1:0\"\n"));
    let up = House::starts(house.balky("up"));
    until(up.at(), "/health/queue", |_, body| body["queues"][0]["queue"] == "schedules");
    house.holds("read beat fire claim");
    for path in ["/health", "/health/scheduler", "/health/queue"] {
        until(up.at(), path, ill("the store does not answer, for"));
        let since = Instant::now();
        (0..20).for_each(|_| assert_eq!(get(up.at(), path).0, 503));
        // Twenty that waited for the store would take a minute: that is what is told apart here, on however busy a machine.
        assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
    }
    let (_, body) = get(up.at(), "/health/queue");
    assert!(body["queues"][0]["queue"] == "schedules" && body["store"]["age_ms"].as_u64() > Some(2_000), "{body:#}");
    house.holds("");
    for path in ["/health", "/health/scheduler", "/health/queue"] {
        until(up.at(), path, well);
    }
}

#[test]
fn what_an_application_checks_is_told_when_it_fails_hangs_or_panics() {
    for (says, why) in [
        ("panic", "redis: "),
        ("panic", "it panicked: on purpose"),
        ("no pong from redis://:hunter2@10.0.0.1", "no pong from redis://…@10.0.0.1"),
        ("hang", "no answer within 5 s"),
    ] {
        let house = House::new();
        let mut command = house.balky("queue work --health 0");
        command.env("BALKY_CHECK", says);
        let worker = House::starts(command);
        until(worker.at(), "/health", ill(why));
        assert!(!get(worker.at(), "/health").1.to_string().contains("hunter2"));
        until(worker.at(), "/health/queue", well);
    }
    let house = House::new();
    let mut command = house.balky("queue work --health 0");
    let worker = House::starts({
        command.env("BALKY_CHECK", "well");
        command
    });
    let body = until(worker.at(), "/health", well);
    assert!(body["parts"].to_string().contains("\"redis\""), "{body:#}");
    assert_eq!(get(worker.at(), "/health/scheduler").0, 404, "it fires no schedules");
}

#[test]
fn handlers_that_block_every_thread_are_told_and_hold_no_answer_up() {
    let house = House::new();
    house.writes("[health]\nlisten = \"127.0.0.1:0\"\nstall_max = \"2s\"\n");
    let up = House::starts(house.balky("up --only workers"));
    until(up.at(), "/health", well);
    let threads = std::thread::available_parallelism().unwrap().get();
    house.types(&format!("queue enqueue block --anyway --payload {{}} --count {threads}")).ends(0);
    until(up.at(), "/health", ill("handlers block its threads"));
    until(up.at(), "/health/queue", |status, body| status == 200 && body["queues"][0]["running"] == threads);
}

#[test]
fn a_queue_that_nobody_works_on_is_told_until_somebody_does() {
    let house = House::new();
    house.writes(&format!("{TICK}[health]\nlisten = \"127.0.0.1:0\"\nunworked_max = \"1s\"\n"));
    let clock = house.keeps("up --only schedules");
    let body = until(clock.at(), "/health/queue", ill("queue schedules has"));
    assert!(body["queues"][0]["unworked_ms"].as_u64() > Some(1_000), "{body:#}");
    until(clock.at(), "/health", well);
    let worker = house.keeps("up --only workers --health 0");
    until(clock.at(), "/health/queue", well);
    worker.signal(Signal::KILL);
    until(clock.at(), "/health/queue", ill("and none has lived for"));
}

#[test]
fn that_it_stops_is_told_while_it_does() {
    let house = House::new();
    house.writes(
        "[[program]]\nname = \"deaf\"\nshell = true\nrun = 'trap \"\" TERM; echo ready; while :; do sleep 0.1; done'\ngrace = \"10m\"\n",
    );
    let mut up = house.keeps("up --health 0");
    up.hears("ready");
    until(up.at(), "/health", well);
    up.signal(Signal::TERM);
    until(up.at(), "/health", ill("process: it stops: TERM was received"));
    up.signal(Signal::TERM);
    assert_eq!(up.ended().0, Some(13));
}

#[test]
fn who_has_no_curl_asks_by_command_and_the_exit_code_is_the_answer() {
    let house = House::new();
    house.writes(TICK);
    let up = house.keeps("up --health 0");
    let at = up.at();
    until(at, "/health", well);
    let said = house.banto(&format!("health --at {at}")).ends(0);
    assert_eq!(said.out, format!("banto (pid {}) is healthy\n", up.pid()));
    until(at, "/health/scheduler", well);
    let body = house.banto(&format!("health scheduler --json --at {}", at.port())).ends(0).object();
    assert_eq!((&body["process"]["pid"], &body["scheduler"]["is"]), (&json!(up.pid()), &json!("leads")));
    drop(up);
    let said = house.banto(&format!("health --at {at}")).ends(16);
    assert!(said.err.starts_with(&format!("banto: could not ask {at} for /health: ")), "{said:?}");

    house.writes("[[program]]\nname = \"web\"\nrun = [\"false\"]\nbackoff = [\"1ms\"]\nbrake = { starts = 1, then = \"give_up\" }\n");
    let up = house.keeps("up --only programs --health 0");
    let at = up.at();
    until(at, "/health", ill("given_up"));
    // The file says where, although the rest of it is being written.
    house.writes(&format!("[health]\nlisten = \"{at}\"\n[[schedule]]\nnme = 1\n"));
    let said = house.banto("health").ends(1);
    assert!(said.out.contains("is unhealthy\n- program web: it is given_up"), "{said:?}");
    let said = house.banto("health scheduler").ends(16);
    assert!(said.err.contains("this process has no scheduler"), "{said:?}");
    for (typed, why) in [
        ("health --at nonsense", "--at"),
        ("health --at off", "know where to ask"),
        ("health --at 0", "log names"),
        ("health everything", "allowed are process, scheduler, queue"),
    ] {
        assert!(house.banto(typed).ends(2).err.contains(why), "{typed}");
    }

    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = stranger.local_addr().unwrap();
    let answers = std::thread::spawn(move || {
        for answer in ["SSH-2.0-\u{1b}[2J\r\n", "HTTP/1.1 200 OK\r\n\r\n<html>", "HTTP/1.1 302 Found\r\n\r\n"] {
            let mut asked = stranger.accept().unwrap().0;
            let _ = asked.read(&mut [0; 1_024]).unwrap();
            asked.write_all(answer.as_bytes()).unwrap();
        }
    });
    for why in ["something else than HTTP: \"SSH-2.0-\\u{1b}[2J\"", "not one of banto's", "it answers 302"] {
        let said = house.banto(&format!("health --at {at}")).ends(16);
        assert!(said.err.contains(why), "{said:?}");
    }
    answers.join().unwrap();
}
