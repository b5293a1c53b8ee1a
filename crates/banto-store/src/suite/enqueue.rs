//! Promises about `enqueue`.

use std::collections::BTreeSet;

use banto_core::{Due, Hold, JobId, NewJob, Outcome, State, limits::ENQUEUE_MAX};

use super::{
    Stage,
    stage::{START_MS, label, name, queue, race},
};
use crate::{Fault, Order, Select};

/// What the author ordered is what is listed, and the store adds what it alone knows.
pub async fn an_accepted_job_is_listed_as_ordered(stage: Stage) {
    let new = NewJob { version: 3, priority: 2, attempts_max: Some(7), ..stage.keyed("k", Hold::Done) };
    stage.enqueue_all([new.clone()]).await;
    let job = stage.see(new.id).await;
    assert_eq!((job.id, &job.kind, job.version, &job.queue), (new.id, &new.kind, 3, &new.queue));
    assert_eq!((job.priority, &job.payload, job.attempts_max), (2, &new.payload, Some(7)));
    assert_eq!((&job.unique, &job.options), (&new.unique, &new.options));
    assert_eq!((job.state, job.run_at, job.enqueued_at), (State::Ready, START_MS, START_MS));
    assert_eq!((job.attempt, job.crashes, job.fence, job.cancel_asked), (0, 0, 0, false));
    assert_eq!((job.started_at, job.finished_at, job.instance), (None, None, None));
    assert_eq!((job.error, job.park, job.progress), (None, None, None));
}

/// One answer for each job, in the order of the jobs.
pub async fn answers_come_in_the_order_of_the_jobs(stage: Stage) {
    let mut jobs: Vec<NewJob> = (0..50).map(|_| stage.job()).collect();
    jobs.reverse();
    stage.enqueue_all(jobs).await;
}

/// No job is no call.
pub async fn an_empty_batch_is_fine(stage: Stage) {
    assert_eq!(stage.store.enqueue(Vec::new().into()).await.unwrap(), []);
    assert_eq!(stage.store.tally().await.unwrap().accepted, 0);
}

/// `ENQUEUE_MAX` jobs are one call; one more is refused, and none of them is stored.
pub async fn a_full_batch_passes_and_one_more_is_refused(stage: Stage) {
    let jobs = |count: usize| (0..count).map(|_| stage.job()).collect::<Vec<_>>();
    let refused = stage.store.enqueue(jobs(ENQUEUE_MAX + 1).into()).await.unwrap_err();
    assert!(matches!(refused.fault(), Fault::Refused(_)) && !refused.again(), "{refused}");
    assert_eq!(stage.store.tally().await.unwrap().accepted, 0, "nothing was stored");
    stage.enqueue_all(jobs(ENQUEUE_MAX)).await;
    assert_eq!(stage.store.tally().await.unwrap().accepted, ENQUEUE_MAX as u64);
    assert_eq!(stage.store.queues().await.unwrap()[0].counts[usize::from(State::Ready.number())], ENQUEUE_MAX as u64);
}

/// A batch is taken whole or not at all.
pub async fn one_bad_job_refuses_the_whole_batch(stage: Stage) {
    let bad = [
        NewJob { priority: 10, ..stage.job() },
        NewJob { version: 0, ..stage.job() },
        NewJob { attempts_max: Some(0), ..stage.job() },
        NewJob { due: Due::In(u64::MAX), ..stage.job() },
        NewJob { due: Due::At(-1), ..stage.job() },
        stage.keyed("k", Hold::Remember(0)),
        NewJob { options: banto_core::Options { tags: vec![label("x"); 17], ..Default::default() }, ..stage.job() },
    ];
    for bad in bad {
        let shown = format!("{bad:?}");
        let refused = stage.store.enqueue([stage.job(), bad, stage.job()].into()).await.unwrap_err();
        assert!(matches!(refused.fault(), Fault::Refused(_)), "{shown}: {refused}");
    }
    assert_eq!(stage.list(Select::default()).await, [], "nothing was stored");
    assert_eq!(stage.store.tally().await.unwrap().accepted, 0);
}

