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
/// Fails with [`Error::is_config`] when the address is of no store that this build knows, and with the store's own words
/// when it cannot be opened.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, Error> {
    // Only the scheme is ever shown: the rest may hold a password.
    let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
    match scheme {
        "memory" => Ok(Arc::new(Memory::new(Arc::new(SystemClock), fastrand::u64(..)))),
        #[cfg(feature = "sqlite")]
        "sqlite" => Ok(Arc::new(banto_sqlite::Sqlite::open(url).await?)),
        _ => {
            let (scheme, allowed) = (visible(scheme, 40), ADDRESSES.join(" and "));
            let text = format!("open a store of the sort \"{scheme}\": this build knows {allowed}");
            Err(StoreError::new(Fault::Config, text).into())
        }
    }
}
