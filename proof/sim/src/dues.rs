//! Whole histories of schedules: the real scheduler, two or three of them, each with a clock of its own, and everything that
//! goes wrong with them, their clocks, their builds and their store.
//!
//! Every due instant is found a second time, by an arithmetic that shares nothing with banto's own; what must come out of the
//! two is that each is accounted for once.
//!
//! # Layout
//! - [`timetable`]: the schedules of three builds, and when they are due. [`plan`]: what shall happen, drawn from a seed.
//! - [`mod@play`]: lets it happen. [`seat`]: schedulers that are started, killed, frozen and stopped.
//! - [`eyes`]: see every call that passes, and lend the caller's clock to a store that has none. [`ledger`]: what must hold.

pub mod eyes;
pub mod ledger;
pub mod plan;
pub mod play;
pub mod seat;
pub mod timetable;

pub use plan::Plan;
pub use play::play;
