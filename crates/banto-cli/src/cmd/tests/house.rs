//! An application called `errands` on a store in memory, whose commands are typed as text.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use banto_core::{Facts, Hold, InstanceId, JobId, Outcome, Refusal, Span, State, Unique, Verdict, decide, schedule};
use banto_engine::{Context, Does, Job, JobError, Policy, Registry, Scheduler, SchedulerConfig, Timetable};
use banto_store::{Claim, Finish, GivenClock, Instance, Status, Store, memory::Memory};
use clap::Parser;
use serde::{Deserialize, Serialize};

use crate::{App, Commands, argv::spelled, print::Print};

/// 2030-01-01 00:00 UTC.
pub const BEGIN_MS: i64 = 1_893_456_000_000;

#[derive(Parser)]
#[command(name = "errands")]
struct Typed {
    #[command(subcommand)]
    command: Commands,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Greet {
    #[serde(default)]
    pub name: String,
}

impl Job for Greet {
    const KIND: &'static str = "greet";
}

/// A kind that says more than its name.
#[derive(Serialize, Deserialize)]
pub struct Post {
    pub letter: u64,
}

impl Job for Post {
    const KIND: &'static str = "post";
    const VERSION: u16 = 2;
    const ALIASES: &'static [&'static str] = &[r"App\Jobs\Post"];

    fn policy() -> Policy {
        Policy { queue: "mail", attempts_max: Some(9), retry_for_ms: Some(60_000), ..Policy::default() }
    }

    fn unique(&self) -> Result<Option<Unique>, Refusal> {
        Ok(Some(Unique { key: format!("letter:{}", self.letter).parse()?, hold: Hold::Done }))
    }

    fn tags(&self) -> Vec<String> {
        vec!["stamped".into()]
    }
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub exit: u8,
    pub out: String,
    pub err: String,
}

impl Said {
    /// The lines of the answer as JSON.
    pub fn objects(&self) -> Vec<serde_json::Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The answer as one JSON document.
    pub fn object(&self) -> serde_json::Value {
        let objects = self.objects();
        assert_eq!(objects.len(), 1, "{}", self.out);
        objects[0].clone()
    }

    /// That it ended so.
    #[track_caller]
    pub fn ends(self, exit: u8) -> Said {
        assert_eq!(self.exit, exit, "{self:#?}");
        self
    }
}

pub struct House {
    pub store: Arc<dyn Store>,
    pub clock: GivenClock,
    pub app: App,
    /// What is typed when it asks; nobody is there if `None`.
    pub person: Option<&'static str>,
}

impl House {
    /// With the kind `greet`.
    pub fn new() -> House {
        let mut registry = Registry::new("b1");
        registry.add(Arc::new(()), |job: Greet, _: Context| async move {
            if job.name == "nobody" { Err(JobError::dead("nobody is there")) } else { Ok(()) }
        });
        House::of(|app| app.registry(registry))
    }

    /// With the kind `post`, which has a key, tags and numbers of its own, and a name from before.
    pub fn posting() -> House {
        let mut registry = Registry::new("b2");
        registry.add(Arc::new(()), |_: Post, _: Context| async { Ok(()) });
        House::of(|app| app.registry(registry))
    }

    /// With the kind `greet` and schedules in code.
    pub fn scheduling() -> House {
        House::with_schedules(schedules())
    }

    /// With the kind `greet` and these schedules.
    pub fn with_schedules(timetable: Timetable) -> House {
        let mut registry = Registry::new("b1");
        registry.add(Arc::new(()), |_: Greet, _: Context| async { Ok(()) });
        House::of(|app| app.registry(registry).schedules(timetable))
    }

    /// With no kinds, as `banto` is.
    pub fn bare() -> House {
        House::of(|app| app)
    }

    pub fn of(with: impl FnOnce(App) -> App) -> House {
        let clock = GivenClock::at(BEGIN_MS);
        let store: Arc<dyn Store> = Arc::new(Memory::new(Arc::new(clock.clone()), 1));
        let given = store.clone();
        let mut app = with(App::new("errands").store("memory:").opener(move |_| {
            let given = given.clone();
            async move { Ok(given) }
        }));
        app.clock = Arc::new(clock.clone());
        House { store, clock, app, person: None }
    }

    /// Types a command, its words parted by blanks.
    pub async fn types(&self, typed: &str) -> Said {
        self.types_words(typed.split(' ')).await
    }

    pub async fn types_words<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Said {
        self.types_with(words, self.person.unwrap_or_default()).await
    }

