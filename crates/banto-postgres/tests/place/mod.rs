//! Where a test works: a schema of its own on the server that all tests share.
#![allow(dead_code, clippy::unwrap_used, clippy::allow_attributes, reason = "each test file uses some of it")]

use banto_core::InstanceId;
use banto_postgres::{Options, Postgres, Time, tokio_postgres};
use banto_store::{Claim, Claimed, Read, Select, Store};

/// A schema that nobody else uses.
pub struct Schema {
    server: banto_servers::Shared<banto_servers::Postgres>,
    pub name: String,
}

impl Schema {
    /// A new one, which is not made yet.
    pub fn new() -> Schema {
        let server = banto_servers::Postgres::shared().unwrap();
        Schema { server, name: format!("t_{:016x}", fastrand::u64(..)) }
    }

    /// The store's address. The shared server does not flush, which is to be asked for by name.
    pub fn address(&self) -> String {
        format!("{}?schema={}&durability=memory&connections=4", self.server.url(), self.name)
    }

    /// The server's own address.
    pub fn server(&self) -> &str {
        self.server.url()
    }

    /// The options of the store.
    pub fn options(&self) -> Options {
        self.address().parse().unwrap()
    }

    /// The store, open.
    pub async fn open(&self, time: Time) -> Postgres {
        Postgres::open_with(self.options(), time).await.unwrap()
    }

    /// The store, open, by the server's clock.
    pub async fn store(&self) -> Postgres {
        self.open(Time::Server).await
    }

    /// A plain connection to the server, which finds the store's tables by their names alone.
    pub async fn client(&self) -> tokio_postgres::Client {
        let (client, connection) = tokio_postgres::connect(self.server.url(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(&format!("SET search_path = {}, public", self.name)).await.unwrap();
        client
    }
}

/// Claims up to ten jobs of that queue.
pub async fn claim(store: &Postgres, queue: &str) -> Claimed {
    let queues = vec![queue.parse().unwrap()];
    store.claim(Claim { instance: InstanceId(1), queues, limit: 10, lease_ms: 10_000, adopt: vec![] }).await.unwrap()
}

/// How many jobs are listed.
pub async fn listed(store: &Postgres) -> usize {
    store.jobs(Select::default(), None).await.unwrap().jobs.len()
}
