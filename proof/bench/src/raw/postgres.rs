//! PostgreSQL by the bare driver: our own statements, prepared once a connection, no engine and no checks.

use std::{
    collections::VecDeque,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use banto_postgres::{
    Postgres,
    tokio_postgres::{Client, Error, NoTls, Row, Statement, types::ToSql},
};
use uuid::Uuid;

use crate::{Tried, child::Took, letter, machine::Meter, ours::on_runtime};

/// As many connections as ours has, and no more than there are callers.
const CONNECTIONS: usize = 6;
const ACCEPT: &str =
    "SELECT * FROM banto.accept($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, NULL, $12, $13, false, NULL)";
const CLAIM: &str = "SELECT id, fence, token FROM banto.claim(1, '{default}', $1, 30000, NULL, 7, NULL, NULL, NULL)";
const FINISH: &str = "SELECT banto.finish($1, $2, $3, $4, $5, $6, $7, NULL, $8, $9, $10, $11, false, NULL, false,
    NULL, NULL, NULL)";

/// A connection that knows the statements.
struct Bare {
    client: Client,
    accept: Statement,
    claim: Statement,
    finish: Statement,
}

/// What was leased, as columns.
#[derive(Default)]
struct Leases {
    ids: Vec<Uuid>,
    fences: Vec<i64>,
    tokens: Vec<i64>,
}

/// Inserts `jobs` letters, so many a commit, for so many callers at once.
pub async fn insert(address: &str, jobs: usize, rows: usize, callers: usize) -> Tried<Took> {
    make(address).await?;
    let starts = (0..jobs).step_by(rows.max(1));
    let calls: VecDeque<Letters> = starts.map(|from| Letters::of(from..jobs.min(from + rows))).collect();
    let lines = connections(address, callers.clamp(1, CONNECTIONS)).await?;
    let (calls, meter) = (Arc::new(Mutex::new(calls)), Meter::start(Some(pid(address).await?)));
    each(lines, |bare| {
        let calls = Arc::clone(&calls);
        async move {
            let next = || calls.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            while let Some(letters) = next() {
                bare.accept(&letters).await?;
            }
            Ok(0)
        }
    })
    .await?;
    Ok(meter.took())
}

/// Claims and finishes `jobs` letters that are there, `rows` a commit, by two loops: one writes while the other waits for
/// the disk.
pub async fn work(address: &str, jobs: usize, rows: usize) -> Tried<Took> {
    let lines = connections(address, 2).await?;
    let meter = Meter::start(Some(pid(address).await?));
    let loops = each(lines, |bare| async move {
        let mut done = 0;
        loop {
            let leases = bare.claim(rows.max(1)).await?;
            if leases.ids.is_empty() {
                return Ok(done);
            }
            bare.finish(&leases).await?;
            done += leases.ids.len();
        }
    });
    let done = loops.await?;
    if done != jobs { Err(format!("work {jobs} jobs by bare statements: {done} are done")) } else { Ok(meter.took()) }
}

/// One commit that brings a job and one that claims it, in milliseconds each time.
pub async fn latency(address: String, times: usize) -> Tried<Took> {
    make(&address).await?;
    let (bare, mut took) = (Bare::at(&address).await?, Took::default());
    for number in 0..times {
        tokio::time::sleep(letter::PAUSE).await;
        let letters = Letters::of(number..number + 1);
        let began = Instant::now();
        bare.accept(&letters).await?;
        let leases = bare.claim(1).await?;
        took.samples.push(began.elapsed().as_secs_f64() * 1e3);
        if leases.ids.len() != 1 {
            return Err("claim the one job by a bare statement: it did not come".into());
        }
    }
    Ok(took)
}

/// Makes a database of that name, and lets the server come to rest.
pub fn create(address: &str, name: &str) -> Tried<()> {
    on_runtime(async {
        let client = connect(address).await?;
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.map_err(failed)?;
        client.batch_execute("CHECKPOINT").await.map_err(failed)
    })
}

/// Drops the database at that address, if it is one of PostgreSQL's.
pub fn drop_database(address: &str) -> Tried<()> {
    let Some((server, name)) = address.strip_prefix("postgres://").and_then(|rest| rest.rsplit_once('/')) else {
        return Ok(());
    };
    on_runtime(async {
        let client = connect(&format!("postgres://{server}/postgres")).await?;
        client.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await.map_err(failed)
    })
}

/// How many transactions have written anything.
pub async fn commits(address: &str) -> Tried<f64> {
    let row = ask(address, "SELECT txid_snapshot_xmax(txid_current_snapshot())").await?;
    row.try_get::<_, i64>(0).map(|count| count as f64).map_err(failed)
}

/// The server's first process.
pub async fn pid(address: &str) -> Tried<i32> {
    let row = ask(address, "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::integer").await?;
    row.try_get(0).map_err(failed)
}

