//! `executions clean`: what scheduled tasks did is remembered for six months.
//!
//! Months as the calendar of Asia/Tokyo counts them. When a task was executed is all that counts, not how it ended.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{BATCH, sweep};
use crate::{args::At, error::Error, report::Report, table::Tables, tokyo};

/// The history of scheduled tasks.
const TABLE: &str = "scheduled_task_executions";

/// `executions …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Executions {
    /// Delete what scheduled tasks did so many months ago.
    Clean(Clean),
}

/// `executions clean`.
#[derive(Debug, Clone, Args)]
pub struct Clean {
    /// How many months are remembered.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(i32).range(1..=1_200))]
    months: i32,
    /// Only count.
    #[arg(long)]
    dry_run: bool,
    /// Where.
    #[command(flatten)]
    at: At,
}

impl Executions {
    pub(super) fn at(&self) -> &At {
        let Executions::Clean(typed) = self;
        &typed.at
    }

    pub(super) async fn carry_out(&self, tables: &Tables) -> Result<Report, Error> {
        let Executions::Clean(typed) = self;
        clean(typed, tables).await
    }
}

async fn clean(typed: &Clean, tables: &Tables) -> Result<Report, Error> {
    let before = tokyo::months_before(tables.now(), typed.months)?;
    let sql = (
        format!("SELECT count(*) FROM {TABLE} WHERE executed_at < ?1"),
        format!("DELETE FROM {TABLE} WHERE rowid IN (SELECT rowid FROM {TABLE} WHERE executed_at < ?1 LIMIT {BATCH})"),
    );
    let (due, deleted) = sweep(tables, typed.dry_run, sql, [before]).await?;
    let said = match typed.dry_run {
        true => format!("{due} executions would be forgotten"),
        false => format!("{deleted} executions were forgotten"),
    };
    let object = json!({ "months": typed.months, "due": due, "deleted": deleted, "dry_run": typed.dry_run });
    Ok(Report::well([said], object))
}
