//! River for Rust on SQLite, as its README sets it up, with the shortest pause between claims it allows.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use banto_bench_driver::{BATCH, ONES, Rates, Tried, asked, rate, tell, to};
use banto_bench_peers::{LOCK, pool, until_done};
use riverqueue::{Client, Job, JobArgs, QueueConfig, WorkContext, WorkOutcome, Workers, migrate::SqliteMigrator};
use serde::{Deserialize, Serialize};

const DONE: &str = "SELECT count(*) FROM river_job WHERE state = 'completed'";

#[derive(Clone, Debug, Deserialize, JobArgs, Serialize)]
#[river(kind = "mail.send-letter")]
struct Letter {
    to: String,
    template: String,
}

fn letter(number: usize) -> Letter {
    Letter { to: to(number), template: "welcome".into() }
}

#[tokio::main]
async fn main() -> Tried<()> {
    let ask = asked()?;
    let pool = pool(&ask, ask.connections).await?;
    SqliteMigrator::new(pool.clone()).migrate_up().await?;
    let run = Arc::new(AtomicUsize::new(0));
    let mut workers = Workers::new();
    let seen = run.clone();
    workers.add_fn(move |_: WorkContext, _: Job<Letter>| {
        seen.fetch_add(1, Ordering::Relaxed);
        async { Ok::<_, std::io::Error>(WorkOutcome::Complete) }
    })?;
    let queue = QueueConfig::new(ask.concurrency).with_fetch_poll_interval(Duration::from_millis(20));
    let client = Client::builder(pool.clone())
        .fetch_cooldown(Duration::from_millis(1))
        .workers(workers)
        .queue("default", queue)
        .build()?;
    let began = Instant::now();
    for number in 0..ONES {
        client.insert(letter(number)).await?;
    }
    let enqueue_one = rate(ONES, began);
    let began = Instant::now();
    for from in (ONES..ask.jobs).step_by(BATCH) {
        client.insert_many((from..ask.jobs.min(from + BATCH)).map(letter)).await?;
    }
    let enqueue_bulk = rate(ask.jobs - ONES, began);
    let began = Instant::now();
    let mut working = client.start()?;
    while run.load(Ordering::Relaxed) < ask.jobs {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    until_done(&pool, DONE, ask.jobs).await?;
    let work = rate(ask.jobs, began);
    working.stop().await?;
    let guarantee = "at least once; completions batched and durable (synchronous=FULL), not fenced, no lease renewal";
    tell("riverqueue", LOCK, guarantee, &Rates { enqueue_one, enqueue_bulk, work });
    Ok(())
}