    pub async fn types_with<'a>(&self, words: impl IntoIterator<Item = &'a str>, input: &str) -> Said {
        let words = std::iter::once("errands").chain(words).map(Into::into);
        let typed = Typed::try_parse_from(spelled::<Typed>(words)).unwrap();
        let (out, err) = (Heard::default(), Heard::default());
        let json = typed.command.shared().json;
        let mut print = Print::of(Box::new(out.clone()), Box::new(err.clone()), input, self.person.is_some(), json);
        let exit = self.app.carry_out(typed.command, &mut print).await;
        Said { exit: exit.code(), out: out.text(), err: err.text() }
    }

    /// Types a command whose answer goes into `out`; gives its exit code.
    pub async fn types_into(&self, words: &[&str], out: Box<dyn Write + Send>) -> u8 {
        let words = std::iter::once("errands").chain(words.iter().copied()).map(Into::into);
        let typed = Typed::try_parse_from(spelled::<Typed>(words)).unwrap();
        let mut print = Print::of(out, Box::new(io::sink()), "", false, typed.command.shared().json);
        self.app.carry_out(typed.command, &mut print).await.code()
    }

    /// Enqueues by command and gives the id.
    pub async fn enqueue(&self, flags: &str) -> JobId {
        self.types(&format!("queue enqueue {flags}")).await.ends(0).out.trim().parse().unwrap()
    }

    /// The state of a job, if it is listed.
    pub async fn state(&self, id: JobId) -> Option<State> {
        self.store.job(id).await.unwrap().map(|card| card.job.state)
    }

    /// A worker that lives, on these queues, knowing these kinds.
    pub async fn worker(&self, id: u64, queues: &[&str], kinds: &[&str]) {
        let instance = Instance {
            id: InstanceId(id),
            name: "night".parse().unwrap(),
            host: "here".parse().unwrap(),
            pid: 7,
            build: "b0".parse().unwrap(),
            kinds: kinds.iter().map(|kind| (kind.parse().unwrap(), 1)).collect(),
            queues: queues.iter().map(|queue| queue.parse().unwrap()).collect(),
            service: None,
            concurrency: 10,
            busy: 0,
            status: Status::Working,
            reason: None,
        };
        self.store.beat(instance).await.unwrap();
    }

    /// Claims every due job of a queue and ends each so; `None` leaves them running.
    pub async fn end(&self, queue: &str, outcome: Option<Outcome>) -> Vec<JobId> {
        let claim = Claim {
            instance: InstanceId(1),
            queues: vec![queue.parse().unwrap()],
            limit: 1_000,
            lease_ms: 10_000,
            adopt: Vec::new(),
        };
        let claimed = self.store.claim(claim).await.unwrap().jobs;
        let backoff = banto_core::Backoff::default();
        let verdict = |job: &banto_core::Job, outcome: &Outcome| -> Verdict {
            decide(&Facts::of(job, &backoff), outcome.clone(), BEGIN_MS, 1)
        };
        if let Some(outcome) = &outcome {
            let finishes = claimed.iter().map(|(job, lease)| Finish { lease: *lease, verdict: verdict(job, outcome) });
            self.store.finish(finishes.collect()).await.unwrap();
        }
        claimed.into_iter().map(|(job, _)| job.id).collect()
    }

    /// Ends every job whose lease is over so.
    pub async fn rescue(&self, outcome: Outcome) {
        let backoff = banto_core::Backoff::default();
        let expired = self.store.expired(10).await.unwrap();
        let finish = |gone: &banto_store::Expired| {
            let verdict = decide(&Facts::of(&gone.job, &backoff), outcome.clone(), BEGIN_MS, 1);
            Finish { lease: gone.lease, verdict }
        };
        self.store.rescue(expired.iter().map(finish).collect()).await.unwrap();
    }

    /// Lets the commands see the store through this one.
    pub fn behind(&mut self, store: impl Store + 'static) {
        self.behind_arc(Arc::new(store));
    }

    /// Fires what is due, as a scheduler without a worker does.
    pub async fn fire(&self) {
        let config = SchedulerConfig::new("clock".parse().unwrap());
        let scheduler = Scheduler::new(self.store.clone(), Arc::new(schedules()), config);
        scheduler.clock(Arc::new(self.clock.clone())).once().await.unwrap().unwrap();
    }

    /// As [`House::behind`], for a store that others see too.
    pub fn behind_arc(&mut self, store: Arc<dyn Store>) {
        let app = std::mem::replace(&mut self.app, App::new("gone"));
        self.app = app.opener(move |_| {
            let store = store.clone();
            async move { Ok(store) }
        });
    }

    /// Enqueues so many jobs into a queue and lets them die.
    pub async fn dead(&self, queue: &str, count: usize, error: &str) -> Vec<JobId> {
        self.types(&format!("queue enqueue greet --queue {queue} --count {count}")).await.ends(0);
        self.end(queue, Some(Outcome::Dead { error: error.into() })).await
    }

    /// How many jobs are in a state.
    pub async fn count(&self, state: State) -> usize {
        self.store.jobs(banto_store::Select::states([state]), None).await.unwrap().jobs.len()
    }
}

/// Schedules of every sort: commands that end well and badly, a function, a job, one for another environment.
pub fn schedules() -> Timetable {
    let mut all = Timetable::new("errands".parse().unwrap(), "b1");
    let well = schedule("say:hello").every(5.minutes()).timezone("Asia/Tokyo").no_overlap().group("talk");
    all.add(well.command(["sh", "-c", "echo hello; echo beside >&2"]));
    all.add(schedule("fail:often").hourly().group("talk").command(["sh", "-c", "echo broken; exit 12"]));
    all.add(schedule("sweep").daily_at("03:00").even_in_maintenance().call(|run| async move {
        run.log("swept\u{1b}[2J the floor");
        Ok(())
    }));
    all.add(schedule("stumble").daily_at("04:00").call(|_| async { Err(JobError::retry("a stone")) }));
    all.add(schedule("greet:all").weekly().job(Greet { name: "all".into() }));
    all.add(schedule("other").daily().environments(["staging"]).command(["true"]));
    all
}

/// A stream that remembers.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
