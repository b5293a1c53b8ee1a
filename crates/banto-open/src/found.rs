//! How a store is asked for, and what is found.
//!
//! Only who puts something into a store makes one, and only they and `migrate` change its schema: a mistyped address must
//! not look like an empty queue, and to look at a live store must change nothing of it.

use std::{fmt, sync::Arc};

use banto_store::{Clock, Fault, Store, StoreError};

use crate::Address;

/// What a command wants opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The store's address, as it was given. It may hold a password.
    pub url: String,
    /// Whether a store may be made where there is none, and an older schema brought up to date. If not, both are to be
    /// refused.
    pub migrate: bool,
}

impl Wanted {
    /// The address, read.
    pub fn address(&self) -> Result<Address, StoreError> {
        Address::typed(&self.url)
    }

    /// Opens the store at the address, as it is wanted. A store that has no clock of its own goes by `clock`. Refuses one in
    /// memory, which would be gone with the command.
    pub async fn open(&self, clock: Arc<dyn Clock>) -> Result<Found, StoreError> {
        let address = self.address()?;
        if address.is_memory() {
            let what = "use a store in memory: it would be gone when this command ends; give --store the address of a file or \
                        of a server";
            return Err(StoreError::new(Fault::Config, what));
        }
        address.open(self.migrate, clock).await
    }

    /// Opens the SQLite file at the address, as it is wanted. Blocks for as long as that takes: mostly milliseconds.
    #[cfg(feature = "sqlite")]
    pub fn sqlite(&self, clock: Arc<dyn Clock>) -> Result<banto_sqlite::Sqlite, StoreError> {
        let options = banto_sqlite::Options { migrate: self.migrate, ..self.url.parse()? };
        banto_sqlite::Sqlite::open_with(options, clock)
    }
}

impl fmt::Debug for Wanted {
    /// Shows no secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.address().map_or_else(|_| "?".to_owned(), |address| address.to_string());
        f.debug_struct("Wanted").field("url", &shown).field("migrate", &self.migrate).finish()
    }
}

/// A store that was opened, and what that did to it.
pub struct Found {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The version of its schema before and after, where it has one; 0 is none yet.
    pub schema: Option<(usize, usize)>,
}

impl From<Arc<dyn Store>> for Found {
    fn from(store: Arc<dyn Store>) -> Found {
        Found { store, schema: None }
    }
}

#[cfg(feature = "sqlite")]
impl From<banto_sqlite::Sqlite> for Found {
    fn from(store: banto_sqlite::Sqlite) -> Found {
        let migrated = store.migrated();
        Found { store: Arc::new(store), schema: Some((migrated.from, migrated.to)) }
    }
}

#[cfg(feature = "postgres")]
impl From<banto_postgres::Postgres> for Found {
    fn from(store: banto_postgres::Postgres) -> Found {
        let migrated = store.migrated();
        Found { store: Arc::new(store), schema: Some((migrated.from, migrated.to)) }
    }
}

#[cfg(feature = "redis")]
impl From<banto_redis::Redis> for Found {
    fn from(store: banto_redis::Redis) -> Found {
        let migrated = store.migrated();
        Found { store: Arc::new(store), schema: Some((migrated.from, migrated.to)) }
    }
}
