//! Somebody wrote into the tables: each damaged row is set aside with its reason, and its neighbours go on.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use banto_core::{
    Cause, Facts, Hold, Ids, InstanceId, JobId, Label, Lease, Name, NewJob, Outcome, Payload, State, Unique, decide,
    retry::Backoff,
};
use banto_postgres::{Postgres, Time, tokio_postgres::Client};
use banto_store::{
    Claim, Claimed, Fault, Finish, Finished, GivenClock, MoveId, Order, Other, Prune, Read, Select, Settle, Steer,
    Steered, Step, Store, suite::settle::unlike_a_standing,
};

mod place;
use place::Schema;

const START_MS: i64 = 1_767_225_600_000;

struct Scene {
    schema: Schema,
    store: Postgres,
    clock: GivenClock,
    client: Client,
}

impl Scene {
    async fn new() -> Scene {
        let (schema, clock) = (Schema::new(), GivenClock::at(START_MS));
        let store = schema.open(Time::Given(Arc::new(clock.clone()))).await;
        let client = schema.client().await;
        Scene { schema, store, clock, client }
    }

    async fn sql(&self, sql: &str) {
        self.client.batch_execute(sql).await.unwrap();
    }

    /// Three jobs, and the id of the middle one.
    async fn three(&self) -> [JobId; 3] {
        let mut ids = Ids::new(7);
        let name = |text: &str| Name::new(text).unwrap();
        let mut job = |key: &str| {
            let unique = Some(Unique { key: Label::new(key).unwrap(), hold: Hold::Done });
            let payload = Payload::parse("{\"to\":4711}").unwrap();
            NewJob { unique, ..NewJob::new(ids.make(START_MS), name("send"), name("mail"), payload) }
        };
        let jobs = [job("a"), job("b"), job("c")];
        let ids = [jobs[0].id, jobs[1].id, jobs[2].id];
        self.store.enqueue(jobs.into()).await.unwrap();
        ids
    }

    async fn claim(&self, limit: usize) -> Claimed {
        let queues = vec!["mail".parse().unwrap()];
        self.store
            .claim(Claim { instance: InstanceId(1), queues, limit, lease_ms: 10_000, adopt: vec![] })
            .await
            .unwrap()
    }

    async fn finish(&self, lease: Lease, outcome: Outcome) -> Finished {
        let job = self.store.job(lease.job).await.unwrap().unwrap().job;
        let verdict = decide(&Facts::of(&job, &Backoff::default()), outcome, START_MS, 1);
        self.store.finish(vec![Finish { lease, verdict }]).await.unwrap()[0]
    }

    async fn steer(&self, order: Order) -> Steered {
        self.store.steer(Steer { order, by: "ann".into(), preview: false }).await.unwrap()
    }

    async fn sound(&self) {
        assert_eq!(self.store.check().await.unwrap(), Vec::<String>::new());
    }
}

/// Ways to damage the row of a job that waits, and a word of the reason.
const WAYS: [(&str, &str); 13] = [
    ("UPDATE job SET payload = '{\"to\":4710}'", "its sum differs"),
    ("UPDATE job SET payload = '{\"to\":'", "not JSON"),
    ("UPDATE job SET kind = 'sent'", "does not fit"),
    ("UPDATE job SET kind = E'a\\x1bb'", "Kind"),
    ("UPDATE job SET queue = ''", "Queue"),
    ("UPDATE job SET version = 0", "Version is 0"),
    ("UPDATE job SET priority = 99", "Priority is 99"),
    ("UPDATE job SET options = '{\"shell\":\"rm\"}'", "the options"),
    ("UPDATE job SET key = E'k\\x01'", "key"),
    ("UPDATE job SET hold = 9", "hold"),
    ("UPDATE job SET attempts_max = 70000", "AttemptsMax"),
    ("UPDATE live SET crashes = -1", "Crashes is -1"),
    ("UPDATE live SET progress = '{'", "the progress"),
];

