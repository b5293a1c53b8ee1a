//! Promises about `finish`: one finish an attempt, by the holder of the lease.

use banto_core::{Cause, Job, Lease, Outcome, Park, State, Verdict, lease::LEASE_MS};

use super::{
    Stage,
    stage::{START_MS, race},
};
use crate::{Fault, Finish, Finished, Order, Prune, Select};

/// What a job's listing should show after a verdict.
struct After {
    outcome: Outcome,
    state: State,
    attempt: u16,
    error: Option<&'static str>,
}

fn table() -> Vec<After> {
    let after = |outcome, state, attempt, error| After { outcome, state, attempt, error };
    vec![
        after(Outcome::Done, State::Done, 1, None),
        after(Outcome::Retry { error: "e".into(), delay_ms: Some(700) }, State::Scheduled, 1, Some("e")),
        after(Outcome::Snooze { delay_ms: 700, reason: "s".into() }, State::Scheduled, 0, Some("s")),
        after(Outcome::Cancel { reason: "c".into() }, State::Cancelled, 1, Some("c")),
        after(Outcome::Dead { error: "d".into() }, State::Dead, 1, Some("d")),
        after(Outcome::TooLate { error: "l".into() }, State::Dead, 0, Some("l")),
        after(Outcome::Park(park()), State::Parked, 0, Some("version 3")),
        after(Outcome::HandBack { delay_ms: 0 }, State::Ready, 0, None),
        after(Outcome::HandBack { delay_ms: 700 }, State::Scheduled, 0, None),
        after(Outcome::Crashed { error: "x".into() }, State::Ready, 0, Some("x")),
    ]
}

fn park() -> Park {
    Park { cause: Cause::NewerVersion, text: "version 3".into(), build: "b1".into() }
}

/// No finish is no call.
pub async fn an_empty_batch_is_fine(stage: Stage) {
    assert_eq!(stage.store.finish(Vec::new()).await.unwrap(), []);
}

/// The job becomes what the verdict says, and nothing else of it changes.
pub async fn each_verdict_is_written_as_it_stands(stage: Stage) {
    for After { outcome, state, attempt, error } in table() {
        let (before, lease) = stage.running().await;
        stage.clock.pass(50);
        let now = stage.clock_ms();
        assert_eq!(stage.finish(&before, lease, outcome.clone()).await, Finished::Written, "{outcome:?}");
        let rests = if state == State::Scheduled { 700 } else { 0 };
        let expected = Job {
            state,
            attempt,
            crashes: u16::from(matches!(outcome, Outcome::Crashed { .. })),
            run_at: if state == State::Scheduled { now + rests } else { before.run_at },
            finished_at: state.ended().then_some(now),
            error: error.map(str::to_owned),
            park: (state == State::Parked).then(park),
            ..before.clone()
        };
        assert_eq!(stage.see(before.id).await, expected, "{outcome:?}");
        stage.steer(Order::Cancel(Select::ids([before.id]))).await;
    }
}

/// What is handed back at once comes before all that came after it.
pub async fn what_is_handed_back_keeps_its_place(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.clock.pass(50);
    let later = stage.one().await;
    stage.clock.pass(50);
    stage.finish(&job, lease, Outcome::HandBack { delay_ms: 0 }).await;
    let claimed: Vec<_> = stage.claim(2).await.into_iter().map(|(job, _)| job.id).collect();
    assert_eq!(claimed, [job.id, later]);
}

/// What rests is given when its time has come, with its attempts as they were counted.
pub async fn a_retry_is_given_after_its_wait(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.finish(&job, lease, Outcome::Retry { error: "e".into(), delay_ms: Some(5_000) }).await;
    stage.clock.pass(4_999);
    assert!(stage.claim(1).await.is_empty());
    stage.clock.pass(1);
    let (job, lease) = stage.claim_one().await;
    assert_eq!((job.attempt, job.fence, lease.fence), (2, 2, 2));
}

/// A lost answer is asked for again: the same answer, and nothing happens twice.
pub async fn a_repeated_finish_is_written_once(stage: Stage) {
    for After { outcome, .. } in table() {
        let (job, lease) = stage.running().await;
        let finish = stage.verdict(&job, lease, outcome.clone());
        assert_eq!(stage.store.finish(vec![finish.clone()]).await.unwrap(), [Finished::Written]);
        let card = stage.card(job.id).await;
        stage.clock.pass(10);
        assert_eq!(
            stage.store.finish(vec![finish.clone(), finish]).await.unwrap(),
            [Finished::Written; 2],
            "{outcome:?}"
        );
        assert_eq!(stage.card(job.id).await, card, "{outcome:?}");
        stage.steer(Order::Cancel(Select::ids([job.id]))).await;
    }
    assert_eq!(stage.store.tally().await.unwrap().late, 0);
}

