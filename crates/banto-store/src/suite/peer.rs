//! Failures that other systems have met, each as a promise under the name and number of where it was told.
//!
//! Cheap, and a matter of respect: whoever wrote those reports paid for the rule. What loops and handlers have to do with
//! them is tried again in the engine. River's stale rescue stands in [`rescue`](super::rescue).

use banto_core::{Cause, Due, Lease, NewJob, Outcome, Park, State, lease::LEASE_MS};

use super::{
    Stage,
    fire::{account, register, runs},
    instance::an_instance,
    stage::{START_MS, asks, instance, name, race},
};
use crate::{Claim, Finished, Fired, Instance, Renewed, Status};

const HOUR_MS: u64 = 3_600_000;

/// hexpm, pull request 1825: long jobs were rescued by their age. Here a job's age says nothing, only its lease does,
/// whatever the wall clock shows.
pub async fn oban_hexpm_1825_long_job(stage: Stage) {
    let (job, lease) = stage.running().await;
    for part in 0..60_i64 {
        stage.clock.pass(LEASE_MS - 1);
        stage.clock.jump(if part % 2 == 0 { 3 * 86_400_000 } else { -86_400_000 });
        assert_eq!(stage.expired().await, []);
        assert_eq!(stage.rescue(&job, lease).await, Finished::Late);
        let renewed = stage.store.renew(vec![lease], LEASE_MS).await.unwrap();
        assert_eq!(renewed, [Renewed::Held { cancel_asked: false }]);
    }
    assert_eq!(stage.finish(&job, lease, Outcome::Done).await, Finished::Written);
    assert_eq!(stage.store.tally().await.unwrap().rescued, 0);
}

/// BullMQ, issue 3056, "could not renew lock": a holder whose job was given to another is told so when it renews, and
/// nothing that it does takes the job back.
pub async fn bullmq_3056_could_not_renew_lock(stage: Stage) {
    let (job, old) = stage.running().await;
    stage.clock.pass(LEASE_MS);
    stage.rescue(&job, old).await;
    let (again, new) = stage.claim_as(Claim { instance: instance(2), ..asks(1) }).await.jobs.remove(0);
    assert_eq!(stage.store.renew(vec![old, new], LEASE_MS).await.unwrap()[0], Renewed::Lost);
    assert_eq!(stage.finish(&job, old, Outcome::Done).await, Finished::Late);
    stage.clock.pass(LEASE_MS - 1);
    assert_eq!(stage.expired().await, [], "the other's lease was renewed and not the old one");
    assert_eq!(stage.finish(&again, new, Outcome::Done).await, Finished::Written);
}

/// Solid Queue, issue 568: a worker that stopped had left the list of the living while its last jobs still ran, and they
/// were failed under its hands. A job is its holder's for as long as the lease lives, whatever is known of the holder.
pub async fn solid_queue_568_holder_without_a_beat(stage: Stage) {
    stage.store.beat(an_instance(1)).await.unwrap();
    let (job, lease) = stage.running().await;
    stage.store.beat(Instance { status: Status::Stopped, ..an_instance(1) }).await.unwrap();
    for _ in 0..20 {
        stage.clock.pass(LEASE_MS - 1);
        assert_eq!(stage.expired().await, []);
        assert_eq!(stage.rescue(&job, lease).await, Finished::Late);
        stage.store.renew(vec![lease], LEASE_MS).await.unwrap();
    }
    assert_eq!(stage.finish(&job, lease, Outcome::Done).await, Finished::Written);
}

/// Solid Queue, issue 589: a job was finished and failed at once. Of a finish and rescues at the same moment one is
/// written, and the job is where that one puts it.
pub async fn solid_queue_589_finished_and_failed(stage: Stage) {
    for _ in 0..10 {
        let (job, lease) = stage.running().await;
        stage.clock.pass(LEASE_MS);
        let done = stage.verdict(&job, lease, Outcome::Done);
        let failed = stage.verdict(&job, lease, Outcome::Dead { error: "its process is gone".into() });
        let answers = race(&stage, 6, |store, number| {
            let (done, failed) = (done.clone(), failed.clone());
            async move {
                match number {
                    0 => ("done", store.finish(vec![done]).await.unwrap()),
                    _ => ("dead", store.rescue(vec![failed]).await.unwrap()),
                }
            }
        })
        .await;
        let written: Vec<_> = answers.iter().filter(|(_, said)| said[..] == [Finished::Written]).collect();
        assert_eq!(written.len(), 1, "{answers:?}");
        assert_eq!(stage.state(job.id).await.to_string(), written[0].0);
    }
}

/// Solid Queue, issue 748: an end could not be written, its worker lived on, and the job stayed claimed for ever. A holder
/// that lives and beats keeps no job whose lease it does not renew; if the end was written after all, saying so again is fine.
pub async fn solid_queue_748_finish_lost(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.clock.pass(LEASE_MS);
    stage.store.beat(an_instance(1)).await.unwrap();
    assert_eq!(stage.expired().await, [lease]);
    let let_go = stage.verdict(&job, lease, Outcome::HandBack { delay_ms: 0 });
    assert_eq!(stage.store.rescue(vec![let_go]).await.unwrap(), [Finished::Written]);
    let (again, new) = stage.claim_one().await;
    assert_eq!((again.id, again.attempt, again.crashes), (job.id, 1, 0));
    assert_eq!(stage.finish(&again, new, Outcome::Done).await, Finished::Written);
    assert_eq!(stage.finish(&again, new, Outcome::Done).await, Finished::Written, "the answer was lost");
    assert_eq!(stage.finish(&job, lease, Outcome::Done).await, Finished::Late);
}

