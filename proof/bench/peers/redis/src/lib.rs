//! The peers on Redis: the server that ours has too, with its append-only file flushed every second.

/// What says the versions.
pub const LOCK: &str = include_str!("../Cargo.lock");
