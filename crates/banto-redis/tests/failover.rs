//! Sentinels and a cluster: who is the primary is asked for, and a failover is followed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{collections::BTreeSet, time::Duration};

use banto_core::Outcome;
use banto_redis::Redis;
use banto_servers::{Cluster, Papers, Redis as Server, SERVICE, Watched};
use banto_store::{Fault, Finished, Read, Select, Store};
use own::{ask, asks, enqueue, until, verdict};

#[expect(dead_code, reason = "each test file uses some of it")]
mod own;

/// B2: one primary, one replica, three sentinels; the primary is killed. Whatever was acked is on the new one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b2_a_failover_by_sentinels_is_followed_and_loses_nothing_acked() {
    fails_over("redis", "timeout_ms=500", None).await;
}

async fn fails_over(scheme: &str, options: &str, papers: Option<&Papers>) {
    let group = group(papers).await;
    let url = format!("{scheme}+sentinel://{}/{SERVICE}?{options}", group.hosts());
    let Watched { mut primary, replica, sentinels: _sentinels } = group;
    let store = Redis::open(&url).await.unwrap();
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

/// A primary, its replica and sentinels. They are waited for on a thread of their own.
async fn group(papers: Option<&Papers>) -> Watched {
    let papers = papers.cloned();
    tokio::task::spawn_blocking(move || Watched::start(&[], papers.as_ref())).await.unwrap().unwrap()
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
    is_asked("redis", "timeout_ms=1000", None).await;
}

async fn is_asked(scheme: &str, options: &str, papers: Option<&Papers>) {
    let papers = papers.cloned();
    let cluster = tokio::task::spawn_blocking(move || Cluster::start(&[], papers.as_ref())).await.unwrap().unwrap();
    for (number, server) in cluster.nodes.iter().enumerate() {
        let url = format!("{scheme}+cluster://127.0.0.1:{}?prefix=p{number}&{options}", server.door());
        let store = Redis::open(&url).await.unwrap();
        enqueue(&store, 10).await;
        let (job, lease) = store.claim(asks(10)).await.unwrap().jobs.remove(0);
        assert_eq!(store.finish(vec![verdict(&job, lease, Outcome::Done)]).await.unwrap(), [Finished::Written]);
        assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
        let other = Redis::open(&url).await.unwrap();
        let seen = other.changed(0).await.unwrap();
        enqueue(&store, 1).await;
        tokio::time::timeout(Duration::from_secs(10), other.changed(seen)).await.unwrap().unwrap();
        moved(&cluster.nodes, &store, &format!("p{number}")).await;
    }
}

/// An empty store's slot is given to another node under an open store, which follows.
async fn moved(nodes: &[Server], store: &Redis, prefix: &str) {
    let slot: i64 = ask(nodes.first().unwrap(), &[b"CLUSTER", b"KEYSLOT", prefix.as_bytes()]).await;
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
        let port = next.door().to_string();
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

/// The same with TLS from end to end: to the sentinels, to the primary they name, and between all of them.
#[cfg(feature = "tls")]
mod tls {
    use banto_servers::Authority;

    use super::*;

    fn authority() -> (Authority, Papers) {
        let authority = Authority::new().unwrap();
        let papers = authority.signs(&["127.0.0.1"]).unwrap();
        (authority, papers)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn b2_a_failover_by_sentinels_over_tls_is_followed_and_loses_nothing_acked() {
        let (_authority, papers) = authority();
        fails_over("rediss", &format!("ssl_ca_certs={}&timeout_ms=2000", papers.authority), Some(&papers)).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_cluster_over_tls_is_asked_who_serves_the_slot() {
        let (_authority, papers) = authority();
        is_asked("rediss", &format!("ssl_ca_certs={}&timeout_ms=5000", papers.authority), Some(&papers)).await;
    }

    /// Sentinels and nodes are believed no more than a server is: by their certificates, and never in the clear.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn sentinels_and_nodes_that_nobody_vouches_for_are_refused() {
        let ((_authority, papers), stranger) = (authority(), Authority::new().unwrap());
        let group = group(Some(&papers)).await;
        let shown = papers.clone();
        let cluster = tokio::task::spawn_blocking(move || Cluster::start(&[], Some(&shown))).await.unwrap().unwrap();
        let places = [format!("sentinel://{}/{SERVICE}", group.hosts()), format!("cluster://{}", cluster.hosts())];
        for place in places {
            let told = Redis::open(&format!("rediss+{place}?ssl_ca_certs={}", stranger.file().display())).await;
            let told = told.unwrap_err();
            assert_eq!(*told.fault(), Fault::Config, "{told}");
            assert!(told.to_string().contains("name the authority that signed it"), "{told}");
            let told = Redis::open(&format!("redis+{place}")).await.unwrap_err();
            assert_eq!(*told.fault(), Fault::Gone, "{told}");
            assert!(told.to_string().contains("say rediss://"), "{told}");
        }
    }
}
