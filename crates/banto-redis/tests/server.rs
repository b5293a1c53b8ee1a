//! What real servers do: forget scripts, run full, are killed, keep nothing, cut connections, turn into replicas.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{collections::BTreeSet, time::Duration};

use banto_core::{Outcome, State};
use banto_redis::Redis;
use banto_servers::Redis as Server;
use banto_store::{Clock, Fault, Finished, Prune, Read, Renewed, Select, Store, SystemClock};
use own::{ask, asks, enqueue, open, started, until, verdict};

#[expect(dead_code, reason = "each test file uses some of it")]
mod own;

async fn refused(server: &Server, options: &str) -> String {
    let told = Redis::open(&format!("{}/?{options}", server.url())).await.unwrap_err();
    assert_eq!(*told.fault(), Fault::Config, "{told}");
    told.to_string()
}

/// A server that forgot its scripts is taught them again, and nobody hears of it.
#[tokio::test]
async fn scripts_that_were_flushed_are_loaded_again() {
    let server = own::server();
    let store = open(&server, "").await;
    enqueue(&store, 1).await;
    let _: () = ask(&server, &[b"SCRIPT", b"FLUSH"]).await;
    let (job, lease) = store.claim(asks(1)).await.unwrap().jobs.remove(0);
    let _: () = ask(&server, &[b"SCRIPT", b"FLUSH"]).await;
    assert_eq!(store.renew(vec![lease], 10_000).await.unwrap(), [Renewed::Held { cancel_asked: false }]);
    assert_eq!(store.finish(vec![verdict(&job, lease, Outcome::Done)]).await.unwrap(), [Finished::Written]);
}

/// B1: a server that keeps nothing, or throws keys away, is refused with the cure; by name it is taken, and says what it is.
#[tokio::test]
async fn b1_a_server_that_keeps_nothing_is_refused_unless_by_name() {
    for (settings, cure) in [
        ([("appendonly", "no"), ("maxmemory-policy", "noeviction")], "appendonly yes"),
        ([("appendonly", "yes"), ("maxmemory-policy", "allkeys-lru")], "noeviction"),
    ] {
        let server = Server::start(&settings).unwrap();
        let told = refused(&server, "").await;
        assert!(told.contains(cure) && told.contains("durability=memory"), "{told}");
        let about = open(&server, "durability=memory").await.about();
        assert!(about.durability.contains("durability=memory") && about.notices.len() == 1, "{about:?}");
    }
}

/// What an `Ok` is worth is read from the server, and again when somebody changes it.
#[tokio::test]
async fn a_changed_setting_is_noticed() {
    let server = started(&[("appendfsync", "always")]);
    let store = open(&server, "").await;
    assert!(store.about().durability.starts_with("process crash and power loss"), "{:?}", store.about());
    assert_eq!(store.about().notices, Vec::<String>::new());
    let _: () = ask(&server, &[b"CONFIG", b"SET", b"appendfsync", b"everysec"]).await;
    store.look().await;
    assert!(store.about().durability.contains("but for the last"), "{:?}", store.about());
    let _: () = ask(&server, &[b"CONFIG", b"SET", b"maxmemory-policy", b"allkeys-random"]).await;
    store.look().await;
    assert!(store.about().notices[0].contains("allkeys-random"), "{:?}", store.about());
}

/// A user who may not ask for settings: what could not be read is said, not guessed.
#[tokio::test]
async fn settings_that_may_not_be_asked_for_are_said_to_be_unknown() {
    let server = own::server();
    let rules = b"SETUSER ann on >hunter2 ~* &* +@all -config";
    let words: Vec<&[u8]> = std::iter::once(b"ACL".as_slice()).chain(rules.split(|byte| *byte == b' ')).collect();
    let _: () = ask(&server, &words).await;
    let url = server.url().replace("redis://", "redis://ann:hunter2@");
    let store = Redis::open(&url).await.unwrap();
    let about = store.about();
    assert!(about.durability.contains("does not say how it syncs"), "{about:?}");
    assert!(!format!("{about:?} {store:?}").contains("hunter2"));
    let told = Redis::open(&url.replace("hunter2", "hunter3")).await.unwrap_err();
    assert_eq!(*told.fault(), Fault::Config);
    assert!(!told.to_string().contains("hunter"), "{told}");
}

