//! Payloads in the file: beside their job or apart from it, and the sum that is kept over both.
#![expect(clippy::unwrap_used, reason = "tests")]

mod bench;

use banto_core::{Cause, JobId, NewJob, Payload, State};
use banto_sqlite::{Read, Sqlite, Store};
use banto_store::{Finished, Order, Prune, Select, Steer};
use bench::{Bench, claim, done, job, jobs, retry, sound};

/// A job whose payload has so many bytes.
fn sized(bytes: usize) -> NewJob {
    NewJob { payload: Payload::parse(&format!("\"{}\"", "x".repeat(bytes - 2))).unwrap(), ..job() }
}

fn apart(bench: &Bench) -> i64 {
    bench.number("SELECT count(*) FROM banto_payload")
}

async fn order(store: &Sqlite, order: Order) -> usize {
    store.steer(Steer { order, by: "ann".into(), preview: false }).await.unwrap().count
}

fn write(bench: &Bench, change: &str, id: JobId) {
    let changed = bench.tool().execute(&format!("UPDATE banto_job SET {change} WHERE id = ?1"), [id.bytes()]);
    assert_eq!(changed.unwrap(), 1, "{change}");
}

#[tokio::test]
async fn a_payload_stands_apart_from_1025_bytes_on_and_lives_as_long_as_its_job() {
    for (bytes, is_apart) in [(2, 0), (1_024, 0), (1_025, 1), (1 << 20, 1)] {
        let bench = Bench::new();
        let store = bench.inline();
        let new = sized(bytes);
        store.enqueue([new.clone()].into()).await.unwrap();
        assert_eq!(apart(&bench), is_apart, "{bytes}");
        for verdict in [retry, done] {
            let running = claim(&store, 1).await.jobs;
            assert_eq!(running[0].0.payload, new.payload, "{bytes}");
            assert_eq!(store.finish(vec![verdict(&running[0])]).await.unwrap(), [Finished::Written]);
            assert_eq!(store.job(new.id).await.unwrap().unwrap().job.payload, new.payload, "{bytes}");
            assert_eq!(apart(&bench), is_apart, "{bytes}");
        }
        sound(&store).await;
        assert_eq!(store.prune(Prune { done_ms: 0, ..Prune::default() }).await.unwrap().jobs, 1);
        assert_eq!(apart(&bench), 0, "{bytes}: it goes with its job");
        sound(&store).await;
    }
}

#[tokio::test]
async fn a_long_payload_goes_with_a_job_that_is_forgotten_and_is_not_left_to_the_next() {
    let bench = Bench::new();
    let store = bench.inline();
    let long = sized(2_000);
    store.enqueue([long.clone()].into()).await.unwrap();
    order(&store, Order::Cancel(Select::default())).await;
    assert_eq!(order(&store, Order::Forget(Select::default())).await, 1);
    assert_eq!(apart(&bench), 0);
    // SQLite gives the row's number to the next job.
    store.enqueue([job()].into()).await.unwrap();
    assert_eq!(claim(&store, 1).await.jobs[0].0.payload, job().payload);
    sound(&store).await;
}

/// Sixteen jobs go in one statement only if all of them are short, new and without a key.
#[tokio::test]
async fn one_long_or_known_job_among_many_changes_nothing_for_the_others() {
    for odd in [0, 7, 15, 16, 31, 32, 39] {
        let bench = Bench::new();
        let store = bench.inline();
        let known = job();
        store.enqueue([known.clone()].into()).await.unwrap();
        let mut batch = jobs(40);
        batch[odd] = sized(3_000);
        batch[(odd + 20) % 40] = known.clone();
        batch[(odd + 21) % 40] = batch[(odd + 19) % 40].clone();
        let answers = store.enqueue(batch.clone().into()).await.unwrap();
        for (at, (answer, new)) in answers.iter().zip(&batch).enumerate() {
            let first = batch.iter().position(|one| one.id == new.id) == Some(at);
            assert_eq!((answer.id, answer.fresh), (new.id, first && new.id != known.id), "{odd}: {at}");
        }
        let tally = store.tally().await.unwrap();
        assert_eq!((tally.accepted, tally.doubles), (39, 2), "{odd}");
        let claimed = claim(&store, 99).await.jobs;
        assert_eq!(claimed.len(), 39, "{odd}");
        for (claimed, _) in &claimed {
            let new = batch.iter().find(|new| new.id == claimed.id).unwrap();
            assert_eq!(claimed.payload, new.payload, "{odd}");
        }
        sound(&store).await;
        // Their ends go sixteen at a time too, and one of them is said twice.
        let mut ends: Vec<_> = claimed.iter().map(done).collect();
        ends.insert(odd % 39, ends[38].clone());
        assert_eq!(store.finish(ends).await.unwrap(), vec![Finished::Written; 40], "{odd}");
        assert_eq!(store.tally().await.unwrap().late, 0, "{odd}");
        sound(&store).await;
    }
}

