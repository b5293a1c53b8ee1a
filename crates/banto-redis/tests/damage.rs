//! Entries that somebody has changed by hand: set aside with their bytes, and their neighbours run.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use banto_core::{Cause, Hold, JobId, Label, NewJob, Outcome, State, Unique};
use banto_redis::Redis;
use banto_servers::Redis as Server;
use banto_store::{
    Claim, Fault, Finished, MoveId, Order, Other, Prune, Read, Select, Settle, Steer, Step, Store,
    suite::settle::unlike_a_standing,
};

use own::{ask, asks, enqueue, given, verdict};

#[expect(dead_code, reason = "each test file uses some of it")]
mod own;

/// Changes a field of a hash of the store.
async fn write(server: &Server, key: &str, id: &JobId, value: &[u8]) {
    let key = format!("{{banto}}:{key}");
    let _: i64 = ask(server, &[b"HSET", key.as_bytes(), id.bytes(), value]).await;
}

async fn field(server: &Server, key: &str, id: &JobId) -> Vec<u8> {
    let key = format!("{{banto}}:{key}");
    ask(server, &[b"HGET", key.as_bytes(), id.bytes()]).await
}

async fn steer(store: &Redis, order: Order) -> banto_store::Steered {
    store.steer(Steer { order, by: "ann".into(), preview: false }).await.unwrap()
}

/// Every byte of what never changes, turned over: the job is named and parked with its bytes, and the others are given.
#[tokio::test]
async fn a_job_whose_bytes_were_changed_is_parked_and_its_neighbours_run() {
    let server = own::server();
    let (store, _) = given(&server).await;
    let jobs = enqueue(&store, 3).await;
    let hurt = jobs[1].id;
    let mut bytes = field(&server, "job", &hurt).await;
    *bytes.last_mut().unwrap() ^= 1;
    write(&server, "job", &hurt, &bytes).await;

    let claimed = store.claim(asks(10)).await.unwrap();
    assert_eq!(claimed.jobs.iter().map(|(job, _)| job.id).collect::<Vec<_>>(), [jobs[0].id, jobs[2].id]);
    assert_eq!(claimed.damaged, [hurt]);
    let card = store.job(hurt).await.unwrap().unwrap();
    assert_eq!((card.job.state, card.job.park.unwrap().cause), (State::Parked, Cause::Damaged));
    assert_eq!((card.job.fence, card.job.attempt), (0, 0), "the claim of it was undone");
    assert!(card.raw.unwrap().contains("fixed = "), "its bytes are shown");
    assert_eq!(store.tally().await.unwrap().claimed, 2);
    assert!(store.claim(asks(10)).await.unwrap().damaged.is_empty(), "it is named once");
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

/// A limit of one: the next takes the place of one that cannot be read.
#[tokio::test]
async fn a_damaged_job_does_not_block_its_queue() {
    let server = own::server();
    let (store, _) = given(&server).await;
    let jobs = enqueue(&store, 4).await;
    for hurt in &jobs[..3] {
        write(&server, "job", &hurt.id, b"nonsense").await;
    }
    let claimed = store.claim(asks(1)).await.unwrap();
    assert_eq!((claimed.jobs.len(), claimed.jobs[0].0.id, claimed.damaged.len()), (1, jobs[3].id, 3));
}

/// Whatever is written over the moving part, no verb fails, and the other job runs to its end.
#[tokio::test]
async fn whatever_stands_in_a_moving_part_stops_nobody_else() {
    let odd: [&[u8]; 6] = [b"", b"x", &[0xff; 80], &[0; 79], &[1; 81], &[9; 80]];
    let server = own::server();
    let (store, clock) = given(&server).await;
    for bytes in odd {
        let jobs = enqueue(&store, 2).await;
        write(&server, "at", &jobs[0].id, bytes).await;
        let claimed = store.claim(asks(10)).await.unwrap();
        assert_eq!(claimed.jobs.len(), 1, "{bytes:?}");
        let (job, lease) = claimed.jobs[0].clone();
        assert_eq!(job.id, jobs[1].id);
        assert_eq!(claimed.damaged, [jobs[0].id], "{bytes:?}");
        let card = store.job(jobs[0].id).await.unwrap().unwrap();
        assert_eq!((card.job.state, card.job.park.unwrap().cause), (State::Parked, Cause::Damaged));
        assert_eq!(store.finish(vec![verdict(&job, lease, Outcome::Done)]).await.unwrap(), [Finished::Written]);
        store.jobs(Select::default(), None).await.unwrap();
        store.expired(10).await.unwrap();
        clock.pass(1);
        store.prune(Prune { done_ms: 0, ..Prune::default() }).await.unwrap();
    }
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new(), "counts were made anew");
}

