//! awa, with its own storage, which a first start of a client brings into force, and its call for much at once (COPY).

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use awa::{
    Client, InsertOpts, InsertParams, JobArgs, JobResult, QueueConfig, QueueStorage, QueueStorageConfig, insert,
};
use awa_sqlx::{PgPool, postgres::PgPoolOptions};
use banto_bench_driver::{BATCH, ONES, Rates, Tried, all_done, asked, rate, tell, to};
use banto_bench_peers_postgres::LOCK;
use serde::{Deserialize, Serialize};

/// How long a client may take to stop.
const STOPPING: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, Deserialize, Serialize, JobArgs)]
struct Letter {
    to: String,
    template: String,
}

fn letter(number: usize) -> Letter {
    Letter { to: to(number), template: "welcome".into() }
}

fn params(number: usize) -> Tried<InsertParams> {
    let args = serde_json::to_value(letter(number))?;
    Ok(InsertParams { kind: Letter::kind().into(), args, opts: InsertOpts::default() })
}

#[tokio::main]
async fn main() -> Tried<()> {
    let ask = asked()?;
    let pool = PgPoolOptions::new().max_connections(ask.connections).connect(&ask.address).await?;
    awa::migrations::run(&pool).await?;
    let run = Arc::new(AtomicUsize::new(0));
    let first = client(&pool, "nothing", 1, &run)?;
    first.start().await?;
    first.shutdown(STOPPING).await;
    let began = Instant::now();
    for number in 0..ONES {
        insert(&pool, &letter(number)).await?;
    }
    let enqueue_one = rate(ONES, began);
    let storage = QueueStorage::new(QueueStorageConfig::default())?;
    let began = Instant::now();
    for from in (ONES..ask.jobs).step_by(BATCH) {
        let many = (from..ask.jobs.min(from + BATCH)).map(params).collect::<Tried<Vec<InsertParams>>>()?;
        storage.enqueue_params_copy(&pool, &many).await?;
    }
    let enqueue_bulk = rate(ask.jobs - ONES, began);
    let workers = u32::try_from(ask.concurrency)?;
    let client = client(&pool, "default", workers, &run)?;
    client.start().await?;
    // It takes seconds to start, which is nobody's rate: the clock begins with the first run.
    let mut began = Instant::now();
    while !all_done(run.load(Ordering::Relaxed), 1, began)? {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    began = Instant::now();
    while !all_done(run.load(Ordering::Relaxed), ask.jobs, began)? {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    // Its own overview counts everything anew, which takes longer than the work: what is completed and durable stands here.
    let completed = "SELECT coalesce(sum(completed_count), 0)::bigint FROM awa.receipt_completion_batches";
    loop {
        let done: i64 = awa_sqlx::query_scalar(completed).fetch_one(&pool).await?;
        if all_done(usize::try_from(done)?, ask.jobs, began)? {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let work = rate(ask.jobs, began);
    client.shutdown(STOPPING).await;
    let guarantee = "at least once; completions batched, durable (synchronous_commit=on) and fenced by the run's lease";
    tell("awa", LOCK, guarantee, &Rates { enqueue_one, enqueue_bulk, work });
    Ok(())
}

fn client(pool: &PgPool, queue: &str, max_workers: u32, run: &Arc<AtomicUsize>) -> Tried<Client> {
    let config =
        QueueConfig { max_workers, claimers: 2, poll_interval: Duration::from_millis(20), ..QueueConfig::default() };
    let run = Arc::clone(run);
    let client = Client::builder(pool.clone()).queue(queue, config).register::<Letter, _, _>(move |_, _| {
        run.fetch_add(1, Ordering::Relaxed);
        async { Ok(JobResult::Completed) }
    });
    Ok(client.build()?)
}
