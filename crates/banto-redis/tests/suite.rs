//! Every promise about a store, over a real Redis: each under a prefix of its own. After each all of it is checked.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use banto_redis::{Options, Redis, Time};
use banto_servers::{Redis as Server, Shared};
use banto_store::{
    GivenClock, Store,
    suite::{Opening, Place},
};

/// A prefix of its own for each promise.
struct Prefix {
    options: Options,
    _server: Shared<Server>,
}

impl Prefix {
    fn new() -> Prefix {
        let server = Server::shared().unwrap();
        let options: Options = server.url().parse().unwrap();
        let options = options.with_prefix(&format!("suite-{:016x}", fastrand::u64(..))).unwrap();
        Prefix { options, _server: server }
    }

    async fn store(&self, clock: GivenClock) -> Redis {
        Redis::open_with(self.options.clone(), Time::Given(Arc::new(clock))).await.unwrap()
    }
}

impl Place for Prefix {
    fn open(&self, clock: GivenClock) -> Opening<'_, Arc<dyn Store>> {
        Box::pin(async { Arc::new(self.store(clock).await) as Arc<dyn Store> })
    }

    fn again(&self, clock: GivenClock) -> Opening<'_, Option<Arc<dyn Store>>> {
        Box::pin(async { Some(Arc::new(self.store(clock).await) as Arc<dyn Store>) })
    }
}

impl Drop for Prefix {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let options = self.options.clone();
        // The promise's own runtime may be the one that drops this.
        let checked = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let store = Redis::open_with(options, Time::Server).await.unwrap();
                store.check().await.unwrap()
            })
        });
        assert_eq!(checked.join().unwrap(), Vec::<String>::new());
    }
}

banto_store::suite!(Prefix::new());
