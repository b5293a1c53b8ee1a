//! The rows of `auth_metrics` and `auth_alerts`. The only file that knows their columns.

use std::ops::Range;

use banto::sqlite::rusqlite::{self, Connection, params};

use crate::auth::{
    count::Counts,
    judge::{Warning, rate},
};

const MINUTE_MS: i64 = 60_000;

/// Keeps what a period came to. A second look at the same period replaces the first: it saw at least as much.
pub fn keep(db: &Connection, period: &Range<i64>, counts: &Counts, now_ms: i64) -> rusqlite::Result<()> {
    let number = |count| i64::try_from(count).unwrap_or(i64::MAX);
    let requests = counts.requests();
    let sql = "INSERT OR REPLACE INTO auth_metrics (period_start, period_minutes, total_requests, breeze_success, cognito_success,
                 auth_failure, mapping_error, success_rate, failure_rate, created_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    db.execute(
        sql,
        params![
            period.start,
            minutes(period),
            number(requests),
            number(counts.breeze),
            number(counts.cognito),
            number(counts.failed),
            number(counts.unmapped),
            rate(counts.let_in(), requests),
            rate(counts.failed, requests),
            now_ms,
        ],
    )?;
    Ok(())
}

/// Keeps the alerts that nobody has given yet, and answers those.
pub fn alert(
    db: &Connection,
    period: &Range<i64>,
    warnings: Vec<Warning>,
    now_ms: i64,
) -> rusqlite::Result<Vec<Warning>> {
    let sql = "INSERT INTO auth_alerts (period_start, period_minutes, kind, level, message, created_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
    let mut given = Vec::new();
    for warning in warnings {
        let (kind, level) = (warning.kind.as_str(), warning.level());
        let row = params![period.start, minutes(period), kind, level, warning.message, now_ms];
        if db.execute(sql, row)? == 1 {
            given.push(warning);
        }
    }
    Ok(given)
}

/// Lets go of what began before `old_ms`.
pub fn forget(db: &Connection, old_ms: i64) -> rusqlite::Result<()> {
    db.execute("DELETE FROM auth_metrics WHERE period_start < ?1", [old_ms])?;
    db.execute("DELETE FROM auth_alerts WHERE period_start < ?1", [old_ms])?;
    Ok(())
}

fn minutes(period: &Range<i64>) -> i64 {
    (period.end - period.start) / MINUTE_MS
}
