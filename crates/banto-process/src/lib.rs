//! Runs a program safely, and tells the truth about its end.
//!
//! For schedules and for the supervisor. A [`Spec`] says what to run and under which limits; a [`Runner`] starts it in a
//! process group of its own; the [`Run`] is a future that ends with the program's [`Ended`], and that kills the group
//! when it is dropped. It never builds a shell string, never hands on the whole environment, never waits for ever for
//! what a program leaves behind, and never calls an exit code a success that is not named as one.
//!
//! # Layout
//! - what to run: [`spec`], [`env`](mod@env), `find` (PATH), `user`, `plan` (all faults at once)
//! - the start: `spawn` (one permanent thread), `child` (between fork and exec; all that is unsafe), `memory` (limits)
//! - the run: [`run`], [`output`], `line`, `tail`, [`file`](mod@file) (rotation), `watch` (the line), `stop`, `leak`,
//!   `group`, [`signal`]
//! - the end: [`ended`], `guard` (if we are killed), [`reap`] (the duties of PID 1)
//!
//! ```
//! use banto_process::{Clocks, Runner, Sink, Spec};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), banto_process::Faults> {
//! // Time is given: an application passes the clocks of its store.
//! let runner = Runner::new(Clocks::new(|| 1_700_000_000_000, || 0));
//! let spec = Spec::argv(["sh", "-c", "echo \"$0\"; exit 12", "; touch pwned"]);
//! let ended = runner.start(&spec, Sink::none()).await?.await;
//! assert!(!ended.is_success(&spec));
//! assert_eq!(ended.tail, "; touch pwned\n");
//! assert!(ended.words().starts_with("sh ended with exit code 12"));
//! # Ok(()) }
//! ```

pub mod clocks;
pub mod ended;
pub mod env;
pub mod file;
pub mod output;
pub mod reap;
pub mod run;
pub mod signal;
pub mod spec;

mod child;
mod find;
mod group;
mod guard;
mod leak;
mod line;
mod memory;
mod plan;
mod spawn;
mod stop;
mod tail;
mod user;
mod watch;

pub use clocks::Clocks;
pub use ended::{Ended, Exit, Oom};
pub use env::Env;
pub use file::{Keep, Log, OutputFile, Tidy};
pub use memory::Held;
pub use output::{Count, Line, Said, Sink, Stream};
pub use plan::Faults;
pub use run::{Control, Run, Runner};
pub use signal::Signal;
pub use spec::{Command, Left, Spec};
pub use stop::Stopped;
