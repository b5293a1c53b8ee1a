//! The schema: made once however many make it, an older build goes on where it may, and what is newer is refused.
#![expect(clippy::unwrap_used, reason = "tests")]

use banto_core::{Ids, NewJob, Payload};
use banto_postgres::{Options, Postgres, SCHEMA, Time};
use banto_store::{Fault, Read, Store};

mod place;
use place::Schema;

#[tokio::test]
async fn it_is_made_once_and_found_again() {
    let schema = Schema::new();
    let first = schema.store().await;
    assert_eq!((first.migrated().from, first.migrated().to), (0, SCHEMA));
    let second = schema.store().await;
    assert_eq!((second.migrated().from, second.migrated().to), (SCHEMA, SCHEMA));
    assert_eq!(second.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b18_eight_migrators_at_once_make_one_schema() {
    let schema = Schema::new();
    let mut opening = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let options = schema.options();
        opening.spawn(async move { Postgres::open_with(options, Time::Server).await.map(|store| store.migrated()) });
    }
    let opened = opening.join_all().await;
    let made = opened.iter().filter(|one| one.as_ref().unwrap().from == 0).count();
    assert_eq!(made, 1, "{opened:?}");
    assert!(opened.iter().all(|one| one.as_ref().unwrap().to == SCHEMA));
}

#[tokio::test]
async fn b18_a_newer_schema_is_refused_unless_it_serves_this_build() {
    let schema = Schema::new();
    drop(schema.store().await);
    let client = schema.client().await;
    client.batch_execute("UPDATE meta SET value = (value::int + 1)::text WHERE name = 'schema'").await.unwrap();
    let store = schema.store().await;
    assert_eq!(store.migrated().to, SCHEMA + 1, "the old build of a deploy goes on");
    let serves = format!("UPDATE meta SET value = '{}' WHERE name = 'serves'", SCHEMA + 1);
    client.batch_execute(&serves).await.unwrap();
    let refused = Postgres::open(&schema.address()).await.unwrap_err();
    assert_eq!(refused.fault(), &Fault::Newer);
    assert!(refused.to_string().contains("run the newer build"), "{refused}");
}

#[tokio::test]
async fn a_version_that_is_no_number_is_not_guessed_at() {
    let schema = Schema::new();
    drop(schema.store().await);
    schema.client().await.batch_execute("UPDATE meta SET value = 'x' WHERE name = 'schema'").await.unwrap();
    assert_eq!(Postgres::open(&schema.address()).await.unwrap_err().fault(), &Fault::Damaged);
}

#[tokio::test]
async fn whoever_may_not_migrate_makes_nothing() {
    let schema = Schema::new();
    let options = || Options { migrate: false, ..schema.options() };
    let refused = Postgres::open_with(options(), Time::Server).await.unwrap_err();
    assert_eq!(refused.fault(), &Fault::Config);
    assert!(refused.to_string().contains("run `migrate` first"), "{refused}");
    let client = schema.client().await;
    let made = "SELECT count(*) FROM pg_namespace WHERE nspname = $1";
    assert_eq!(client.query_one(made, &[&schema.name]).await.unwrap().get::<_, i64>(0), 0);

    drop(schema.store().await);
    client.batch_execute("UPDATE meta SET value = '1' WHERE name = 'schema'").await.unwrap();
    let refused = Postgres::open_with(options(), Time::Server).await.unwrap_err();
    assert!(refused.to_string().contains("version 1 and this build wants"), "{refused}");
    let cure = format!("/postgres?schema={}\"", schema.name);
    assert!(refused.to_string().contains("banto migrate --store \"postgres://127.0.0.1:"), "{refused}");
    assert!(refused.to_string().contains(&cure), "{refused}");
}

/// A source that an older build has made is read as it is, where nobody may change it: the later steps made it only safer.
#[tokio::test]
async fn whoever_may_not_migrate_works_on_a_schema_that_is_older_and_serves() {
    let schema = Schema::new();
    drop(schema.store().await);
    let client = schema.client().await;
    // As the build left it whose last step was the sixth.
    let (admit, _) = include_str!("../migrations/0006_settle.sql").split_once("-- Keeps jobs").unwrap();
    let (_, admit) = admit.split_once("CREATE FUNCTION").unwrap();
    let old = format!("DROP FUNCTION accept_many; DROP FUNCTION is_standing(text); CREATE OR REPLACE FUNCTION{admit}");
    let old = old.replace("{s}", &schema.name);
    client.batch_execute(&old).await.unwrap();
    client.batch_execute("UPDATE meta SET value = '6' WHERE name = 'schema'").await.unwrap();
    let store = Postgres::open_with(Options { migrate: false, ..schema.options() }, Time::Server).await.unwrap();
    assert_eq!((store.migrated().from, store.migrated().to), (6, 6));
    assert_eq!(store.standing().await.unwrap(), None);
    let mut ids = Ids::new(1);
    let mut job = || {
        let (kind, queue) = ("send".parse().unwrap(), "mail".parse().unwrap());
        NewJob::new(ids.make(1), kind, queue, Payload::parse("1").unwrap())
    };
    store.enqueue([job()].into()).await.unwrap();
    assert_eq!(place::claim(&store, "mail").await.jobs.len(), 1);
    store.enqueue((0..100).map(|_| job()).collect()).await.unwrap();
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    let migrated = schema.store().await.migrated();
    assert_eq!((migrated.from, migrated.to), (6, SCHEMA), "and brought up to date by whoever may");
}

/// As the guide has it: somebody else has made the schema, and its owner may make no other.
#[tokio::test]
async fn whoever_owns_the_schema_alone_may_migrate() {
    let schema = Schema::new();
    let role = format!("r_{}", schema.name);
    let make = format!("CREATE ROLE {role} LOGIN; CREATE SCHEMA {} AUTHORIZATION {role}", schema.name);
    schema.client().await.batch_execute(&make).await.unwrap();
    let store = Postgres::open(&schema.address().replace("//postgres@", &format!("//{role}@"))).await.unwrap();
    assert_eq!((store.migrated().from, store.migrated().to), (0, SCHEMA));
}

#[tokio::test]
async fn half_a_migration_leaves_nothing() {
    let schema = Schema::new();
    // Something of another's stands where a table of ours would come late.
    let client = schema.client().await;
    client.batch_execute(&format!("CREATE SCHEMA {0}; CREATE TABLE {0}.fire (x int)", schema.name)).await.unwrap();
    let refused = Postgres::open(&schema.address()).await.unwrap_err();
    assert_eq!(refused.fault(), &Fault::Damaged, "{refused}");
    let left = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND relkind = 'r'";
    assert_eq!(client.query_one(left, &[&schema.name]).await.unwrap().get::<_, i64>(0), 1);
    client.batch_execute(&format!("DROP TABLE {}.fire", schema.name)).await.unwrap();
    assert_eq!(schema.store().await.migrated().from, 0);
}

#[tokio::test]
async fn two_schemas_of_one_database_know_nothing_of_each_other() {
    let (one, two) = (Schema::new(), Schema::new());
    let (one, two) = (one.store().await, two.store().await);
    one.beat_once(1).await;
    assert_eq!((one.instances().await.unwrap().len(), two.instances().await.unwrap().len()), (1, 0));
}

trait Beats {
    async fn beat_once(&self, id: u64);
}

impl Beats for Postgres {
    async fn beat_once(&self, id: u64) {
        use banto_store::{Instance, Status, Store};
        let name = |text: &str| text.parse().unwrap();
        let instance = Instance {
            id: banto_core::InstanceId(id),
            name: name("a"),
            host: "here".parse().unwrap(),
            pid: 1,
            build: "b".parse().unwrap(),
            kinds: Vec::new(),
            queues: Vec::new(),
            service: None,
            concurrency: 1,
            busy: 0,
            status: Status::Working,
            reason: None,
        };
        self.beat(instance).await.unwrap();
    }
}
