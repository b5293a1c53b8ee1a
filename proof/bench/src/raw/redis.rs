//! Redis by the bare driver: our own scripts, the words of a call put together by hand, no engine and no checks.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use redis::{AsyncConnectionConfig, Client, Cmd, IntoConnectionInfo as _, Value, aio::MultiplexedConnection};

use crate::{Tried, child::Took, letter, machine::Meter};

/// As many as ours has.
const CONNECTIONS: usize = 2;
/// What all keys begin with.
const BASE: &str = "{raw}:";

/// Connections that know the scripts.
#[derive(Clone)]
struct Bare {
    lines: Vec<MultiplexedConnection>,
    enqueue: String,
    claim: String,
    finish: String,
}

/// Inserts `jobs` letters, so many a script, for so many callers at once.
pub async fn insert(address: &str, jobs: usize, rows: usize, callers: usize) -> Tried<Took> {
    let bare = Bare::at(address).await?;
    let starts = (0..jobs).step_by(rows.max(1));
    let calls: VecDeque<Cmd> = starts.map(|from| bare.enqueue(from..jobs.min(from + rows))).collect();
    let (calls, meter) = (Arc::new(Mutex::new(calls)), Meter::start(Some(pid(address).await?)));
    let each = (0..callers.max(1)).map(|number| {
        let (calls, mut line) = (Arc::clone(&calls), bare.line(number));
        tokio::spawn(async move {
            let next = || calls.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            while let Some(call) = next() {
                told::<Value>(&mut line, &call).await?;
            }
            Ok::<(), String>(())
        })
    });
    for caller in each.collect::<Vec<_>>() {
        caller.await.map_err(|error| format!("wait for a caller: {error}"))??;
    }
    Ok(meter.took())
}

/// Claims and finishes `jobs` letters that are there, `rows` a script, by as many loops as there are connections.
pub async fn work(address: &str, jobs: usize, rows: usize) -> Tried<Took> {
    let bare = Bare::at(address).await?;
    let meter = Meter::start(Some(pid(address).await?));
    let each = (0..CONNECTIONS).map(|number| {
        let (bare, mut line) = (bare.clone(), bare.line(number));
        tokio::spawn(async move {
            let mut done = 0;
            loop {
                let leases = leases(told(&mut line, &bare.claim(rows.max(1))).await?)?;
                if leases.is_empty() {
                    return Ok::<usize, String>(done);
                }
                told::<Value>(&mut line, &bare.finish(&leases)).await?;
                done += leases.len();
            }
        })
    });
    let mut done = 0;
    for each in each.collect::<Vec<_>>() {
        done += each.await.map_err(|error| format!("wait for a loop: {error}"))??;
    }
    if done != jobs { Err(format!("work {jobs} jobs by bare scripts: {done} are done")) } else { Ok(meter.took()) }
}

/// One script that brings a job and one that claims it, in milliseconds each time.
pub async fn latency(address: String, times: usize) -> Tried<Took> {
    let bare = Bare::at(&address).await?;
    let (mut line, mut took) = (bare.line(0), Took::default());
    for number in 0..times {
        tokio::time::sleep(letter::PAUSE).await;
        let (enqueue, claim) = (bare.enqueue(number..number + 1), bare.claim(1));
        let began = Instant::now();
        told::<Value>(&mut line, &enqueue).await?;
        let answer = told(&mut line, &claim).await?;
        took.samples.push(began.elapsed().as_secs_f64() * 1e3);
        if leases(answer)?.len() != 1 {
            return Err("claim the one job by a bare script: it did not come".into());
        }
    }
    Ok(took)
}

/// Empties the database at that address.
pub fn flush(address: &str) -> Tried<()> {
    let failed = |error| format!("empty {address}: {error}");
    let mut line = Client::open(address).map_err(failed)?.get_connection().map_err(failed)?;
    redis::cmd("FLUSHDB").query(&mut line).map_err(failed)
}

/// How many scripts it has run.
pub async fn commits(address: &str) -> Tried<f64> {
    let calls = said(address, "commandstats", "cmdstat_evalsha:calls=").await?;
    let calls = calls.as_deref().and_then(|text| text.split(',').next()).unwrap_or("0");
    calls.parse().map_err(|_| format!("count the scripts at {address}: it says \"{calls}\""))
}

/// The server's process.
pub async fn pid(address: &str) -> Tried<i32> {
    let pid = said(address, "server", "process_id:").await?;
    pid.and_then(|pid| pid.parse().ok()).ok_or_else(|| format!("find the server's process at {address}"))
}

