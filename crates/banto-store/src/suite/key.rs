//! Promises about unique keys: how long each hold keeps others out, and what lets go of it.

use banto_core::{Due, Hold, Job, JobId, Lease, NewJob, Outcome, State};

use super::{
    Stage,
    stage::{START_MS, label},
};
use crate::{Finished, Holder, Order, Prune, Select};

const HOUR: u64 = 3_600_000;

/// Whether a job under the key `k` is kept out, and if so that it is told of `by`.
async fn kept_out(stage: &Stage, hold: Hold, by: JobId) -> bool {
    let answer = stage.enqueue(stage.keyed("k", hold)).await;
    assert!(answer.fresh || answer.id == by, "{answer:?} should name {by}");
    !answer.fresh
}

async fn claimed(stage: &Stage, hold: Hold) -> (Job, Lease) {
    stage.enqueue_all([stage.keyed("k", hold)]).await;
    stage.claim_one().await
}

async fn ended(stage: &Stage, hold: Hold, outcome: Outcome) -> JobId {
    let (job, lease) = claimed(stage, hold).await;
    assert_eq!(stage.finish(&job, lease, outcome).await, Finished::Written);
    job.id
}

fn dead() -> Outcome {
    Outcome::Dead { error: "no".into() }
}

/// Of one call's jobs with one key the first is taken, and stands for the others.
pub async fn inside_one_batch_the_first_wins(stage: Stage) {
    for hold in [Hold::Queued, Hold::Done, Hold::Remember(HOUR), Hold::Period(HOUR)] {
        let key = format!("{hold:?}");
        let jobs = vec![stage.keyed(&key, hold), stage.job(), stage.keyed(&key, hold), stage.keyed(&key, hold)];
        let first = jobs[0].id;
        let answers = stage.store.enqueue(jobs.into()).await.unwrap();
        assert_eq!(answers.iter().map(|answer| answer.fresh).collect::<Vec<_>>(), [true, true, false, false], "{key}");
        assert_eq!((answers[2].id, answers[3].id), (first, first), "{key}");
    }
    assert_eq!(stage.store.tally().await.unwrap().doubles, 8);
}

/// Holds differ in how long they last, not in whom they keep out.
pub async fn holds_of_any_kind_keep_each_other_out(stage: Stage) {
    let id = stage.enqueue(stage.keyed("k", Hold::Done)).await.id;
    for hold in [Hold::Queued, Hold::Done, Hold::Remember(HOUR), Hold::Period(HOUR)] {
        assert!(kept_out(&stage, hold, id).await, "{hold:?}");
    }
}

/// Other keys, and jobs without a key, are free.
pub async fn another_key_is_another_matter(stage: Stage) {
    stage
        .enqueue_all([stage.keyed("k", Hold::Done), stage.keyed("K", Hold::Done), stage.keyed("k ", Hold::Done)])
        .await;
    stage.enqueue_all([stage.job(), stage.job()]).await;
}

/// A job that is both listed and named by a key is told by its id.
pub async fn the_id_goes_before_the_key(stage: Stage) {
    let holder = stage.keyed("k", Hold::Done);
    let plain = stage.job();
    stage.enqueue_all([holder.clone(), plain.clone()]).await;
    let answer = stage.enqueue(NewJob { unique: holder.unique, ..plain.clone() }).await;
    assert_eq!((answer.id, answer.fresh), (plain.id, false));
}

/// `Queued`: scheduled is queued too; the first claim lets go.
pub async fn queued_lets_go_at_the_first_claim(stage: Stage) {
    let first = NewJob { due: Due::In(1_000), ..stage.keyed("k", Hold::Queued) };
    let id = stage.enqueue(first).await.id;
    assert!(kept_out(&stage, Hold::Queued, id).await, "while it is scheduled");
    stage.clock.pass(1_000);
    assert!(kept_out(&stage, Hold::Queued, id).await, "while it is due");
    stage.claim_one().await;
    assert!(!kept_out(&stage, Hold::Queued, id).await, "while it runs");
}

/// `Queued`: a job that ends before it is claimed lets go as well.
pub async fn queued_lets_go_when_cancelled(stage: Stage) {
    let id = stage.enqueue(stage.keyed("k", Hold::Queued)).await.id;
    stage.steer(Order::Cancel(Select::ids([id]))).await;
    assert!(!kept_out(&stage, Hold::Queued, id).await);
}

