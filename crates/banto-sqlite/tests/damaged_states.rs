//! Rows that were damaged where they stood: waiting for their time, running, parked, ended. Whatever the state, they are
//! shown, stop no listing and no order, are never handed out, and can be got rid of.
#![expect(clippy::unwrap_used, reason = "tests")]

mod bench;

use std::collections::BTreeSet;

use banto_core::{Cause, Due, JobId, NewJob, Park, State, Verdict};
use banto_sqlite::{Read, Sqlite, Store};
use banto_store::{Claim, Finish, Finished, Order, Prune, Select, Steer, Steered};
use bench::{Bench, asks, claim, done, ids, job, jobs, name, retry, sound};

/// Changes that could have been made by a disk or by a hand, of every sort that a row is read for.
const CHANGES: [&str; 9] = [
    "payload = '{'",
    "priority = 10",
    "version = 0",
    "attempts_max = -1",
    "options = '{'",
    "key = '', hold = 1",
    "progress = '{'",
    "error = CAST(x'ff' AS TEXT)",
    "enqueued_at = 5",
];

async fn order(store: &Sqlite, order: Order) -> Steered {
    store.steer(Steer { order, by: "ann".into(), preview: false }).await.unwrap()
}

fn verdict(to: State, park: Option<Park>) -> Verdict {
    let error = Some("said".to_owned());
    Verdict { to, delay_ms: 60_000, attempt: 1, crashes: 0, word: "x", error, park }
}

/// A store with one job in that state, and a neighbour that is ready.
async fn stage(bench: &Bench, state: State) -> (Sqlite, JobId) {
    let store = bench.inline();
    let due = if state == State::Scheduled { Due::In(60_000) } else { Due::Now };
    let new = NewJob { due, ..job() };
    store.enqueue([new.clone()].into()).await.unwrap();
    let park = (state == State::Parked).then(|| Park { cause: Cause::Missing, text: "t".into(), build: "b".into() });
    if !matches!(state, State::Scheduled | State::Ready) {
        let running = claim(&store, 1).await.jobs.remove(0);
        let finish = match state {
            State::Running => None,
            State::Done => Some(done(&running)),
            other => Some(Finish { lease: running.1, verdict: verdict(other, park) }),
        };
        if let Some(finish) = finish {
            assert_eq!(store.finish(vec![finish]).await.unwrap(), [Finished::Written]);
        }
    }
    store.enqueue([job()].into()).await.unwrap();
    assert_eq!(store.job(new.id).await.unwrap().unwrap().job.state, state);
    (store, new.id)
}

fn write(bench: &Bench, change: &str, id: JobId) {
    let changed = bench.tool().execute(&format!("UPDATE banto_job SET {change} WHERE id = ?1"), [id.bytes()]);
    assert_eq!(changed.unwrap(), 1, "{change}");
}

#[tokio::test]
async fn a_damaged_row_is_shown_and_never_handed_out_whatever_its_state() {
    for (state, change) in State::ALL.into_iter().flat_map(|state| CHANGES.map(|change| (state, change))) {
        let bench = Bench::new();
        let (store, id) = stage(&bench, state).await;
        write(&bench, change, id);
        let here = format!("{state}: {change}");
        let card = store.job(id).await.unwrap().unwrap();
        assert!(card.raw.is_some_and(|raw| raw.contains("payload = ")), "{here}");
        let ended = matches!(state, State::Dead | State::Cancelled);
        assert_eq!(card.job.state, if ended { state } else { State::Parked }, "{here}");
        assert_eq!(card.job.park.is_some(), !ended, "{here}");
        assert_eq!(store.jobs(Select::default(), None).await.unwrap().jobs.len(), 2, "{here}");
        // Neither by its turn, nor by its time, nor by name.
        bench.clock.pass(120_000);
        let claimed = store.claim(Claim { adopt: vec![id], ..asks(9) }).await.unwrap();
        assert!(claimed.jobs.len() == 1 && claimed.jobs[0].0.id != id, "{here}");
        let released = order(&store, Order::Release(Select::ids([id]))).await;
        let retried = order(&store, Order::Retry(Select::ids([id]))).await;
        assert_eq!((released.count, retried.count, retried.held), (0, 0, 0), "{here}");
        store.finish(claimed.jobs.iter().map(done).collect()).await.unwrap();
        store.queues().await.unwrap();
        store.census().await.unwrap();
    }
}

/// It was shown as parked among all jobs, and missing among the parked, until a claim met it.
#[tokio::test]
async fn a_damaged_row_that_nobody_has_met_yet_is_listed_among_the_parked() {
    for (state, change) in State::ALL.into_iter().flat_map(|state| CHANGES.map(|change| (state, change))) {
        if matches!(state, State::Dead | State::Cancelled) {
            continue; // They are shown as what they ended as.
        }
        let bench = Bench::new();
        let (store, id) = stage(&bench, state).await;
        write(&bench, change, id);
        let here = format!("{state}: {change}");
        let listed = async |select: Select| ids_of(&store.jobs(select, None).await.unwrap().jobs);
        assert_eq!(listed(Select::states([State::Parked])).await, [id], "{here}");
        assert_eq!(listed(Select { cause: Some(Cause::Damaged), ..Select::default() }).await, [id], "{here}");
        let of = Select { queue: Some(name("mail")), limit: 1, ..Select::states([State::Parked]) };
        assert_eq!(listed(of).await, [id], "{here}");
        assert_eq!(listed(Select { cause: Some(Cause::Missing), ..Select::default() }).await, [], "{here}");
        assert_eq!(order(&store, Order::Cancel(Select::states([State::Parked]))).await.sample, [id], "{here}");
    }
}

