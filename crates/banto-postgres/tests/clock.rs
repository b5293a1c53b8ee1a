//! P11: the server's clock is set while jobs run. No lease is taken from the living, and none is kept for ever.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use banto_core::{Facts, Ids, InstanceId, Lease, Name, NewJob, Outcome, Payload, State, decide, retry::Backoff};
use banto_postgres::{Postgres, tokio_postgres::Client};
use banto_store::{Claim, Finish, Finished, Read, Renewed, Store};

mod place;
use place::Schema;

const HOUR_MS: i64 = 3_600_000;

/// A store whose server's clock can be set.
struct Scene {
    schema: Schema,
    store: Postgres,
    client: Client,
}

impl Scene {
    async fn new() -> Scene {
        let schema = Schema::new();
        let store = schema.store().await;
        let client = schema.client().await;
        let set = format!(
            "CREATE TABLE {0}.ahead (ms bigint); INSERT INTO {0}.ahead VALUES (0);
             CREATE OR REPLACE FUNCTION {0}.now_ms() RETURNS bigint LANGUAGE sql VOLATILE AS $$
                 SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint + (SELECT ms FROM {0}.ahead) $$",
            schema.name
        );
        client.batch_execute(&set).await.unwrap();
        // So that there is something to compare with.
        store.expired(1).await.unwrap();
        Scene { schema, store, client }
    }

    async fn jump(&self, ms: i64) {
        self.client.execute("UPDATE ahead SET ms = ms + $1", &[&ms]).await.unwrap();
    }

    async fn running(&self, lease_ms: u64) -> Lease {
        let name = |text: &str| Name::new(text).unwrap();
        let id = Ids::new(fastrand::u64(..)).make(1_767_225_600_000);
        let job = NewJob::new(id, name("send"), name("mail"), Payload::parse("1").unwrap());
        self.store.enqueue([job].into()).await.unwrap();
        let claim = Claim { instance: InstanceId(1), queues: vec![name("mail")], limit: 1, lease_ms, adopt: vec![] };
        self.store.claim(claim).await.unwrap().jobs[0].1
    }

    async fn expired(&self) -> Vec<Lease> {
        self.store.expired(10).await.unwrap().iter().map(|expired| expired.lease).collect()
    }

    async fn rescue(&self, lease: Lease) -> Finished {
        let job = self.store.job(lease.job).await.unwrap().unwrap().job;
        let verdict = decide(&Facts::of(&job, &Backoff::default()), Outcome::Crashed { error: "died".into() }, 0, 1);
        self.store.rescue(vec![Finish { lease, verdict }]).await.unwrap()[0]
    }
}

#[tokio::test]
async fn p11_a_clock_set_ahead_takes_no_lease_away() {
    let scene = Scene::new().await;
    let lease = scene.running(10_000).await;
    scene.jump(72 * HOUR_MS).await;
    assert_eq!(scene.expired().await, [], "by the clock it has been over for three days");
    assert_eq!(scene.rescue(lease).await, Finished::Late);
    assert_eq!(scene.store.renew(vec![lease], 10_000).await.unwrap(), [Renewed::Held { cancel_asked: false }]);
    // Another process that has seen nothing of the jump sees a lease that lives.
    assert!(scene.schema.store().await.expired(10).await.unwrap().is_empty());
    assert_eq!(scene.store.job(lease.job).await.unwrap().unwrap().job.state, State::Running);
}

#[tokio::test]
async fn p11_a_clock_set_back_keeps_no_lease_for_ever() {
    let scene = Scene::new().await;
    let lease = scene.running(300).await;
    // Its holder is dead, and by the clock it lives for two days.
    scene.jump(-48 * HOUR_MS).await;
    let store = scene.schema.store().await;
    let expired = async || -> Vec<Lease> { store.expired(10).await.unwrap().iter().map(|one| one.lease).collect() };
    assert_eq!(expired().await, [], "it was seen so for the first time");
    // Over one length of its own after that.
    let mut looks = 0;
    while expired().await != [lease] {
        looks += 1;
        assert!(looks < 1_000);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let job = store.job(lease.job).await.unwrap().unwrap().job;
    let verdict = decide(&Facts::of(&job, &Backoff::default()), Outcome::Crashed { error: "died".into() }, 0, 1);
    assert_eq!(store.rescue(vec![Finish { lease, verdict }]).await.unwrap(), [Finished::Written]);
    assert_eq!(store.job(lease.job).await.unwrap().unwrap().job.crashes, 1);
}

#[tokio::test]
async fn p11_a_living_holder_renews_out_of_the_doubt() {
    let scene = Scene::new().await;
    let lease = scene.running(300).await;
    scene.jump(-48 * HOUR_MS).await;
    let store = scene.schema.store().await;
    assert!(store.expired(10).await.unwrap().is_empty());
    scene.store.renew(vec![lease], 60_000).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    assert!(store.expired(10).await.unwrap().is_empty(), "it was renewed by the clock as it is now");
    let job = store.job(lease.job).await.unwrap().unwrap().job;
    let verdict = decide(&Facts::of(&job, &Backoff::default()), Outcome::Crashed { error: "died".into() }, 0, 1);
    assert_eq!(store.rescue(vec![Finish { lease, verdict }]).await.unwrap(), [Finished::Late]);
}
