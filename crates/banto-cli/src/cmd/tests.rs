//! Commands as they are typed, over the store in memory with a given clock: what is said, what is changed, how it ends.

mod breaking;
mod choosing;
mod exporting;
mod failing;
mod house;
mod meddling;
mod orders;
mod pausing;
mod previews;
mod questions;
mod reasons;
mod schedules;
mod shapes;
mod ticks;
mod watching;
mod working;
