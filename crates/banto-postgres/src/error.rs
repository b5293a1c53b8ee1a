//! PostgreSQL's codes as the house's kinds of failure.
//!
//! For every file of this crate: [`fault`] is the one place where a code gets its meaning. What is not known here is taken for
//! the worst that can be true of it: after something was sent that writes, "in doubt".

use banto_core::text::visible;
use banto_store::{Fault, StoreError};
use tokio_postgres::error::SqlState;

use crate::{session, settle};

/// What a call gives.
pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// What a verb gives inside: the server's own error, or ours.
pub(crate) type Worked<T> = std::result::Result<T, Failed>;

/// Why a verb did not come to its end.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The server or the connection said no.
    Server(tokio_postgres::Error),
    /// We did.
    Store(StoreError),
}

impl From<tokio_postgres::Error> for Failed {
    fn from(error: tokio_postgres::Error) -> Failed {
        Failed::Server(error)
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Failed {
        Failed::Store(error)
    }
}

impl Failed {
    /// Whether the server undid the whole only because two calls were in each other's way, so that it may be done again at once.
    pub fn collided(&self) -> bool {
        let Failed::Server(error) = self else { return false };
        error.code().is_some_and(|code| {
            *code == SqlState::T_R_DEADLOCK_DETECTED || *code == SqlState::T_R_SERIALIZATION_FAILURE
        })
    }
}

/// What was being done when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    /// A connection was made: nothing happened.
    Connecting,
    /// Only asked: nothing happened.
    Asking,
    /// Something that may have been written.
    Writing,
    /// As that, and others may have to hear of it.
    Telling,
}

/// The error as the store's own; `what` is what could not be done: "claim jobs".
pub(crate) fn fault(what: &str, doing: Doing, failed: Failed) -> StoreError {
    let error = match failed {
        Failed::Store(error) => return error,
        Failed::Server(error) => error,
    };
    if let Some(said) = error.as_db_error().filter(|said| said.code().code() == settle::MOVED) {
        return settle::moved(what, said);
    }
    let kind = kind(doing, &error);
    let next = match &kind {
        Fault::Busy => "; somebody holds a lock, or the statement took too long: try again",
        Fault::Full => "; the server is out of room: free some, banto goes on by itself",
        Fault::Gone if error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION) => {
            "; the server takes no writes now (a standby, or default_transaction_read_only): name the primary, or wait for it"
        }
        Fault::Config if handed_on(&error) => {
            return StoreError::new(
                Fault::Config,
                format!(
                    "{what}: {}; a pooler hands its connections on after each transaction: {}",
                    words(&error),
                    session::CURE
                ),
            );
        }
        Fault::Gone if pooler_says(&error, "query_wait_timeout") => {
            "; the pooler in the way has no connection to give: let it have 7 for each process (PgBouncer: default_pool_size)"
        }
        Fault::Config if pooler_says(&error, PARAMETER) => {
            "; a pooler in the way does not take the settings of a session: let it pass them over (PgBouncer: \
             ignore_startup_parameters = options, pool_mode = session), or connect to the server itself"
        }
        Fault::Gone => "; look at the server and the address, banto goes on by itself",
        Fault::InDoubt => "; it may have happened: repeat the same call, that is harmless",
        Fault::Damaged => "; was the schema changed, dropped or damaged? restore a backup",
        Fault::Config => "; look at the address and at the rights of its role",
        Fault::Newer | Fault::Moved | Fault::Refused(_) => "",
    };
    StoreError::new(kind, format!("{what}: {}{next}", words(&error)))
}

/// What the server or the connection said. Never a value of ours: details and statements are left out.
pub(crate) fn words(error: &tokio_postgres::Error) -> String {
    let said = match error.as_db_error() {
        Some(said) => format!("{} ({})", said.message(), said.code().code()),
        None => {
            let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
            format!("{error}{cause}")
        }
    };
    visible(&said, 300)
}

fn kind(doing: Doing, error: &tokio_postgres::Error) -> Fault {
    let Some(code) = error.code() else { return if unmeant(error) { Fault::Config } else { lost(doing) } };
    let class = code.code().get(..2).unwrap_or_default();
    match code.code() {
        // Cancelled: by a timeout, a lock's timeout, a deadlock, a conflict. It was undone.
        "57014" | "55P03" | "40001" | "40P01" | "55006" => Fault::Busy,
        "53100" | "53200" | "53400" | "54000" => Fault::Full,
        // Too many connections, starting up, shutting down, idle too long, read-only.
        "53300" | "57P03" | "57P05" | "25006" | "25P03" => Fault::Gone,
        // Whoever answered does not take what a session of ours is set to: a pooler.
        "08P01" if doing == Doing::Connecting && pooler_says(error, PARAMETER) => Fault::Config,
        "08P01" if pooler_says(error, "query_wait_timeout") => Fault::Gone,
        _ if handed_on(error) => Fault::Config,
        "57P01" | "57P02" | "58030" | "40003" => lost(doing),
        "57P04" | "3D000" | "42501" | "42704" | "0A000" => Fault::Config,
        "XX001" | "XX002" => Fault::Damaged,
        _ => match class {
            "08" => lost(doing),
            "28" => Fault::Config,
            "22" | "23" | "3F" | "42" => Fault::Damaged,
            "53" => Fault::Full,
            _ if doing == Doing::Connecting => Fault::Gone,
            "XX" | "P0" => Fault::Damaged,
            _ => lost(doing),
        },
    }
}

/// Whether what was prepared is gone, or there already: the session is another than it was. Nothing was done.
fn handed_on(error: &tokio_postgres::Error) -> bool {
    matches!(code(error), "26000" | "42P05")
}

/// What a pooler refuses that takes no settings of a session.
const PARAMETER: &str = "startup parameter";

/// Whether a pooler says that: it has one code for everything.
fn pooler_says(error: &tokio_postgres::Error, words: &str) -> bool {
    code(error) == "08P01" && error.as_db_error().is_some_and(|said| said.message().contains(words))
}

fn code(error: &tokio_postgres::Error) -> &str {
    error.code().map(SqlState::code).unwrap_or_default()
}

/// Whether no connection can come of what the address says: no password where one is wanted. The driver tells its own kinds
/// apart by their words only.
fn unmeant(error: &tokio_postgres::Error) -> bool {
    let said = error.to_string();
    said.starts_with("invalid configuration") || said.starts_with("authentication error")
}

/// The connection broke, or nobody knows.
pub(crate) fn lost(doing: Doing) -> Fault {
    match doing {
        Doing::Writing | Doing::Telling => Fault::InDoubt,
        Doing::Connecting | Doing::Asking => Fault::Gone,
    }
}
