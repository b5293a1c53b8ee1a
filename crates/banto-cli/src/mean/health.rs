//! What `--health` and `[health]` mean: an address, told apart from "nowhere".

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

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
}
