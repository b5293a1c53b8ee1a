//! The application's own transactions, and calls that share a commit.
#![expect(clippy::unwrap_used, reason = "tests")]

mod bench;

use banto_core::{Label, State};
use banto_sqlite::{Read, Sqlite, Store, enqueue_in, rusqlite};
use banto_store::{Fault, MoveId, Other, Settle, Step, StoreError};
use bench::{Bench, asks, claim, done, hold, ids, job, jobs, nudge, sound};

#[derive(Debug)]
enum Error {
    Own,
    Sql,
    Store,
}

impl From<rusqlite::Error> for Error {
    fn from(_: rusqlite::Error) -> Error {
        Error::Sql
    }
}

impl From<StoreError> for Error {
    fn from(_: StoreError) -> Error {
        Error::Store
    }
}

fn rows(bench: &Bench) -> i64 {
    bench.number("SELECT count(*) FROM avatar")
}

async fn with_table(store: &Sqlite) {
    let made = store.write(|db| Ok::<_, Error>(db.execute_batch("CREATE TABLE avatar (name TEXT)")?)).await;
    made.unwrap();
}

#[tokio::test]
async fn a_row_and_its_job_are_committed_together_or_not_at_all() {
    let bench = Bench::new();
    let store = bench.open();
    with_table(&store).await;
    let (kept, dropped) = (job(), job());
    let (mut own, handle) = (bench.tool(), store.clone());
    for (job, commits) in [(&kept, true), (&dropped, false)] {
        let tx = own.transaction().unwrap();
        tx.execute("INSERT INTO avatar VALUES ('a')", []).unwrap();
        assert!(handle.enqueue_in(&tx, std::slice::from_ref(job)).unwrap()[0].fresh);
        if commits { tx.commit() } else { tx.rollback() }.unwrap();
    }
    assert_eq!(rows(&bench), 1);
    assert!(store.job(kept.id).await.unwrap().is_some());
    assert!(store.job(dropped.id).await.unwrap().is_none());
    assert_eq!(claim(&store, 9).await.jobs.len(), 1);
    assert_eq!(store.tally().await.unwrap().accepted, 1);
    sound(&store).await;
}

#[tokio::test]
async fn without_a_transaction_nothing_is_taken() {
    let bench = Bench::new();
    let store = bench.open();
    let refused = enqueue_in(&bench.tool(), &bench.clock, &jobs(1)).unwrap_err();
    assert_eq!(*refused.fault(), Fault::Config);
    assert!(refused.to_string().contains("begin one first"), "{refused}");
    assert_eq!(store.tally().await.unwrap().accepted, 0);
}

async fn settle(store: &Sqlite, step: Step) {
    store.settle(Settle { id: MoveId(7), step }).await.unwrap();
}

/// A move away: until the store is closed a transaction's jobs come along, and from then on it hears where to go.
#[tokio::test]
async fn a_transaction_of_the_application_hears_where_the_store_has_moved() {
    let bench = Bench::new();
    let store = bench.open();
    with_table(&store).await;
    let mut db = bench.tool();
    settle(&store, Step::Leave(Other { place: "postgres db/app".into(), by: "ann".into() })).await;
    let tx = db.transaction().unwrap();
    enqueue_in(&tx, &bench.clock, &jobs(1)).unwrap();
    tx.commit().unwrap();

    let early = db.transaction().unwrap();
    let seen: i64 = early.query_row("SELECT count(*) FROM avatar", [], |row| row.get(0)).unwrap();
    settle(&store, Step::Close).await;
    let refused = enqueue_in(&early, &bench.clock, &jobs(1)).unwrap_err();
    assert_eq!((seen, *refused.fault() == Fault::Busy), (0, true), "it began before the store was closed: {refused}");
    early.rollback().unwrap();

    let tx = db.transaction().unwrap();
    tx.execute("INSERT INTO avatar VALUES ('a')", []).unwrap();
    for refused in [enqueue_in(&tx, &bench.clock, &jobs(1)), store.enqueue_in(&tx, &jobs(1))] {
        let refused = refused.unwrap_err();
        assert_eq!(*refused.fault(), Fault::Moved, "{refused}");
        assert!(refused.to_string().contains("has moved to \"postgres db/app\"; point whatever uses it"), "{refused}");
    }
    tx.commit().unwrap();
    let handle = store.clone();
    let written = store.write(move |db| handle.enqueue_in(db, &jobs(1))).await;
    assert_eq!(*written.unwrap_err().fault(), Fault::Moved);
    assert_eq!(bench.number("SELECT count(*) FROM avatar"), 1, "what else was written is the application's own");
    assert_eq!((bench.number("SELECT count(*) FROM banto_job"), store.tally().await.unwrap().accepted), (1, 1));
    sound(&store).await;
}

#[tokio::test]
async fn the_writers_transaction_takes_the_applications_work_and_jobs() {
    let bench = Bench::new();
    let store = bench.open();
    with_table(&store).await;
    let (handle, new) = (store.clone(), jobs(2));
    let wanted = ids(&new);
    let given = store
        .write(move |db| {
            db.execute("INSERT INTO avatar VALUES ('a')", [])?;
            let accepted = handle.enqueue_in(db, &new)?;
            Ok::<_, Error>(accepted.iter().map(|one| one.id).collect::<Vec<_>>())
        })
        .await;
    assert_eq!(given.unwrap(), wanted);
    let read = store.read(|db| Ok::<i64, Error>(db.query_row("SELECT count(*) FROM avatar", [], |row| row.get(0))?));
    assert_eq!(read.await.unwrap(), 1);
    assert_eq!(claim(&store, 9).await.jobs.len(), 2);
    sound(&store).await;
}

