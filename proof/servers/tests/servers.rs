//! Servers begin, answer, end, and begin again with what they kept.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    process::Command,
};

use banto_servers::{Postgres, Redis, Stop};

fn psql(server: &Postgres, sql: &str) -> String {
    let ran =
        Command::new("psql").args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql]).arg(server.url()).output();
    let ran = ran.unwrap();
    assert!(ran.status.success(), "{sql}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap().trim().to_owned()
}

#[test]
fn postgres_keeps_what_it_acked_however_it_is_ended() {
    let mut server = Postgres::start(&[("max_connections", "20")]).unwrap();
    assert_eq!(psql(&server, "SHOW max_connections"), "20");
    assert_eq!(psql(&server, "SHOW fsync"), "on");
    psql(&server, "CREATE TABLE kept (n int)");
    let ends: [fn(&mut Postgres); 4] = [
        |server| server.stop(Stop::Smart).unwrap(),
        |server| server.stop(Stop::Fast).unwrap(),
        |server| server.stop(Stop::Immediate).unwrap(),
        |server| server.kill().unwrap(),
    ];
    for (n, end) in ends.into_iter().enumerate() {
        psql(&server, "INSERT INTO kept VALUES (1)");
        end(&mut server);
        assert!(TcpStream::connect(("127.0.0.1", server.port())).is_err());
        server.begin().unwrap();
        assert_eq!(psql(&server, "SELECT count(*) FROM kept"), (n + 1).to_string());
    }
    let port = server.port();
    drop(server);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

fn says(port: u16, command: &str) -> String {
    let mut wire = BufReader::new(TcpStream::connect(("127.0.0.1", port)).unwrap());
    wire.get_mut().write_all(format!("{command}\r\n").as_bytes()).unwrap();
    let mut line = String::new();
    wire.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

#[test]
fn redis_keeps_what_its_settings_say() {
    let mut server = Redis::start(&[("appendonly", "yes"), ("appendfsync", "always"), ("save", "")]).unwrap();
    assert_eq!(says(server.port(), "INCR kept"), ":1");
    server.kill().unwrap();
    server.begin().unwrap();
    assert_eq!(says(server.port(), "INCR kept"), ":2");
    server.stop().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", server.port())).is_err());
    server.set("appendonly", "no").unwrap();
    server.begin().unwrap();
    assert_eq!(says(server.port(), "INCR kept"), ":1");
}

#[test]
fn a_setting_that_there_is_not_is_told_in_the_servers_own_words() {
    let told = Redis::start(&[("no-such-setting", "1")]).unwrap_err();
    assert!(told.contains("no-such-setting"), "{told}");
    let told = Postgres::start(&[("no_such_setting", "1")]).unwrap_err();
    assert!(told.contains("no_such_setting"), "{told}");
}

#[test]
fn who_shares_a_server_gets_the_same_one() {
    let (one, two) = (Redis::shared().unwrap(), Redis::shared().unwrap());
    assert_eq!(one.url(), two.url());
    let (one, two) = (Postgres::shared().unwrap(), Postgres::shared().unwrap());
    assert_eq!(one.url(), two.url());
}
