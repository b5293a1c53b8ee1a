//! `health`, as typed.

use std::path::PathBuf;

use clap::Args;

use super::Shared;

/// `health`
#[derive(Debug, Clone, Args)]
#[command(after_help = HEALTH)]
pub struct AskHealth {
    /// What every command takes.
    #[command(flatten)]
    pub shared: Shared,
    /// What to ask about: process, scheduler or queue
    #[arg(value_name = "WHAT", default_value = "process")]
    pub what: String,
    /// Where it answers, as --health has it (127.0.0.1:8081, or a port alone on this machine) [default: health.listen in
    /// banto.toml]
    #[arg(long, env = "BANTO_HEALTH", hide_env_values = true, value_name = "ADDR", allow_negative_numbers = true)]
    pub at: Option<String>,
    /// The file that says where it answers [default: ./banto.toml, if it is there]
    #[arg(long, env = "BANTO_CONFIG", hide_env_values = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

const HEALTH: &str = "It asks a process that was started with --health, as curl would, and needs neither curl nor a store: for the health check
of a container, and for people.

EXAMPLES:
  health
  health scheduler --at 8081

EXIT CODES: 0 it is well; 1 it is not, and the answer says why; 16 nobody answers there.";
