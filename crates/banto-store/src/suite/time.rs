//! Promises about time: the wall clock may jump, the machine may start anew.

use banto_core::{Due, NewJob, Outcome, State, lease::LEASE_MS};

use super::{Stage, stage::START_MS};
use crate::{Finished, Renewed};

const HOUR: i64 = 3_600_000;

/// D1: three days forward, an hour back: leases live by the steady clock and are neither shortened nor prolonged.
pub async fn d1_wall_jump_rescues_nobody(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.clock.pass(LEASE_MS - 2);
    for jump in [72 * HOUR, -HOUR, -200 * HOUR] {
        stage.clock.jump(jump);
        assert_eq!(stage.expired().await, [], "after a jump of {jump} ms");
        assert_eq!(stage.rescue(&job, lease).await, Finished::Late);
        assert_eq!(stage.state(job.id).await, State::Running);
    }
    stage.clock.pass(1);
    assert_eq!(stage.expired().await, []);
}

/// D1: nor is a lease endless when the wall clock goes back.
pub async fn d1_wall_jump_keeps_no_lease_for_ever(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.clock.jump(-48 * HOUR);
    stage.clock.pass(LEASE_MS);
    assert_eq!(stage.expired().await, [lease]);
    assert_eq!(stage.rescue(&job, lease).await, Finished::Written);
    assert_eq!(stage.state(job.id).await, State::Ready);
}

/// D1: a lease renewed after a jump lives as long as any.
pub async fn d1_renewing_after_a_jump_counts_the_same(stage: Stage) {
    let (_, lease) = stage.running().await;
    stage.clock.jump(72 * HOUR);
    stage.store.renew(vec![lease], LEASE_MS).await.unwrap();
    stage.clock.jump(-96 * HOUR);
    stage.clock.pass(LEASE_MS - 1);
    assert_eq!(stage.expired().await, []);
    stage.clock.pass(1);
    assert_eq!(stage.expired().await, [lease]);
}

/// A lease of another boot is over at once, though its end is a number far above this boot's clock.
pub async fn a_reboot_ends_leases(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.clock.reboot();
    assert_eq!(stage.expired().await, [lease]);
    assert_eq!(stage.rescue(&job, lease).await, Finished::Written);
    assert_eq!(stage.claim_one().await.0.id, job.id);
}

/// Leases of this boot are not touched by what another boot left.
pub async fn after_a_reboot_new_leases_live(stage: Stage) {
    let (_, old) = stage.running().await;
    stage.clock.reboot();
    let (_, new) = stage.running().await;
    assert_eq!(stage.expired().await, [old]);
    stage.clock.pass(LEASE_MS);
    assert_eq!(stage.expired().await, [old, new], "the other boot's has been over for longer");
}

/// A holder that lived through it all the same (a store on another machine rebooted) holds until it is rescued.
pub async fn a_renewal_after_a_reboot_holds(stage: Stage) {
    let (_, lease) = stage.running().await;
    stage.clock.reboot();
    let renewed = stage.store.renew(vec![lease], LEASE_MS).await.unwrap();
    assert_eq!(renewed, [Renewed::Held { cancel_asked: false }]);
    stage.clock.pass(LEASE_MS - 1);
    assert_eq!(stage.expired().await, []);
    stage.clock.pass(1);
    assert_eq!(stage.expired().await, [lease]);
}

/// A job that was given as due stays due when the wall clock goes back.
pub async fn a_wall_jump_back_does_not_unmake_ready(stage: Stage) {
    let id = stage.one().await;
    stage.clock.jump(-HOUR);
    assert_eq!(stage.state(id).await, State::Ready);
    assert_eq!(stage.claim_one().await.0.id, id);
}

/// A job that waits for the wall clock waits for the wall clock: a jump forward makes it due, once.
pub async fn a_wall_jump_forward_makes_due_once(stage: Stage) {
    let id = stage.enqueue(NewJob { due: Due::At(START_MS + 24 * HOUR), ..stage.job() }).await.id;
    stage.clock.jump(25 * HOUR);
    let (job, lease) = stage.claim_one().await;
    stage.clock.jump(-25 * HOUR);
    assert_eq!(stage.finish(&job, lease, Outcome::Done).await, Finished::Written);
    stage.clock.jump(25 * HOUR);
    assert!(stage.claim(1).await.is_empty());
    assert_eq!(stage.state(id).await, State::Done);
}

/// The last millisecond of the year 9999 is a time like any other.
pub async fn the_year_9999_is_a_time(stage: Stage) {
    let at = banto_core::limits::TIME_MS_MAX;
    let id = stage.enqueue(NewJob { due: Due::At(at), ..stage.job() }).await.id;
    assert_eq!(stage.see(id).await.run_at, at);
    let due_in = stage.claim_as(super::stage::asks(1)).await.due_in_ms;
    assert_eq!(due_in, Some((at - START_MS) as u64));
}
