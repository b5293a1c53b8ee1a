//! apalis on Redis. Mode `unlocked` leaves out its locks and its events: it is faster, and two workers that both believe to
//! have a job are then not told apart. Its results stay: without them it acknowledges nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use apalis::prelude::*;
use apalis_redis::{Config, RedisStorage};
use banto_bench_driver::{BATCH, ONES, Rates, Tried, all_done, asked, rate, tell, to};
use banto_bench_peers_redis::LOCK;
use futures_util::stream;
use serde::{Deserialize, Serialize};

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
    let unlocked = ask.mode == "unlocked";
    let connection = apalis_redis::connect(ask.address.as_str()).await?;
    let mut config = Config::default().queue("default").batch_size(ask.concurrency);
    config.lock_tasks = !unlocked;
    config.emit_events = !unlocked;
    let mut storage: RedisStorage<Letter> = RedisStorage::new(connection).with_config(config);
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
    let worker = WorkerBuilder::new("bench")
        .backend(storage.poll_with_interval(Duration::from_millis(1)))
        .data(run.clone())
        .build(count);
    let working = tokio::spawn(worker.run());
    while !all_done(run.load(Ordering::Relaxed), ask.jobs, began)? {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let client = redis::Client::open(ask.address.as_str())?;
    let mut line = client.get_multiplexed_async_connection().await?;
    // Whatever it still holds is not acknowledged yet.
    loop {
        let held: Vec<String> = redis::cmd("KEYS").arg("*inflight*").query_async(&mut line).await?;
        let mut left = 0_usize;
        for key in held {
            left += redis::cmd("SCARD").arg(key).query_async::<usize>(&mut line).await.unwrap_or(0);
        }
        if all_done(ask.jobs - left.min(ask.jobs), ask.jobs, began)? {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let work = rate(ask.jobs, began);
    working.abort();
    let guarantee = match unlocked {
        true => "at least once; acknowledged in batches into the same file, no locks or events, not fenced",
        false => "at least once; locked, acknowledged in batches into the same file, not fenced",
    };
    tell("apalis-redis", LOCK, guarantee, &Rates { enqueue_one, enqueue_bulk, work });
    Ok(())
}

async fn count(_: Letter, run: Data<Arc<AtomicUsize>>) -> Result<(), BoxDynError> {
    run.fetch_add(1, Ordering::Relaxed);
    Ok(())
}