/// `Queued`: waiting for a second attempt is not the first wait; the key stays with whoever took it since.
pub async fn queued_is_not_taken_back_by_a_second_attempt(stage: Stage) {
    let (job, lease) = claimed(&stage, Hold::Queued).await;
    let second = stage.enqueue(stage.keyed("k", Hold::Queued)).await;
    assert!(second.fresh);
    stage.finish(&job, lease, Outcome::Retry { error: "e".into(), delay_ms: Some(1) }).await;
    let holder = stage.store.holder(label("k")).await.unwrap();
    assert_eq!(holder, Some(Holder { job: second.id, until: None }));
    stage.clock.pass(1);
    assert_eq!(stage.claim(2).await.len(), 2, "both may run");
}

/// A job lets go of what is its own, and of nothing else.
pub async fn an_end_lets_go_of_no_other_jobs_key(stage: Stage) {
    let (job, lease) = claimed(&stage, Hold::Queued).await;
    let second = stage.enqueue(stage.keyed("k", Hold::Done)).await;
    assert!(second.fresh);
    assert_eq!(stage.finish(&job, lease, Outcome::Done).await, Finished::Written);
    assert!(kept_out(&stage, Hold::Done, second.id).await);
}

/// `Done`: held through claim, retry, snooze, park and hand-back; free when done.
pub async fn done_holds_until_the_end(stage: Stage) {
    let id = stage.enqueue(stage.keyed("k", Hold::Done)).await.id;
    let park = banto_core::Park { cause: banto_core::Cause::Missing, text: "t".into(), build: "b".into() };
    let between = [
        Outcome::Retry { error: "e".into(), delay_ms: Some(1) },
        Outcome::Snooze { delay_ms: 1, reason: "later".into() },
        Outcome::HandBack { delay_ms: 0 },
        Outcome::Park(park),
    ];
    for outcome in between {
        let (job, lease) = stage.claim_one().await;
        assert!(kept_out(&stage, Hold::Done, id).await, "while it runs");
        stage.finish(&job, lease, outcome.clone()).await;
        assert!(kept_out(&stage, Hold::Done, id).await, "after {outcome:?}");
        stage.clock.pass(1);
    }
    stage.steer(Order::Release(Select::ids([id]))).await;
    let (job, lease) = stage.claim_one().await;
    stage.finish(&job, lease, Outcome::Done).await;
    assert!(!kept_out(&stage, Hold::Done, id).await);
}

/// `Done`: each end is an end.
pub async fn done_lets_go_when_dead_or_cancelled(stage: Stage) {
    for outcome in [dead(), Outcome::Cancel { reason: "r".into() }] {
        let id = ended(&stage, Hold::Done, outcome.clone()).await;
        let next = stage.enqueue(stage.keyed("k", Hold::Done)).await;
        assert!(next.fresh && next.id != id, "after {outcome:?}");
        stage.steer(Order::Cancel(Select::ids([next.id]))).await;
        assert_eq!(stage.store.holder(label("k")).await.unwrap(), None, "after an order to cancel");
    }
}

/// `Done`: a rescuer's verdict ends it as well as a holder's, and only if it ends.
pub async fn done_holds_through_a_rescue_until_quarantine(stage: Stage) {
    let id = stage.enqueue(stage.keyed("k", Hold::Done)).await.id;
    for crash in 1..=3 {
        let (job, lease) = stage.claim_one().await;
        stage.clock.pass(60_000);
        assert_eq!(stage.rescue(&job, lease).await, Finished::Written);
        assert_eq!(kept_out(&stage, Hold::Done, id).await, crash < 3, "crash {crash}");
    }
    assert_eq!(stage.state(id).await, State::Dead);
}

/// P4, `Remember`: held while the job lives, and for its time after the end, whatever the end.
pub async fn p4_a_remembered_key_holds_for_its_time_after_the_end(stage: Stage) {
    for outcome in [Outcome::Done, dead(), Outcome::Cancel { reason: "r".into() }] {
        let (job, lease) = claimed(&stage, Hold::Remember(HOUR)).await;
        stage.clock.pass(2 * HOUR);
        assert!(kept_out(&stage, Hold::Remember(HOUR), job.id).await, "while it runs");
        stage.finish(&job, lease, outcome.clone()).await;
        stage.clock.pass(HOUR - 1);
        assert!(kept_out(&stage, Hold::Remember(HOUR), job.id).await, "just before its time, after {outcome:?}");
        stage.clock.pass(1);
        let next = stage.enqueue(stage.keyed("k", Hold::Remember(HOUR))).await;
        assert!(next.fresh, "its time is over, after {outcome:?}");
        stage.steer(Order::Cancel(Select::ids([next.id]))).await;
        stage.clock.pass(HOUR);
    }
}

