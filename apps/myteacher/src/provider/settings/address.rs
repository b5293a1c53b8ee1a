//! Where a provider is, and the rule that a key never travels in clear.
//!
//! An address is `https`, or `http` on this very machine (tests, a local model server). It carries no user, no
//! password, no query. Paths are only ever added segment by segment, so that nothing a server said can leave its folder.

use crate::said::Said;
use reqwest::Url;
use std::str::FromStr;

/// The base URL of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Url);

/// An address that is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("use the address \"{address}\": {wrong}")]
pub struct BadAddress {
    address: Said,
    wrong: &'static str,
}

impl Address {
    pub(super) fn replicate() -> Self {
        Self::known("https://api.replicate.com")
    }

    pub(super) fn openai() -> Self {
        Self::known("https://api.openai.com/v1")
    }

    #[expect(clippy::expect_used, reason = "the two addresses above are constants, and a test reads both")]
    fn known(address: &'static str) -> Self {
        address.parse().expect("a known address is an address")
    }

    /// The address with a path below it; every segment is escaped.
    pub(in crate::provider) fn below(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        // Never `Err`: an address has a host, so it can be a base.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Whether the address is on this machine.
    pub(in crate::provider) fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// Whether something may be loaded from `url`: by https, or in clear from this machine if the provider is on it too.
    pub(in crate::provider) fn trusts(&self, url: &Url) -> bool {
        url.scheme() == "https" || (url.scheme() == "http" && self.is_loopback() && is_loopback(url))
    }
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bad = |wrong| BadAddress { address: without_user(text), wrong };
        let url = Url::parse(text).map_err(|_| bad("write it like https://api.example.com/v1"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("take the user and the password out of it"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(bad("take away what follows the path"));
        }
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if is_loopback(&url) => Ok(Self(url)),
            _ => Err(bad(
                "a key never travels in clear: use https (http only on this machine, as 127.0.0.1 or localhost)",
            )),
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whatever stands before an `@` may be a password.
fn without_user(text: &str) -> Said {
    match text.rsplit_once('@') {
        Some((_, rest)) => Said::new(format!("***@{rest}")),
        None => Said::new(text),
    }
}