/// Oban, issue 862 (Procrastinate 1518, apalis 507): a process came back under the name of the one that had died, and what
/// the dead one had held looked held. Even under the same identity a lease that nobody renews is over.
pub async fn oban_862_same_name_again(stage: Stage) {
    stage.store.beat(an_instance(1)).await.unwrap();
    let (job, old) = stage.running().await;
    stage.clock.pass(LEASE_MS / 2);
    stage.store.beat(an_instance(1)).await.unwrap();
    stage.one().await;
    let (_, new) = stage.claim_one().await;
    stage.clock.pass(LEASE_MS / 2);
    stage.store.beat(an_instance(1)).await.unwrap();
    assert_eq!(stage.expired().await, [old], "and not the lease of its successor");
    assert_eq!(stage.rescue(&job, old).await, Finished::Written);
    assert_eq!(stage.store.renew(vec![new], LEASE_MS).await.unwrap(), [Renewed::Held { cancel_asked: false }]);
}

/// River, issue 1105: the rescuer belonged to another program, did not know the kind, and threw the job away. A rescue asks
/// for no handler: the job comes back as it was, for who knows it; who does not puts it aside unburned.
pub async fn river_1105_rescue_of_an_unknown_kind(stage: Stage) {
    let id = stage.enqueue(NewJob { kind: name("of.another.program"), ..stage.job() }).await.id;
    let (job, lease) = stage.claim_one().await;
    stage.clock.pass(LEASE_MS);
    let over = stage.store.expired(10).await.unwrap().remove(0);
    assert_eq!((over.job.id, over.job.kind.as_str()), (id, "of.another.program"));
    assert_eq!(stage.rescue(&over.job, lease).await, Finished::Written);
    let back = stage.see(id).await;
    assert_eq!((back.state, back.attempt, &back.payload), (State::Ready, 0, &job.payload));
    let (strange, lease) = stage.claim_one().await;
    let park = Park { cause: Cause::UnknownKind, text: "of.another.program".into(), build: "b1".into() };
    assert_eq!(stage.finish(&strange, lease, Outcome::Park(park)).await, Finished::Written);
    let adopting = Claim { adopt: vec![id], ..asks(1) };
    assert_eq!(stage.claim_as(adopting).await.jobs.remove(0).0.attempt, 1);
}

/// kombu, issue 337: a job for tomorrow was handed out at once, outlived its holder's time there, and was handed out again
/// and again. What is not due is nobody's: it is given once, when it is due.
pub async fn kombu_337_eta(stage: Stage) {
    let due = START_MS + 24 * HOUR_MS.cast_signed();
    let id = stage.enqueue(NewJob { due: Due::At(due), ..stage.job() }).await.id;
    for _ in 0..24 {
        assert!(stage.claim(10).await.is_empty(), "it is not due");
        assert_eq!(stage.expired().await, []);
        stage.clock.pass(HOUR_MS - 1);
    }
    assert!(stage.claim(10).await.is_empty(), "it is 24 ms too early");
    stage.clock.pass(24);
    let (job, lease) = stage.claim_one().await;
    assert_eq!((job.id, job.attempt, lease.fence), (id, 1, 1));
    assert!(stage.claim(10).await.is_empty());
}

/// Dkron, issue 541 (and many a cron before it): the leader had fired, nobody heard of it, and the next one fired again.
/// Whoever repeats a due instant is told that it is there.
pub async fn dkron_541_the_next_leader_fires_again(stage: Stage) {
    register(&stage).await;
    let first = account(&stage, vec![runs(&stage, "a", START_MS)]).await;
    assert!(matches!(first[..], [Fired::Run(_)]), "{first:?}");
    let next = stage.again().await;
    let again = super::fire::firing(vec![runs(&stage, "a", START_MS), runs(&stage, "b", START_MS)]);
    let answers = next.fire(crate::Firing { by: instance(2), ..again }).await.unwrap();
    assert!(matches!(answers[..], [Fired::There, Fired::Run(_)]), "{answers:?}");
    assert_eq!(stage.list(Default::default()).await.len(), 2);
}

/// River, pull request 1290: a deploy burned an attempt of each job that it stopped. However often one is handed back, its
/// attempts are what they were.
pub async fn river_1290_a_stop_burns_no_attempt(stage: Stage) {
    let id = stage.enqueue(NewJob { attempts_max: Some(1), ..stage.job() }).await.id;
    let mut last: Option<Lease> = None;
    for _ in 0..5 {
        let (job, lease) = stage.claim_one().await;
        assert_eq!((job.id, job.attempt), (id, 1));
        assert!(last.is_none_or(|last| lease.fence > last.fence), "the fence grows all the same");
        assert_eq!(stage.finish(&job, lease, Outcome::HandBack { delay_ms: 0 }).await, Finished::Written);
        last = Some(lease);
    }
    assert_eq!(stage.state(id).await, State::Ready);
}
