//! The peers on PostgreSQL: connections to the server that ours has too, so what a peer has committed is as durable.

use std::time::{Duration, Instant};

use banto_bench_driver::{Ask, Tried, all_done};
use sqlx::{PgPool, postgres::PgPoolOptions};

/// What says the versions.
pub const LOCK: &str = include_str!("../Cargo.lock");

/// Connections as many as were asked for.
pub async fn pool(ask: &Ask) -> Tried<PgPool> {
    Ok(PgPoolOptions::new().max_connections(ask.connections).connect(&ask.address).await?)
}

/// Waits until `count` jobs are done by the server's own word. Asks seldom while many are missing.
pub async fn until_done(pool: &PgPool, count: &'static str, jobs: usize) -> Tried<()> {
    let began = Instant::now();
    loop {
        let done: i64 = sqlx::query_scalar(count).fetch_one(pool).await?;
        if all_done(done as usize, jobs, began)? {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(if done == 0 { 20 } else { 5 })).await;
    }
}
