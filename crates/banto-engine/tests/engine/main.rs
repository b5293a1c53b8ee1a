//! The engine over the reference store, in given time: tokio's clock is paused and the store's follows it, so minutes
//! pass in milliseconds and nothing sleeps for real. One file a theme; `house.rs` holds what all of them stand on.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what the tests stand on is test code too"
)]

mod clockwork;
mod histories;
mod house;

mod builds;
mod cancel;
mod client;
mod ends;
mod explain;
mod finish;
mod leases;
mod panics;
mod preflight;
mod pulses;
mod queues;
mod rescue;
mod runs;
mod schedules;
mod stop;
mod threads;
mod timeouts;
