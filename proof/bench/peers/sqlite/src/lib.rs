//! What the peers' drivers share: the file, the letter, the waiting, and the one line of JSON that each prints.
//!
//! A driver is called with a path, a number of jobs, a concurrency and a number of connections. Every connection has WAL
//! and `synchronous=FULL`, as ours has, so what a peer has written is as durable; the handlers do nothing.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

/// Any failure; the program ends with it.
pub type Tried<T> = Result<T, Box<dyn Error>>;

/// How many jobs a call brings in bulk.
pub const BATCH: usize = 1_000;
/// How many are enqueued one at a time.
pub const ONES: usize = 200;

/// What a driver was asked.
pub struct Ask {
    /// The file; made by the driver.
    pub path: String,
    /// How many jobs.
    pub jobs: usize,
    /// How many of them at once.
    pub concurrency: usize,
    /// How many connections.
    pub connections: u32,
}

/// What a driver measured, in jobs a second.
pub struct Rates {
    /// One at a time.
    pub enqueue_one: f64,
    /// [`BATCH`] a call.
    pub enqueue_bulk: f64,
    /// Worked, the last acknowledgement written.
    pub work: f64,
}

/// Reads what was typed.
pub fn asked() -> Tried<Ask> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [path, jobs, concurrency, connections] = words.as_slice() else {
        return Err("say PATH JOBS CONCURRENCY CONNECTIONS".into());
    };
    Ok(Ask {
        path: path.clone(),
        jobs: jobs.parse()?,
        concurrency: concurrency.parse()?,
        connections: connections.parse()?,
    })
}

/// Connections that are as durable as ours.
pub async fn pool(ask: &Ask) -> Tried<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(&ask.path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10));
    Ok(SqlitePoolOptions::new().max_connections(ask.connections).connect_with(options).await?)
}

/// Whom the letter of that number goes to.
pub fn to(number: usize) -> String {
    format!("somebody-with-a-name-of-ordinary-length-{number:08}@example.org")
}

/// So many a second since then.
pub fn rate(jobs: usize, began: Instant) -> f64 {
    jobs as f64 / began.elapsed().as_secs_f64()
}

/// Waits until `count` jobs are done by the file's own word. Asks seldom while many are missing.
pub async fn until_done(pool: &SqlitePool, count: &'static str, jobs: usize) -> Tried<()> {
    let began = Instant::now();
    loop {
        let done: i64 = sqlx::query_scalar(count).fetch_one(pool).await?;
        if done >= jobs as i64 {
            return Ok(());
        }
        if began.elapsed() > Duration::from_secs(240) {
            return Err(format!("{done} of {jobs} jobs were done after 240 s").into());
        }
        tokio::time::sleep(Duration::from_millis(if done == 0 { 20 } else { 5 })).await;
    }
}

/// Prints the one line.
pub fn tell(peer: &str, guarantee: &str, rates: &Rates) {
    let Rates { enqueue_one, enqueue_bulk, work } = rates;
    println!(
        "{{\"peer\":\"{peer}\",\"version\":\"{}\",\"guarantee\":\"{guarantee}\",\"enqueue_one\":{enqueue_one},\"enqueue_bulk\":{enqueue_bulk},\"work\":{work}}}",
        version(peer)
    );
}

/// The version that the lock file holds.
pub fn version(peer: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let entry = lock.split_once(&format!("name = \"{peer}\"\nversion = \"")).map_or("", |(_, after)| after);
    entry.split_once('"').map_or("unknown", |(version, _)| version)
}