#[tokio::test]
async fn an_error_or_a_panic_of_the_application_leaves_nothing_and_harms_nobody() {
    let bench = Bench::new();
    let store = bench.open();
    with_table(&store).await;
    let (handle, new) = (store.clone(), jobs(1));
    let failed = store
        .write(move |db| {
            db.execute("INSERT INTO avatar VALUES ('a')", [])?;
            handle.enqueue_in(db, &new)?;
            Err::<(), _>(Error::Own)
        })
        .await;
    assert!(matches!(failed, Err(Error::Own)));
    let panicking = store.clone();
    let panicked = tokio::spawn(async move {
        panicking
            .write(|db| {
                db.execute("INSERT INTO avatar VALUES ('b')", [])?;
                if true {
                    panic!("the application's own");
                }
                Ok::<(), Error>(())
            })
            .await
    });
    assert!(panicked.await.unwrap_err().is_panic(), "a panic goes on where it came from");
    assert_eq!(rows(&bench), 0);
    assert!(store.enqueue(jobs(1).into()).await.unwrap()[0].fresh, "the writer lives");
    assert_eq!(store.tally().await.unwrap().accepted, 1);
    sound(&store).await;
}

#[tokio::test]
async fn readers_cannot_write() {
    let bench = Bench::new();
    let store = bench.open();
    let written = store.read(|db| Ok::<_, Error>(db.execute("DELETE FROM banto_job", [])?)).await;
    assert!(matches!(written, Err(Error::Sql)));
}

#[tokio::test]
async fn calls_that_wait_share_one_commit() {
    let bench = Bench::new();
    let store = bench.open();
    let (release, held) = hold(&store).await;
    let mut waiting: Vec<_> = (0..50).map(|_| store.enqueue(jobs(2).into())).collect();
    waiting.iter_mut().for_each(nudge);
    let before = bench.number("SELECT commits FROM banto_tally");
    drop(release);
    held.await.unwrap();
    for one in waiting {
        assert!(one.await.unwrap().iter().all(|answer| answer.fresh));
    }
    assert_eq!(bench.number("SELECT commits FROM banto_tally"), before + 2, "one for the holder, one for all");
    assert_eq!(store.tally().await.unwrap().accepted, 100);
    sound(&store).await;
}

#[tokio::test]
async fn one_that_fails_does_not_spoil_the_others_of_its_group() {
    let bench = Bench::new();
    let store = bench.open();
    store.enqueue(jobs(3).into()).await.unwrap();
    let running = claim(&store, 2).await.jobs;
    let (release, held) = hold(&store).await;
    let mut enqueued = store.enqueue(jobs(2).into());
    let broken = store.write(|db| Ok::<_, Error>(db.execute("INSERT INTO nowhere VALUES (1)", [])?));
    let mut broken = Box::pin(broken);
    let mut finished = store.finish(running.iter().map(done).collect());
    let mut claimed = store.claim(asks(9));
    nudge(&mut enqueued);
    nudge(&mut broken);
    nudge(&mut finished);
    nudge(&mut claimed);
    drop(release);
    held.await.unwrap();
    assert_eq!(enqueued.await.unwrap().len(), 2);
    assert!(matches!(broken.await, Err(Error::Sql)));
    assert_eq!(finished.await.unwrap().len(), 2);
    assert_eq!(claimed.await.unwrap().jobs.len(), 3);
    let tally = store.tally().await.unwrap();
    assert_eq!((tally.accepted, tally.claimed, tally.late), (5, 5, 0));
    assert_eq!(store.job(running[0].0.id).await.unwrap().unwrap().job.state, State::Done);
    sound(&store).await;
}

#[tokio::test]
async fn the_last_handle_leaves_everything_in_the_file_itself() {
    let bench = Bench::new();
    let store = bench.open();
    store.enqueue(jobs(10).into()).await.unwrap();
    drop(store);
    let wal = bench.path().with_extension("db-wal");
    assert!(std::fs::metadata(wal).is_ok_and(|wal| wal.len() == 0) || !bench.path().with_extension("db-wal").exists());
    assert_eq!(bench.number("SELECT count(*) FROM banto_job"), 10);
}

#[tokio::test]
async fn hostile_keys_and_tags_are_values_and_nothing_else() {
    let bench = Bench::new();
    let store = bench.open();
    let texts =
        ["'; DROP TABLE banto_job;--", "\" OR 1=1 --", "%", "_", "*", "a'||(SELECT 1)||'", "?1", ":x", "番頭;--"];
    for text in texts {
        let mut new = job().once(Label::new(text).unwrap());
        new.options.tags.push(Label::new(text).unwrap());
        let id = new.id;
        assert!(store.enqueue([new].into()).await.unwrap()[0].fresh, "{text}");
        let select = banto_store::Select { tag: Some(Label::new(text).unwrap()), ..Default::default() };
        let found = store.jobs(select, None).await.unwrap().jobs;
        assert_eq!(found.iter().map(|job| job.id).collect::<Vec<_>>(), [id], "{text}");
        assert_eq!(store.holder(Label::new(text).unwrap()).await.unwrap().unwrap().job, id);
    }
    assert_eq!(bench.number("SELECT count(*) FROM banto_job"), texts.len() as i64);
    sound(&store).await;
}
