//! How a command asks for a store, and what it is given.
//!
//! Only commands that put something into a store make one, and only they and `migrate` change its schema: a mistyped
//! address must not look like an empty queue, and to look at a live store must change nothing of it. Whoever opens stores
//! for an application (see [`App::opener`]) is told the same, and opens a SQLite file by the very code that is used here.
//!
//! [`App::opener`]: crate::App::opener

use std::sync::Arc;

use banto_sqlite::{Options, Sqlite};
use banto_store::{Clock, Store, StoreError};

/// What a command wants opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The store's address, as it was given.
    pub url: String,
    /// Whether a store may be made where there is none, and an older schema brought up to date. If not, both are to be
    /// refused.
    pub migrate: bool,
}

impl Wanted {
    /// Opens the SQLite file at the address, as it is wanted. Blocks for as long as that takes: mostly milliseconds.
    pub fn sqlite(&self, clock: Arc<dyn Clock>) -> Result<Sqlite, StoreError> {
        Sqlite::open_with(self.options()?, clock)
    }

    fn options(&self) -> Result<Options, StoreError> {
        Ok(Options { migrate: self.migrate, ..self.url.parse()? })
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

impl From<Sqlite> for Found {
    fn from(store: Sqlite) -> Found {
        let migrated = store.migrated();
        Found { store: Arc::new(store), schema: Some((migrated.from, migrated.to)) }
    }
}

/// Opens a store for a program that brings no opener of its own.
pub(crate) async fn open(wanted: Wanted, clock: Arc<dyn Clock>) -> Result<Found, StoreError> {
    Ok(Sqlite::open_aside(wanted.options()?, clock).await?.into())
}
