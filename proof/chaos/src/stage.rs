//! What a row is given: a folder, a seed, how long it may be, and stores with their ledgers.
//!
//! A row takes every number that could have been another from [`Stage::draw`], so that its seed repeats it as far as
//! processes can be repeated. It opens stores only to look: the work is done by children.

use std::{
    cell::RefCell,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    sync::Arc,
    thread::sleep,
    time::{Duration, Instant},
};

use banto_core::{Job, State};
use banto_sqlite::Sqlite;
use banto_store::{Clock, Read, Select, SystemClock, Tally};

use crate::{
    Told,
    account::Account,
    client::ClientSpec,
    ledger::{self, Line},
    worker::WorkerSpec,
};

/// Where a row plays.
pub struct Stage {
    /// Its own folder.
    pub dir: PathBuf,
    /// What all its draws follow from.
    pub seed: u64,
    /// Whether it is to be the short form.
    pub short: bool,
    draws: RefCell<fastrand::Rng>,
    runtime: tokio::runtime::Runtime,
}

impl Stage {
    /// A stage in a folder that exists.
    pub fn new(dir: PathBuf, seed: u64, short: bool) -> Told<Stage> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("start a runtime: {error}"))?;
        Ok(Stage { dir, seed, short, draws: RefCell::new(fastrand::Rng::with_seed(seed)), runtime })
    }

    /// The short form's value, or the long one's.
    pub fn pick<T>(&self, short: T, long: T) -> T {
        if self.short { short } else { long }
    }

    /// The next number of this seed.
    pub fn draw(&self, range: RangeInclusive<u64>) -> u64 {
        self.draws.borrow_mut().u64(range)
    }

    /// A store of that name, in a folder of its own, with ledgers of its own.
    pub fn scene(&self, name: &str) -> Told<Scene<'_>> {
        let dir = self.dir.join(name);
        std::fs::create_dir_all(&dir).map_err(|error| format!("make \"{}\": {error}", dir.display()))?;
        Ok(Scene { stage: self, db: dir.join("jobs.db"), dir, options: String::new() })
    }

    /// Waits for a future.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Asks `ready` every 20 ms until it says yes; `what` it waits for is named when the time is over.
    pub fn until(&self, what: &str, limit: Duration, mut ready: impl FnMut() -> Told<bool>) -> Told<Duration> {
        let since = Instant::now();
        while !ready()? {
            if since.elapsed() > limit {
                return Err(format!("see {what} within {:.1} s", limit.as_secs_f64()));
            }
            sleep(Duration::from_millis(20));
        }
        Ok(since.elapsed())
    }
}

/// Steady milliseconds, as the ledgers count them.
pub fn now() -> u64 {
    SystemClock.steady_ms()
}

/// One store, its ledgers, and what is known of them.
pub struct Scene<'a> {
    /// Whose it is.
    pub stage: &'a Stage,
    /// Its folder.
    pub dir: PathBuf,
    /// The store's file.
    pub db: PathBuf,
    /// What stands behind the `?` of its address.
    pub options: String,
}

impl Scene<'_> {
    /// The store's address.
    pub fn url(&self) -> String {
        format!("sqlite://{}?{}", self.db.display(), self.options)
    }

    /// The ledger of the client of that name.
    pub fn acks_path(&self, client: &str) -> PathBuf {
        self.dir.join(format!("{client}.acks"))
    }

    /// The workers' ledger.
    pub fn runs_path(&self) -> PathBuf {
        self.dir.join("runs")
    }

    /// What all clients wrote down.
    pub fn acks(&self) -> Told<Vec<Line>> {
        let failed = |error| format!("list \"{}\": {error}", self.dir.display());
        let mut lines = Vec::new();
        for entry in std::fs::read_dir(&self.dir).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|end| end == "acks") {
                lines.extend(ledger::read(&path)?);
            }
        }
        Ok(lines)
    }

    /// What the workers wrote down.
    pub fn runs(&self) -> Told<Vec<Line>> {
        ledger::read(&self.runs_path())
    }

    /// A worker on this store, with the house's defaults.
    pub fn worker(&self, name: &str) -> WorkerSpec {
        WorkerSpec::new(name, self.url(), self.runs_path(), &self.dir)
    }

    /// A client that enqueues so many jobs here.
    pub fn client(&self, name: &str, jobs: usize) -> ClientSpec {
        ClientSpec::new(name, self.url(), self.acks_path(name), self.stage.draw(0..=u64::from(u32::MAX)), jobs)
    }

    /// The store, opened to be looked at.
    pub fn open(&self) -> Told<Sqlite> {
        open(&self.url())
    }

    /// Every job that the store lists.
    pub fn listed(&self) -> Told<Vec<Job>> {
        let store = self.open()?;
        self.stage.wait(list(&store))
    }

    /// The store's own counts.
    pub fn tally(&self) -> Told<Tally> {
        let store = self.open()?;
        self.stage.wait(store.tally()).map_err(|error| error.to_string())
    }

    /// Waits until no job waits or runs.
    pub fn drained(&self, limit: Duration) -> Told<Duration> {
        let store = self.open()?;
        self.stage.until("every job ended", limit, || {
            let queues = self.stage.wait(store.queues()).map_err(|error| error.to_string())?;
            let open = [State::Scheduled, State::Ready, State::Running];
            Ok(queues.iter().all(|queue| open.iter().all(|state| queue.count(*state) == 0)))
        })
    }

    /// What became of the jobs.
    pub fn account(&self) -> Told<(Account, Vec<Line>, Vec<Job>)> {
        let (acks, runs, listed) = (self.acks()?, self.runs()?, self.listed()?);
        Ok((Account::of(&acks, &runs, &listed), runs, listed))
    }
}

/// A store, opened to be looked at.
pub fn open(url: &str) -> Told<Sqlite> {
    Sqlite::open(url, Arc::new(SystemClock)).map_err(|error| error.to_string())
}

/// Every job that a store lists.
pub async fn list(store: &dyn Read) -> Told<Vec<Job>> {
    let (mut listed, mut before) = (Vec::new(), None);
    loop {
        let page = store.jobs(Select { limit: 1_000, ..Select::default() }, before).await;
        let page = page.map_err(|error| error.to_string())?;
        before = page.jobs.last().map(|job| job.id);
        listed.extend(page.jobs);
        if !page.more || before.is_none() {
            return Ok(listed);
        }
    }
}

/// Makes a file with some text.
pub fn write(path: &Path, text: &[u8]) -> Told<()> {
    std::fs::write(path, text).map_err(|error| format!("write \"{}\": {error}", path.display()))
}
