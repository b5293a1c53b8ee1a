//! The server fails: banto says truthfully what became of a call, loses nothing that was acked, and comes back with the server.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use banto_core::{Ids, InstanceId, JobId, Name, NewJob, Payload};
use banto_postgres::{Options, Postgres, Time, tokio_postgres};
use banto_servers::Stop;
use banto_store::{Claim, Fault, Finish, Read, Select, Store, StoreError};

mod place;
use place::Schema;

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn job(ids: &mut Ids) -> NewJob {
    NewJob::new(ids.make(1_767_225_600_000), name("send"), name("mail"), Payload::parse("{\"n\":1}").unwrap())
}

fn claim(limit: usize) -> Claim {
    Claim { instance: InstanceId(1), queues: vec![name("mail")], limit, lease_ms: 10_000, adopt: vec![] }
}

/// Repeats a call as the engine does, until it is done or its failure is not one that passes.
async fn insist<T, F: Future<Output = Result<T, StoreError>>>(mut call: impl FnMut() -> F) -> T {
    for _ in 0..600 {
        match call().await {
            Ok(done) => return done,
            Err(error) if error.again() => tokio::time::sleep(Duration::from_millis(50)).await,
            Err(error) => panic!("{:?}: {error}", error.fault()),
        }
    }
    panic!("it does not come back")
}

async fn all(store: &Postgres) -> BTreeSet<JobId> {
    let (mut found, mut before) = (BTreeSet::new(), None);
    loop {
        let page = store.jobs(Select::default(), before).await.unwrap();
        found.extend(page.jobs.iter().map(|job| job.id));
        before = page.jobs.last().map(|job| job.id);
        if !page.more {
            return found;
        }
    }
}

/// Enqueues until it is stopped; the ids that were acked.
fn enqueuer(store: Postgres, seed: u64, stop: Arc<AtomicBool>) -> tokio::task::JoinHandle<BTreeSet<JobId>> {
    tokio::spawn(async move {
        let (mut ids, mut acked) = (Ids::new(seed), BTreeSet::new());
        while !stop.load(Ordering::SeqCst) {
            let jobs: Arc<[NewJob]> = (0..5).map(|_| job(&mut ids)).collect();
            for answer in insist(|| store.enqueue(jobs.clone())).await {
                acked.insert(answer.id);
            }
        }
        acked
    })
}

/// Claims and finishes until it is stopped; what was finished, each as often as that was said to be new.
fn worker(store: Postgres, stop: Arc<AtomicBool>) -> tokio::task::JoinHandle<usize> {
    tokio::spawn(async move {
        let mut done = 0;
        while !stop.load(Ordering::SeqCst) {
            let claimed = insist(|| store.claim(claim(20))).await;
            let finishes: Vec<Finish> = claimed.jobs.iter().map(|(job, lease)| done_of(job, *lease)).collect();
            done += insist(|| store.finish(finishes.clone())).await.len();
        }
        done
    })
}

fn done_of(job: &banto_core::Job, lease: banto_core::Lease) -> Finish {
    let backoff = banto_core::Backoff::default();
    let facts = banto_core::Facts::of(job, &backoff);
    Finish { lease, verdict: banto_core::decide(&facts, banto_core::Outcome::Done, 0, 1) }
}

/// B7: the server crashes and is killed under load, and comes back: what was acked is there, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b7_a_server_that_crashes_under_load_loses_nothing_that_was_acked() {
    let mut server = banto_servers::Postgres::start(&[]).unwrap();
    let store = Postgres::open(&server.url()).await.unwrap();
    assert_eq!(store.about().durability, "crash and power loss of the server");
    let stop = Arc::new(AtomicBool::new(false));
    let enqueuers: Vec<_> = (1..=3).map(|seed| enqueuer(store.clone(), seed, stop.clone())).collect();
    let worker = worker(store.clone(), stop.clone());
    for crash in 0..3 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        match crash {
            0 => server.stop(Stop::Immediate).unwrap(),
            1 => server.kill().unwrap(),
            _ => server.stop(Stop::Fast).unwrap(),
        }
        server.begin().unwrap();
        // It works again soon, and does not only wait.
        let mut ids = Ids::new(1_000 + crash);
        let back = [job(&mut ids)];
        insist(|| store.enqueue(back.clone().into())).await;
    }
    stop.store(true, Ordering::SeqCst);
    let mut acked = BTreeSet::new();
    for enqueuer in enqueuers {
        acked.extend(enqueuer.await.unwrap());
    }
    let done = worker.await.unwrap();
    assert!(acked.len() > 100 && done > 20, "{} acked, {done} done", acked.len());
    let there = all(&store).await;
    assert!(acked.is_subset(&there), "{} of {} are lost", acked.difference(&there).count(), acked.len());
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

