//! The check of the inside finds what it is there to find.

use std::sync::Arc;

use banto_core::{Hold, Ids, InstanceId, JobId, Label, Name, NewJob, Payload, State, Unique};

use super::{Data, Memory};
use crate::{Claim, GivenClock, Holder};

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

/// A job that waits and one that runs, both with a key.
fn memory() -> (Memory, [JobId; 2]) {
    let memory = Memory::new(Arc::new(GivenClock::at(1_000)), 1);
    let mut ids = Ids::new(1);
    let mut job = |key: &str| {
        let unique = Some(Unique { key: label(key), hold: Hold::Done });
        NewJob { unique, ..NewJob::new(ids.make(1_000), name("send"), name("mail"), Payload::parse("{}").unwrap()) }
    };
    let jobs = vec![job("runs"), job("waits")];
    let both = [jobs[0].id, jobs[1].id];
    let claim =
        Claim { instance: InstanceId(1), queues: vec![name("mail")], limit: 1, lease_ms: 10_000, adopt: vec![] };
    memory.with(|data, now| {
        data.enqueue(&jobs, now).unwrap();
        assert_eq!(data.claim(&claim, now).jobs.len(), 1);
    });
    (memory, both)
}

/// What the check says after `wrong` was done to the inside.
fn said(wrong: impl FnOnce(&mut Data, [JobId; 2])) -> String {
    let (memory, ids) = memory();
    assert_eq!(memory.check(), Vec::<String>::new(), "all is well before");
    memory.with(|data, _| wrong(data, ids));
    memory.check().join("; ")
}

#[test]
fn a_running_job_without_a_lease_is_found() {
    assert!(said(|data, [runs, _]| data.jobs.get_mut(&runs).unwrap().held = None).contains("its lease does not fit"));
    assert!(
        said(|data, [_, waits]| data.jobs.get_mut(&waits).unwrap().job.state = State::Running)
            .contains("never claimed")
    );
}

#[test]
fn an_old_fence_is_found() {
    assert!(said(|data, [runs, _]| data.jobs.get_mut(&runs).unwrap().job.fence += 1).contains("another fence"));
}

#[test]
fn an_end_without_its_time_is_found() {
    let said = said(|data, [_, waits]| data.jobs.get_mut(&waits).unwrap().job.state = State::Done);
    assert!(said.contains("its end does not fit"), "{said}");
}

#[test]
fn a_key_that_leaks_or_is_lost_is_found() {
    assert!(said(|data, _| data.keys.clear()).contains("its key is not its own"));
    let leak = |data: &mut Data, [runs, _]: [JobId; 2]| {
        data.keys.insert(label("leak"), Holder { job: runs, until: None });
    };
    assert!(said(leak).contains("which has another"));
    let orphan = |data: &mut Data, [_, waits]: [JobId; 2]| {
        data.jobs.remove(&waits);
    };
    assert!(said(orphan).contains("not listed"));
}

#[test]
fn a_job_that_vanished_is_found() {
    let said = said(|data, [_, waits]| {
        data.jobs.remove(&waits);
        data.keys.clear();
    });
    assert!(said.contains("which does not fit Tally"), "{said}");
}