/// Its version and what its `Ok` is worth.
pub async fn told_of(address: &str) -> Tried<String> {
    let version = said(address, "server", "redis_version:").await?.unwrap_or_default();
    let mut line = connect(address).await?;
    let mut settings = Vec::new();
    for name in ["appendonly", "appendfsync"] {
        let pair: Vec<String> = told(&mut line, redis::cmd("CONFIG").arg("GET").arg(name)).await?;
        settings.push(pair.join(" "));
    }
    Ok(format!("Redis {version}, {}", settings.join(", ")))
}

async fn said(address: &str, section: &str, name: &str) -> Tried<Option<String>> {
    let info: String = told(&mut connect(address).await?, redis::cmd("INFO").arg(section)).await?;
    Ok(info.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned))
}

async fn told<T: redis::FromRedisValue>(line: &mut MultiplexedConnection, command: &Cmd) -> Tried<T> {
    command.query_async(line).await.map_err(|error| format!("ask bare Redis: {error}"))
}

async fn connect(address: &str) -> Tried<MultiplexedConnection> {
    let failed = |error| format!("connect to {address}: {error}");
    let tcp = redis::io::tcp::TcpSettings::default().set_nodelay(true);
    let info = address.into_connection_info().map_err(failed)?.set_tcp_settings(tcp);
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let client = Client::open(info).map_err(failed)?;
    client.get_multiplexed_async_connection_with_config(&config).await.map_err(failed)
}

impl Bare {
    async fn at(address: &str) -> Tried<Bare> {
        let mut lines = Vec::new();
        for _ in 0..CONNECTIONS {
            lines.push(connect(address).await?);
        }
        let mut line = connect(address).await?;
        let mut names = Vec::new();
        for verb in ["enqueue", "claim", "finish"] {
            let text = banto_redis::script_of(verb).ok_or_else(|| format!("there is no script \"{verb}\""))?;
            names.push(told::<String>(&mut line, redis::cmd("SCRIPT").arg("LOAD").arg(text)).await?);
        }
        let mut names = names.into_iter();
        let mut name = || names.next().unwrap_or_default();
        Ok(Bare { lines, enqueue: name(), claim: name(), finish: name() })
    }

    fn line(&self, number: usize) -> MultiplexedConnection {
        let line = self.lines.get(number % self.lines.len().max(1));
        line.cloned().unwrap_or_else(|| unreachable!("there are always lines"))
    }

    /// A call of a script: the server's clock, and nobody to be woken.
    fn call(sha: &str) -> Cmd {
        let mut call = redis::cmd("EVALSHA");
        call.arg(sha).arg(1).arg(BASE).arg("").arg("raw");
        call
    }

    fn enqueue(&self, numbers: std::ops::Range<usize>) -> Cmd {
        let mut call = Bare::call(&self.enqueue);
        call.arg(1).arg(format!("default {} 1", letter::KIND));
        for number in numbers {
            let mut id = [0_u8; 16];
            id.iter_mut().zip(number.to_be_bytes()).for_each(|(to, from)| *to = from);
            // The class, the priority, due at once, no flags.
            let head = [1_u8, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            // A sum, no hold, no key, no due instant, then what only a reader looks at.
            let mut fixed = vec![0_u8; 4];
            fixed.push(255);
            fixed.extend([0; 10]);
            fixed.extend(format!("default {} 1", letter::KIND).into_bytes());
            fixed.extend(letter::text(number).into_bytes());
            call.arg(&id[..]).arg(&head[..]).arg(fixed);
        }
        call
    }

    fn claim(&self, limit: usize) -> Cmd {
        let mut call = Bare::call(&self.claim);
        call.arg(&[1_u8, 0, 0, 0, 0, 0, 0, 0][..]).arg(30_000).arg(limit).arg(vec![7_u8; 8 * limit]);
        call.arg(2_000).arg(1).arg("default");
        call
    }

    fn finish(&self, leases: &[Vec<u8>]) -> Cmd {
        let mut call = Bare::call(&self.finish);
        for lease in leases {
            // Done, no cause, the first attempt, no crash, no delay, nothing more.
            let verdict = [4_u8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            call.arg([lease.as_slice(), &verdict].concat());
        }
        call
    }
}

/// The leases that a claim gave, each as a verdict names it: job, fence and token.
fn leases(answer: Value) -> Tried<Vec<Vec<u8>>> {
    let odd = || "read what a bare claim gave: it is of another form".to_owned();
    let Value::Array(answer) = answer else { return Err(odd()) };
    let Some(Value::Array(parts)) = answer.get(2) else { return Err(odd()) };
    let Some(Value::Array(given)) = parts.get(2) else { return Err(odd()) };
    let lease = |job: &[Value]| match job {
        [Value::BulkString(id), Value::BulkString(row), ..] => {
            Some([id.as_slice(), row.get(12..16)?, row.get(60..68)?].concat())
        }
        _ => None,
    };
    given.chunks(4).map(|job| lease(job).ok_or_else(odd)).collect()
}
