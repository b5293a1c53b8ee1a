//! Opens a store by its address.
//!
//! What an address says is banto-open's to know; the application is given a store that is open.

use std::sync::Arc;

use banto_store::{Store, SystemClock};

use crate::Error;

/// Opens the store at `url`, makes it if there is none, and brings its schema up to date:
///
/// - `sqlite://jobs.db` (beside the working directory), `sqlite:///var/lib/app/jobs.db`
/// - `postgres://role@host/database?schema=banto` (feature `postgres`)
/// - `redis://host:6379/0?prefix=banto`, `redis+sentinel://h1,h2:26379/service`, `redis+cluster://h1,h2` (feature `redis`);
///   with `rediss` for `redis`, or `?sslmode=require`, over TLS (feature `tls`)
/// - `memory:`, which keeps nothing when the process ends
///
/// A store's options stand behind a `?` (`sqlite://jobs.db?synchronous=normal`); an unknown one is refused with those there
/// are. Fails with [`Error::is_config`] when the address is of no store that this build knows, and with the store's own
/// words when it cannot be opened. No error shows a password.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, Error> {
    let address: banto_open::Address = url.parse()?;
    Ok(address.open(true, Arc::new(SystemClock)).await?.store)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refused(url: &str) -> Error {
        open(url).await.map(|store| store.about()).unwrap_err()
    }

    #[tokio::test]
    async fn an_unknown_sort_hears_the_known_ones_and_no_secret_is_shown() {
        for url in ["mysql://root:hunter2@host/db", "", "jobs.db", "sq\u{1b}lite://x", "SQLITE://x"] {
            let error = refused(url).await;
            let said = error.to_string();
            assert!(error.is_config() && said.contains("this build knows") && said.contains("memory:"), "{said}");
            assert!(!said.contains("hunter2") && !said.contains('\u{1b}'), "{said}");
        }
    }

    #[tokio::test]
    async fn memory_says_what_it_is() {
        assert_eq!(open("memory:").await.unwrap().about().store, "memory");
    }

    #[tokio::test]
    async fn a_store_in_memory_takes_no_name_and_no_options() {
        for url in ["memory:jobs", "memory://", "memory:?synchronous=full", "memory:jobs:hunter2"] {
            let error = refused(url).await;
            assert!(error.is_config() && error.to_string().contains("its address is memory:"), "{url}: {error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[cfg(feature = "sqlite")]
    #[tokio::test]
    async fn a_file_is_opened_made_and_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("jobs.db").display());
        for _ in 0..2 {
            assert_eq!(open(&url).await.unwrap().about().store, "sqlite");
        }
        assert!(refused(&format!("{url}?sync=off")).await.to_string().contains("synchronous=full|normal"));
        assert!(refused("sqlite://").await.is_config());
        assert!(refused("sqlite:///no/such/folder/jobs.db").await.to_string().contains("there is no folder"));
    }
}