/// The user that the guide gives to banto may do all that banto does, and the server never had to say no.
#[tokio::test]
async fn the_user_of_the_guide_may_do_what_is_needed() {
    let guide = include_str!("../../../docs/guides/stores.md");
    let rules = guide.split('`').find_map(|words| words.strip_prefix("user banto ")).unwrap().replace(">…", ">pw");
    let server = own::server();
    let words: Vec<&[u8]> =
        [&b"ACL"[..], b"SETUSER", b"banto"].into_iter().chain(rules.split(' ').map(str::as_bytes)).collect();
    let _: () = ask(&server, &words).await;
    let url = server.url().replace("redis://", "redis://banto:pw@");
    let store = Redis::open(&format!("{url}/?prefix=shop")).await.unwrap();
    assert_eq!(store.about().notices, Vec::<String>::new());
    let seen = store.changed(0).await.unwrap();
    let news = tokio::spawn({
        let store = store.clone();
        async move { store.changed(seen).await.unwrap() }
    });
    enqueue(&store, 3).await;
    assert!(news.await.unwrap() > seen);
    let (job, lease) = store.claim(asks(1)).await.unwrap().jobs.remove(0);
    assert_eq!(store.finish(vec![verdict(&job, lease, Outcome::Done)]).await.unwrap(), [Finished::Written]);
    assert_eq!(store.prune(Prune { done_ms: 0, ..Prune::default() }).await.unwrap().jobs, 1);
    assert_eq!(store.queues().await.unwrap().len(), 1);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    store.look().await;
    let denied: Vec<redis::Value> = ask(&server, &[b"ACL", b"LOG"]).await;
    assert_eq!(denied, [], "what was refused");
}

/// B4: memory is full: what is new is refused as such, nothing is half written, and what runs still ends.
#[tokio::test]
async fn b4_a_full_server_takes_nothing_new_and_lets_jobs_end() {
    let server = own::server();
    let store = open(&server, "").await;
    enqueue(&store, 50).await;
    let claimed = store.claim(asks(20)).await.unwrap().jobs;
    let _: () = ask(&server, &[b"CONFIG", b"SET", b"maxmemory", b"1mb"]).await;

    let told = store.enqueue(own::jobs(5).into()).await.unwrap_err();
    assert_eq!(*told.fault(), Fault::Full, "{told}");
    let leases = claimed.iter().map(|(_, lease)| *lease).collect();
    assert!(store.renew(leases, 10_000).await.unwrap().iter().all(|one| matches!(one, Renewed::Held { .. })));
    let dead = |error: &str| Outcome::Dead { error: error.into() };
    let finishes = claimed.iter().map(|(job, lease)| verdict(job, *lease, dead("it broke"))).collect();
    assert_eq!(store.finish(finishes).await.unwrap(), [Finished::Written; 20]);
    assert_eq!(store.claim(asks(30)).await.unwrap().jobs.len(), 30, "the backlog can be worked off");
    assert_eq!(store.prune(Prune { dead_ms: 0, ..Prune::default() }).await.unwrap().jobs, 20);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    let _: () = ask(&server, &[b"CONFIG", b"SET", b"maxmemory", b"0"]).await;
    enqueue(&store, 5).await;
}

