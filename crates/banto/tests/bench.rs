//! The test bench: each way a run can end, through the engine's own path, and what the assertions say.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests may")]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use banto::{
    BoxFuture, Cause, Client, Context, Job, JobError, Layer, Name, NewJob, Next, Outcome, Payload, Registry, Run,
    State, testing::Bench,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

/// Does what it is told to do.
#[derive(Job, Serialize, Deserialize, Clone, PartialEq, Debug)]
#[job(kind = "errand", queue = "errands", backoff = "10s", timeout = "15m", attempts_max = 2)]
struct Errand {
    how: String,
}

fn errand(how: &str) -> Errand {
    Errand { how: how.into() }
}

async fn run(job: Errand, context: Context<AtomicUsize>) -> Result<(), JobError> {
    context.state().fetch_add(1, Ordering::SeqCst);
    context.log(format!("about to {}", job.how));
    match job.how.as_str() {
        "retry" => Err(JobError::retry("it rains")),
        "snooze" => Err(JobError::snooze("too early", Duration::from_secs(60))),
        "dead" => Err(JobError::dead("no such street")),
        "cancel" => Err(JobError::cancel("done by another")),
        "missing" => Err(JobError::missing("an umbrella")),
        "panic" => panic!("the ice broke"),
        _ => Ok(()),
    }
}

#[derive(Job, Serialize, Deserialize)]
#[job(kind = "letter", unique = "letter:{to}", version = 2, upcast = address, aliases = ["note"])]
struct Letter {
    to: String,
}

fn address(_: u16, old: serde_json::Value) -> Result<serde_json::Value, String> {
    old.as_str().map(|to| serde_json::json!({ "to": to })).ok_or_else(|| format!("{old} is no name"))
}

async fn post(_: Letter, _: Context) -> Result<(), JobError> {
    Ok(())
}

fn registry() -> Registry {
    let mut registry = Registry::new("b1");
    registry.add(Arc::new(AtomicUsize::new(0)), run);
    registry.add(Arc::new(()), post);
    registry
}

#[tokio::test]
async fn each_end_is_told_as_the_engine_wrote_it() {
    let cases = [
        ("walk", "done", State::Done, None),
        ("retry", "retry", State::Scheduled, Some("it rains")),
        ("snooze", "snooze", State::Scheduled, Some("too early")),
        ("dead", "dead", State::Dead, Some("no such street")),
        ("cancel", "cancel", State::Cancelled, Some("done by another")),
        ("panic", "retry", State::Scheduled, Some("panicked: the ice broke")),
        ("missing", "park", State::Parked, Some("an umbrella")),
    ];
    for (how, outcome, state, error) in cases {
        let bench = Bench::new(registry());
        bench.enqueue(&errand(how)).await.unwrap();
        let ran = bench.run_one().await.unwrap();
        assert_eq!((ran.outcome, ran.state(), ran.error()), (outcome, state, error), "{how}");
        assert_eq!(
            ran.park().map(|park| (park.cause, park.build.as_str())),
            match how {
                "missing" => Some((Cause::Missing, "b1")),
                _ => None,
            }
        );
        assert!(ran.trail.iter().any(|line| line.text == format!("about to {how}")), "{:?}", ran.trail);
        let again = bench.run_one().await.map(|ran| ran.outcome);
        let expected = (how == "missing").then_some("park"); // a worker that starts anew tries it again
        assert_eq!(again, expected, "{how}: nothing is due any more");
    }
}

#[tokio::test]
async fn time_passes_when_the_test_says_so() {
    let bench = Bench::new(registry());
    bench.enqueue(&errand("retry")).await.unwrap();
    let later = bench.client().draft(&errand("walk")).delay(Duration::from_secs(10));
    bench.client().send(later).await.unwrap();
    assert_eq!(bench.drain().await, [("retry", 1)].into());
    bench.pass(Duration::from_millis(9_999));
    assert!(bench.run_one().await.is_none());
    bench.pass(Duration::from_millis(1));
    let (first, second) = (bench.run_one().await.unwrap(), bench.run_one().await.unwrap());
    let last = [first, second].into_iter().find(|ran| ran.outcome == "retry").unwrap();
    assert_eq!((last.state(), last.job.attempt), (State::Dead, 2), "the second attempt was the last");
    bench.assert_nothing_enqueued();
}

#[tokio::test]
async fn one_run_is_one_job_and_every_queue_is_worked() {
    let bench = Bench::new(registry());
    assert!(bench.run_one().await.is_none(), "an empty bench has nothing to run");
    bench.client().enqueue_all(&vec![errand("walk"); 3]).await.unwrap();
    bench.enqueue(&Letter { to: "Ada".into() }).await.unwrap();
    assert_eq!(bench.run_one().await.unwrap().outcome, "done");
    assert_eq!(bench.drain().await, [("done", 3)].into());
    assert!(bench.drain().await.is_empty());
}

