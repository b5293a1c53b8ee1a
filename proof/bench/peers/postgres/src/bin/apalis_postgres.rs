//! apalis on PostgreSQL, with its locks and acknowledgements on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use apalis::prelude::*;
use apalis_postgres::{Config, PostgresStorage};
use banto_bench_driver::{BATCH, ONES, Rates, Tried, asked, rate, tell, to};
use banto_bench_peers_postgres::{LOCK, pool, until_done};
use futures_util::stream;
use serde::{Deserialize, Serialize};

const DONE: &str = "SELECT count(*) FROM apalis.jobs WHERE status = 'Done'";

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
    let pool = pool(&ask).await?;
    PostgresStorage::setup(&pool).await?;
    let config = Config::default().queue("default").batch_size(ask.concurrency);
    let mut storage: PostgresStorage<Letter> = PostgresStorage::new(&pool).with_config(config);
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
    let guarantee = "at least once; locks and acknowledgements durable (synchronous_commit=on), not fenced";
    tell("apalis-postgres", LOCK, guarantee, &Rates { enqueue_one, enqueue_bulk, work });
    Ok(())
}

async fn count(_: Letter, run: Data<Arc<AtomicUsize>>) -> Result<(), BoxDynError> {
    run.fetch_add(1, Ordering::Relaxed);
    Ok(())
}