/// B3: connections are cut again and again under load: whatever was acked is there once, whatever is in doubt at most once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b3_cut_connections_lose_and_double_nothing() {
    let server = own::server();
    let store = open(&server, "").await;
    let url = server.url();
    let cutting = tokio::spawn(async move {
        let mut raw = redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
        loop {
            let kill = redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("normal").arg("SKIPME").arg("yes").to_owned();
            let _: i64 = kill.query_async(&mut raw).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let (mut acked, mut doubted, mut run) = (BTreeSet::new(), 0, BTreeSet::new());
    for _ in 0..150 {
        let jobs = own::jobs(10);
        // What fails is repeated, as the engine does, until it is known.
        while let Err(error) = store.enqueue(jobs.clone().into()).await {
            assert!(error.again(), "{error}");
            doubted += usize::from(error.in_doubt());
        }
        acked.extend(jobs.iter().map(|job| job.id));
    }
    while run.len() < acked.len() {
        // Leased by a call whose answer was lost: nobody knows of it, and the rescuer would bring it back.
        let claimed = store.claim(asks(50)).await.map(|claimed| claimed.jobs).unwrap_or_default();
        for (job, lease) in &claimed {
            while let Err(error) = store.finish(vec![verdict(job, *lease, Outcome::Done)]).await {
                assert!(error.again(), "{error}");
            }
            assert!(run.insert(job.id), "{} ran twice", job.id);
        }
        let lost = store.jobs(Select { limit: 1, ..Select::states([State::Ready]) }, None).await;
        if claimed.is_empty() && lost.is_ok_and(|page| page.jobs.is_empty()) {
            break;
        }
    }
    cutting.abort();
    let _ = cutting.await;
    let leased =
        until("the store answers", async || store.jobs(Select::states([State::Running]), None).await.ok()).await;
    assert_eq!(run.len() + leased.jobs.len(), acked.len(), "{doubted} calls were in doubt");
    let tally = until("the store answers", async || store.tally().await.ok()).await;
    assert_eq!(tally.accepted, acked.len() as u64);
    let broken = until("the store answers", async || store.check().await.ok()).await;
    assert_eq!(broken, Vec::<String>::new());
}

/// B1: killed and started again on its append-only file: whatever was acked is there, and the same handle goes on by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b1_a_killed_server_comes_back_with_all_that_was_acked() {
    let mut server = started(&[("appendfsync", "always")]);
    let store = open(&server, "timeout_ms=500").await;
    let mut acked = enqueue(&store, 100).await;
    let (job, lease) = store.claim(asks(1)).await.unwrap().jobs.remove(0);
    let seen = store.changed(0).await.unwrap();
    server.kill().unwrap();
    let told = store.enqueue(own::jobs(1).into()).await.unwrap_err();
    assert!(matches!(told.fault(), Fault::Gone | Fault::InDoubt), "{told}");
    let told = store.tally().await.unwrap_err();
    assert_eq!(*told.fault(), Fault::Gone, "a question is never in doubt: {told}");
    server.begin().unwrap();
    until("it answers again", async || store.tally().await.ok()).await;
    acked.extend(enqueue(&store, 10).await);
    assert_ne!(store.changed(seen).await.unwrap(), seen);
    assert_eq!(store.finish(vec![verdict(&job, lease, Outcome::Done)]).await.unwrap(), [Finished::Written]);
    let listed: BTreeSet<_> =
        store.jobs(Select::default(), None).await.unwrap().jobs.iter().map(|job| job.id).collect();
    assert!(acked.iter().all(|job| listed.contains(&job.id)));
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    // What is done by another is heard again.
    let (other, seen) = (open(&server, "").await, settled(&store).await);
    enqueue(&other, 1).await;
    tokio::time::timeout(own::PATIENCE, store.changed(seen)).await.unwrap().unwrap();
}

/// The number of changes once nothing changes it any more.
async fn settled(store: &Redis) -> u64 {
    let mut seen = store.changed(0).await.unwrap();
    while let Ok(next) = tokio::time::timeout(Duration::from_millis(500), store.changed(seen)).await {
        seen = next.unwrap();
    }
    seen
}

/// A server that turns into a replica takes no writes: nothing happened, and that is what is said.
#[tokio::test]
async fn a_replica_is_not_taken_for_a_primary() {
    let (primary, replica) = (own::server(), own::server());
    let store = open(&replica, "timeout_ms=500").await;
    enqueue(&store, 1).await;
    let _: () = ask(&replica, &[b"REPLICAOF", b"127.0.0.1", primary.port().to_string().as_bytes()]).await;
    let told = store.enqueue(own::jobs(1).into()).await.unwrap_err();
    assert_eq!(*told.fault(), Fault::Gone, "{told}");
    assert!(told.to_string().contains("replica"), "{told}");
    let told = Redis::open(&replica.url()).await.unwrap_err();
    assert!(told.to_string().contains("primary's address"), "{told}");
}

/// B2: with a replica each write waits for it; one that is frozen leaves doubt, which says what to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b2_a_write_that_no_replica_has_is_in_doubt() {
    let primary = own::server();
    let replica = started(&[("replicaof", &format!("127.0.0.1 {}", primary.port()))]);
    let linked = async || {
        let info: String = ask(&primary, &[b"INFO", b"replication"]).await;
        info.contains("state=online").then_some(())
    };
    until("the replica is linked", linked).await;
    let store = open(&primary, "wait_ms=30000&timeout_ms=60000").await;
    assert!(store.about().durability.contains("on one replica too"), "{:?}", store.about());
    let jobs = enqueue(&store, 3).await;
    let there: i64 = ask(&replica, &[b"HLEN", b"{banto}:job"]).await;
    assert_eq!(there, 3, "an `Ok` means that the replica has it");

    let store = open(&primary, "wait_ms=300").await;
    replica.signal(rustix::process::Signal::STOP).unwrap();
    let told = store.enqueue(own::jobs(1).into()).await.unwrap_err();
    assert!(told.in_doubt() && told.to_string().contains("0 of 1 replicas"), "{told}");
    replica.signal(rustix::process::Signal::CONT).unwrap();
    let again = until("the replica is back", async || store.enqueue(jobs.clone().into()).await.ok()).await;
    assert!(again.iter().all(|answer| !answer.fresh), "a repeated call is answered with what is there");
    let alone = open(&primary, "wait=0&prefix=alone").await;
    assert!(alone.about().durability.contains("wait=0"), "{:?}", alone.about());
}

