//! What programs answer, and what is made of it.

use banto_process::Clocks;
use tokio::net::TcpListener;

use super::*;

fn runner() -> Runner {
    Runner::new(Clocks::new(|| 0, || 0))
}

/// Asks somebody who takes one connection and answers with these bytes.
async fn asked(answer: &'static [u8]) -> (Result<(), String>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 1_024];
        let got = stream.read(&mut request).await.unwrap();
        request.truncate(got);
        // Whoever asks may have heard enough before all is said.
        let _ = stream.write_all(answer).await;
        String::from_utf8(request).unwrap()
    };
    let how = How::Http { addr, path: "/health?x=1".into() };
    let runner = runner();
    tokio::join!(how.ask(&runner), serve)
}

#[tokio::test]
async fn a_page_is_healthy_from_200_to_399() {
    for answer in
        [&b"HTTP/1.1 200 OK\r\n\r\n"[..], b"HTTP/1.0 204\r\n\r\n", b"HTTP/1.1 302 Found\r\n\r\n", b"HTTP/1.1 399 x\n"]
    {
        let (result, request) = asked(answer).await;
        assert_eq!(result, Ok(()), "{answer:?}");
        assert!(request.starts_with("GET /health?x=1 HTTP/1.1\r\nHost: 127.0.0.1:") && request.ends_with("\r\n\r\n"));
    }
    for (answer, error) in [
        (&b"HTTP/1.1 503 Down\r\n\r\n"[..], "/health?x=1 answers 503"),
        (b"HTTP/1.1 199 x\r\n", "/health?x=1 answers 199"),
        (b"SSH-2.0-x\x1b\r\n", "/health?x=1 answers with something else than HTTP: \"SSH-2.0-x\\u{1b}\""),
        (b"HTTP/1.1 2oo OK\r\n", "/health?x=1 answers with something else than HTTP: \"HTTP/1.1 2oo OK\""),
        (b"", "/health?x=1 answers with something else than HTTP: \"\""),
    ] {
        assert_eq!(asked(answer).await.0, Err(error.into()));
    }
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_for_ever() {
    static ENDLESS: [u8; 1 << 20] = [b'x'; 1 << 20];
    assert!(asked(&ENDLESS).await.0.unwrap_err().contains("something else than HTTP"));
}

#[tokio::test]
async fn a_port_is_healthy_that_takes_a_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    assert_eq!(How::Tcp(addr).ask(&runner()).await, Ok(()));
    drop(listener);
    assert!(How::Tcp(addr).ask(&runner()).await.unwrap_err().starts_with(&format!("could not connect to {addr}: ")));
}

#[tokio::test]
async fn a_command_is_healthy_that_succeeds() {
    let ask = async |text: &str| How::Command(Box::new(Spec::argv(["sh", "-c", text]))).ask(&runner()).await;
    assert_eq!(ask("exit 0").await, Ok(()));
    assert!(ask("exit 3").await.unwrap_err().contains("exit code 3"));
}

#[tokio::test]
async fn no_answer_in_time_is_a_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let how = How::Http { addr: listener.local_addr().unwrap(), path: "/".into() };
    let probe = Probe { interval_ms: 1, timeout_ms: 50, ..Probe::new(how) };
    assert_eq!(probe.next(&runner()).await, Err("no answer within 50 ms".into()));
}

#[test]
fn what_is_wrong_with_a_probe_is_said() {
    let http =
        |addr: &str, path: &str| Probe::new(How::Http { addr: addr.parse().unwrap(), path: path.into() }).faults();
    assert_eq!(http("127.0.0.1:80", "/up"), Vec::<String>::new());
    assert_eq!(http("[::1]:80", "/up"), Vec::<String>::new());
    assert_eq!(http("169.254.169.254:80", "up").len(), 2);
    assert_eq!(http("127.0.0.1:80", "/x\r\nHost: y").len(), 1);
    let nought = Probe {
        interval_ms: 0,
        timeout_ms: 0,
        failures_max: 0,
        ..Probe::new(How::Tcp("127.0.0.1:1".parse().unwrap()))
    };
    assert_eq!(nought.faults().len(), 3);
}
