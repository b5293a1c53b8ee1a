//! Opens a store by its address.
//!
//! The one place of the house where a text picks a store; everything else is given one.

use std::sync::Arc;

use banto_core::text::visible;
use banto_store::{Fault, Store, StoreError, SystemClock, memory::Memory};

use crate::Error;

/// The addresses that [`open`] knows in this build, as they are shown to people.
const ADDRESSES: &[&str] = &[
    #[cfg(feature = "sqlite")]
    "sqlite://path/to/jobs.db",
    "memory:",
];

/// Opens the store at `url`: `sqlite://jobs.db` (beside the working directory), `sqlite:///var/lib/app/jobs.db`, or
/// `memory:`, which keeps nothing when the process ends.
///
/// A store's options stand behind a `?` (`sqlite://jobs.db?synchronous=normal`); an unknown one is refused with those there
/// are. Fails with [`Error::is_config`] when the address is of no store that this build knows, and with the store's own
/// words when it cannot be opened.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, Error> {
    // Only the scheme is ever shown: the rest may hold a password.
    let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
    match scheme {
        "memory" if !rest.is_empty() => {
            // Two calls with one name would look like one store, and be two.
            let text = "open a store in memory by a name or with options: it has none; its address is memory:";
            Err(StoreError::new(Fault::Config, text).into())
        }
        "memory" => Ok(Arc::new(Memory::new(Arc::new(SystemClock), fastrand::u64(..)))),
        #[cfg(feature = "sqlite")]
        "sqlite" => Ok(Arc::new(banto_sqlite::Sqlite::open_aside(url.parse()?, crate::clock()).await?)),
        _ => {
            let (scheme, allowed) = (visible(scheme, 40), ADDRESSES.join(" and "));
            let text = format!("open a store of the sort \"{scheme}\": this build knows {allowed}");
            Err(StoreError::new(Fault::Config, text).into())
        }
    }
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
