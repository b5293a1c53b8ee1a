//! Moving house: `store copy` as a real process, killed and begun again; and that what arrives is what was there.

use std::{
    collections::BTreeMap,
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use banto_core::{Ids, Name, NewJob, Payload, State};
use banto_engine::{Client, Config, Context, Job, Registry, Worker as Working};
use banto_sqlite::{Options, Sqlite};
use banto_store::{Fault, Read, Store, SystemClock};
use rustix::process::Signal;
use serde::{Deserialize, Serialize};

use super::{
    house::{House, Said},
    kept::Kept,
};

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn sqlite(path: &Path) -> Sqlite {
    Sqlite::open_with(Options { reserve_bytes: 0, ..Options::of(path) }, Arc::new(SystemClock)).unwrap()
}

fn copy(house: &House, flags: &str) -> Said {
    house.banto(&format!("store copy {} {} {flags}", house.file().display(), new(house)))
}

fn new(house: &House) -> String {
    house.folder.path().join("new.db").display().to_string()
}

#[test]
fn a_house_moves_and_says_where_it_has_gone() {
    let house = House::new();
    let first = house.enqueue("greet --unique k");
    house.enqueue("fail --payload {\"text\":\"no\"} --attempts 1");
    house.types("queue work --stop-when-empty").ends(0);
    house.enqueue("greet --delay 1h --queue mail");
    house.enqueue("nap --payload {\"ms\":1}");
    house.types("queue pause mail --reason rest").ends(0);
    let dry = copy(&house, "--dry-run").ends(0);
    assert!(dry.out.contains("holds 4 jobs (1 scheduled, 1 ready, 1 done, 1 dead)"), "{dry:?}");
    assert!(!Path::new(&new(&house)).exists(), "a dry run makes nothing");
    assert_eq!(copy(&house, "--dry-run --json").ends(0).object()["way"], "begin");
    copy(&house, "").ends(5);
    let listed = house.types("queue list --json").ends(0).objects();
    let moved = copy(&house, "--yes --json").ends(0).object();
    assert_eq!((&moved["house"]["jobs"], &moved["unreadable"]), (&4.into(), &0.into()), "{moved}");
    let there = |typed: &str| house.types(&format!("{typed} --store {}", new(&house)));
    assert_eq!(there("queue list --json").ends(0).objects(), listed);
    let refused = house.types("queue enqueue greet").ends(17);
    assert!(refused.err.contains("has moved to") && refused.err.contains("new.db"), "{refused:?}");
    house.types("queue retry --all").ends(17);
    assert!(copy(&house, "--yes").ends(0).out.contains("has moved to"), "once more changes nothing");
    copy(&house, "--undo --yes").ends(2);
    assert!(house.banto("store show").ends(0).out.contains("is left in move"));
    there("queue work --stop-when-empty").ends(0);
    let shown = there("queue monitor --json").object();
    assert_eq!(shown["queues"].as_array().unwrap().len(), 3, "{shown}");
    assert_eq!(there(&format!("queue show {first} --json")).ends(0).object()["job"]["state"], "done");
    assert_eq!(copy(&house, "--yes").ends(0).out.matches("already").count(), 1);
    house.banto(&format!("store copy {} {} --yes", new(&house), new(&house))).ends(2);
}

#[test]
fn a_move_that_is_killed_can_be_given_up() {
    let house = House::new();
    house.enqueue("nap --payload {\"ms\":3600000}");
    let waits = house.enqueue("greet");
    let mut worker = house.worker("--verbose --concurrency 1 --grace 0");
    worker.hears("running");
    let typed = format!("store copy {} {} --yes", house.file().display(), new(&house));
    let mut copier = house.banto_command(&typed).stderr(Stdio::piped()).spawn().unwrap();
    let mut heard = std::io::BufReader::new(copier.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("still run") {
        line.clear();
        assert!(std::io::BufRead::read_line(&mut heard, &mut line).unwrap() > 0, "it never waited");
    }
    copier.kill().unwrap();
    copier.wait().unwrap();
    let later = house.enqueue("greet");
    house.types("queue pause mail").ends(17);
    house.types(&format!("queue enqueue greet --store {}", new(&house))).ends(17);
    assert_eq!(copy(&house, "--undo --yes --json").ends(0).object()["undone"], true);
    assert_eq!(copy(&house, "--undo --yes --json").ends(0).object()["undone"], false);
    worker.signal(Signal::TERM);
    worker.ended();
    house.types("queue cancel --kind nap --yes").ends(0);
    house.types("queue work --stop-when-empty").ends(0);
    for id in [waits, later] {
        assert_eq!(house.job(&id)["state"], "done");
    }
    house.types(&format!("queue enqueue greet --store {}", new(&house))).ends(0);
}

#[derive(Serialize, Deserialize)]
struct Count {
    n: u64,
}

impl Job for Count {
    const KIND: &'static str = "count";
}

type Ran = Arc<Mutex<BTreeMap<u64, u32>>>;

/// A worker in this process that counts each run.
fn counting(store: Arc<dyn Store>, ran: &Ran) -> (banto_engine::Stop, tokio::task::JoinHandle<()>) {
    let mut registry = Registry::new("b1");
    let ran = Arc::clone(ran);
    registry.add(Arc::new(()), move |job: Count, _: Context| {
        let ran = Arc::clone(&ran);
        async move {
            *ran.lock().unwrap().entry(job.n).or_insert(0) += 1;
            tokio::time::sleep(Duration::from_millis(job.n % 7)).await;
            Ok(())
        }
    });
    let worker = Working::new(store, registry, Config { concurrency: 2, ..Config::new(name("w"), [name("default")]) });
    let stop = worker.stop();
    (stop, tokio::spawn(async move { drop(worker.run().await.unwrap()) }))
}

/// Enqueues at the source until that has moved, then at the destination.
async fn enqueuing(from: Arc<dyn Store>, to: Arc<dyn Store>, jobs: u64) {
    let mut client = Client::new(from);
    for n in 0..jobs {
        loop {
            match client.enqueue(&Count { n }).await {
                Ok(_) => break,
                Err(error) if *error.fault() == Fault::Moved => {
                    client = Client::new(to.clone());
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err(error) => panic!("{error}"),
            }
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A copier is killed again and again until one comes to its end, while workers wait on both sides and somebody enqueues.
async fn killed_and_begun_again(from: Kept, to: Kept, seed: u64) {
    let places = [from.place(), to.place()];
    let house = House::on(places[0].url.clone());
    let [from, to] = [places[0].open().await, places[1].open().await];
    let ran = Ran::default();
    let first: Vec<Count> = (1_000..1_400).map(|n| Count { n }).collect();
    Client::new(from.clone()).enqueue_all(&first).await.unwrap();
    let workers = [counting(from.clone(), &ran), counting(to.clone(), &ran)];
    let enqueuer = tokio::spawn(enqueuing(from.clone(), to.clone(), 400));
    let mut rng = fastrand::Rng::with_seed(seed);
    let typed = format!("store copy {} {} --yes", places[0].url, places[1].url);
    let mut kills = 0;
    for round in 1u64.. {
        let mut copier = house.banto_command(&typed).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(rng.u64(0..120 * round))).await;
        if let Some(status) = copier.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            break;
        }
        copier.kill().unwrap();
        copier.wait().unwrap();
        kills += 1;
    }
    enqueuer.await.unwrap();
    let since = Instant::now();
    while !to.census().await.unwrap().is_empty() {
        assert!(since.elapsed() < Duration::from_secs(60), "{:?}", to.queues().await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for (stop, worker) in workers {
        stop.graceful("the end");
        worker.await.unwrap();
    }
    let ran = ran.lock().unwrap();
    let wrong: Vec<_> = (0..400).chain(1_000..1_400).filter(|n| ran.get(n) != Some(&1)).collect();
    assert_eq!((wrong, ran.len()), (Vec::<u64>::new(), 800), "seed {seed}, {kills} kills: each ran exactly once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copier_killed_from_file_to_file_loses_and_doubles_nothing() {
    killed_and_begun_again(Kept::Sqlite, Kept::Sqlite, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copier_killed_from_file_to_postgres_loses_and_doubles_nothing() {
    killed_and_begun_again(Kept::Sqlite, Kept::Postgres, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copier_killed_from_file_to_redis_loses_and_doubles_nothing() {
    killed_and_begun_again(Kept::Sqlite, Kept::Redis, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copier_killed_from_redis_to_postgres_loses_and_doubles_nothing() {
    killed_and_begun_again(Kept::Redis, Kept::Postgres, 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copier_killed_from_postgres_to_redis_loses_and_doubles_nothing() {
    killed_and_begun_again(Kept::Postgres, Kept::Redis, 5).await;
}

#[tokio::test]
async fn a_row_that_cannot_be_read_stays_and_is_named() {
    let house = House::new();
    let ids: Vec<String> = (0..5).map(|_| house.enqueue("greet")).collect();
    let db = banto_sqlite::rusqlite::Connection::open(house.file()).unwrap();
    let damaged = db.execute("UPDATE banto_job SET payload = '{' WHERE seq = 3", []);
    assert_eq!(damaged.unwrap(), 1);
    let moved = copy(&house, "--yes --json").ends(1).object();
    assert_eq!((&moved["house"]["jobs"], &moved["unreadable"]), (&4.into(), &1.into()), "{moved}");
    assert_eq!(moved["sample"], serde_json::json!([ids[2]]));
}

/// The most memory that a process has held, in kB, asked until it ends.
fn peak_kb(mut copier: std::process::Child) -> u64 {
    let mut peak = 0;
    loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", copier.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.and_then(|text| text.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(peak);
        if let Some(status) = copier.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return peak;
        }
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn a_long_queue_moves_in_bounded_memory() {
    let house = House::new();
    let store = sqlite(&house.file());
    let mut ids = Ids::new(1);
    let payload = Payload::parse(&format!("{{\"text\":\"{}\"}}", "x".repeat(1_500))).unwrap();
    for _ in 0..10 {
        let jobs: Vec<NewJob> = (0..10_000)
            .map(|_| NewJob::new(ids.make(1_893_456_000_000), name("send"), name("mail"), payload.clone()))
            .collect();
        store.enqueue(jobs.into()).await.unwrap();
    }
    let typed = format!("store copy {} {} --yes", house.file().display(), new(&house));
    let copier = house.banto_command(&typed).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let peak_kb = tokio::task::spawn_blocking(move || peak_kb(copier)).await.unwrap();
    let there = sqlite(Path::new(&new(&house)));
    assert_eq!(there.queues().await.unwrap()[0].count(State::Ready), 100_000);
    assert!(peak_kb > 1_000 && peak_kb < 150_000, "150 MB of jobs were moved by a process of {peak_kb} kB");
}
