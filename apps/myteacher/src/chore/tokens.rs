//! `tokens reset-free`: everybody's free tokens are set to the monthly amount, once a month.
//!
//! The month is that of the zone Asia/Tokyo, where the users live. A balance remembers the month it was reset in, so that a second
//! run, or one that comes late, gives nothing twice; what was held by a generation under way stays covered.

use banto::sqlite::rusqlite::{Connection, params};
use clap::{Args, Subcommand};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::json;

use crate::{args::At, error::Error, report::Report, table::Tables};

/// How many free tokens a month has, where nothing else is said.
const FREE_TOKENS: i64 = 1_000_000;
/// Balances that are changed in one transaction.
const BATCH: usize = 1_000;

/// `tokens …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Tokens {
    /// Set every free balance to the monthly amount, once a month.
    ResetFree(ResetFree),
}

/// `tokens reset-free`.
#[derive(Debug, Clone, Args)]
pub struct ResetFree {
    /// The monthly amount.
    #[arg(long, env = "MYTEACHER_FREE_TOKENS", default_value_t = FREE_TOKENS, value_parser = clap::value_parser!(i64).range(0..=1_000_000_000))]
    amount: i64,
    /// Only count.
    #[arg(long)]
    dry_run: bool,
    /// Where.
    #[command(flatten)]
    at: At,
}

impl Tokens {
    pub(super) fn at(&self) -> &At {
        let Tokens::ResetFree(typed) = self;
        &typed.at
    }

    pub(super) async fn carry_out(&self, tables: &Tables) -> Result<Report, Error> {
        let Tokens::ResetFree(typed) = self;
        reset_free(typed, tables).await
    }
}

async fn reset_free(typed: &ResetFree, tables: &Tables) -> Result<Report, Error> {
    let (now, amount) = (tables.now(), typed.amount);
    let month = month_of(now)?;
    let due = of_another_month(tables, month.clone(), None).await?;
    let mut reset = 0;
    if !typed.dry_run {
        loop {
            let some = of_another_month(tables, month.clone(), Some(BATCH)).await?;
            if some.is_empty() {
                break;
            }
            let month = month.clone();
            reset += tables.write(move |db| reset_all(db, &some, amount, &month, now)).await?;
        }
    }
    let said = match typed.dry_run {
        true => format!("{} free balances would be set to {amount} for {month}", due.len()),
        false => format!("{reset} free balances were set to {amount} for {month}"),
    };
    let object =
        json!({ "month": month, "amount": amount, "due": due.len(), "reset": reset, "dry_run": typed.dry_run });
    Ok(Report::well([said], object))
}

/// The month in Tokyo, as `2025-12`.
fn month_of(now_ms: i64) -> Result<String, Error> {
    let zone =
        TimeZone::get("Asia/Tokyo").map_err(|error| Error::Asked(format!("find the zone Asia/Tokyo: {error}")))?;
    let at = Timestamp::from_millisecond(now_ms)
        .map_err(|error| Error::Asked(format!("tell the month of {now_ms} ms: {error}")))?;
    Ok(at.to_zoned(zone).strftime("%Y-%m").to_string())
}

/// Whose balances were reset last in another month than this.
async fn of_another_month(tables: &Tables, month: String, most: Option<usize>) -> Result<Vec<i64>, Error> {
    let most = most.and_then(|most| i64::try_from(most).ok()).unwrap_or(-1);
    let found = tables.read(move |db| {
        let sql = "SELECT user_id FROM token_balances WHERE free_reset_month IS NOT ?1 ORDER BY user_id LIMIT ?2";
        let found = db.prepare(sql)?.query_map(params![month, most], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(found)
    });
    found.await
}

fn reset_all(db: &Connection, users: &[i64], amount: i64, month: &str, now: i64) -> Result<usize, Error> {
    for user in users {
        let sql = "INSERT INTO token_transactions (user_id, type, amount, free_part, balance_after, reason, created_at)
                   SELECT user_id, 'free_reset', ?2 - free_balance, ?2 - free_balance, ?2 + paid_balance, 'free tokens of ' || ?3, ?4
                   FROM token_balances WHERE user_id = ?1";
        db.execute(sql, params![user, amount, month, now])?;
        let sql = "UPDATE token_balances SET free_balance = ?2, monthly_consumed = 0, free_reset_month = ?3 WHERE user_id = ?1";
        db.execute(sql, params![user, amount, month])?;
    }
    Ok(users.len())
}
