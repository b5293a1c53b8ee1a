//! `myteacher demo` on a painter that is a server: refused, and stopped while it waits.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use myteacher::provider::fake::{Answer, Fake, picture_png};
use rustix::process::Signal;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{
    crash_http::on,
    house::{House, Said, signalled},
};

const LOOK: &str = "GET /v1/predictions/*";
const FILE: &str = "GET /files/0.png";

fn demo(house: &House, fake: &Fake, flags: &str) -> Child {
    let mut command = house.command(&format!("demo --seed 3 --painter replicate {flags}"));
    on(fake, &mut command);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn ended(child: Child) -> Said {
    child.wait_with_output().unwrap().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_that_is_told_to_stop_hands_its_job_back_and_burns_nothing() {
    for (signal, exit) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let (house, fake) = (House::new(), Fake::start().await.unwrap());
        fake.script(
            "GET /v1/predictions/fake1",
            vec![Answer::json(200, &json!({"id": "fake1", "status": "processing"})); 9_000],
        );
        let child = demo(&house, &fake, "--json");
        fake.seen("GET /v1/predictions/fake1", 2).await;
        signalled(&child, signal);
        let said = tokio::task::spawn_blocking(|| ended(child)).await.unwrap().ends(exit);
        let demo = said.json()["demo"].clone();
        assert_eq!(
            (&demo["state"], &demo["attempts"], &demo["told"]["signal"]),
            (&json!("ready"), &json!(0), &json!(exit - 128))
        );
        assert_eq!(demo["made"]["pictures"].as_array().unwrap().len(), 1, "what was painted is kept");
        assert_eq!(demo["explained"]["cure"], "start one: queue work --queue avatars");
        let job = house.job(demo["job"].as_str().unwrap());
        assert_eq!((&job["crashes"], &job["attempt"]), (&json!(0), &json!(0)));
        assert_eq!(
            fake.requests_to("POST /v1/predictions/fake1/cancel").len(),
            1,
            "nobody pays for what nobody waits for"
        );

        let mut worker = house.worker_with("--stop-when-empty", |command| on(&fake, command));
        worker.hears("stopped");
        let avatar = house.avatar(1);
        assert_eq!(avatar["avatar"]["status"], "completed");
        assert_eq!(fake.predictions().len(), 2 + 5);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_demo_says_in_words_how_it_goes_on() {
    let (house, fake) = (House::new(), Fake::start().await.unwrap());
    fake.slow_predictions(u32::MAX);
    let child = demo(&house, &fake, "--out drawn");
    fake.seen(LOOK, 2).await;
    signalled(&child, Signal::TERM);
    let said = tokio::task::spawn_blocking(|| ended(child)).await.unwrap().ends(143);
    assert!(said.err.contains("TERM was received: stopping"), "{}", said.err);
    let way =
        "It was stopped by TERM and goes on where it was with: MYTEACHER_FILES=drawn MYTEACHER_PAINTER=replicate ";
    assert!(said.out.contains("Avatar 1 is not finished: ") && said.out.contains(way), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_whose_job_is_parked_says_the_cause_and_the_cure() {
    let (house, fake) = (House::new(), Fake::start().await.unwrap());
    fake.script(
        "POST /v1/predictions",
        [Answer::json(401, &json!({"title": "Unauthenticated", "detail": "no such token"}))],
    );
    let child = demo(&house, &fake, "");
    let said = tokio::task::spawn_blocking(|| ended(child)).await.unwrap().ends(1);
    assert!(said.out.contains("it is parked: ") && said.out.contains("refused our credentials"), "{}", said.out);
    assert!(said.out.contains("What to do: set what is named, then restart the worker"), "{}", said.out);
}

/// A first signal is said, and then a second one comes.
fn told_twice(mut child: Child) -> (Said, Duration) {
    signalled(&child, Signal::TERM);
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("TERM was received: stopping") {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "the first signal was never said");
    }
    let since = Instant::now();
    signalled(&child, Signal::INT);
    let ended = ended(child);
    (ended, since.elapsed())
}

/// Far more than the second that is left for the last writes, and far less than anybody waits for a store.
const AT_ONCE: Duration = Duration::from_secs(5);

/// Somebody else writes to the store and does not stop: nothing can be handed back, and the second signal does not wait for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_a_demo_at_once_although_the_store_does_not_answer() {
    let (house, fake) = (House::lived_in(), Fake::start().await.unwrap());
    let locked = CancellationToken::new();
    fake.script(FILE, [Answer::bytes(200, "image/png", picture_png(3, false)).held(locked.clone())]);
    let child = demo(&house, &fake, "--out drawn");
    fake.seen(FILE, 1).await;
    let somebody = house.db();
    somebody.execute_batch("BEGIN IMMEDIATE").unwrap();
    locked.cancel(); // its picture is painted and stored, and cannot be noted
    while !house.path().join("drawn/avatars").exists() {
        tokio::task::yield_now().await;
    }
    let (said, took) = tokio::task::spawn_blocking(|| told_twice(child)).await.unwrap();
    assert!(took < AT_ONCE, "it took {took:?}");
    said.ends(130);
    somebody.execute_batch("ROLLBACK").unwrap();

    // As after a crash: the next worker has it as soon as the lease is over.
    let job: String = house.one("SELECT job FROM teacher_avatars WHERE id = 2");
    let mut worker = house.worker_with("", |command| on(&fake, command));
    while worker.hears("ended")["job"] != job.as_str() {}
    worker.stops();
    assert_eq!(house.avatar(2)["avatar"]["status"], "completed");
    assert_eq!(house.job(&job)["attempt"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_does_not_wait_for_a_provider_and_hands_the_job_back() {
    let (house, fake) = (House::new(), Fake::start().await.unwrap());
    fake.slow_predictions(u32::MAX);
    fake.script("POST /v1/predictions/*/cancel", vec![Answer::hang(); 9]);
    let child = demo(&house, &fake, "");
    fake.seen(LOOK, 2).await;
    let (said, took) = tokio::task::spawn_blocking(|| told_twice(child)).await.unwrap();
    assert!(took < AT_ONCE, "it took {took:?}");
    said.ends(130);
    let job = house.job(&house.one::<String>("SELECT job FROM teacher_avatars"));
    assert_eq!((&job["state"], &job["attempt"], &job["crashes"]), (&json!("ready"), &json!(0), &json!(0)));
}
