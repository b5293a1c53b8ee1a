//! Token balances: hold, charge, release.
//!
//! A generation first holds the most it can cost; an end charges what it did cost, once for each run, free tokens before
//! paid ones; a failure releases the hold. All of it inside the caller's transaction, so nothing is read without being
//! locked.

use banto::sqlite::rusqlite::{self, Connection, OptionalExtension, params};

/// What a user has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Balance {
    /// Given, spent first.
    pub free: i64,
    /// Bought.
    pub paid: i64,
    /// Held by generations under way.
    pub held: i64,
}

impl Balance {
    /// What can still be promised to somebody.
    pub fn available(&self) -> i64 {
        self.free + self.paid - self.held
    }
}

/// A user's balance; nought for one who never had any.
pub fn balance(tx: &Connection, user: i64) -> rusqlite::Result<Balance> {
    let sql = "SELECT free_balance, paid_balance FROM token_balances WHERE user_id = ?1";
    let found = tx.query_row(sql, [user], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (free, paid) = found.unwrap_or((0, 0));
    let sql = "SELECT coalesce(sum(amount), 0) FROM token_holds WHERE user_id = ?1";
    Ok(Balance { free, paid, held: tx.query_row(sql, [user], |row| row.get(0))? })
}

/// Holds `amount` for `run`, if it is there. Answers what is missing otherwise. Holding twice for one run holds once; a
/// run that was charged needs no hold.
pub fn hold(tx: &Connection, user: i64, run: &str, amount: i64, now: i64) -> rusqlite::Result<Result<(), i64>> {
    let sql = "SELECT 1 FROM token_holds WHERE run = ?1 UNION SELECT 1 FROM token_transactions WHERE run = ?1";
    if tx.query_row(sql, [run], |_| Ok(())).optional()?.is_some() {
        return Ok(Ok(()));
    }
    let missing = amount - balance(tx, user)?.available();
    if missing > 0 {
        return Ok(Err(missing));
    }
    let sql = "INSERT INTO token_holds (run, user_id, amount, created_at) VALUES (?1, ?2, ?3, ?4)";
    tx.execute(sql, params![run, user, amount, now])?;
    Ok(Ok(()))
}

/// Gives a run's hold back.
pub fn release(tx: &Connection, run: &str) -> rusqlite::Result<bool> {
    Ok(tx.execute("DELETE FROM token_holds WHERE run = ?1", [run])? > 0)
}

/// Charges a run, once, and gives its hold back. Answers what was charged: now, or by the call that came before.
pub fn charge(tx: &Connection, user: i64, run: &str, cost: i64, now: i64) -> rusqlite::Result<i64> {
    let sql = "SELECT -amount FROM token_transactions WHERE run = ?1";
    if let Some(charged) = tx.query_row(sql, [run], |row| row.get(0)).optional()? {
        return Ok(charged);
    }
    release(tx, run)?;
    let before = balance(tx, user)?;
    let free = cost.min(before.free);
    // The hold guarantees that the rest is there; if it were not, the CHECK on the balance stops the transaction.
    let sql = "UPDATE token_balances SET free_balance = free_balance - ?2, paid_balance = paid_balance - ?3,
               total_consumed = total_consumed + ?4, monthly_consumed = monthly_consumed + ?4 WHERE user_id = ?1";
    tx.execute(sql, params![user, free, cost - free, cost])?;
    let after = before.free + before.paid - cost;
    let sql =
        "INSERT INTO token_transactions (user_id, type, amount, free_part, balance_after, reason, run, created_at)
               VALUES (?1, 'ai_usage', ?2, ?3, ?4, 'avatar', ?5, ?6)";
    tx.execute(sql, params![user, -cost, free, after, run, now])?;
    Ok(cost)
}

/// Adds tokens to a user's balance.
pub fn grant(tx: &Connection, user: i64, free: i64, paid: i64, reason: &str, now: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO token_balances (user_id, free_balance, paid_balance) VALUES (?1, ?2, ?3)
               ON CONFLICT (user_id) DO UPDATE SET free_balance = free_balance + ?2, paid_balance = paid_balance + ?3";
    tx.execute(sql, params![user, free, paid])?;
    let after = balance(tx, user)?;
    let sql = "INSERT INTO token_transactions (user_id, type, amount, free_part, balance_after, reason, created_at)
               VALUES (?1, 'admin_adjust', ?2, ?3, ?4, ?5, ?6)";
    tx.execute(sql, params![user, free + paid, free, after.free + after.paid, reason, now])?;
    Ok(())
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
