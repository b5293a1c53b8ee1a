//! Promises about `expired` and `rescue`: a dead worker's job runs again, a living one's is never taken.

use banto_core::{Lease, Outcome, State, lease::LEASE_MS};

use super::{
    Stage,
    stage::{asks, instance, race},
};
use crate::{Claim, Finished};

/// Nothing to rescue is no call.
pub async fn an_empty_batch_is_fine(stage: Stage) {
    assert_eq!(stage.store.rescue(Vec::new()).await.unwrap(), []);
    assert_eq!(stage.expired().await, []);
}

/// A lease that lives is not shown as over, and whoever says it is, is refused.
pub async fn a_living_lease_is_left_alone(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.clock.pass(LEASE_MS - 1);
    assert_eq!(stage.expired().await, []);
    assert_eq!(stage.rescue(&job, lease).await, Finished::Late);
    assert_eq!(stage.see(job.id).await, job);
}

/// P5: once the lease is over the job is shown as it stands, the verdict is written, and another may claim it.
pub async fn p5_a_dead_workers_job_runs_again(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.clock.pass(LEASE_MS);
    let expired = stage.store.expired(10).await.unwrap();
    assert_eq!((expired.len(), &expired[0].job, expired[0].lease), (1, &job, lease));
    assert_eq!(stage.rescue(&job, lease).await, Finished::Written);
    let rescued = stage.see(job.id).await;
    assert_eq!((rescued.state, rescued.attempt, rescued.crashes), (State::Ready, 0, 1));
    assert_eq!(rescued.error.as_deref(), Some("the process died"));
    let (again, held) = stage.claim_as(Claim { instance: instance(2), ..asks(1) }).await.jobs.remove(0);
    assert_eq!((again.id, again.attempt, held.fence), (job.id, 1, 2));
}

/// P5: within 15 s, however long the backlog: a dead worker's job is the next, not the last.
pub async fn p5_a_rescued_job_keeps_its_place(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.clock.pass(50);
    let later = stage.one().await;
    stage.clock.pass(LEASE_MS);
    assert_eq!(stage.rescue(&job, lease).await, Finished::Written);
    let claimed: Vec<_> = stage.claim(2).await.into_iter().map(|(job, _)| job.id).collect();
    assert_eq!(claimed, [job.id, later]);
}

/// P5: the same when it had to rest, because another such job was running where it was given out.
pub async fn p5_a_rescued_job_that_rested_keeps_its_place(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.clock.pass(LEASE_MS);
    let later = stage.one().await;
    assert_eq!(stage.rescue(&job, lease).await, Finished::Written);
    let (job, lease) = stage.claim(1).await.remove(0);
    stage.finish(&job, lease, Outcome::HandBack { delay_ms: 700 }).await;
    stage.clock.pass(700);
    let claimed: Vec<_> = stage.claim(2).await.into_iter().map(|(job, _)| job.id).collect();
    assert_eq!(claimed, [job.id, later]);
}

/// To ask what is over changes nothing.
pub async fn asking_what_is_over_changes_nothing(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.clock.pass(LEASE_MS);
    for _ in 0..3 {
        assert_eq!(stage.expired().await, [lease]);
    }
    assert_eq!(stage.see(job.id).await, job);
    assert_eq!(stage.store.tally().await.unwrap().rescued, 0);
}

/// The longest over comes first, and not more than was asked.
pub async fn the_longest_over_comes_first(stage: Stage) {
    stage.enqueue_all((0..3).map(|_| stage.job())).await;
    let mut leases: Vec<Lease> = Vec::new();
    for lease_ms in [3_000, 1_000, 2_000] {
        leases.push(stage.claim_as(Claim { lease_ms, ..asks(1) }).await.jobs[0].1);
    }
    stage.clock.pass(10_000);
    assert_eq!(stage.expired().await, [leases[1], leases[2], leases[0]]);
    let two = stage.store.expired(2).await.unwrap();
    assert_eq!(two.iter().map(|one| one.lease).collect::<Vec<_>>(), [leases[1], leases[2]]);
    assert!(stage.store.expired(0).await.unwrap().is_empty());
}

