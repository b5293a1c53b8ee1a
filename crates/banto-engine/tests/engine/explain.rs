//! Why is this job not running? One answer for each reason.

use std::time::Duration;

use banto_core::{Cause, Hold, Job, JobId, Label, Lease, Park, State, Unique, lease::RENEW_MS};
use banto_engine::explain::{Explanation, explain};
use banto_store::{Claim, Clock, Finish, Order};

use crate::house::{House, Running, act, acting, name, pass};

async fn asked(house: &House, id: JobId) -> Explanation {
    explain(&house.store, id, house.clock.wall_ms()).await.unwrap().expect("it is listed")
}

/// Claims one job by hand.
async fn lease(house: &House) -> Lease {
    let instance = banto_core::InstanceId(0xabc);
    let claim = Claim { instance, queues: vec![name("default")], limit: 1, lease_ms: 10_000, adopt: Vec::new() };
    house.store.claim(claim).await.unwrap().jobs[0].1
}

async fn end(house: &House, lease: Lease, to: State, error: Option<&str>, park: Option<Park>) {
    let error = error.map(str::to_owned);
    let verdict = banto_core::Verdict { to, delay_ms: 0, attempt: 3, crashes: 0, word: "x", error, park };
    house.store.finish(vec![Finish { lease, verdict }]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_unlisted_job_has_no_explanation() {
    let house = House::new();
    assert_eq!(explain(&house.store, house.client.id(), 0).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn what_has_ended_says_how() {
    for (to, error, answer, cure) in [
        (State::Done, None, "it is done", None),
        (State::Dead, Some("bad colour"), "it is dead after 3 attempts: bad colour", Some("queue retry")),
        (State::Cancelled, Some("by order"), "it was cancelled: by order", Some("queue retry")),
    ] {
        let house = House::new();
        let id = house.enqueue("x").await;
        let lease = lease(&house).await;
        end(&house, lease, to, error, None).await;
        let said = asked(&house, id).await;
        assert_eq!(said.answer, answer);
        assert_eq!(said.cure.is_some(), cure.is_some());
        assert!(said.cure.is_none_or(|said| said.contains(cure.unwrap()) && said.contains(&id.to_string())));
    }
}

#[tokio::test(start_paused = true)]
async fn a_parked_job_says_its_cause_and_the_cure() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let lease = lease(&house).await;
    let park = Park { cause: Cause::Missing, text: "act lacks A_KEY".into(), build: "b1".into() };
    end(&house, lease, State::Parked, None, Some(park)).await;
    let said = asked(&house, id).await;
    assert_eq!(
        (said.answer.as_str(), said.cure.as_deref()),
        ("it is parked: act lacks A_KEY", Some(Cause::Missing.cure()))
    );
}

#[tokio::test(start_paused = true)]
async fn a_running_job_says_where_and_whether_that_lives() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let worker = house.work(acting(|_, _| std::future::pending()));
    house.until(id, State::Running).await;
    let said = asked(&house, id).await.answer;
    assert!(
        said.starts_with("it is running in worker ") && said.contains("(w on ") && said.ends_with("build b1)"),
        "{said}"
    );
    house.cancel(id).await;
    assert!(asked(&house, id).await.answer.ends_with("; it was asked to stop"));
    worker.worker.abort();
    pass(12_000).await;
    let said = asked(&house, id).await.answer;
    assert!(said.contains("which is silent for 1") && said.contains("so nobody will rescue it"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_a_dead_worker_left_says_who_will_rescue_it() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let worker = house.work(acting(|_, _| std::future::pending()));
    house.until(id, State::Running).await;
    worker.worker.abort();
    pass(12_000).await;
    let said = asked(&house, id).await;
    assert!(said.answer.ends_with("no worker lives, so nobody will rescue it"), "{}", said.answer);
    assert_eq!(said.cure.as_deref(), Some("start a worker: queue work --queue default"));
    house.beat(9, "elsewhere").await;
    let said = asked(&house, id).await;
    assert!(
        said.answer.ends_with("it will be rescued, and then no living worker takes from its queue \"default\""),
        "{}",
        said.answer
    );
    assert_eq!(said.cure.as_deref(), Some("start a worker: queue work --queue default"));
    house.beat(10, "default").await;
    let said = asked(&house, id).await;
    assert!(said.answer.ends_with("; it will be rescued") && said.cure.is_none(), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_job_says_by_whom() {
    let house = House::new();
    let id = house.enqueue("x").await;
    house.cancel(id).await;
    assert_eq!(asked(&house, id).await.answer, "it was cancelled by tester");
    let id = house.enqueue("x").await;
    let worker = house.work(acting(|_, context| async move {
        context.stopped().await;
        Err(banto_engine::JobError::retry("told to stop"))
    }));
    house.until(id, State::Running).await;
    house.cancel(id).await;
    house.until(id, State::Cancelled).await;
    let said = asked(&house, id).await.answer;
    assert_eq!(said, "it was cancelled by tester (what was last said: cancelled while it ran)");
    worker.halt().await;
    let own = house.enqueue("y").await;
    let worker = house.work(acting(|_, _| async { Err(banto_engine::JobError::cancel("nobody wants it")) }));
    house.until(own, State::Cancelled).await;
    assert_eq!(asked(&house, own).await.answer, "it was cancelled: nobody wants it");
    worker.halt().await;
}

#[tokio::test(start_paused = true)]
async fn a_job_whose_key_is_held_by_another_says_which_must_end_first() {
    let house = House::new();
    let unique = || Unique { key: Label::new("avatar:7").unwrap(), hold: Hold::Done };
    let order = || house.client.draft(&act("x")).unique(unique());
    let id = house.client.send(order()).await.unwrap().id;
    house.cancel(id).await;
    assert_eq!(asked(&house, id).await.cure, Some(format!("run it again: queue retry {id}")));
    let holder = house.client.send(order()).await.unwrap().id;
    let said = asked(&house, id).await;
    let cure = format!(
        "job {holder} holds its key and must end first: queue explain {holder}; run it again: queue retry {id}"
    );
    assert_eq!(said.cure, Some(cure));
}

#[tokio::test(start_paused = true)]
async fn a_running_job_of_nobody_says_so() {
    let house = House::new();
    let id = house.enqueue("x").await;
    lease(&house).await;
    let said = asked(&house, id).await;
    let answer = "it is running in a process that is not registered; if that has died, no worker lives, so nobody will rescue it";
    assert_eq!((said.answer.as_str(), said.cure.is_some()), (answer, true));
    house.beat(10, "default").await;
    let said = asked(&house, id).await;
    assert!(said.answer.ends_with("if that has died, it will be rescued") && said.cure.is_none(), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_job_says_when_and_why() {
    let house = House::new();
    let order = house.client.draft(&act("x")).delay(Duration::from_secs(90));
    let id = house.client.send(order).await.unwrap().id;
    assert_eq!(asked(&house, id).await.answer, "it is due in 1 min 30 s");
    let mut worker = house
        .work(acting(|_, _| async { Err(banto_engine::JobError::retry_in("no paper", Duration::from_secs(3_600))) }));
    worker.ended(id, "retry").await;
    assert_eq!(asked(&house, id).await.answer, "it is due in 1 h; its last run ended with: no paper");
    worker.halt().await;
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_overdue_says_what_holds_it_back() {
    let house = House::new();
    let order = house.client.draft(&act("x")).delay(Duration::from_secs(90));
    let id = house.client.send(order).await.unwrap().id;
    pass(100_000).await;
    let said = asked(&house, id).await;
    assert_eq!(said.answer, "no living worker takes from its queue \"default\" (0 live in all)");
    assert_eq!(said.cure.as_deref(), Some("start one: queue work --queue default"));
}

#[tokio::test(start_paused = true)]
async fn a_paused_queue_is_said_with_who_and_why() {
    let house = House::new();
    let id = house.enqueue("x").await;
    house.steer(Order::Pause { queue: name("default"), reason: "a flood".into(), until: None }).await;
    let said = asked(&house, id).await;
    assert_eq!(said.answer, "its queue \"default\" is paused by tester (a flood) until it is resumed");
    assert_eq!(said.cure.as_deref(), Some("queue resume default"));
    let until = Some(house.clock.wall_ms() + 90_500);
    house.steer(Order::Pause { queue: name("default"), reason: "a flood".into(), until }).await;
    let said = asked(&house, id).await;
    assert_eq!(said.answer, "its queue \"default\" is paused by tester (a flood) for another 1 min 30 s");
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_no_living_worker_knows_is_said() {
    let house = House::new();
    house.steer(Order::Pause { queue: name("default"), reason: "to look".into(), until: None }).await;
    let worker = house.work(banto_engine::Registry::new("b0"));
    pass(1_000).await;
    house.steer(Order::Resume { queue: name("default") }).await;
    worker.stop.graceful("the last that lived");
    let id = house.enqueue("x").await;
    let said = asked(&house, id).await;
    assert_eq!(
        said.answer,
        "no living worker of its queue knows the kind \"act\"; the next that claims it will park it"
    );
    worker.report().await;
}

#[tokio::test(start_paused = true)]
async fn a_version_that_no_living_worker_reads_is_said() {
    let house = House::new();
    let worker = Running::new(house.worker(acting(|_, _| std::future::pending()), |config| config.concurrency = 1));
    let busy = house.enqueue("busy").await;
    house.until(busy, State::Running).await;
    let mut order = house.client.draft(&act("x")).ready().unwrap();
    order.version = 4;
    let id = house.client.put(vec![order]).await.unwrap()[0].id;
    assert_eq!(
        asked(&house, id).await.answer,
        "its payload has version 4; the living workers of its queue read act up to 1"
    );
    worker.stop.now("the test is over");
    worker.report().await;
}

#[tokio::test(start_paused = true)]
async fn a_job_in_line_says_what_stands_before_it_and_its_key() {
    let house = House::new();
    let worker = Running::new(house.worker(acting(|_, _| std::future::pending()), |config| config.concurrency = 1));
    let busy = house.enqueue("busy").await;
    house.until(busy, State::Running).await;
    house.enqueue("before").await;
    let unique = Unique { key: Label::new("avatar:7").unwrap(), hold: Hold::Done };
    let id = house.client.send(house.client.draft(&act("x")).unique(unique)).await.unwrap().id;
    pass(RENEW_MS + 100).await; // its second beat says that it is busy
    let said = asked(&house, id).await;
    assert_eq!(said.answer, "it is next in line: at most 1 ready jobs of its queue stand before it");
    assert!(said.facts.contains(&"its key \"avatar:7\" is held by this job".to_owned()), "{:?}", said.facts);
    assert!(
        said.facts.iter().any(|fact| fact.contains("lives, runs 1 of 1, knows the kind to version 1")),
        "{:?}",
        said.facts
    );
    worker.stop.now("the test is over");
    worker.report().await;
}

#[tokio::test(start_paused = true)]
async fn of_how_many_attempts_is_said_only_as_far_as_it_is_known() {
    let house = House::new();
    let id = house.enqueue("x").await;
    let job = house.job(id).await;
    for (attempt, attempts_max, state, said) in [
        (1, None, State::Ready, "attempt 1 of the usual 3"),
        (4, None, State::Running, "attempt 4, more than the usual 3 (--tries)"),
        (2, None, State::Dead, "attempt 2"),
        (2, Some(2), State::Dead, "attempt 2 of 2"),
    ] {
        let job = Job { attempt, attempts_max, state, ..job.clone() };
        assert_eq!(banto_engine::explain::attempts(&job), said);
    }
}
