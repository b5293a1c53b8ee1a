//! Old and new builds on one store: what one cannot run is set aside for the other, and nothing goes back and forth.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use banto_core::{Cause, InstanceId, JobId, NewJob, Park, Payload, State, Verdict};
use banto_engine::{Context, Job, JobError, Registry, deploy};
use banto_store::{Claim, Finish, Order, Read, Select};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::house::{Diary, House, Running, name, pass};

const OLD_NAME: &str = "App\\Jobs\\GenerateAvatarImagesJob";

/// The job as the new build knows it: renamed, and with a payload of version 2.
#[derive(Serialize, Deserialize)]
struct Generate {
    avatar_id: u64,
}

impl Job for Generate {
    const KIND: &'static str = "avatar.generate";
    const VERSION: u16 = 2;
    const ALIASES: &'static [&'static str] = &[OLD_NAME];
    fn upcast(_: u16, payload: Value) -> Result<Value, String> {
        let id = payload.get("id").cloned().ok_or("it has no id")?;
        Ok(serde_json::json!({ "avatar_id": id }))
    }
}

/// The job as the build before knew it, which has forgotten the old name.
#[derive(Serialize, Deserialize)]
struct GenerateOne {
    id: u64,
}

impl Job for GenerateOne {
    const KIND: &'static str = "avatar.generate";
}

fn old(diary: &Diary) -> Registry {
    let (mut registry, diary) = (Registry::new("B"), diary.clone());
    registry.add::<GenerateOne, (), _, _>(Arc::new(()), move |_, _: Context| {
        diary.note("B");
        async { Ok(()) }
    });
    registry
}

fn new(diary: &Diary) -> Registry {
    let (mut registry, diary) = (Registry::new("C"), diary.clone());
    registry.add::<Generate, (), _, _>(Arc::new(()), move |generate, _: Context| {
        diary.note(format!("C {}", generate.avatar_id));
        async { Ok(()) }
    });
    registry
}

async fn put(house: &House, kind: &str, version: u16, payload: &str) -> JobId {
    let mut new = NewJob::new(house.client.id(), name(kind), name("default"), Payload::parse(payload).unwrap());
    new.version = version;
    house.client.put(vec![new]).await.unwrap()[0].id
}

