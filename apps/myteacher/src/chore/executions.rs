//! `executions clean`: what scheduled tasks did is remembered for six months.
//!
//! Months as the calendar of Asia/Tokyo counts them. When a task was executed is all that counts, not how it ended; but the last
//! success of each stays, however old: the next one removes what it left open.

use banto::text::count_of;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{BATCH, sweep};
use crate::{args::At, error::Error, report::Report, table::Tables, tokyo};

/// What is forgotten.
const OLD: &str = "scheduled_task_executions e WHERE executed_at < ?1 AND (status <> 'success' OR EXISTS (SELECT 1
                   FROM scheduled_task_executions later WHERE later.scheduled_task_id = e.scheduled_task_id
                   AND later.status = 'success' AND (later.executed_at, later.id) > (e.executed_at, e.id)))";

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
        format!("SELECT count(*) FROM {OLD}"),
        format!("DELETE FROM scheduled_task_executions WHERE id IN (SELECT id FROM {OLD} LIMIT {BATCH})"),
    );
    let (due, deleted) = sweep(tables, typed.dry_run, sql, [before]).await?;
    let said = match typed.dry_run {
        true => format!("{} would be forgotten", count_of(due, "execution", "executions")),
        false => format!("{} forgotten", count_of(deleted, "execution was", "executions were")),
    };
    let object = json!({ "months": typed.months, "due": due, "deleted": deleted, "dry_run": typed.dry_run });
    Ok(Report::well([said], object))
}
