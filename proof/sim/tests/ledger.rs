//! The ledger says of each thing that must not be that it is not: a judge that nobody has seen to judge proves nothing.

#![expect(clippy::unwrap_used, reason = "what the tests stand on is test code too")]

use banto_core::{Hold, Ids, InstanceId, Job, JobId, Label, Lease, Name, NewJob, Payload, State, Unique, Verdict};
use banto_sim::ledger::{Ledger, Now};
use banto_store::{Claim, Claimed, Enqueued, Finish, Finished, Renewed, faulty::Verb};
use tokio_util::sync::CancellationToken;

const NOW: Now = Now { wall: 1_000_000, steady: 1_000_000, age: 0 };

fn after(ms: u64) -> Now {
    Now { wall: NOW.wall + i64::try_from(ms).unwrap(), steady: NOW.steady + ms, age: ms }
}

/// A job as the store would list it.
fn job(number: u64, state: State) -> Job {
    let id = Ids::new(number).make(0);
    let (kind, queue) = (Name::new("play").unwrap(), Name::new("front").unwrap());
    let claims = u16::from(state != State::Ready);
    let new = NewJob::new(id, kind, queue, Payload::parse("{}").unwrap()).accepted(0);
    Job { state, attempt: claims, fence: claims.into(), finished_at: state.ended().then_some(0), ..new }
}

fn lease(id: JobId, fence: u32) -> Lease {
    Lease { job: id, fence, token: u64::from(fence) }
}

fn claim(ledger: &mut Ledger, job: &Job, fence: u32, now: &Now) {
    let queues = vec![job.queue.clone()];
    let claim = Claim { instance: InstanceId(1), queues, limit: 1, lease_ms: 10_000, adopt: Vec::new() };
    let job = Job { state: State::Running, fence, attempt: job.attempt + 1, ..job.clone() };
    let claimed = Claimed { jobs: vec![(job.clone(), lease(job.id, fence))], ..Claimed::default() };
    ledger.claimed(1, &claim, &claimed, now);
    ledger.listed(Verb::Claim, vec![job], now);
}

fn verdict(to: State, word: &'static str, attempt: u16) -> Verdict {
    Verdict { to, delay_ms: 0, attempt, crashes: 0, word, error: None, park: None }
}

/// A ledger with one worker and one job that runs.
fn running() -> (Ledger, Job) {
    let mut ledger = Ledger::default();
    assert_eq!(ledger.started(&NOW), 1);
    let job = job(1, State::Ready);
    ledger.listed(Verb::Enqueue, vec![job.clone()], &NOW);
    claim(&mut ledger, &job, 1, &NOW);
    assert_eq!(ledger.broken, Vec::<String>::new());
    (ledger, job)
}

fn says(ledger: &Ledger, what: &str) {
    assert!(ledger.broken.iter().any(|said| said.contains(what)), "{:?} does not say {what}", ledger.broken);
}

#[test]
fn a_second_lease_is_seen() {
    let (mut ledger, job) = running();
    claim(&mut ledger, &job, 2, &NOW);
    says(&ledger, "another lease on it lives");
}

#[test]
fn a_fence_that_jumps_is_seen() {
    let mut ledger = Ledger::default();
    let job = job(1, State::Ready);
    ledger.listed(Verb::Enqueue, vec![job.clone()], &NOW);
    claim(&mut ledger, &job, 2, &NOW);
    says(&ledger, "its fence does not grow by one");
}

#[test]
fn a_claim_before_the_time_or_from_a_paused_queue_is_seen() {
    let mut ledger = Ledger::default();
    let job = Job { run_at: NOW.wall + 1, ..job(1, State::Scheduled) };
    let job = Job { attempt: 0, fence: 0, ..job };
    ledger.listed(Verb::Enqueue, vec![job.clone()], &NOW);
    claim(&mut ledger, &job, 1, &NOW);
    says(&ledger, "before it is due");
}

#[test]
fn a_finish_under_a_lease_that_does_not_hold_is_seen() {
    let (mut ledger, job) = running();
    let finish =
        |fence, word, attempt| Finish { lease: lease(job.id, fence), verdict: verdict(State::Done, word, attempt) };
    ledger.finished(1, &[finish(7, "done", 1)], &[Finished::Written], &NOW);
    says(&ledger, "written under fence 7, whose lease does not hold");
    ledger.finished(1, &[finish(1, "done", 1)], &[Finished::Late], &NOW);
    says(&ledger, "refused under fence 1, whose lease holds");
    ledger.finished(1, &[finish(1, "done", 1)], &[Finished::Written], &NOW);
    says(&ledger, "its run did not end well");
}

#[test]
fn a_finish_that_is_repeated_is_no_fault() {
    let (mut ledger, job) = running();
    ledger.did_well(job.id, 1);
    let finish = [Finish { lease: lease(job.id, 1), verdict: verdict(State::Done, "done", 1) }];
    ledger.finished(1, &finish, &[Finished::Written], &NOW);
    ledger.finished(1, &finish, &[Finished::Written], &NOW);
    assert_eq!(ledger.broken, Vec::<String>::new());
}

/// A worker that was frozen repeats the end whose answer it never heard, long after others had the job.
#[test]
fn a_finish_that_is_repeated_after_a_later_lease_was_rescued_is_no_fault() {
    let (mut ledger, job) = running();
    let again = |fence, word| [Finish { lease: lease(job.id, fence), verdict: verdict(State::Ready, word, 0) }];
    ledger.finished(1, &again(1, "hand_back"), &[Finished::Written], &NOW);
    let ready = Job { fence: 1, ..job };
    ledger.listed(Verb::Finish, vec![ready.clone()], &NOW);
    claim(&mut ledger, &ready, 2, &NOW);
    ledger.rescued(0, &again(2, "hand_back"), &[Finished::Written], &after(11_000));
    ledger.finished(1, &again(1, "hand_back"), &[Finished::Written], &after(12_000));
    assert_eq!(ledger.broken, Vec::<String>::new());
}

