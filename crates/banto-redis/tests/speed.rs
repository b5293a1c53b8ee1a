//! What a batch costs the server, beside the same commands without scripts. Run by hand:
//! `cargo test --release -p banto-redis --test speed -- --ignored --nocapture`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::time::{Duration, Instant};

use banto_core::{NewJob, Outcome};
use banto_servers::Redis as Server;
use banto_store::Store;
use own::{ask, asks, open, raw, started, verdict};

#[expect(dead_code, reason = "each test file uses some of it")]
mod own;

const JOBS: usize = 100_000;
const BATCH: usize = 100;
const BULK: usize = 1_000;

/// Seconds of processor the server has used.
async fn spent(server: &Server) -> f64 {
    let info: String = ask(server, &[b"INFO", b"cpu"]).await;
    let of = |name: &str| {
        let line = info.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|value| value.strip_prefix(':')).unwrap().trim().parse::<f64>().unwrap()
    };
    of("used_cpu_user_main_thread") + of("used_cpu_sys_main_thread")
}

async fn measured(server: &Server, what: &str, work: impl Future<Output = ()>) {
    let begun = Instant::now();
    let before = spent(server).await;
    work.await;
    let (took, used) = (begun.elapsed(), spent(server).await - before);
    let per = |time: Duration| JOBS as f64 / time.as_secs_f64();
    println!("{what:<28} {:>9.0} jobs/s, server alone {:>9.0} jobs/s", per(took), per(Duration::from_secs_f64(used)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn speed() {
    let server = started(&[("appendfsync", "everysec")]);
    let store = open(&server, "").await;
    let jobs = own::jobs(JOBS);
    measured(&server, "raw enqueue", raw_enqueue(&server, &jobs)).await;
    measured(&server, "raw claim", raw_claim(&server)).await;
    measured(&server, "raw finish", raw_finish(&server)).await;
    measured(&server, "enqueue by 1000", async {
        for some in jobs.chunks(BULK) {
            store.enqueue(some.into()).await.unwrap();
        }
    })
    .await;
    let mut claimed = Vec::new();
    measured(&server, "claim by 100", async {
        while claimed.len() < JOBS {
            claimed.extend(store.claim(asks(BATCH)).await.unwrap().jobs);
        }
    })
    .await;
    measured(&server, "finish by 100", async {
        for some in claimed.chunks(BATCH) {
            let finishes = some.iter().map(|(job, lease)| verdict(job, *lease, Outcome::Done)).collect();
            store.finish(finishes).await.unwrap();
        }
    })
    .await;
}

/// What an enqueue writes: the two parts, the id, the place in line.
async fn raw_enqueue(server: &Server, jobs: &[NewJob]) {
    let mut raw = raw(server).await;
    for some in jobs.chunks(BULK) {
        let mut pipe = redis::pipe();
        for job in some {
            let id = job.id.bytes().as_slice();
            pipe.cmd("HSET").arg("raw:job").arg(id).arg(job.payload.as_str()).ignore();
            pipe.cmd("HSET").arg("raw:at").arg(id).arg([0_u8; 80].as_slice()).ignore();
            pipe.cmd("ZADD").arg("raw:ids").arg(0).arg(id).ignore();
            pipe.cmd("ZADD").arg("raw:ready").arg(1_767_225_600_000_u64).arg(id).ignore();
        }
        pipe.exec_async(&mut raw).await.unwrap();
    }
}

/// What a claim does: the first in line, its parts, its moving part anew, its lease.
async fn raw_claim(server: &Server) {
    let mut raw = raw(server).await;
    for _ in 0..JOBS / BATCH {
        let mut take = redis::cmd("ZPOPMIN");
        let taken: Vec<(Vec<u8>, f64)> = take.arg("raw:ready").arg(BATCH).query_async(&mut raw).await.unwrap();
        let mut pipe = redis::pipe();
        for (id, _) in &taken {
            pipe.cmd("HGET").arg("raw:at").arg(id).ignore();
            pipe.cmd("HGET").arg("raw:job").arg(id).ignore();
            pipe.cmd("HSET").arg("raw:at").arg(id).arg([1_u8; 80].as_slice()).ignore();
            pipe.cmd("ZADD").arg("raw:lease").arg(1_767_225_600_000_u64).arg(id).ignore();
        }
        pipe.exec_async(&mut raw).await.unwrap();
    }
}

/// What a finish does: the moving part read and written, the lease gone, the end noted.
async fn raw_finish(server: &Server) {
    let mut raw = raw(server).await;
    for _ in 0..JOBS / BATCH {
        let mut look = redis::cmd("ZRANGE");
        let held: Vec<Vec<u8>> = look.arg("raw:lease").arg(0).arg(BATCH - 1).query_async(&mut raw).await.unwrap();
        let mut pipe = redis::pipe();
        for id in &held {
            pipe.cmd("HGET").arg("raw:at").arg(id).ignore();
            pipe.cmd("ZREM").arg("raw:lease").arg(id).ignore();
            pipe.cmd("HSET").arg("raw:at").arg(id).arg([2_u8; 80].as_slice()).ignore();
            pipe.cmd("ZADD").arg("raw:done").arg(1_767_225_600_000_u64).arg(id).ignore();
        }
        pipe.exec_async(&mut raw).await.unwrap();
    }
}
