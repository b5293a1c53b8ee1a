//! The stores of this crate before the suite, the suite before stores that break it, and the fault store's own words.

mod broken;
mod faulty;
mod list;
mod memory;
mod place;
