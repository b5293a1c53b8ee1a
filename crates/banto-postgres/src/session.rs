//! What a connection must be before it is used: a session of its own, set as ours are.
//!
//! A pooler may stand between. One that drops the settings with which a connection is made (PgBouncer, told to ignore `options`) gets
//! them once more, as statements, which hold where it keeps sessions. One that hands its connections on after each transaction
//! is refused: what is prepared or set there belongs to whoever comes next. Nothing is ever used on a guess: that
//! two connections are one session is seen, not supposed.

use banto_store::{Fault, StoreError};
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::{error::Result, options::Options};

/// A setting of our own that says that the others were taken too.
pub(crate) const MARK: &str = "banto.session";

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Session {
    /// The server's number of it.
    pub pid: i32,
    /// Whether the settings had been taken as the connection was made.
    pub kept: bool,
}

/// Sets what was dropped on the way. Only in a session of one's own: in another's it would be set for whoever comes next.
pub(crate) async fn set(client: &Client, options: &Options) -> std::result::Result<(), tokio_postgres::Error> {
    let set: Vec<String> = options.settings().iter().map(|(name, value)| format!("SET {name} = '{value}'")).collect();
    client.batch_execute(&set.join("; ")).await
}

/// Looks at a new connection. Asks in one message, for what is prepared may be gone already.
pub(crate) async fn look(client: &Client) -> std::result::Result<Session, tokio_postgres::Error> {
    let asks = format!("SELECT pg_backend_pid(), current_setting('{MARK}', true) = 'on'");
    let answer = client.simple_query(&asks).await?;
    let row = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let column = |at| row.and_then(|row| row.try_get(at).ok().flatten()).unwrap_or_default();
    Ok(Session { pid: column(0).parse().unwrap_or(0), kept: column(1) == "t" })
}

/// Refuses two connections that are one session of the server, both of which are open: then none of them is ours.
pub(crate) async fn apart(one: &Client, other: &Client) -> std::result::Result<Result<()>, tokio_postgres::Error> {
    let (before, beside, after) = (look(one).await?.pid, look(other).await?.pid, look(one).await?.pid);
    let refused = || {
        let what = "use this pooler: it hands its connections on after each transaction, and with them what was prepared and set";
        Err(StoreError::new(Fault::Config, format!("{what}; {CURE}")))
    };
    Ok(if before == after && beside != before { Ok(()) } else { refused() })
}

/// What to do about a pooler in transaction mode.
pub(crate) const CURE: &str =
    "connect to the server itself, or let the pooler keep sessions (PgBouncer: pool_mode = session)";
