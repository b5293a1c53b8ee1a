//! Sentinels and a cluster: who is the primary is asked for, and a failover is followed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{collections::BTreeSet, time::Duration};

use banto_core::Outcome;
use banto_redis::Redis;
use banto_servers::{Redis as Server, free_port};
use banto_store::{Fault, Finished, Read, Select, Store};
use own::{ask, asks, enqueue, started, until, verdict};

#[expect(dead_code, reason = "each test file uses some of it")]
mod own;

/// B2: one primary, one replica, three sentinels; the primary is killed. Whatever was acked is on the new one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b2_a_failover_by_sentinels_is_followed_and_loses_nothing_acked() {
    let mut primary = own::server();
    let replica = started(&[("replicaof", &format!("127.0.0.1 {}", primary.port()))]);
    let linked = async || {
        let info: String = ask(&primary, &[b"INFO", b"replication"]).await;
        info.contains("state=online").then_some(())
    };
    until("the replica is linked", linked).await;
    let watched = format!("monitor main 127.0.0.1 {} 2", primary.port());
    let settings: [(&str, &str); 3] = [
        ("sentinel", &watched),
        ("sentinel", "down-after-milliseconds main 500"),
        ("sentinel", "failover-timeout main 3000"),
    ];
    let sentinels: Vec<Server> = (0..3).map(|_| Server::start_as("redis-sentinel", &settings).unwrap()).collect();
    for sentinel in &sentinels {
        let known = async || {
            let told: Result<String, _> =
                redis::cmd("SENTINEL").arg("CKQUORUM").arg("main").query_async(&mut own::raw(sentinel).await).await;
            let replicas: Vec<redis::Value> = ask(sentinel, &[b"SENTINEL", b"REPLICAS", b"main"]).await;
            (told.is_ok_and(|told| told.starts_with("OK 3")) && replicas.len() == 1).then_some(())
        };
        until("the sentinels know each other", known).await;
    }
    let hosts: Vec<String> = sentinels.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port())).collect();
    let store = Redis::open(&format!("redis+sentinel://{}/main?timeout_ms=500", hosts.join(","))).await.unwrap();
    let mut acked: BTreeSet<_> = enqueue(&store, 200).await.iter().map(|job| job.id).collect();
    let (job, lease) = store.claim(asks(1)).await.unwrap().jobs.remove(0);

    primary.kill().unwrap();
    let jobs = own::jobs(20);
    until("the failover is followed", async || store.enqueue(jobs.clone().into()).await.ok()).await;
    acked.extend(jobs.iter().map(|job| job.id));
    let role: redis::Value = ask(&replica, &[b"ROLE"]).await;
    assert!(format!("{role:?}").contains("master"), "{role:?}");
    assert_eq!(store.finish(vec![verdict(&job, lease, Outcome::Done)]).await.unwrap(), [Finished::Written]);
    let listed: BTreeSet<_> =
        store.jobs(Select::default(), None).await.unwrap().jobs.iter().map(|job| job.id).collect();
    assert!(acked.is_subset(&listed), "{} of {} are there", acked.intersection(&listed).count(), acked.len());
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_service_that_no_sentinel_knows_is_named() {
    let sentinel = Server::start_as("redis-sentinel", &[]).unwrap();
    let told = Redis::open(&format!("redis+sentinel://127.0.0.1:{}/main", sentinel.port())).await.unwrap_err();
    assert_eq!(*told.fault(), Fault::Config, "{told}");
    assert!(told.to_string().contains("\"main\""), "{told}");
}

