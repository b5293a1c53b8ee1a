//! Where a Redis server is: `redis://[user:password@]host[:port][/database]`.
//!
//! The address may hold a password, so it is shown as `host:port` alone, in answers, in history and to a debugger.

use std::fmt;

use banto::text::visible;

use crate::error::Error;

/// The address when nobody names another.
pub const ADDRESS: &str = "redis://127.0.0.1:6379";

const PORT: u16 = 6379;
const SCHEMES: [&str; 2] = ["redis", "valkey"];
const TLS_SCHEMES: [&str; 2] = ["rediss", "valkeys"];
const HOST_CHARS_MAX: usize = 100;

/// What was typed, kept from view. It is read by [`Address::server`].
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

impl From<String> for Address {
    fn from(typed: String) -> Self {
        Self(typed)
    }
}

impl Address {
    /// `host:port`, or what is wrong with the address, without repeating it: it may hold a password.
    pub fn server(&self) -> Result<String, Error> {
        let wrong = |why: &str| {
            let allowed =
                "allowed is redis://[user:password@]host[:port][/database], with what is special percent-encoded";
            Error::Asked(format!("read the address of Redis: {why}; {allowed}"))
        };
        let (scheme, rest) = self.0.split_once("://").ok_or_else(|| wrong("it has no \"redis://\""))?;
        if TLS_SCHEMES.contains(&scheme) {
            return Err(wrong("this build does not speak TLS with Redis; name a way without it, or a tunnel"));
        }
        if !SCHEMES.contains(&scheme) {
            return Err(wrong(&format!("\"{}\" is no scheme of it", visible(scheme, 20))));
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
        let (host, port) = match place.rsplit_once(':').filter(|_| !place.ends_with(']')) {
            Some((host, port)) => (host, port.parse().map_err(|_| wrong("its port is no number from 0 to 65535"))?),
            None => (place, PORT),
        };
        if host.is_empty() {
            return Err(wrong("it names no host"));
        }
        Ok(format!("{}:{port}", visible(host, HOST_CHARS_MAX)))
    }

    /// What was typed, for the client alone.
    pub(super) fn typed(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.server().as_deref().unwrap_or("an address that cannot be read"))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(typed: &str) -> Result<String, String> {
        Address::from(typed.to_owned()).server().map_err(|error| error.to_string())
    }

    #[test]
    fn the_server_is_the_address_without_what_is_secret() {
        for (typed, place) in [
            (ADDRESS, "127.0.0.1:6379"),
            ("redis://cache", "cache:6379"),
            ("redis://cache:7000/3", "cache:7000"),
            ("valkey://u:s%40ecret@cache.internal:6380/0?protocol=resp3", "cache.internal:6380"),
            ("redis://:se@cret@cache", "cache:6379"),
            ("redis://[::1]:6380", "[::1]:6380"),
            ("redis://[::1]", "[::1]:6379"),
        ] {
            assert_eq!(server(typed).as_deref(), Ok(place), "{typed}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_and_a_password_never() {
        for (typed, part) in [
            ("", "no \"redis://\""),
            ("hunter2", "no \"redis://\""),
            ("tcp://u:hunter2@cache", "\"tcp\" is no scheme"),
            ("rediss://u:hunter2@cache", "does not speak TLS"),
            ("valkeys://u:hunter2@cache", "does not speak TLS"),
            ("redis://u:hunter2@", "no host"),
            ("redis://u:hunter2@:6379", "no host"),
            ("redis://u:hunter2@cache:port", "no number"),
            ("redis://u:hunter2@cache:99999", "no number"),
        ] {
            let said = server(typed).unwrap_err();
            assert!(said.contains(part) && said.contains("allowed is redis://"), "{typed}: {said}");
            assert!(!said.contains("hunter2"), "{said}");
            let address = Address::from(typed.to_owned());
            assert!(!format!("{address} {address:?}").contains("hunter2"), "{typed}");
        }
    }
}
