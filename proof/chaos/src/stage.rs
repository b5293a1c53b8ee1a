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
use banto_store::{Clock, Read, Select, Store, SystemClock, Tally};

use crate::{
    Told,
    account::Account,
    client::ClientSpec,
    kept::{self, Kept},
    ledger::{self, Line},
    net::Net,
    server::{self, Psql, Server},
    worker::WorkerSpec,
};

/// Where a row plays.
pub struct Stage {
    /// Its own folder.
    pub dir: PathBuf,
    /// Where its jobs are kept.
    pub kept: Kept,
    /// What all its draws follow from.
    pub seed: u64,
    /// Whether it is to be the short form.
    pub short: bool,
    draws: RefCell<fastrand::Rng>,
    server: RefCell<Option<Server>>,
    net: Option<Net>,
    runtime: tokio::runtime::Runtime,
}

impl Stage {
    /// A stage in a folder that exists.
    pub fn new(dir: PathBuf, kept: Kept, seed: u64, short: bool) -> Told<Stage> {
        // A thread of its own: what a store does beside the questions (listening, reconnecting) goes on between them.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| format!("start a runtime: {error}"))?;
        Ok(Stage {
            dir,
            kept,
            seed,
            short,
            draws: RefCell::new(fastrand::Rng::with_seed(seed)),
            server: RefCell::default(),
            net: None,
            runtime,
        })
    }

    /// Between two hosts, of which this thread is on the one since before the stage was made.
    pub fn between(mut self, net: Option<Net>) -> Stage {
        self.net = net;
        self
    }

    /// The two hosts and their wire.
    pub fn net(&self) -> Told<&Net> {
        self.net.as_ref().ok_or_else(|| "find the wire: this row has but one host".into())
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
        let (db, options) = (dir.join("jobs.db"), String::new());
        let home = self.server(|server| server.address(&format!("127.0.0.1:{}", server.port()), name));
        let home = (self.kept != Kept::Sqlite).then_some(home).transpose()?;
        let scene = Scene { stage: self, db, dir, options, home, name: name.to_owned(), seen: RefCell::default() };
        if self.kept == Kept::Postgres {
            scene.drop_guard()?;
        }
        Ok(scene)
    }

    /// Starts this stage's server with these settings beside the usual ones, in place of the one there was.
    pub fn serve(&self, settings: &[(&str, &str)]) -> Told<()> {
        // The old one goes first.
        self.server.replace(None);
        let unsafe_redis = self.kept == Kept::Redis && mutated("fsync");
        let settings = if unsafe_redis { &[("appendonly", "no")] } else { settings };
        self.server.replace(Some(Server::start(self.kept, settings)?));
        Ok(())
    }

    /// Takes a server that the row has started itself as this stage's.
    pub fn adopt(&self, server: Server) {
        self.server.replace(Some(server));
    }

    /// Does something with this stage's server, which is started if it was not yet.
    pub fn server<T>(&self, act: impl FnOnce(&mut Server) -> T) -> Told<T> {
        if self.kept == Kept::Sqlite {
            return Err("find the server of a file".into());
        }
        if self.server.borrow().is_none() {
            self.serve(&[])?;
        }
        let mut server = self.server.borrow_mut();
        server.as_mut().map(act).ok_or_else(|| "find the server".into())
    }

    /// Types something at this stage's PostgreSQL.
    pub fn psql(&self, sql: &str) -> Told<Vec<String>> {
        let port = self.server(|server| server.port())?;
        self.wait(async { Psql::open(port).await?.say(sql).await })
    }

    /// Types something at this stage's Redis.
    pub fn redis(&self, words: &[&str]) -> Told<String> {
        let port = self.server(|server| server.port())?;
        server::redis(&format!("127.0.0.1:{port}"), words)
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

/// Whether that guard is to be taken out, as the stores are told too.
pub fn mutated(guard: &str) -> bool {
    std::env::var("BANTO_MUTATE").is_ok_and(|taken| taken == guard)
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
    /// Its address on a server, if it is on one.
    pub home: Option<String>,
    name: String,
    seen: RefCell<Option<Arc<dyn Store>>>,
}

impl Scene<'_> {
    /// The store's address.
    pub fn url(&self) -> String {
        match &self.home {
            None => format!("sqlite://{}?{}", self.db.display(), self.options),
            Some(home) => self.with_options(home.clone()),
        }
    }

    /// The store's address, where its server is found at `host:port`.
    pub fn url_at(&self, at: &str) -> Told<String> {
        Ok(self.with_options(self.stage.server(|server| server.address(at, &self.name))?))
    }

    fn with_options(&self, mut home: String) -> String {
        if mutated("fsync") {
            home += if home.starts_with("redis") { "&durability=memory" } else { "&durability=async" };
        }
        if self.options.is_empty() { home } else { format!("{home}&{}", self.options) }
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

    /// The store, opened to be looked at. A file each time anew, a server's once.
    pub fn open(&self) -> Told<Arc<dyn Store>> {
        if let Some(seen) = &*self.seen.borrow() {
            return Ok(seen.clone());
        }
        let store = self.stage.wait(kept::open(&self.url(), true)).map_err(|error| error.to_string())?;
        if self.home.is_some() {
            self.seen.replace(Some(store.clone()));
        }
        Ok(store)
    }

    /// Takes the guard that is to be missing out of PostgreSQL's own functions and tables: then whatever runs is finished under
    /// any lease, or a key may be held by many.
    fn drop_guard(&self) -> Told<()> {
        if mutated("fence") {
            return self.rewrite("finish", " AND l.fence = f.fence AND l.token = f.token");
        }
        if mutated("unique") {
            let asks =
                "ON CONFLICT (key) DO UPDATE SET job = excluded.job, until = excluded.until WHERE k.until <= _now";
            self.rewrite("accept", asks)?;
            self.stage.psql(&format!("ALTER TABLE {}.key DROP CONSTRAINT key_pkey", self.name))?;
        }
        Ok(())
    }

    /// Leaves these words out of a function.
    fn rewrite(&self, function: &str, words: &str) -> Told<()> {
        self.open()?;
        let schema = &self.name;
        let of = format!("proname = '{function}' AND pronamespace = '{schema}'::regnamespace");
        let text = format!("pg_get_functiondef((SELECT oid FROM pg_proc WHERE {of}))");
        let there = format!("IF strpos({text}, '{words}') = 0 THEN RAISE 'there is no guard in {function}'; END IF");
        let sql = format!("DO $do$ BEGIN {there}; EXECUTE replace({text}, '{words}', ''); END $do$");
        self.stage.psql(&sql).map(drop)
    }

    /// What must always be true of what is stored and is not, as sentences.
    pub fn broken(&self) -> Told<Vec<String>> {
        self.stage.wait(kept::check(&self.url())).map_err(|error| error.to_string())
    }

    /// Every job that the store lists.
    pub fn listed(&self) -> Told<Vec<Job>> {
        let store = self.open()?;
        self.stage.wait(list(&*store))
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
            let queues = match self.stage.wait(store.queues()) {
                Ok(queues) => queues,
                // What cuts the workers' connections cuts this one too.
                Err(error) if error.again() => return Ok(false),
                Err(error) => return Err(error.to_string()),
            };
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
