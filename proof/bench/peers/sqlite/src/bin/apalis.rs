//! apalis on SQLite, with its locks and acknowledgements on. Its own set-up turns fsync off on the connection it is given,
//! so it gets one of its own, which is closed again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use apalis::prelude::*;
use apalis_sqlite::{Config, SqliteStorage};
use banto_bench_driver::{BATCH, ONES, Rates, Tried, asked, rate, tell, to};
use banto_bench_peers::{LOCK, pool, until_done};
use futures_util::stream;
use serde::{Deserialize, Serialize};

const DONE: &str = "SELECT count(*) FROM Jobs WHERE status = 'Done'";

#[derive(Clone, Debug, Deserialize, Serialize)]
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
    let alone = pool(&ask, 1).await?;
    SqliteStorage::setup(&alone).await?;
    alone.close().await;
    let pool = pool(&ask, ask.connections).await?;
    let config = Config::default().queue("default").batch_size(ask.concurrency);
    let mut storage: SqliteStorage<Letter> = SqliteStorage::new(&pool).with_config(config);
    let began = Instant::now();
    for number in 0..ONES {
        storage.push(letter(number)).await?;
    }
    let enqueue_one = rate(ONES, began);
    let began = Instant::now();
    for from in (ONES..ask.jobs).step_by(BATCH) {
        storage.push_stream(&mut stream::iter((from..ask.jobs.min(from + BATCH)).map(letter))).await?;
    }
    let enqueue_bulk = rate(ask.jobs - ONES, began);
    let run = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let worker = WorkerBuilder::new("bench").backend(storage).data(run.clone()).build(count);
    let working = tokio::spawn(worker.run());
    while run.load(Ordering::Relaxed) < ask.jobs && !working.is_finished() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    until_done(&pool, DONE, ask.jobs).await?;
    let work = rate(ask.jobs, began);
    working.abort();
    let guarantee = "at least once; locks and acknowledgements durable (synchronous=FULL), not fenced";
    tell("apalis-sqlite", LOCK, guarantee, &Rates { enqueue_one, enqueue_bulk, work });
    Ok(())
}

async fn count(_: Letter, run: Data<Arc<AtomicUsize>>) -> Result<(), BoxDynError> {
    run.fetch_add(1, Ordering::Relaxed);
    Ok(())
}
