//! A client as a process: it enqueues, and writes down what the store has acknowledged before it goes on.
//!
//! Each job is written down twice in a ledger that is fsynced: before the store is asked, and after it has said yes. A client
//! that is started again finds there what it had asked for without an answer, and asks again.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use banto_core::{Ids, JobId, Label, NewJob, retry::mix};
use banto_engine::Client;
use banto_sqlite::Sqlite;
use banto_store::{Clock, Enqueued, Fault, Store, StoreError, SystemClock};
use serde::{Deserialize, Serialize};

use crate::{
    Told,
    ledger::{self, Ledger, Word, nobody},
    load::{Act, Errand},
    process::{Process, Start},
    stage::Scene,
};

/// How a client ends that gave up.
pub const GAVE_UP: u8 = 3;

/// What a client is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClientSpec {
    /// What it is called.
    pub name: String,
    /// The store's address.
    pub url: String,
    /// Its ledger.
    pub acks: PathBuf,
    /// What its ids, and what its jobs do, follow from.
    pub seed: u64,
    /// How many jobs it enqueues.
    pub jobs: usize,
    /// How many in one call.
    pub batch: usize,
    /// Its pause between two calls, in milliseconds.
    pub every_ms: u64,
    /// Where to.
    pub queue: String,
    /// What the jobs do.
    pub act: Act,
    /// For how long, in milliseconds: from the first to the second.
    pub ms: (u64, u64),
    /// What each job is given to say.
    pub text: String,
    /// Bytes of ballast in each payload.
    pub pad: usize,
    /// Whether each job has a key, under which it is enqueued once.
    pub keyed: bool,
    /// Whether it asks again under new ids: then only the keys are known.
    pub forgets_ids: bool,
    /// How long it goes on asking when it is refused, in milliseconds.
    pub patience_ms: u64,
    /// Whether it asks the store itself, so that it hears each refusal: the library's client asks again for 5 s.
    pub direct: bool,
    /// Their urgency.
    pub priority: u8,
    /// Attempts of each job.
    pub attempts_max: u16,
}

impl ClientSpec {
    /// A client of short sleeps in batches of ten, without a pause, which gives up at the first refusal.
    pub fn new(name: &str, url: String, acks: PathBuf, seed: u64, jobs: usize) -> ClientSpec {
        ClientSpec {
            name: name.into(),
            url,
            acks,
            seed,
            jobs,
            batch: 10,
            every_ms: 0,
            queue: "default".into(),
            act: Act::Sleep,
            ms: (5, 20),
            text: String::new(),
            pad: 0,
            keyed: false,
            forgets_ids: false,
            patience_ms: 0,
            direct: false,
            priority: 5,
            attempts_max: 3,
        }
    }

    /// Starts it.
    pub fn start(&self, scene: &Scene<'_>) -> Told<Process> {
        Start::new("client", &self.name, self)?.start(scene)
    }

    /// Starts it so that it aborts at a failpoint of the store.
    pub fn start_failing(&self, scene: &Scene<'_>, failpoint: &str) -> Told<Process> {
        Start::new("client", &self.name, self)?.with("BANTO_FAILPOINT", failpoint).start(scene)
    }

    /// Starts it and waits until it is through.
    pub fn finish(&self, scene: &Scene<'_>, limit: Duration) -> Told<()> {
        self.start(scene)?.succeed(limit)
    }

    fn job(&self, index: u64, id: JobId) -> Told<NewJob> {
        let span = self.ms.1.saturating_sub(self.ms.0) + 1;
        let ms = self.ms.0 + mix(self.seed ^ index) % span;
        let errand = Errand { act: self.act, ms, index, pad: self.text.clone() + &"x".repeat(self.pad) };
        let job =
            NewJob { attempts_max: Some(self.attempts_max), priority: self.priority, ..errand.order(id, &self.queue)? };
        if !self.keyed {
            return Ok(job);
        }
        let key =
            Label::new(&format!("{}-{}-{index}", self.queue, self.seed)).map_err(|refusal| refusal.to_string())?;
        Ok(job.once(key))
    }
}