/// A running job is damaged under its holder: its end is written all the same, for the holder knows what it ran.
#[tokio::test]
async fn a_job_damaged_while_it_runs_ends_or_is_set_aside() {
    let server = own::server();
    let (store, clock) = given(&server).await;
    let jobs = enqueue(&store, 2).await;
    let claimed = store.claim(asks(10)).await.unwrap().jobs;
    for job in &jobs {
        write(&server, "job", &job.id, b"nonsense").await;
    }
    let (job, lease) = claimed[0].clone();
    assert_eq!(store.finish(vec![verdict(&job, lease, Outcome::Done)]).await.unwrap(), [Finished::Written]);
    clock.pass(10_000);
    assert!(store.expired(10).await.unwrap().is_empty(), "no rescuer could decide about it");
    let card = store.job(jobs[1].id).await.unwrap().unwrap();
    assert_eq!((card.job.state, card.job.park.unwrap().cause), (State::Parked, Cause::Damaged));
    assert_eq!(
        store.check().await.unwrap().len(),
        2,
        "what never changes of the two tells of no key: {:?}",
        store.check().await
    );
}

/// What is damaged can be cancelled and forgotten, and then nothing of it is left.
#[tokio::test]
async fn a_damaged_job_can_be_cancelled_and_forgotten() {
    let server = own::server();
    let (store, _) = given(&server).await;
    let id = enqueue(&store, 1).await[0].id;
    write(&server, "job", &id, b"nonsense").await;
    assert_eq!(steer(&store, Order::Release(Select::ids([id]))).await.count, 0, "it would only be parked again");
    assert_eq!(steer(&store, Order::Cancel(Select::ids([id]))).await.count, 1);
    let card = store.job(id).await.unwrap().unwrap();
    assert_eq!(card.job.state, State::Cancelled);
    assert!(card.job.error.unwrap().contains("sum"), "why it was damaged stays to be read");
    assert_eq!(steer(&store, Order::Forget(Select::ids([id]))).await.count, 1);
    assert!(store.job(id).await.unwrap().is_none());
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

/// Its key is free again, though it cannot say which it was.
#[tokio::test]
async fn a_damaged_job_that_is_cancelled_lets_go_of_its_key() {
    let server = own::server();
    let (store, _) = given(&server).await;
    let key = Label::new("order 7").unwrap();
    let keyed = NewJob { unique: Some(Unique { key: key.clone(), hold: Hold::Done }), ..own::jobs(1).remove(0) };
    store.enqueue([keyed.clone()].into()).await.unwrap();
    write(&server, "job", &keyed.id, b"nonsense").await;
    assert_eq!(store.claim(asks(1)).await.unwrap().damaged, [keyed.id]);
    assert_eq!(store.holder(key.clone()).await.unwrap().map(|holder| holder.job), Some(keyed.id));
    assert_eq!(steer(&store, Order::Cancel(Select::ids([keyed.id]))).await.count, 1);
    assert_eq!(store.holder(key).await.unwrap(), None);
}

/// A place in line that leads to no job at all.
#[tokio::test]
async fn a_place_that_leads_nowhere_is_cleared_away() {
    let server = own::server();
    let (store, _) = given(&server).await;
    let jobs = enqueue(&store, 1).await;
    let _: i64 = ask(&server, &[b"ZADD", b"{banto}:ready:mail", b"0", b"0123456789abcdef"]).await;
    let _: i64 = ask(&server, &[b"ZADD", b"{banto}:ready:mail", b"0", b"short"]).await;
    let _: i64 = ask(&server, &[b"ZADD", b"{banto}:lease", b"0", b"0123456789abcdef"]).await;
    let claimed = store.claim(asks(10)).await.unwrap();
    assert_eq!((claimed.jobs.len(), claimed.jobs[0].0.id), (1, jobs[0].id));
    assert!(store.expired(10).await.unwrap().is_empty());
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

/// A job that stands in a line of another queue too is given once, and nobody takes it for damaged while it runs.
#[tokio::test]
async fn a_job_in_two_lines_is_given_once_and_cleared_away_from_the_wrong_one() {
    let server = own::server();
    let (store, _) = given(&server).await;
    let both = || Claim { queues: vec!["mail".parse().unwrap(), "other".parse().unwrap()], ..asks(10) };
    for queues in [both(), Claim { queues: both().queues.into_iter().rev().collect(), ..both() }] {
        let job = enqueue(&store, 1).await.remove(0);
        let bytes = *job.id.bytes();
        let stray: &[&[u8]] = &[b"ZADD", b"{banto}:ready:other", b"0", bytes.as_slice()];
        let _: i64 = ask(&server, stray).await;
        let claimed = store.claim(queues).await.unwrap();
        assert_eq!(claimed.jobs.iter().map(|(job, _)| job.id).collect::<Vec<_>>(), [job.id]);
        assert_eq!(claimed.damaged, []);
        // What is given stays given, whoever comes upon the stray place later.
        let _: i64 = ask(&server, stray).await;
        let again = store.claim(both()).await.unwrap();
        assert_eq!((again.jobs.len(), again.damaged.len()), (0, 0));
    }
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

/// A key of ours that holds something else is said to be damaged, and nothing is in doubt.
#[tokio::test]
async fn a_key_of_another_type_is_said_to_be_damaged() {
    let server = own::server();
    let (store, _) = given(&server).await;
    let _: () = ask(&server, &[b"SET", b"{banto}:job", b"x"]).await;
    let told = store.enqueue(own::jobs(1).into()).await.unwrap_err();
    assert_eq!(*told.fault(), banto_store::Fault::Damaged, "{told}");
}

/// How the store stands in a move cannot be read: nobody is let in who might run what has run elsewhere, nothing is lost, and once
/// it is put right all goes on.
#[tokio::test]
async fn a_standing_that_cannot_be_read_lets_nobody_in_and_loses_nothing() {
    let server = own::server();
    let (store, _) = given(&server).await;
    enqueue(&store, 3).await;
    let (job, lease) = store.claim(asks(1)).await.unwrap().jobs.remove(0);
    let step = async |step: Step| store.settle(Settle { id: MoveId(7), step }).await;
    step(Step::Leave(Other { place: "there".into(), by: "ann".into() })).await.unwrap();
    let before = store.standing().await.unwrap();
    let text: Vec<u8> = ask(&server, &[b"GET", b"{banto}:standing"]).await;
    let json = text.strip_prefix(b"leaving\n").unwrap();
    let cut = &text[..text.len() - 1];
    let unlike = unlike_a_standing();
    let unlike: Vec<String> = unlike.iter().map(|words| format!("arrived\n{words}")).collect();
    let odds: [&[u8]; 10] = [
        cut,
        json,
        b"x",
        b"leaving",
        b"arrived",
        b"arrived\n{\"stand\":\"left\"}",
        b"left\n{",
        b"\n{}",
        b"left\n{\"stand\":\"left\"}",
        b"\xff\n5",
    ];
    for odd in odds.into_iter().chain(unlike.iter().map(String::as_bytes)) {
        let shown = String::from_utf8_lossy(odd);
        let _: () = ask(&server, &[b"SET", b"{banto}:standing", odd]).await;
        let order = Steer { order: Order::Cancel(Select::default()), by: "ann".into(), preview: false };
        for (verb, refused) in [
            ("claim", store.claim(asks(9)).await.map(drop)),
            ("enqueue", store.enqueue(own::jobs(1).into()).await.map(drop)),
            ("standing", store.standing().await.map(drop)),
            ("steer", store.steer(order).await.map(drop)),
            ("stay", step(Step::Stay).await.map(drop)),
            ("close", step(Step::Close).await.map(drop)),
        ] {
            let refused = refused.unwrap_err();
            assert_eq!(*refused.fault(), Fault::Damaged, "{verb}, {shown}: {refused}");
            assert!(refused.to_string().contains("how the store stands"), "{verb}, {shown}: {refused}");
        }
        assert_eq!(store.renew(vec![lease], 10_000).await.unwrap().len(), 1, "{shown}: what runs goes on");
    }
    assert_eq!(store.finish(vec![verdict(&job, lease, Outcome::Done)]).await.unwrap(), [Finished::Written]);
    let _: () = ask(&server, &[b"SET", b"{banto}:standing", &text]).await;
    assert_eq!(store.standing().await.unwrap(), before);
    step(Step::Stay).await.unwrap();
    assert_eq!(store.claim(asks(9)).await.unwrap().jobs.len(), 2);
    assert_eq!(store.jobs(Select::default(), None).await.unwrap().jobs.len(), 3);
}