#[tokio::test(start_paused = true)]
async fn the_incident_a_renamed_kind_strands_no_job() {
    let house = House::new();
    let id = put(&house, OLD_NAME, 1, r#"{"id":7}"#).await;
    let diary = Diary::default();

    let check = deploy::check(&house.store, &old(&diary)).await.unwrap();
    assert_eq!(check.looked_at, 1);
    let stranded = &check.stranded[0];
    assert_eq!((stranded.kind.as_str(), stranded.jobs, stranded.cause), (OLD_NAME, 1, Cause::UnknownKind));
    assert_eq!((stranded.sample, check.stranded.len()), (id, 1));
    assert_eq!(deploy::check(&house.store, &new(&diary)).await.unwrap().stranded, []);

    let b = house.work(old(&diary));
    let job = house.until(id, State::Parked).await;
    let park = job.park.unwrap();
    assert_eq!((park.cause, park.build.as_str()), (Cause::UnknownKind, "B"));
    assert_eq!(park.text, format!("the kind \"{OLD_NAME}\" is unknown to build B"));
    assert!(park.cause.cure().contains("alias"));
    pass(3_600_000).await;
    let job = house.job(id).await;
    assert_eq!((job.state, job.attempt, job.fence, job.crashes), (State::Parked, 0, 1, 0));

    let c = house.work(new(&diary));
    let mut looked = 0;
    while house.job(id).await.state != State::Done {
        pass(10).await;
        looked += 1;
        assert!(looked < 10, "it is taken back at once");
    }
    let job = house.job(id).await;
    assert_eq!((job.attempt, job.fence, diary.lines()), (1, 2, vec!["C 7".to_owned()]));
    b.halt().await;
    c.halt().await;
    house.check();
}

#[tokio::test(start_paused = true)]
async fn old_and_new_builds_side_by_side_finish_everything() {
    let house = House::new();
    let diary = Diary::default();
    let workers = [house.work(old(&diary)), house.work(new(&diary)), house.work(old(&diary))];
    let mut ids = Vec::new();
    for at in 0..60 {
        let (kind, version) = [(OLD_NAME, 1), ("avatar.generate", 1), ("avatar.generate", 2)][at % 3];
        let payload = if version == 1 { format!(r#"{{"id":{at}}}"#) } else { format!(r#"{{"avatar_id":{at}}}"#) };
        ids.push(put(&house, kind, version, &payload).await);
        pass(50).await;
    }
    for id in ids {
        let job = house.until(id, State::Done).await;
        assert!((job.attempt, job.crashes) == (1, 0) && job.fence <= 2, "{job:?}");
    }
    assert_eq!(diary.lines().len(), 60);
    for worker in workers {
        assert_eq!(worker.halt().await.late, 0);
    }
    house.check();
}

#[tokio::test(start_paused = true)]
async fn each_thing_a_build_cannot_run_is_parked_with_its_cause() {
    let house = House::new();
    let wanted = [
        (put(&house, "unheard.of", 1, "{}").await, Cause::UnknownKind),
        (put(&house, "avatar.generate", 3, "{}").await, Cause::NewerVersion),
        (put(&house, "avatar.generate", 2, r#"{"avatar_id":"seven"}"#).await, Cause::Undecodable),
        (put(&house, "avatar.generate", 1, "{}").await, Cause::Undecodable),
    ];
    let worker = house.work(new(&Diary::default()));
    for (id, cause) in wanted {
        let job = house.until(id, State::Parked).await;
        assert_eq!((job.park.unwrap().cause, job.attempt), (cause, 0));
    }
    pass(600_000).await;
    for (id, _) in wanted {
        assert_eq!(house.job(id).await.fence, 1, "nobody takes it up in vain");
    }
    worker.halt().await;
    let census = house.memory.census().await.unwrap();
    assert!(census.iter().all(|line| line.state == State::Parked && line.cause.is_some()));
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_parks_and_a_restarted_worker_that_has_it_goes_on() {
    let house = House::new();
    let id = put(&house, "avatar.generate", 2, r#"{"avatar_id":1}"#).await;
    let there = Arc::new(AtomicBool::new(false));
    let registry = || {
        let (mut registry, there) = (Registry::new("C"), there.clone());
        let missing =
            move || if there.load(Ordering::SeqCst) { vec![] } else { vec!["REPLICATE_API_TOKEN".to_owned()] };
        let handler = |_: Generate, _: Context| async { Ok(()) };
        registry.add_needing::<Generate, (), _, _>(Arc::new(()), handler, missing);
        registry
    };
    let worker = house.worker(registry(), |_| {});
    assert_eq!(
        worker.run().await.unwrap_err().to_string(),
        "start: could not run App\\Jobs\\GenerateAvatarImagesJob and avatar.generate: they lack \
         REPLICATE_API_TOKEN"
    );
    let worker = Running::new(house.worker(registry(), |config| config.start_anyway = true));
    let park = house.until(id, State::Parked).await.park.unwrap();
    assert_eq!((park.cause, park.text.as_str()), (Cause::Missing, "avatar.generate lacks REPLICATE_API_TOKEN"));
    pass(60_000).await;
    assert_eq!(house.job(id).await.fence, 1);
    worker.halt().await;
    there.store(true, Ordering::SeqCst);
    let worker = house.work(registry());
    let job = house.until(id, State::Done).await;
    assert_eq!((job.attempt, job.fence), (1, 2));
    worker.halt().await;
}

#[tokio::test(start_paused = true)]
async fn what_two_builds_handlers_miss_is_tried_once_by_each() {
    let house = House::new();
    let id = put(&house, "avatar.generate", 2, r#"{"avatar_id":1}"#).await;
    let worker = |build: &str| {
        let mut registry = Registry::new(build);
        let handler = |_: Generate, _: Context| async { Err(JobError::missing("the painter is not there")) };
        registry.add::<Generate, (), _, _>(Arc::new(()), handler);
        house.work(registry)
    };
    let workers = ["C", "D", "C", "D"].map(worker);
    house.until(id, State::Parked).await;
    house.clock.jump(-3_600_000);
    pass(3_600_000).await;
    let job = house.job(id).await;
    assert!(job.fence <= 5, "{} runs by four workers in an hour", job.fence);
    assert_eq!((job.state, job.attempt), (State::Parked, 0));
    for worker in workers {
        worker.halt().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_an_old_build_meets_again_between_its_attempts_is_taken_back_again() {
    let house = House::new();
    let id = put(&house, OLD_NAME, 1, r#"{"id":7}"#).await;
    let mut registry = Registry::new("C");
    registry.add::<Generate, (), _, _>(Arc::new(()), |_, context: Context| async move {
        if context.attempt() < 3 { Err(JobError::retry("not yet")) } else { Ok(()) }
    });
    let olds = [0, 1, 2].map(|_| house.work(old(&Diary::default())));
    let c = house.work(registry);
    let job = house.until(id, State::Done).await;
    assert!((job.attempt, job.crashes) == (3, 0) && job.fence > 3, "{job:?}");
    for worker in olds.into_iter().chain([c]) {
        worker.halt().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_missed_and_released_and_met_by_an_old_build_is_taken_back() {
    let house = House::new();
    let id = put(&house, OLD_NAME, 1, r#"{"id":7}"#).await;
    let mut registry = Registry::new("C");
    registry.add::<Generate, (), _, _>(Arc::new(()), |_, context: Context| async move {
        if context.fence() == 1 { Err(JobError::missing("the painter is not there")) } else { Ok(()) }
    });
    let c = house.work(registry);
    house.until(id, State::Parked).await;
    // Released, and claimed at once by a worker of build B, before C hears of it.
    house.steer(Order::Release(Select::ids([id]))).await;
    let (instance, queues) = (InstanceId(9), vec![name("default")]);
    let claim = Claim { instance, queues, limit: 1, lease_ms: 10_000, adopt: Vec::new() };
    let lease = house.store.claim(claim).await.unwrap().jobs[0].1;
    let park = Park { cause: Cause::UnknownKind, text: "unknown".into(), build: "B".into() };
    let (word, error) = ("park", None);
    let verdict = Verdict { to: State::Parked, delay_ms: 0, attempt: 0, crashes: 0, word, error, park: Some(park) };
    house.store.finish(vec![Finish { lease, verdict }]).await.unwrap();
    assert_eq!(house.until(id, State::Done).await.fence, 3);
    c.halt().await;
}

#[tokio::test(start_paused = true)]
async fn what_one_process_of_a_build_misses_another_of_the_same_build_runs() {
    let house = House::new();
    let worker = |missing: bool| {
        let mut registry = Registry::new("C");
        let missing = move || if missing { vec!["A_KEY".to_owned()] } else { vec![] };
        registry.add_needing::<Generate, (), _, _>(Arc::new(()), |_, _: Context| async { Ok(()) }, missing);
        Running::new(house.worker(registry, |config| config.start_anyway = true))
    };
    let workers = [worker(true), worker(false)];
    pass(10_000).await;
    for at in 0..20 {
        let id = put(&house, "avatar.generate", 2, &format!(r#"{{"avatar_id":{at}}}"#)).await;
        assert!(house.until(id, State::Done).await.fence <= 2);
    }
    for worker in workers {
        worker.halt().await;
    }
}

#[tokio::test(start_paused = true)]
async fn many_parked_jobs_of_many_queues_are_taken_back_at_once() {
    let house = House::new();
    let queues = ["a", "b", "c"].map(name);
    let jobs = |queue: &banto_core::Name| {
        let job =
            |_| NewJob::new(house.client.id(), name(OLD_NAME), queue.clone(), Payload::parse(r#"{"id":7}"#).unwrap());
        (0..450).map(job).collect::<Vec<_>>()
    };
    for queue in &queues {
        house.client.put(jobs(queue)).await.unwrap();
    }
    let on_all = |config: &mut banto_engine::Config| {
        config.queues =
            queues.iter().map(|queue| banto_engine::config::QueueWeight { queue: queue.clone(), weight: 1 }).collect();
        config.stop_when_empty = true;
    };
    let diary = Diary::default();
    let report = Running::new(house.worker(old(&diary), on_all)).report().await;
    assert_eq!(report.ended.get("park"), Some(&1_350));
    // Nothing is ready; a worker that stops when there is nothing to do still looks through what is set aside.
    let begun = banto_store::Clock::steady_ms(&house.clock);
    let report = Running::new(house.worker(new(&diary), on_all)).report().await;
    assert_eq!(report.ended.get("done"), Some(&1_350));
    let took = banto_store::Clock::steady_ms(&house.clock) - begun;
    assert!(took < 1_500, "{took}");
    house.check();
}
