//! Opens a store by its address.
//!
//! The command line's own: an application that knows other stores gives its opener (see [`App::opener`]). Only commands
//! that put something into a store make a new one; a mistyped address must not look like an empty queue.
//!
//! [`App::opener`]: crate::App::opener

use std::sync::Arc;

use banto_core::text::visible;
use banto_store::{Clock, Fault, Store, StoreError};

/// The addresses that this build knows, as they are shown to people.
const ADDRESSES: &str = "sqlite://path/to/jobs.db";

/// What was opened.
pub(crate) struct Found {
    pub store: Arc<dyn Store>,
    /// The schema's version before and after, where the command line knows it.
    pub schema: Option<(usize, usize)>,
}

/// Opens the store at `url`; where there is none, makes one if `make` says so.
pub(crate) async fn open(url: &str, make: bool, clock: Arc<dyn Clock>) -> Result<Found, StoreError> {
    // Only the scheme is ever shown: the rest may hold a password.
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
    match scheme {
        "sqlite" => sqlite(url.to_owned(), make, clock).await,
        _ => {
            let scheme = visible(scheme, 40);
            let text = format!("open a store of the sort \"{scheme}\": this build knows {ADDRESSES}");
            Err(StoreError::new(Fault::Config, text))
        }
    }
}

async fn sqlite(url: String, make: bool, clock: Arc<dyn Clock>) -> Result<Found, StoreError> {
    let open = move || {
        let options: banto_sqlite::Options = url.parse()?;
        if !make && !options.path.exists() {
            let path = visible(&options.path.to_string_lossy(), 300);
            let text =
                format!("open \"{path}\": there is no such file; look at --store, or make the store with `migrate`");
            return Err(StoreError::new(Fault::Config, text));
        }
        banto_sqlite::Sqlite::open_with(options, clock)
    };
    let opened = tokio::task::spawn_blocking(open).await;
    let stopped = |_| StoreError::new(Fault::Gone, "open the store: the runtime stops");
    let sqlite = opened.map_err(stopped)??;
    let migrated = sqlite.migrated();
    Ok(Found { store: Arc::new(sqlite), schema: Some((migrated.from, migrated.to)) })
}
