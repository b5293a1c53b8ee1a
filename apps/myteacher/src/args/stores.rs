//! Where jobs are, and where the application's own tables: typed, in the environment, or as usual.

use std::fmt;

use banto::{Fault, StoreError, sqlite::Options};
use clap::{Args, Parser};

use super::settings;
use crate::{cmd, error::Error};

/// Where jobs are, and where the application's own tables.
#[derive(Clone, Args)]
pub struct Stores {
    /// The store of jobs: a SQLite file, or postgres://…, redis://… [default: sqlite://storage/myteacher.db]
    #[arg(long, env = "BANTO_STORE", value_name = "URL")]
    store: Option<String>,
    /// The SQLite file of the application's own tables [default: the store's file, if it is one; else storage/myteacher.db]
    #[arg(long, env = "MYTEACHER_DATA", value_name = "FILE")]
    data: Option<String>,
}

impl fmt::Debug for Stores {
    /// An address may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stores").field("data", &self.data).finish_non_exhaustive()
    }
}

impl Stores {
    /// The address of the store: as banto's commands find theirs.
    pub fn url(&self) -> Result<String, Error> {
        let url = banto_cli::store_address(self.store.as_deref(), cmd::STORE);
        url.map_err(|failure| Error::Asked(failure.text))
    }

    /// As the environment says, for banto's commands, which know only the store.
    pub fn from_env() -> Result<Stores, StoreError> {
        let read = Bare::try_parse_from(["myteacher"]).map(|bare| bare.stores);
        read.map_err(|error| StoreError::new(Fault::Config, settings(&error)))
    }

    /// The file of the tables, if one is named.
    pub fn data(&self) -> Result<Option<Options>, StoreError> {
        self.data.as_deref().filter(|file| !file.is_empty()).map(str::parse).transpose()
    }
}

/// Stores without a command around them.
#[derive(Debug, Parser)]
struct Bare {
    #[command(flatten)]
    stores: Stores,
}