/// Three nodes: the one that serves the prefix's slot is found from any, and again when the slot moves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_is_asked_who_serves_the_slot() {
    let node = || {
        // Its bus is a second port; by default ten thousand above, which may be above all there are.
        let bus = free_port().unwrap().to_string();
        started(&[("cluster-enabled", "yes"), ("cluster-port", &bus)])
    };
    let nodes = [node(), node(), node()];
    let bus = async |server: &Server| {
        let port: Vec<String> = ask(server, &[b"CONFIG", b"GET", b"cluster-port"]).await;
        port[1].clone()
    };
    for (number, server) in nodes.iter().enumerate() {
        let (from, to) = [("0", "5460"), ("5461", "10922"), ("10923", "16383")][number];
        let _: () = ask(server, &[b"CLUSTER", b"ADDSLOTSRANGE", from.as_bytes(), to.as_bytes()]).await;
        let (port, bus) = (server.port().to_string(), bus(server).await);
        if number == 0 {
            continue;
        }
        let _: () = ask(&nodes[0], &[b"CLUSTER", b"MEET", b"127.0.0.1", port.as_bytes(), bus.as_bytes()]).await;
    }
    for server in &nodes {
        let whole = async || {
            let info: String = ask(server, &[b"CLUSTER", b"INFO"]).await;
            (info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")).then_some(())
        };
        until("the cluster is whole", whole).await;
    }
    for (number, server) in nodes.iter().enumerate() {
        let url = format!("redis+cluster://127.0.0.1:{}?prefix=p{number}&timeout_ms=1000", server.port());
        let store = Redis::open(&url).await.unwrap();
        enqueue(&store, 10).await;
        let (job, lease) = store.claim(asks(10)).await.unwrap().jobs.remove(0);
        assert_eq!(store.finish(vec![verdict(&job, lease, Outcome::Done)]).await.unwrap(), [Finished::Written]);
        assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
        let other = Redis::open(&url).await.unwrap();
        let seen = other.changed(0).await.unwrap();
        enqueue(&store, 1).await;
        tokio::time::timeout(Duration::from_secs(10), other.changed(seen)).await.unwrap().unwrap();
        moved(&nodes, &store, &format!("p{number}")).await;
    }
}

/// An empty store's slot is given to another node under an open store, which follows.
async fn moved(nodes: &[Server; 3], store: &Redis, prefix: &str) {
    let slot: i64 = ask(&nodes[0], &[b"CLUSTER", b"KEYSLOT", prefix.as_bytes()]).await;
    let slot = slot.to_string();
    let mut home = None;
    for node in nodes {
        let here: i64 = ask(node, &[b"CLUSTER", b"COUNTKEYSINSLOT", slot.as_bytes()]).await;
        if here > 0 {
            home = Some(node);
        }
    }
    let home = home.unwrap();
    let next = nodes.iter().find(|node| node.port() != home.port()).unwrap();
    let id = async |node: &Server| ask::<String>(node, &[b"CLUSTER", b"MYID"]).await;
    let (from, to) = (id(home).await, id(next).await);
    let _: () = ask(next, &[b"CLUSTER", b"SETSLOT", slot.as_bytes(), b"IMPORTING", from.as_bytes()]).await;
    let _: () = ask(home, &[b"CLUSTER", b"SETSLOT", slot.as_bytes(), b"MIGRATING", to.as_bytes()]).await;
    loop {
        let keys: Vec<Vec<u8>> = ask(home, &[b"CLUSTER", b"GETKEYSINSLOT", slot.as_bytes(), b"100"]).await;
        if keys.is_empty() {
            break;
        }
        let port = next.port().to_string();
        let mut words: Vec<&[u8]> = vec![b"MIGRATE", b"127.0.0.1", port.as_bytes(), b"", b"0", b"5000", b"KEYS"];
        words.extend(keys.iter().map(Vec::as_slice));
        let _: String = ask(home, &words).await;
    }
    for node in [next, home] {
        let _: () = ask(node, &[b"CLUSTER", b"SETSLOT", slot.as_bytes(), b"NODE", to.as_bytes()]).await;
    }
    let jobs = own::jobs(5);
    until("the slot is followed", async || store.enqueue(jobs.clone().into()).await.ok()).await;
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    let there: i64 = ask(next, &[b"CLUSTER", b"COUNTKEYSINSLOT", slot.as_bytes()]).await;
    assert!(there > 0);
}