/// Its version and what its `Ok` is worth.
pub async fn told_of(address: &str) -> Tried<String> {
    let sql = "SELECT 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1) || ', fsync '
        || current_setting('fsync') || ', synchronous_commit ' || current_setting('synchronous_commit')";
    ask(address, sql).await?.try_get(0).map_err(failed)
}

async fn ask(address: &str, sql: &str) -> Tried<Row> {
    connect(address).await?.query_one(sql, &[]).await.map_err(failed)
}

/// The tables and functions are our own.
async fn make(address: &str) -> Tried<()> {
    Postgres::open(address).await.map(drop).map_err(|error| error.to_string())
}

fn failed(error: Error) -> String {
    let told = error.as_db_error().map(ToString::to_string);
    format!("ask bare PostgreSQL: {}", told.unwrap_or_else(|| error.to_string()))
}

async fn connect(address: &str) -> Tried<Client> {
    let (client, connection) = banto_postgres::tokio_postgres::connect(address, NoTls).await.map_err(failed)?;
    tokio::spawn(connection);
    Ok(client)
}

async fn connections(address: &str, count: usize) -> Tried<Vec<Bare>> {
    let mut lines = Vec::new();
    for _ in 0..count {
        lines.push(Bare::at(address).await?);
    }
    Ok(lines)
}

/// Runs a loop on each connection, all at once; gives the sum of what they say.
async fn each<F: Future<Output = Tried<usize>> + Send + 'static>(
    lines: Vec<Bare>,
    work: impl Fn(Bare) -> F,
) -> Tried<usize> {
    let running: Vec<_> = lines.into_iter().map(|bare| tokio::spawn(work(bare))).collect();
    let mut sum = 0;
    for one in running {
        sum += one.await.map_err(|error| format!("wait for a loop: {error}"))??;
    }
    Ok(sum)
}

impl Bare {
    async fn at(address: &str) -> Tried<Bare> {
        let client = connect(address).await?;
        let accept = client.prepare(ACCEPT).await.map_err(failed)?;
        let claim = client.prepare(CLAIM).await.map_err(failed)?;
        let finish = client.prepare(FINISH).await.map_err(failed)?;
        Ok(Bare { client, accept, claim, finish })
    }

    async fn accept(&self, letters: &Letters) -> Tried<()> {
        self.client.query(&self.accept, &letters.values()).await.map(drop).map_err(failed)
    }

    async fn claim(&self, limit: usize) -> Tried<Leases> {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let rows = self.client.query(&self.claim, &[&limit]).await.map_err(failed)?;
        let mut leases = Leases::default();
        // The first row is no job.
        for row in rows.iter().skip(1) {
            leases.ids.push(row.try_get(0).map_err(failed)?);
            leases.fences.push(row.try_get(1).map_err(failed)?);
            leases.tokens.push(row.try_get(2).map_err(failed)?);
        }
        Ok(leases)
    }

    async fn finish(&self, leases: &Leases) -> Tried<()> {
        let count = leases.ids.len();
        let (done, ones, noughts, delays) =
            (vec![4_i32; count], vec![1_i32; count], vec![0_i32; count], vec![0_i64; count]);
        let (words, none) = (vec!["done"; count], vec![None::<&str>; count]);
        let values: [&(dyn ToSql + Sync); 11] =
            [&leases.ids, &leases.fences, &leases.tokens, &done, &ones, &noughts, &delays, &words, &none, &none, &none];
        self.client.query(&self.finish, &values).await.map(drop).map_err(failed)
    }
}

/// Letters as the columns of one call.
struct Letters {
    ids: Vec<Uuid>,
    kinds: Vec<&'static str>,
    versions: Vec<i32>,
    queues: Vec<&'static str>,
    priorities: Vec<i32>,
    none: Vec<Option<i64>>,
    holds: Vec<Option<i32>>,
    attempts_max: Vec<i32>,
    options: Vec<Option<&'static str>>,
    payloads: Vec<String>,
    sums: Vec<i64>,
}

impl Letters {
    fn of(numbers: std::ops::Range<usize>) -> Letters {
        let count = numbers.len();
        Letters {
            ids: numbers.clone().map(|number| Uuid::from_u128(number as u128)).collect(),
            kinds: vec![letter::KIND; count],
            versions: vec![1; count],
            queues: vec!["default"; count],
            priorities: vec![5; count],
            none: vec![None; count],
            holds: vec![None; count],
            attempts_max: vec![0; count],
            options: vec![None; count],
            payloads: numbers.map(letter::text).collect(),
            sums: vec![7; count],
        }
    }

    fn values(&self) -> [&(dyn ToSql + Sync); 13] {
        [
            &self.ids,
            &self.kinds,
            &self.versions,
            &self.queues,
            &self.priorities,
            &self.none,
            &self.none,
            &self.attempts_max,
            &self.options,
            &self.payloads,
            &self.sums,
            &self.holds,
            &self.none,
        ]
    }
}
