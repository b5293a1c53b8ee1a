//! Where a run happens: a file of its own, or a database of its own on a server that was started for the group.
//!
//! Ours and what it is measured against have the same disk, or the same server with the same settings: PostgreSQL as it is by
//! default (fsync and synchronous_commit on), Redis with an append-only file that is flushed every second. It measures nothing.

use std::{
    cell::Cell,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::{
    Tried,
    child::{self, Ask, Took, What},
    raw,
    sort::Sort,
};

/// The settings that make PostgreSQL as durable as ours promises. They are its defaults; all else is too.
const POSTGRES: [(&str, &str); 3] = [("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on")];
/// The settings of Redis. The file is not rewritten, for that would happen in the middle of a run now and then.
const REDIS: [(&str, &str); 4] =
    [("appendonly", "yes"), ("appendfsync", "everysec"), ("save", ""), ("auto-aof-rewrite-percentage", "0")];
/// How many databases a Redis has.
const REDIS_DATABASES: usize = 16;

/// What the runs of a group share.
pub struct Ground {
    sort: Sort,
    folder: PathBuf,
    server: Server,
    made: Cell<usize>,
}

enum Server {
    None,
    Postgres(banto_servers::Postgres),
    Redis(banto_servers::Redis),
}

impl Ground {
    /// Starts the server, if there is one to start. Its data lie in `folder`.
    pub fn start(sort: Sort, folder: &Path) -> Tried<Ground> {
        let server = match sort {
            Sort::Sqlite => Server::None,
            Sort::Postgres => Server::Postgres(banto_servers::Postgres::start(&POSTGRES)?),
            Sort::Redis => Server::Redis(banto_servers::Redis::start(&REDIS)?),
        };
        Ok(Ground { sort, folder: folder.to_owned(), server, made: Cell::new(0) })
    }

    /// Which store.
    pub fn sort(&self) -> Sort {
        self.sort
    }

    /// What is measured on and what it is worth, in words: version and settings.
    pub fn told(&self) -> Tried<String> {
        match &self.server {
            Server::None => Ok(format!("SQLite {}, synchronous=full", banto_sqlite::rusqlite::version())),
            Server::Postgres(server) => raw::told(&server.url()),
            Server::Redis(server) => raw::told(&server.url()),
        }
    }

    /// A place where nothing is yet.
    pub fn place(&self) -> Tried<Place> {
        self.made.set(self.made.get() + 1);
        let number = self.made.get();
        let (address, folder) = match &self.server {
            Server::None => {
                let made = tempfile::Builder::new().prefix("bench-").tempdir_in(&self.folder);
                let made = made.map_err(|error| format!("make a folder in {}: {error}", self.folder.display()))?;
                (format!("sqlite://{}", made.path().join("store.db").display()), Some(made))
            }
            Server::Postgres(server) => {
                let name = format!("bench_{number}");
                raw::postgres::create(&server.url(), &name)?;
                (format!("postgres://postgres@127.0.0.1:{}/{name}", server.port()), None)
            }
            Server::Redis(server) => {
                let address = format!("{}/{}", server.url(), number % REDIS_DATABASES);
                raw::redis::flush(&address)?;
                (address, None)
            }
        };
        Ok(Place { address, _folder: folder })
    }
}

/// A place for one run; what lies there goes with this value or with its server.
pub struct Place {
    address: String,
    _folder: Option<TempDir>,
}

impl Place {
    /// Where it is, as stores and peers take it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Measures in a fresh process, on this place.
    pub fn measure(&self, seed: u64, what: What) -> Tried<Took> {
        child::measure(&Ask { address: self.address.clone(), seed, what })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Room for the next; if it does not go, it goes with its server.
        let _ = raw::postgres::drop_database(&self.address);
    }
}
