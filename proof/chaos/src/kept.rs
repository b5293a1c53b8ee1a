//! Where jobs are kept: the one place that knows the stores by name and opens one by its address.
//!
//! For rows and their children, which speak to a store through the contract alone. What is SQLite's own (a look at the
//! bytes of the file) goes past it, in the rows that are SQLite's own.

use std::{fmt, sync::Arc};

use banto_sqlite::Sqlite;
use banto_store::{Store, StoreError, SystemClock};

use crate::{Told, failing::Failing};

/// A store that rows are run over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// A file.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
    /// A Redis server.
    Redis,
}

/// Each with its word, and the mark that it puts behind a row's name: none for the first, whose rows were there before.
const KEPT: [(Kept, &str, &str); 3] =
    [(Kept::Sqlite, "sqlite", ""), (Kept::Postgres, "postgres", "/P"), (Kept::Redis, "redis", "/R")];

impl Kept {
    /// All of them, in the order of the table.
    pub const ALL: &'static [Kept] = &[Kept::Sqlite, Kept::Postgres, Kept::Redis];

    /// Its word, as it is typed.
    pub fn word(self) -> &'static str {
        KEPT.iter().find(|(kept, ..)| *kept == self).map_or("", |(_, word, _)| word)
    }

    /// What stands behind the name of a row over it: `/P`.
    pub fn mark(self) -> &'static str {
        KEPT.iter().find(|(kept, ..)| *kept == self).map_or("", |(.., mark)| mark)
    }

    /// The one of that word, or of its first letter.
    pub fn of(word: &str) -> Told<Kept> {
        let word = word.trim().to_lowercase();
        let found = KEPT.iter().find(|(_, known, _)| *known == word || (word.len() == 1 && known.starts_with(&word)));
        let words = || KEPT.map(|(_, word, _)| word).join(", ");
        found.map(|(kept, ..)| *kept).ok_or_else(|| format!("find the store \"{word}\": there are {}", words()))
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Opens the store at an address. If `migrate` is off, none is made and no schema is changed.
pub async fn open(url: &str, migrate: bool) -> Result<Arc<dyn Store>, StoreError> {
    if url.starts_with("postgres") {
        let mut options: banto_postgres::Options = url.parse()?;
        options.migrate = migrate;
        let store = banto_postgres::Postgres::open_with(options, banto_postgres::Time::Server).await?;
        return Ok(Failing::before(Arc::new(store)));
    }
    if url.starts_with("redis") {
        let mut options: banto_redis::Options = url.parse()?;
        options.migrate = migrate;
        let store = banto_redis::Redis::open_with(options, banto_redis::Time::Server).await?;
        return Ok(Failing::before(Arc::new(store)));
    }
    let options = banto_sqlite::Options { migrate, ..url.parse()? };
    Ok(Arc::new(Sqlite::open_aside(options, Arc::new(SystemClock)).await?))
}

/// What must always be true of what is stored there and is not, as sentences.
pub async fn check(url: &str) -> Result<Vec<String>, StoreError> {
    if url.starts_with("postgres") {
        return banto_postgres::Postgres::open(url).await?.check().await;
    }
    if url.starts_with("redis") {
        return banto_redis::Redis::open(url).await?.check().await;
    }
    Sqlite::open_aside(url.parse()?, Arc::new(SystemClock)).await?.check().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_named_by_its_word_or_its_letter() {
        for kept in Kept::ALL {
            assert_eq!(Kept::of(kept.word()), Ok(*kept));
            assert_eq!(Kept::of(&kept.word()[..1].to_uppercase()), Ok(*kept));
        }
        assert!(Kept::of("mysql").unwrap_err().contains("sqlite"));
    }
}
