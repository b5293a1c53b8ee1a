//! SQLite's result codes as the house's kinds of failure.
//!
//! For every file of this crate: [`fault`] is the one place where a code gets its meaning. What is not known here is
//! taken for the worst that can be true of it: after a write, "in doubt".

use banto_core::text::visible;
use banto_store::{Fault, StoreError};
use rusqlite::ErrorCode;

/// What a call gives.
pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// The error as the store's own; `doing` is what could not be done: "claim jobs", "open \"x.db\"".
pub(crate) fn fault(doing: &str, error: &rusqlite::Error) -> StoreError {
    let kind = kind(error);
    let next = match &kind {
        Fault::Busy => {
            "; another process holds the file's write lock (a backup, VACUUM or a tool?): try again when it is done"
        }
        Fault::Full => "; the disk is full: free some room, banto goes on by itself",
        Fault::Gone => "; look at the file, its folder and its rights",
        Fault::InDoubt => "; it may have happened: repeat the same call, that is harmless",
        Fault::Damaged => "; the file is damaged: restore a backup or run `sqlite3 FILE .recover`",
        Fault::Moved | Fault::Newer | Fault::Config | Fault::Refused(_) => "",
    };
    StoreError::new(kind, format!("{doing}: {}{next}", visible(&error.to_string(), 300)))
}

/// For `map_err`.
pub(crate) fn while_doing(doing: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |error| fault(doing, &error)
}

fn kind(error: &rusqlite::Error) -> Fault {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Fault::Busy,
        Some(ErrorCode::DiskFull) => Fault::Full,
        Some(ErrorCode::SystemIoFailure) => Fault::InDoubt,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::TypeMismatch) => Fault::Damaged,
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => Fault::Gone,
        Some(ErrorCode::SchemaChanged | ErrorCode::ConstraintViolation | ErrorCode::TooBig) => Fault::Damaged,
        _ => match error {
            rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::QueryReturnedNoRows => Fault::Damaged,
            _ => Fault::Gone,
        },
    }
}
