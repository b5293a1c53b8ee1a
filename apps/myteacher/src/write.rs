//! Writers of comments. [`offline`] composes by itself; the others ask a provider.

pub mod offline;

mod words;