/// What was copied as the guide says is a store again: the append-only folder after a rewrite, or a snapshot, which a server
/// reads that is started without its append-only file and gets that afterwards.
#[tokio::test]
async fn a_backup_that_is_put_back_is_a_store() {
    let mut server = own::server();
    let store = open(&server, "").await;
    enqueue(&store, 20).await;
    let held = store.claim(asks(5)).await.unwrap().jobs;
    let ended = held[..2].iter().map(|(job, lease)| verdict(job, *lease, Outcome::Done)).collect();
    store.finish(ended).await.unwrap();
    let kept = async |command: &[u8], done: &[&str]| {
        let _: redis::Value = ask(&server, &[command]).await;
        let told = async || {
            let info: String = ask(&server, &[b"INFO", b"persistence"]).await;
            done.iter().all(|word| info.contains(word)).then_some(())
        };
        until("it is kept", told).await;
    };
    kept(b"BGREWRITEAOF", &["aof_rewrite_in_progress:0", "aof_rewrite_scheduled:0", "aof_last_bgrewrite_status:ok"])
        .await;
    let folder = server.folder().to_owned();
    let log = ["appendonlydir", "appendonly.aof"].into_iter().find(|name| folder.join(name).exists()).unwrap();
    let copies = folder.join("copies");
    std::fs::create_dir(&copies).unwrap();
    let copy = |from: &std::path::Path, to: &std::path::Path| {
        assert!(std::process::Command::new("cp").arg("-r").args([from, to]).status().unwrap().success());
    };
    copy(&folder.join(log), &copies.join(log));
    kept(b"BGSAVE", &["rdb_bgsave_in_progress:0", "rdb_last_bgsave_status:ok"]).await;
    copy(&folder.join("dump.rdb"), &copies.join("dump.rdb"));
    enqueue(&store, 7).await;
    drop(store);

    for (file, appends) in [(log, "yes"), ("dump.rdb", "no")] {
        server.stop().unwrap();
        for old in [log, "dump.rdb"].map(|name| folder.join(name)).into_iter().filter(|old| old.exists()) {
            assert!(std::process::Command::new("rm").arg("-r").arg(old).status().unwrap().success());
        }
        copy(&copies.join(file), &folder.join(file));
        server.set("appendonly", appends).unwrap();
        server.begin().unwrap();
        let _: () = ask(&server, &[b"CONFIG", b"SET", b"appendonly", b"yes"]).await;
        let store = open(&server, "").await;
        assert_eq!(store.jobs(Select::default(), None).await.unwrap().jobs.len(), 20, "{file}: none of the seven");
        assert_eq!(store.claim(asks(100)).await.unwrap().jobs.len(), 15, "{file}: three run, two are done");
        assert_eq!(store.check().await.unwrap(), Vec::<String>::new(), "{file}");
    }
}

