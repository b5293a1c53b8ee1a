//! The command set of banto, for an application to embed, and the program `banto` for all that needs no application code.
//!
//! An application puts [`Commands`] beside its own, gives its kinds, and has `myteacher queue work`, `queue list`,
//! `deploy check` and all the others:
//!
//! ```no_run
//! use banto_cli::{App, Commands};
//! use banto_engine::Registry;
//! use clap::{Parser, Subcommand};
//!
//! #[derive(Parser)]
//! #[command(name = "myteacher", version)]
//! struct Typed {
//!     #[command(subcommand)]
//!     command: Verb,
//! }
//!
//! #[derive(Subcommand)]
//! enum Verb {
//!     /// Say hello.
//!     Hello,
//!     #[command(flatten)]
//!     Banto(Commands),
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     let typed = match banto_cli::parse::<Typed>() {
//!         Ok(typed) => typed,
//!         Err(exit) => return exit.code().into(),
//!     };
//!     banto_cli::block_on(async {
//!         match typed.command {
//!             Verb::Hello => {
//!                 println!("hello");
//!                 std::process::ExitCode::SUCCESS
//!             }
//!             Verb::Banto(command) => {
//!                 let registry = Registry::new(env!("CARGO_PKG_VERSION")); // and .add(...) each kind
//!                 App::new("myteacher").store("sqlite://jobs.db").registry(registry).run(command).await
//!             }
//!         }
//!     })
//! }
//! ```
//!
//! # Layout
//! - [`args`]: what was typed; `argv` spells the colon forms out; `mean` gives every flag its meaning
//! - [`mod@file`]: `banto.toml`, schedules and programs from a file
//! - [`App`]: whose program it is; `store`: which store a command means (banto-open knows what there are)
//! - `given`: what is written down to be done, in code and in a file; `reach`: how one process reaches another that runs;
//!   `health`: how it says how it is
//! - `cmd/<command>.rs`: one file a command; `cmd/schedule/`, `cmd/up/`: those of schedules, and what keeps all running; `cmd/steer.rs` is the way that all orders go
//! - `print` (the only writer to the terminal), `table`, `log` (the lines of a worker, a scheduler and programs), [`exit`] (the documented codes)

pub mod args;
pub mod exit;
pub mod file;

mod app;
mod argv;
mod cmd;
mod given;
mod health;
mod log;
mod mean;
mod print;
mod reach;
mod store;
mod table;

pub use app::{App, Opened, block_on};
pub use args::Commands;
pub use argv::{parse, parse_from};
pub use banto_open::{Address, Found, Wanted};
pub use banto_process::Keep;
pub use exit::Exit;
pub use file::File;
pub use log::{Logs, begin_beside as begin_log};
pub use store::address as store_address;
