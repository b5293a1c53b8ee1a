//! The sorts of stores there are to measure.

use clap::ValueEnum;
use serde::Serialize;

/// A store, by what keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// The default store, a file.
    Sqlite,
    /// A server, durable as it is by default.
    Postgres,
    /// A server with an append-only file that is flushed every second.
    Redis,
}

impl Sort {
    /// All of them.
    pub const ALL: [Sort; 3] = [Sort::Sqlite, Sort::Postgres, Sort::Redis];

    /// As it is typed.
    pub fn word(self) -> &'static str {
        match self {
            Sort::Sqlite => "sqlite",
            Sort::Postgres => "postgres",
            Sort::Redis => "redis",
        }
    }

    /// As it is called.
    pub fn title(self) -> &'static str {
        match self {
            Sort::Sqlite => "SQLite",
            Sort::Postgres => "PostgreSQL",
            Sort::Redis => "Redis",
        }
    }

    /// Of the store at that address.
    pub fn of(address: &str) -> Option<Sort> {
        let (scheme, _) = address.split_once("://")?;
        Sort::ALL.into_iter().find(|sort| sort.word() == scheme)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_of_which_sort_it_is() {
        for sort in Sort::ALL {
            assert_eq!(Sort::of(&format!("{}://somewhere", sort.word())), Some(sort));
        }
        assert_eq!(Sort::of("mysql://somewhere"), None);
        assert_eq!(Sort::of("somewhere"), None);
    }
}
