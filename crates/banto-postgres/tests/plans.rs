//! With a hundred thousand jobs waiting, what is asked every moment looks at few rows.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use banto_core::{Ids, InstanceId, Name, NewJob, Payload};
use banto_postgres::tokio_postgres::Client;
use banto_store::{Claim, Prune, Read, Select, Store};

mod place;
use place::Schema;

const WAITING: usize = 100_000;

/// How many rows were read one after the other, and how many by an index, in the store's tables. What a session has done is
/// told some time after it, so it is asked to tell.
async fn read(client: &Client, schema: &str) -> BTreeMap<String, (i64, i64)> {
    let sql = "SELECT relname::text, coalesce(seq_tup_read, 0), coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables
        WHERE schemaname = $1";
    client.batch_execute("SELECT pg_stat_clear_snapshot()").await.unwrap();
    let rows = client.query(sql, &[&schema]).await.unwrap();
    rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g2_nothing_that_is_asked_often_walks_through_what_waits() {
    let schema = Schema::new();
    let name = |text: &str| Name::new(text).unwrap();
    {
        let store = schema.store().await;
        let mut ids = Ids::new(1);
        for part in 0..WAITING / 10_000 {
            let queue = name(&format!("q{}", part % 3));
            let payload = Payload::parse("{\"to\":4711}").unwrap();
            let jobs: Vec<NewJob> = (0..10_000)
                .map(|_| NewJob::new(ids.make(1_767_225_600_000), name("send"), queue.clone(), payload.clone()))
                .collect();
            store.enqueue(jobs.into()).await.unwrap();
        }
    }
    let client = schema.client().await;
    client.batch_execute("ANALYZE live; ANALYZE job").await.unwrap();
    // The sessions above have ended, so what they did is told.
    let before = settled(&client, &schema.name).await;
    {
        let store = schema.store().await;
        let mut leased = 0;
        for _ in 0..20 {
            let claim = Claim {
                instance: InstanceId(1),
                queues: vec![name("q1"), name("q2")],
                limit: 10,
                lease_ms: 10_000,
                adopt: vec![],
            };
            let claimed = store.claim(claim).await.unwrap();
            let leases: Vec<_> = claimed.jobs.iter().map(|(_, lease)| *lease).collect();
            leased += leases.len();
            store.renew(leases, 10_000).await.unwrap();
            store.expired(100).await.unwrap();
            store.queues().await.unwrap();
            store.tally().await.unwrap();
            store.census().await.unwrap();
            store.jobs(Select { limit: 10, ..Select::default() }, None).await.unwrap();
            store.prune(Prune::default()).await.unwrap();
        }
        assert_eq!(leased, 200);
    }
    let after = settled(&client, &schema.name).await;
    for table in ["job", "live", "ended", "line", "key"] {
        let (walked, looked_up) = (after[table].0 - before[table].0, after[table].1 - before[table].1);
        assert_eq!(walked, 0, "{table} was walked through");
        assert!(looked_up < 20_000, "{looked_up} rows of {table} were looked up in twenty rounds");
    }
}

/// What was read, once it changes no more.
async fn settled(client: &Client, schema: &str) -> BTreeMap<String, (i64, i64)> {
    let mut last = read(client, schema).await;
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let now = read(client, schema).await;
        let others =
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'banto' AND query LIKE '%' || $1 || '%'";
        let left: i64 = client.query_one(others, &[&schema]).await.unwrap().get(0);
        if now == last && left == 0 {
            return now;
        }
        last = now;
    }
    last
}