/// A repeated call stores nothing more and changes nothing.
pub async fn an_id_is_accepted_once(stage: Stage) {
    let new = stage.job();
    stage.enqueue_all([new.clone()]).await;
    stage.clock.pass(1_000);
    let other = NewJob { priority: 0, due: Due::In(5), ..new.clone() };
    for again in [new.clone(), other] {
        let answer = stage.enqueue(again).await;
        assert_eq!((answer.id, answer.fresh), (new.id, false));
    }
    let job = stage.see(new.id).await;
    assert_eq!((job.priority, job.run_at, job.enqueued_at), (new.priority, START_MS, START_MS));
    let tally = stage.store.tally().await.unwrap();
    assert_eq!((tally.accepted, tally.doubles), (1, 2));
}

/// Also inside one call.
pub async fn an_id_twice_in_one_batch_is_one_job(stage: Stage) {
    let new = stage.job();
    let answers = stage.store.enqueue([new.clone(), stage.job(), new.clone()].into()).await.unwrap();
    assert_eq!(answers.iter().map(|answer| answer.fresh).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(answers[2].id, new.id);
    assert_eq!(stage.list(Select::default()).await.len(), 2);
}

/// Of many in one call, with and without a delay, those that are known or there twice are told from the new ones, and counted.
pub async fn of_many_jobs_those_that_are_known_are_told_from_the_new_ones(stage: Stage) {
    let mut jobs: Vec<NewJob> = (0..200).map(|_| stage.job()).collect();
    jobs[7].due = Due::In(60_000);
    jobs[8].queue = name("other");
    stage.enqueue_all(jobs[..100].to_vec()).await;
    jobs.push(jobs[150].clone());
    let answers = stage.store.enqueue(jobs.clone().into()).await.unwrap();
    assert!(answers.iter().zip(&jobs).all(|(answer, job)| answer.id == job.id));
    let fresh: Vec<usize> = (0..jobs.len()).filter(|n| answers[*n].fresh).collect();
    assert_eq!(fresh, (100..200).collect::<Vec<_>>());
    let tally = stage.store.tally().await.unwrap();
    assert_eq!((tally.accepted, tally.doubles), (200, 101));
    assert_eq!(stage.state(jobs[7].id).await, State::Scheduled);
    assert_eq!(stage.see(jobs[8].id).await.queue, name("other"));
}

/// The id of a job that has ended is taken, as long as that is listed.
pub async fn an_ended_jobs_id_is_still_taken(stage: Stage) {
    let new = stage.job();
    stage.enqueue_all([new.clone()]).await;
    let (job, lease) = stage.claim_one().await;
    stage.finish(&job, lease, Outcome::Done).await;
    assert!(!stage.enqueue(new.clone()).await.fresh);
    assert_eq!(stage.state(new.id).await, State::Done);
    assert!(stage.claim(1).await.is_empty(), "it does not run a second time");
}

/// A job that is not listed any more does not hold its id.
pub async fn a_forgotten_jobs_id_is_free(stage: Stage) {
    let new = stage.job();
    stage.enqueue_all([new.clone()]).await;
    stage.steer(Order::Cancel(Select::ids([new.id]))).await;
    stage.steer(Order::Forget(Select::ids([new.id]))).await;
    assert!(stage.enqueue(new.clone()).await.fresh);
    assert_eq!(stage.state(new.id).await, State::Ready);
}

/// E5: sixteen send the same job at once; one is fresh, and all are told the same id.
pub async fn e5_one_id_raced_by_sixteen_is_one_job(stage: Stage) {
    let new = stage.job();
    let answers = race(&stage, 16, |store, _| {
        let new = new.clone();
        async move { store.enqueue([new].into()).await.unwrap()[0] }
    })
    .await;
    assert_eq!(answers.iter().filter(|answer| answer.fresh).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| answer.id == new.id));
    assert_eq!(stage.list(Select::default()).await.len(), 1);
}

