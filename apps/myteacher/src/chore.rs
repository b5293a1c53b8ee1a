//! Chores: the commands that keep the application's data in order, each a schedule of `up` that can also be typed.
//!
//! Every chore is a file that reads from top to bottom: what it was asked for, what it does in which transactions, and its
//! [`Report`]. It says by its exit code how it went, and with `--dry-run` changes nothing. It works by the given clock, so a
//! month of them can be played in a test. Where nobody sits at a terminal it asks nothing: what deletes for good what the law
//! or a person may miss wants `--yes` then ([`crate::sure`]).
//!
//! # Layout
//! - scheduled group tasks, as [`crate::batch`] does them: `batch`, `scheduled_tasks`, `holidays`
//! - by the month: `tokens`, `group`, `reports`
//! - what has had its time: `notifications`, `payment`, `executions`, `cache`, `subscription`
//! - people: `users`, `legal`

mod batch;
mod cache;
mod executions;
mod group;
mod holidays;
mod legal;
mod notifications;
mod payment;
mod reports;
mod scheduled_tasks;
mod subscription;
mod tokens;
mod users;

use banto::sqlite::rusqlite::{self, Connection, Params};
use clap::Subcommand;

use crate::{args::At, error::Error, report::Report, table::Tables};

/// Rows that are changed in one transaction: nobody else writes meanwhile.
const BATCH: usize = 1_000;

/// The chores, as they are typed: `tokens reset-free` or `tokens:reset-free`.
#[derive(Debug, Clone, Subcommand)]
pub enum Chore {
    /// What is kept to be answered faster.
    #[command(subcommand)]
    Cache(cache::Cache),
    /// The history of scheduled tasks.
    #[command(subcommand)]
    Executions(executions::Executions),
    /// Counters of groups.
    #[command(subcommand)]
    Group(group::Group),
    /// What the law asks for.
    #[command(subcommand)]
    Legal(legal::Legal),
    /// Notifications.
    #[command(subcommand)]
    Notifications(notifications::Notifications),
    /// Payments.
    #[command(subcommand, alias = "payments")]
    Payment(payment::Payment),
    /// Reports to groups.
    #[command(subcommand)]
    Reports(reports::Reports),
    /// Subscriptions.
    #[command(subcommand)]
    Subscription(subscription::Subscription),
    /// Scheduled group tasks, as they come due.
    #[command(subcommand)]
    Batch(batch::Batch),
    /// Days off.
    #[command(subcommand)]
    Holidays(holidays::Holidays),
    /// Scheduled group tasks, one by one.
    #[command(subcommand)]
    ScheduledTasks(scheduled_tasks::ScheduledTasks),
    /// Free tokens.
    #[command(subcommand)]
    Tokens(tokens::Tokens),
    /// Users.
    #[command(subcommand)]
    Users(users::Users),
}

impl Chore {
    /// Where the tables are.
    pub fn at(&self) -> &At {
        match self {
            Chore::Cache(typed) => typed.at(),
            Chore::Executions(typed) => typed.at(),
            Chore::Group(typed) => typed.at(),
            Chore::Legal(typed) => typed.at(),
            Chore::Notifications(typed) => typed.at(),
            Chore::Payment(typed) => typed.at(),
            Chore::Reports(typed) => typed.at(),
            Chore::Subscription(typed) => typed.at(),
            Chore::Batch(typed) => typed.at(),
            Chore::Holidays(typed) => typed.at(),
            Chore::ScheduledTasks(typed) => typed.at(),
            Chore::Tokens(typed) => typed.at(),
            Chore::Users(typed) => typed.at(),
        }
    }

    /// Does it. What went wrong inside is in the report, as far as the rest could go on; an error means that it could not go
    /// on at all.
    pub async fn carry_out(&self, tables: &Tables) -> Result<Report, Error> {
        match self {
            Chore::Cache(typed) => typed.carry_out(tables).await,
            Chore::Executions(typed) => typed.carry_out(tables).await,
            Chore::Group(typed) => typed.carry_out(tables).await,
            Chore::Legal(typed) => typed.carry_out(tables).await,
            Chore::Notifications(typed) => typed.carry_out(tables).await,
            Chore::Payment(typed) => typed.carry_out(tables).await,
            Chore::Reports(typed) => typed.carry_out(tables).await,
            Chore::Subscription(typed) => typed.carry_out(tables).await,
            Chore::Batch(typed) => typed.carry_out(tables).await,
            Chore::Holidays(typed) => typed.carry_out(tables).await,
            Chore::ScheduledTasks(typed) => typed.carry_out(tables).await,
            Chore::Tokens(typed) => typed.carry_out(tables).await,
            Chore::Users(typed) => typed.carry_out(tables).await,
        }
    }
}

/// Counts what is due by `count`, and unless it is a dry run does `change` to it, which changes at most [`BATCH`] rows each
/// time. Answers how many were due, and how many it changed.
async fn sweep(
    tables: &Tables,
    dry_run: bool,
    (count, change): (String, String),
    values: impl Params + Clone + Send + 'static,
) -> Result<(i64, usize), Error> {
    let asked = values.clone();
    let due = tables.read(move |db| Ok(db.query_row(&count, asked, |row| row.get(0))?)).await?;
    let changed = match dry_run {
        true => 0,
        false => in_batches(tables, move |db| db.execute(&change, values.clone())).await?,
    };
    Ok((due, changed))
}

/// Does `some` until it changes nothing more, each time in a transaction of its own of at most [`BATCH`] rows. Answers how
/// many rows it changed in all.
async fn in_batches(
    tables: &Tables,
    some: impl Fn(&Connection) -> rusqlite::Result<usize> + Clone + Send + 'static,
) -> Result<usize, Error> {
    let mut all = 0;
    loop {
        let some = some.clone();
        let changed = tables.write(move |db| Ok(some(db)?)).await?;
        all += changed;
        if changed == 0 {
            return Ok(all);
        }
    }
}