/// Enqueues as told.
pub fn enqueue(spec: &ClientSpec) -> Told<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| format!("start a runtime: {error}"))?.block_on(live(spec))
}

async fn live(spec: &ClientSpec) -> Told<ExitCode> {
    let store = Sqlite::open(&spec.url, Arc::new(SystemClock)).map_err(|error| error.to_string())?;
    let store: Arc<dyn Store> = Arc::new(store);
    let client = Client::new(store);
    let acks = Ledger::open(&spec.acks)?;
    acks.line(Word::Up, nobody(), 0, "client");
    let mut unheard = unheard(spec)?;
    let mut ids = Ids::new(fastrand::u64(..));
    let first = unheard.next;
    let again = std::mem::take(&mut unheard.jobs).into_iter();
    let fresh = (first..spec.jobs as u64).map(|index| (index, ids.make(SystemClock.wall_ms())));
    let all: Vec<(u64, JobId)> = again.chain(fresh).collect();
    for batch in all.chunks(spec.batch) {
        if let Err(error) = hand_in(spec, &client, &acks, batch).await? {
            tracing::warn!(%error, "gave up");
            return Ok(ExitCode::from(GAVE_UP));
        }
        tokio::time::sleep(Duration::from_millis(spec.every_ms)).await;
    }
    for notice in client.store().about().notices {
        acks.line(Word::Note, nobody(), 0, notice.replace(char::is_whitespace, "_"));
    }
    acks.sync();
    Ok(ExitCode::SUCCESS)
}

/// What an earlier start of this client asked for and got no answer to.
struct Unheard {
    jobs: Vec<(u64, JobId)>,
    next: u64,
}

fn unheard(spec: &ClientSpec) -> Told<Unheard> {
    let (mut open, mut next) = (BTreeMap::new(), 0);
    let mut ids = Ids::new(fastrand::u64(..));
    for line in ledger::read(&spec.acks)? {
        let Ok(index) = line.note.parse::<u64>() else { continue };
        match line.word {
            Word::Sent => {
                let id = if spec.forgets_ids { ids.make(SystemClock.wall_ms()) } else { line.job };
                open.insert(index, id);
                next = next.max(index + 1);
            }
            Word::Acked => drop(open.remove(&index)),
            _ => {}
        }
    }
    Ok(Unheard { jobs: open.into_iter().collect(), next })
}

/// Hands a batch in and writes down the answer; gives the error that ended its patience.
async fn hand_in(
    spec: &ClientSpec,
    client: &Client,
    acks: &Ledger,
    batch: &[(u64, JobId)],
) -> Told<Result<(), StoreError>> {
    let jobs: Vec<NewJob> = batch.iter().map(|(index, id)| spec.job(*index, *id)).collect::<Told<_>>()?;
    acks.lines(Word::Sent, batch.iter().map(|(index, id)| (*id, 0, *index)));
    acks.sync();
    let since = Instant::now();
    loop {
        let answer = match spec.direct {
            true => client.store().enqueue(jobs.clone().into()).await,
            false => client.put(jobs.clone()).await,
        };
        match answer {
            Ok(answers) => {
                let line = |(answer, (index, _)): (&Enqueued, &(u64, JobId))| (answer.id, 0, *index);
                acks.lines(Word::Acked, answers.iter().zip(batch).map(line));
                acks.sync();
                return Ok(Ok(()));
            }
            Err(error) => {
                let first = batch.first().map_or_else(nobody, |(_, id)| *id);
                acks.line(Word::Refused, first, 0, word(error.fault()));
                acks.sync();
                if since.elapsed() >= Duration::from_millis(spec.patience_ms) {
                    return Ok(Err(error));
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// A failure's kind, in one word.
pub fn word(fault: &Fault) -> &'static str {
    match fault {
        Fault::Busy => "busy",
        Fault::Full => "full",
        Fault::Gone => "gone",
        Fault::InDoubt => "in_doubt",
        Fault::Moved => "moved",
        Fault::Damaged => "damaged",
        Fault::Newer => "newer",
        Fault::Config => "config",
        Fault::Refused(_) => "refused",
    }
}
