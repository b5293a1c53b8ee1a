//! `subscription cleanup-expired`: a group whose subscription has ended is a free group again.
//!
//! Its plan and its larger size go, when it ended stays. One that was renewed has a later end and is left alone, one without
//! an end too. Twice does no harm.

use banto::text::count_of;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{BATCH, sweep};
use crate::{args::At, error::Error, report::Report, table::Tables};

/// How many members a free group has.
const MEMBERS_MAX: i64 = 6;
/// Subscribed, until `?1` at the latest.
const DUE: &str = "subscription_active = 1 AND subscription_ends_at <= ?1";

/// `subscription …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Subscription {
    /// Reset the groups whose subscription has ended.
    CleanupExpired(CleanupExpired),
}

/// `subscription cleanup-expired`.
#[derive(Debug, Clone, Args)]
pub struct CleanupExpired {
    /// Only count.
    #[arg(long)]
    dry_run: bool,
    /// Where.
    #[command(flatten)]
    at: At,
}

impl Subscription {
    pub(super) fn at(&self) -> &At {
        let Subscription::CleanupExpired(typed) = self;
        &typed.at
    }

    pub(super) async fn carry_out(&self, tables: &Tables) -> Result<Report, Error> {
        let Subscription::CleanupExpired(typed) = self;
        cleanup(typed, tables).await
    }
}

async fn cleanup(typed: &CleanupExpired, tables: &Tables) -> Result<Report, Error> {
    let sql = (
        format!("SELECT count(*) FROM groups WHERE {DUE}"),
        format!(
            "UPDATE groups SET subscription_active = 0, subscription_plan = NULL, max_members = {MEMBERS_MAX}
             WHERE id IN (SELECT id FROM groups WHERE {DUE} LIMIT {BATCH})"
        ),
    );
    let (due, reset) = sweep(tables, typed.dry_run, sql, [tables.now()]).await?;
    let said = match typed.dry_run {
        true => format!("{} would be free again, for the subscription has ended", count_of(due, "group", "groups")),
        false => format!("{} free again, for the subscription has ended", count_of(reset, "group is", "groups are")),
    };
    Ok(Report::well([said], json!({ "due": due, "reset": reset, "dry_run": typed.dry_run })))
}
