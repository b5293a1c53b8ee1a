//! A tour: each part of banto in a few lines that run.
//!
//! Every piece of code here is a test. Most use the [`Bench`](crate::testing::Bench), which runs jobs at once and moves the
//! clock by hand; with a [`Worker`](crate::Worker) and a real store the same things happen by themselves.
//!
//! # A job
//!
//! A job is a value with a stable name, its kind; a handler is an async function of the value and a
//! [`Context`](crate::Context). The context carries the application's state, says which attempt this is, and tells the
//! world how far the run has come.
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//! use banto::{Context, Job, JobError, Registry, testing::Bench};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Job, Serialize, Deserialize)]
//! #[job(kind = "avatar.generate", queue = "avatars", attempts_max = 3, timeout = "15m", tags = ["user:{user_id}"])]
//! struct GenerateAvatar { avatar_id: i64, user_id: i64 }
//!
//! struct Studio { brush: &'static str }
//!
//! async fn generate(job: GenerateAvatar, context: Context<Studio>) -> Result<(), JobError> {
//!     context.log(format!("painting {} with a {}", job.avatar_id, context.state().brush));
//!     context.progress(6, 6, "all images");
//!     Ok(())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), banto::Error> {
//! let mut registry = Registry::new("1.0");
//! registry.add(Arc::new(Studio { brush: "pen" }), generate);
//! let bench = Bench::new(registry);
//!
//! let client = bench.client(); // with a store of your own: Client::new(store)
//! client.enqueue(&GenerateAvatar { avatar_id: 7, user_id: 1 }).await?;
//! let draft = client.draft(&GenerateAvatar { avatar_id: 8, user_id: 1 }); // this one asks for something else
//! client.send(draft.delay(Duration::from_secs(3600)).priority(0).tag("night")).await?;
//!
//! let ran = bench.run_one().await.unwrap();
//! assert_eq!((ran.outcome, ran.trail[0].text.as_str()), ("done", "painting 7 with a pen"));
//! assert!(bench.run_one().await.is_none(), "the other is due in an hour");
//! # Ok(())
//! # }
//! ```
//!
//! # Unique keys
//!
//! While a job holds a key, another order for it gives back the job that is there. The key is let go by the job's own end,
//! so it cannot leak; the store guards it, so two processes cannot both win. All kinds share one space of keys.
//!
//! ```
//! # use banto::{Context, Job, JobError, Registry, testing::Bench};
//! # use serde::{Deserialize, Serialize};
//! #[derive(Job, Serialize, Deserialize)]
//! #[job(kind = "report", unique = "report:{month}")] // until the job has ended; see `unique_for` for the others
//! struct Report { month: String }
//! # async fn report(_: Report, _: Context) -> Result<(), JobError> { Ok(()) }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), banto::Error> {
//! # let mut registry = Registry::new("1.0");
//! # registry.add(().into(), report);
//! # let bench = Bench::new(registry);
//! let may = Report { month: "2030-05".into() };
//! let first = bench.client().enqueue(&may).await?;
//! let second = bench.client().enqueue(&may).await?;
//! assert!(first.fresh && !second.fresh);
//! assert_eq!(first.id, second.id);
//!
//! bench.drain().await;
//! assert!(bench.client().enqueue(&may).await?.fresh, "the first one has ended");
//!
//! // An idempotency key, for a caller that may ask twice: remembered for a day after the job's end.
//! let paid = |bench: &Bench| bench.client().draft(&Report { month: "2030-06".into() }).once("payment 4711");
//! let first = bench.client().send(paid(&bench)).await?;
//! assert_eq!(bench.client().send(paid(&bench)).await?.id, first.id);
//! # Ok(())
//! # }
//! ```
//!
//! # Retries, and the other ends of a run
//!
//! Any error used with `?` means that another attempt may help. The named ends say something else: not yet, never, nothing
//! to do, or "this worker lacks something". A panic is caught and counts as a failed attempt.
//!
//! ```
//! use std::time::Duration;
//! # use banto::{Context, Job, JobError, Registry, State, testing::Bench};
//! # use serde::{Deserialize, Serialize};
//! #[derive(Job, Serialize, Deserialize)]
//! #[job(kind = "charge", attempts_max = 2, backoff = "30s, 5m")] // or "10s..1h": doubling, with jitter
//! struct Charge { cents: String }
//!
//! async fn charge(job: Charge, _: Context) -> Result<(), JobError> {
//!     match job.cents.as_str() {
//!         "rate limit" => Err(JobError::snooze("429, Retry-After: 60", Duration::from_secs(60))), // burns no attempt
//!         "stolen" => Err(JobError::dead("the card is stolen")), // no attempt would help
//!         "paid" => Err(JobError::cancel("paid in cash")),       // there is nothing left to do
//!         cents => {
//!             let _cents: u32 = cents.parse()?; // an ordinary error: another attempt
//!             Ok(())
//!         }
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), banto::Error> {
//! # let mut registry = Registry::new("1.0");
//! # registry.add(().into(), charge);
//! # let bench = Bench::new(registry);
//! for cents in ["100", "rate limit", "stolen", "paid", "a lot"] {
//!     bench.enqueue(&Charge { cents: cents.into() }).await?;
//! }
//! let ends = bench.drain().await;
//! assert_eq!(ends, [("cancel", 1), ("dead", 1), ("done", 1), ("retry", 1), ("snooze", 1)].into());
//!
//! bench.pass(Duration::from_secs(30));
//! let last = bench.run_one().await.unwrap();
//! assert_eq!((last.state(), last.error()), (State::Dead, Some("invalid digit found in string")));
//! # Ok(())
//! # }
//! ```
//!
//! # Parked jobs
//!
//! A worker that takes a job it cannot run (unknown kind, newer version, payload that does not decode, something missing)
//! burns no attempt and loses nothing: it parks the job with the cause and the cure. A worker that can run it takes it back.
//! So old and new builds live together, and a renamed kind keeps its old name as an alias.
//!
//! ```
//! # use banto::{Cause, Context, Job, JobError, Registry, testing::Bench};
//! # use serde::{Deserialize, Serialize};
//! # mod old {
//! #     use super::*;
//! #     #[derive(Job, Serialize, Deserialize)]
//! #     #[job(kind = "App\\Jobs\\SendMail")]
//! #     pub struct SendMail { pub to: String }
//! # }
//! #[derive(Job, Serialize, Deserialize)]
//! #[job(kind = "mail.send", aliases = ["App\\Jobs\\SendMail"])]
//! struct SendMail { to: String }
//! # async fn send(_: SendMail, _: Context) -> Result<(), JobError> { Ok(()) }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), banto::Error> {
//! let mut bench = Bench::new(Registry::new("B")); // knows no kind at all
//! bench.enqueue(&old::SendMail { to: "ada@example.org".into() }).await?;
//! let ran = bench.run_one().await.unwrap();
//! let park = ran.park().unwrap();
//! assert_eq!((park.cause, ran.job.attempt), (Cause::UnknownKind, 0));
//! assert_eq!(park.text, "the kind \"App\\Jobs\\SendMail\" is unknown to build B");
//! assert!(park.cause.cure().contains("alias"));
//!
//! let mut registry = Registry::new("C");
//! // What the kind needs is asked for before a worker starts, and again before each run.
//! registry.add_needing(().into(), send, || match std::env::var_os("PATH") {
//!     Some(_) => vec![],
//!     None => vec!["PATH".into()],
//! });
//! bench.deploy(registry);
//! assert_eq!(bench.run_one().await.unwrap().outcome, "done");
//! # Ok(())
//! # }
//! ```
//!
//! # Versions
//!
//! When old payloads no longer decode, raise the version and say how one step up is made. Jobs of the old form run as they
//! lie in the store; a build that is older than a job parks it for a newer one.
//!
//! ```
//! use serde_json::{Value, json};
//! # use banto::{Context, Job, JobError, Name, NewJob, Payload, Registry, testing::Bench};
//! # use serde::{Deserialize, Serialize};
//! #[derive(Job, Serialize, Deserialize)]
//! #[job(kind = "greet", version = 2, upcast = lift)]
//! struct Greet { first: String, last: String }
//!
//! fn lift(from: u16, payload: Value) -> Result<Value, String> {
//!     match from {
//!         1 => {
//!             let name = payload["name"].as_str().ok_or("there is no name in it")?;
//!             let (first, last) = name.split_once(' ').ok_or("the name has one part")?;
//!             Ok(json!({ "first": first, "last": last }))
//!         }
//!         _ => Err(format!("version {from} is unknown")),
//!     }
//! }
//! # async fn greet(job: Greet, context: Context) -> Result<(), JobError> {
//! #     context.log(format!("{}, {}", job.last, job.first));
//! #     Ok(())
//! # }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), banto::Error> {
//! # let mut registry = Registry::new("2.0");
//! # registry.add(().into(), greet);
//! # let bench = Bench::new(registry);
//! // A row as a program of the first version left it.
//! let payload = Payload::parse(r#"{"name":"Ada Lovelace"}"#)?;
//! let old = NewJob::new(bench.client().id(), Name::new("greet")?, Name::new("default")?, payload);
//! bench.client().put(vec![old]).await?;
//! assert_eq!(bench.run_one().await.unwrap().trail[0].text, "Lovelace, Ada");
//! # Ok(())
//! # }
//! ```
//!
//! # Transactions
//!
//! On SQLite the application's tables may live in the store's file. Then a row and its job are committed together, or
//! neither is.
//!
#![cfg_attr(feature = "sqlite", doc = "```")]
#![cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
//! use std::{error::Error, sync::Arc};
//! use banto::{Client, sqlite::Sqlite};
//! # use banto::Job;
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Job, Serialize, Deserialize)]
//! # #[job(kind = "welcome")]
//! # struct Welcome { user: String }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
//! # let folder = tempfile::tempdir()?;
//! # let address = format!("sqlite://{}/app.db", folder.path().display());
//! let sqlite = Sqlite::open(&address, banto::clock())?;
//! let client = Client::new(Arc::new(sqlite.clone()));
//! # sqlite.write(|tx| Ok::<_, Box<dyn Error + Send + Sync>>(tx.execute_batch("CREATE TABLE user (name TEXT)")?)).await?;
//!
//! let draft = client.draft(&Welcome { user: "Ada".into() }).ready()?;
//! let store = sqlite.clone();
//! let id = sqlite
//!     .write(move |tx| -> Result<_, Box<dyn Error + Send + Sync>> {
//!         tx.execute("INSERT INTO user (name) VALUES (?1)", ["Ada"])?;
//!         let jobs = store.enqueue_in(tx, &[draft])?;
//!         Ok(jobs[0].id)
//!     })
//!     .await?; // both are durable now
//! assert!(client.store().job(id).await?.is_some());
//! # Ok(())
//! # }
//! ```
//!
//! # Layers
//!
//! A layer stands around each run: a span, a connection, a switch. It sees the run and its outcome and may change either.
//!
//! ```
//! use banto::{BoxFuture, Layer, Next, Outcome, Run};
//! # use banto::{Context, Job, JobError, Registry, testing::Bench};
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Job, Serialize, Deserialize)]
//! # #[job(kind = "ring")]
//! # struct Ring;
//! # async fn ring(_: Ring, _: Context) -> Result<(), JobError> { Ok(()) }
//!
//! struct Told;
//!
//! impl Layer for Told {
//!     fn around<'a>(&'a self, run: &'a Run, next: Next<'a>) -> BoxFuture<'a, Outcome> {
//!         Box::pin(async move {
//!             let outcome = next.run().await;
//!             run.log(format!("{} ended: {}", run.job().kind, outcome.word()));
//!             outcome
//!         })
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), banto::Error> {
//! # let mut registry = Registry::new("1.0");
//! # registry.add(().into(), ring);
//! let bench = Bench::new(registry).layer(Told); // as with Worker::layer
//! bench.enqueue(&Ring).await?;
//! assert_eq!(bench.run_one().await.unwrap().trail[0].text, "ring ended: done");
//! # Ok(())
//! # }
//! ```
//!
//! # Workers and their events
//!
//! A worker checks everything before its first claim, and tells what happens as a closed list of events. Told to stop, it
//! takes nothing new, lets runs finish within a grace, and hands the rest back with no attempt burned.
//!
//! ```
//! use banto::{Client, Config, Event, Name, Registry, Worker};
//! # use banto::{Context, Job, JobError};
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Job, Serialize, Deserialize)]
//! # #[job(kind = "ring", queue = "bells")]
//! # struct Ring;
//! # async fn ring(_: Ring, _: Context) -> Result<(), JobError> { Ok(()) }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), banto::Error> {
//! # let mut registry = Registry::new("1.0");
//! # registry.add(().into(), ring);
//! let store = banto::open("memory:").await?;
//! let config = Config::new(Name::new("tower")?, [Name::new("bells")?]);
//! let worker = Worker::new(store.clone(), registry, config);
//! let (mut events, stop) = (worker.events().subscribe(), worker.stop());
//!
//! let heard = async {
//!     loop {
//!         if let Ok(Event::Ended { kind, outcome, .. }) = events.recv().await {
//!             stop.graceful("one is enough");
//!             return format!("{kind}: {outcome}");
//!         }
//!     }
//! };
//! let client = Client::new(store);
//! client.enqueue(&Ring).await?;
//! let (report, heard) = tokio::join!(worker.start(), heard);
//! assert_eq!(heard, "ring: done");
//! assert_eq!(report?.reason, "one is enough");
//! # Ok(())
//! # }
//! ```
//!
//! # Schedules
//!
//! A schedule says when, in the words of this field, and what: a job, a command, a function. A scheduler accounts for every due
//! instant: it fires once, however many schedulers live, or the ledger says why it did not. What a command or function does
//! runs as a job, so it has attempts, a time-out, and a lease that keeps its runs apart (`no_overlap`). Clock changes,
//! days off and what was missed follow the schedule's own policies; `schedule preview NAME` of the program shows them.
//!
//! ```
//! use std::sync::Arc;
//! use banto::{Config, Does, Fate, Registry, Scheduler, SchedulerConfig, SelectFires, Span, Timetable, Worker, schedule};
//! # use banto::{Context, GivenClock, Job, JobError, Store, memory::Memory};
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Clone, Job, Serialize, Deserialize)]
//! # #[job(kind = "report", queue = "reports")]
//! # struct Report;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), banto::Error> {
//! let mut timetable = Timetable::new("shop".parse()?, "1.0");
//! timetable.add(schedule("report").weekdays().at("09:00").timezone("Europe/Berlin").job(Report));
//! timetable.add(schedule("backup").daily_at("03:00").catch_up_last().command(["true"]).attempts_max(3));
//! timetable.add(schedule("sweep").every(5.minutes()).no_overlap().call(|run| async move {
//!     run.log("swept");
//!     Ok(())
//! }));
//! let timetable = Arc::new(timetable);
//!
//! # let clock = Arc::new(GivenClock::at(1_893_456_000_000));
//! # let store: Arc<dyn Store> = Arc::new(Memory::new(clock.clone(), 1));
//! let tick = || {
//!     let config = SchedulerConfig::new("clock".parse()?);
//!     let scheduler = Scheduler::new(store.clone(), timetable.clone(), config); // .run() goes on until it is told to stop
//!     Ok::<_, banto::Error>(scheduler.clock(clock.clone()).once())
//! };
//! tick()?.await??; // registers: what is new is due from now on
//! clock.pass(300_000); // a given clock; five minutes
//! assert_eq!(tick()?.await??.fired, 1);
//!
//! let mut registry = Registry::new("1.0");
//! timetable.work_in(&mut registry); // commands and functions run in a worker that takes from their queue
//! let config = Config { stop_when_empty: true, ..Config::new("worker".parse()?, ["schedules".parse()?]) };
//! let report = Worker::new(store.clone(), registry, config).clock(clock.clone()).start().await?;
//! assert_eq!(report.ended["done"], 1);
//!
//! let ledger = store.fires(SelectFires { schedule: Some("sweep".parse()?), limit: 10, ..SelectFires::default() }).await?;
//! assert_eq!((ledger.len(), ledger[0].fate, ledger[0].late), (1, Fate::Fired, false));
//! # Ok(())
//! # }
//! ```
//!
//! # Tests
//!
//! See [`testing`](crate::testing): run one job, run all that is due, let time pass, ask what is enqueued.
