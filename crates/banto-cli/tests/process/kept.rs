//! A store of each sort, empty and of its own, for what must be the same wherever jobs are kept.

use std::sync::Arc;

use banto_postgres::Postgres;
use banto_redis::Redis;
use banto_servers::{Postgres as PostgresServer, Redis as RedisServer, Shared};
use banto_sqlite::{Options, Sqlite, Synchronous};
use banto_store::{Clock, Store, SystemClock, memory::Memory};
use tempfile::TempDir;

/// Where jobs are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    Memory,
    Sqlite,
    Postgres,
    Redis,
}

impl Kept {
    pub const ALL: [Kept; 4] = [Kept::Memory, Kept::Sqlite, Kept::Postgres, Kept::Redis];

    /// A place where nothing is yet.
    pub fn place(self) -> Place {
        // Each test is a process, or shares one: neither meets another's.
        let own = format!("t{:x}_{:08x}", std::process::id(), fastrand::u32(..));
        let (url, held) = match self {
            Kept::Memory => ("memory:".to_owned(), Held::Nothing),
            Kept::Sqlite => {
                let folder = TempDir::new().unwrap();
                (folder.path().join("jobs.db").display().to_string(), Held::Folder(folder))
            }
            Kept::Postgres => {
                let server = PostgresServer::shared().unwrap();
                // It is shared and without its fsync, so it is asked for by name.
                (format!("{}?durability=memory&schema={own}", server.url()), Held::Postgres(server))
            }
            Kept::Redis => {
                let server = RedisServer::shared().unwrap();
                (format!("{}?prefix={own}", server.url()), Held::Redis(server))
            }
        };
        Place { kept: self, url, _held: held }
    }
}

/// What must not go before the store.
#[expect(dead_code, reason = "it is held, and not looked at")]
enum Held {
    Nothing,
    Folder(TempDir),
    Postgres(Shared<PostgresServer>),
    Redis(Shared<RedisServer>),
}

/// Where one store is.
pub struct Place {
    kept: Kept,
    pub url: String,
    _held: Held,
}

impl Place {
    /// The store, by its own time as everywhere else.
    pub async fn open(&self) -> Arc<dyn Store> {
        match self.kept {
            Kept::Postgres => Arc::new(Postgres::open(&self.url).await.unwrap()),
            Kept::Redis => Arc::new(Redis::open(&self.url).await.unwrap()),
            Kept::Memory | Kept::Sqlite => self.given(SystemClock).await,
        }
    }

    /// The store, by the time that is given.
    pub async fn given(&self, clock: impl Clock) -> Arc<dyn Store> {
        let clock = Arc::new(clock);
        match self.kept {
            Kept::Memory => Arc::new(Memory::new(clock, 1)),
            Kept::Sqlite => {
                let synchronous = Synchronous::Normal;
                let options = Options { synchronous, reserve_bytes: 0, ..Options::of(&self.url) };
                Arc::new(Sqlite::open_with(options, clock).unwrap())
            }
            Kept::Postgres => {
                let time = banto_postgres::Time::Given(clock);
                Arc::new(Postgres::open_with(self.url.parse().unwrap(), time).await.unwrap())
            }
            Kept::Redis => {
                let time = banto_redis::Time::Given(clock);
                Arc::new(Redis::open_with(self.url.parse().unwrap(), time).await.unwrap())
            }
        }
    }
}
