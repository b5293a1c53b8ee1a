//! Unique keys in the file: every hold over restarts, under damaged rows, and after ids that were used before.
#![expect(clippy::unwrap_used, reason = "tests")]

mod bench;

use banto_core::{Hold, JobId, Label, NewJob, State, Unique, Verdict};
use banto_sqlite::{Read, Sqlite, Store};
use banto_store::{Finish, Finished, Order, Prune, Renewed, Select, Steer};
use bench::{Bench, START, claim, done, job, sound};

const HOUR: u64 = 3_600_000;
const HOLDS: [Hold; 4] = [Hold::Queued, Hold::Done, Hold::Remember(HOUR), Hold::Period(2 * HOUR)];

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

fn keyed(hold: Hold) -> NewJob {
    NewJob { unique: Some(Unique { key: label("k"), hold }), ..job() }
}

/// Who holds the key `k`, and until when, as milliseconds from the start.
async fn held(store: &Sqlite) -> Option<(JobId, Option<i64>)> {
    let holder = store.holder(label("k")).await.unwrap();
    holder.map(|holder| (holder.job, holder.until.map(|until| until - START)))
}

async fn order(store: &Sqlite, order: Order) -> usize {
    store.steer(Steer { order, by: "ann".into(), preview: false }).await.unwrap().count
}

/// What holds of the key at each station of a job's life, with the file closed and opened between all of them.
#[tokio::test]
async fn every_hold_is_what_it_was_when_the_store_is_opened_again() {
    let hour = HOUR as i64;
    for (hold, stations) in HOLDS.into_iter().zip([
        [Some(None), None, None, None],
        [Some(None), Some(None), None, None],
        [Some(None), Some(None), Some(Some(10 + hour)), None],
        [Some(Some(2 * hour)), Some(Some(2 * hour)), Some(Some(2 * hour)), Some(Some(2 * hour))],
    ]) {
        let bench = Bench::new();
        let new = keyed(hold);
        let id = new.id;
        let [queued, running, ended, later] = stations.map(|until| until.map(|until| (id, until)));
        assert!(bench.open().enqueue([new].into()).await.unwrap()[0].fresh);
        let store = bench.open();
        assert_eq!(held(&store).await, queued, "{hold:?}");
        let jobs = claim(&store, 1).await.jobs;
        drop(store);
        bench.clock.pass(10);
        let store = bench.open();
        assert_eq!(held(&store).await, running, "{hold:?} while it runs");
        assert_eq!(store.finish(jobs.iter().map(done).collect()).await.unwrap(), [Finished::Written]);
        drop(store);
        let store = bench.open();
        assert_eq!(held(&store).await, ended, "{hold:?} at its end");
        let again = store.enqueue([keyed(hold)].into()).await.unwrap()[0];
        assert_eq!(again.fresh, ended.is_none(), "{hold:?}");
        if again.fresh {
            assert_eq!(order(&store, Order::Cancel(Select::ids([again.id]))).await, 1);
        }
        drop(store);
        bench.clock.pass(HOUR);
        let store = bench.open();
        store.prune(Prune { done_ms: 0, cancelled_ms: 0, ..Prune::default() }).await.unwrap();
        let after = held(&store).await.filter(|(job, _)| *job == id);
        assert_eq!(after, later, "{hold:?} after an hour and a prune");
        sound(&store).await;
    }
}

/// The row is damaged while the job runs; its end, good or bad, must not keep the key for ever.
#[tokio::test]
async fn a_job_that_was_damaged_while_it_ran_lets_go_of_its_key_at_its_end() {
    for hold in [Hold::Queued, Hold::Done, Hold::Remember(HOUR)] {
        let bench = Bench::new();
        let store = bench.inline();
        let new = keyed(hold);
        store.enqueue([new.clone()].into()).await.unwrap();
        let running = claim(&store, 1).await.jobs;
        bench.tool().execute("UPDATE banto_job SET payload = '{' WHERE id = ?1", [new.id.bytes()]).unwrap();
        assert_eq!(store.finish(vec![done(&running[0])]).await.unwrap(), [Finished::Written]);
        let after = held(&store).await;
        match hold {
            Hold::Remember(ms) => assert_eq!(after, Some((new.id, Some(ms as i64))), "{hold:?}"),
            _ => assert_eq!(after, None, "{hold:?}"),
        }
        sound(&store).await;
    }
}

