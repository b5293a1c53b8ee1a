//! Calls that share a transaction: one that fails, panics or only looks harms no other, in the first pass (without
//! savepoints) and in the second (with one for each).
#![expect(clippy::unwrap_used, reason = "tests")]

mod bench;

use std::sync::Arc;

use banto_core::{Hold, Label, NewJob, Payload, State, Unique};
use banto_sqlite::{
    Read, Sqlite, Store,
    rusqlite::{self, Connection},
};
use banto_store::{Fault, Finished, Note, Order, Record, Renewed, Select, Steer, StoreError};
use bench::{Bench, asks, claim, done, hold, ids, job, jobs, name, nudge, sound};

/// From now on a job of kind `bad` cannot be stored, for a reason that only SQLite knows.
fn refuse_bad(bench: &Bench, how: &str) {
    let sql = format!(
        "CREATE TRIGGER bad BEFORE INSERT ON banto_job WHEN NEW.kind = 'bad'
         BEGIN SELECT RAISE({how}, 'not in this house'); END"
    );
    bench.tool().execute_batch(&sql).unwrap();
}

fn bad() -> NewJob {
    NewJob { kind: name("bad"), ..job() }
}

fn keyed(text: &str) -> NewJob {
    NewJob { unique: Some(Unique { key: Label::new(text).unwrap(), hold: Hold::Done }), ..job() }
}

fn order(order: Order, preview: bool) -> Steer {
    Steer { order, by: "ann".into(), preview }
}

async fn commits(bench: &Bench) -> i64 {
    bench.number("SELECT commits FROM banto_tally")
}

#[tokio::test]
async fn one_call_that_sqlite_refuses_spoils_none_of_its_group() {
    let bench = Bench::new();
    let store = bench.open();
    store.enqueue(jobs(3).into()).await.unwrap();
    let running = claim(&store, 3).await.jobs;
    refuse_bad(&bench, "ABORT");
    let (release, held) = hold(&store).await;
    let before = commits(&bench).await;
    let good = [jobs(2), jobs(20), vec![keyed("a")]];
    let mut enqueued: Vec<_> = good.iter().map(|jobs| store.enqueue(jobs.clone().into())).collect();
    enqueued.iter_mut().for_each(nudge);
    let mut refused = store.enqueue([job(), keyed("b"), bad()].into());
    let mut finished = store.finish(running[..2].iter().map(done).collect());
    let mut renewed = store.renew(running.iter().map(|(_, lease)| *lease).collect(), 10_000);
    let note = Record { lease: running[2].1, note: Note::Line("said".into()) };
    let mut recorded = store.record(vec![note]);
    let mut claimed = store.claim(asks(22));
    nudge(&mut refused);
    nudge(&mut finished);
    nudge(&mut renewed);
    nudge(&mut recorded);
    nudge(&mut claimed);
    drop(release);
    held.await.unwrap();

    for (answer, good) in enqueued.into_iter().zip(&good) {
        let answers = answer.await.unwrap();
        assert!(answers.iter().all(|answer| answer.fresh));
        assert_eq!(answers.iter().map(|answer| answer.id).collect::<Vec<_>>(), ids(good));
    }
    let error = refused.await.unwrap_err();
    assert!(error.to_string().contains("not in this house"), "{error}");
    assert_eq!(finished.await.unwrap(), [Finished::Written; 2], "what the first pass let go of is found again");
    let holds = Renewed::Held { cancel_asked: false };
    assert_eq!(renewed.await.unwrap(), [Renewed::Lost, Renewed::Lost, holds]);
    assert_eq!(recorded.await.unwrap(), 1);
    let claimed = claimed.await.unwrap().jobs;
    assert_eq!(claimed.len(), 22);
    assert_eq!(commits(&bench).await, before + 2, "one for the holder, one for all");
    let tally = store.tally().await.unwrap();
    assert_eq!((tally.accepted, tally.claimed, tally.late, tally.doubles), (26, 25, 0, 0), "nothing counts twice");
    assert_eq!(store.job(running[2].0.id).await.unwrap().unwrap().trail.len(), 1);
    assert!(store.holder(Label::new("b").unwrap()).await.unwrap().is_none(), "the key went with its job");
    // The leases of the second pass are those that hold.
    assert_eq!(store.finish(claimed.iter().map(done).collect()).await.unwrap(), vec![Finished::Written; 22]);
    sound(&store).await;
}

