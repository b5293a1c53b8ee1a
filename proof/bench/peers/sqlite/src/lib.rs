//! The peers on SQLite: connections with WAL and `synchronous=FULL`, as ours has, so what a peer has written is as durable.

use std::time::{Duration, Instant};

use banto_bench_driver::{Ask, Tried, all_done};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

/// What says the versions.
pub const LOCK: &str = include_str!("../Cargo.lock");

/// Connections that are as durable as ours.
pub async fn pool(ask: &Ask, connections: u32) -> Tried<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(ask.address.trim_start_matches("sqlite://"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10));
    Ok(SqlitePoolOptions::new().max_connections(connections).connect_with(options).await?)
}

/// Waits until `count` jobs are done by the file's own word. Asks seldom while many are missing.
pub async fn until_done(pool: &SqlitePool, count: &'static str, jobs: usize) -> Tried<()> {
    let began = Instant::now();
    loop {
        let done: i64 = sqlx::query_scalar(count).fetch_one(pool).await?;
        if all_done(done as usize, jobs, began)? {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(if done == 0 { 20 } else { 5 })).await;
    }
}
