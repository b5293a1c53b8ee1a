//! Every promise about a store, over SQLite: once with its writer thread, once inline.

use std::sync::Arc;

use banto_sqlite::{Options, Sqlite};
use banto_store::{
    GivenClock, Store,
    suite::{Opening, Place},
};

/// A file of its own for each promise.
struct File {
    folder: tempfile::TempDir,
    inline: bool,
}

impl File {
    fn new(inline: bool) -> File {
        File { folder: tempfile::tempdir().unwrap(), inline }
    }

    fn store(&self, clock: GivenClock) -> Arc<dyn Store> {
        let options = Options { reserve_bytes: 0, ..Options::of(self.folder.path().join("banto.db")) };
        let store = match self.inline {
            true => Sqlite::inline(options, Arc::new(clock), 7),
            false => Sqlite::open_with(options, Arc::new(clock)),
        };
        Arc::new(store.unwrap())
    }
}

impl Place for File {
    fn open(&self, clock: GivenClock) -> Opening<'_, Arc<dyn Store>> {
        Box::pin(async { self.store(clock) })
    }

    fn again(&self, clock: GivenClock) -> Opening<'_, Option<Arc<dyn Store>>> {
        // Inline, nobody watches the file for others, so there a second handle could not wake the first.
        Box::pin(async { (!self.inline).then(|| self.store(clock)) })
    }
}

mod threaded {
    banto_store::suite!(super::File::new(false));
}

mod inline {
    banto_store::suite!(super::File::new(true));
}
