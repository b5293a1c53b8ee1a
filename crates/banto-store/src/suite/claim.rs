//! Promises about `claim`.

use std::collections::BTreeSet;

use banto_core::{Due, JobId, Name, NewJob, Outcome, Progress, State, lease::LEASE_MS, limits::CLAIM_MAX};

use super::{
    Stage,
    stage::{START_MS, asks, instance, name, queue, race},
};
use crate::{Claim, Note, Order, Record, Select};

async fn given(stage: &Stage, claim: Claim) -> Vec<JobId> {
    stage.claim_as(claim).await.jobs.iter().map(|(job, _)| job.id).collect()
}

fn from(queues: &[&str], limit: usize) -> Claim {
    Claim { queues: queues.iter().map(|queue| name(queue)).collect(), ..asks(limit) }
}

fn on(queue: &str, job: NewJob) -> NewJob {
    NewJob { queue: name(queue), ..job }
}

/// Within one queue: urgency, then time due, then id.
pub async fn order_is_priority_then_due_then_id(stage: Stage) {
    let plain = [stage.job(), stage.job()];
    let late = NewJob { priority: 0, ..stage.job() };
    let early = NewJob { priority: 0, due: Due::At(1_000), ..stage.job() };
    let last = NewJob { priority: 9, due: Due::At(1), ..stage.job() };
    let expected = [early.id, late.id, plain[0].id, plain[1].id, last.id];
    let [first, second] = plain;
    stage.enqueue_all([last, second, late, first, early]).await;
    assert_eq!(given(&stage, asks(10)).await, expected);
}

/// A job that came due takes its place by the same rule: before what was due later.
pub async fn what_came_due_is_ordered_with_the_rest(stage: Stage) {
    let scheduled = NewJob { due: Due::In(1_000), ..stage.job() };
    let urgent = NewJob { due: Due::In(2_000), priority: 0, ..stage.job() };
    let ids = stage.enqueue_all([scheduled, urgent]).await;
    stage.clock.pass(3_000);
    let now = stage.one().await;
    assert_eq!(given(&stage, asks(10)).await, [ids[1], ids[0], now]);
}

/// The first queue named is emptied before the next is asked, whatever the priorities.
pub async fn queues_are_taken_in_the_order_given(stage: Stage) {
    let low = NewJob { priority: 9, ..on("a", stage.job()) };
    let high = NewJob { priority: 0, ..on("b", stage.job()) };
    let ids = stage.enqueue_all([high, low]).await;
    assert_eq!(given(&stage, from(&["a", "b"], 10)).await, [ids[1], ids[0]]);
}

/// A worker gets what it asked for, and the rest stays.
pub async fn a_limit_is_kept(stage: Stage) {
    let ids = stage.enqueue_all((0..5).map(|_| stage.job())).await;
    assert_eq!(given(&stage, asks(0)).await, []);
    assert_eq!(given(&stage, asks(2)).await, ids[..2]);
    assert_eq!(given(&stage, asks(10)).await, ids[2..]);
    assert_eq!(given(&stage, asks(10)).await, []);
}

/// Nobody gets more than `CLAIM_MAX`, however much is asked.
pub async fn no_claim_gives_more_than_claim_max(stage: Stage) {
    stage.enqueue_all((0..CLAIM_MAX + 3).map(|_| stage.job())).await;
    assert_eq!(stage.claim(usize::MAX).await.len(), CLAIM_MAX);
    assert_eq!(stage.claim(usize::MAX).await.len(), 3);
}

/// Queues that were not named give nothing; none named, nothing given.
pub async fn other_queues_are_left_alone(stage: Stage) {
    let other = stage.enqueue(on("other", stage.job())).await.id;
    assert_eq!(given(&stage, asks(10)).await, []);
    assert_eq!(given(&stage, from(&[], 10)).await, []);
    assert_eq!(given(&stage, from(&["mail", "Other", "othe"], 10)).await, []);
    assert_eq!(given(&stage, from(&["other"], 10)).await, [other]);
}

