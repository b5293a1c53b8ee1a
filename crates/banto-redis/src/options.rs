//! Addresses: where the servers are, and what may be said about them.
//!
//! `redis://host:6379/0?prefix=shop`, `rediss://…` (TLS), `redis+sentinel://h1,h2:26379/service`, `redis+cluster://h1,h2`.
//! Whatever would weaken the promise is asked for by name (`durability=memory`). A password is never shown.

use std::{fmt, net::IpAddr, path::PathBuf, str::FromStr};

use banto_core::text::{percent_decoded, visible};
use banto_store::{Fault, StoreError};

use crate::{error::Result, keys::Prefix};

/// What an address may say after its `?`.
const KNOWN: &str = "prefix=WORD, durability=checked|memory, wait=REPLICAS, wait_ms=MILLISECONDS, timeout_ms=MILLISECONDS, \
    connections=NUMBER, sentinel_user=NAME, sentinel_password=SECRET, ssl_ca_certs=PATH, exposed=yes";
/// Addresses as they should be.
const EXAMPLES: &str = "redis://host:6379/0, rediss://host:6379, redis+sentinel://h1:26379,h2:26379/service, redis+cluster://h1:6379,h2:6379";
const PORT: u16 = 6_379;
const SENTINEL_PORT: u16 = 26_379;

/// A host and its port.
pub type Host = (String, u16);

/// Where the primary is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// One server.
    One(Host),
    /// Whomever these sentinels name as the primary of the service.
    Sentinel {
        /// The sentinels, asked in turn.
        hosts: Vec<Host>,
        /// What the sentinels call the service.
        service: String,
    },
    /// Whichever node of the cluster serves the slot of the prefix.
    Cluster(Vec<Host>),
}

/// Whether a server that keeps nothing is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A server without an append-only file, or one that evicts keys, is refused.
    Checked,
    /// Such a server is taken, and what that means is shown.
    Memory,
}

/// How a store is to be opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Options {
    /// Where the primary is found.
    pub place: Place,
    /// Whether connections are encrypted.
    pub tls: bool,
    /// The authorities that are believed with TLS, in a file of PEM; the machine's own by default.
    pub ssl_ca_certs: Option<PathBuf>,
    /// Who logs in; `None` is the default user.
    pub user: Option<String>,
    /// The password. Never shown.
    pub password: Option<String>,
    /// Who logs in to the sentinels, and with what. Never shown.
    pub sentinel: Option<(String, String)>,
    /// Whether a server on a public address may be spoken to without password or TLS.
    pub exposed: bool,
    /// The number of the database; a cluster has only 0.
    pub database: i64,
    /// What all keys begin with.
    pub prefix: Prefix,
    /// Whether a server that keeps nothing is refused.
    pub durability: Durability,
    /// How many replicas must have a write before it is `Ok`; `None` is one if there are any.
    pub wait: Option<u32>,
    /// How long to wait for them, in milliseconds. 1,000 by default.
    pub wait_ms: u64,
    /// How long to wait for an answer or a connection, in milliseconds. 5,000 by default.
    pub timeout_ms: u64,
    /// How many connections carry the calls of a runtime, beside one for its renewals, and one of the store's for changes. 2 by default.
    pub connections: usize,
    /// Whether a store is made where there is none. If not, that is refused and nothing is written. True by default.
    pub migrate: bool,
}

impl Options {
    /// The defaults at that place.
    pub fn of(place: Place) -> Options {
        Options {
            place,
            tls: false,
            ssl_ca_certs: None,
            user: None,
            password: None,
            sentinel: None,
            exposed: false,
            database: 0,
            prefix: Prefix::default(),
            durability: Durability::Checked,
            wait: None,
            wait_ms: 1_000,
            timeout_ms: 5_000,
            connections: 2,
            migrate: true,
        }
    }

    /// With another prefix. Refuses what is no plain word.
    pub fn with_prefix(self, prefix: &str) -> Result<Options> {
        Ok(Options { prefix: Prefix::new(prefix)?, ..self })
    }

    fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let number = |least: u64, most: u64| {
            let number = value.parse().ok().filter(|number| (least..=most).contains(number));
            number.ok_or_else(|| {
                config(
                    &format!("take \"{}={}\"", visible(name, 40), visible(value, 40)),
                    "a number within reason is wanted",
                )
            })
        };
        match name {
            "prefix" => self.prefix = Prefix::new(value)?,
            "sentinel_user" => self.sentinel.get_or_insert_default().0 = value.to_owned(),
            "sentinel_password" => self.sentinel.get_or_insert_default().1 = value.to_owned(),
            "ssl_ca_certs" => self.ssl_ca_certs = Some(value).filter(|path| !path.is_empty()).map(PathBuf::from),
            "exposed" if value == "yes" => self.exposed = true,
            "durability" if value == "memory" => self.durability = Durability::Memory,
            "durability" if value == "checked" => self.durability = Durability::Checked,
            "wait" => self.wait = u32::try_from(number(0, 100)?).ok(),
            "wait_ms" => self.wait_ms = number(1, 60_000)?,
            "timeout_ms" => self.timeout_ms = number(50, 60_000)?,
            "connections" => self.connections = usize::try_from(number(1, 64)?).unwrap_or(1),
            _ => {
                let option = visible(&shown_option(name, value), 80);
                return Err(config(
                    &format!("take \"{option}\" as an option of the store"),
                    &format!("allowed are {KNOWN}"),
                ));
            }
        }
        Ok(())
    }
}

/// An option without its value where that might be a secret.
fn shown_option(name: &str, value: &str) -> String {
    match name {
        "durability" => format!("{name}={value}"),
        _ => name.to_owned(),
    }
}

fn config(doing: &str, allowed: &str) -> StoreError {
    StoreError::new(Fault::Config, format!("{doing}: {allowed}"))
}

impl FromStr for Options {
    type Err = StoreError;
    /// Reads an address. Refuses unknown options, naming those there are. No message shows more than the sort of an address.
    fn from_str(address: &str) -> Result<Options> {
        let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
        let (rest, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (tls, kind) = match scheme {
            "redis" => (false, ""),
            "rediss" => (true, ""),
            "redis+sentinel" => (false, "sentinel"),
            "rediss+sentinel" => (true, "sentinel"),
            "redis+cluster" => (false, "cluster"),
            "rediss+cluster" => (true, "cluster"),
            _ => {
                let sort = visible(scheme, 40);
                return Err(config(
                    &format!("open a store of the sort \"{sort}\" on Redis"),
                    &format!("wanted is one of {EXAMPLES}"),
                ));
            }
        };
        if tls && !cfg!(feature = "tls") {
            return Err(config(
                &format!("open {scheme}://"),
                "this build has no TLS: build banto-redis with its feature `tls`",
            ));
        }
        // Else what is taken for a host or an option may be half of a password, and be shown.
        if options.contains('@') {
            return Err(config("read the address of the store", "in a login or an option @ is written %40, and ? %3F"));
        }
        let (login, rest) = rest.rsplit_once('@').map_or((None, rest), |(login, rest)| (Some(login), rest));
        let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
        let mut parsed = Options { tls, ..Options::of(place(kind, hosts, path)?) };
        let number = if kind == "sentinel" { path.split_once('/').map_or("", |(_, number)| number) } else { path };
        if !number.is_empty() {
            parsed.database = number.parse().ok().filter(|number| (0..=65_535).contains(number)).ok_or_else(|| {
                config(&format!("take \"{}\" as a database", visible(number, 40)), "a number is wanted")
            })?;
        }
        if kind == "cluster" && parsed.database != 0 {
            return Err(config("open that database of a cluster", "a cluster has only the database 0"));
        }
        parsed.login(login)?;
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            parsed.set(name, &decoded(value)?)?;
        }
        if parsed.ssl_ca_certs.is_some() && !parsed.tls {
            return Err(config("open the store with ssl_ca_certs and without TLS", "its address begins rediss://"));
        }
        parsed.hidden()?;
        Ok(parsed)
    }
}

