//! Places at which a proof ends the process before a store is asked, or after it has answered and before anybody heard.
//!
//! For the stores on a server, whose commits happen elsewhere: `BANTO_FAILPOINT=enqueue.after_commit:3` as for a file, which
//! has these places inside. Whatever else is asked is passed on.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use banto_core::NewJob;
use banto_store::{Answer, Claim, Claimed, Enqueued, Finish, Finished, Read, Store};

/// A store before which, or behind which, the process ends.
pub struct Failing {
    store: Arc<dyn Store>,
    place: String,
    count: u64,
    passed: AtomicU64,
}

impl Failing {
    /// Stands before `store`, if a place is named.
    pub fn before(store: Arc<dyn Store>) -> Arc<dyn Store> {
        let place = std::env::var("BANTO_FAILPOINT").unwrap_or_default();
        if place.is_empty() {
            return store;
        }
        let (place, count) = place.split_once(':').unwrap_or((&place, "1"));
        let (place, count) = (place.to_owned(), count.parse().unwrap_or(1));
        Arc::new(Failing { store, place, count, passed: AtomicU64::new(0) })
    }

    fn pass(&self, place: &str) {
        if self.place == place && self.passed.fetch_add(1, Ordering::SeqCst) + 1 == self.count {
            std::process::abort();
        }
    }
}

impl Store for Failing {
    banto_store::pass!(store: renew expired rescue register fire steer prune settle record beat changed);

    fn enqueue(&self, jobs: Arc<[NewJob]>) -> Answer<'_, Vec<Enqueued>> {
        Box::pin(async move {
            self.pass("enqueue.before_commit");
            let answer = self.store.enqueue(jobs).await;
            self.pass("enqueue.after_commit");
            answer
        })
    }

    fn claim(&self, claim: Claim) -> Answer<'_, Claimed> {
        Box::pin(async move {
            let claimed = self.store.claim(claim).await?;
            // As in a file's store, where a claim that finds nothing commits nothing.
            if !claimed.jobs.is_empty() {
                self.pass("claim.after_commit");
            }
            Ok(claimed)
        })
    }

    fn finish(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        Box::pin(async move {
            self.pass("finish.before_commit");
            let answer = self.store.finish(finishes).await;
            self.pass("finish.after_commit");
            answer
        })
    }
}

impl Read for Failing {
    banto_store::pass!(store: about);
    banto_store::pass!(store: reads);
}