/// A queue named twice gives each job once.
pub async fn a_queue_named_twice_gives_a_job_once(stage: Stage) {
    let id = stage.one().await;
    assert_eq!(given(&stage, from(&["mail", "mail"], 10)).await, [id]);
}

/// Nothing before its time.
pub async fn a_scheduled_job_is_given_when_it_is_due(stage: Stage) {
    let id = stage.enqueue(NewJob { due: Due::In(1_000), ..stage.job() }).await.id;
    stage.clock.pass(999);
    assert_eq!(given(&stage, asks(10)).await, []);
    assert_eq!(stage.state(id).await, State::Scheduled);
    stage.clock.pass(1);
    assert_eq!(given(&stage, asks(10)).await, [id]);
}

/// A worker learns how long it may rest.
pub async fn the_next_due_time_is_told(stage: Stage) {
    assert_eq!(stage.claim_as(asks(10)).await.due_in_ms, None);
    stage.enqueue(NewJob { due: Due::In(9_000), ..stage.job() }).await;
    stage.enqueue(NewJob { due: Due::In(4_000), ..stage.job() }).await;
    stage.enqueue(NewJob { due: Due::In(500), ..on("other", stage.job()) }).await;
    assert_eq!(stage.claim_as(asks(10)).await.due_in_ms, Some(4_000));
    stage.clock.pass(1_500);
    assert_eq!(stage.claim_as(asks(10)).await.due_in_ms, Some(2_500));
    assert_eq!(stage.claim_as(from(&["mail", "other"], 0)).await.due_in_ms.map(|ms| ms > 0), Some(true));
    stage.clock.pass(2_500);
    let claimed = stage.claim_as(asks(10)).await;
    assert_eq!((claimed.jobs.len(), claimed.due_in_ms), (1, Some(5_000)));
}

/// What a claim writes, and what it gives, is the same.
pub async fn a_claimed_job_runs_with_attempt_fence_and_holder(stage: Stage) {
    let id = stage.one().await;
    stage.clock.pass(250);
    let claimed = stage.claim_as(Claim { instance: instance(0xabc), ..asks(1) }).await;
    let (job, lease) = &claimed.jobs[0];
    assert_eq!((job.state, job.attempt, job.fence), (State::Running, 1, 1));
    assert_eq!((job.started_at, job.instance), (Some(START_MS + 250), Some(instance(0xabc))));
    assert_eq!((job.run_at, job.enqueued_at, job.finished_at), (START_MS, START_MS, None));
    assert_eq!((lease.job, lease.fence), (id, 1));
    assert_eq!(stage.see(id).await, *job);
    assert!(claimed.damaged.is_empty());
}

/// Fences grow by one; tokens never come again.
pub async fn each_claim_has_a_higher_fence_and_a_new_token(stage: Stage) {
    stage.one().await;
    let mut tokens = BTreeSet::new();
    for fence in 1..=20 {
        let (job, lease) = stage.claim_one().await;
        assert_eq!((lease.fence, job.fence, job.attempt), (fence, fence, 1));
        assert!(tokens.insert(lease.token), "a token came twice");
        stage.finish(&job, lease, Outcome::HandBack { delay_ms: 0 }).await;
    }
}

/// Sixteen claimers at once, in two processes: each job goes to one of them.
pub async fn claimers_never_share_a_job(stage: Stage) {
    stage.enqueue_all((0..200).map(|_| stage.job())).await;
    let leases = race(&stage, 16, |store, number| async move {
        let mut mine = Vec::new();
        loop {
            let claim = Claim { instance: instance(number as u64), ..asks(3) };
            let jobs = store.claim(claim).await.unwrap().jobs;
            if jobs.is_empty() {
                return mine;
            }
            mine.extend(jobs.into_iter().map(|(job, lease)| (job.id, job.attempt, lease.token)));
        }
    })
    .await;
    let all: Vec<_> = leases.into_iter().flatten().collect();
    assert_eq!((all.len(), all.iter().map(|(id, ..)| id).collect::<BTreeSet<_>>().len()), (200, 200));
    assert!(all.iter().all(|(_, attempt, _)| *attempt == 1));
    assert_eq!(stage.store.tally().await.unwrap().claimed, 200);
}

