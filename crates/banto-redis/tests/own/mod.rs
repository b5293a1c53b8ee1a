//! What the tests of this crate share: servers of their own, a look past the store, and jobs.

use std::{sync::Arc, time::Duration};

use banto_core::{Facts, Ids, InstanceId, Job, Lease, Name, NewJob, Outcome, Payload, decide, retry::Backoff};
use banto_redis::{Options, Redis, Time};
use banto_servers::Redis as Server;
use banto_store::{Claim, Finish, GivenClock, Store};
use redis::{FromRedisValue, aio::MultiplexedConnection};

/// When every test begins: 2026-01-01T00:00:00Z.
pub const START_MS: i64 = 1_767_225_600_000;
/// Far longer than anything takes; only to end a test.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// A server that keeps what it is given.
pub fn server() -> Server {
    started(&[])
}

/// The same with more settings.
pub fn started(more: &[(&str, &str)]) -> Server {
    Server::start(&[&[("appendonly", "yes"), ("save", "")], more].concat()).unwrap()
}

/// A store on that server, with the server's clock.
pub async fn open(server: &Server, options: &str) -> Redis {
    Redis::open(&format!("{}/?{options}", server.url())).await.unwrap()
}

/// A store on that server, with a clock that stands still.
pub async fn given(server: &Server) -> (Redis, GivenClock) {
    let clock = GivenClock::at(START_MS);
    let options: Options = server.url().parse().unwrap();
    (Redis::open_with(options, Time::Given(Arc::new(clock.clone()))).await.unwrap(), clock)
}

/// A look past the store.
pub async fn raw(server: &Server) -> MultiplexedConnection {
    redis::Client::open(server.url()).unwrap().get_multiplexed_async_connection().await.unwrap()
}

/// Asks the server itself.
pub async fn ask<T: FromRedisValue>(server: &Server, words: &[&[u8]]) -> T {
    let mut command = redis::Cmd::new();
    words.iter().for_each(|word| {
        command.arg(*word);
    });
    command.query_async(&mut raw(server).await).await.unwrap()
}

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// So many jobs of queue `mail`.
pub fn jobs(count: usize) -> Vec<NewJob> {
    let mut ids = Ids::new(fastrand::u64(..));
    let job = |number| {
        let payload = Payload::parse(&format!("{{\"n\":{number}}}")).unwrap();
        NewJob::new(ids.make(START_MS), name("send"), name("mail"), payload)
    };
    (0..count).map(job).collect()
}

/// Accepts so many jobs.
pub async fn enqueue(store: &Redis, count: usize) -> Vec<NewJob> {
    let jobs = jobs(count);
    let answers = store.enqueue(jobs.clone().into()).await.unwrap();
    assert!(answers.iter().all(|answer| answer.fresh));
    jobs
}

/// What instance 1 asks for.
pub fn asks(limit: usize) -> Claim {
    Claim { instance: InstanceId(1), queues: vec![name("mail")], limit, lease_ms: 10_000, adopt: Vec::new() }
}

/// What is written of a job that ended so.
pub fn verdict(job: &Job, lease: Lease, outcome: Outcome) -> Finish {
    let backoff = Backoff::Table(vec![1_000]);
    Finish { lease, verdict: decide(&Facts::of(job, &backoff), outcome, START_MS, 1) }
}

/// Asks until it is so.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, ask: impl Fn() -> F) -> T {
    let asked = async {
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"))
}
