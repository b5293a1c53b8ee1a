//! Redis's words as the house's kinds of failure.
//!
//! For every file of this crate: [`fault`] is the one place where an answer of the server, or the end of a connection,
//! gets its meaning. What is not known here is taken for the worst that can be true of it: after a write, "in doubt".

use banto_core::text::visible;
use banto_store::{Fault, StoreError};
use redis::{ErrorKind, RedisError, ServerErrorKind};

/// What a call gives.
pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// The error as the store's own. `doing` is what could not be done; `sent` says whether a write may have gone out.
pub(crate) fn fault(doing: &str, error: &RedisError, sent: bool) -> StoreError {
    let kind = kind(error, sent);
    let next = match &kind {
        Fault::Busy => "; try again in a moment",
        Fault::Full => "; the server's memory is full: raise maxmemory or free some, banto goes on by itself",
        Fault::Gone => "; look at the server and its address, banto goes on by itself",
        Fault::InDoubt => "; it may have happened: repeat the same call, that is harmless",
        Fault::Damaged => "; a key of the store holds what banto has not written",
        Fault::Config => "; look at the address of the store and at the rights of its user",
        Fault::Moved | Fault::Newer | Fault::Refused(_) => "",
    };
    StoreError::new(kind, format!("{doing}: {}{next}", visible(&said(error), 300)))
}

/// An answer that is not of the form that the script gives.
pub(crate) fn odd(doing: &str) -> StoreError {
    StoreError::new(Fault::Damaged, format!("{doing}: the server's answer has another form than its script gives"))
}

/// What the server said, which may have an error of a command inside that of its script.
pub(crate) fn said(error: &RedisError) -> String {
    let text = error.to_string();
    text.split(" script: ").next().unwrap_or_default().to_owned()
}

fn kind(error: &RedisError, sent: bool) -> Fault {
    match error.kind() {
        ErrorKind::Server(server) => of_server(server, error),
        ErrorKind::Extension => of_text(error),
        ErrorKind::Io | ErrorKind::Parse if sent && !error.is_connection_refusal() => Fault::InDoubt,
        ErrorKind::AuthenticationFailed | ErrorKind::InvalidClientConfig | ErrorKind::RESP3NotSupported => {
            Fault::Config
        }
        _ if sent => Fault::InDoubt,
        _ => Fault::Gone,
    }
}

fn of_server(server: ServerErrorKind, error: &RedisError) -> Fault {
    match server {
        ServerErrorKind::BusyLoading | ServerErrorKind::TryAgain => Fault::Busy,
        ServerErrorKind::Moved
        | ServerErrorKind::Ask
        | ServerErrorKind::ClusterDown
        | ServerErrorKind::MasterDown
        | ServerErrorKind::ReadOnly
        | ServerErrorKind::NoScript => Fault::Gone,
        ServerErrorKind::NoPerm => Fault::Config,
        _ => of_text(error),
    }
}

/// Codes that the client has no name for; before Redis 7 those of a script's commands stand inside its message.
fn of_text(error: &RedisError) -> Fault {
    let text = format!("{} {}", error.code().unwrap_or_default(), error.detail().unwrap_or_default());
    let says = |word: &str| text.contains(word);
    if says("OOM ") {
        Fault::Full
    } else if says("NOAUTH") || says("WRONGPASS") || says("NOPERM") {
        Fault::Config
    } else if says("BUSY") || says("LOADING") || says("TRYAGAIN") {
        Fault::Busy
    } else if says("NOREPLICAS") || says("MISCONF") || says("READONLY") || says("MASTERDOWN") || says("CLUSTERDOWN") {
        Fault::Gone
    } else {
        // WRONGTYPE and errors of the script itself: it may have written before it met what stopped it.
        Fault::Damaged
    }
}
