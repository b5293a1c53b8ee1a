//! `payment clean-old-histories`: payments that were deleted by somebody long ago go for good, if nothing asks for them to be
//! kept.
//!
//! Kept are what is open (a payment under way, a refund that was asked for) and, where money moved, what the law wants kept
//! ([`crate::books`]). Each batch is written away and on the disk before its rows go, and a row that changed meanwhile stays.
//! Without a terminal it wants `--yes`: nobody's silence is taken for an answer.

use banto::{
    sqlite::rusqlite::{self, Connection, params},
    text::count_of,
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::BATCH;
use crate::{
    args::At,
    books,
    error::Error,
    export::{self, Export, Kept, delete_unchanged},
    report::Report,
    sure::Sure,
    table::Tables,
    tokyo::DAY_MS,
};

const TABLE: &str = "payment_histories";
/// Deleted by somebody at `?1` or before.
const OLD: &str = "deleted_at <= ?1";
/// Not settled.
const OPEN: &str = "(status = 'pending' OR refund_status IS 'open')";
/// Money moved at `?2` or later: by the payment, or by its refund.
const BOOKED: &str =
    "(status IN ('succeeded', 'refunded') AND max(created_at, coalesce(refunded_at, created_at)) >= ?2)";

/// `payment …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Payment {
    /// Delete for good the payments that somebody deleted so many days ago, but what is open and what the law wants kept.
    #[command(alias = "clean-old")]
    CleanOldHistories(CleanOld),
}

/// `payment clean-old-histories`.
#[derive(Debug, Clone, Args)]
pub struct CleanOld {
    /// How many days after somebody deleted it.
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(i64).range(0..=36_500))]
    days: i64,
    /// How many years books are kept, from the day the return for their year was due.
    #[arg(long, env = "MYTEACHER_KEEP_YEARS", default_value_t = books::KEEP_YEARS, value_parser = clap::value_parser!(i16).range(0..=100))]
    keep_years: i16,
    /// The month that the company's business year ends with, 1 to 12.
    #[arg(long, env = "MYTEACHER_YEAR_ENDS", default_value_t = books::YEAR_ENDS, value_name = "MONTH", value_parser = clap::value_parser!(i8).range(1..=12))]
    year_ends: i8,
    /// Where exports go.
    #[command(flatten)]
    to: export::To,
    /// Whether it is meant.
    #[command(flatten)]
    sure: Sure,
    /// Where.
    #[command(flatten)]
    at: At,
}

impl Payment {
    pub(super) fn at(&self) -> &At {
        let Payment::CleanOldHistories(typed) = self;
        &typed.at
    }

    pub(super) async fn carry_out(&self, tables: &Tables) -> Result<Report, Error> {
        let Payment::CleanOldHistories(typed) = self;
        clean_old(typed, tables).await
    }
}

/// What is due: deleted until then, and not made since then.
#[derive(Debug, Clone, Copy)]
struct Due {
    deleted_until: i64,
    kept_from: i64,
}

/// How many were deleted long ago, and what becomes of them.
struct Counts {
    due: i64,
    open: i64,
    booked: i64,
}

async fn clean_old(typed: &CleanOld, tables: &Tables) -> Result<Report, Error> {
    let now = tables.now();
    let kept_from = books::kept_from(now, typed.keep_years, typed.year_ends)?;
    let due = Due { deleted_until: now - typed.days * DAY_MS, kept_from };
    let counts = tables.read(move |db| Ok(due.count(db)?)).await?;
    let mut export = Export::new(&typed.to, "payments", now);
    let mut deleted = 0;
    if !typed.sure.dry_run {
        typed.sure.confirm(&format!("delete {}", count_of(counts.due, "payment", "payments")))?;
        deleted = delete(tables, due, &mut export).await?;
    }
    let mut said = vec![
        match typed.sure.dry_run {
            true => format!("{} would be written away and deleted", count_of(counts.due, "payment", "payments")),
            false => format!("{} deleted", count_of(deleted, "payment was", "payments were")),
        },
        format!("kept: {} open, {} by law", counts.open, counts.booked),
    ];
    let path = export.path().map(|path| path.to_string_lossy().into_owned());
    said.extend(path.iter().map(|path| format!("they are in {path}")));
    let object = json!({ "due": counts.due, "deleted": deleted, "kept_open": counts.open, "kept_by_law": counts.booked,
                         "export": path, "dry_run": typed.sure.dry_run });
    Ok(Report::well(said, object))
}

/// Batch by batch: read, written away, then deleted as far as it still is what was written.
async fn delete(tables: &Tables, due: Due, export: &mut Export) -> Result<usize, Error> {
    let (mut deleted, mut after) = (0, i64::MIN);
    loop {
        let batch = tables.read(move |db| Ok(due.some(db, after)?)).await?;
        let Some(last) = batch.last().and_then(|kept| kept.row.get("id")).and_then(Value::as_i64) else {
            return Ok(deleted);
        };
        after = last;
        export.write(&batch).await?;
        deleted += tables.write(move |db| Ok(delete_unchanged(db, &batch)?)).await?;
    }
}

impl Due {
    fn count(self, db: &Connection) -> rusqlite::Result<Counts> {
        let sql = format!(
            "SELECT count(*) FILTER (WHERE NOT {OPEN} AND NOT {BOOKED}), count(*) FILTER (WHERE {OPEN}),
             count(*) FILTER (WHERE {BOOKED} AND NOT {OPEN}) FROM {TABLE} WHERE {OLD}"
        );
        db.query_row(&sql, [self.deleted_until, self.kept_from], |row| {
            Ok(Counts { due: row.get(0)?, open: row.get(1)?, booked: row.get(2)? })
        })
    }

    fn some(self, db: &Connection, after: i64) -> rusqlite::Result<Vec<Kept>> {
        let sql = format!(
            "SELECT * FROM {TABLE} WHERE {OLD} AND NOT {OPEN} AND NOT {BOOKED} AND id > ?3 ORDER BY id LIMIT {BATCH}"
        );
        let found = export::rows(db, &sql, params![self.deleted_until, self.kept_from, after])?;
        Ok(found.into_iter().map(|row| Kept { table: TABLE.to_owned(), row }).collect())
    }
}