/// B4: every connection is cut, again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b4_connections_that_are_cut_lose_nothing() {
    let schema = Schema::new();
    let store = schema.store().await;
    let client = schema.client().await;
    let stop = Arc::new(AtomicBool::new(false));
    let enqueuers: Vec<_> = (1..=2).map(|seed| enqueuer(store.clone(), seed, stop.clone())).collect();
    let worker = worker(store.clone(), stop.clone());
    let mut cut = 0;
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        // Ours are those that last named our schema.
        let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE application_name = 'banto' AND query LIKE '%' || $1 || '%'";
        cut += client.query_one(sql, &[&schema.name]).await.unwrap().get::<_, i64>(0);
    }
    stop.store(true, Ordering::SeqCst);
    let mut acked = BTreeSet::new();
    for enqueuer in enqueuers {
        acked.extend(enqueuer.await.unwrap());
    }
    worker.await.unwrap();
    assert!(cut > 5 && acked.len() > 50, "{cut} cut, {} acked", acked.len());
    let there = all(&store).await;
    assert!(acked.is_subset(&there));
    assert_eq!(there.len(), acked.len(), "what was in doubt was repeated under its id, so nothing is doubled");
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

/// B7, C2: while there is no server a call says so soon, and whoever waits for changes hears of them afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_gone_is_said_to_be_gone_and_found_again() {
    let mut server = banto_servers::Postgres::start(&[("fsync", "off")]).unwrap();
    let address = format!("{}?durability=memory", server.url());
    let (store, other) = (Postgres::open(&address).await.unwrap(), Postgres::open(&address).await.unwrap());
    store.queues().await.unwrap();
    server.stop(Stop::Fast).unwrap();
    for _ in 0..3 {
        let error = store.queues().await.unwrap_err();
        assert_eq!(error.fault(), &Fault::Gone, "{error}");
    }
    let mut ids = Ids::new(1);
    let error = store.enqueue([job(&mut ids)].into()).await.unwrap_err();
    assert!(error.again(), "{error}");
    assert!(Postgres::open(&address).await.is_err_and(|error| *error.fault() == Fault::Gone));
    let seen = store.changed(0).await.unwrap();
    server.begin().unwrap();
    insist(|| other.enqueue([job(&mut ids)].into())).await;
    // It hears of the change, or looks once when it listens again.
    tokio::time::timeout(Duration::from_secs(20), store.changed(seen)).await.unwrap().unwrap();
    assert_eq!(insist(|| store.claim(claim(1))).await.jobs.len(), 1);
}

/// B8: a table is locked for longer than the store waits for locks: refused as busy, and nothing was written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b8_a_locked_table_is_busy_and_nothing_is_written() {
    let schema = Schema::new();
    let options = Options { lock_timeout_ms: 300, ..schema.options() };
    let store = Postgres::open_with(options, Time::Server).await.unwrap();
    let mut client = schema.client().await;
    let mut ids = Ids::new(1);
    let tx = client.transaction().await.unwrap();
    tx.batch_execute("LOCK TABLE live").await.unwrap();
    let error = store.enqueue([job(&mut ids)].into()).await.unwrap_err();
    assert_eq!(error.fault(), &Fault::Busy, "{error}");
    let error = store.claim(claim(1)).await.unwrap_err();
    assert_eq!(error.fault(), &Fault::Busy, "{error}");
    tx.rollback().await.unwrap();
    assert!(all(&store).await.is_empty(), "nothing was written");
    store.enqueue([job(&mut ids)].into()).await.unwrap();
    assert_eq!(store.claim(claim(1)).await.unwrap().jobs.len(), 1);
}

/// B8: a statement that takes too long is given up by the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b8_a_statement_that_takes_too_long_is_busy() {
    let schema = Schema::new();
    let options = Options { statement_timeout_ms: 200, ..schema.options() };
    drop(schema.store().await);
    let store = Postgres::open_with(options, Time::Server).await.unwrap();
    let mut client = schema.client().await;
    let tx = client.transaction().await.unwrap();
    tx.batch_execute("LOCK TABLE live").await.unwrap();
    let error = store.claim(claim(1)).await.unwrap_err();
    assert_eq!(error.fault(), &Fault::Busy, "{error}");
    tx.rollback().await.unwrap();
    store.claim(claim(1)).await.unwrap();
}

/// B8: what a role is set to does not reach into the store's sessions.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b8_the_settings_of_a_role_do_not_reach_the_store() {
    let server = banto_servers::Postgres::start(&[("fsync", "off")]).unwrap();
    let (client, connection) = tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let set = "ALTER ROLE postgres SET statement_timeout = '1ms'; ALTER ROLE postgres SET search_path = 'nowhere';
        ALTER ROLE postgres SET default_transaction_isolation = 'serializable'; ALTER ROLE postgres SET lock_timeout = '1ms'";
    client.batch_execute(set).await.unwrap();
    let store = Postgres::open(&format!("{}?durability=memory", server.url())).await.unwrap();
    let mut ids = Ids::new(1);
    let jobs: Arc<[NewJob]> = (0..1_000).map(|_| job(&mut ids)).collect();
    store.enqueue(jobs).await.unwrap();
    assert_eq!(store.claim(claim(1_000)).await.unwrap().jobs.len(), 1_000);
}