#[test]
fn an_attempt_burned_by_a_hand_back_is_seen() {
    let (mut ledger, job) = running();
    let finish = [Finish { lease: lease(job.id, 1), verdict: verdict(State::Ready, "hand_back", 1) }];
    ledger.finished(1, &finish, &[Finished::Written], &NOW);
    says(&ledger, "has attempt 1 after hand_back, 0 is right");
}

#[test]
fn a_rescue_of_a_living_lease_and_a_crash_of_a_healthy_worker_are_seen() {
    let (mut ledger, job) = running();
    ledger.renewed(&[lease(job.id, 1)], 10_000, &[Renewed::Held { cancel_asked: false }], &after(5_000));
    let rescue = [Finish { lease: lease(job.id, 1), verdict: verdict(State::Ready, "crashed", 0) }];
    ledger.rescued(1, &rescue, &[Finished::Written], &after(14_000));
    says(&ledger, "its lease is not over");
    says(&ledger, "counts a crash and its worker is well");
}

#[test]
fn a_lease_that_nobody_rescues_is_seen_if_somebody_could() {
    let (mut ledger, _) = running();
    ledger.overdue(&after(13_900));
    assert_eq!(ledger.broken, Vec::<String>::new());
    ledger.hindered(1, false, &after(12_000));
    ledger.overdue(&after(14_100));
    assert_eq!(ledger.broken, Vec::<String>::new(), "its one worker was hindered");
    ledger.overdue(&after(16_100));
    says(&ledger, "is over for long");
}

#[test]
fn a_renewal_that_is_answered_wrongly_is_seen() {
    let (mut ledger, job) = running();
    ledger.renewed(&[lease(job.id, 9)], 10_000, &[Renewed::Held { cancel_asked: false }], &NOW);
    says(&ledger, "fence: 9");
    let (mut ledger, job) = running();
    ledger.renewed(&[lease(job.id, 1)], 10_000, &[Renewed::Lost], &NOW);
    says(&ledger, "is answered Lost");
}

#[test]
fn a_second_run_beside_a_healthy_one_is_seen() {
    let (mut ledger, job) = running();
    ledger.started(&NOW);
    let told = CancellationToken::new();
    let first = ledger.begins(1, (job.id, 1), told.clone(), &NOW);
    ledger.begins(2, (job.id, 1), CancellationToken::new(), &NOW);
    says(&ledger, "begins beside a healthy run of it: Some((1, 1))");
    ledger.ends(first);
    let (mut ledger, job) = running();
    ledger.begins(1, (job.id, 1), told.clone(), &NOW);
    told.cancel();
    ledger.begins(1, (job.id, 1), CancellationToken::new(), &NOW);
    assert_eq!(ledger.broken, Vec::<String>::new(), "the first was told to stop");
}

#[test]
fn a_job_that_vanishes_or_appears_or_jumps_is_seen() {
    let (mut ledger, _) = running();
    ledger.listed(Verb::Finish, Vec::new(), &NOW);
    says(&ledger, "is gone after Finish");
    ledger.listed(Verb::Renew, vec![job(2, State::Ready)], &NOW);
    says(&ledger, "appears after Renew");
    let (mut ledger, running) = running_listed();
    ledger.listed(Verb::Record, vec![Job { state: State::Done, ..running }], &NOW);
    says(&ledger, "went from running to done by Record");
}

fn running_listed() -> (Ledger, Job) {
    let (ledger, job) = running();
    (ledger, Job { state: State::Running, fence: 1, attempt: 1, ..job })
}

#[test]
fn an_acknowledged_job_that_is_not_listed_is_seen() {
    let mut ledger = Ledger::default();
    let id = Ids::new(3).make(0);
    ledger.acked([id]);
    ledger.listed(Verb::Renew, Vec::new(), &NOW);
    says(&ledger, "was acknowledged and is not listed");
}

#[test]
fn a_key_that_is_given_twice_is_seen() {
    let mut ledger = Ledger::default();
    let keyed = |number| {
        let job = job(number, State::Ready);
        let mut new = NewJob::new(job.id, job.kind.clone(), job.queue.clone(), job.payload.clone());
        new.unique = Some(Unique { key: Label::new("k").unwrap(), hold: Hold::Done });
        (job, new)
    };
    let [(one, first), (two, second)] = [keyed(1), keyed(2)];
    let fresh = |id| Enqueued { id, fresh: true };
    ledger.enqueued(&[first], &[fresh(one.id)], &NOW);
    ledger.listed(Verb::Enqueue, vec![one.clone()], &NOW);
    assert_eq!(ledger.broken, Vec::<String>::new());
    ledger.enqueued(&[second], &[fresh(two.id)], &NOW);
    says(&ledger, "is taken under k");
    ledger.listed(Verb::Enqueue, vec![one, two], &NOW);
    says(&ledger, "a key is held by two jobs");
}

#[test]
fn counts_that_do_not_fit_the_list_are_seen() {
    let (mut ledger, _) = running();
    ledger.counted(&[], &NOW);
    says(&ledger, "0 jobs are counted and 1 are listed");
}

#[test]
fn what_is_still_open_at_the_end_is_said() {
    let (mut ledger, _) = running();
    ledger.all_settled(&NOW);
    says(&ledger, "after the last fault these are open");
}