/// Two verdicts on one run in one batch: the first that may is written, and a repetition of it is no second.
pub async fn of_two_verdicts_in_one_batch_the_first_is_written(stage: Stage) {
    for outcome in [Outcome::Done, Outcome::Retry { error: "e".into(), delay_ms: Some(700) }] {
        let (job, lease) = stage.running().await;
        let finish = stage.verdict(&job, lease, outcome.clone());
        let forged = Finish { lease: Lease { token: lease.token ^ 1, ..lease }, ..finish.clone() };
        let other = stage.verdict(&job, lease, Outcome::Dead { error: "d".into() });
        let answers = stage.store.finish(vec![forged, finish.clone(), finish, other]).await.unwrap();
        assert_eq!(answers, [Finished::Late, Finished::Written, Finished::Written, Finished::Written], "{outcome:?}");
        let state = if outcome == Outcome::Done { State::Done } else { State::Scheduled };
        assert_eq!(stage.see(job.id).await.state, state, "{outcome:?}");
        stage.steer(Order::Cancel(Select::ids([job.id]))).await;
    }
    assert_eq!(stage.store.tally().await.unwrap().late, 2);
}

/// A repetition that comes when the job already runs again touches that run in nothing.
pub async fn a_repeated_finish_leaves_the_next_run_alone(stage: Stage) {
    let (job, lease) = stage.running().await;
    let finish = stage.verdict(&job, lease, Outcome::HandBack { delay_ms: 0 });
    stage.store.finish(vec![finish.clone()]).await.unwrap();
    let (second, held) = stage.claim_one().await;
    assert_eq!(stage.store.finish(vec![finish]).await.unwrap(), [Finished::Written]);
    assert_eq!(stage.see(job.id).await, second);
    assert_eq!(stage.finish(&second, held, Outcome::Done).await, Finished::Written);
}

async fn refuses(stage: &Stage, forged: Lease, job: &Job) {
    let before = stage.store.tally().await.unwrap().late;
    assert_eq!(stage.finish(job, forged, Outcome::Done).await, Finished::Late);
    assert_eq!(stage.see(job.id).await, *job, "nothing was changed");
    assert_eq!(stage.store.tally().await.unwrap().late, before + 1, "the refusal is counted");
}

/// The fence of an earlier claim, or of none, finishes nothing.
pub async fn a_stale_fence_is_late(stage: Stage) {
    let (job, first) = stage.running().await;
    stage.clock.pass(LEASE_MS);
    stage.rescue(&job, first).await;
    let (job, held) = stage.claim_one().await;
    for fence in [first.fence, 0, held.fence + 1] {
        refuses(&stage, Lease { fence, ..held }, &job).await;
    }
    assert_eq!(stage.finish(&job, held, Outcome::Done).await, Finished::Written);
}

/// The right fence with another token finishes nothing.
pub async fn a_stale_token_is_late(stage: Stage) {
    let (job, lease) = stage.running().await;
    for token in [0, lease.token ^ 1, !lease.token, u64::MAX] {
        refuses(&stage, Lease { token, ..lease }, &job).await;
    }
    assert_eq!(stage.finish(&job, lease, Outcome::Done).await, Finished::Written);
}

/// A lease is for one job.
pub async fn another_jobs_lease_is_late(stage: Stage) {
    stage.enqueue_all([stage.job(), stage.job()]).await;
    let jobs = stage.claim(2).await;
    refuses(&stage, Lease { job: jobs[0].0.id, ..jobs[1].1 }, &jobs[0].0).await;
    refuses(&stage, Lease { job: jobs[1].0.id, ..jobs[0].1 }, &jobs[1].0).await;
}

/// What is not listed cannot be finished.
pub async fn an_unknown_job_is_late(stage: Stage) {
    let (job, lease) = stage.running().await;
    let unknown = Lease { job: stage.id(), ..lease };
    assert_eq!(stage.finish(&job, unknown, Outcome::Done).await, Finished::Late);
    assert_eq!(stage.store.tally().await.unwrap().late, 1);
}

/// What was never claimed cannot be finished.
pub async fn a_waiting_job_is_late(stage: Stage) {
    let id = stage.one().await;
    let job = stage.see(id).await;
    refuses(&stage, Lease { job: id, fence: 0, token: 0 }, &job).await;
}

/// A7: a frozen worker that wakes after another has taken its job over is refused, and the other finishes.
pub async fn a7_a_frozen_worker_is_refused(stage: Stage) {
    let (job, frozen) = stage.running().await;
    stage.clock.pass(40_000);
    stage.rescue(&job, frozen).await;
    let (again, held) = stage.claim_one().await;
    refuses(&stage, frozen, &again).await;
    assert_eq!(stage.finish(&again, held, Outcome::Done).await, Finished::Written);
    let done = stage.see(job.id).await;
    refuses(&stage, frozen, &done).await;
}

/// After the rescue and before the next claim the old holder is late too, though its fence is still the job's.
pub async fn a_finish_after_the_rescue_is_late(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.clock.pass(LEASE_MS);
    assert_eq!(stage.rescue(&job, lease).await, Finished::Written);
    let rescued = stage.see(job.id).await;
    refuses(&stage, lease, &rescued).await;
}

