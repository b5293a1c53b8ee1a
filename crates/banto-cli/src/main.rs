//! The program `banto`: everything that needs no application code.
//!
//! For operators of any application on banto. It knows no kinds, so it runs no jobs; what can, embeds the same commands.

use std::process::ExitCode;

use banto_cli::{App, Commands};
use clap::Parser;

/// Durable background jobs: look at them, steer them, explain them.
#[derive(Parser)]
#[command(name = "banto", version, propagate_version = false)]
struct Typed {
    #[command(subcommand)]
    command: Commands,
}

fn main() -> ExitCode {
    match banto_cli::parse::<Typed>() {
        Ok(typed) => banto_cli::block_on(async { App::new("banto").run(typed.command).await }),
        Err(exit) => ExitCode::from(exit.code()),
    }
}