#[tokio::test]
async fn a_run_that_waits_for_its_time_out_meets_it() {
    let begun = Arc::new(Notify::new());
    let mut registry = Registry::new("b1");
    registry.add(begun.clone(), async |_: Errand, context: Context<Notify>| {
        context.state().notify_one();
        Err(JobError::dead(format!("{:?}", context.stopped().await)))
    });
    let bench = Bench::new(registry);
    bench.enqueue(&errand("wait")).await.unwrap();
    let time = async {
        begun.notified().await;
        bench.pass(Duration::from_secs(15 * 60));
    };
    let (ran, ()) = tokio::join!(bench.run_one(), time);
    let ran = ran.unwrap();
    assert_eq!((ran.outcome, ran.error()), ("dead", Some("TimedOut")));
}

#[tokio::test]
async fn what_is_enqueued_can_be_asked_for_by_its_type() {
    let bench = Bench::new(registry());
    for how in ["walk", "retry"] {
        bench.enqueue(&errand(how)).await.unwrap();
    }
    bench.enqueue(&Letter { to: "Ada".into() }).await.unwrap();
    assert_eq!(bench.enqueued::<Errand>(), [errand("walk"), errand("retry")]);
    bench.assert_enqueued::<Letter>(|letter| letter.to == "Ada");
    let old = NewJob::new(bench.client().id(), name("note"), name("default"), Payload::of("Bob").unwrap());
    bench.client().put(vec![old]).await.unwrap();
    bench.assert_enqueued::<Letter>(|letter| letter.to == "Bob");
    assert_eq!(bench.drain().await, [("done", 3), ("retry", 1)].into());
    assert_eq!(bench.enqueued::<Errand>(), [errand("retry")], "what waits for its next attempt is enqueued");
}

#[tokio::test]
async fn a_failed_assertion_lists_what_is_enqueued() {
    let bench = Bench::new(registry());
    let said = said(|| bench.assert_enqueued::<Letter>(|_| true));
    assert_eq!(said, "no letter that fits is enqueued; nothing is enqueued");

    bench.enqueue(&Letter { to: "A\u{1b}da".into() }).await.unwrap_err();
    let late = bench.client().draft(&errand("run\n\u{1b}[2J")).delay(Duration::from_secs(10)).once("errand 7");
    let id = bench.client().send(late).await.unwrap().id;
    let listed = format!(
        "enqueued are:\n  errand in errands, scheduled, due in 10000 ms, key \"errand 7\": \
         {{\"how\":\"run\\n\\u001b[2J\"}} (job {id})"
    );
    assert_eq!(
        self::said(|| bench.assert_enqueued::<Letter>(|_| true)),
        format!("no letter that fits is enqueued; {listed}")
    );
    let missed = self::said(|| bench.assert_enqueued::<Errand>(|job| job.how == "walk"));
    assert_eq!(missed, format!("no errand that fits is enqueued; {listed}"));
    assert_eq!(self::said(|| bench.assert_nothing_enqueued()), format!("something is enqueued; {listed}"));

    bench.client().enqueue_all(&vec![errand("walk"); 30]).await.unwrap();
    let listed = self::said(|| bench.assert_nothing_enqueued());
    assert!(listed.ends_with("and 11 more") && listed.lines().count() == 22, "{listed}");
}

#[tokio::test]
async fn a_payload_of_a_newer_version_is_not_taken_for_one_of_this_build() {
    let bench = Bench::new(registry());
    let payload = Payload::of(&serde_json::json!({ "to": "Ada" })).unwrap();
    let newer = NewJob { version: 3, ..NewJob::new(bench.client().id(), name("letter"), name("default"), payload) };
    bench.client().put(vec![newer]).await.unwrap();
    let said = said(|| drop(bench.enqueued::<Letter>()));
    assert!(said.contains("version 3") && said.contains("up to 2") && said.contains("letter in default"), "{said}");
    let ran = bench.run_one().await.unwrap();
    assert_eq!((ran.outcome, ran.park().unwrap().cause), ("park", Cause::NewerVersion));
}

#[tokio::test]
async fn a_paused_queue_gives_nothing_until_its_time() {
    let bench = Bench::new(registry());
    bench.enqueue(&errand("walk")).await.unwrap();
    bench.enqueue(&Letter { to: "Ada".into() }).await.unwrap();
    let until = Some(banto::Clock::wall_ms(bench.clock()) + 60_000);
    let order = banto::steer::Order::Pause { queue: name("errands"), reason: "strike".into(), until };
    bench.store().steer(banto::Steer { order, by: "a test".into(), preview: false }).await.unwrap();
    assert_eq!(bench.drain().await, [("done", 1)].into(), "the other queue is worked");
    assert!(bench.run_one().await.is_none());
    bench.assert_enqueued::<Errand>(|errand| errand.how == "walk");
    bench.pass(Duration::from_secs(60));
    assert_eq!(bench.run_one().await.unwrap().state(), State::Done);
}