impl Options {
    /// Refuses a server that all the world could speak to, unless that is asked for by name.
    fn hidden(&self) -> Result<()> {
        let hosts = match &self.place {
            Place::One(host) => std::slice::from_ref(host),
            Place::Sentinel { hosts, .. } | Place::Cluster(hosts) => hosts,
        };
        let guarded = self.tls || self.password.is_some() || self.exposed;
        match hosts.iter().find(|(name, _)| !guarded && name.parse().is_ok_and(public)) {
            None => Ok(()),
            Some(host) => Err(config(
                &format!("speak to Redis at the public address {} without password or TLS", shown(host)),
                "anybody could read and run jobs there; set a password, or say exposed=yes",
            )),
        }
    }

    fn login(&mut self, login: Option<&str>) -> Result<()> {
        let Some(login) = login else { return Ok(()) };
        let (user, password) = login.split_once(':').map_or((login, None), |(user, password)| (user, Some(password)));
        self.user = Some(decoded(user)?).filter(|user| !user.is_empty());
        self.password = password.map(decoded).transpose()?;
        Ok(())
    }
}

fn place(kind: &str, hosts: &str, path: &str) -> Result<Place> {
    let port = if kind == "sentinel" { SENTINEL_PORT } else { PORT };
    let mut found = hosts.split(',').map(|text| host(text, port)).collect::<Result<Vec<Host>>>()?;
    match kind {
        "sentinel" => {
            let service = decoded(path.split('/').next().unwrap_or_default())?;
            if service.is_empty() || !service.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(config(
                    "ask sentinels for a service",
                    "its name is wanted, as in redis+sentinel://h1,h2/service",
                ));
            }
            Ok(Place::Sentinel { hosts: found, service })
        }
        "cluster" => Ok(Place::Cluster(found)),
        _ if found.len() == 1 => Ok(Place::One(found.remove(0))),
        _ => Err(config("open several hosts as one server", "redis+sentinel:// and redis+cluster:// take several")),
    }
}

/// Whether an address is reached from everywhere.
fn public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !(v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_unspecified()),
        IpAddr::V6(v6) => {
            let own = v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_unspecified();
            v6.to_ipv4_mapped().map_or(!own, |v4| public(v4.into()))
        }
    }
}

/// `host`, `host:port`, `[::1]:port`.
pub(crate) fn host(text: &str, port: u16) -> Result<Host> {
    let (name, number) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, rest)) => (name, rest.strip_prefix(':')),
        None => text.rsplit_once(':').map_or((text, None), |(name, number)| (name, Some(number))),
    };
    let number = number.map_or(Some(port), |number| number.parse().ok().filter(|number| *number > 0));
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':');
    match number {
        Some(number) if name.bytes().all(plain) && !name.is_empty() => Ok((name.to_owned(), number)),
        _ => Err(config(&format!("find a host in \"{}\"", visible(text, 80)), &format!("wanted is one of {EXAMPLES}"))),
    }
}

/// Text with its `%40` read.
fn decoded(text: &str) -> Result<String> {
    let odd = || config("read the address of the store", "a percent sign begins two hexadecimal digits (%40 is @)");
    percent_decoded(text).ok_or_else(odd)
}

impl fmt::Display for Options {
    /// The address without what is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |hosts: &[Host]| hosts.iter().map(shown).collect::<Vec<_>>().join(",");
        let s = if self.tls { "s" } else { "" };
        match &self.place {
            Place::One(host) => write!(f, "redis{s}://{}/{}", shown(host), self.database)?,
            Place::Sentinel { hosts, service } => {
                write!(f, "redis{s}+sentinel://{}/{service}/{}", list(hosts), self.database)?
            }
            Place::Cluster(hosts) => write!(f, "redis{s}+cluster://{}", list(hosts))?,
        }
        write!(f, "?prefix={}", self.prefix.as_str())
    }
}

/// A host as an address has it.
pub(crate) fn shown((name, port): &Host) -> String {
    if name.contains(':') { format!("[{name}]:{port}") } else { format!("{name}:{port}") }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Options({self})")
    }
}

#[cfg(test)]
#[path = "options_tests.rs"]
mod tests;
