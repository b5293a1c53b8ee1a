//! Chores: the commands that keep the application's data in order, each a schedule of `up` that can also be typed.
//!
//! Every chore is a file that reads from top to bottom: what it was asked for, what it does in which transactions, and its
//! [`Report`]. A chore asks nobody anything, says by its exit code how it went, and with `--dry-run` changes nothing. It works
//! by the given clock, so a month of them can be played in a test.
//!
//! # Layout
//! - `auth`: how logging in goes, read from the application's log. `redis`: a look at Redis.
//! - `tokens`: free tokens are given anew each month.

mod auth;
mod redis;
mod tokens;

use clap::Subcommand;

use crate::{args::At, error::Error, report::Report, table::Tables};

/// The chores, as they are typed: `tokens reset-free` or `tokens:reset-free`.
#[derive(Debug, Clone, Subcommand)]
pub enum Chore {
    /// How logging in goes.
    #[command(subcommand)]
    Auth(auth::Auth),
    /// The health of Redis.
    #[command(subcommand)]
    Redis(redis::Redis),
    /// Free tokens.
    #[command(subcommand)]
    Tokens(tokens::Tokens),
}

impl Chore {
    /// Where the tables are.
    pub fn at(&self) -> &At {
        match self {
            Chore::Auth(typed) => typed.at(),
            Chore::Redis(typed) => typed.at(),
            Chore::Tokens(typed) => typed.at(),
        }
    }

    /// Does it. What went wrong inside is in the report, as far as the rest could go on; an error means that it could not go
    /// on at all.
    pub async fn carry_out(&self, tables: &Tables) -> Result<Report, Error> {
        match self {
            Chore::Auth(typed) => typed.carry_out(tables).await,
            Chore::Redis(typed) => typed.carry_out(tables).await,
            Chore::Tokens(typed) => typed.carry_out(tables).await,
        }
    }
}
