//! Promises about `prune`: what has ended long enough ago goes, and nothing else.

use banto_core::{JobId, NewJob, Outcome, Park, State};

use super::{Stage, stage::instance};
use crate::{Note, Prune, Pruned, Record, Select, Status};

const KEEP: Prune = Prune {
    done_ms: 1_000,
    dead_ms: 3_000,
    cancelled_ms: 2_000,
    instances_ms: 50_000,
    fires_ms: 9_000,
    skips_ms: 4_000,
    limit: 100,
};

async fn prune(stage: &Stage, prune: Prune) -> Pruned {
    stage.store.prune(prune).await.unwrap()
}

async fn ended(stage: &Stage) -> [JobId; 3] {
    let done = stage.ended(Outcome::Done).await;
    let cancelled = stage.ended(Outcome::Cancel { reason: "r".into() }).await;
    [done, cancelled, stage.ended(Outcome::Dead { error: "e".into() }).await]
}

/// Done, cancelled and dead jobs have an age each, counted from their end.
pub async fn each_end_has_its_age(stage: Stage) {
    let ids = ended(&stage).await;
    stage.clock.pass(999);
    assert_eq!(prune(&stage, KEEP).await, Pruned::default());
    for id in ids {
        stage.clock.pass(1);
        assert_eq!(prune(&stage, KEEP).await, Pruned { jobs: 1, ..Pruned::default() });
        assert!(!stage.listed(id).await);
        stage.clock.pass(999);
    }
    assert_eq!(stage.store.tally().await.unwrap().removed, 3);
}

/// An age of nought is no age: what has ended goes at once.
pub async fn an_age_of_nought_keeps_nothing(stage: Stage) {
    ended(&stage).await;
    let all = Prune { done_ms: 0, dead_ms: 0, cancelled_ms: 0, ..KEEP };
    assert_eq!(prune(&stage, all).await, Pruned { jobs: 3, ..Pruned::default() });
    assert!(stage.list(Select::default()).await.is_empty());
}

/// An age beyond all time keeps everything.
pub async fn an_endless_age_keeps_everything(stage: Stage) {
    ended(&stage).await;
    stage.clock.pass(10_000_000_000);
    let none = Prune { done_ms: u64::MAX, dead_ms: u64::MAX, cancelled_ms: u64::MAX, ..KEEP };
    assert_eq!(prune(&stage, none).await, Pruned::default());
}

/// What has not ended never goes, however old it is.
pub async fn what_has_not_ended_stays(stage: Stage) {
    let park = Park { cause: banto_core::Cause::Missing, text: "t".into(), build: "b".into() };
    stage.ended(Outcome::Park(park)).await;
    stage.running().await;
    stage.one().await;
    stage.enqueue(NewJob { due: banto_core::Due::In(20_000_000_000), ..stage.job() }).await;
    stage.clock.pass(10_000_000_000);
    assert_eq!(prune(&stage, Prune { done_ms: 0, dead_ms: 0, cancelled_ms: 0, ..KEEP }).await.jobs, 0);
    assert_eq!(stage.list(Select::default()).await.len(), 4);
}

/// A call deletes no more than its limit, the longest ended first, and says whether there is more.
pub async fn a_limit_is_kept_and_more_is_told(stage: Stage) {
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(stage.ended(Outcome::Done).await);
        stage.clock.pass(10);
    }
    stage.clock.pass(5_000);
    let two = Prune { limit: 2, ..KEEP };
    assert_eq!(prune(&stage, two).await, Pruned { jobs: 2, more: true, ..Pruned::default() });
    assert_eq!([stage.listed(ids[1]).await, stage.listed(ids[2]).await], [false, true]);
    assert_eq!(prune(&stage, two).await, Pruned { jobs: 2, more: true, ..Pruned::default() });
    assert_eq!(prune(&stage, two).await, Pruned { jobs: 1, more: false, ..Pruned::default() });
    assert_eq!(prune(&stage, two).await, Pruned::default());
}

/// A limit that is just met leaves nothing.
pub async fn a_limit_just_met_leaves_nothing(stage: Stage) {
    ended(&stage).await;
    stage.clock.pass(5_000);
    assert_eq!(prune(&stage, Prune { limit: 3, ..KEEP }).await, Pruned { jobs: 3, ..Pruned::default() });
}

/// A trail goes with its job: a job that comes under the same id begins with an empty one.
pub async fn a_trail_goes_with_its_job(stage: Stage) {
    let new = stage.job();
    stage.enqueue_all([new.clone()]).await;
    let (job, lease) = stage.claim_one().await;
    stage.store.record(vec![Record { lease, note: Note::Line("said".into()) }]).await.unwrap();
    stage.finish(&job, lease, Outcome::Done).await;
    stage.clock.pass(1_000);
    assert_eq!(prune(&stage, KEEP).await.jobs, 1);
    stage.enqueue_all([new]).await;
    assert_eq!(stage.card(job.id).await.trail, []);
}

/// A job that was retried has not ended: its old end does not count.
pub async fn a_retried_job_is_not_pruned(stage: Stage) {
    let id = stage.ended(Outcome::Dead { error: "e".into() }).await;
    stage.steer(crate::Order::Retry(Select::ids([id]))).await;
    stage.clock.pass(5_000);
    assert_eq!(prune(&stage, KEEP).await.jobs, 0);
    assert_eq!(stage.state(id).await, State::Ready);
}

/// Instances that are long gone are forgotten; the living and the lately gone stay.
pub async fn instances_long_gone_are_forgotten(stage: Stage) {
    use super::instance::an_instance;
    let stopped = crate::Instance { status: Status::Stopped, ..an_instance(1) };
    stage.store.beat(stopped).await.unwrap();
    stage.store.beat(an_instance(2)).await.unwrap();
    stage.clock.pass(49_999);
    stage.store.beat(an_instance(3)).await.unwrap();
    assert_eq!(prune(&stage, KEEP).await, Pruned::default());
    stage.clock.pass(1);
    assert_eq!(prune(&stage, KEEP).await, Pruned { instances: 2, ..Pruned::default() });
    let left: Vec<_> = stage.store.instances().await.unwrap().iter().map(|seen| seen.instance.id).collect();
    assert_eq!(left, [instance(3)]);
    let eager = Prune { instances_ms: 0, ..KEEP };
    assert_eq!(prune(&stage, eager).await, Pruned::default(), "a living one is never forgotten");
}
