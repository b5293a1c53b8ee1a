//! Who may come in, and what every answer carries.
//!
//! A page in somebody's browser can have its own name point at this machine and then ask it (DNS rebinding); what it cannot do
//! is leave that name out. So whoever calls this machine by a name must call it by a known one; an address is no name. What
//! goes out may not be kept, framed, sniffed or run.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
    },
    middleware::Next,
    response::Response,
};

use crate::problem;

/// What every answer carries.
const HEADERS: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
];

/// The names that this machine may be called by, besides `localhost` and every address.
#[derive(Clone)]
pub(crate) struct Hosts(Arc<[String]>);

impl Hosts {
    /// These; capitals do not matter.
    pub fn new(names: Vec<String>) -> Hosts {
        Hosts(names.into_iter().map(|name| name.to_ascii_lowercase()).collect())
    }

    /// Whether a request may name its host so: once at most, and by a known name.
    fn known(&self, headers: &HeaderMap) -> bool {
        let mut named = headers.get_all(HOST).iter();
        match (named.next(), named.next()) {
            // HTTP/1.0, from a prober: no browser speaks it.
            (None, _) => true,
            (Some(one), None) => one.to_str().is_ok_and(|host| self.is_known(host)),
            (Some(_), Some(_)) => false,
        }
    }

    fn is_known(&self, host: &str) -> bool {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let bare = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let name = name.to_ascii_lowercase();
        bare.unwrap_or(&name).parse::<IpAddr>().is_ok() || name == "localhost" || self.0.contains(&name)
    }
}

/// Lets in who may come in.
pub(crate) async fn door(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let mut answer = match hosts.known(request.headers()) {
        true => next.run(request).await,
        false => problem::answer(
            StatusCode::MISDIRECTED_REQUEST,
            "this machine is called by its address, localhost or a name that [health] hosts lists",
        ),
    };
    let headers = answer.headers_mut();
    HEADERS.into_iter().for_each(|(name, value)| drop(headers.insert(name, HeaderValue::from_static(value))));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(hosts: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, HeaderValue::from_bytes(host.as_bytes()).unwrap());
        }
        Hosts::new(vec!["App".into()]).known(&headers)
    }

    #[test]
    fn addresses_localhost_and_listed_names_are_known() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8081",
            "10.1.2.3:80",
            "[::1]:8081",
            "[::1]",
            "localhost",
            "LocalHost:1",
            "app",
            "APP:8081",
        ] {
            assert!(known(&[host]), "{host}");
        }
        assert!(known(&[]), "HTTP/1.0 names no host");
    }

    #[test]
    fn f3_a_foreign_name_is_not_however_it_is_dressed() {
        for host in [
            "evil.example",
            "evil.example:8081",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "app.evil.example",
            "localhost:x",
            "127.0.0.1@evil.example",
            "",
            ":80",
            "[evil.example]",
            "127.0.0.1, evil.example",
            "\u{e9}",
            "2130706433",
            "0x7f.1",
        ] {
            assert!(!known(&[host]), "{host}");
        }
        assert!(!known(&["127.0.0.1", "evil.example"]), "two are one too many");
    }
}