fn ids_of(jobs: &[banto_core::Job]) -> Vec<JobId> {
    jobs.iter().map(|job| job.id).collect()
}

#[tokio::test]
async fn a_damaged_row_can_be_got_rid_of_whatever_its_state() {
    for (state, change) in State::ALL.into_iter().flat_map(|state| CHANGES.map(|change| (state, change))) {
        let bench = Bench::new();
        let (store, id) = stage(&bench, state).await;
        write(&bench, change, id);
        let here = format!("{state}: {change}");
        let cancelled = order(&store, Order::Cancel(Select::ids([id]))).await;
        let ended = matches!(state, State::Dead | State::Cancelled);
        assert_eq!((cancelled.count, cancelled.asked), (usize::from(!ended), 0), "{here}");
        if !ended {
            sound(&store).await;
        }
        assert_eq!(order(&store, Order::Cancel(Select::ids([id]))).await.count, 0, "{here}: once");
        assert_eq!(order(&store, Order::Forget(Select::ids([id]))).await.count, 1, "{here}");
        assert!(store.job(id).await.unwrap().is_none(), "{here}");
        assert_eq!(store.tally().await.unwrap().removed, 1, "{here}");
        sound(&store).await;
    }
}

#[tokio::test]
async fn a_damaged_row_that_has_ended_is_pruned_in_its_time() {
    for (state, change) in
        [State::Done, State::Dead, State::Cancelled].into_iter().flat_map(|state| CHANGES.map(|change| (state, change)))
    {
        if change.starts_with("version") {
            continue; // It would be counted where no job is; the next that is set aside counts all anew.
        }
        let bench = Bench::new();
        let (store, id) = stage(&bench, state).await;
        write(&bench, change, id);
        let all = Prune { done_ms: 1_000, dead_ms: 1_000, cancelled_ms: 1_000, ..Prune::default() };
        bench.clock.pass(999);
        assert_eq!(store.prune(all).await.unwrap().jobs, 0, "{state}: {change}");
        bench.clock.pass(1);
        assert_eq!(store.prune(all).await.unwrap().jobs, 1, "{state}: {change}");
        assert!(store.job(id).await.unwrap().is_none(), "{state}: {change}");
        sound(&store).await;
    }
}

/// Every seventh of a hundred is damaged, in pages of every size: each is shown once, in order, and none is left out.
#[tokio::test]
async fn pages_go_on_across_damaged_rows() {
    let bench = Bench::new();
    let store = bench.inline();
    let new = jobs(100);
    store.enqueue(new.clone().into()).await.unwrap();
    for (at, one) in new.iter().enumerate().step_by(7) {
        write(&bench, CHANGES[at % CHANGES.len()], one.id);
    }
    let mut expected = ids(&new);
    expected.sort();
    expected.reverse();
    let paged = async |select: Select| {
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let page = store.jobs(select.clone(), before).await.unwrap();
            assert!(page.jobs.len() <= select.limit && (!page.more || page.jobs.len() == select.limit));
            found.extend(page.jobs.iter().map(|job| job.id));
            before = found.last().copied();
            if !page.more {
                return found;
            }
        }
    };
    let damaged: BTreeSet<JobId> = new.iter().step_by(7).map(|new| new.id).collect();
    for limit in [1, 7, 31, 32, 33, 99, 100, 101] {
        let all = paged(Select { limit, ..Select::default() }).await;
        assert_eq!(all, expected, "{limit}");
        let ready = paged(Select { limit, ..Select::states([State::Ready]) }).await;
        let whole: Vec<JobId> = expected.iter().filter(|id| !damaged.contains(id)).copied().collect();
        assert_eq!(ready, whole, "{limit}");
        let queue = paged(Select { limit, queue: Some(name("mail")), ..Select::default() }).await;
        assert_eq!(queue, expected, "{limit}");
    }
    // Once a claim has set them aside they are found by their cause, too.
    assert_eq!(claim(&store, 100).await.damaged.len(), 15);
    for limit in [1, 7, 15, 16] {
        let cause = paged(Select { limit, cause: Some(Cause::Damaged), ..Select::default() }).await;
        assert_eq!(cause.into_iter().collect::<BTreeSet<_>>(), damaged, "{limit}");
    }
    // An order goes through all of them as well, the oldest first.
    let cancelled = order(&store, Order::Cancel(Select { limit: 10, ..Select::states([State::Parked]) })).await;
    assert_eq!(cancelled.sample, damaged.into_iter().take(10).collect::<Vec<_>>());
    sound(&store).await;
}

/// A line's number at the end of all numbers: what is said of the job must still be written, or it could never end.
#[tokio::test]
async fn a_trail_whose_numbers_have_run_out_keeps_no_job_from_its_end() {
    let bench = Bench::new();
    let store = bench.inline();
    store.enqueue(jobs(2).into()).await.unwrap();
    let running = claim(&store, 2).await.jobs;
    let write = "INSERT INTO banto_line SELECT seq, 9223372036854775807, 0, 1, 'log', 'x' FROM banto_lease";
    bench.tool().execute_batch(write).unwrap();
    let answers = store.finish(running.iter().map(retry).collect()).await.unwrap();
    assert_eq!(answers, [Finished::Written; 2]);
    let card = store.job(running[0].0.id).await.unwrap().unwrap();
    assert_eq!((card.job.state, card.trail.last().map(|line| line.text.as_str())), (State::Ready, Some("no")));
    sound(&store).await;
}