#[tokio::test]
async fn e4_a_damaged_row_is_set_aside_and_the_others_run() {
    for (way, why) in WAYS {
        let scene = Scene::new().await;
        let [first, middle, last] = scene.three().await;
        scene.sql(&format!("{way} WHERE id = '{middle}'")).await;
        let progress = way.contains("progress");
        let claimed = scene.claim(2).await;
        // A claim forgets how far the job was, so that damage is healed by it.
        if progress {
            assert_eq!(claimed.jobs.len(), 2, "{way}");
            continue;
        }
        let ids: Vec<JobId> = claimed.jobs.iter().map(|(job, _)| job.id).collect();
        assert_eq!((ids, claimed.damaged), (vec![first, last], vec![middle]), "{way}");
        let card = scene.store.job(middle).await.unwrap().unwrap();
        let park = card.job.park.unwrap();
        assert_eq!((card.job.state, park.cause), (State::Parked, Cause::Damaged), "{way}");
        assert!(park.text.contains(why), "{way}: {}", park.text);
        assert!(card.raw.unwrap().contains("state = 3"), "{way}: it is shown with what is stored");
        assert!(scene.claim(10).await.jobs.is_empty());
        for (_, lease) in claimed.jobs {
            assert_eq!(scene.finish(lease, Outcome::Done).await, Finished::Written);
        }
    }
}

#[tokio::test]
async fn a_damaged_job_is_found_by_its_cause_and_can_only_be_cancelled() {
    let scene = Scene::new().await;
    let [_, middle, _] = scene.three().await;
    scene.sql(&format!("UPDATE job SET payload = 'x' WHERE id = '{middle}'")).await;
    let damaged = Select { cause: Some(Cause::Damaged), ..Select::default() };
    let found = scene.store.jobs(damaged.clone(), None).await.unwrap().jobs;
    assert_eq!(found.iter().map(|job| job.id).collect::<Vec<_>>(), [middle], "before anybody met it");
    scene.claim(10).await;
    assert_eq!(scene.steer(Order::Release(damaged.clone())).await.count, 0);
    assert_eq!(scene.steer(Order::Cancel(damaged.clone())).await.count, 1);
    let job = scene.store.job(middle).await.unwrap().unwrap().job;
    assert_eq!(job.state, State::Cancelled);
    assert!(job.error.unwrap().contains("not JSON"));
    assert_eq!(scene.store.holder(Label::new("b").unwrap()).await.unwrap(), None, "its key is free");
    assert_eq!(scene.steer(Order::Retry(Select::ids([middle]))).await.count, 0);
    assert_eq!(scene.steer(Order::Forget(Select::ids([middle]))).await.count, 1);
    scene.sound().await;
}

#[tokio::test]
async fn a_row_that_was_mended_by_hand_runs() {
    let scene = Scene::new().await;
    let [_, middle, _] = scene.three().await;
    scene.sql(&format!("UPDATE job SET payload = 'x' WHERE id = '{middle}'")).await;
    scene.claim(10).await;
    scene.sql(&format!("UPDATE job SET payload = '{{\"to\":1}}', sum = NULL WHERE id = '{middle}'")).await;
    assert_eq!(scene.steer(Order::Release(Select::ids([middle]))).await.count, 1);
    let claimed = scene.claim(10).await;
    assert_eq!(claimed.jobs[0].0.payload.as_str(), "{\"to\":1}");
    scene.sound().await;
}

#[tokio::test]
async fn a_row_that_is_damaged_while_it_runs_is_set_aside_by_the_pruner() {
    let scene = Scene::new().await;
    let [first, ..] = scene.three().await;
    let claimed = scene.claim(1).await;
    assert_eq!(claimed.jobs[0].0.id, first);
    scene.sql(&format!("UPDATE job SET payload = 'x' WHERE id = '{first}'")).await;
    scene.clock.pass(10_000);
    assert!(scene.store.expired(10).await.unwrap().is_empty(), "nobody can judge it");
    scene.store.prune(Prune::default()).await.unwrap();
    let job = scene.store.job(first).await.unwrap().unwrap().job;
    assert_eq!((job.state, job.park.unwrap().cause), (State::Parked, Cause::Damaged));
    scene.sound().await;
}

#[tokio::test]
async fn a_place_that_leads_nowhere_goes_and_a_job_without_a_place_is_shown() {
    let scene = Scene::new().await;
    let [first, middle, last] = scene.three().await;
    scene.sql(&format!("DELETE FROM job WHERE id = '{first}'; DELETE FROM live WHERE id = '{last}'")).await;
    let claimed = scene.claim(10).await;
    assert_eq!(claimed.jobs.iter().map(|(job, _)| job.id).collect::<Vec<_>>(), [middle]);
    let shown = scene.store.job(last).await.unwrap().unwrap().job;
    assert_eq!(shown.park.unwrap().text, "it stands nowhere");
    assert!(scene.store.job(first).await.unwrap().is_none());
}