#[tokio::test]
async fn a_long_payload_that_is_gone_changed_or_cut_off_is_found() {
    for change in [
        "DELETE FROM banto_payload",
        "UPDATE banto_payload SET payload = replace(payload, 'x', 'y')",
        "UPDATE banto_payload SET payload = substr(payload, 1, 1500)",
        "UPDATE banto_payload SET payload = ''",
        "UPDATE banto_payload SET payload = CAST(x'22ff22' AS TEXT)",
        "UPDATE banto_payload SET seq = seq + 7",
        "UPDATE banto_job SET payload = '1' WHERE payload IS NULL",
    ] {
        let bench = Bench::new();
        let store = bench.inline();
        let long = sized(2_000);
        store.enqueue([long.clone(), job()].into()).await.unwrap();
        bench.tool().execute_batch(change).unwrap();
        let claimed = claim(&store, 9).await;
        assert_eq!((claimed.damaged, claimed.jobs.len()), (vec![long.id], 1), "{change}");
        let park = store.job(long.id).await.unwrap().unwrap().job.park.unwrap();
        assert_eq!(park.cause, Cause::Damaged, "{change}");
    }
}

/// What the sum's own story promises to whoever must mend a row by hand.
#[tokio::test]
async fn a_row_without_a_sum_is_taken_as_it_is() {
    let bench = Bench::new();
    let store = bench.inline();
    let (short, long) = (job(), sized(2_000));
    store.enqueue([short.clone(), long.clone()].into()).await.unwrap();
    write(&bench, "payload = '{\"to\":2}', sum = NULL", short.id);
    write(&bench, "attempts_max = 9, sum = NULL", long.id);
    bench.tool().execute_batch("UPDATE banto_payload SET payload = '[]'").unwrap();
    let claimed = claim(&store, 9).await;
    assert_eq!(claimed.damaged, []);
    let mut seen: Vec<_> = claimed.jobs.iter().map(|(job, _)| (job.payload.as_str(), job.attempts_max)).collect();
    seen.sort_unstable();
    assert_eq!(seen, [("[]", Some(9)), ("{\"to\":2}", None)]);
    // A row without a sum is still looked at: it must be a job.
    store.finish(claimed.jobs.iter().map(retry).collect()).await.unwrap();
    write(&bench, "payload = '{'", short.id);
    assert_eq!(claim(&store, 9).await.damaged, [short.id]);
    sound(&store).await;
}

#[tokio::test]
async fn a_damaged_row_that_was_mended_by_hand_is_released_and_runs() {
    let bench = Bench::new();
    let store = bench.inline();
    let new = job();
    store.enqueue([new.clone()].into()).await.unwrap();
    write(&bench, "payload = '{\"to\":'", new.id);
    assert_eq!(claim(&store, 9).await.damaged, [new.id]);
    assert_eq!(order(&store, Order::Release(Select::ids([new.id]))).await, 0, "it would only be parked again");
    write(&bench, "payload = '{\"to\":3}', sum = NULL", new.id);
    assert_eq!(order(&store, Order::Release(Select::ids([new.id]))).await, 1);
    let claimed = claim(&store, 9).await.jobs;
    assert_eq!(claimed[0].0.payload.as_str(), "{\"to\":3}");
    assert_eq!(store.finish(vec![done(&claimed[0])]).await.unwrap(), [Finished::Written]);
    assert_eq!(store.job(new.id).await.unwrap().unwrap().job.state, State::Done);
    sound(&store).await;
}
