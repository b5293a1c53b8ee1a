//! Where the store is: an address, and what may be asked of it by name.
//!
//! An address is `postgres://user@host/database?schema=banto`. What is PostgreSQL's own (`connect_timeout`,
//! `application_name` …) is handed on. Whatever would weaken the promise is asked for by name (`durability=memory`). An address
//! may hold a password, so no more of it is ever shown than where it leads.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use banto_core::text::{percent_decoded, visible};
use banto_store::{Fault, StoreError};
use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};

use crate::{error::Result, session};

/// What an address may say after its `?`, beside what is PostgreSQL's own.
const KNOWN: &str = "schema=NAME, durability=full|async|memory, connections=NUMBER, statement_timeout_ms=MILLISECONDS, \
                     lock_timeout_ms=MILLISECONDS, sslmode=disable|require, sslrootcert=PATH, and PostgreSQL's own (connect_timeout, application_name ...)";
/// An address as it should be.
const EXAMPLE: &str = "postgres://user@host/database";
/// PostgreSQL cuts longer names of anything; the news have the schema's and five bytes.
const SCHEMA_BYTES_MAX: usize = 48;

/// What an `Ok` waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// For the server's disk (and for its synchronous standbys, if it has any): what was accepted survives the loss of power.
    /// A server that is set not to flush is refused.
    Full,
    /// Not for the disk: a crash of the server may take the commits of its last second.
    Async,
    /// For nothing: whatever the server does. A crash of its machine may take everything.
    Memory,
}

/// How a store is to be opened.
#[derive(Clone)]
pub struct Options {
    /// The schema that the tables lie in; `banto` by default.
    pub schema: String,
    /// What an `Ok` waits for. Full by default.
    pub durability: Durability,
    /// How many calls may be at work at once; each has a connection, and one more listens. 6 by default.
    pub connections: usize,
    /// How long the server works at one statement, in milliseconds. 30,000 by default.
    pub statement_timeout_ms: u64,
    /// How long the server waits for another's lock, in milliseconds. 5,000 by default.
    pub lock_timeout_ms: u64,
    /// Whether a store is made where there is none, and an older schema brought up to date. If not, both are refused and the
    /// database is left as it is. True by default.
    pub migrate: bool,
    /// The authorities that are believed with `sslmode=require`, in a file of PEM; the machine's own by default.
    pub sslrootcert: Option<PathBuf>,
    /// What is PostgreSQL's own: hosts, role, database, time-outs. Holds the password.
    pub config: Config,
}

impl Options {
    fn of(config: Config) -> Options {
        Options {
            schema: "banto".into(),
            durability: Durability::Full,
            connections: 6,
            statement_timeout_ms: 30_000,
            lock_timeout_ms: 5_000,
            migrate: true,
            sslrootcert: None,
            config,
        }
    }

    fn set(&mut self, name: &str, value: &str) -> Option<()> {
        let ms = |value: &str| value.parse().ok().filter(|ms| (1..=3_600_000).contains(ms));
        match name {
            "schema" => self.schema = Some(value.to_owned()).filter(|schema| is_schema(schema))?,
            "durability" => self.durability = durability(value)?,
            "connections" => self.connections = value.parse().ok().filter(|count| (1..=64).contains(count))?,
            // Whoever checks one thing checks all; and none that goes in the clear where a server does not want TLS.
            "sslmode" => match value {
                "disable" => drop(self.config.ssl_mode(SslMode::Disable)),
                "require" | "verify-ca" | "verify-full" => drop(self.config.ssl_mode(SslMode::Require)),
                _ => return None,
            },
            "sslrootcert" if value == "system" => self.sslrootcert = None,
            "sslrootcert" => self.sslrootcert = Some(value).filter(|path| !path.is_empty()).map(PathBuf::from),
            "statement_timeout_ms" => self.statement_timeout_ms = ms(value)?,
            "lock_timeout_ms" => self.lock_timeout_ms = ms(value)?,
            _ => return None,
        }
        Some(())
    }

    /// Where it leads, without secrets.
    pub(crate) fn place(&self) -> String {
        let port = |at: usize| {
            let ports = self.config.get_ports();
            ports.get(at).or_else(|| ports.first()).copied().unwrap_or(5432)
        };
        let host = |(at, host): (usize, &Host)| match host {
            Host::Tcp(name) => format!("{name}:{}", port(at)),
            Host::Unix(path) => format!("{}:{}", path.display(), port(at)),
        };
        let hosts: Vec<String> = self.config.get_hosts().iter().enumerate().map(host).collect();
        let database = self.config.get_dbname().or(self.config.get_user()).unwrap_or_default();
        visible(&format!("postgres://{}/{database}?schema={}", hosts.join(","), self.schema), 300)
    }

