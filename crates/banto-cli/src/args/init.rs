//! `init`, as typed.

use clap::Args;

use super::Shared;

/// Write a first `banto.toml`, with a comment on everything.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "EXAMPLES:\n  init                 writes banto.toml, if there is none\n  init --out -         prints it"
)]
pub struct Init {
    /// What every command takes.
    #[command(flatten)]
    pub shared: Shared,
    /// The file to write, or - for the standard output; one that is there is never touched
    #[arg(long, value_name = "FILE", default_value = "banto.toml")]
    pub out: String,
}
