//! The server that a row's jobs are kept on, if they are kept on one: durable unless the row says otherwise.
//!
//! A row's own, on a free loopback port: it is killed, stopped and started again as the row likes, and ends with it. What
//! an operator would type at a server's own prompt is typed here, past the store.

use banto_servers::{Postgres, Redis, Stop};
use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::{Told, kept::Kept};

/// A durable Redis: every write is in its file before it is answered, though not on the disk; or what a row says instead.
const REDIS: [(&str, &str); 3] = [("appendonly", "yes"), ("appendfsync", "everysec"), ("save", "")];
/// PostgreSQL is durable by itself. Small, for many of them run at once.
const POSTGRES: [(&str, &str); 3] = [("shared_buffers", "32MB"), ("max_connections", "200"), ("max_wal_size", "256MB")];

/// The server.
pub enum Server {
    /// A PostgreSQL.
    Postgres(Postgres),
    /// A Redis.
    Redis(Redis),
}

/// How it goes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Down {
    /// `kill -9`.
    Kill,
    /// Clients are cut off (`pg_ctl -m fast`, TERM).
    Fast,
    /// As a crash, in order (`pg_ctl -m immediate`); a Redis is killed.
    Immediate,
}

impl Server {
    /// Starts one with these settings beside the usual ones, which they go before.
    pub fn start(kept: Kept, settings: &[(&str, &str)]) -> Told<Server> {
        let with = |usual: &[(&'static str, &'static str)]| {
            let known = |name: &str| settings.iter().any(|(set, _)| *set == name);
            let usual: Vec<(String, String)> =
                usual.iter().filter(|(name, _)| !known(name)).map(|(n, v)| ((*n).into(), (*v).into())).collect();
            usual.into_iter().chain(settings.iter().map(|(n, v)| ((*n).into(), (*v).into()))).collect::<Vec<_>>()
        };
        match kept {
            Kept::Postgres => Ok(Server::Postgres(Postgres::start(&borrowed(&with(&POSTGRES)))?)),
            Kept::Redis => Ok(Server::Redis(Redis::start(&borrowed(&with(&REDIS)))?)),
            Kept::Sqlite => Err("start a server for a file".into()),
        }
    }

    /// Its port on loopback.
    pub fn port(&self) -> u16 {
        match self {
            Server::Postgres(server) => server.port(),
            Server::Redis(server) => server.port(),
        }
    }

    /// The address of a store of that name, where the server is found at `host:port`.
    pub fn address(&self, at: &str, name: &str) -> String {
        match self {
            Server::Postgres(_) => format!("postgres://postgres@{at}/postgres?schema={}", name.replace('-', "_")),
            Server::Redis(_) => format!("redis://{at}/0?prefix={name}"),
        }
    }

    /// It goes down.
    pub fn down(&mut self, how: Down) -> Told<()> {
        match (self, how) {
            (Server::Postgres(server), Down::Kill) => server.kill(),
            (Server::Postgres(server), Down::Fast) => server.stop(Stop::Fast),
            (Server::Postgres(server), Down::Immediate) => server.stop(Stop::Immediate),
            (Server::Redis(server), Down::Fast) => server.stop(),
            (Server::Redis(server), Down::Kill | Down::Immediate) => server.kill(),
        }
    }

    /// It is started again on the same data and port, and answers.
    pub fn begin(&mut self) -> Told<()> {
        match self {
            Server::Postgres(server) => server.begin(),
            Server::Redis(server) => server.begin(),
        }
    }
}

fn borrowed(settings: &[(String, String)]) -> Vec<(&str, &str)> {
    settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// A prompt at a PostgreSQL.
pub struct Psql(tokio_postgres::Client);

impl Psql {
    /// Logs in at that port on loopback, as its superuser.
    pub async fn open(port: u16) -> Told<Psql> {
        let address = format!("host=127.0.0.1 port={port} user=postgres dbname=postgres application_name=operator");
        let (client, connection) =
            tokio_postgres::connect(&address, NoTls).await.map_err(|error| format!("log in at the server: {error}"))?;
        // It ends with the client.
        tokio::spawn(async move { connection.await.err() });
        Ok(Psql(client))
    }

    /// Types that, and gives the first column of what comes back.
    pub async fn say(&self, sql: &str) -> Told<Vec<String>> {
        let answer = self.0.simple_query(sql).await.map_err(|error| format!("carry out \"{sql}\": {error:?}"))?;
        let first = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        };
        Ok(answer.iter().filter_map(first).collect())
    }
}

/// Types that at the Redis at `host:port`; what it answers, in words.
pub fn redis(at: &str, words: &[&str]) -> Told<String> {
    let failed = |error: redis::RedisError| format!("say \"{}\" to Redis: {error}", words.join(" "));
    let mut connection =
        redis::Client::open(format!("redis://{at}")).and_then(|c| c.get_connection()).map_err(failed)?;
    let (first, rest) = words.split_first().ok_or("say nothing to Redis")?;
    let answer: redis::Value = redis::cmd(first).arg(rest).query(&mut connection).map_err(failed)?;
    Ok(match answer {
        redis::Value::BulkString(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        redis::Value::SimpleString(text) => text,
        other => format!("{other:?}"),
    })
}