#[tokio::test]
async fn a_damaged_job_that_is_cancelled_lets_go_of_every_key_that_only_its_end_can_free() {
    for change in ["payload = '{'", "key = NULL", "key = 'other'", "hold = 9", "key = '', hold = 1", "hold = NULL"] {
        let bench = Bench::new();
        let store = bench.inline();
        let new = keyed(Hold::Done);
        store.enqueue([new.clone()].into()).await.unwrap();
        bench.tool().execute(&format!("UPDATE banto_job SET {change} WHERE id = ?1"), [new.id.bytes()]).unwrap();
        assert_eq!(claim(&store, 1).await.damaged, [new.id], "{change}");
        assert_eq!(held(&store).await, Some((new.id, None)), "{change}: it has not ended");
        assert_eq!(order(&store, Order::Cancel(Select::ids([new.id]))).await, 1, "{change}");
        assert_eq!(held(&store).await, None, "{change}");
        assert!(store.enqueue([keyed(Hold::Done)].into()).await.unwrap()[0].fresh, "{change}");
        sound(&store).await;
    }
}

/// A forgotten job's id is free. What this process remembers of the old job's lease must not stand in the new one's way.
#[tokio::test]
async fn a_job_under_an_id_that_was_used_before_holds_its_own_lease() {
    let bench = Bench::new();
    let store = bench.inline();
    let first = job();
    store.enqueue([job(), first.clone()].into()).await.unwrap();
    assert_eq!(claim(&store, 2).await.jobs.len(), 2);
    bench.clock.pass(10_000);
    // The lease ends elsewhere than where it was given: by the rescuer, in quarantine.
    let dead = |lease| {
        let error = Some("killed".into());
        let verdict =
            Verdict { to: State::Dead, delay_ms: 0, attempt: 0, crashes: 3, word: "crashed", error, park: None };
        Finish { lease, verdict }
    };
    let over = store.expired(9).await.unwrap();
    assert_eq!(store.rescue(over.iter().map(|one| dead(one.lease)).collect()).await.unwrap().len(), 2);
    assert_eq!(order(&store, Order::Forget(Select::default())).await, 2);
    let again = NewJob { unique: Some(Unique { key: label("k"), hold: Hold::Done }), ..first };
    assert!(store.enqueue([again].into()).await.unwrap()[0].fresh);
    let running = claim(&store, 1).await.jobs;
    let renewed = store.renew(vec![running[0].1], 10_000).await.unwrap();
    assert_eq!(renewed, [Renewed::Held { cancel_asked: false }]);
    assert_eq!(store.finish(vec![done(&running[0])]).await.unwrap(), [Finished::Written]);
    sound(&store).await;
}

#[tokio::test]
async fn keys_whose_time_is_over_are_pruned_to_the_millisecond_and_the_others_stay() {
    let bench = Bench::new();
    let store = bench.inline();
    for hold in HOLDS {
        let new = NewJob { unique: Some(Unique { key: label(&format!("{hold:?}")), hold }), ..job() };
        store.enqueue([new].into()).await.unwrap();
    }
    bench.clock.pass(2 * HOUR - 1);
    assert_eq!(store.prune(Prune::default()).await.unwrap().keys, 0);
    bench.clock.pass(1);
    assert_eq!(store.prune(Prune::default()).await.unwrap().keys, 1);
    assert_eq!(bench.number("SELECT count(*) FROM banto_key"), 3);
    sound(&store).await;
}