/// A process that has just come does not know whether the server's clock was set a moment before, and trusts no lease to be
/// over; what others of its machine have noted tells it. So jobs come back where every worker dies within seconds.
#[tokio::test]
async fn what_others_have_seen_of_the_clock_lets_a_new_process_rescue_at_once() {
    let server = own::server();
    let first = open(&server, "").await;
    enqueue(&first, 1).await;
    first.claim(banto_store::Claim { lease_ms: 1, ..asks(1) }).await.unwrap();
    assert_eq!(first.expired(10).await.unwrap().len(), 0, "it has just come");
    let boot = SystemClock.boot();
    let noted: String = ask(&server, &[b"HGET", b"{banto}:clock", boot.as_bytes()]).await;
    let [apart, since, _] = noted.split(' ').map(|number| number.parse().unwrap()).collect::<Vec<i64>>()[..] else {
        panic!("{noted}")
    };
    for (apart, since, found) in [
        (apart, since - 60_000, 1),         // no jump for a minute
        (apart - 5_000, since - 60_000, 0), // the clock was set by five seconds meanwhile
        (apart, since + 3_600_000, 0),      // what cannot be
    ] {
        let noted = format!("{apart} {since} 1");
        let _: () = ask(&server, &[b"HSET", b"{banto}:clock", boot.as_bytes(), noted.as_bytes()]).await;
        assert_eq!(open(&server, "").await.expired(10).await.unwrap().len(), found, "{noted}");
    }
    for odd in ["", "x", "-1 5 5", "1e999 1 1", "9 9"] {
        let _: () = ask(&server, &[b"HSET", b"{banto}:clock", boot.as_bytes(), odd.as_bytes()]).await;
        assert_eq!(open(&server, "").await.expired(10).await.unwrap().len(), 0, "{odd}");
    }
    // Those of machines that are long gone are forgotten.
    for n in 0..200 {
        let machine = format!("gone-{n}");
        let _: () = ask(&server, &[b"HSET", b"{banto}:clock", machine.as_bytes(), b"1 1 1"]).await;
    }
    open(&server, "").await.expired(10).await.unwrap();
    let left: usize = ask(&server, &[b"HLEN", b"{banto}:clock"]).await;
    assert_eq!(left, 1);
}

