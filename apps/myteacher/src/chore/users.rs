//! `users delete-inactive`: who left long ago is deleted for good, with pictures and all.
//!
//! A user who leaves is marked, and has so many days to come back. Whose avatar is being made is left to the next run. All of
//! it is written away first ([`crate::purge`]).

use banto::text::count_of;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    args::At,
    error::Error,
    purge::{Due, Places, purge},
    report::Report,
    table::Tables,
    tokyo::DAY_MS,
};

/// Who left at `?1` or before.
const DUE: &str = "SELECT id FROM users u WHERE u.deleted_at <= ?1 AND NOT EXISTS (SELECT 1 FROM teacher_avatars a
                   WHERE a.user_id = u.id AND a.generation_status IN ('pending', 'generating')) ORDER BY id";

/// `users …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Users {
    /// Delete for good the users who left so many days ago, with their pictures; all of it is written away first.
    DeleteInactive(DeleteInactive),
}

/// `users delete-inactive`.
#[derive(Debug, Clone, Args)]
pub struct DeleteInactive {
    /// How many days after they left.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(i64).range(0..=36_500))]
    days: i64,
    /// Only count.
    #[arg(long)]
    dry_run: bool,
    /// Where pictures are, and where exports go.
    #[command(flatten)]
    places: Places,
    /// Where.
    #[command(flatten)]
    at: At,
}

impl Users {
    pub(super) fn at(&self) -> &At {
        let Users::DeleteInactive(typed) = self;
        typed.at()
    }

    pub(super) async fn carry_out(&self, tables: &Tables) -> Result<Report, Error> {
        let Users::DeleteInactive(typed) = self;
        typed.carry_out(tables).await
    }
}

impl DeleteInactive {
    pub(super) fn at(&self) -> &At {
        &self.at
    }

    pub(super) async fn carry_out(&self, tables: &Tables) -> Result<Report, Error> {
        let due = Due { sql: DUE, values: vec![tables.now() - self.days * DAY_MS] };
        let users = due.users(tables).await?;
        if self.dry_run {
            let said = format!("{} would be written away and deleted", count_of(users.len(), "user", "users"));
            return Ok(Report::well([said], json!({ "due": users.len(), "deleted": 0, "dry_run": true })));
        }
        purge(tables, &self.places, users, "inactive-users").await
    }
}
