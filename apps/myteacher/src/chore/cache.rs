//! `cache clear`: what is kept to be answered faster is forgotten: whatever has expired, and everything of one tag.
//!
//! Holidays are not among it: they are rows that are looked up, so there is nothing to warm up.

use banto::text::count_of;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{BATCH, sweep};
use crate::{args::At, error::Error, report::Report, table::Tables};

/// Expired at `?1`, or of tag `?2`.
const DUE: &str = "expires_at <= ?1 OR tag = ?2";

/// `cache …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Cache {
    /// Forget what has expired, and everything of one tag.
    Clear(Clear),
}

/// `cache clear`.
#[derive(Debug, Clone, Args)]
pub struct Clear {
    /// The tag.
    #[arg(long, default_value = "dashboard")]
    tag: String,
    /// Only count.
    #[arg(long)]
    dry_run: bool,
    /// Where.
    #[command(flatten)]
    at: At,
}

impl Cache {
    pub(super) fn at(&self) -> &At {
        let Cache::Clear(typed) = self;
        &typed.at
    }

    pub(super) async fn carry_out(&self, tables: &Tables) -> Result<Report, Error> {
        let Cache::Clear(typed) = self;
        clear(typed, tables).await
    }
}

async fn clear(typed: &Clear, tables: &Tables) -> Result<Report, Error> {
    let sql = (
        format!("SELECT count(*) FROM cache WHERE {DUE}"),
        format!("DELETE FROM cache WHERE key IN (SELECT key FROM cache WHERE {DUE} LIMIT {BATCH})"),
    );
    let (due, deleted) = sweep(tables, typed.dry_run, sql, (tables.now(), typed.tag.clone())).await?;
    let said = match typed.dry_run {
        true => format!("{} would be forgotten", count_of(due, "entry", "entries")),
        false => format!("{} forgotten", count_of(deleted, "entry was", "entries were")),
    };
    Ok(Report::well([said], json!({ "due": due, "deleted": deleted, "dry_run": typed.dry_run })))
}
