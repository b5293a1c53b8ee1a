//! How fast the store is, through the contract: bulk enqueue, then claim and finish in batches, beside the raw limit of
//! SQLite at the same rows a commit. `cargo run --release -p banto-sqlite --example speed -- [JOBS] [BATCH] [WORKERS]`
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "an example that measures")]

use std::{sync::Arc, time::Instant};

use banto_core::{Ids, InstanceId, Name, NewJob, Payload, State, Verdict};
use banto_sqlite::{
    Options, Sqlite, Store,
    rusqlite::{Connection, params},
};
use banto_store::{Claim, Finish, GivenClock, Read, SystemClock};

fn main() {
    let number = |at: usize, default: usize| std::env::args().nth(at).map_or(default, |text| text.parse().unwrap());
    let (jobs, batch, workers) = (number(1, 100_000), number(2, 500), number(3, 2));
    let folder = tempfile::tempdir_in(".").unwrap();
    raw(&folder.path().join("raw.db"), jobs, 1_000, batch);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let options = Options::of(folder.path().join("banto.db"));
    // Under a given clock and inline, an instruction counter (valgrind) says the same each time.
    let store = match std::env::args().nth(4).as_deref() {
        Some("inline") => Sqlite::inline(options, Arc::new(GivenClock::at(1_760_000_000_000)), 1),
        _ => Sqlite::open_with(options, Arc::new(SystemClock)),
    };
    let store = store.unwrap();
    runtime.block_on(async {
        for size in [1_000, 100] {
            enqueue(&store, jobs / 2, size).await;
        }
        work(&store, jobs, batch, workers).await;
        println!("{:?}", store.tally().await.unwrap());
    });
}

async fn enqueue(store: &Sqlite, jobs: usize, size: usize) {
    let mut ids = Ids::new(size as u64);
    let (kind, queue) = (Name::new("mail.send-letter").unwrap(), Name::new("default").unwrap());
    let text = format!("{{\"to\":\"{}@example.org\",\"template\":\"welcome\"}}", "x".repeat(60));
    let payload = Payload::parse(&text).unwrap();
    let job = |ids: &mut Ids| NewJob::new(ids.make(1_760_000_000_000), kind.clone(), queue.clone(), payload.clone());
    let batches: Vec<Vec<NewJob>> = (0..jobs / size).map(|_| (0..size).map(|_| job(&mut ids)).collect()).collect();
    let begun = Begun::now();
    let mut sent = std::collections::VecDeque::new();
    for batch in batches {
        // Two at a time: one is written while the next is made ready, as two producers would.
        if sent.len() == 2 {
            let waiting: tokio::task::JoinHandle<()> = sent.pop_front().unwrap();
            waiting.await.unwrap();
        }
        let store = store.clone();
        sent.push_back(tokio::spawn(async move { drop(store.enqueue(batch).await.unwrap()) }));
    }
    for waiting in sent {
        waiting.await.unwrap();
    }
    report(&format!("enqueue, {size} a call"), jobs, begun);
}

async fn work(store: &Sqlite, jobs: usize, batch: usize, workers: usize) {
    let begun = Begun::now();
    let each = (0..workers).map(|number| {
        let store = store.clone();
        tokio::spawn(async move { worker(store, number as u64 + 1, batch).await })
    });
    let each: Vec<_> = each.collect();
    let mut done = 0;
    for worker in each {
        done += worker.await.unwrap();
    }
    assert_eq!(done, jobs);
    report(&format!("claim and finish, {batch} a call, {workers} workers"), jobs, begun);
}

/// Finishes what it has while it claims what comes next, as the engine does: both go into one commit.
async fn worker(store: Sqlite, number: u64, batch: usize) -> usize {
    let queues = vec![Name::new("default").unwrap()];
    let (mut done, mut finishes) = (0, Vec::new());
    loop {
        let claim = Claim {
            instance: InstanceId(number),
            queues: queues.clone(),
            limit: batch,
            lease_ms: 10_000,
            adopt: vec![],
        };
        let (finished, claimed) = tokio::join!(store.finish(finishes), store.claim(claim));
        done += finished.unwrap().len();
        let jobs = claimed.unwrap().jobs;
        if jobs.is_empty() {
            return done;
        }
        let verdict = |attempt| Verdict {
            to: State::Done,
            delay_ms: 0,
            attempt,
            crashes: 0,
            word: "done",
            error: None,
            park: None,
        };
        finishes = jobs.iter().map(|(job, lease)| Finish { lease: *lease, verdict: verdict(job.attempt) }).collect();
    }
}

/// SQLite with nothing around it: one table without an index, a row a job, the same rows a commit.
fn raw(path: &std::path::Path, jobs: usize, size: usize, batch: usize) {
    let db = Connection::open(path).unwrap();
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;
        CREATE TABLE job (seq INTEGER PRIMARY KEY, id BLOB, kind TEXT, queue TEXT, run_at INTEGER, state INTEGER, token INTEGER, payload TEXT) STRICT;").unwrap();
    let payload = "x".repeat(100);
    let begun = Begun::now();
    for from in (0..jobs).step_by(size) {
        db.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut insert = db
            .prepare_cached("INSERT INTO job VALUES (?1, ?2, 'mail.send-letter', 'default', ?3, 1, NULL, ?4)")
            .unwrap();
        for seq in from..from + size {
            insert.execute(params![seq as i64, [7u8; 16], 1_760_000_000_000i64 + seq as i64, payload]).unwrap();
        }
        db.execute_batch("COMMIT").unwrap();
    }
    report(&format!("raw insert, {size} a commit"), jobs, begun);
    let begun = Begun::now();
    for from in (0..jobs + batch).step_by(batch) {
        db.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut update = db.prepare_cached("UPDATE job SET state = ?2, token = ?3 WHERE seq = ?1").unwrap();
        for seq in from.saturating_sub(batch)..from {
            update.execute(params![seq as i64, 4, 0]).unwrap();
        }
        let mut find =
            db.prepare_cached("SELECT seq, id, kind, payload FROM job WHERE seq >= ?1 ORDER BY seq LIMIT ?2").unwrap();
        let found: Vec<(i64, String)> = find
            .query_map([from as i64, batch as i64], |row| Ok((row.get(0)?, row.get(3)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        for (seq, _) in found {
            update.execute(params![seq, 2, 77]).unwrap();
        }
        db.execute_batch("COMMIT").unwrap();
    }
    report(&format!("raw claim and finish, {batch} a commit"), jobs, begun);
}

/// A measure: time by the wall, and by the processor, which tells more on a machine that others use too.
#[derive(Clone, Copy)]
struct Begun(Instant, f64);

impl Begun {
    fn now() -> Begun {
        Begun(Instant::now(), processor_s())
    }
}

/// What this process has used of the processor, in seconds.
fn processor_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn report(what: &str, jobs: usize, Begun(wall, processor): Begun) {
    let (each, used) = (jobs as f64 / wall.elapsed().as_secs_f64(), (processor_s() - processor) * 1e6 / jobs as f64);
    println!("{what:<48} {each:>9.0} jobs/s {used:>7.2} µs of processor each");
}