#[tokio::test]
async fn a_batch_that_fails_at_its_last_job_leaves_nothing_of_itself() {
    for place in [0, 15, 16, 19] {
        let bench = Bench::new();
        let store = bench.open();
        store.enqueue(jobs(1).into()).await.unwrap();
        refuse_bad(&bench, "ABORT");
        let mut batch = jobs(20);
        batch[place] = bad();
        batch.push(keyed("a"));
        let batch: Arc<[NewJob]> = batch.into();
        assert!(store.enqueue(Arc::clone(&batch)).await.is_err(), "{place}");
        assert_eq!(store.tally().await.unwrap().accepted, 1, "{place}");
        assert_eq!(store.jobs(Select::default(), None).await.unwrap().jobs.len(), 1, "{place}");
        bench.tool().execute_batch("DROP TRIGGER bad").unwrap();
        let answers = store.enqueue(batch).await.unwrap();
        assert!(answers.iter().all(|answer| answer.fresh), "{place}: repeating it finds nothing of it");
        assert_eq!(claim(&store, 99).await.jobs.len(), 22, "{place}");
        sound(&store).await;
    }
}

#[tokio::test]
async fn when_the_transaction_itself_is_lost_nobody_of_its_group_is_told_ok() {
    let bench = Bench::new();
    let store = bench.open();
    store.enqueue(jobs(1).into()).await.unwrap();
    let running = claim(&store, 1).await.jobs;
    refuse_bad(&bench, "ROLLBACK");
    let (release, held) = hold(&store).await;
    let mut before = store.enqueue(jobs(2).into());
    let mut breaks = store.enqueue([bad()].into());
    let mut after = store.finish(running.iter().map(done).collect());
    nudge(&mut before);
    nudge(&mut breaks);
    nudge(&mut after);
    drop(release);
    held.await.unwrap();
    assert!(before.await.is_err() && breaks.await.is_err() && after.await.is_err());
    assert_eq!(store.tally().await.unwrap().accepted, 1);
    let notices = store.about().notices;
    assert!(notices.iter().any(|notice| notice.contains("opened anew 1 times")), "{notices:?}");
    assert_eq!(store.finish(running.iter().map(done).collect()).await.unwrap(), [Finished::Written]);
    store.enqueue(jobs(1).into()).await.unwrap();
    sound(&store).await;
}

fn own(error: rusqlite::Error) -> StoreError {
    StoreError::new(Fault::Refused(banto_core::Refusal::new("my own", "x", "y")), error.to_string())
}

/// Writes a row of the application's own, enqueues a job with the key `mine`, and then does what `end` says.
async fn write(store: &Sqlite, end: fn() -> Result<(), StoreError>) -> Result<(), StoreError> {
    let handle = store.clone();
    let work = move |db: &Connection| {
        db.execute("INSERT INTO mine VALUES (1)", []).map_err(own)?;
        handle.enqueue_in(db, &[keyed("mine")])?;
        end()
    };
    store.write(work).await
}

#[tokio::test]
async fn work_that_panics_or_fails_in_a_group_leaves_nothing_and_its_neighbours_alone() {
    let ends: [fn() -> Result<(), StoreError>; 2] =
        [|| panic!("the application's own"), || Err(own(rusqlite::Error::InvalidQuery))];
    for end in ends {
        let bench = Bench::new();
        let store = bench.open();
        store.write(|db| db.execute_batch("CREATE TABLE mine (x)").map_err(own)).await.unwrap();
        let (release, held) = hold(&store).await;
        let mut before = store.enqueue(jobs(2).into());
        nudge(&mut before);
        let handle = store.clone();
        let mut works = tokio::spawn(async move { write(&handle, end).await });
        nudge(&mut works);
        let mut after = store.enqueue([keyed("mine")].into());
        tokio::task::yield_now().await;
        nudge(&mut after);
        let mut claimed = store.claim(asks(9));
        nudge(&mut claimed);
        drop(release);
        held.await.unwrap();
        assert!(works.await.map_or(true, |answer| answer.is_err()));
        assert_eq!(before.await.unwrap().len(), 2);
        assert!(after.await.unwrap()[0].fresh, "the key was given back");
        assert_eq!(claimed.await.unwrap().jobs.len(), 3);
        assert_eq!(bench.number("SELECT count(*) FROM mine"), 0);
        assert_eq!(store.tally().await.unwrap().accepted, 3);
        sound(&store).await;
    }
}

