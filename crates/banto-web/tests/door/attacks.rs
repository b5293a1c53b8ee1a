//! F3, F4 and F5 of the matrix: foreign hosts, slow clients, oversized and malformed requests.

use std::{
    io::Write,
    net::TcpStream,
    time::{Duration, Instant},
};

use super::house::{House, rest};

/// A short one, so that its end can be waited for, and one that never ends here.
const SHORT: Duration = Duration::from_secs(2);
const LONG: Duration = Duration::from_secs(3_600);

#[test]
fn f3_a_name_that_is_not_known_is_turned_away() {
    let house = House::new();
    let host = |host: &str| house.sends(format!("GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
    for known in ["127.0.0.1", "localhost:8081", "[::1]", "app"] {
        assert!(host(known).starts_with("HTTP/1.1 200"), "{known}");
    }
    for foreign in ["evil.example", "127.0.0.1.evil.example:80", "127.0.0.1\r\nHost: evil.example"] {
        let said = host(foreign);
        assert!(said.starts_with("HTTP/1.1 421") && !said.contains("evil"), "{foreign}: {said}");
    }
    assert!(house.sends(b"GET /health HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 200"), "an old prober");
}

#[test]
fn f4_who_says_nothing_or_half_a_word_is_dropped_and_holds_nobody_up() {
    let house = House::with(SHORT);
    let begun = ["", "G", "GET /health HTTP/1.1\r\n", "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "];
    let mut idle: Vec<TcpStream> = (0..100)
        .map(|nth| {
            let mut stream = house.connects();
            stream.write_all(begun[nth % begun.len()].as_bytes()).unwrap();
            stream
        })
        .collect();
    for _ in 0..20 {
        assert_eq!(house.get("/health").status, 200, "others are answered meanwhile");
    }
    for stream in &mut idle {
        let said = rest(stream);
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{said}");
    }
}

#[test]
fn f4_a_byte_at_a_time_buys_no_time() {
    let house = House::with(SHORT);
    let mut stream = house.connects();
    let (since, mut sent) = (Instant::now(), 0);
    // Until the other side has closed, and says so.
    while stream.write_all(b"G").is_ok() {
        sent += 1;
        std::thread::sleep(Duration::from_millis(20));
        assert!(since.elapsed() < Duration::from_secs(20), "{sent} bytes, and it listens still");
    }
}

#[test]
fn f4_the_oldest_makes_room_when_there_are_too_many() {
    let house = House::with(LONG);
    let mut first = house.connects();
    let idle: Vec<TcpStream> = (0..600).map(|_| house.connects()).collect();
    assert_eq!(house.get("/health").status, 200);
    assert_eq!(rest(&mut first), "", "it was dropped, and would have stayed for an hour");
    drop(idle);
}

#[test]
fn f4_no_body_is_read() {
    let house = House::new();
    let said = house.asks("POST", "/health", "Content-Length: 10000000000\r\nExpect: 100-continue\r\n");
    assert_eq!(said.status, 405, "{said:?}");
    let said = house.asks("GET", "/health", "Content-Length: 10000000000\r\n");
    assert_eq!(said.status, 200, "{said:?}");
}

#[test]
fn f5_what_is_too_large_or_no_http_is_refused() {
    let house = House::new();
    let large = "x".repeat(1 << 20);
    let many: String = (0..10_000).map(|nth| format!("h{nth}: 1\r\n")).collect();
    for request in [
        format!("GET /{large} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
        format!("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: {large}\r\n\r\n"),
        format!("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n{many}\r\n"),
        "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX : 1\r\n\r\n".into(),
        "GET  /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".into(),
        "GET /health HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n".into(),
        "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx".into(),
        "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n".into(),
        "POST /health HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nzzz\r\n"
            .into(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(),
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}\r\n\r\n".into(),
    ] {
        let said = house.sends(request.as_bytes());
        let shown = &request[..request.len().min(80)];
        // Whoever goes on sending may have the answer torn away by its own system.
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{shown:?}: {said}");
        assert!(!said.contains(&large[..100]), "nothing comes back");
    }
    let some: String = (0..100).map(|nth| format!("h{nth}: 1\r\n")).collect();
    let said = house.sends(format!("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n{some}\r\n").as_bytes());
    assert!(said.starts_with("HTTP/1.1 431"), "{said}");
    assert_eq!(house.get("/health").status, 200, "and it goes on");
}

#[test]
fn f5_a_second_request_behind_the_first_is_not_answered() {
    let house = House::new();
    let said = house.sends(
        b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /health/queue HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    );
    assert_eq!(said.matches("HTTP/1.1 ").count(), 1, "{said}");
}
