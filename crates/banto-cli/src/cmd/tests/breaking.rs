//! `up` when a part of it panics: that part is begun anew with a word in the log, and the others go on.

use std::{
    io::{self, Write},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use banto_core::{Name, Outcome, Span, schedule};
use banto_engine::{BoxFuture, Context, Does, Event, Layer, Next, Registry, Timetable, run::Run};
use banto_store::{Answer, Claim, Claimed, Fired, Firing, Read, Service, Store};
use rustix::process::{Signal, getpid, kill_process};

use crate::App;

use super::house::{Greet, House};

/// A store that panics in one call of a verb, and then not again.
struct Breaking {
    inner: Arc<dyn Store>,
    verb: &'static str,
    calls: AtomicU32,
}

impl Breaking {
    /// The second call: the first one went well, and all seemed to be.
    fn breaks(&self, verb: &str) {
        if verb == self.verb && self.calls.fetch_add(1, Ordering::SeqCst) == 1 {
            panic!("{verb}: on purpose");
        }
    }
}

impl Store for Breaking {
    fn claim(&self, claim: Claim) -> Answer<'_, Claimed> {
        self.breaks("claim");
        self.inner.claim(claim)
    }
    fn fire(&self, firing: Firing) -> Answer<'_, Vec<Fired>> {
        self.breaks("fire");
        self.inner.fire(firing)
    }
    banto_store::pass!(inner: enqueue renew finish expired rescue register steer prune settle record beat changed);
}

impl Read for Breaking {
    fn service(&self, service: Name) -> Answer<'_, Option<Service>> {
        self.breaks("service");
        self.inner.service(service)
    }
    banto_store::pass!(inner: about job jobs cards queues census instances holder keys standing schedules fires tally);
}

/// A layer that panics around the first run.
struct Stumbling(AtomicU32);

impl Layer for Stumbling {
    fn around<'a>(&'a self, _: &'a Run, next: Next<'a>) -> BoxFuture<'a, Outcome> {
        assert!(self.0.fetch_add(1, Ordering::SeqCst) > 0, "a layer, on purpose");
        Box::pin(next.run())
    }
}

/// What was logged in this process.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Schedules whose conditions and calls count, and may panic the first time.
fn timetable(ran: &Arc<AtomicU32>) -> Timetable {
    let (calls, asked) = (ran.clone(), AtomicU32::new(0));
    let mut timetable = Timetable::new("errands".parse().unwrap(), "b1");
    let counts = schedule("counts").every(1.minutes()).call(move |_| {
        calls.fetch_add(1, Ordering::SeqCst);
        async { Ok(()) }
    });
    timetable.add(counts.attempts_max(3));
    let odd = schedule("odd").every(1.minutes()).call(|_| async { Ok(()) });
    timetable.add(odd.when(move || {
        assert!(asked.fetch_add(1, Ordering::SeqCst) > 0, "a condition, on purpose");
        true
    }));
    timetable
}

/// Keeps everything while `verb` panics once: a second passes every few milliseconds until something has run four times and it
/// is `enough`. Answers how it ended and what was logged.
async fn kept(verb: &'static str, with: impl FnOnce(App) -> App, enough: impl Fn(&str) -> bool) -> (u8, String) {
    let log = Log::default();
    let to = log.clone();
    // An application's own log is used. It belongs to the whole process, as signals do: each test here has one of its own.
    let own = tracing_subscriber::fmt().with_ansi(false).with_writer(move || to.clone()).finish();
    tracing::subscriber::set_global_default(own).unwrap();
    let ran = Arc::new(AtomicU32::new(0));
    let (mut registry, table) = (Registry::new("b1"), timetable(&ran));
    registry.add(Arc::new(()), |_: Greet, _: Context| async { Ok(()) });
    let mut house = House::of(|app| with(app.registry(registry).schedules(table)));
    let inner = house.store.clone();
    house.behind(Breaking { inner, verb, calls: AtomicU32::new(0) });
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("banto.toml");
    std::fs::write(&config, "[[program]]\nname = \"web\"\nrun = [\"sleep\", \"600\"]\n").unwrap();
    let typed = format!("up --run-dir {} --config {}", folder.path().join("run").display(), config.display());
    let passing = async {
        while ran.load(Ordering::SeqCst) < 4 || !enough(&log.text()) {
            house.clock.pass(1_000);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let watching = async {
        let passed = tokio::time::timeout(Duration::from_secs(60), passing).await;
        kill_process(getpid(), Signal::TERM).unwrap();
        passed.is_ok()
    };
    let (said, enough) = tokio::join!(house.types(&typed), watching);
    assert!(enough, "not within a minute: {}", log.text());
    (said.exit, log.text())
}

const ANEW: &str = "has ended although nobody asked; it is begun anew";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_whose_loop_panics_is_begun_anew_and_the_scheduler_hears_nothing_of_it() {
    let (exit, log) = kept("claim", |app| app, |log| log.contains(ANEW)).await;
    assert_eq!(exit, 0, "{log}");
    assert!(log.contains("the loop that does claim panicked: claim: on purpose"), "{log}");
    assert!(log.contains(&format!("the worker {ANEW}")) && !log.contains(&format!("the scheduler {ANEW}")), "{log}");
    assert!(!log.contains("the program has failed"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scheduler_that_panics_when_it_fires_is_begun_anew_and_leaves_nothing_out() {
    let (exit, log) = kept("fire", |app| app, |log| log.contains(ANEW)).await;
    assert_eq!(exit, 0, "{log}");
    assert!(log.contains("it panicked; this is a bug") && log.contains(&format!("the scheduler {ANEW}")), "{log}");
    assert!(!log.contains(&format!("the worker {ANEW}")) && !log.contains("the program has failed"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scheduler_that_panics_when_it_asks_is_begun_anew() {
    let (exit, log) = kept("service", |app| app, |log| log.contains(ANEW)).await;
    assert_eq!(exit, 0, "{log}");
    assert!(log.contains(&format!("the scheduler {ANEW}")) && !log.contains(&format!("the worker {ANEW}")), "{log}");
}

/// What lives beside the worker ended in silence, and heard nothing of the worker that took another's place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lives_beside_may_panic_and_hears_the_next_worker_too() {
    let (lives, heard) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (counts, hears, hear) = (lives.clone(), heard.clone(), heard);
    let beside = move |_, events: banto_engine::Events| {
        assert!(counts.fetch_add(1, Ordering::SeqCst) > 0, "beside, on purpose");
        let (mut events, hears) = (events.subscribe(), hears.clone());
        async move {
            while let Ok(event) = events.recv().await {
                hears.fetch_add(u32::from(matches!(event, Event::Ended { .. })), Ordering::SeqCst);
            }
        }
    };
    let enough = move |log: &str| log.contains(&format!("the worker {ANEW}")) && hear.load(Ordering::SeqCst) > 2;
    let with = |app: App| app.layer(Stumbling(AtomicU32::new(0))).beside(beside);
    let (exit, log) = kept("claim", with, enough).await;
    assert_eq!((exit, lives.load(Ordering::SeqCst)), (0, 2), "{log}");
    assert!(log.contains("what lives beside the worker panicked; it is begun anew"), "{log}");
}