/// E7: whatever is called, no key outside the prefix comes into being, and none of ours ever expires.
#[tokio::test]
async fn e7_nothing_outside_the_prefix_is_touched() {
    let server = own::server();
    let _: () = ask(&server, &[b"SET", b"theirs", b"1"]).await;
    let store = open(&server, "prefix=shop").await;
    enqueue(&store, 20).await;
    let (job, lease) = store.claim(asks(5)).await.unwrap().jobs.remove(0);
    store.finish(vec![verdict(&job, lease, Outcome::Dead { error: "e".into() })]).await.unwrap();
    store.queues().await.unwrap();
    let keys: Vec<Vec<u8>> = ask(&server, &[b"KEYS", b"*"]).await;
    let strange: Vec<_> = keys.iter().filter(|key| !key.starts_with(b"{shop}:") && *key != b"theirs").collect();
    assert!(strange.is_empty(), "{strange:?}");
    for key in keys {
        let expires: i64 = ask(&server, &[b"TTL", &key]).await;
        assert_eq!(expires, -1, "{key:?}");
    }
    for bad in ["a:lock", "*", "mail\r\nFLUSHALL", "{shop}", "a b", "a\0"] {
        assert!(banto_core::Name::new(bad).is_err(), "{bad:?}");
        let told = format!("{}?prefix={bad}", server.url()).parse::<banto_redis::Options>().unwrap_err();
        assert_eq!(*told.fault(), Fault::Config);
    }
}

/// Two prefixes on one server are two stores.
#[tokio::test]
async fn two_prefixes_are_two_stores() {
    let server = own::server();
    let (one, other) = (open(&server, "prefix=one").await, open(&server, "prefix=other").await);
    enqueue(&one, 3).await;
    assert!(other.claim(asks(10)).await.unwrap().jobs.is_empty());
    assert_eq!((one.tally().await.unwrap().accepted, other.tally().await.unwrap().accepted), (3, 0));
}

/// What is not there yet is refused where nothing shall be made; what a newer build has stored always is.
#[tokio::test]
async fn the_form_of_what_is_stored_is_looked_at() {
    let server = own::server();
    let options: banto_redis::Options = server.url().parse().unwrap();
    let asks_only = banto_redis::Options { migrate: false, ..options.clone() };
    let told = Redis::open_with(asks_only.clone(), banto_redis::Time::Server).await.unwrap_err();
    assert!(told.to_string().contains("run `migrate` first"), "{told}");
    let size: i64 = ask(&server, &[b"DBSIZE"]).await;
    assert_eq!(size, 0, "nothing was made");
    let store = Redis::open_with(options.clone(), banto_redis::Time::Server).await.unwrap();
    assert_eq!((store.migrated().from, store.migrated().to), (0, 1));
    let store = Redis::open_with(asks_only, banto_redis::Time::Server).await.unwrap();
    assert_eq!((store.migrated().from, store.migrated().to), (1, 1));
    let _: () = ask(&server, &[b"SET", b"{banto}:form", b"2"]).await;
    assert_eq!(*Redis::open(&server.url()).await.unwrap_err().fault(), Fault::Newer);
    let _: () = ask(&server, &[b"SET", b"{banto}:form", b"x"]).await;
    assert_eq!(*Redis::open(&server.url()).await.unwrap_err().fault(), Fault::Damaged);
}

