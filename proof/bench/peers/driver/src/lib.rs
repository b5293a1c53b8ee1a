//! What the peers' drivers share: what they are asked, the letter, and the one line of JSON that each prints.
//!
//! A driver is called with an address, a number of jobs, a concurrency, a number of connections and perhaps a mode. The
//! handlers do nothing. The time of the work ends when the store itself says that every job is done.

use std::{
    error::Error,
    time::{Duration, Instant},
};

/// Any failure; the program ends with it.
pub type Tried<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// How many jobs a call brings in bulk.
pub const BATCH: usize = 1_000;
/// How many are enqueued one at a time.
pub const ONES: usize = 200;
/// How long to wait for the work.
pub const PATIENCE: Duration = Duration::from_secs(240);

/// What a driver was asked.
pub struct Ask {
    /// Where the store is.
    pub address: String,
    /// How many jobs.
    pub jobs: usize,
    /// How many of them at once.
    pub concurrency: usize,
    /// How many connections.
    pub connections: u32,
    /// What else; mostly nothing.
    pub mode: String,
}

/// What a driver measured, in jobs a second.
pub struct Rates {
    /// One at a time.
    pub enqueue_one: f64,
    /// [`BATCH`] a call; 0 where there is no such call.
    pub enqueue_bulk: f64,
    /// Worked, the last acknowledgement written.
    pub work: f64,
}

/// Reads what was typed.
pub fn asked() -> Tried<Ask> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, jobs, concurrency, connections, mode @ ..] = words.as_slice() else {
        return Err("say ADDRESS JOBS CONCURRENCY CONNECTIONS [MODE]".into());
    };
    Ok(Ask {
        address: address.clone(),
        jobs: jobs.parse()?,
        concurrency: concurrency.parse()?,
        connections: connections.parse()?,
        mode: mode.first().cloned().unwrap_or_default(),
    })
}

/// Whom the letter of that number goes to.
pub fn to(number: usize) -> String {
    format!("somebody-with-a-name-of-ordinary-length-{number:08}@example.org")
}

/// So many a second since then.
pub fn rate(jobs: usize, began: Instant) -> f64 {
    jobs as f64 / began.elapsed().as_secs_f64()
}

/// Whether there is no more waiting: all is done. Fails once it took too long.
pub fn all_done(done: usize, jobs: usize, began: Instant) -> Tried<bool> {
    if done < jobs && began.elapsed() > PATIENCE {
        return Err(format!("{done} of {jobs} jobs were done after {} s", PATIENCE.as_secs()).into());
    }
    Ok(done >= jobs)
}

/// Prints the one line. `lock` is the lock file that says the version.
pub fn tell(peer: &str, lock: &str, guarantee: &str, rates: &Rates) {
    let Rates { enqueue_one, enqueue_bulk, work } = rates;
    println!(
        "{{\"peer\":\"{peer}\",\"version\":\"{}\",\"guarantee\":\"{guarantee}\",\"enqueue_one\":{enqueue_one},\"enqueue_bulk\":{enqueue_bulk},\"work\":{work}}}",
        version(peer, lock)
    );
}

/// The version that the lock file holds.
pub fn version<'a>(peer: &str, lock: &'a str) -> &'a str {
    let entry = lock.split_once(&format!("name = \"{peer}\"\nversion = \"")).map_or("", |(_, after)| after);
    entry.split_once('"').map_or("unknown", |(version, _)| version)
}