/// Over is not taken: who finishes before the rescuer comes, has finished.
pub async fn a_finish_before_the_rescue_is_written(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.clock.pass(LEASE_MS * 10);
    assert_eq!(stage.finish(&job, lease, Outcome::Done).await, Finished::Written);
    assert_eq!(stage.rescue(&job, lease).await, Finished::Late);
    assert_eq!(stage.state(job.id).await, State::Done);
}

/// A wish to stop does not take the lease: who is done first, is done.
pub async fn a_finish_after_a_wish_to_stop_is_written(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.steer(Order::Cancel(Select::ids([job.id]))).await;
    assert_eq!(stage.finish(&job, lease, Outcome::Done).await, Finished::Written);
    let job = stage.see(job.id).await;
    assert_eq!((job.state, job.cancel_asked), (State::Done, true));
}

/// A job that was deleted is late, and does not come back.
pub async fn a_finish_of_a_pruned_job_is_late(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.finish(&job, lease, Outcome::Done).await;
    stage.store.prune(Prune { done_ms: 0, ..Prune::default() }).await.unwrap();
    assert_eq!(stage.finish(&job, lease, Outcome::Done).await, Finished::Late);
    assert!(!stage.listed(job.id).await);
}

/// One late finish in a batch spoils no other; answers come in order.
pub async fn one_late_finish_spoils_no_other(stage: Stage) {
    stage.enqueue_all((0..4).map(|_| stage.job())).await;
    let jobs = stage.claim(4).await;
    let finishes = jobs.iter().enumerate().map(|(number, (job, lease))| {
        let lease = if number == 2 { Lease { token: lease.token ^ 1, ..*lease } } else { *lease };
        stage.verdict(job, lease, Outcome::Done)
    });
    let answers = stage.store.finish(finishes.rev().collect()).await.unwrap();
    use Finished::{Late, Written};
    assert_eq!(answers, [Written, Late, Written, Written]);
    assert_eq!(
        stage.list(Select::states([State::Running])).await.iter().map(|job| job.id).collect::<Vec<_>>(),
        [jobs[2].0.id]
    );
}

/// Many send the same finish at once: it is written once, and all are told so.
pub async fn one_finish_raced_by_eight_is_written_once(stage: Stage) {
    let (job, lease) = stage.running().await;
    let finish = stage.verdict(&job, lease, Outcome::Retry { error: "e".into(), delay_ms: None });
    let answers = race(&stage, 8, |store, _| {
        let finish = finish.clone();
        async move { store.finish(vec![finish]).await.unwrap()[0] }
    })
    .await;
    assert_eq!(answers, [Finished::Written; 8]);
    let card = stage.card(job.id).await;
    assert_eq!((card.job.attempt, card.trail.len()), (1, 1));
}

/// What went wrong, attempt by attempt, is in the trail, with the outcome's word.
pub async fn a_trail_tells_what_went_wrong(stage: Stage) {
    stage.one().await;
    for error in ["first", "second"] {
        let (job, lease) = stage.claim_one().await;
        stage.finish(&job, lease, Outcome::Retry { error: error.into(), delay_ms: Some(100) }).await;
        stage.clock.pass(100);
    }
    let (job, lease) = stage.claim_one().await;
    stage.finish(&job, lease, Outcome::Done).await;
    let trail = stage.card(job.id).await.trail;
    let told: Vec<_> =
        trail.iter().map(|line| (line.at - START_MS, line.fence, line.word.as_str(), line.text.as_str())).collect();
    assert_eq!(told, [(0, 1, "retry", "first"), (100, 2, "retry", "second")]);
}

/// What was last said of a run that did not end well stays when another ends well.
pub async fn a_good_end_leaves_the_last_error(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.finish(&job, lease, Outcome::Retry { error: "lamp out".into(), delay_ms: Some(1) }).await;
    stage.clock.pass(1);
    let (job, lease) = stage.claim_one().await;
    stage.finish(&job, lease, Outcome::Done).await;
    assert_eq!(stage.see(job.id).await.error.as_deref(), Some("lamp out"));
}

/// A verdict ends a run: none goes on running.
pub async fn a_verdict_that_goes_on_running_is_refused(stage: Stage) {
    stage.enqueue_all([stage.job(), stage.job()]).await;
    let jobs = stage.claim(2).await;
    let good = stage.verdict(&jobs[0].0, jobs[0].1, Outcome::Done);
    let verdict = Verdict { to: State::Running, ..good.verdict.clone() };
    let refused = stage.store.finish(vec![good, Finish { lease: jobs[1].1, verdict }]).await.unwrap_err();
    assert!(matches!(refused.fault(), Fault::Refused(_)), "{refused}");
    assert_eq!(stage.list(Select::states([State::Running])).await.len(), 2, "nothing was written");
}
