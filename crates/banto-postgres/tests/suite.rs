//! Every promise about a store, over a real PostgreSQL, each in a schema of its own. After each all tables are checked.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use banto_postgres::{Postgres, Time};
use banto_store::{
    About, GivenClock, Read, Store,
    suite::{Opening, Place},
};

mod place;

/// The store on a server that does not flush, which it says; the promises are about what it says beside that.
struct Weak {
    inner: Postgres,
}

impl Store for Weak {
    banto_store::pass!(inner: enqueue claim renew finish expired rescue register fire steer prune settle record beat changed);
}

impl Read for Weak {
    fn about(&self) -> About {
        let mut about = self.inner.about();
        assert!(about.notices.first().is_some_and(|notice| notice.starts_with("durability=memory: ")), "{about:?}");
        about.notices.remove(0);
        about
    }

    banto_store::pass!(inner: reads);
}

/// A schema of its own for each promise.
struct Schema(place::Schema);

impl Schema {
    fn new() -> Schema {
        Schema(place::Schema::new())
    }
}

impl Place for Schema {
    fn open(&self, clock: GivenClock) -> Opening<'_, Arc<dyn Store>> {
        Box::pin(async { Arc::new(Weak { inner: self.0.open(Time::Given(Arc::new(clock))).await }) as Arc<dyn Store> })
    }

    fn again(&self, clock: GivenClock) -> Opening<'_, Option<Arc<dyn Store>>> {
        Box::pin(async { Some(self.open(clock).await) })
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let address = self.0.address();
        // On a thread of its own: the promise's runtime may not be blocked.
        let checked = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { Postgres::open(&address).await.unwrap().check().await.unwrap() })
        });
        assert_eq!(checked.join().unwrap(), Vec::<String>::new());
    }
}

banto_store::suite!(Schema::new());
