//! Tests of what a worker holds, without a worker.

use banto_core::{Ids, JobId, Name, NewJob, Payload, State};

use super::*;

fn claimed(count: u64, crashes: u16) -> Vec<(Job, Lease)> {
    let mut ids = Ids::new(fastrand::u64(..));
    (0..count).map(|_| ids.make(0)).map(|id| (job(id, crashes), Lease { job: id, fence: 1, token: 1 })).collect()
}

fn job(id: JobId, crashes: u16) -> Job {
    let name = || Name::new("x").unwrap();
    let new = NewJob::new(id, name(), name(), Payload::parse("{}").unwrap());
    Job { state: State::Running, attempt: 1, fence: 1, crashes, ..new.accepted(0) }
}

fn begin(slots: &Slots, now: u64) -> Option<Lease> {
    match slots.next(now)? {
        Turn::Begin(_, lease) => Some(lease),
        Turn::Apart(..) => panic!("it was kept apart"),
    }
}

/// Two slots, through which enough quick jobs have gone for more to be claimed ahead.
fn quick() -> Slots {
    let slots = Slots::new(2, 100, u64::MAX);
    for _ in 0..60 {
        slots.put(claimed(2, 0), 0, 9_000);
        for lease in [0, 1].map(|_| begin(&slots, 0).unwrap()) {
            slots.ended(&lease, 0, false);
            slots.let_go([lease]);
        }
    }
    slots
}

#[test]
fn room_is_the_free_slots_until_runs_are_known_to_be_short() {
    let slots = Slots::new(2, 100, u64::MAX);
    assert_eq!(slots.room(), 2);
    slots.put(claimed(1, 0), 0, 9_000);
    assert_eq!(slots.room(), 1);
    assert_eq!(quick().room(), 2 + 2 * 2, "as many as began since the last claim, doubled, ahead of the free slots");
}

#[test]
fn whoever_had_to_give_jobs_back_takes_no_more_ahead() {
    let slots = quick();
    slots.put(claimed(6, 0), 0, 9_000);
    assert!(begin(&slots, 0).is_some() && begin(&slots, 0).is_some());
    assert_eq!(slots.take_waiting(500).len(), 4, "slow ones: the others have waited too long");
    assert_eq!(slots.room(), 0);
}

#[test]
fn no_more_jobs_are_asked_for_than_may_be_run_in_all() {
    let slots = Slots::new(10, 0, 3);
    assert_eq!(slots.room(), 3);
    slots.put(claimed(2, 0), 0, 9_000);
    let lease = begin(&slots, 0).unwrap();
    assert_eq!(slots.room(), 1);
    slots.ended(&lease, 0, false);
    slots.let_go([lease]);
    assert_eq!((slots.room(), slots.spent()), (1, false));
}

#[test]
fn a_second_suspect_is_kept_apart_and_the_others_go_on() {
    let slots = Slots::new(4, 0, u64::MAX);
    let jobs = [claimed(3, 1), claimed(1, 0)].concat();
    let [suspect, second, third, other] = [0, 1, 2, 3].map(|n| jobs[n].1);
    slots.put(jobs, 0, 9_000);
    for kept in [second, third] {
        assert!(matches!(slots.next(0), Some(Turn::Apart(_, lease)) if lease == kept));
    }
    // If the suspect killed the process now, the two would count as killed with it: they are not let go yet.
    assert_eq!(begin(&slots, 0), Some(other));
    assert!(begin(&slots, 0).is_none());
    slots.let_go([second]);
    assert!(begin(&slots, 0).is_none());
    slots.let_go([third]);
    assert_eq!(begin(&slots, 0), Some(suspect));

    slots.ended(&suspect, 5, false);
    slots.put(claimed(1, 2), 0, 9_000);
    assert!(matches!(slots.next(0), Some(Turn::Apart(..))), "the first is done, but not written down");
    slots.let_go(slots.leases());
    slots.put(claimed(1, 2), 0, 9_000);
    assert!(begin(&slots, 0).is_some());
}

#[test]
fn a_suspect_that_waits_is_no_room_and_is_handed_back_with_the_others() {
    let slots = Slots::new(4, 0, u64::MAX);
    slots.put([claimed(2, 1), claimed(1, 0)].concat(), 0, 9_000);
    assert_eq!(slots.room(), 1);
    assert_eq!(slots.take_waiting(u64::MAX).len(), 3);
    assert!(slots.next(0).is_none());
    slots.let_go(slots.leases());
    assert_eq!((slots.room(), slots.count()), (4, (0, 0)));
}

#[test]
fn a_suspect_that_is_lost_makes_way_for_the_next() {
    let slots = Slots::new(4, 0, u64::MAX);
    let jobs = claimed(1, 1);
    let lost = jobs[0].1;
    slots.put(jobs, 0, 9_000);
    assert!(slots.lost(&lost).is_some());
    slots.put(claimed(1, 1), 0, 9_000);
    assert!(begin(&slots, 0).is_some());
}

#[test]
fn a_job_whose_lease_is_over_while_it_waits_never_begins() {
    let slots = Slots::new(4, 0, u64::MAX);
    slots.put(claimed(1, 0), 0, 9_000);
    assert!(slots.next(9_000).is_none());
    assert_eq!(slots.count(), (0, 0));
    slots.put(claimed(1, 0), 0, 9_000);
    let lease = slots.leases()[0];
    assert!(slots.lost(&lease).is_some() && slots.next(0).is_none());
}

#[test]
fn a_lease_lost_between_a_jobs_turn_and_its_run_is_named_again() {
    let slots = Slots::new(4, 0, u64::MAX);
    slots.put(claimed(1, 0), 0, 9_000);
    let lease = begin(&slots, 0).unwrap();
    assert!(slots.lost(&lease).is_none(), "there is nobody to tell yet");
    assert_eq!(slots.expired(0), [lease]);
}

#[test]
fn an_end_whose_lease_looks_lost_is_still_asked_about() {
    let slots = Slots::new(4, 0, u64::MAX);
    slots.put(claimed(1, 0), 0, 9_000);
    let lease = begin(&slots, 0).unwrap();
    slots.ended(&lease, 5, false);
    assert!(slots.lost(&lease).is_none());
    assert!(slots.holds(&lease, 8_999), "the end may be what took the lease");
    assert!(!slots.holds(&lease, 9_000));
}