/// A paused queue gives nothing, the others go on, and after resume it gives what it had.
pub async fn a_paused_queue_gives_nothing(stage: Stage) {
    let id = stage.one().await;
    let other = stage.enqueue(on("other", stage.job())).await.id;
    stage.pause(&queue()).await;
    assert_eq!(given(&stage, from(&["mail", "other"], 10)).await, [other]);
    assert_eq!(stage.state(id).await, State::Ready);
    stage.steer(Order::Resume { queue: queue() }).await;
    assert_eq!(given(&stage, asks(10)).await, [id]);
}

/// A pause for a while ends by itself, and a worker learns when.
pub async fn a_pause_for_a_while_ends_by_itself(stage: Stage) {
    let id = stage.one().await;
    let until = Some(START_MS + 5_000);
    stage.steer(Order::Pause { queue: queue(), reason: "r".into(), until }).await;
    assert_eq!(stage.claim_as(asks(10)).await.due_in_ms, Some(5_000));
    stage.clock.pass(4_999);
    assert_eq!(given(&stage, asks(10)).await, []);
    stage.clock.pass(1);
    assert_eq!(given(&stage, asks(10)).await, [id]);
}

/// What is due in a queue paused for ever is nothing to wake for.
pub async fn a_paused_queue_tells_no_due_time(stage: Stage) {
    stage.enqueue(NewJob { due: Due::In(1_000), ..stage.job() }).await;
    stage.pause(&queue()).await;
    assert_eq!(stage.claim_as(asks(10)).await.due_in_ms, None);
    stage.clock.pass(2_000);
    assert_eq!(stage.claim_as(asks(10)).await.due_in_ms, None);
}

/// Leases live as long as was asked.
pub async fn a_lease_lives_as_long_as_asked(stage: Stage) {
    stage.enqueue_all([stage.job(), stage.job()]).await;
    let short = stage.claim_as(Claim { lease_ms: 500, ..asks(1) }).await.jobs[0].1;
    let long = stage.claim_as(Claim { lease_ms: LEASE_MS, ..asks(1) }).await.jobs[0].1;
    stage.clock.pass(500);
    assert_eq!(stage.expired().await, [short]);
    stage.clock.pass(LEASE_MS - 501);
    assert_eq!(stage.expired().await, [short]);
    stage.clock.pass(1);
    assert_eq!(stage.expired().await, [short, long]);
}

/// A wish to stop that came too late for the last run is told with the next.
pub async fn a_claim_tells_a_wish_to_stop(stage: Stage) {
    let (job, lease) = stage.running().await;
    let retry = stage.verdict(&job, lease, Outcome::HandBack { delay_ms: 0 });
    stage.steer(Order::Cancel(Select::ids([job.id]))).await;
    stage.store.finish(vec![retry]).await.unwrap();
    assert!(stage.claim_one().await.0.cancel_asked);
}

/// What was said of the last run's progress is not said of this one; what went wrong stays in sight.
pub async fn a_claim_forgets_progress_and_keeps_the_error(stage: Stage) {
    let (job, lease) = stage.running().await;
    let progress = Note::Progress(Progress { done: 1, total: 6, text: "one".into() });
    stage.store.record(vec![Record { lease, note: progress }]).await.unwrap();
    stage.finish(&job, lease, Outcome::Retry { error: "lamp out".into(), delay_ms: Some(1) }).await;
    assert!(stage.see(job.id).await.progress.is_some());
    stage.clock.pass(1);
    let (job, _) = stage.claim_one().await;
    assert_eq!((job.progress, job.error.as_deref()), (None, Some("lamp out")));
}

