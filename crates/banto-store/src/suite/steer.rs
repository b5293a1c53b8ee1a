//! Promises about `steer`: what an operator orders happens, is counted, and is written down.

use banto_core::{
    Cause, Due, Hold, JobId, NewJob, Options, Outcome, Park, State,
    state::{Move, allowed},
};

use super::{
    Stage,
    stage::{START_MS, label, name, queue},
};
use crate::{Fault, Order, Select, Steer, Steered};

fn dead() -> Outcome {
    Outcome::Dead { error: "no".into() }
}

fn park() -> Outcome {
    Outcome::Park(Park { cause: Cause::Missing, text: "key".into(), build: "b1".into() })
}

fn one(id: JobId) -> Steered {
    Steered { count: 1, asked: 0, held: 0, sample: vec![id] }
}

async fn scheduled(stage: &Stage) -> JobId {
    stage.enqueue(NewJob { due: Due::In(60_000), ..stage.job() }).await.id
}

/// One job in each state, in the order of `State::ALL`.
async fn one_of_each(stage: &Stage) -> [JobId; 7] {
    let done = stage.ended(Outcome::Done).await;
    let dead = stage.ended(dead()).await;
    let cancelled = stage.ended(Outcome::Cancel { reason: "r".into() }).await;
    let parked = stage.ended(park()).await;
    let (running, _) = stage.running().await;
    [scheduled(stage).await, stage.one().await, running.id, parked, done, dead, cancelled]
}

async fn states(stage: &Stage, ids: &[JobId]) -> Vec<State> {
    let mut states = Vec::new();
    for id in ids {
        states.push(stage.state(*id).await);
    }
    states
}

/// Waiting and parked jobs are cancelled at once; what has ended stays as it ended; what runs is asked.
pub async fn cancel_takes_what_has_not_ended(stage: Stage) {
    let ids = one_of_each(&stage).await;
    let steered = stage.steer(Order::Cancel(Select::default())).await;
    assert_eq!((steered.count, steered.asked, steered.held), (3, 1, 0));
    use State::{Cancelled, Dead, Done, Running};
    assert_eq!(states(&stage, &ids).await, [Cancelled, Cancelled, Running, Cancelled, Done, Dead, Cancelled]);
    assert!(stage.claim(10).await.is_empty());
    let parked = stage.see(ids[3]).await;
    assert_eq!((parked.park, parked.finished_at, parked.cancel_asked), (None, Some(stage.clock_ms()), false));
    assert!(stage.see(ids[2]).await.cancel_asked, "the running one was asked");
}

/// Repeating an order finds nothing left to do.
pub async fn a_repeated_order_finds_nothing(stage: Stage) {
    one_of_each(&stage).await;
    stage.pause(&queue()).await;
    for order in orders() {
        stage.steer(order.clone()).await;
        assert_eq!(stage.steer(order.clone()).await, Steered::default(), "{order:?}");
    }
}

/// Every order there is, on everything it applies to.
fn orders() -> Vec<Order> {
    vec![
        Order::Release(Select::default()),
        Order::Retry(Select::default()),
        Order::Cancel(Select::default()),
        Order::Forget(Select::default()),
        Order::Pause { queue: name("slow"), reason: "r".into(), until: None },
        Order::Resume { queue: queue() },
        Order::Restart,
    ]
}

/// Whatever is ordered, a job goes only where the table of moves allows.
pub async fn orders_keep_to_the_table_of_moves(stage: Stage) {
    for order in orders() {
        let ids = one_of_each(&stage).await;
        let before = states(&stage, &ids).await;
        assert_eq!(before, State::ALL);
        stage.steer(order.clone()).await;
        for (id, from) in ids.into_iter().zip(before) {
            // What was forgotten goes nowhere.
            let to = stage.store.job(id).await.unwrap().map_or(from, |card| card.job.state);
            assert!(to == from || allowed(from, Move::Steer, to), "{order:?}: {from} to {to}");
        }
        stage.steer(Order::Resume { queue: queue() }).await;
        stage.steer(Order::Cancel(Select::states([State::Ready, State::Scheduled, State::Parked]))).await;
        stage.steer(Order::Forget(Select::default())).await;
    }
}

/// A preview counts what the order would do, and does nothing of it.
pub async fn a_preview_counts_and_changes_nothing(stage: Stage) {
    one_of_each(&stage).await;
    stage.pause(&queue()).await;
    stage.store.beat(super::instance::an_instance(1)).await.unwrap();
    for order in orders() {
        let before = stage.everything().await;
        let preview = stage.preview(order.clone()).await;
        assert_eq!(stage.everything().await, before, "{order:?}");
        assert!(preview.count > 0, "{order:?} has something to do");
        assert_eq!(stage.steer(order.clone()).await, preview, "{order:?} does what its preview said");
    }
}

