//! The raw limit: a store's server or engine with nothing around it, in the same run as ours.
//!
//! For SQLite, one plain table without an index: what nothing that keeps jobs there can be faster than. For the servers, the
//! very statements and scripts of ours by the bare driver, with as many rows a round trip and as many connections: what the
//! server can do of that work, so that the rest is what banto costs around it.

pub mod postgres;
pub mod redis;
pub mod sqlite;

use std::path::Path;

use crate::{
    Tried,
    child::Took,
    ours::{on_runtime, on_thread},
    sort::Sort,
};

/// Inserts `jobs` rows, so many a commit, for so many callers at once.
pub fn insert(address: &str, jobs: usize, rows_a_commit: usize, callers: usize) -> Tried<Took> {
    match sort(address)? {
        Sort::Sqlite => sqlite::insert(path(address), jobs, rows_a_commit),
        Sort::Postgres => on_runtime(postgres::insert(address, jobs, rows_a_commit, callers)),
        Sort::Redis => on_runtime(redis::insert(address, jobs, rows_a_commit, callers)),
    }
}

/// Claims and finishes `jobs` rows that were inserted before, so many a commit.
pub fn work(address: &str, jobs: usize, rows_a_commit: usize) -> Tried<Took> {
    match sort(address)? {
        Sort::Sqlite => sqlite::work(path(address), jobs, rows_a_commit),
        Sort::Postgres => on_runtime(postgres::work(address, jobs, rows_a_commit)),
        Sort::Redis => on_runtime(redis::work(address, jobs, rows_a_commit)),
    }
}

/// What a job cannot come to run without: one commit that brings it and one that claims it, in milliseconds each time.
pub fn latency(address: &str, times: usize) -> Tried<Took> {
    match sort(address)? {
        Sort::Sqlite => sqlite::latency(path(address), times),
        Sort::Postgres => on_thread(postgres::latency(address.into(), times)),
        Sort::Redis => on_thread(redis::latency(address.into(), times)),
    }
}

/// What a server is and what its settings are, in words.
pub fn told(address: &str) -> Tried<String> {
    match sort(address)? {
        Sort::Sqlite => Err("ask SQLite for its settings: it has no server".into()),
        Sort::Postgres => on_runtime(postgres::told_of(address)),
        Sort::Redis => on_runtime(redis::told_of(address)),
    }
}

/// How many commits (in Redis: scripts) the store there has counted. Only differences mean anything.
pub async fn commits(address: &str) -> Tried<f64> {
    match sort(address)? {
        Sort::Sqlite => sqlite::commits(path(address)),
        Sort::Postgres => postgres::commits(address).await,
        Sort::Redis => redis::commits(address).await,
    }
}

/// The process of the server there, if there is one.
pub async fn server(address: &str) -> Tried<Option<i32>> {
    match sort(address)? {
        Sort::Sqlite => Ok(None),
        Sort::Postgres => postgres::pid(address).await.map(Some),
        Sort::Redis => redis::pid(address).await.map(Some),
    }
}

/// Which store is at that address.
pub fn sort(address: &str) -> Tried<Sort> {
    Sort::of(address).ok_or_else(|| format!("measure \"{address}\": it is no store that is known here"))
}

fn path(address: &str) -> &Path {
    Path::new(address.strip_prefix("sqlite://").unwrap_or(address))
}
