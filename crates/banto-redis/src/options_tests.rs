//! Addresses of every sort, and none that shows a secret.

use banto_store::Fault;

use super::*;

fn read(address: &str) -> Options {
    address.parse().unwrap_or_else(|told| panic!("{address}: {told}"))
}

fn hosts(all: &[(&str, u16)]) -> Vec<Host> {
    all.iter().map(|(name, port)| ((*name).to_owned(), *port)).collect()
}

#[test]
fn one_server_is_read() {
    let options = read("redis://localhost");
    assert_eq!(options, Options::of(Place::One(("localhost".into(), 6379))));
    assert_eq!((options.prefix.as_str(), options.database), ("banto", 0));
    let options = read(
        "redis://ann:p%40ss@[::1]:6380/3?prefix=shop&durability=memory&wait=2&wait_ms=50&timeout_ms=900&connections=8",
    );
    assert_eq!(options.place, Place::One(("::1".into(), 6380)));
    assert_eq!((options.user.as_deref(), options.password.as_deref()), (Some("ann"), Some("p@ss")));
    assert_eq!((options.database, options.prefix.as_str(), options.durability), (3, "shop", Durability::Memory));
    assert_eq!((options.wait, options.wait_ms, options.timeout_ms, options.connections), (Some(2), 50, 900, 8));
}

#[test]
fn a_password_without_a_user_is_the_default_users() {
    let options = read("redis://:secret@host");
    assert_eq!((options.user, options.password.as_deref()), (None, Some("secret")));
}

#[test]
fn sentinels_and_clusters_are_read() {
    let options = read("redis+sentinel://a,b:1/main/2");
    let expected = Place::Sentinel { hosts: hosts(&[("a", 26379), ("b", 1)]), service: "main".into() };
    assert_eq!((options.place, options.database), (expected, 2));
    assert_eq!(read("redis+cluster://a,b:7001?prefix=x").place, Place::Cluster(hosts(&[("a", 6379), ("b", 7001)])));
}

#[test]
fn what_is_wrong_is_refused_with_its_cure() {
    let wrong = [
        ("http://host", "of the sort"),
        ("host:6379", "of the sort"),
        ("redis://", "find a host"),
        ("redis://host:0", "find a host"),
        ("redis://host:x", "find a host"),
        ("redis://h\r\nost", "find a host"),
        ("redis://a,b", "several hosts"),
        ("redis://host/x", "as a database"),
        ("redis+cluster://host/1", "only the database 0"),
        ("redis+sentinel://host", "its name is wanted"),
        ("redis://host?prefix=a*", "as a prefix"),
        ("redis://host?wait=x", "a number"),
        ("redis://host?durability=none", "allowed are prefix"),
        ("redis://host?colour=blue", "allowed are prefix"),
        ("redis://us%zzer@host", "percent sign"),
    ];
    for (address, expected) in wrong {
        let told = address.parse::<Options>().unwrap_err();
        assert_eq!(*told.fault(), Fault::Config, "{address}");
        assert!(told.to_string().contains(expected), "{address}: {told}");
    }
}

#[cfg(not(feature = "tls"))]
#[test]
fn tls_that_is_not_built_in_is_refused_with_its_cure() {
    let told = "rediss://host".parse::<Options>().unwrap_err();
    assert!(told.to_string().contains("feature `tls`"), "{told}");
}

#[test]
fn no_secret_is_ever_shown() {
    for address in
        ["redis://ann:hunter2@host/1", "redis+sentinel://ann:hunter2@a,b/main", "redis+cluster://:hunter2@a?prefix=x"]
    {
        let options = read(address);
        assert_eq!(options.password.as_deref(), Some("hunter2"));
        assert!(!format!("{options} {options:?}").contains("hunter2"), "{options}");
    }
    for address in [
        "redis://ann:hunter2@ho st",
        "redis://ann:hunter2@host?password=hunter2",
        "redis://:hunter2@host/x",
        "postgres://ann:hunter2@host",
        "redis://ann:hunter2@host?hunter2",
        "redis://ann:half?hunter2@host",
        "redis+sentinel://ann:half?hunter2@a,b/main",
        "redis+cluster://ann:6?x=1&hunter2@a",
        "redis://ann:hunter2@host?ssl_ca_certs=ca.pem",
        "redis://ann:hunter2@host?ssl_ca_certs=100%.pem",
    ] {
        let told = address.parse::<Options>().unwrap_err().to_string();
        if !address.ends_with("?hunter2") {
            assert!(!told.contains("hunter2"), "{told}");
        }
    }
}

#[test]
fn what_is_shown_is_read_again() {
    for address in
        ["redis://[::1]:6380/3?prefix=shop", "redis+sentinel://a:1,b:2/main/0?prefix=p", "redis+cluster://a:1?prefix=p"]
    {
        assert_eq!(read(address).to_string(), address);
    }
}

#[test]
fn a_server_that_all_the_world_could_speak_to_is_refused() {
    for host in ["8.8.8.8", "[2001:4860::1]", "[::ffff:8.8.8.8]"] {
        let told = format!("redis://{host}").parse::<Options>().unwrap_err();
        assert!(told.to_string().contains("exposed=yes"), "{told}");
        read(&format!("redis://:secret@{host}"));
        read(&format!("redis://{host}?exposed=yes"));
    }
    for host in ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "[::1]", "[fd00::1]", "redis.shop.example"] {
        read(&format!("redis://{host}"));
    }
}

#[test]
fn sentinels_have_a_login_of_their_own() {
    let options = read("redis+sentinel://:hunter2@a/main?sentinel_password=hunter3");
    assert_eq!(options.sentinel, Some((String::new(), "hunter3".into())));
    assert!(!format!("{options} {options:?}").contains("hunter"), "{options}");
}

#[cfg(feature = "tls")]
#[test]
fn a_file_of_authorities_may_have_a_space_in_its_name() {
    let options: Options = "rediss://host?ssl_ca_certs=my%20ca%2B1.pem".parse().unwrap();
    assert_eq!(options.ssl_ca_certs, Some("my ca+1.pem".into()));
}
