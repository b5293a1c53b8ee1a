//! Painters. [`offline`] draws by itself; the others ask a provider.
//!
//! # Layout of the offline painter
//! [`offline`] takes an order; `figure` knows the layers of a picture; each part has its file (`room`, `hair`, `face`,
//! `eyes`, `mood`, `body`, `clothing`, `arms`, `accessory`); `bones` and `palette` turn a look into proportions and
//! colours; `canvas`, `shape` and `ink` are the tools.

pub mod offline;

mod accessory;
mod arms;
mod body;
mod bones;
mod canvas;
mod clothing;
mod eyes;
mod face;
mod figure;
mod hair;
mod ink;
mod mood;
mod palette;
#[cfg(test)]
mod place_tests;
mod room;
mod shape;
#[cfg(test)]
mod tests;

pub use canvas::SIDE_PX;
