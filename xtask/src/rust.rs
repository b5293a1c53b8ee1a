//! What xtask reads from a Rust source: its tokens and its shape.
//!
//! For the rules of `tidy`. Not a compiler: it knows comments, strings, names and braces, which is all that
//! sizes, words and promises ask for, and it reads half-written files without complaint.

mod lex;
mod shape;

pub use lex::{Kind, Token, lex};
pub use shape::{functions, test_lines};
