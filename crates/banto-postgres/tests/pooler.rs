//! A real PgBouncer between: where it keeps sessions all works as without it, and where it does not that is refused in plain words.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use banto_core::{Ids, NewJob, Payload};
use banto_postgres::{Options, Postgres, Time};
use banto_servers::Pgbouncer;
use banto_store::{Fault, Read, Store};

mod place;
use place::Schema;

/// What lets banto through: it sets itself what a session must be.
const PASSES: (&str, &str) = ("ignore_startup_parameters", "options");

/// A pooler before the shared server. `None`, said loudly, where there is none to be had.
fn pooler(schema: &Schema, settings: &[(&str, &str)]) -> Option<Pgbouncer> {
    let pooler = Pgbouncer::before(port(schema), settings).unwrap();
    if pooler.is_none() {
        let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(!ci, "there is no pgbouncer: `cargo xtask test` installs it (Debian's package pgbouncer)");
        eprintln!("NOT TESTED: PostgreSQL behind PgBouncer (there is none)");
    }
    pooler
}

/// The shared server's port.
fn port(schema: &Schema) -> u16 {
    schema.options().config.get_ports().first().copied().unwrap()
}

/// The way to the schema through the pooler.
fn through(schema: &Schema, pooler: &Pgbouncer) -> Options {
    let port = port(schema);
    schema.address().replace(&format!(":{port}/"), &format!(":{}/", pooler.port())).parse().unwrap()
}

async fn open(options: Options) -> Result<Postgres, banto_store::StoreError> {
    Postgres::open_with(options, Time::Server).await
}

fn job(ids: &mut Ids) -> NewJob {
    NewJob::new(ids.make(1), "send".parse().unwrap(), "mail".parse().unwrap(), Payload::parse("1").unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_one_that_keeps_sessions_all_works_and_others_are_heard() {
    let schema = Schema::new();
    let Some(pooler) = pooler(&schema, &[PASSES, ("pool_mode", "session")]) else { return };
    let (store, beside) = (open(through(&schema, &pooler)).await.unwrap(), schema.store().await);
    let mut ids = Ids::new(1);
    store.enqueue([job(&mut ids)].into()).await.unwrap();
    assert_eq!(place::claim(&store, "mail").await.jobs.len(), 1);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    // Heard by a notification: without one it would be asked only every two seconds, and be said.
    let mut seen = store.changed(0).await.unwrap();
    while let Ok(next) = tokio::time::timeout(Duration::from_secs(1), store.changed(seen)).await {
        seen = next.unwrap();
    }
    beside.enqueue([job(&mut ids)].into()).await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), store.changed(seen)).await.unwrap().unwrap();
    let said = store.about().notices;
    assert!(!said.iter().any(|notice| notice.contains("notifications") || notice.contains("changes of")), "{said:?}");
    // Settings of the address's own are not dropped in silence.
    let mut own = through(&schema, &pooler);
    own.config.options("-c work_mem=8MB");
    let told = open(own).await.unwrap_err();
    assert!(told.to_string().contains("ALTER ROLE"), "{told}");
    // What the pooler dropped was set all the same, on every connection: a statement ends when it must.
    let options = Options { statement_timeout_ms: 300, lock_timeout_ms: 60_000, ..through(&schema, &pooler) };
    let hasty = open(options).await.unwrap();
    let mut client = schema.client().await;
    let held = client.transaction().await.unwrap();
    held.batch_execute("LOCK TABLE job").await.unwrap();
    let told = hasty.enqueue([job(&mut ids)].into()).await.unwrap_err();
    assert_eq!(*told.fault(), Fault::Busy, "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_hands_its_connections_on_is_refused_with_what_to_do() {
    for mode in ["transaction", "statement"] {
        let schema = Schema::new();
        let Some(pooler) = pooler(&schema, &[PASSES, ("pool_mode", mode)]) else { return };
        let told = open(through(&schema, &pooler)).await.unwrap_err();
        assert_eq!(*told.fault(), Fault::Config, "{mode}: {told}");
        let said = told.to_string();
        assert!(said.contains("after each transaction") && said.contains("pool_mode = session"), "{mode}: {said}");
        // Nothing was made.
        let client = schema.client().await;
        let made = "SELECT count(*) FROM pg_namespace WHERE nspname = $1";
        assert_eq!(client.query_one(made, &[&schema.name]).await.unwrap().get::<_, i64>(0), 0, "{mode}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_does_not_take_the_settings_of_a_session_is_refused_with_what_to_do() {
    let schema = Schema::new();
    let Some(pooler) = pooler(&schema, &[("pool_mode", "session")]) else { return };
    let told = open(through(&schema, &pooler)).await.unwrap_err();
    assert_eq!(*told.fault(), Fault::Config, "{told}");
    assert!(told.to_string().contains("ignore_startup_parameters = options"), "{told}");
}

/// A pooler that has no connection to give says so in words of its own; what to do about it stands beside them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_has_too_few_connections_is_told_from_a_server_that_is_away() {
    let schema = Schema::new();
    let settings = [PASSES, ("pool_mode", "session"), ("default_pool_size", "1"), ("query_wait_timeout", "1")];
    let Some(pooler) = pooler(&schema, &settings) else { return };
    let told = open(through(&schema, &pooler)).await.unwrap_err();
    assert_eq!(*told.fault(), Fault::Gone, "{told}");
    assert!(told.to_string().contains("default_pool_size"), "{told}");
}
