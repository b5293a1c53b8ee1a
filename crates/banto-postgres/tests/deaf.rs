//! Notifications that do not arrive, as behind a pooler that hands connections on: that is found out, said, and made good for.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use banto_core::{Ids, Name, NewJob, Payload};
use banto_postgres::Postgres;
use banto_store::{Read, Store};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
};

mod place;
use place::Schema;

/// Stands before a server and passes on everything but notifications; its port.
async fn pooler(server: String) -> u16 {
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = door.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = door.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            let ((mut from_client, to_client), (from_server, mut to_server)) =
                (client.into_split(), server.into_split());
            tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
            tokio::spawn(pass_on(from_server, to_client));
        }
    });
    port
}

/// Message by message: a letter, a length, the rest. A notification has the letter A.
async fn pass_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> std::io::Result<()> {
    loop {
        let letter = from.read_u8().await?;
        let length = from.read_u32().await?;
        let mut rest = vec![0; length as usize - 4];
        from.read_exact(&mut rest).await?;
        if letter != b'A' {
            to.write_all(&[&[letter], &length.to_be_bytes()[..], &rest].concat()).await?;
        }
    }
}

async fn wakes(store: &Postgres, seen: u64) -> Option<u64> {
    tokio::time::timeout(Duration::from_secs(10), store.changed(seen)).await.ok().map(Result::unwrap)
}

/// Waits until nothing changes for a second.
async fn quiet(store: &Postgres) -> u64 {
    let mut seen = store.changed(0).await.unwrap();
    while let Ok(next) = tokio::time::timeout(Duration::from_secs(1), store.changed(seen)).await {
        seen = next.unwrap();
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_that_swallows_notifications_is_noticed_and_the_database_is_asked() {
    let schema = Schema::new();
    let other = schema.store().await;
    let at = schema.server().split('@').nth(1).unwrap().split('/').next().unwrap().to_owned();
    let port = pooler(at.clone()).await;
    let store = Postgres::open(&schema.address().replace(&at, &format!("127.0.0.1:{port}"))).await.unwrap();

    let is_said =
        |store: &Postgres| store.about().notices.iter().any(|notice| notice.contains("notifications do not arrive"));
    for _ in 0..300 {
        if is_said(&store) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(is_said(&store), "{:?}", store.about());
    assert!(!is_said(&other), "where they arrive nothing is said");

    let name = |text: &str| Name::new(text).unwrap();
    let mut ids = Ids::new(1);
    for _ in 0..3 {
        let seen = *[store.changed(0).await.unwrap()].last().unwrap();
        let job = NewJob::new(ids.make(1), name("send"), name("mail"), Payload::parse("1").unwrap());
        other.enqueue([job].into()).await.unwrap();
        assert!(wakes(&store, seen).await.is_some(), "it slept over a change");
    }
}

/// Where notifications arrive nobody wakes for nothing: not for its own, nor for a beat, nor for a claim of another's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_change_wakes_once() {
    let schema = Schema::new();
    let (store, other) = (schema.store().await, schema.store().await);
    let seen = quiet(&store).await;
    let name = |text: &str| Name::new(text).unwrap();
    let mut ids = Ids::new(1);
    let mut job = || NewJob::new(ids.make(1), name("send"), name("mail"), Payload::parse("1").unwrap());
    store.enqueue([job()].into()).await.unwrap();
    let seen_own = quiet(&store).await;
    assert_eq!(seen_own, seen + 1, "its own notification is not news");
    other.enqueue([job()].into()).await.unwrap();
    let next = wakes(&store, seen_own).await.unwrap();
    assert_eq!(quiet(&store).await, next, "one wakes for one");
    for _ in 0..20 {
        other.enqueue([job()].into()).await.unwrap();
    }
    let after = quiet(&store).await;
    assert!(after > next && after - next < 20, "{} for twenty in a row", after - next);
}

/// No connection that listens can be had: that is said with its cause, and whoever waits looks all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_connection_that_listens_everybody_looks_and_it_is_said() {
    let schema = Schema::new();
    let client = schema.client().await;
    let role = format!("r_{}", schema.name);
    let make =
        format!("CREATE ROLE {role} LOGIN CONNECTION LIMIT 1; CREATE SCHEMA {} AUTHORIZATION {role}", schema.name);
    client.batch_execute(&make).await.unwrap();
    let address =
        schema.address().replace("//postgres@", &format!("//{role}@")).replace("connections=4", "connections=1");
    let store = Postgres::open(&address).await.unwrap();
    let said = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            if let Some(notice) = store.about().notices.into_iter().find(|notice| notice.contains("every two seconds"))
            {
                return notice;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let said = said.await.unwrap();
    assert!(said.contains("listen for changes") && said.contains("too many connections"), "{said}");
    let (mut ids, name) = (Ids::new(1), |text: &str| Name::new(text).unwrap());
    let seen = store.changed(0).await.unwrap();
    let job = NewJob::new(ids.make(1), name("send"), name("mail"), Payload::parse("1").unwrap());
    schema.store().await.enqueue([job].into()).await.unwrap();
    assert!(wakes(&store, seen).await.is_some(), "it slept over a change");
    client.batch_execute(&format!("ALTER ROLE {role} CONNECTION LIMIT 2")).await.unwrap();
    let quiet = tokio::time::timeout(Duration::from_secs(30), async {
        while store.about().notices.iter().any(|notice| notice.contains("every two seconds")) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    quiet.await.unwrap();
}
