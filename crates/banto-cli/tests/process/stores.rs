//! Every family of commands by real processes on real servers: PostgreSQL and Redis say what SQLite says.

use std::{
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    time::{Duration, Instant},
};

use banto_servers::{Postgres, Redis, Shared};
use rustix::process::Signal;
use serde_json::{Value, json};

use super::house::{House, Said};

/// A store of its own on a server that others use too.
struct Place<S> {
    house: House,
    _server: Shared<S>,
}

fn on<S>(server: Shared<S>, apart: &str) -> Place<S> {
    // Each test is a process, or shares one: neither meets another's.
    let own = format!("t{:x}_{:08x}", std::process::id(), fastrand::u32(..));
    let house = House::on(format!("{}?{apart}={own}", server.url()));
    Place { house, _server: server }
}

fn postgres() -> Place<Postgres> {
    // It is shared and without its fsync, so it is asked for by name.
    on(Postgres::shared().unwrap(), "durability=memory&schema")
}

fn redis() -> Place<Redis> {
    on(Redis::shared().unwrap(), "prefix")
}

/// Jobs from their enqueue to their end, and every order there is.
fn jobs(house: &House, store: &str) {
    assert!(house.banto("queue list").ends(2).err.contains("`migrate`"), "to look makes nothing");
    let made = house.banto("migrate").ends(0).out;
    assert!(made.starts_with(&format!("{store} store ")) && made.contains(": made, "), "{made}");
    assert!(made.contains("what is accepted survives: "), "{made}");
    assert!(house.banto("migrate").ends(0).out.contains("is up to date"));

    let greeted = house.enqueue(r#"greet --payload {"name":"Ada"}"#);
    assert_eq!(house.job(&greeted)["state"], "ready");
    let keyed = house.enqueue("greet --unique letter:7");
    assert_eq!(house.enqueue("greet --unique letter:7"), keyed, "one job for each key");
    let holder = house.types("queue explain --key letter:7 --json").ends(0).object();
    assert_eq!(holder["holder"]["job"], keyed.as_str());
    house.enqueue(r#"fail --payload {"text":"broken"} --attempts 1"#);
    house.banto("queue enqueue mystery --queue default").ends(0);
    house.enqueue("greet --delay 1h --tag later");

    house.banto("queue pause default --reason upkeep").ends(0);
    let seen = house.banto("queue monitor --json").object();
    assert_eq!((&seen["queues"][0]["pause"]["reason"], &seen["store"]["store"]), (&json!("upkeep"), &json!(store)));
    house.types("queue work --stop-when-empty").ends(0);
    assert_eq!(house.job(&greeted)["state"], "ready", "a paused queue gives nothing");
    house.banto("queue resume default").ends(0);
    let log = house.types("queue work --stop-when-empty --verbose").ends(0).log();
    let open = log.iter().find(|line| line["message"] == "the store is open").unwrap();
    assert_eq!((&open["store"], open["durability"].is_string()), (&json!(store), true), "{open}");

    assert_eq!((&house.job(&greeted)["state"], &house.job(&keyed)["state"]), (&json!("done"), &json!("done")));
    let count = |typed: &str| house.banto(typed).ends(0).objects().len();
    assert_eq!((count("queue list --json"), count("queue list --state done --json")), (5, 2));
    assert_eq!((count("queue failed --json"), count("queue parked --json")), (1, 1));
    let page = house.banto("queue monitor").ends(1).out;
    assert!(page.contains("what is accepted survives: ") && page.contains("parked for unknown_kind"), "{page}");

    house.banto("queue retry --all").ends(0);
    assert_eq!(count("queue list --state ready --json"), 1);
    house.types("queue work --stop-when-empty").ends(0);
    house.banto("queue release --all").ends(0);
    house.banto("queue clear --yes").ends(0);
    assert_eq!(count("queue list --state cancelled --json"), 2);
    house.banto("queue flush --yes").ends(0);
    house.banto("queue forget --all --yes").ends(0);
    assert_eq!(count("queue list --json"), 0);
    house.banto("queue monitor").ends(0);
}

/// A schedule that fires each second, its ledger and its list.
fn schedules(house: &House) {
    house.writes("[[schedule]]\nname = \"pulse\"\nevery = \"1s\"\nrun = [\"echo\", \"beat\"]\n");
    let mut clock = house.keeps("schedule work --verbose");
    for _ in 0..2 {
        clock.hears("fired");
    }
    clock.signal(Signal::TERM);
    assert_eq!(clock.ended().0, Some(0));
    let listed = house.banto("schedule list --json").ends(0).object();
    assert_eq!((&listed["name"], &listed["last"]["fate"]), (&json!("pulse"), &json!("fired")));
    let history = house.banto("schedule history pulse --fate fired --json").ends(0).objects();
    assert!(history.len() >= 2, "{history:#?}");
    assert_eq!(history.last().unwrap()["run"]["output"]["tail"], "beat\n");
    house.banto("schedule pause pulse --reason upkeep").ends(0);
    let tick = house.banto("schedule run --json").ends(0).object();
    assert_eq!(tick["fired"], 0, "a paused schedule fires nothing: {tick}");
    house.banto("schedule resume pulse").ends(0);
}

fn ask(address: &str, path: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    let (head, body) = said.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap())
}

/// `up`, its health, and how other commands of this user find it although the store is no file.
fn up(house: &House) {
    house.writes("[[program]]\nname = \"still\"\nrun = [\"sleep\", \"600\"]\n");
    assert_eq!(house.banto("program list").ends(16).out, "", "nobody listens yet");
    let up = house.keeps_with("up --health 127.0.0.1:0", "health is answered");
    let address = up.heard.last().unwrap()["at"].as_str().unwrap().to_owned();
    let since = Instant::now();
    let said = loop {
        let (status, said) = ask(&address, "/health");
        if status == 200 {
            break said;
        }
        assert!(since.elapsed() < Duration::from_secs(30), "{said:#?}");
        std::thread::park_timeout(Duration::from_millis(50));
    };
    assert!(said["durability"].as_str().is_some_and(|words| !words.is_empty()), "{said}");
    let program = house.until("program list --json", |said| said.exit == Some(0)).object();
    assert_eq!((&program["program"], &program["keeper"]), (&json!("still"), &json!(up.pid())));
    house.banto("program restart still").ends(0);
    house.banto("reload").ends(0);
    let run: PathBuf = house.folder.path().join("state/banto/run");
    let marks: Vec<PathBuf> = std::fs::read_dir(&run).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(marks.len(), 1, "{marks:?}");
    assert_eq!(marks[0].metadata().unwrap().permissions().mode() & 0o777, 0o700, "nobody else may look in");
    up.signal(Signal::TERM);
    assert_eq!(up.ended().0, Some(0));
    house.banto("program list").ends(16);
}

#[test]
fn jobs_on_postgres_are_as_on_sqlite() {
    jobs(&postgres().house, "postgres");
}

#[test]
fn jobs_on_redis_are_as_on_sqlite() {
    jobs(&redis().house, "redis");
}

#[test]
fn jobs_on_sqlite_are_so() {
    jobs(&House::new(), "sqlite");
}

#[test]
fn schedules_on_postgres_fire_and_are_accounted_for() {
    schedules(&postgres().house);
}

#[test]
fn schedules_on_redis_fire_and_are_accounted_for() {
    schedules(&redis().house);
}

#[test]
fn up_on_postgres_works_is_asked_and_is_found() {
    up(&postgres().house);
}

#[test]
fn up_on_redis_works_is_asked_and_is_found() {
    up(&redis().house);
}

/// What is typed as an address, the exit code, and the words that tell why.
pub fn refused(house: &House, url: &str, exit: i32, words: &[&str]) -> Said {
    let said: Said = house.banto_command("queue list").env("BANTO_STORE", url).output().unwrap().into();
    let said = said.ends(exit);
    assert!(said.err.starts_with("banto: could not ") && said.err.lines().count() == 1, "{url}: {said:#?}");
    for word in words {
        assert!(said.err.contains(word), "{url}: {word} is not said: {}", said.err);
    }
    assert!(!said.err.contains("hunter2"), "a secret is shown: {}", said.err);
    said
}

#[test]
fn an_address_that_means_nothing_is_said_in_one_line_and_shows_no_secret() {
    let house = House::new();
    for (url, words) in [
        ("mysql://ann:hunter2@h/x", ["sort \"mysql\"", "postgres://"]),
        ("postgress://ann:hunter2@h/x", ["sort \"postgress\"", "postgres://"]),
        ("postgres://ann:hunter2@h:99999/x", ["port", "allowed are"]),
        ("postgres://ann:hunter2@h/x?schema=Not-Plain", ["schema", "allowed are"]),
        ("postgres://ann:hunter2@h/x?durability=never", ["durability", "full|async|memory"]),
        ("redis://:hunter2@h:none", ["host", "redis://host:6379"]),
        ("redis://:hunter2@h/x", ["database", "number"]),
        ("redis://:hunter2@h?prefixx=hunter2", ["prefixx", "allowed are"]),
        ("redis://:hunter2@a,b", ["several hosts", "redis+sentinel://"]),
        ("redis+sentinel://:hunter2@a,b", ["service", "name is wanted"]),
        ("rediss://:hunter2@h", ["TLS", "tls"]),
        ("postgres://ann:hunter2@h/x?sslmode=require", ["TLS", "tls"]),
        ("memory:", ["would be gone", "--store"]),
    ] {
        if cfg!(feature = "tls") && words[0] == "TLS" {
            continue;
        }
        refused(&house, url, 2, &words);
    }
}

#[test]
fn a_server_that_is_not_there_is_told_apart_from_one_that_refuses() {
    let house = House::new();
    let port = banto_servers::free_port().unwrap();
    refused(&house, &format!("postgres://ann:hunter2@127.0.0.1:{port}/x"), 3, &["banto goes on by itself"]);
    refused(&house, &format!("redis://:hunter2@127.0.0.1:{port}"), 3, &["127.0.0.1"]);

    if cfg!(feature = "tls") {
        // A server that knows no TLS.
        let plain = Redis::shared().unwrap();
        refused(&house, &plain.url().replace("redis://", "rediss://:hunter2@"), 3, &["speaks no TLS at this port"]);
    }

    let postgres = Postgres::shared().unwrap();
    let at = postgres.url().trim_start_matches("postgres://postgres@").to_owned();
    refused(&house, &format!("postgres://nobody_here:hunter2@{at}"), 2, &["nobody_here"]);
    let (host, _) = at.split_once('/').unwrap();
    refused(&house, &format!("postgres://postgres:hunter2@{host}/no_such_database"), 2, &["no_such_database"]);

    let shut = Redis::start(&[("appendonly", "yes"), ("requirepass", "sesame")]).unwrap();
    refused(&house, &shut.url(), 2, &["use"]);
    refused(&house, &shut.url().replace("://", "://:hunter2@"), 2, &["use"]);
    let lossy = Redis::start(&[("appendonly", "no"), ("save", "")]).unwrap();
    refused(&house, &lossy.url(), 2, &["appendonly yes", "durability=memory"]);
    let chosen = format!("{}?durability=memory", lossy.url());
    let banto =
        |typed: &str| -> Said { house.banto_command(typed).env("BANTO_STORE", &chosen).output().unwrap().into() };
    assert!(banto("migrate").ends(0).out.contains("durability=memory"));
    let page = banto("queue monitor").ends(0).out;
    assert!(page.contains("durability=memory") && page.contains("notice: "), "asked for by name, and shown: {page}");
}

#[test]
fn a_file_names_the_store_and_no_argument_shows_its_password() {
    let place = redis();
    let house = &place.house;
    let file = house.folder.path().join("store.txt");
    std::fs::write(&file, format!("{}\n", house.store())).unwrap();
    let banto = |typed: &str| -> Said {
        let mut command = house.banto_command(typed);
        command.env_remove("BANTO_STORE").env("BANTO_STORE_FILE", &file).output().unwrap().into()
    };
    banto("migrate").ends(0);
    banto("queue enqueue greet").ends(0);
    assert_eq!(house.banto("queue list --json").ends(0).objects().len(), 1, "it is the same store");
    std::fs::write(&file, "").unwrap();
    assert!(banto("queue list").ends(2).err.contains("BANTO_STORE_FILE"));
}

/// What a service of the compose file is started with.
fn composed(service: &str) -> Vec<String> {
    let file = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/compose.yaml")).unwrap();
    let (_, below) = file.split_once(&format!("\n  {service}:\n")).unwrap();
    let command = below.lines().find_map(|line| line.trim().strip_prefix("command: ")).unwrap();
    serde_json::from_str(command).unwrap()
}

#[test]
fn the_servers_of_the_compose_file_keep_the_promise() {
    let words = composed("postgres");
    let pairs: Vec<(&str, &str)> = words.iter().filter_map(|word| word.split_once('=')).collect();
    assert_eq!(pairs.len(), 4, "{words:?}");
    let postgres = Postgres::start(&pairs).unwrap();
    let words = composed("redis");
    let pairs: Vec<(&str, &str)> =
        words.windows(2).filter_map(|pair| Some((pair[0].strip_prefix("--")?, pair[1].as_str()))).collect();
    assert_eq!(pairs.len(), 4, "{words:?}");
    let redis = Redis::start(&pairs).unwrap();
    for url in [postgres.url(), redis.url()] {
        let made = House::on(url).banto("migrate").ends(0).out;
        assert!(made.contains("power loss") && !made.contains("but for") && !made.contains("notice"), "{made}");
    }
}