/// `Remember`: an order to cancel is an end.
pub async fn a_remembered_key_counts_from_a_cancel(stage: Stage) {
    let id = stage.enqueue(stage.keyed("k", Hold::Remember(HOUR))).await.id;
    stage.clock.pass(5 * HOUR);
    stage.steer(Order::Cancel(Select::ids([id]))).await;
    let until = stage.clock_ms() + HOUR as i64;
    assert_eq!(stage.store.holder(label("k")).await.unwrap(), Some(Holder { job: id, until: Some(until) }));
}

/// P4: a key that is remembered outlives its job, so that a late repetition is still known.
pub async fn p4_a_remembered_key_outlives_prune_and_forget(stage: Stage) {
    let prune = Prune { done_ms: 0, ..Prune::default() };
    let id = ended(&stage, Hold::Remember(HOUR), Outcome::Done).await;
    assert_eq!(stage.store.prune(prune).await.unwrap().jobs, 1);
    assert!(kept_out(&stage, Hold::Remember(HOUR), id).await, "after prune");
    stage.clock.pass(HOUR);

    let id = ended(&stage, Hold::Remember(HOUR), Outcome::Done).await;
    assert_eq!(stage.steer(Order::Forget(Select::ids([id]))).await.count, 1);
    assert!(kept_out(&stage, Hold::Remember(HOUR), id).await, "after forget");
    stage.clock.pass(HOUR);
    assert!(!kept_out(&stage, Hold::Remember(HOUR), id).await, "its time is over");
}

/// `Period`: from the enqueue, whatever becomes of the job, and also when that is gone.
pub async fn a_period_holds_whatever_becomes_of_the_job(stage: Stage) {
    let id = ended(&stage, Hold::Period(HOUR), Outcome::Done).await;
    stage.store.prune(Prune { done_ms: 0, ..Prune::default() }).await.unwrap();
    stage.clock.pass(HOUR - 1);
    assert!(kept_out(&stage, Hold::Period(HOUR), id).await);
    stage.clock.pass(1);
    assert!(!kept_out(&stage, Hold::Period(HOUR), id).await);
}

/// `Period`: over is over, though the job still waits.
pub async fn a_period_ends_while_the_job_waits(stage: Stage) {
    let id = stage.enqueue(stage.keyed("k", Hold::Period(HOUR))).await.id;
    stage.clock.pass(HOUR);
    assert_eq!(stage.store.holder(label("k")).await.unwrap(), None);
    assert!(!kept_out(&stage, Hold::Period(HOUR), id).await);
    assert_eq!(stage.claim(10).await.len(), 2);
}

/// The question names who holds a key, and until when.
pub async fn a_holder_is_named_with_its_time(stage: Stage) {
    let holder = |key: &str| stage.store.holder(label(key));
    assert_eq!(holder("k").await.unwrap(), None);
    let id = stage.enqueue(stage.keyed("k", Hold::Done)).await.id;
    assert_eq!(holder("k").await.unwrap(), Some(Holder { job: id, until: None }));
    let id = stage.enqueue(stage.keyed("p", Hold::Period(HOUR))).await.id;
    assert_eq!(holder("p").await.unwrap(), Some(Holder { job: id, until: Some(START_MS + HOUR as i64) }));
}

/// Prune takes keys whose time is over, and no other.
pub async fn prune_lets_go_of_keys_whose_time_is_over(stage: Stage) {
    let waits = stage.enqueue(stage.keyed("waits", Hold::Remember(HOUR))).await.id;
    stage.steer(Order::Pause { queue: super::stage::queue(), reason: "r".into(), until: None }).await;
    stage.enqueue_all([stage.keyed("short", Hold::Period(HOUR)), stage.keyed("long", Hold::Period(3 * HOUR))]).await;
    stage.clock.pass(2 * HOUR);
    assert_eq!(stage.store.prune(Prune::default()).await.unwrap().keys, 1);
    assert!(stage.store.holder(label("long")).await.unwrap().is_some());
    assert_eq!(stage.store.holder(label("waits")).await.unwrap(), Some(Holder { job: waits, until: None }));
    assert_eq!(stage.store.prune(Prune::default()).await.unwrap().keys, 0);
}