#[tokio::test]
async fn a_foreign_hand_that_moves_a_job_to_another_queue_is_noticed() {
    let scene = Scene::new().await;
    let [_, middle, _] = scene.three().await;
    scene.sql(&format!("UPDATE live SET queue = 'other' WHERE id = '{middle}'")).await;
    let queues = vec!["other".parse().unwrap()];
    let claim = Claim { instance: InstanceId(1), queues, limit: 10, lease_ms: 10_000, adopt: vec![] };
    let claimed = scene.store.claim(claim).await.unwrap();
    assert_eq!((claimed.jobs.len(), claimed.damaged), (0, vec![middle]));
    assert_eq!(scene.claim(10).await.jobs.len(), 2);
}

/// What the tables themselves refuse cannot be written by a slip.
#[tokio::test]
async fn a_state_that_does_not_exist_cannot_be_written() {
    let scene = Scene::new().await;
    scene.three().await;
    for slip in
        ["UPDATE live SET state = 7", "UPDATE live SET state = -1", "INSERT INTO live SELECT * FROM live LIMIT 1"]
    {
        assert!(scene.client.batch_execute(slip).await.is_err(), "{slip}");
    }
    assert!(scene.schema.name.starts_with("t_"));
}

/// How the store stands in a move cannot be read: nobody is let in who might run what has run elsewhere, nothing is lost, and once
/// it is put right all goes on.
#[tokio::test]
async fn a_standing_that_cannot_be_read_lets_nobody_in_and_loses_nothing() {
    let scene = Scene::new().await;
    scene.three().await;
    let (_, lease) = scene.claim(1).await.jobs.remove(0);
    let step = async |step: Step| scene.store.settle(Settle { id: MoveId(7), step }).await;
    step(Step::Leave(Other { place: "there".into(), by: "ann".into() })).await.unwrap();
    let before = scene.store.standing().await.unwrap();
    let row = scene.client.query_one("SELECT value FROM meta WHERE name = 'standing'", &[]).await.unwrap();
    let text: String = row.get(0);
    let write = async |text: &str| {
        let sql = "UPDATE meta SET value = $1 WHERE name = 'standing'";
        assert_eq!(scene.client.execute(sql, &[&text]).await.unwrap(), 1);
    };
    let new = |n: u64| {
        let (kind, queue) = ("send".parse().unwrap(), "mail".parse().unwrap());
        NewJob::new(Ids::new(n).make(START_MS), kind, queue, Payload::parse("1").unwrap())
    };
    let unlike = unlike_a_standing();
    let odds = [&text[..text.len() - 1], "x", "null", "5", "[]", "{}", "{\"stand\":5}", "{\"stand\":\"left\"}"];
    for odd in odds.into_iter().chain(unlike.iter().map(String::as_str)) {
        write(odd).await;
        let order = Steer { order: Order::Cancel(Select::default()), by: "ann".into(), preview: false };
        let queues = vec!["mail".parse().unwrap()];
        let claim = Claim { instance: InstanceId(1), queues, limit: 9, lease_ms: 10_000, adopt: vec![] };
        for refused in [
            scene.store.standing().await.map(drop),
            scene.store.claim(claim).await.map(drop),
            scene.store.enqueue([new(99)].into()).await.map(drop),
            scene.store.steer(order).await.map(drop),
            step(Step::Stay).await.map(drop),
            step(Step::Close).await.map(drop),
        ] {
            let refused = refused.unwrap_err();
            assert_eq!(*refused.fault(), Fault::Damaged, "{odd}: {refused}");
            assert!(refused.to_string().contains("how the store stands"), "{odd}: {refused}");
        }
        assert_eq!(scene.store.renew(vec![lease], 10_000).await.unwrap().len(), 1, "{odd}: what runs goes on");
    }
    assert_eq!(scene.finish(lease, Outcome::Done).await, Finished::Written);
    write(&text).await;
    assert_eq!(scene.store.standing().await.unwrap(), before);
    step(Step::Stay).await.unwrap();
    assert_eq!(scene.claim(9).await.jobs.len(), 2);
    assert_eq!(scene.store.jobs(Select::default(), None).await.unwrap().jobs.len(), 3);
}

/// By hand the row is deleted rather than emptied: the next move is written down all the same.
#[tokio::test]
async fn a_store_whose_standing_was_deleted_by_hand_can_move() {
    let scene = Scene::new().await;
    scene.three().await;
    scene.sql("DELETE FROM meta WHERE name = 'standing'").await;
    assert_eq!(scene.store.standing().await.unwrap(), None);
    let step = Step::Leave(Other { place: "there".into(), by: "ann".into() });
    scene.store.settle(Settle { id: MoveId(7), step }).await.unwrap();
    assert_eq!(scene.store.standing().await.unwrap().unwrap().id, MoveId(7));
}
