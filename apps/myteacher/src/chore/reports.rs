//! `reports generate-monthly`: what each group did in a month, in one row a group and month.
//!
//! Without `--month` it is the month before this one in Asia/Tokyo, on every day of the month. A report is made once, from what
//! the tables say then; a second run leaves it as it is. A month that is not over is refused, for its report would stay wrong.

use banto::{
    sqlite::rusqlite::{self, Connection, Row, params},
    text::count_of,
};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;

use super::in_batches;
use crate::{args::At, error::Error, report::Report, table::Tables, tokyo::Month};

/// Reports that are made in one transaction: each asks for every member's figures.
const BATCH: usize = 100;
/// Groups that were there when the month was over (`?2`) and have no report of it (`?1`).
const DUE: &str = "FROM groups g WHERE g.created_at < ?2
                   AND NOT EXISTS (SELECT 1 FROM monthly_reports r WHERE r.group_id = g.id AND r.month = ?1)";

/// `reports …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Reports {
    /// Make each group's report on a month that is over.
    GenerateMonthly(GenerateMonthly),
}

/// `reports generate-monthly`.
#[derive(Debug, Clone, Args)]
pub struct GenerateMonthly {
    /// Which month, as 2026-04; the one before this when left out.
    #[arg(long, value_name = "YYYY-MM")]
    month: Option<Month>,
    /// Only count.
    #[arg(long)]
    dry_run: bool,
    /// Where.
    #[command(flatten)]
    at: At,
}

impl Reports {
    pub(super) fn at(&self) -> &At {
        let Reports::GenerateMonthly(typed) = self;
        &typed.at
    }

    pub(super) async fn carry_out(&self, tables: &Tables) -> Result<Report, Error> {
        let Reports::GenerateMonthly(typed) = self;
        generate(typed, tables).await
    }
}

async fn generate(typed: &GenerateMonthly, tables: &Tables) -> Result<Report, Error> {
    let over = Month::of(tables.now())?.previous()?;
    let month = typed.month.unwrap_or(over);
    if month > over {
        return Err(Error::Asked(format!("report on {month}: it is not over; allowed are months to {over}")));
    }
    let of = Of { month: month.to_string(), from: month.begins_ms()?, until: month.ends_ms()?, now: tables.now() };
    let asks = of.clone();
    let due: i64 = tables
        .read(move |db| {
            let of = params![asks.month, asks.until];
            Ok(db.query_row(&format!("SELECT count(*) {DUE}"), of, |row| row.get(0))?)
        })
        .await?;
    let made = if typed.dry_run { 0 } else { in_batches(tables, move |db| of.some(db)).await? };
    let said = match typed.dry_run {
        true => format!("{} on {month} would be made", count_of(due, "report", "reports")),
        false => format!("{} made on {month}", count_of(made, "report was", "reports were")),
    };
    let object = json!({ "month": month.to_string(), "due": due, "made": made, "dry_run": typed.dry_run });
    Ok(Report::well([said], object))
}

/// What is reported on: a month, from its first instant to the first after it.
#[derive(Debug, Clone)]
struct Of {
    month: String,
    from: i64,
    until: i64,
    now: i64,
}

/// A member's part, as it is kept in the report.
#[derive(Debug, Serialize)]
struct Member {
    user: i64,
    tasks_completed: i64,
    tokens_consumed: i64,
    pictures_made: i64,
}

impl Of {
    /// Some of those that are due, asked for in the very transaction that makes them: so of two runs one does it.
    fn some(&self, db: &Connection) -> rusqlite::Result<usize> {
        let mut asked = db.prepare(&format!("SELECT g.id {DUE} ORDER BY g.id LIMIT {BATCH}"))?;
        let groups = asked.query_map(params![self.month, self.until], |row| row.get(0))?;
        let groups: Vec<i64> = groups.collect::<Result<_, _>>()?;
        for group in &groups {
            self.one(db, *group)?;
        }
        Ok(groups.len())
    }

    fn one(&self, db: &Connection, group: i64) -> rusqlite::Result<()> {
        let members = self.members(db, group)?;
        let tasks: i64 = members.iter().map(|member| member.tasks_completed).sum();
        let tokens: i64 = members.iter().map(|member| member.tokens_consumed).sum();
        let pictures: i64 = members.iter().map(|member| member.pictures_made).sum();
        let (payments, yen) = self.payments(db, group)?;
        let sql =
            "INSERT INTO monthly_reports (group_id, month, members, tasks_completed, tokens_consumed, pictures_made,
                   payments, payments_yen, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let members = json!(members).to_string();
        db.execute(sql, params![group, self.month, members, tasks, tokens, pictures, payments, yen, self.now])?;
        Ok(())
    }

    /// Who is in the group, and what each did.
    fn members(&self, db: &Connection, group: i64) -> rusqlite::Result<Vec<Member>> {
        let sql = "SELECT u.id,
              (SELECT count(*) FROM tasks k WHERE k.user_id = u.id AND k.is_completed = 1 AND k.deleted_at IS NULL
                 AND k.completed_at >= ?2 AND k.completed_at < ?3),
              (SELECT coalesce(-sum(t.amount), 0) FROM token_transactions t WHERE t.user_id = u.id
                 AND t.type IN ('ai_usage', 'consume') AND t.created_at >= ?2 AND t.created_at < ?3),
              (SELECT count(*) FROM ai_usage_logs l WHERE l.user_id = u.id AND l.created_at >= ?2 AND l.created_at < ?3
                 AND (l.item GLOB 'bust_*' OR l.item GLOB 'full_body_*') AND l.item NOT GLOB '* cut out')
            FROM users u WHERE u.group_id = ?1 AND u.created_at < ?3 ORDER BY u.id";
        let read = |row: &Row<'_>| {
            let (tasks_completed, tokens_consumed) = (row.get(1)?, row.get(2)?);
            Ok(Member { user: row.get(0)?, tasks_completed, tokens_consumed, pictures_made: row.get(3)? })
        };
        db.prepare_cached(sql)?.query_map([group, self.from, self.until], read)?.collect()
    }

    /// How many payments the group and its members made, and how many yen of them were not given back.
    fn payments(&self, db: &Connection, group: i64) -> rusqlite::Result<(i64, i64)> {
        let sql = "SELECT count(*), coalesce(sum(amount - refund_amount), 0) FROM payment_histories
            WHERE status IN ('succeeded', 'refunded') AND created_at >= ?2 AND created_at < ?3
              AND ((payable_type = 'group' AND payable_id = ?1)
                OR (payable_type = 'user' AND payable_id IN (SELECT id FROM users WHERE group_id = ?1)))";
        db.query_row(sql, [group, self.from, self.until], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}