async fn parked(stage: &Stage, queue: &str) -> JobId {
    let id = stage.enqueue(on(queue, stage.job())).await.id;
    let (job, lease) = stage.claim_as(from(&[queue], 1)).await.jobs.remove(0);
    let park = banto_core::Park { cause: banto_core::Cause::UnknownKind, text: "send".into(), build: "b1".into() };
    stage.finish(&job, lease, Outcome::Park(park)).await;
    id
}

/// A worker that can run a parked job takes it by name, before what is due; its attempt was not burned.
pub async fn a_named_parked_job_is_adopted_first(stage: Stage) {
    let id = parked(&stage, "mail").await;
    let ready = stage.one().await;
    let claimed = stage.claim_as(Claim { adopt: vec![id], ..asks(10) }).await.jobs;
    assert_eq!(claimed.iter().map(|(job, _)| job.id).collect::<Vec<_>>(), [id, ready]);
    let (job, lease) = &claimed[0];
    assert_eq!((job.state, job.attempt, job.fence, &job.park), (State::Running, 1, 2, &None));
    assert_eq!(lease.fence, 2);
}

/// A parked job that nobody names stays parked.
pub async fn an_unnamed_parked_job_stays(stage: Stage) {
    let id = parked(&stage, "mail").await;
    assert_eq!(given(&stage, asks(10)).await, []);
    assert_eq!(stage.state(id).await, State::Parked);
}

/// Adopted jobs count, and may be of a queue that was not named.
pub async fn adopted_jobs_count_towards_the_limit(stage: Stage) {
    let ids = [parked(&stage, "other").await, parked(&stage, "mail").await, parked(&stage, "mail").await];
    let ready = stage.one().await;
    assert_eq!(given(&stage, Claim { adopt: ids.to_vec(), ..asks(2) }).await, ids[..2]);
    assert_eq!(given(&stage, Claim { adopt: ids.to_vec(), ..asks(2) }).await, [ids[2], ready]);
}

/// Only parked jobs are adopted, and each once: not what runs, waits, has ended or was never there.
pub async fn only_parked_jobs_are_adopted(stage: Stage) {
    let done = stage.ended(Outcome::Done).await;
    let (running, _) = stage.running().await;
    let scheduled = stage.enqueue(NewJob { due: Due::In(60_000), ..stage.job() }).await.id;
    let id = parked(&stage, "mail").await;
    let adopt = vec![done, running.id, stage.id(), scheduled, id, id];
    assert_eq!(given(&stage, Claim { adopt, ..asks(10) }).await, [id]);
    assert_eq!(stage.state(done).await, State::Done);
    assert_eq!(stage.see(running.id).await, running);
}

/// A paused queue does not give its parked jobs either.
pub async fn a_paused_queue_gives_nothing_to_adopt(stage: Stage) {
    let id = parked(&stage, "mail").await;
    stage.pause(&queue()).await;
    assert_eq!(given(&stage, Claim { adopt: vec![id], ..asks(10) }).await, []);
    assert_eq!(stage.state(id).await, State::Parked);
}

/// Two builds that can run a parked job do not both get it.
pub async fn adopters_never_share_a_job(stage: Stage) {
    let ids = [parked(&stage, "mail").await, parked(&stage, "mail").await, parked(&stage, "mail").await];
    let adopted = race(&stage, 8, |store, number| async move {
        let claim =
            Claim { instance: instance(number as u64), adopt: ids.to_vec(), queues: Vec::<Name>::new(), ..asks(10) };
        store.claim(claim).await.unwrap().jobs.len()
    })
    .await;
    assert_eq!(adopted.iter().sum::<usize>(), 3, "{adopted:?}");
}
