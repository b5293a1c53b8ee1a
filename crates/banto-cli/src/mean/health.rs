//! What `--health` and `[health]` mean: an address, told apart from "nowhere".

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::refuse;
use crate::exit::Failure;

/// An address to listen at, or `off` for nowhere. A port alone is on this machine only; more than this machine is listened
/// to only where the address says so.
pub(crate) fn address(flag: &str, text: &str) -> Result<Option<SocketAddr>, Failure> {
    if text == "off" {
        return Ok(None);
    }
    let here = |ip: IpAddr, port: &str| port.parse::<u16>().ok().map(|port| SocketAddr::new(ip, port));
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let at = match text.split_once(':') {
        None => here(loopback, text),
        Some(("localhost", port)) => here(loopback, port),
        Some(_) => text.parse().ok(),
    };
    let allowed = "an address with its port, a port alone (on this machine only) or off is wanted: 127.0.0.1:8081, [::1]:8081, \
                   8081; 0.0.0.0:8081 is for everybody who can reach this machine";
    at.map(Some).ok_or_else(|| refuse(flag, text, allowed))
}

/// The page that answers what is asked about.
pub(crate) fn page(what: &str) -> Result<&'static str, Failure> {
    match what {
        "process" => Ok("/health"),
        "scheduler" => Ok("/health/scheduler"),
        "queue" => Ok("/health/queue"),
        _ => Err(refuse("what to ask about", what, "allowed are process, scheduler, queue")),
    }
}

/// Where one that listens there is asked from this machine.
pub(crate) fn asked_at(listens: SocketAddr) -> Result<SocketAddr, Failure> {
    let ip = match listens.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    match listens.port() {
        0 => Err(refuse(
            "--at",
            &listens.to_string(),
            "the port that the process's log names is wanted; 0 is any that was free",
        )),
        port => Ok(SocketAddr::new(ip, port)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_that_says_so_is_for_others_than_this_machine() {
        for (text, at) in [
            ("8081", "127.0.0.1:8081"),
            ("0", "127.0.0.1:0"),
            ("localhost:8081", "127.0.0.1:8081"),
            ("127.0.0.1:8081", "127.0.0.1:8081"),
            ("[::1]:8081", "[::1]:8081"),
            ("0.0.0.0:80", "0.0.0.0:80"),
        ] {
            assert_eq!(address("--health", text).unwrap(), Some(at.parse().unwrap()), "{text}");
        }
        assert_eq!(address("--health", "off").unwrap(), None);
    }

    #[test]
    fn everything_else_is_refused_with_what_is_allowed() {
        for text in [
            "",
            " ",
            ":8081",
            "127.0.0.1",
            "65536",
            "-1",
            "http://127.0.0.1:1",
            "example.org:80",
            "on",
            "8081/x",
            "\u{1b}[2J",
        ] {
            let failure = address("--health", text).unwrap_err();
            assert!(failure.text.contains("--health") && failure.text.contains("127.0.0.1:8081"), "{}", failure.text);
            assert!(!failure.text.contains('\u{1b}'));
        }
    }

    #[test]
    fn what_listens_to_everybody_is_asked_from_here() {
        for (listens, asked) in [
            ("0.0.0.0:8081", "127.0.0.1:8081"),
            ("[::]:8081", "[::1]:8081"),
            ("127.0.0.1:8081", "127.0.0.1:8081"),
            ("10.0.0.7:80", "10.0.0.7:80"),
        ] {
            assert_eq!(asked_at(listens.parse().unwrap()).unwrap(), asked.parse().unwrap(), "{listens}");
        }
        assert!(asked_at("127.0.0.1:0".parse().unwrap()).unwrap_err().text.contains("log names"));
        assert_eq!(page("queue").unwrap(), "/health/queue");
        assert!(page("/etc\u{1b}").unwrap_err().text.contains("allowed are process, scheduler, queue"));
    }
}
