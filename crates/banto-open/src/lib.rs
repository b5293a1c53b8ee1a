//! An address picks the store: the one place of the house that knows the sorts of stores there are.
//!
//! For the library's face and the command set, which may not know each other and so stand on this. Everything else is given
//! a store that is open. It parses, then means: an [`Address`] is read once, and whoever wants to know where a store lives,
//! whether it is a file, or how it is told apart from others asks the address. No secret of an address is ever shown.
//!
//! # Layout
//! - [`address`]: what an address says, and what is refused. `sort`: the table of sorts.
//! - `found`: how a store is asked for, and what is found.

pub mod address;
mod found;
mod sort;

pub use address::Address;
pub use found::{Found, Wanted};
