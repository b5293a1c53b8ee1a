//! What can go wrong in the application, outside of providers (those have [`crate::failure`]).

use banto::{Refusal, StoreError, sqlite::rusqlite};

use crate::files::Unkept;

/// Something could not be done. Displays as a fragment that fits after "could not".
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The row of an avatar is there, and its job could not be enqueued after it.
    #[error("enqueue the job of avatar {avatar} now: {error}; its row is kept, and a worker's next sweep enqueues it")]
    Later {
        /// Which.
        avatar: i64,
        /// What the store said.
        error: StoreError,
    },
    /// The library failed.
    #[error(transparent)]
    Banto(#[from] banto::Error),
    /// A row could not be read or written.
    #[error("read or write the tables: {0}")]
    Table(#[from] rusqlite::Error),
    /// A picture could not be stored or looked up.
    #[error(transparent)]
    Files(#[from] Unkept),
    /// A value is outside what is allowed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The machine failed: a stream, a signal.
    #[error("{what}: {error}")]
    Machine {
        /// What could not be done.
        what: &'static str,
        /// What the system said.
        error: std::io::Error,
    },
    /// What is to be deleted could not be written away first, in words.
    #[error("{0}")]
    Export(String),
    /// It was not said that it is meant, in words; nothing was done.
    #[error("{0}")]
    Unconfirmed(String),
    /// Somebody asked for what cannot be, in words.
    #[error("{0}")]
    Asked(String),
}
