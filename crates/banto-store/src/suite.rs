//! Every promise about a store, as a test that runs over every store.
//!
//! For whoever writes a store: implement [`Place`] (how to open it empty, and how to open the same data again), write
//! `banto_store::suite!(MyPlace::new());` in a file under `tests/`, and each promise becomes a test of its own name there.
//! A promise asks only through [`Store`]; it reads no clock and sleeps nowhere, so a store must live by the clock given.
//!
//! # Layout
//! - [`Place`], [`Stage`]: where a promise is acted. [`run`]: acts one.
//! - one file a verb with its promises, plus [`read`], [`arrive`] (what came from another store), [`key`] (how long keys keep others out), [`time`] (clocks that
//!   jump), [`data`] (odd but legal bytes), [`count`] (nothing is lost), [`peer`] (what others have met), [`random`] (side by side with the oracle).
//! - `list.rs`: the macro that names them all.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "promises are tests: a panic is how one says that it was broken"
)]

use std::{pin::Pin, sync::Arc};

use crate::{GivenClock, Store};

mod list;
mod stage;

pub mod arrive;
pub mod changed;
pub mod claim;
pub mod count;
pub mod data;
pub mod enqueue;
pub mod finish;
pub mod fire;
mod house;
pub mod instance;
pub mod key;
pub mod ledger;
pub mod peer;
pub mod prune;
pub mod random;
pub mod read;
pub mod record;
pub mod renew;
pub mod rescue;
pub mod schedule;
pub mod settle;
pub mod steer;
pub mod time;

pub use house::shown;
pub use stage::Stage;

/// A store that is opened, some time.
pub type Opening<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where a store's data lie. Each promise gets a place of its own.
pub trait Place: Send + Sync + 'static {
    /// Opens the store, empty, with that clock. Called once.
    fn open(&self, clock: GivenClock) -> Opening<'_, Arc<dyn Store>>;

    /// Opens the same data once more, as another process would; `None` if this store cannot.
    fn again(&self, clock: GivenClock) -> Opening<'_, Option<Arc<dyn Store>>>;
}

/// A promise that is being acted.
pub type Acted = Pin<Box<dyn Future<Output = ()>>>;

/// Every promise by its file and name, as [`run`] takes it.
#[doc(hidden)]
pub mod acted {
    crate::__promises!(__boxed);
}

/// Acts one promise on the stage that `place` gives. Panics if it was broken.
pub fn run(place: impl Place, promise: impl FnOnce(Stage) -> Acted + 'static) {
    act(Arc::new(place), Box::new(promise));
}

/// Compiled once, whatever the place and the promise.
fn act(place: Arc<dyn Place>, promise: Box<dyn FnOnce(Stage) -> Acted>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async { promise(Stage::open(place).await).await });
}
