//! Every promise about a store, over SQLite: once with its writer thread, once inline. After each the whole file is checked.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{
    future::Future,
    sync::Arc,
    task::{Context, Poll, Waker},
};

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

impl Drop for File {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let options = Options { reserve_bytes: 0, ..Options::of(self.folder.path().join("banto.db")) };
        let store = Sqlite::inline(options, Arc::new(GivenClock::at(0)), 1).unwrap();
        let mut check = std::pin::pin!(store.check());
        let Poll::Ready(broken) = check.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("inline")
        };
        assert_eq!(broken.unwrap(), Vec::<String>::new());
    }
}

mod threaded {
    banto_store::suite!(super::File::new(false));
}

mod inline {
    banto_store::suite!(super::File::new(true));
}
