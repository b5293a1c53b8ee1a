//! rusty-sidekiq. It takes a job off its list before it runs it and acknowledges nothing, so the last run is the end of the work;
//! it has no call for many jobs.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use banto_bench_driver::{ONES, Rates, Tried, all_done, asked, rate, tell, to};
use banto_bench_peers_redis::LOCK;
use serde::{Deserialize, Serialize};
use sidekiq::{Processor, ProcessorConfig, RedisConnectionManager, Worker};

static RUN: AtomicUsize = AtomicUsize::new(0);

#[derive(Clone)]
struct SendLetter;

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Letter {
    to: String,
    template: String,
}

#[async_trait]
impl Worker<Letter> for SendLetter {
    async fn perform(&self, _: Letter) -> sidekiq::Result<()> {
        RUN.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

fn letter(number: usize) -> Letter {
    Letter { to: to(number), template: "welcome".into() }
}

#[tokio::main]
async fn main() -> Tried<()> {
    let ask = asked()?;
    let manager = RedisConnectionManager::new(ask.address.as_str())?;
    let pool = bb8::Pool::builder().max_size(ask.connections + u32::try_from(ask.concurrency)?).build(manager).await?;
    let began = Instant::now();
    for number in 0..ONES {
        SendLetter::perform_async(&pool, letter(number)).await?;
    }
    let enqueue_one = rate(ONES, began);
    for number in ONES..ask.jobs {
        SendLetter::perform_async(&pool, letter(number)).await?;
    }
    let config = ProcessorConfig::default().num_workers(ask.concurrency);
    let mut processor = Processor::new(pool, vec!["default".into()]).with_config(config);
    processor.register(SendLetter);
    let began = Instant::now();
    let working = tokio::spawn(processor.run());
    while !all_done(RUN.load(Ordering::Relaxed), ask.jobs, began)? {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let work = rate(ask.jobs, began);
    working.abort();
    let guarantee = "at most once: a job is off the list before it runs, and a killed process loses it";
    tell("rusty-sidekiq", LOCK, guarantee, &Rates { enqueue_one, enqueue_bulk: 0.0, work });
    Ok(())
}
