//! Promises about `renew`.

use banto_core::{Lease, Outcome, lease::LEASE_MS};

use super::{Stage, stage::asks};
use crate::{Claim, Finished, Order, Renewed, Select};

const HELD: Renewed = Renewed::Held { cancel_asked: false };

async fn renew(stage: &Stage, leases: impl Into<Vec<Lease>>) -> Vec<Renewed> {
    stage.store.renew(leases.into(), LEASE_MS).await.unwrap()
}

/// No lease is no call.
pub async fn an_empty_batch_is_fine(stage: Stage) {
    assert_eq!(renew(&stage, []).await, []);
}

/// A healthy long job is never taken away: it renews for an hour of leases.
pub async fn a13_a_renewed_lease_never_ends(stage: Stage) {
    let (job, lease) = stage.running().await;
    for _ in 0..50 {
        stage.clock.pass(LEASE_MS - 1);
        assert_eq!(stage.expired().await, []);
        assert_eq!(renew(&stage, [lease]).await, [HELD]);
    }
    assert_eq!(stage.see(job.id).await, job, "renewing changes nothing that is seen");
    assert_eq!(stage.finish(&job, lease, Outcome::Done).await, Finished::Written);
}

/// It counts from now, not from the old end.
pub async fn a_renewed_lease_counts_from_now(stage: Stage) {
    let (_, lease) = stage.running().await;
    stage.clock.pass(4_000);
    renew(&stage, [lease]).await;
    stage.clock.pass(LEASE_MS - 1);
    assert_eq!(stage.expired().await, []);
    stage.clock.pass(1);
    assert_eq!(stage.expired().await, [lease]);
}

/// One answer a lease, in order; what one holds says nothing of another.
pub async fn answers_come_in_the_order_of_the_leases(stage: Stage) {
    stage.enqueue_all((0..3).map(|_| stage.job())).await;
    let jobs = stage.claim(3).await;
    let leases: Vec<Lease> = jobs.iter().map(|(_, lease)| *lease).collect();
    stage.finish(&jobs[1].0, leases[1], Outcome::Done).await;
    assert_eq!(renew(&stage, [leases[2], leases[1], leases[0]]).await, [HELD, Renewed::Lost, HELD]);
}

/// Renewing one lease prolongs no other.
pub async fn renewing_one_prolongs_no_other(stage: Stage) {
    stage.enqueue_all([stage.job(), stage.job()]).await;
    let jobs = stage.claim(2).await;
    stage.clock.pass(LEASE_MS - 1);
    renew(&stage, [jobs[0].1]).await;
    stage.clock.pass(1);
    assert_eq!(stage.expired().await, [jobs[1].1]);
}

/// A holder hears of an order to stop with its next renewal.
pub async fn a_wish_to_stop_is_told(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.steer(Order::Cancel(Select::ids([job.id]))).await;
    for _ in 0..2 {
        assert_eq!(renew(&stage, [lease]).await, [Renewed::Held { cancel_asked: true }]);
    }
}

/// A wrong fence, a wrong token, a wrong or unknown job hold nothing, and prolong nothing.
pub async fn a_forged_lease_is_lost(stage: Stage) {
    let (job, lease) = stage.running().await;
    let other = stage.one().await;
    let forged = [
        Lease { fence: lease.fence + 1, ..lease },
        Lease { fence: 0, ..lease },
        Lease { token: lease.token ^ 1, ..lease },
        Lease { job: other, ..lease },
        Lease { job: stage.id(), ..lease },
    ];
    stage.clock.pass(LEASE_MS - 1);
    assert_eq!(renew(&stage, forged).await, [Renewed::Lost; 5]);
    stage.clock.pass(1);
    assert_eq!(stage.expired().await, [lease]);
    assert_eq!(stage.see(job.id).await, job);
}

/// Whoever was too late, is told: finished, rescued, claimed by another.
pub async fn a_lease_that_was_taken_is_lost(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.clock.pass(LEASE_MS);
    stage.rescue(&job, lease).await;
    assert_eq!(renew(&stage, [lease]).await, [Renewed::Lost], "after the rescue");
    let (_, second) = stage.claim_one().await;
    assert_eq!(renew(&stage, [lease, second]).await, [Renewed::Lost, HELD], "while another runs it");
}

/// Over but not rescued is still held: the lease lives again.
pub async fn an_expired_lease_lives_again(stage: Stage) {
    let (_, lease) = stage.running().await;
    stage.clock.pass(LEASE_MS * 3);
    assert_eq!(stage.expired().await, [lease]);
    assert_eq!(renew(&stage, [lease]).await, [HELD]);
    assert_eq!(stage.expired().await, []);
    assert_eq!(stage.claim_as(Claim { ..asks(10) }).await.jobs.len(), 0);
}