#[tokio::test]
async fn a_drain_takes_each_parked_job_back_once_and_follows_jobs_into_new_queues() {
    #[derive(Job, Serialize, Deserialize)]
    #[job(kind = "chain", queue = "chains")]
    struct Chain {
        left: u8,
    }
    async fn chain(job: Chain, context: Context<OnceLock<Client>>) -> Result<(), JobError> {
        let (Some(client), true) = (context.state().get(), job.left > 0) else {
            return Err(JobError::missing("a hook"));
        };
        let next = client.draft(&Chain { left: job.left - 1 }).queue(&format!("chains-{}", job.left));
        client.send(next).await?;
        Ok(())
    }
    let state = Arc::new(OnceLock::new());
    let mut registry = Registry::new("b1");
    registry.add(state.clone(), chain);
    let bench = Bench::new(registry);
    state.set(bench.client().clone()).ok().unwrap();
    bench.enqueue(&Chain { left: 3 }).await.unwrap();
    assert_eq!(bench.drain().await, [("done", 3), ("park", 1)].into());
    assert_eq!(bench.drain().await, [("park", 1)].into(), "as after a restart");
}

#[tokio::test]
#[should_panic(
    expected = "1001 jobs have run and it does not end; enqueued are:\n  again in default, ready, due: null"
)]
async fn a_drain_that_does_not_end_is_said() {
    #[derive(Job, Serialize, Deserialize)]
    #[job(kind = "again")]
    struct Again;
    async fn again(_: Again, context: Context<OnceLock<Client>>) -> Result<(), JobError> {
        context.state().get().unwrap().enqueue(&Again).await?;
        Ok(())
    }
    let state = Arc::new(OnceLock::new());
    let mut registry = Registry::new("b1");
    registry.add(state.clone(), again);
    let bench = Bench::new(registry);
    state.set(bench.client().clone()).ok().unwrap();
    bench.enqueue(&Again).await.unwrap();
    bench.drain().await;
}

#[tokio::test]
async fn a_layer_stands_around_each_run() {
    struct Count(Arc<AtomicUsize>);
    impl Layer for Count {
        fn around<'a>(&'a self, run: &'a Run, next: Next<'a>) -> BoxFuture<'a, Outcome> {
            self.0.fetch_add(usize::from(run.attempt()), Ordering::SeqCst);
            next.run()
        }
    }
    let counted = Arc::new(AtomicUsize::new(0));
    let bench = Bench::new(registry()).layer(Count(counted.clone()));
    bench.client().enqueue_all(&vec![errand("walk"); 3]).await.unwrap();
    bench.drain().await;
    assert_eq!(counted.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_new_build_takes_over_what_the_old_one_could_not_run() {
    let mut bench = Bench::new(Registry::new("b0"));
    let old = NewJob::new(bench.client().id(), name("note"), name("default"), Payload::of("Bob").unwrap());
    bench.client().put(vec![old]).await.unwrap();
    let parked = bench.run_one().await.unwrap();
    assert_eq!((parked.outcome, parked.job.attempt), ("park", 0));
    assert_eq!(parked.park().unwrap().cause, Cause::UnknownKind);
    assert!(bench.run_one().await.is_none());

    bench.deploy(registry());
    let ran = bench.run_one().await.expect("the new build takes it back");
    assert_eq!((ran.outcome, ran.job.attempt), ("done", 1));
}

#[tokio::test]
async fn a_kind_that_lacks_something_parks_its_jobs() {
    let mut registry = Registry::new("b1");
    registry.add_needing(Arc::new(AtomicUsize::new(0)), run, || vec!["UMBRELLA_KEY".into()]);
    let bench = Bench::new(registry);
    bench.enqueue(&errand("walk")).await.unwrap();
    let ran = bench.run_one().await.unwrap();
    assert_eq!((ran.outcome, ran.park().unwrap().text.as_str()), ("park", "errand lacks UMBRELLA_KEY"));
}

#[tokio::test]
#[should_panic(expected = "could not register the kind \"errand\" twice")]
async fn a_registry_at_fault_is_said_at_the_first_run() {
    let mut registry = registry();
    registry.add(Arc::new(AtomicUsize::new(0)), run);
    let bench = Bench::new(registry);
    bench.enqueue(&errand("walk")).await.unwrap();
    bench.run_one().await;
}

#[tokio::test]
async fn a_run_that_says_very_much_still_ends() {
    #[derive(Job, Serialize, Deserialize)]
    #[job(kind = "talk")]
    struct Talk;
    async fn talk(_: Talk, context: Context) -> Result<(), JobError> {
        (0..10_000).for_each(|step| context.progress(step, 10_000, "talking"));
        Ok(())
    }
    let mut registry = Registry::new("b1");
    registry.add(Arc::new(()), talk);
    let bench = Bench::new(registry);
    bench.enqueue(&Talk).await.unwrap();
    let ran = bench.run_one().await.unwrap();
    assert_eq!((ran.outcome, ran.job.progress.unwrap().done), ("done", 9_999));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_works_on_a_runtime_of_many_threads_too() {
    let bench = Bench::new(registry());
    bench.client().enqueue_all(&vec![errand("walk"); 100]).await.unwrap();
    assert_eq!(bench.drain().await, [("done", 100)].into());
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// What an assertion says when it fails.
fn said(assertion: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(assertion)).expect_err("the assertion should fail");
    *panic.downcast::<String>().expect("assertions speak text")
}
