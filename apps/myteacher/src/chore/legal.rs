//! `legal delete-unconsented-minors`: a minor whose parent was asked, and did not consent in time, is deleted for good.
//!
//! Whom a parent must consent for is decided when the account is made, by asking one; here counts that the answer did not
//! come, and that the user still is a minor: of age is who is 18, since 1 April 2022 (Civil Code (民法), article 4). Without a
//! terminal it wants `--yes`, and all of it is written away first ([`crate::purge`]).

use banto::text::count_of;
use clap::{Args, Subcommand};
use jiff::ToSpan;
use serde_json::json;

use crate::{
    args::At,
    error::Error,
    purge::{Due, Places, purge},
    report::Report,
    sure::Sure,
    table::Tables,
    tokyo::{self, DAY_MS},
};

/// A parent was asked at `?1` or before and did not consent, and the birthday is after the date `?2`.
const DUE: &str = "SELECT id FROM users u WHERE u.parent_consent_asked_at <= ?1 AND u.parent_consented_at IS NULL
                   AND CAST(replace(u.birth_date, '-', '') AS INTEGER) > ?2
                   AND NOT EXISTS (SELECT 1 FROM teacher_avatars a
                   WHERE a.user_id = u.id AND a.generation_status IN ('pending', 'generating')) ORDER BY id";

/// `legal …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Legal {
    /// Delete for good the minors whose parent did not consent within so many days; all of it is written away first.
    DeleteUnconsentedMinors(DeleteMinors),
}

/// `legal delete-unconsented-minors`.
#[derive(Debug, Clone, Args)]
pub struct DeleteMinors {
    /// How many days after a parent was asked.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=36_500))]
    days: i64,
    /// Who is younger is a minor, in years.
    #[arg(long, env = "MYTEACHER_OF_AGE", default_value_t = 18, value_name = "YEARS", value_parser = clap::value_parser!(i64).range(1..=30))]
    of_age: i64,
    /// Whether it is meant.
    #[command(flatten)]
    sure: Sure,
    /// Where pictures are, and where exports go.
    #[command(flatten)]
    places: Places,
    /// Where.
    #[command(flatten)]
    at: At,
}

impl Legal {
    pub(super) fn at(&self) -> &At {
        let Legal::DeleteUnconsentedMinors(typed) = self;
        &typed.at
    }

    pub(super) async fn carry_out(&self, tables: &Tables) -> Result<Report, Error> {
        let Legal::DeleteUnconsentedMinors(typed) = self;
        let users = due(typed, tables)?.users(tables).await?;
        let minors = count_of(users.len(), "minor", "minors");
        if typed.sure.dry_run {
            let said = format!("{minors} without a parent's consent would be written away and deleted");
            return Ok(Report::well([said], json!({ "due": users.len(), "deleted": 0, "dry_run": true })));
        }
        typed.sure.confirm(&format!("delete {minors} without a parent's consent"))?;
        purge(tables, &typed.places, users, "unconsented-minors").await
    }
}

fn due(typed: &DeleteMinors, tables: &Tables) -> Result<Due, Error> {
    let now = tables.now();
    let today = tokyo::day_of(now)?;
    let born = today
        .checked_sub(typed.of_age.years())
        .map_err(|error| Error::Asked(format!("tell who is {} years old on {today}: {error}", typed.of_age)))?;
    let born = i64::from(born.year()) * 10_000 + i64::from(born.month()) * 100 + i64::from(born.day());
    Ok(Due { sql: DUE, values: vec![now - typed.days * DAY_MS, born] })
}