/// A job that runs hears of a wish to stop, and is still its holder's to finish.
pub async fn cancel_asks_what_runs_once(stage: Stage) {
    let (job, _) = stage.running().await;
    let select = || Select::ids([job.id]);
    let asked = Steered { count: 0, asked: 1, held: 0, sample: vec![job.id] };
    assert_eq!(stage.steer(Order::Cancel(select())).await, asked);
    assert_eq!(stage.steer(Order::Cancel(select())).await, Steered::default());
    assert_eq!(stage.state(job.id).await, State::Running);
    assert!(stage.see(job.id).await.cancel_asked);
}

/// What had ended badly begins anew: attempts and crashes at nought, due now, its past in the trail.
pub async fn retry_begins_anew(stage: Stage) {
    for outcome in [dead(), Outcome::Cancel { reason: "no".into() }] {
        let id = stage.ended(outcome).await;
        stage.clock.pass(5_000);
        assert_eq!(stage.steer(Order::Retry(Select::ids([id]))).await, one(id));
        let job = stage.see(id).await;
        assert_eq!((job.state, job.attempt, job.crashes, job.fence), (State::Ready, 0, 0, 1));
        assert_eq!((job.run_at, job.finished_at, job.cancel_asked), (stage.clock_ms(), None, false));
        assert_eq!(job.error.as_deref(), Some("no"));
        let (again, lease) = stage.claim_one().await;
        assert_eq!((again.attempt, lease.fence), (1, 2), "the fence goes on");
        stage.finish(&again, lease, Outcome::Done).await;
    }
}

/// An operator who retries a job whose time is over means it; one whose time still runs keeps it. It is the same job
/// else, and its row is whole.
pub async fn retry_lifts_a_time_that_is_over(stage: Stage) {
    let until =
        |ms| Options { retry_until: Some(stage.clock_ms() + ms), tags: vec![label("vip")], ..Options::default() };
    let over = NewJob { options: until(1_000), ..stage.keyed("k", Hold::Done) };
    let runs = NewJob { options: until(90_000), ..stage.job() };
    stage.enqueue_all([over.clone(), runs.clone()]).await;
    for (job, lease) in stage.claim(2).await {
        stage.finish(&job, lease, dead()).await;
    }
    stage.clock.pass(5_000);
    assert_eq!(stage.steer(Order::Retry(Select::default())).await.count, 2);
    for (job, lease) in stage.claim(2).await {
        let (new, left) = if job.id == over.id { (&over, None) } else { (&runs, runs.options.retry_until) };
        assert_eq!((&job.payload, &job.unique, job.attempt), (&new.payload, &new.unique, 1));
        assert_eq!(job.options, Options { retry_until: left, ..new.options.clone() });
        stage.finish(&job, lease, Outcome::Done).await;
    }
}

/// A scheduled job runs now, and its attempts stay as they were counted.
pub async fn retry_runs_a_scheduled_job_now(stage: Stage) {
    let (job, lease) = stage.running().await;
    stage.finish(&job, lease, Outcome::Retry { error: "e".into(), delay_ms: Some(60_000) }).await;
    let waits = scheduled(&stage).await;
    assert_eq!(stage.steer(Order::Retry(Select::states([State::Scheduled]))).await.count, 2);
    let jobs = stage.claim(10).await;
    assert_eq!(jobs.iter().map(|(job, _)| (job.id, job.attempt)).collect::<Vec<_>>(), [(job.id, 2), (waits, 1)]);
}

/// What is done stays done; what runs, waits or is parked is not for retry.
pub async fn retry_leaves_the_rest(stage: Stage) {
    let ids = one_of_each(&stage).await;
    assert_eq!(stage.steer(Order::Retry(Select::default())).await.count, 3);
    use State::{Done, Parked, Ready, Running};
    assert_eq!(states(&stage, &ids).await, [Ready, Ready, Running, Parked, Done, Ready, Ready]);
}

/// A job whose key another holds by now is left as it is and counted apart.
pub async fn retry_leaves_a_job_whose_key_is_held(stage: Stage) {
    for hold in [Hold::Queued, Hold::Done, Hold::Remember(1_000)] {
        let old = stage.enqueue(stage.keyed("k", hold)).await.id;
        stage.steer(Order::Cancel(Select::ids([old]))).await;
        stage.clock.pass(1_000);
        let new = stage.enqueue(stage.keyed("k", Hold::Done)).await;
        assert!(new.fresh, "{hold:?}");
        let before = stage.card(old).await;
        let held = Steered { held: 1, ..Steered::default() };
        assert_eq!(stage.preview(Order::Retry(Select::ids([old]))).await, held, "{hold:?}");
        assert_eq!(stage.steer(Order::Retry(Select::ids([old]))).await, held, "{hold:?}");
        assert_eq!(stage.card(old).await, before, "{hold:?}");
        stage.steer(Order::Cancel(Select::ids([new.id]))).await;
        assert_eq!(stage.steer(Order::Retry(Select::ids([old]))).await, one(old), "{hold:?}: the key is free again");
        stage.steer(Order::Cancel(Select::ids([old]))).await;
        stage.clock.pass(1_000);
    }
}