    /// What each session is set to.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![
            ("statement_timeout", self.statement_timeout_ms.to_string()),
            ("lock_timeout", self.lock_timeout_ms.to_string()),
        ];
        // Plans must not depend on how small a table was when they were made, nor be made anew for each value.
        let fixed = [
            ("idle_in_transaction_session_timeout", "60000"),
            ("jit", "off"),
            ("enable_seqscan", "off"),
            ("plan_cache_mode", "force_generic_plan"),
            ("search_path", "pg_catalog"),
            ("TimeZone", "UTC"),
            ("default_transaction_isolation", "read committed"),
            ("standard_conforming_strings", "on"),
            ("client_min_messages", "warning"),
            (session::MARK, "on"),
        ];
        let weaker = (self.durability != Durability::Full).then_some(("synchronous_commit", "off"));
        settings.extend(fixed.into_iter().chain(weaker).map(|(name, value)| (name, value.to_owned())));
        settings
    }

    /// As the driver wants it, with the settings of each session.
    pub(crate) fn config(&self) -> Config {
        let mut config = self.config.clone();
        let ours = self.settings();
        let written = ours.iter().map(|(name, value)| format!("-c {name}={}", value.replace(' ', "\\ ")));
        let settings: Vec<String> = written.chain(self.config.get_options().map(str::to_owned)).collect();
        config.options(settings.join(" "));
        if config.get_application_name().is_none() {
            config.application_name("banto");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(Duration::from_secs(15));
        }
        config.keepalives_idle(Duration::from_secs(10));
        config.keepalives_interval(Duration::from_secs(5));
        config.keepalives_retries(3);
        config
    }
}

impl FromStr for Options {
    type Err = StoreError;
    /// Reads an address. Refuses unknown options, naming those there are.
    fn from_str(address: &str) -> Result<Options> {
        let refused = |what: String| StoreError::new(Fault::Config, what);
        if !(address.starts_with("postgres://") || address.starts_with("postgresql://")) {
            let sort = address.split_once(':').map_or("", |(sort, _)| sort);
            let sort = visible(sort, 40);
            return Err(refused(format!("open a store of the sort \"{sort}\": an address is wanted, as {EXAMPLE}")));
        }
        let (place, query) = address.split_once('?').unwrap_or((address, ""));
        // Else what is taken for a host or an option may be half of a password, and be shown.
        if place.matches('@').count() > 1 || query.contains('@') {
            return Err(refused(
                "read the address of the store: in a login or an option @ is written %40, and ? %3F".into(),
            ));
        }
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let (ours, theirs): (Vec<&str>, Vec<&str>) = pairs.partition(|pair| is_ours(pair));
        let config = format!("{place}?{}", theirs.join("&")).parse::<Config>().map_err(|error| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            refused(format!(
                "read the address of the store: {}; allowed are {KNOWN}",
                visible(&format!("{error}{cause}"), 200)
            ))
        })?;
        let mut options = Options::of(config);
        for pair in ours {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            // As the driver reads those that are PostgreSQL's own.
            if percent_decoded(value).and_then(|value| options.set(name, &value)).is_none() {
                let pair = visible(pair, 80);
                return Err(refused(format!("take \"{pair}\" as an option of the store: allowed are {KNOWN}")));
            }
        }
        if options.config.get_hosts().is_empty() {
            return Err(refused(format!("open a store without a host: an address is wanted, as {EXAMPLE}")));
        }
        if options.config.get_ssl_mode() == SslMode::Require && !cfg!(feature = "tls") {
            let what = "open the store with sslmode=require: this build has no TLS; build it with the feature `tls`";
            return Err(refused(what.into()));
        }
        if options.sslrootcert.is_some() && options.config.get_ssl_mode() != SslMode::Require {
            return Err(refused("open the store with sslrootcert and without TLS: add sslmode=require".into()));
        }
        Ok(options)
    }
}

fn is_ours(pair: &str) -> bool {
    let name = pair.split_once('=').map_or(pair, |(name, _)| name);
    let limits = matches!(name, "connections" | "statement_timeout_ms" | "lock_timeout_ms");
    limits || matches!(name, "schema" | "durability" | "sslmode" | "sslrootcert")
}

/// Letters that need no quotes: the name goes into statements.
fn is_schema(name: &str) -> bool {
    let first = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b == b'_');
    let all = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    first && all && name.len() <= SCHEMA_BYTES_MAX && !name.starts_with("pg_")
}

fn durability(word: &str) -> Option<Durability> {
    match word {
        "full" => Some(Durability::Full),
        "async" => Some(Durability::Async),
        "memory" => Some(Durability::Memory),
        _ => None,
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place())
    }
}

impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place())
    }
}

#[cfg(test)]
#[path = "options_tests.rs"]
mod tests;
