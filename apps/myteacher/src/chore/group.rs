//! `group reset-monthly-task-count`: what a group has made this month is counted from nought again, once a month.
//!
//! The month is that of Asia/Tokyo. A counter remembers which month it counts, so a second run takes nothing away, and whoever
//! counts in a new month before the run came (it sets count and month in one step) is left alone.

use banto::text::count_of;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{BATCH, sweep};
use crate::{args::At, error::Error, report::Report, table::Tables, tokyo::Month};

/// Counts another month than `?1`.
const DUE: &str = "task_count_month IS NOT ?1";

/// `group …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Group {
    /// Count each group's tasks of the month from nought again, once a month.
    ResetMonthlyTaskCount(ResetCount),
}

/// `group reset-monthly-task-count`.
#[derive(Debug, Clone, Args)]
pub struct ResetCount {
    /// Only count.
    #[arg(long)]
    dry_run: bool,
    /// Where.
    #[command(flatten)]
    at: At,
}

impl Group {
    pub(super) fn at(&self) -> &At {
        let Group::ResetMonthlyTaskCount(typed) = self;
        &typed.at
    }

    pub(super) async fn carry_out(&self, tables: &Tables) -> Result<Report, Error> {
        let Group::ResetMonthlyTaskCount(typed) = self;
        reset(typed, tables).await
    }
}

async fn reset(typed: &ResetCount, tables: &Tables) -> Result<Report, Error> {
    let month = Month::of(tables.now())?.to_string();
    let sql = (
        format!("SELECT count(*) FROM groups WHERE {DUE}"),
        format!(
            "UPDATE groups SET monthly_task_count = 0, task_count_month = ?1
             WHERE id IN (SELECT id FROM groups WHERE {DUE} ORDER BY id LIMIT {BATCH})"
        ),
    );
    let (due, changed) = sweep(tables, typed.dry_run, sql, [month.clone()]).await?;
    let said = match typed.dry_run {
        true => format!("{} would count from nought for {month}", count_of(due, "group", "groups")),
        false => format!("{} from nought for {month}", count_of(changed, "group counts", "groups count")),
    };
    let object = json!({ "month": month, "due": due, "reset": changed, "dry_run": typed.dry_run });
    Ok(Report::well([said], object))
}
