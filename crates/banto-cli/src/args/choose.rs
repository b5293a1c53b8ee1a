//! Which jobs: filters, ids, and whether it is meant.

use clap::Args;

/// Narrows a listing or an order.
#[derive(Debug, Clone, Default, Args)]
pub struct Filter {
    /// Only jobs of this queue
    #[arg(long, value_name = "QUEUE")]
    pub queue: Option<String>,
    /// Only jobs of this kind
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// Only jobs with this tag
    #[arg(long, value_name = "TAG")]
    pub tag: Option<String>,
}

/// `queue list`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "EXAMPLES:\n  queue list --state ready,running --queue avatars\n  queue list --limit 100 --before 0199e7c4-8e3a-7c11-b0a3-5f0f6f0e9a11"
)]
pub struct List {
    /// Only jobs in these states, parted by commas: scheduled, ready, running, parked, done, dead, cancelled
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    pub state: Vec<String>,
    /// Which, and how many.
    #[command(flatten)]
    pub page: Failed,
}

/// `queue failed`: a listing whose states are given.
#[derive(Debug, Clone, Args)]
#[command(after_help = "EXAMPLES:\n  queue failed --queue avatars\n  queue failed --json --limit 1000")]
pub struct Failed {
    /// Which.
    #[command(flatten)]
    pub filter: Filter,
    /// Most jobs to list
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = super::whole::<usize>, default_value_t = 50)]
    pub limit: usize,
    /// Go on from this job: the last id of the page before
    #[arg(long, value_name = "ID")]
    pub before: Option<String>,
}

/// The jobs an order is for.
#[derive(Debug, Clone, Default, Args)]
pub struct Choose {
    /// The jobs' ids, as `queue list` prints them; `all` is --all
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// Every job that the command is for
    #[arg(long, conflicts_with = "ids")]
    pub all: bool,
    /// Which.
    #[command(flatten)]
    pub filter: Filter,
    /// Only jobs in these states, parted by commas
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    pub state: Vec<String>,
    /// Only count; change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The jobs that an order ends or deletes. Named by id they are taken as they are; else it counts first, and asks.
#[derive(Debug, Clone, Default, Args)]
pub struct ChooseSurely {
    /// Which.
    #[command(flatten)]
    pub choose: Choose,
    /// Do not ask
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,
}

/// The parked jobs an order is for.
#[derive(Debug, Clone, Default, Args)]
pub struct ChooseParked {
    /// The jobs' ids, as `queue list` prints them; `all` is --all
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// Every parked job
    #[arg(long, conflicts_with = "ids")]
    pub all: bool,
    /// Which.
    #[command(flatten)]
    pub filter: Filter,
    /// Only jobs parked for this cause: unknown_kind, newer_version, undecodable, missing, damaged
    #[arg(long, value_name = "CAUSE")]
    pub cause: Option<String>,
    /// Only count; change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Whether it is meant.
#[derive(Debug, Clone, Default, Args)]
pub struct Sure {
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Only count; change nothing
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
}