#[tokio::test]
async fn a_preview_in_a_group_sees_what_came_before_it_and_changes_nothing_for_what_follows() {
    let bench = Bench::new();
    let store = bench.open();
    let (release, held) = hold(&store).await;
    let new = [keyed("a"), job()];
    let mut enqueued = store.enqueue(new.clone().into());
    let mut previews =
        [Order::Cancel(Select::default()), Order::Pause { queue: name("mail"), reason: "r".into(), until: None }]
            .map(|what| store.steer(order(what, true)));
    let mut claimed = store.claim(asks(1));
    let mut cancelled = store.steer(order(Order::Cancel(Select::default()), false));
    let mut forgets = store.steer(order(Order::Forget(Select::default()), true));
    nudge(&mut enqueued);
    previews.iter_mut().for_each(nudge);
    nudge(&mut claimed);
    nudge(&mut cancelled);
    nudge(&mut forgets);
    drop(release);
    held.await.unwrap();
    assert_eq!(enqueued.await.unwrap().len(), 2);
    let [cancel, pause] = previews;
    let (cancel, pause) = (cancel.await.unwrap(), pause.await.unwrap());
    let mut both = ids(&new);
    both.sort();
    assert_eq!((cancel.count, cancel.asked, cancel.sample, pause.count), (2, 0, both, 1));
    assert_eq!(claimed.await.unwrap().jobs.len(), 1, "what was only counted is still there");
    let cancelled = cancelled.await.unwrap();
    assert_eq!((cancelled.count, cancelled.asked), (1, 1));
    assert_eq!(forgets.await.unwrap().count, 1);
    for state in [State::Cancelled, State::Running] {
        assert_eq!(store.jobs(Select::states([state]), None).await.unwrap().jobs.len(), 1, "{state}");
    }
    assert_eq!(store.tally().await.unwrap().removed, 0);
    sound(&store).await;
}

#[tokio::test]
async fn whoever_asked_may_go_what_was_asked_is_done_all_the_same() {
    let bench = Bench::new();
    let store = bench.open();
    let (release, held) = hold(&store).await;
    let gone = jobs(3);
    let mut leaves = store.enqueue(gone.clone().into());
    let mut stays = store.enqueue(jobs(1).into());
    nudge(&mut leaves);
    nudge(&mut stays);
    drop(leaves);
    drop(release);
    held.await.unwrap();
    stays.await.unwrap();
    let again = store.enqueue(gone.into()).await.unwrap();
    assert!(again.iter().all(|answer| !answer.fresh), "they were stored: {again:?}");
    sound(&store).await;
}

/// The contract forbids it; whoever does it all the same must not be told that nothing happened.
#[tokio::test]
async fn work_that_ends_the_transaction_itself_is_told_that_it_is_in_doubt() {
    for (alone, sql) in [(true, "COMMIT"), (true, "ROLLBACK"), (false, "COMMIT"), (false, "ROLLBACK")] {
        let bench = Bench::new();
        let store = bench.open();
        store.write(|db| db.execute_batch("CREATE TABLE mine (x)").map_err(own)).await.unwrap();
        let (release, held) = hold(&store).await;
        let new = jobs(2);
        let mut neighbour = (!alone).then(|| store.enqueue(new.clone().into()));
        neighbour.iter_mut().for_each(nudge);
        let ends = move |db: &Connection| {
            db.execute("INSERT INTO mine VALUES (1)", []).map_err(own)?;
            db.execute_batch(sql).map_err(own)
        };
        let mut ends = Box::pin(store.write(ends));
        nudge(&mut ends);
        drop(release);
        held.await.unwrap();
        let error = ends.await.unwrap_err();
        assert!(
            error.in_doubt() && error.to_string().contains("must not begin, commit or roll back"),
            "{sql}: {error}"
        );
        if let Some(neighbour) = neighbour {
            assert!(neighbour.await.unwrap_err().in_doubt(), "{sql}");
        }
        // Whoever repeats what is in doubt doubles nothing, and the file holds.
        store.enqueue(new.into()).await.unwrap();
        assert_eq!(claim(&store, 9).await.jobs.len(), 2, "{sql}");
    }
}

#[tokio::test]
async fn of_the_applications_transaction_only_what_it_keeps_is_enqueued() {
    let bench = Bench::new();
    let store = bench.open();
    let long = |key: &str| {
        let payload = Payload::parse(&format!("\"{}\"", "x".repeat(5_000))).unwrap();
        NewJob { payload, ..keyed(key) }
    };
    let (kept, dropped) = (long("kept"), long("dropped"));
    let mut tool = bench.tool();
    let mut tx = tool.transaction().unwrap();
    store.enqueue_in(&tx, std::slice::from_ref(&kept)).unwrap();
    let part = tx.savepoint().unwrap();
    store.enqueue_in(&part, std::slice::from_ref(&dropped)).unwrap();
    assert!(!store.enqueue_in(&part, std::slice::from_ref(&dropped)).unwrap()[0].fresh);
    drop(part); // a savepoint that is dropped is rolled back
    let refused = store.enqueue_in(&tx, &[NewJob { priority: 99, ..job() }]).unwrap_err();
    assert!(matches!(refused.fault(), Fault::Refused(_)), "{refused}");
    tx.commit().unwrap();
    let tally = store.tally().await.unwrap();
    assert_eq!((tally.accepted, tally.doubles), (1, 0));
    assert!(store.holder(Label::new("dropped").unwrap()).await.unwrap().is_none());
    assert_eq!(bench.number("SELECT count(*) FROM banto_payload"), 1);
    assert!(store.enqueue([dropped].into()).await.unwrap()[0].fresh, "its id and its key are free");
    assert_eq!(claim(&store, 9).await.jobs.len(), 2);
    sound(&store).await;
}