/// A job that begins anew holds its key as at first.
pub async fn retry_takes_the_key_again(stage: Stage) {
    for hold in [Hold::Queued, Hold::Done, Hold::Remember(1_000)] {
        let id = stage.enqueue(stage.keyed("k", hold)).await.id;
        stage.steer(Order::Cancel(Select::ids([id]))).await;
        stage.steer(Order::Retry(Select::ids([id]))).await;
        stage.clock.pass(5_000);
        let answer = stage.enqueue(stage.keyed("k", hold)).await;
        assert_eq!((answer.id, answer.fresh), (id, false), "{hold:?}");
        stage.steer(Order::Cancel(Select::ids([id]))).await;
        stage.clock.pass(1_000);
    }
}

/// Of two dead jobs with one key the older begins anew, and the other is left.
pub async fn retry_gives_one_key_to_one_job(stage: Stage) {
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(stage.enqueue(stage.keyed("k", Hold::Done)).await.id);
        stage.steer(Order::Cancel(Select::default())).await;
    }
    let expected = Steered { held: 1, ..one(ids[0]) };
    assert_eq!(stage.preview(Order::Retry(Select::default())).await, expected);
    assert_eq!(stage.store.holder(label("k")).await.unwrap(), None, "a preview takes no key");
    assert_eq!(stage.steer(Order::Retry(Select::default())).await, expected);
    assert_eq!(states(&stage, &ids).await, [State::Ready, State::Cancelled]);
}

/// A job that waits runs now, whoever has the key it let go of: only what had ended needs it again.
pub async fn retry_of_a_waiting_job_asks_for_no_key(stage: Stage) {
    stage.enqueue(stage.keyed("k", Hold::Queued)).await;
    let (job, lease) = stage.claim_one().await;
    stage.finish(&job, lease, Outcome::Retry { error: "e".into(), delay_ms: Some(60_000) }).await;
    stage.enqueue_all([stage.keyed("k", Hold::Queued)]).await;
    assert_eq!(stage.steer(Order::Retry(Select::states([State::Scheduled]))).await, one(job.id));
}

/// Parked jobs become ready, due now, and no longer say why they were parked.
pub async fn release_makes_parked_jobs_ready(stage: Stage) {
    let ids = one_of_each(&stage).await;
    stage.clock.pass(700);
    let wrong = Select { cause: Some(Cause::Damaged), ..Select::default() };
    assert_eq!(stage.steer(Order::Release(wrong)).await, Steered::default());
    let right = Select { cause: Some(Cause::Missing), ..Select::default() };
    assert_eq!(stage.steer(Order::Release(right)).await, one(ids[3]));
    let job = stage.see(ids[3]).await;
    assert_eq!((job.state, job.park, job.run_at, job.attempt), (State::Ready, None, stage.clock_ms(), 0));
    assert_eq!(stage.claim(10).await.len(), 2);
}

/// Only what has ended is deleted, with its trail, and it is counted as removed.
pub async fn forget_deletes_what_has_ended(stage: Stage) {
    let ids = one_of_each(&stage).await;
    let steered = stage.steer(Order::Forget(Select::default())).await;
    assert_eq!((steered.count, steered.asked, steered.held), (3, 0, 0));
    for (number, id) in ids.into_iter().enumerate() {
        assert_eq!(stage.listed(id).await, number < 4, "number {number}");
    }
    assert_eq!(stage.store.tally().await.unwrap().removed, 3);
}

/// `flush`: dead jobs only, of one queue only.
pub async fn forget_keeps_to_its_selection(stage: Stage) {
    let ids = one_of_each(&stage).await;
    let other = stage.enqueue(NewJob { queue: name("other"), ..stage.job() }).await.id;
    stage.steer(Order::Cancel(Select::ids([other]))).await;
    let select = Select { queue: Some(queue()), states: vec![State::Dead], ..Select::default() };
    assert_eq!(stage.steer(Order::Forget(select)).await, one(ids[5]));
    for id in ids.into_iter().filter(|id| *id != ids[5]).chain([other]) {
        assert!(stage.listed(id).await);
    }
}

