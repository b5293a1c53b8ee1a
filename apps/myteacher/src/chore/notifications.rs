//! `notifications delete-expired`: what nobody can see any more is deleted, 30 days after it expired and 30 days after
//! somebody deleted it.
//!
//! Either is enough: what expired need not have been deleted by somebody first. Who had received it follows, in transactions
//! of their own, for one notification may have gone to everybody. What has no end and was not deleted stays.

use banto::text::count_of;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{BATCH, sweep};
use crate::{args::At, error::Error, report::Report, table::Tables, tokyo::DAY_MS};

/// Notifications `t` whose end was at `?1` or before.
const DUE: &str = "(t.expire_at <= ?1 OR t.deleted_at <= ?1)";

/// Notifications with each that received them.
const WITH_RECEIPTS: &str = "notification_templates t JOIN user_notifications r ON r.notification_template_id = t.id";

/// `notifications …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Notifications {
    /// Delete notifications that expired, or were deleted by somebody, so many days ago, and who had received them.
    DeleteExpired(DeleteExpired),
}

/// `notifications delete-expired`.
#[derive(Debug, Clone, Args)]
pub struct DeleteExpired {
    /// How many days after its end.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(i64).range(0..=36_500))]
    days: i64,
    /// Only count.
    #[arg(long)]
    dry_run: bool,
    /// Where.
    #[command(flatten)]
    at: At,
}

impl Notifications {
    pub(super) fn at(&self) -> &At {
        let Notifications::DeleteExpired(typed) = self;
        &typed.at
    }

    pub(super) async fn carry_out(&self, tables: &Tables) -> Result<Report, Error> {
        let Notifications::DeleteExpired(typed) = self;
        delete_expired(typed, tables).await
    }
}

async fn delete_expired(typed: &DeleteExpired, tables: &Tables) -> Result<Report, Error> {
    let until = tables.now() - typed.days * DAY_MS;
    let sql = (
        format!("SELECT count(*) FROM {WITH_RECEIPTS} WHERE {DUE}"),
        format!(
            "DELETE FROM user_notifications WHERE id IN (SELECT r.id FROM {WITH_RECEIPTS} WHERE {DUE} LIMIT {BATCH})"
        ),
    );
    let (received, received_gone) = sweep(tables, typed.dry_run, sql, [until]).await?;
    let sql = (
        format!("SELECT count(*) FROM notification_templates t WHERE {DUE}"),
        format!(
            "DELETE FROM notification_templates WHERE id IN (SELECT t.id FROM notification_templates t WHERE {DUE}
             AND NOT EXISTS (SELECT 1 FROM user_notifications r WHERE r.notification_template_id = t.id) LIMIT {BATCH})"
        ),
    );
    let (due, gone) = sweep(tables, typed.dry_run, sql, [until]).await?;
    let said = match typed.dry_run {
        true => {
            let (due, received) =
                (count_of(due, "notification", "notifications"), count_of(received, "receipt", "receipts"));
            format!("{due} would be deleted, and {received}")
        }
        false => {
            let gone = count_of(gone, "notification was", "notifications were");
            format!("{gone} deleted, and {}", count_of(received_gone, "receipt", "receipts"))
        }
    };
    let object = json!({ "days": typed.days, "due": due, "deleted": gone, "receipts_due": received,
                         "receipts_deleted": received_gone, "dry_run": typed.dry_run });
    Ok(Report::well([said], object))
}