/// A standby, or a server set to take no writes: gone, with the word for it; reading goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_no_writes_is_said_to() {
    let mut server = banto_servers::Postgres::start(&[("fsync", "off")]).unwrap();
    let address = format!("{}?durability=memory", server.url());
    drop(Postgres::open(&address).await.unwrap());
    server.stop(Stop::Fast).unwrap();
    server.set("default_transaction_read_only", "on");
    server.begin().unwrap();
    let store = Postgres::open(&address).await.unwrap();
    let mut ids = Ids::new(1);
    let error = store.enqueue([job(&mut ids)].into()).await.unwrap_err();
    assert_eq!(error.fault(), &Fault::Gone);
    assert!(error.to_string().contains("takes no writes now"), "{error}");
    assert!(store.queues().await.unwrap().is_empty());
}

/// A backup of the schema alone, put back into another database, is the store as it was: what ran runs, what waited waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_pg_dump_has_kept_is_put_back_as_a_store() {
    let server = banto_servers::Postgres::start(&[("fsync", "off")]).unwrap();
    let address = format!("{}?durability=memory", server.url());
    let store = Postgres::open(&address).await.unwrap();
    let mut ids = Ids::new(1);
    let jobs: Arc<[NewJob]> = (0..20).map(|_| job(&mut ids)).collect();
    store.enqueue(jobs).await.unwrap();
    let held = store.claim(claim(5)).await.unwrap().jobs;
    let done = |held: &[(banto_core::Job, banto_core::Lease)]| held.iter().map(|(job, l)| done_of(job, *l)).collect();
    store.finish(done(&held[..2])).await.unwrap();
    server.put_back("banto", "other").unwrap();

    let back = Postgres::open(&address.replace("/postgres?", "/other?")).await.unwrap();
    assert_eq!(back.check().await.unwrap(), Vec::<String>::new());
    assert_eq!(all(&back).await, all(&store).await);
    let given = back.claim(claim(100)).await.unwrap().jobs;
    assert_eq!(given.len(), 15, "three of the twenty run, two are done");
    back.finish(done(&given)).await.unwrap();
    assert_eq!(back.enqueue([job(&mut ids)].into()).await.unwrap().len(), 1);
    assert_eq!(back.check().await.unwrap(), Vec::<String>::new());
    assert_eq!(store.claim(claim(100)).await.unwrap().jobs.len(), 15, "the old one knows nothing of it");
}

/// P1: a server that does not flush is refused, unless less is asked for by name; and that is shown.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_less_durability_is_asked_for_by_name_and_shown() {
    let schema = Schema::new();
    let without = schema.address().replace("&durability=memory", "");
    let refused = Postgres::open(&without).await.unwrap_err();
    assert_eq!(refused.fault(), &Fault::Config);
    assert!(refused.to_string().contains("?durability=memory"), "{refused}");
    let about = schema.store().await.about();
    assert!(
        about.durability.contains("durability=memory") && about.notices[0].contains("durability=memory"),
        "{about:?}"
    );
    let server = banto_servers::Postgres::start(&[]).unwrap();
    let about = Postgres::open(&format!("{}?durability=async", server.url())).await.unwrap().about();
    assert!(about.durability.contains("last second") && about.notices[0].contains("durability=async"), "{about:?}");
}

/// Nothing secret of an address is in anything that is said.
#[tokio::test]
async fn no_password_is_ever_shown() {
    let schema = Schema::new();
    let address = schema.address().replace("postgres@", "postgres:s3cr3t@");
    let store = Postgres::open(&address).await.unwrap();
    let mut shown = vec![format!("{store:?}"), format!("{:?}", store.about())];
    for (from, to) in
        [("postgres:s3cr3t@", "nobody:s3cr3t@"), ("/postgres?", "/nowhere?"), ("127.0.0.1:", "127.0.0.1:1")]
    {
        let wrong = address.replacen(from, to, 1);
        let error = Postgres::open(&wrong).await.unwrap_err();
        shown.push(format!("{error} {error:?}"));
    }
    for said in shown {
        assert!(!said.contains("s3cr3t"), "{said}");
    }
}

/// What a caller who goes away has begun still comes to its end, and the connection is used again.
#[tokio::test]
async fn a_caller_who_goes_away_leaves_nothing_half_done() {
    let schema = Schema::new();
    let store = schema.store().await;
    let mut ids = Ids::new(1);
    for _ in 0..50 {
        let jobs: Arc<[NewJob]> = (0..20).map(|_| job(&mut ids)).collect();
        let mut call = store.enqueue(jobs);
        let polled =
            std::future::poll_fn(|context| std::task::Poll::Ready(call.as_mut().poll(context).is_ready())).await;
        assert!(!polled);
    }
    // A call after those waits its turn behind them.
    insist(|| store.enqueue([job(&mut ids)].into())).await;
    for _ in 0..200 {
        if all(&store).await.len() == 1_001 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(all(&store).await.len(), 1_001);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}
