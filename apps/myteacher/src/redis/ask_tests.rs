//! Answers in every shape, and every way to fail, without a server.

use super::*;

fn bulk(text: &str) -> Value {
    Value::BulkString(text.into())
}

fn info(told: Value) -> Info {
    let mut info = Info::default();
    add(&mut info, told, NESTED_MAX);
    info
}

#[test]
fn c22_an_info_that_comes_nested_by_section_is_read_as_a_flat_one() {
    let flat = "# Memory\r\nused_memory:900\r\nmaxmemory:1000\r\n# Stats\r\nkeyspace_hits:1\r\nkeyspace_misses:9\r\n";
    let expected = info(bulk(flat));
    let pair = |name: &str, value: Value| (bulk(name), value);
    let memory = || vec![pair("used_memory", bulk("900")), pair("maxmemory", Value::Int(1000))];
    let stats = || vec![pair("keyspace_hits", bulk("1")), pair("keyspace_misses", Value::Int(9))];
    let listed = |pairs: Vec<(Value, Value)>| Value::Array(pairs.into_iter().flat_map(|(a, b)| [a, b]).collect());
    for (shape, told) in [
        ("simple", Value::SimpleString(flat.into())),
        ("map", Value::Map(memory().into_iter().chain(stats()).collect())),
        ("nested", Value::Map(vec![pair("Memory", Value::Map(memory())), pair("Stats", Value::Map(stats()))])),
        ("nested lists", listed(vec![pair("Memory", listed(memory())), pair("Stats", listed(stats()))])),
        ("by node", Value::Map(vec![pair("10.0.0.2:6379", bulk(flat))])),
    ] {
        assert_eq!(info(told), expected, "{shape}");
    }
    assert_eq!(expected.number("used_memory"), Some(900));
}

#[test]
fn c22_a_nested_info_makes_the_warnings_fire() {
    use crate::redis::judge::{Level, judge, since::Since};
    let pair = |name: &str, value: Value| (bulk(name), value);
    let memory = Value::Map(vec![pair("used_memory", bulk("900")), pair("maxmemory", bulk("1000"))]);
    let stats = Value::Map(vec![pair("keyspace_hits", bulk("1")), pair("keyspace_misses", bulk("99"))]);
    let told = info(Value::Map(vec![pair("Memory", memory), pair("Stats", stats)]));
    let look = Look { info: told, slow: Ok(SlowLog::default()) };
    let judged = judge(&look, &Since::new(&look, None, 0), &crate::redis::judge::tests::limits(""), 0);
    for what in ["memory", "hit rate"] {
        let row = judged.findings().find(|row| row.what == what).unwrap();
        assert_eq!(row.level, Level::Warning);
    }
    assert_eq!((judged.figure("memory"), judged.figure("hit rate")), (Some(90.0), Some(1.0)));
}

#[test]
fn what_is_nested_too_deeply_or_is_no_info_adds_nothing() {
    let mut deep = bulk("used_memory:1");
    for _ in 0..100 {
        deep = Value::Array(vec![bulk("x"), deep]);
    }
    assert!(!info(deep).is_of_redis());
    for told in [Value::Nil, Value::Int(7), Value::Okay, Value::Array(vec![]), Value::Array(vec![bulk("odd")])] {
        assert!(!info(told).is_of_redis());
    }
}

#[test]
fn of_a_slow_command_only_its_name_is_kept() {
    let words = Value::Array(vec![bulk("SET\x1b"), bulk("session:secret"), bulk("hunter2")]);
    let entry = Value::Array(vec![Value::Int(7), Value::Int(1), Value::Int(12_000), words, bulk("ip"), bulk("")]);
    let log = slow_log(Value::Array(vec![entry, Value::Nil, Value::Array(vec![]), bulk("x")]));
    assert_eq!(log, SlowLog(vec![Slow { number: 7, took_us: 12_000, command: "SET\\u{1b}".into() }]));
    assert_eq!(slow_log(Value::Okay), SlowLog::default());
}

#[test]
fn every_way_to_fail_says_what_to_do() {
    use std::io::{Error, ErrorKind as Io};
    let io = |kind| RedisError::from(Error::from(kind));
    for (error, part) in [
        (io(Io::ConnectionRefused), "nothing listens there"),
        (io(Io::ConnectionReset), "it closed the connection"),
        (io(Io::UnexpectedEof), "it closed the connection"),
        (RedisError::from(Error::other("failed to lookup address information")), "host's name"),
        (io(Io::HostUnreachable), "is there a way to it"),
        ((ErrorKind::AuthenticationFailed, "Password authentication failed").into(), "REDIS_URL"),
        ((ErrorKind::Parse, "odd").into(), "no Redis"),
        ((ErrorKind::InvalidClientConfig, "odd").into(), "allowed is redis://"),
    ] {
        let said = unreached(&error).to_string();
        assert!(said.contains(part), "{error}: {said}");
    }
    for code in ["NOAUTH", "WRONGPASS", "NOPERM", "LOADING", "BUSY", "DENIED", "XYZ"] {
        assert!(!cure_of(code).is_empty());
    }
}
