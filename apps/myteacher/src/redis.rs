//! A look at a Redis server: asked, judged, and kept, so that the next look can tell what has changed.
//!
//! The system we took over compared with a constant, read a nested answer as a flat one, took 0 for what it could not find, and
//! so never warned. Here what the server does not tell is a warning of its own, counters are judged by what was added since
//! the look before, and a server that does not answer is critical.
//!
//! # Layout
//! - [`address`]: where the server is; its password is never shown.
//! - `ask`: the one file that speaks with the server, within a deadline.
//! - [`info`]: what `INFO` says, in every shape; [`mod@look`]: all that one look saw.
//! - [`judge`]: the limits, and what is over them; `judge/since` counts from the look before.
//! - [`kept`]: the rows of `redis_metrics`.

pub mod address;
mod ask;
pub mod info;
pub mod judge;
pub mod kept;
pub mod look;

use std::time::Duration;

use address::Address;
use look::{Look, Unreached};

/// Looks at a server, for no longer than `patience`.
pub async fn look(address: &Address, patience: Duration) -> Result<Look, Unreached> {
    ask::within(patience, address).await
}
