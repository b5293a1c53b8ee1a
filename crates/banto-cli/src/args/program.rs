//! `program …`, as typed.

use clap::{Args, Subcommand};

use super::{Shared, up::Reach};

/// `program …`
#[derive(Debug, Clone, Args)]
#[command(after_help = crate::exit::help())]
pub struct Program {
    /// What every command takes.
    #[command(flatten)]
    pub shared: Shared,
    /// Where it can be reached.
    #[command(flatten)]
    pub reach: Reach,
    /// What to do.
    #[command(subcommand)]
    pub verb: ProgramVerb,
}

/// What can be done with the programs of a running `up`.
#[derive(Debug, Clone, Subcommand)]
pub enum ProgramVerb {
    /// List programs: how each stands, since when, and how it ended last.
    #[command(after_help = "EXAMPLE:\n  program list")]
    List,
    /// Stop a program with its grace and start it anew.
    #[command(after_help = "EXAMPLE:\n  program restart web")]
    Restart(OneProgram),
    /// Stop a program with its grace; it stays down until it is started.
    #[command(after_help = "EXAMPLE:\n  program stop web")]
    Stop(OneProgram),
    /// Start a program that is down, or waits to be started anew.
    #[command(after_help = "EXAMPLE:\n  program start web")]
    Start(OneProgram),
    /// Tell a program to read its own settings again, by its signal for that (HUP unless `reload_signal` says).
    #[command(after_help = "EXAMPLE:\n  program reload web")]
    Reload(OneProgram),
    /// Show what a program has printed lately.
    #[command(after_help = "EXAMPLES:\n  program logs web\n  program logs web --follow")]
    Logs(Logs),
}

/// One program.
#[derive(Debug, Clone, Args)]
pub struct OneProgram {
    /// The program, as `program list` prints it
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// `program logs`
#[derive(Debug, Clone, Args)]
pub struct Logs {
    /// The program, as `program list` prints it
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Go on with what it prints from now on, until INT
    #[arg(long, short)]
    pub follow: bool,
}
