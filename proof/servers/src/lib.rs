//! Real servers for tests and proofs: PostgreSQL and Redis, each on a free loopback port, in a folder of its own.
//!
//! For every test that believes nothing but the real thing. A server ends when its handle is dropped, and, by the kernel's
//! hand, when the process that started it dies. Nothing of the house is known here, so every floor may use it in its tests.
//! `BANTO_TEST_REDIS_SERVER` names another program for all servers of Redis: an older one, or a Valkey.
//!
//! # Layout
//! - [`Postgres`], [`Redis`]: one server, to be stopped, killed and started again on the same data and port.
//! - [`Watched`] (a primary, its replica, sentinels) and [`Cluster`]: several of Redis, by themselves or with TLS.
//! - [`Pgbouncer`]: a pooler before a PostgreSQL, where there is one.
//! - [`Shared`]: one server for many tests, each with a schema or a prefix of its own.
//! - [`Authority`] (feature `tls`): certificates for servers with TLS.
//! - `daemon.rs`: a process with its log; `spawn.rs`: the one thread that starts them.

#[cfg(feature = "tls")]
mod authority;
mod daemon;
mod group;
mod pgbouncer;
mod postgres;
mod redis;
mod shared;
mod spawn;

#[cfg(feature = "tls")]
pub use authority::Authority;
pub use group::{Cluster, SERVICE, Watched};
pub use pgbouncer::Pgbouncer;
pub use postgres::{Postgres, Stop};
pub use redis::Redis;
pub use shared::Shared;

/// What was done, or a fragment that fits after "could not".
pub type Told<T> = Result<T, String>;

/// Settings of a server, by the names that its own manual gives them.
pub type Settings<'a> = &'a [(&'a str, &'a str)];

/// What a server with TLS shows, and whom it believes: files of PEM.
#[derive(Debug, Clone)]
pub struct Papers {
    /// The certificate.
    pub certificate: String,
    /// Its key, which PostgreSQL's own user may read.
    pub key: String,
    /// The authority that signed it.
    pub authority: String,
}

/// What `begin` begins, asked again so often: a port that was free may not be any more.
fn begun<T>(times: usize, mut begin: impl FnMut() -> Told<T>) -> Told<T> {
    let mut begun = begin();
    for _ in 1..times {
        begun = begun.or_else(|_| begin());
    }
    begun
}

/// A loopback port that is free just now; whoever starts a server on it may find that it is not any more.
pub fn free_port() -> Told<u16> {
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    free.map(|address| address.port()).map_err(|error| format!("find a free port: {error}"))
}

fn owned(settings: Settings<'_>) -> Vec<(String, String)> {
    settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
