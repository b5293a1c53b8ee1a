//! What an address says: which sort of store, where, and how it is to be opened.
//!
//! Read once and whole before anything is opened; what is wrong is refused with what would be taken. Only what each sort
//! itself holds to be no secret is ever shown: of an address that cannot be read, no more than its first word.

use std::{fmt, path::Path, str::FromStr, sync::Arc};

use banto_store::{Clock, Fault, StoreError, memory::Memory};

use crate::{Found, sort};

/// An address that was read.
#[derive(Clone)]
#[non_exhaustive]
pub enum Address {
    /// This process's memory, which keeps nothing when it ends.
    Memory,
    /// A file.
    #[cfg(feature = "sqlite")]
    Sqlite(banto_sqlite::Options),
    /// A PostgreSQL server.
    #[cfg(feature = "postgres")]
    Postgres(Box<banto_postgres::Options>),
    /// A Redis or Valkey server, or several.
    #[cfg(feature = "redis")]
    Redis(Box<banto_redis::Options>),
}

impl Address {
    /// Reads an address as people type it, who may also mean a SQLite file by a plain path.
    pub fn typed(text: &str) -> Result<Address, StoreError> {
        #[cfg(feature = "sqlite")]
        if !sort::begins(text) {
            return Ok(Address::Sqlite(text.parse()?));
        }
        text.parse()
    }

    /// Opens the store. `migrate` lets one be made where there is none, and an older schema be brought up to date; else both
    /// are refused. A store that has no clock of its own goes by `clock`.
    pub async fn open(self, migrate: bool, clock: Arc<dyn Clock>) -> Result<Found, StoreError> {
        match self {
            Address::Memory => {
                // It has no schema.
                let _nothing_to_migrate = migrate;
                let store: Arc<dyn banto_store::Store> = Arc::new(Memory::new(clock, fastrand::u64(..)));
                Ok(store.into())
            }
            #[cfg(feature = "sqlite")]
            Address::Sqlite(options) => {
                let options = banto_sqlite::Options { migrate, ..options };
                Ok(banto_sqlite::Sqlite::open_aside(options, clock).await?.into())
            }
            #[cfg(feature = "postgres")]
            Address::Postgres(mut options) => {
                options.migrate = migrate;
                Ok(banto_postgres::Postgres::open_with(*options, banto_postgres::Time::Server).await?.into())
            }
            #[cfg(feature = "redis")]
            Address::Redis(mut options) => {
                options.migrate = migrate;
                Ok(banto_redis::Redis::open_with(*options, banto_redis::Time::Server).await?.into())
            }
        }
    }

    /// Whether nothing is kept when the process ends.
    pub fn is_memory(&self) -> bool {
        matches!(self, Address::Memory)
    }

    /// The file that the store is, if it is one.
    pub fn file(&self) -> Option<&Path> {
        #[cfg(feature = "sqlite")]
        if let Address::Sqlite(options) = self {
            return Some(&options.path);
        }
        None
    }

    /// What tells this store from others in the name of a file or folder, for a store that other processes can reach too and
    /// that is no file: its sort and a sum over what it shows. Two ways to write one address (`localhost`, `127.0.0.1`) are
    /// two marks.
    pub fn mark(&self) -> Option<String> {
        #[cfg(feature = "postgres")]
        if let Address::Postgres(options) = self {
            return Some(marked("postgres", &options.to_string()));
        }
        #[cfg(feature = "redis")]
        if let Address::Redis(options) = self {
            return Some(marked("redis", &options.to_string()));
        }
        None
    }
}

#[cfg(any(feature = "postgres", feature = "redis"))]
fn marked(sort: &str, shown: &str) -> String {
    format!("{sort}-{:08x}", crc32fast::hash(shown.as_bytes()))
}

impl FromStr for Address {
    type Err = StoreError;
    /// Reads an address. Refuses a sort that this build does not have, naming those it has, and whatever the sort refuses.
    fn from_str(text: &str) -> Result<Address, StoreError> {
        // Only the scheme is ever shown: the rest may hold a password.
        let (scheme, rest) = text.split_once(':').unwrap_or((text, ""));
        match scheme {
            "memory" if !rest.is_empty() => {
                // Two calls with one name would look like one store, and be two.
                let what = "open a store in memory by a name or with options: it has none; its address is memory:";
                Err(StoreError::new(Fault::Config, what))
            }
            "memory" => Ok(Address::Memory),
            #[cfg(feature = "sqlite")]
            "sqlite" => Ok(Address::Sqlite(text.parse()?)),
            #[cfg(feature = "postgres")]
            "postgres" | "postgresql" => Ok(Address::Postgres(Box::new(text.parse()?))),
            #[cfg(feature = "redis")]
            _ if sort::REDIS.contains(&scheme) => Ok(Address::Redis(Box::new(text.parse()?))),
            _ => Err(sort::refused(scheme)),
        }
    }
}

impl fmt::Display for Address {
    /// Without secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Memory => f.write_str("memory:"),
            #[cfg(feature = "sqlite")]
            Address::Sqlite(options) => {
                write!(f, "sqlite://{}", banto_core::text::visible(&options.path.to_string_lossy(), 300))
            }
            #[cfg(feature = "postgres")]
            Address::Postgres(options) => options.fmt(f),
            #[cfg(feature = "redis")]
            Address::Redis(options) => options.fmt(f),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
