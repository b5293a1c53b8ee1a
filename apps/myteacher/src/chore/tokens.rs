//! `tokens reset-free`: everybody's free tokens are set to the monthly amount, once a month.
//!
//! The month is that of Asia/Tokyo, where the users live. A balance remembers the month it was reset in, so a second run gives
//! nothing twice; and one that comes late leaves each balance as one in time would have: what was spent in the new month
//! already is taken from the new tokens, and what was paid for meanwhile comes back (paid tokens never go for it). What a
//! generation under way holds stays covered. Balances are by user, also of those whose `token_mode` is `group`: that is how they are spent here
//! ([`crate::token`]).

use banto::{
    sqlite::rusqlite::{self, Connection, params},
    text::count_of,
};
use clap::{Args, Subcommand};
use serde_json::json;

use super::{BATCH, in_batches};
use crate::{args::At, error::Error, report::Report, table::Tables, token, tokyo::Month};

/// How many free tokens a month has, where nothing else is said.
const FREE_TOKENS: i64 = 1_000_000;
/// Living users whose balance was not reset in month `?1`; those who have none yet too.
const DUE: &str = "FROM users u LEFT JOIN token_balances b ON b.user_id = u.id
                   WHERE u.deleted_at IS NULL AND b.free_reset_month IS NOT ?1";

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
    let month = Month::of(tables.now())?;
    let anew = Anew { amount: typed.amount, name: month.to_string(), since_ms: month.begins_ms()?, now: tables.now() };
    let name = anew.name.clone();
    let due: i64 =
        tables.read(move |db| Ok(db.query_row(&format!("SELECT count(*) {DUE}"), [name], |row| row.get(0))?)).await?;
    let (name, amount) = (anew.name.clone(), anew.amount);
    let reset = if typed.dry_run { 0 } else { in_batches(tables, move |db| anew.some(db)).await? };
    let said = match typed.dry_run {
        true => format!("{} would be set to {amount} for {name}", count_of(due, "free balance", "free balances")),
        false => format!("{} set to {amount} for {name}", count_of(reset, "free balance was", "free balances were")),
    };
    let object = json!({ "month": name, "amount": amount, "due": due, "reset": reset, "dry_run": typed.dry_run });
    Ok(Report::well([said], object))
}

/// The tokens of a month.
#[derive(Debug, Clone)]
struct Anew {
    amount: i64,
    name: String,
    since_ms: i64,
    now: i64,
}

/// What a user did since the month began.
struct Since {
    /// Spent in all.
    spent: i64,
    /// The free tokens among them.
    free: i64,
    /// Free tokens that somebody gave.
    given: i64,
}

impl Anew {
    /// Some of those that are due, asked for in the very transaction that changes them: so of two runs one does it.
    fn some(&self, db: &Connection) -> rusqlite::Result<usize> {
        let mut asked = db.prepare(&format!("SELECT u.id {DUE} ORDER BY u.id LIMIT {BATCH}"))?;
        let users: Vec<i64> = asked.query_map([&self.name], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for user in &users {
            self.one(db, *user)?;
        }
        Ok(users.len())
    }

    fn one(&self, db: &Connection, user: i64) -> rusqlite::Result<()> {
        let (before, since) = (token::balance(db, user)?, self.since(db, user)?);
        // As if it had been done at the first instant of the month: free tokens go before paid ones.
        let room = (self.amount + since.given - since.free).max(0);
        let back = (since.spent - since.free).clamp(0, room);
        let paid = before.paid + back;
        let free = (room - back).max(before.held - paid);
        let sql = "INSERT INTO token_balances (user_id, free_balance, paid_balance, monthly_consumed, free_reset_month)
                   VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (user_id) DO UPDATE SET free_balance = excluded.free_balance,
                   paid_balance = excluded.paid_balance, monthly_consumed = excluded.monthly_consumed,
                   free_reset_month = excluded.free_reset_month";
        db.execute(sql, params![user, free, paid, since.spent, self.name])?;
        let sql = "INSERT INTO token_transactions (user_id, type, amount, free_part, balance_after, reason, created_at)
                   VALUES (?1, 'free_reset', ?2, ?3, ?4, 'free tokens of ' || ?5, ?6)";
        let (given, after) = (free - before.free, free + paid);
        db.execute(sql, params![user, given + back, given, after, self.name, self.now])?;
        Ok(())
    }

    fn since(&self, db: &Connection, user: i64) -> rusqlite::Result<Since> {
        let sql = "SELECT coalesce(-sum(amount) FILTER (WHERE type IN ('ai_usage', 'consume')), 0),
                          coalesce(sum(free_part) FILTER (WHERE type IN ('ai_usage', 'consume')), 0),
                          coalesce(sum(free_part) FILTER (WHERE type IN ('admin_adjust', 'refund')), 0)
                   FROM token_transactions WHERE user_id = ?1 AND created_at >= ?2";
        let read = |row: &rusqlite::Row<'_>| Ok(Since { spent: row.get(0)?, free: row.get(1)?, given: row.get(2)? });
        db.query_row(sql, [user, self.since_ms], read)
    }
}
