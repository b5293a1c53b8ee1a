//! `up` and `reload`, as typed.

use std::path::PathBuf;

use clap::Args;

use super::{
    Shared,
    schedule::{HowToRun, Source},
    work::LogTo,
};

/// Where a running `up` or `schedule work` can be reached by other commands.
#[derive(Debug, Clone, Default, Args)]
pub struct Reach {
    /// The folder where running processes are reached [default: beside the store's file; of a
    /// server, in this user's own state]
    #[arg(long, env = "BANTO_RUN", hide_env_values = true, value_name = "FOLDER")]
    pub run_dir: Option<PathBuf>,
}

/// Where a running process says how it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Health {
    /// Answer over HTTP how this process is, at 127.0.0.1:8081 or another address (a port alone is on this machine only), or
    /// do not (off) [default: off, unless banto.toml says]
    #[arg(long, env = "BANTO_HEALTH", hide_env_values = true, value_name = "ADDR", allow_negative_numbers = true)]
    pub health: Option<String>,
}

/// `up`
#[derive(Debug, Clone, Args)]
#[command(after_help = UP)]
pub struct Up {
    /// What every command takes.
    #[command(flatten)]
    pub shared: Shared,
    /// Where schedules and programs are written down.
    #[command(flatten)]
    pub source: Source,
    /// Only these parts, parted by commas: schedules, programs, workers
    #[arg(long, value_name = "PART,…", value_delimiter = ',')]
    pub only: Vec<String>,
    /// How to run what is fired.
    #[command(flatten)]
    pub how: HowToRun,
    /// Where it can be reached.
    #[command(flatten)]
    pub reach: Reach,
    /// Where it says how it is.
    #[command(flatten)]
    pub health: Health,
    /// Where its lines are kept.
    #[command(flatten)]
    pub log: LogTo,
}

const UP: &str = "It is made to be a container's entry point: it starts what banto.toml says, starts anew what ends, takes care of orphans,
and writes one log, on the standard output and, with --log-dir or [log], in files too. TERM or INT stops all in order (the scheduler, then runs, then programs); a second one stops at once.
HUP, or `reload`, takes up a changed banto.toml, valid or not at all. The end of one part never stops another.
With --health, /health says whether this process does its work, /health/scheduler and /health/queue what an alarm should ask.

EXAMPLES:
  up
  up --config /etc/banto.toml --only schedules,workers
  up --health 127.0.0.1:8081

EXIT CODES: 0 it was told to stop; 7 the store cannot be read; 10 it did not start; 11 a run did not stop; 13 it was told twice.";

/// `reload`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Each of them says what has changed. Exits 1 when one did not take its file, and 16 when none runs.\n\nEXAMPLE:\n  reload --store sqlite:///var/lib/app/jobs.db"
)]
pub struct Reload {
    /// What every command takes.
    #[command(flatten)]
    pub shared: Shared,
    /// Where it can be reached.
    #[command(flatten)]
    pub reach: Reach,
}
