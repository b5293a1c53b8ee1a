//! What is answered to those who mean well, and how it is wrapped.

use std::net::TcpListener;

use super::house::House;

#[test]
fn every_answer_is_json_and_may_not_be_kept_framed_or_sniffed() {
    let house = House::new();
    for (path, status) in [
        ("/health", 200),
        ("/health/queue", 200),
        ("/health/scheduler", 404),
        ("/health/scheduler/", 404),
        ("/health/scheduler/nobody", 404),
        ("/health/scheduler/%ff", 404),
        ("/health/scheduler/a/b", 404),
        ("/health?x=1", 200),
        ("/", 404),
        ("/health/", 404),
        ("/Health", 404),
        ("/health/../etc/passwd", 404),
        ("/%00%0d%0a", 404),
    ] {
        let said = house.get(path);
        assert_eq!(said.status, status, "{path}: {said:?}");
        assert!(said.json().is_object());
        for header in [
            "content-type: application/json",
            "cache-control: no-store",
            "x-content-type-options: nosniff",
            "x-frame-options: deny",
            "content-security-policy: default-src 'none'; frame-ancestors 'none'",
            "connection: close",
        ] {
            assert!(said.head.contains(header), "{path} lacks {header}: {}", said.head);
        }
        assert!(!said.head.contains("access-control"), "no page of another origin may read it");
    }
    assert!(house.get("/health/scheduler").body.contains("fires no schedules"));
    assert!(house.get("/health/scheduler/nobody").body.contains("nobody has heard of such a scheduler"));
}

#[test]
fn head_is_get_without_the_body_and_nothing_else_is_allowed() {
    let house = House::new();
    let (get, head) = (house.get("/health/queue"), house.asks("HEAD", "/health/queue", ""));
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert!(head.head.contains("content-length") && get.status == 200, "{}", head.head);
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        let said = house.asks(method, "/health", "");
        assert_eq!(said.status, 405, "{method}");
        assert!(said.head.contains("allow: get, head") && said.json()["error"].is_string(), "{said:?}");
    }
}

#[test]
fn an_address_that_is_taken_is_told_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let why = banto_web::bind(taken.local_addr().unwrap()).unwrap_err();
    assert!(why.starts_with("listen on 127.0.0.1:") && why.contains("another process listens there"), "{why}");
    let why = banto_web::bind("192.0.2.1:1".parse().unwrap()).unwrap_err();
    assert!(why.contains("this machine has no such address"), "{why}");
}

#[test]
fn what_is_dropped_listens_no_more() {
    let house = House::new();
    let at = house.at();
    drop(house);
    while std::net::TcpStream::connect(at).is_ok() {}
}