/// E5: sixteen send a job of their own under one key; one is fresh, and all are told its id.
pub async fn e5_one_key_raced_by_sixteen_is_one_job(stage: Stage) {
    let jobs: Vec<NewJob> = (0..16).map(|_| stage.keyed("avatar:7", Hold::Done)).collect();
    let answers = race(&stage, 16, |store, number| {
        let new = jobs[number].clone();
        async move { store.enqueue([new].into()).await.unwrap()[0] }
    })
    .await;
    assert_eq!(answers.iter().filter(|answer| answer.fresh).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().map(|answer| answer.id).collect::<BTreeSet<_>>().len(), 1, "{answers:?}");
    let listed = stage.list(Select::default()).await;
    assert_eq!(listed.iter().map(|job| job.id).collect::<Vec<_>>(), [answers[0].id]);
}

/// E5: bulk calls whose keys overlap, in different orders, leave one job for each key.
pub async fn e5_bulk_calls_raced_leave_one_job_a_key(stage: Stage) {
    let batch = |shift: usize| -> Vec<NewJob> {
        (0..40).map(|number| stage.keyed(&format!("key {}", (number * 7 + shift) % 40), Hold::Done)).collect()
    };
    let batches: Vec<Vec<NewJob>> = (0..8).map(batch).collect();
    let answers = race(&stage, 8, |store, number| {
        let batch = batches[number].clone();
        async move { store.enqueue(batch.into()).await.unwrap() }
    })
    .await;
    let fresh = answers.iter().flatten().filter(|answer| answer.fresh).count();
    let named: BTreeSet<JobId> = answers.iter().flatten().map(|answer| answer.id).collect();
    let listed = stage.list(Select::default()).await;
    let keys: BTreeSet<_> = listed.iter().map(|job| job.unique.clone().unwrap().key).collect();
    assert_eq!((fresh, named.len(), listed.len(), keys.len()), (40, 40, 40, 40));
}

/// A delay counts from when the store took it.
pub async fn a_delayed_job_is_scheduled(stage: Stage) {
    let later = NewJob { due: Due::In(5_000), ..stage.job() };
    let then = NewJob { due: Due::At(START_MS + 9_000), ..stage.job() };
    let ids = stage.enqueue_all([later, then]).await;
    for (id, run_at) in [(ids[0], START_MS + 5_000), (ids[1], START_MS + 9_000)] {
        let job = stage.see(id).await;
        assert_eq!((job.state, job.run_at), (State::Scheduled, run_at));
    }
}

/// A time that has passed is due at once, and is kept: it says how late the job is.
pub async fn a_time_that_has_passed_is_ready(stage: Stage) {
    let past = NewJob { due: Due::At(START_MS - 60_000), ..stage.job() };
    let now = NewJob { due: Due::At(START_MS), ..stage.job() };
    let nought = NewJob { due: Due::In(0), ..stage.job() };
    let ids = stage.enqueue_all([past, now, nought]).await;
    for (id, run_at) in ids.into_iter().zip([START_MS - 60_000, START_MS, START_MS]) {
        let job = stage.see(id).await;
        assert_eq!((job.state, job.run_at), (State::Ready, run_at));
    }
}

/// What one process was told is accepted, another can see and claim.
pub async fn another_process_sees_what_was_accepted(stage: Stage) {
    let id = stage.one().await;
    let other = stage.again().await;
    assert_eq!(other.job(id).await.unwrap().unwrap().job, stage.see(id).await);
    assert_eq!(other.claim(super::stage::asks(1)).await.unwrap().jobs[0].0.id, id);
    assert_eq!(stage.state(id).await, State::Running);
    assert_eq!(stage.store.queues().await.unwrap()[0].queue, queue());
}
