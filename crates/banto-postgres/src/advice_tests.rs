//! Each notice on a real server where it is true, and none where nothing is wrong.

use std::time::Duration;

use banto_servers::Postgres as Server;
use tokio_postgres::NoTls;

use super::*;

/// So short and few that a test comes there.
const SOON: Limits = Limits { snapshot_s: 0.2, dead_rows: 500 };

async fn client(server: &Server, role: &str) -> Client {
    let url = server.url().replace("postgres@", &format!("{role}@"));
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A server of its own, for a snapshot is the whole server's, and a schema on it.
async fn server() -> (Server, Client) {
    let server = Server::start(&[("fsync", "off"), ("autovacuum", "off")]).unwrap();
    let own = client(&server, "postgres").await;
    own.batch_execute("CREATE SCHEMA shop; CREATE TABLE shop.job (id int)").await.unwrap();
    (server, own)
}

/// Asks until the server says as many; its numbers come a moment late.
async fn says(client: &Client, limits: &Limits, count: usize) -> Vec<String> {
    for _ in 0..400 {
        let said = advice(client, "shop", limits).await;
        if said.len() == count {
            return said;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{count} notices were expected: {:?}", advice(client, "shop", limits).await);
}

#[tokio::test]
async fn a_transaction_that_keeps_what_was_deleted_is_named_with_its_end() {
    let (server, own) = server().await;
    own.batch_execute("CREATE ROLE ann LOGIN; GRANT ALL ON SCHEMA shop TO ann; GRANT ALL ON shop.job TO ann")
        .await
        .unwrap();
    // One that looks, and one that has written and waits: that one has a number and no snapshot.
    for holds in ["BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1", "BEGIN; INSERT INTO shop.job VALUES (1)"] {
        let other = client(&server, "ann").await;
        other.batch_execute(&format!("SET application_name = 'a dump'; {holds}")).await.unwrap();
        let pid: i32 = other.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
        let said = says(&own, &SOON, 1).await.remove(0);
        for word in [&format!("process {pid} of the server (ann a dump)"), "for 0 minutes, which waits for its client"]
        {
            assert!(said.contains(word), "{word}: {said}");
        }
        assert_eq!(says(&own, &LIMITS, 0).await, Vec::<String>::new(), "it is not five minutes old");
        let cure = said.rsplit("or ").next().unwrap().to_owned();
        own.batch_execute(&cure).await.unwrap();
        says(&own, &SOON, 0).await;
    }
    // Whoever has only begun holds nothing.
    let other = client(&server, "ann").await;
    other.batch_execute("BEGIN; SELECT 1").await.unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(advice(&own, "shop", &SOON).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_table_with_more_dead_rows_than_others_is_named_with_its_cure() {
    let (server, own) = server().await;
    let other = client(&server, "postgres").await;
    let dead = "INSERT INTO shop.job SELECT generate_series(1, 1000); DELETE FROM shop.job WHERE id > 100";
    other.batch_execute(dead).await.unwrap();
    // What a session did is known at the latest when it ends.
    drop(other);
    let said = says(&own, &SOON, 1).await.remove(0);
    assert!(said.starts_with("the table shop.job has 900 dead rows beside 100: "), "{said}");
    assert_eq!(says(&own, &LIMITS, 0).await, Vec::<String>::new(), "so few are no bloat");
    assert_eq!(advice(&own, "banto", &SOON).await, Vec::<String>::new(), "others' tables are none of ours");
    own.batch_execute(said.rsplit("or ").next().unwrap()).await.unwrap();
    says(&own, &SOON, 0).await;
}

#[tokio::test]
async fn an_index_that_is_not_valid_is_named_with_its_cure() {
    let (_server, own) = server().await;
    own.batch_execute("INSERT INTO shop.job VALUES (1), (1)").await.unwrap();
    // An index that could not be built is left behind.
    own.batch_execute("CREATE UNIQUE INDEX CONCURRENTLY job_once ON shop.job (id)").await.unwrap_err();
    let said = says(&own, &LIMITS, 1).await.remove(0);
    assert_eq!(said, "the index shop.job_once is not valid: REINDEX INDEX shop.job_once");
    own.batch_execute("TRUNCATE shop.job").await.unwrap();
    own.batch_execute(said.split_once(": ").unwrap().1).await.unwrap();
    says(&own, &LIMITS, 0).await;
}
