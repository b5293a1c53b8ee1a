//! `store …`: what is typed about a store as a whole.

use clap::{Args, Subcommand};

use super::{Shared, Sure};

/// `store …`
#[derive(Debug, Clone, Args)]
#[command(after_help = crate::exit::help())]
pub struct Store {
    /// What every command takes.
    #[command(flatten)]
    pub shared: Shared,
    /// What to do.
    #[command(subcommand)]
    pub verb: StoreVerb,
}

/// What can be done with a store as a whole.
#[derive(Debug, Clone, Subcommand)]
pub enum StoreVerb {
    /// Move all that a store holds into another one, which must be empty. Counts first, and asks; without a terminal it wants
    /// --yes. Stopped or killed anywhere, the same command goes on.
    #[command(
        after_help = "What it does: the source gives no work from now on, but takes jobs; when nothing runs there any more, everything is\ncopied; then the source closes, what came meanwhile is copied too, the counts are compared, and the destination opens.\nNo job runs twice. The source keeps what it had.\n\nEXAMPLES:\n  store copy sqlite:///var/lib/app/jobs.db postgres://app@db/app --dry-run\n  store copy sqlite:///var/lib/app/jobs.db postgres://app@db/app --yes\n  store copy sqlite:///var/lib/app/jobs.db postgres://app@db/app --undo --yes   before it is done"
    )]
    Copy(Copy),
    /// Show what a store is, what its Ok is worth, what it holds, and whether it moves.
    Show,
}

/// `store copy`
#[derive(Debug, Clone, Args)]
pub struct Copy {
    /// The address of the store to move from, or @FILE, where the file holds it: everybody can read what is typed, so an address
    /// with a password belongs there
    #[arg(value_name = "FROM")]
    pub from: String,
    /// The address of the store to move to, or @FILE
    #[arg(value_name = "TO")]
    pub to: String,
    /// Leave jobs behind that have ended (their keys and the ledger of schedules come along)
    #[arg(long, conflicts_with = "undo")]
    pub without_history: bool,
    /// Give a move up that is not done: the destination is emptied, and the source goes on as if nothing had been
    #[arg(long, conflicts_with = "dry_run")]
    pub undo: bool,
    /// Whether it is meant.
    #[command(flatten)]
    pub sure: Sure,
}