/// River issue 1302: the rescuer looks, the holder renews, the rescuer writes. A look from before is no right to
/// take a job that lives by now.
pub async fn river_1302_stale_rescue(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.clock.pass(LEASE_MS);
    let looked = stage.store.expired(10).await.unwrap().remove(0);
    stage.store.renew(vec![lease], LEASE_MS).await.unwrap();
    assert_eq!(stage.rescue(&looked.job, looked.lease).await, Finished::Late);
    assert_eq!(stage.see(job.id).await, job);
    assert_eq!(stage.finish(&job, lease, Outcome::Done).await, Finished::Written);
}

/// The same with a holder that finished in between: what is done is not made ready again.
pub async fn a_job_finished_since_is_left_alone(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.clock.pass(LEASE_MS);
    let looked = stage.store.expired(10).await.unwrap().remove(0);
    stage.finish(&job, lease, Outcome::Done).await;
    assert_eq!(stage.rescue(&looked.job, looked.lease).await, Finished::Late);
    assert_eq!(stage.state(job.id).await, State::Done);
}

/// The same with another rescuer, and another worker that runs the job by now.
pub async fn a_job_rescued_and_claimed_since_is_left_alone(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.clock.pass(LEASE_MS);
    stage.rescue(&job, lease).await;
    let (again, _) = stage.claim_one().await;
    stage.clock.pass(LEASE_MS * 2);
    assert_eq!(stage.rescue(&job, lease).await, Finished::Late);
    assert_eq!(stage.see(job.id).await, again);
}

/// Only the very lease: a rescuer with another fence or token takes nothing.
pub async fn a_forged_lease_rescues_nothing(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.clock.pass(LEASE_MS);
    for forged in
        [Lease { token: !lease.token, ..lease }, Lease { fence: 7, ..lease }, Lease { job: stage.id(), ..lease }]
    {
        assert_eq!(stage.rescue(&job, forged).await, Finished::Late);
    }
    assert_eq!(stage.see(job.id).await, job);
}

/// What was rescued is counted; what was left alone is not, neither as rescued nor as late.
pub async fn rescues_are_counted(stage: Stage) {
    let (job, lease) = stage.running().await;
    assert_eq!(stage.rescue(&job, lease).await, Finished::Late);
    stage.clock.pass(LEASE_MS);
    assert_eq!(stage.rescue(&job, lease).await, Finished::Written);
    assert_eq!(stage.rescue(&job, lease).await, Finished::Late, "a repeated rescue");
    let tally = stage.store.tally().await.unwrap();
    assert_eq!((tally.rescued, tally.late), (1, 0));
}

/// Rescuers of several processes at once: each job is taken once, so one crash is counted once.
pub async fn rescuers_never_share_a_job(stage: Stage) {
    stage.enqueue_all((0..20).map(|_| stage.job())).await;
    let jobs = stage.claim(20).await;
    stage.clock.pass(LEASE_MS);
    let crashed = || Outcome::Crashed { error: "gone".into() };
    let finishes: Vec<_> = jobs.iter().map(|(job, lease)| stage.verdict(job, *lease, crashed())).collect();
    let answers = race(&stage, 8, |store, _| {
        let finishes = finishes.clone();
        async move { store.rescue(finishes).await.unwrap() }
    })
    .await;
    assert_eq!(answers.iter().flatten().filter(|answer| **answer == Finished::Written).count(), 20);
    assert!(stage.list(Default::default()).await.iter().all(|job| job.crashes == 1 && job.state == State::Ready));
    assert_eq!(stage.store.tally().await.unwrap().rescued, 20);
}

/// A9: a job under which the process dies three times is set aside for good, with its last words.
pub async fn a9_three_crashes_quarantine_a_job(stage: Stage) {
    let id = stage.one().await;
    for _ in 0..3 {
        let (job, lease) = stage.claim_one().await;
        stage.clock.pass(LEASE_MS);
        assert_eq!(stage.rescue(&job, lease).await, Finished::Written);
    }
    let card = stage.card(id).await;
    assert_eq!((card.job.state, card.job.crashes, card.job.attempt), (State::Dead, 3, 0));
    assert_eq!(card.trail.iter().map(|line| line.word.as_str()).collect::<Vec<_>>(), ["crashed"; 3]);
    assert!(stage.claim(1).await.is_empty());
}
