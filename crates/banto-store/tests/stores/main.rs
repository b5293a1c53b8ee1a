//! The stores of this crate before the suite, the suite before stores that break it, and the fault store's own words.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "all of it is test code")]

mod broken;
mod faulty;
mod list;
mod memory;
mod place;