/// An order takes as many as it says, the oldest first, and shows the first twenty.
pub async fn an_order_takes_the_oldest_up_to_its_limit(stage: Stage) {
    let ids = stage.enqueue_all((0..40).map(|_| stage.job())).await;
    let select = Select { limit: 30, ..Select::default() };
    let steered = stage.steer(Order::Cancel(select)).await;
    assert_eq!((steered.count, steered.sample.as_slice()), (30, &ids[..20]));
    assert_eq!(stage.list(Select::states([State::Ready])).await.len(), 10);
    assert_eq!(stage.state(ids[29]).await, State::Cancelled);
    assert_eq!(stage.state(ids[30]).await, State::Ready);
}

/// `clear`: more jobs than a page holds are one order.
pub async fn an_order_is_not_bounded_by_a_page(stage: Stage) {
    stage.enqueue_all((0..1_200).map(|_| stage.job())).await;
    assert_eq!(stage.preview(Order::Cancel(Select::default())).await.count, 1_200);
    assert_eq!(stage.steer(Order::Cancel(Select::default())).await.count, 1_200);
    assert!(stage.claim(1).await.is_empty());
}

/// Who ordered what is in the job's trail.
pub async fn an_order_is_written_into_the_trail(stage: Stage) {
    let id = stage.ended(park()).await;
    let select = || Select::ids([id]);
    for order in [Order::Release(select()), Order::Cancel(select()), Order::Retry(select())] {
        stage.clock.pass(10);
        stage.steer(order).await;
    }
    stage.claim_one().await;
    stage.clock.pass(10);
    stage.steer(Order::Cancel(select())).await;
    let trail = stage.card(id).await.trail;
    let told: Vec<_> =
        trail.iter().map(|line| (line.at - START_MS, line.fence, line.word.as_str(), line.text.as_str())).collect();
    assert_eq!(
        told,
        [
            (0, 1, "park", "key"),
            (10, 1, "release", "ann"),
            (20, 1, "cancel", "ann"),
            (30, 1, "retry", "ann"),
            (40, 2, "cancel", "ann")
        ]
    );
}

/// A name of up to 255 bytes is kept as it is; a longer one is refused, and nothing is done.
pub async fn who_orders_is_bounded(stage: Stage) {
    let id = stage.one().await;
    let order = |by: String| Steer { order: Order::Cancel(Select::default()), by, preview: false };
    let refused = stage.store.steer(order("x".repeat(256))).await.unwrap_err();
    assert!(matches!(refused.fault(), Fault::Refused(_)), "{refused}");
    assert_eq!(stage.state(id).await, State::Ready);
    let by = "番".repeat(85);
    stage.store.steer(order(by.clone())).await.unwrap();
    assert_eq!(stage.card(id).await.trail[0].text, by);
}

/// A pause says by whom, why, since when and until when; another reason or end takes its place.
pub async fn a_pause_is_shown_with_its_reason(stage: Stage) {
    let pause = |reason: &str, until| Order::Pause { queue: queue(), reason: reason.into(), until };
    let shown = async || stage.store.queues().await.unwrap().remove(0).pause.unwrap();
    assert_eq!(stage.steer(pause("deploy", None)).await, Steered { count: 1, ..Steered::default() });
    let first = shown().await;
    assert_eq!((first.by.as_str(), first.reason.as_str(), first.at, first.until), ("ann", "deploy", START_MS, None));
    stage.clock.pass(1_000);
    assert_eq!(stage.steer(pause("deploy", None)).await.count, 0);
    assert_eq!(shown().await, first, "the same again changes nothing");
    let until = Some(START_MS + 60_000);
    assert_eq!(stage.steer(pause("deploy", until)).await.count, 1);
    assert_eq!((shown().await.at, shown().await.until), (START_MS + 1_000, until));
    assert_eq!(stage.steer(pause("incident", until)).await.count, 1);
    assert_eq!(shown().await.reason, "incident");
}

/// Resume ends a pause; a queue that is not paused, or no longer, needs none.
pub async fn resume_ends_a_pause(stage: Stage) {
    let resume = || Order::Resume { queue: queue() };
    assert_eq!(stage.steer(resume()).await.count, 0);
    stage.pause(&queue()).await;
    assert_eq!(stage.steer(resume()).await.count, 1);
    assert_eq!(stage.steer(resume()).await.count, 0);
    assert!(stage.store.queues().await.unwrap().is_empty(), "no job, no pause, no queue");
    let until = Some(START_MS + 5_000);
    stage.steer(Order::Pause { queue: queue(), reason: "r".into(), until }).await;
    stage.clock.pass(5_000);
    assert!(stage.store.queues().await.unwrap().is_empty(), "a pause that is over is not shown");
    assert_eq!(stage.steer(resume()).await.count, 0);
}

/// Another process sees a pause as well.
pub async fn a_pause_holds_for_every_process(stage: Stage) {
    let other = stage.again().await;
    stage.one().await;
    stage.pause(&queue()).await;
    assert!(other.claim(super::stage::asks(1)).await.unwrap().jobs.is_empty());
}
