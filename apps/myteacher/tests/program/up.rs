//! `myteacher up`: one command starts all of it.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Stdio,
};

use serde_json::Value;

use super::house::{House, Worker};

/// Asks a path, and answers the status and what was said.
fn ask(address: &str, path: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    let (head, body) = said.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_else(|_| panic!("no JSON: {said}")))
}

fn up(house: &House) -> (Worker, String) {
    let mut command = house.command("up --health 127.0.0.1:0");
    let mut up = Worker::of(command.stdout(Stdio::piped()));
    let address = up.hears("health is answered")["at"].as_str().unwrap().to_owned();
    up.hears("working");
    (up, address)
}

/// The status of a path once it is that one: what begins needs a moment.
fn comes_to(address: &str, path: &str, status: u16) -> Value {
    for _ in 0..600 {
        let (got, said) = ask(address, path);
        if got == status {
            return said;
        }
        std::thread::yield_now();
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
    panic!("{path} never came to {status}: {:?}", ask(address, path));
}

#[test]
fn one_command_starts_workers_scheduler_health_and_logs() {
    let house = House::new();
    house.types("migrate").ends(0);
    let (up, address) = up(&house);
    comes_to(&address, "/health", 200);
    comes_to(&address, "/health/scheduler", 200);
    comes_to(&address, "/health/queue", 200);
    house.types("schedule diff").ends(0);
    house.types("avatars grant").ends(0);
    let (avatar, _) = house.create("--seed 7");
    for _ in 0..1_200 {
        if house.avatar(avatar)["avatar"]["status"] == "completed" {
            break;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
    assert_eq!(house.avatar(avatar)["avatar"]["status"], "completed");
    up.stops();
    let logs: Vec<String> = std::fs::read_dir(house.path().join("storage/logs"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    for family in ["queue-", "scheduler-"] {
        assert!(logs.iter().any(|name| name.starts_with(family) && name.ends_with(".log")), "{family}: {logs:?}");
    }
}

/// `/health` used to say that Redis had answered where there was none.
#[test]
fn redis_is_a_part_of_health_only_where_there_is_one() {
    let house = House::new();
    let redis = banto_servers::Redis::start(&[]).unwrap();
    for (url, parts) in [("", 0), (&*redis.url(), 1)] {
        let mut command = house.command("up --health 127.0.0.1:0");
        let mut up = Worker::of(command.env("REDIS_URL", url).stdout(Stdio::piped()));
        let address = up.hears("health is answered")["at"].as_str().unwrap().to_owned();
        up.hears("working");
        let said = comes_to(&address, "/health", 200);
        let of_redis = said["parts"].as_array().unwrap().iter().filter(|part| part["part"] == "redis");
        assert_eq!(of_redis.count(), parts, "{said}");
        up.stops();
    }
}

#[test]
fn a_place_for_pictures_that_is_gone_is_told_by_health() {
    let house = House::new();
    house.types("migrate").ends(0);
    let (up, address) = up(&house);
    comes_to(&address, "/health", 200);
    let pictures = house.path().join("storage/pictures");
    let _ = std::fs::remove_dir_all(&pictures);
    std::fs::write(&pictures, "no folder any more").unwrap();
    let said = comes_to(&address, "/health", 503);
    assert!(said.to_string().contains("pictures"), "{said}");
    up.stops();
}