/// With the server's own clock: what is due later comes later, and a lease that was given far too long a life by a clock
/// that has been set back since is over one length after it was looked at.
#[tokio::test]
async fn p11_a_lease_from_a_clock_that_was_set_back_is_not_for_ever() {
    let server = own::server();
    let store = open(&server, "").await;
    enqueue(&store, 1).await;
    let claim = banto_store::Claim { lease_ms: 500, ..asks(1) };
    let (_, lease) = store.claim(claim).await.unwrap().jobs.remove(0);
    // As a clock an hour ahead would have written it.
    let far: f64 = ask(&server, &[b"ZSCORE", b"{banto}:lease", lease.job.bytes()]).await;
    let later = (far + 3_600_000.0).to_string();
    let _: i64 = ask(&server, &[b"ZADD", b"{banto}:lease", later.as_bytes(), lease.job.bytes()]).await;
    let over = until("it is over", async || store.expired(1).await.unwrap().pop()).await;
    assert_eq!(over.lease, lease);
    let outcome = Outcome::Crashed { error: "gone".into() };
    assert_eq!(store.rescue(vec![verdict(&over.job, lease, outcome)]).await.unwrap(), [Finished::Written]);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

/// Another process hears of a change within a moment.
#[tokio::test]
async fn another_process_hears_of_a_change() {
    let server = own::server();
    let (one, other) = (open(&server, "").await, open(&server, "").await);
    let seen = settled(&other).await;
    enqueue(&one, 1).await;
    let woken = tokio::time::timeout(Duration::from_secs(5), other.changed(seen)).await;
    assert_ne!(woken.unwrap().unwrap(), seen);
    // Ears that were cut are made anew, and whoever waits is woken for what was missed.
    let seen = settled(&other).await;
    let _: i64 = ask(&server, &[b"CLIENT", b"KILL", b"TYPE", b"pubsub"]).await;
    let woken = tokio::time::timeout(Duration::from_secs(5), other.changed(seen)).await;
    assert_ne!(woken.unwrap().unwrap(), seen);
}

/// A store outlives the runtime that opened it: who goes on with it has connections and ears of their own.
#[test]
fn a_store_is_used_on_after_the_runtime_that_opened_it() {
    let server = own::server();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    let (one, other) = first.block_on(async {
        let stores = (open(&server, "").await, open(&server, "").await);
        enqueue(&stores.0, 1).await;
        stores
    });
    drop(first);
    runtime().block_on(async {
        assert_eq!(one.claim(asks(1)).await.unwrap().jobs.len(), 1, "the first call needs no second try");
        let seen = settled(&other).await;
        enqueue(&one, 1).await;
        let woken = tokio::time::timeout(Duration::from_secs(5), other.changed(seen)).await;
        assert_ne!(woken.unwrap().unwrap(), seen);
    });
}

/// Who waits in the process that enqueues sets out before the answer is there, and again after it: it may have come too early.
#[tokio::test]
async fn a_worker_beside_the_client_sets_out_with_the_job() {
    let server = own::server();
    let store = open(&server, "").await;
    let seen = settled(&store).await;
    let paused: String = ask(&server, &[b"CLIENT", b"PAUSE", b"60000", b"WRITE"]).await;
    assert_eq!(paused, "OK");
    let clone = store.clone();
    let enqueuing = tokio::spawn(async move { enqueue(&clone, 1).await });
    let in_time = |seen| tokio::time::timeout(Duration::from_secs(20), store.changed(seen));
    let early = in_time(seen).await.unwrap().unwrap();
    assert!(!enqueuing.is_finished());
    let _: String = ask(&server, &[b"CLIENT", b"UNPAUSE"]).await;
    enqueuing.await.unwrap();
    assert_ne!(in_time(early).await.unwrap().unwrap(), early);
}

/// P5: where handlers block every thread of the runtime that opened the store, another runtime's renewals go through, and it hears.
#[test]
fn p5_a_runtime_whose_threads_all_block_holds_up_no_renewal_of_another() {
    let server = own::server();
    let blocked = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (store, lease, other) = blocked.block_on(async {
        let store = open(&server, "").await;
        enqueue(&store, 1).await;
        let (_, lease) = store.claim(asks(1)).await.unwrap().jobs.remove(0);
        store.renew(vec![lease], 10_000).await.unwrap();
        (store, lease, open(&server, "").await)
    });
    let engine = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let seen = engine.block_on(settled(&store));
    let (go_on, held) = std::sync::mpsc::channel::<()>();
    let (blocks, is_blocked) = std::sync::mpsc::channel();
    blocked.spawn(async move {
        blocks.send(()).unwrap();
        let _ = held.recv();
    });
    is_blocked.recv().unwrap();
    let (renewed, woken) = engine.block_on(async {
        let in_time = Duration::from_secs(5);
        let renewed = tokio::time::timeout(in_time, store.renew(vec![lease], 10_000)).await;
        enqueue(&other, 1).await;
        (renewed, tokio::time::timeout(in_time, store.changed(seen)).await)
    });
    drop(go_on);
    assert_eq!(renewed.unwrap().unwrap(), [Renewed::Held { cancel_asked: false }]);
    assert_ne!(woken.unwrap().unwrap(), seen);
}
