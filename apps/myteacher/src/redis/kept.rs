//! The history: one row a look in `redis_metrics`. The only file that knows its columns.
//!
//! What is read back was written by anybody who may write to the file, so it is taken as it is and shown safely.

use banto::sqlite::rusqlite::{self, Connection, OptionalExtension, params};
use serde::Serialize;
use serde_json::Value;

use crate::redis::judge::since::Counters;

/// A row to be kept, or one that was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Kept {
    /// `host:port`.
    pub server: String,
    /// When it was looked at, in milliseconds since 1970.
    pub looked_at: i64,
    /// `well`, `warning`, `critical` or `unreachable`.
    pub verdict: String,
    /// What was not well.
    pub findings: Value,
    /// Memory in use, in percent of its limit.
    pub memory_percent: Option<f64>,
    /// Lookups that found something, in percent, since the look before.
    pub hit_rate: Option<f64>,
}

/// Keeps a row, and lets go of those from before `old_ms`.
pub fn keep(db: &Connection, row: &Kept, counters: &Counters, old_ms: i64) -> rusqlite::Result<()> {
    let number = |counter: Option<u64>| counter.and_then(|counter| i64::try_from(counter).ok());
    let sql = "INSERT INTO redis_metrics (server, looked_at, verdict, findings, memory_percent, hit_rate,
                 run_id, commands, hits, misses, evicted, rejected, slow_last)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    db.execute(
        sql,
        params![
            row.server,
            row.looked_at,
            row.verdict,
            row.findings.to_string(),
            row.memory_percent,
            row.hit_rate,
            counters.run_id,
            number(counters.commands),
            number(counters.hits),
            number(counters.misses),
            number(counters.evicted),
            number(counters.rejected),
            number(counters.slow_last),
        ],
    )?;
    db.execute("DELETE FROM redis_metrics WHERE looked_at < ?1", [old_ms])?;
    Ok(())
}

/// The counters of the last look at a server that saw something, and when that was.
pub fn before(db: &Connection, server: &str) -> rusqlite::Result<Option<(i64, Counters)>> {
    let sql = "SELECT looked_at, run_id, commands, hits, misses, evicted, rejected, slow_last FROM redis_metrics
               WHERE server = ?1 AND verdict <> 'unreachable' ORDER BY looked_at DESC, id DESC LIMIT 1";
    let read = |row: &rusqlite::Row<'_>| {
        let number = |column| -> rusqlite::Result<Option<u64>> {
            Ok(row.get::<_, Option<i64>>(column)?.and_then(|number| u64::try_from(number).ok()))
        };
        let counters = Counters {
            run_id: row.get(1)?,
            commands: number(2)?,
            hits: number(3)?,
            misses: number(4)?,
            evicted: number(5)?,
            rejected: number(6)?,
            slow_last: number(7)?,
        };
        Ok((row.get(0)?, counters))
    };
    db.query_row(sql, [server], read).optional()
}

/// The newest rows, of one server or of all.
pub fn list(db: &Connection, server: Option<&str>, most: u32) -> rusqlite::Result<Vec<Kept>> {
    let sql = "SELECT server, looked_at, verdict, findings, memory_percent, hit_rate FROM redis_metrics
               WHERE ?1 IS NULL OR server = ?1 ORDER BY looked_at DESC, id DESC LIMIT ?2";
    let read = |row: &rusqlite::Row<'_>| {
        let findings: String = row.get(3)?;
        Ok(Kept {
            server: row.get(0)?,
            looked_at: row.get(1)?,
            verdict: row.get(2)?,
            findings: serde_json::from_str(&findings).unwrap_or(Value::String(findings)),
            memory_percent: row.get(4)?,
            hit_rate: row.get(5)?,
        })
    };
    db.prepare(sql)?.query_map(params![server, most], read)?.collect()
}
