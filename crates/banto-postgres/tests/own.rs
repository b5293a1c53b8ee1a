//! The application's own transactions, by the driver and by SQL. A job of a transaction that is rolled back never was.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use banto_core::{Hold, Ids, JobId, Label, Name, NewJob, Payload, State, Unique};
use banto_postgres::{enqueue_in, tokio_postgres::Client};
use banto_store::{Fault, Read, Store};

mod place;
use place::{Schema, claim, listed};

fn job(seed: u64) -> NewJob {
    let name = |text: &str| Name::new(text).unwrap();
    NewJob::new(
        Ids::new(seed).make(1_767_225_600_000),
        name("send"),
        name("mail"),
        Payload::parse("{\"n\":1}").unwrap(),
    )
}

#[tokio::test]
async fn a_job_comes_with_the_commit_and_never_with_a_rollback() {
    let schema = Schema::new();
    let store = schema.store().await;
    let mut client = schema.client().await;
    client.batch_execute("CREATE TABLE pupil (name text)").await.unwrap();
    let seen = store.changed(0).await.unwrap();

    let tx = client.transaction().await.unwrap();
    tx.execute("INSERT INTO pupil VALUES ('ann')", &[]).await.unwrap();
    assert!(enqueue_in(&tx, &schema.name, &[job(1)]).await.unwrap()[0].fresh);
    assert_eq!(listed(&store).await, 0, "not before the commit");
    tx.rollback().await.unwrap();
    assert_eq!(listed(&store).await, 0);
    assert!(claim(&store, "mail").await.jobs.is_empty());

    let tx = client.transaction().await.unwrap();
    tx.execute("INSERT INTO pupil VALUES ('ann')", &[]).await.unwrap();
    assert!(store.enqueue_in(&tx, &[job(2)]).await.unwrap()[0].fresh);
    assert!(!store.enqueue_in(&tx, &[job(2)]).await.unwrap()[0].fresh, "a repetition is told so");
    tx.commit().await.unwrap();
    // The workers hear of it.
    let woken = tokio::time::timeout(std::time::Duration::from_secs(5), store.changed(seen)).await;
    assert_ne!(woken.unwrap().unwrap(), seen);
    assert_eq!(claim(&store, "mail").await.jobs[0].0.id, job(2).id);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn what_the_store_refuses_is_refused_in_a_transaction_too() {
    let schema = Schema::new();
    let store = schema.store().await;
    let mut client = schema.client().await;
    let tx = client.transaction().await.unwrap();
    let bad = NewJob { priority: 10, ..job(1) };
    let refused = store.enqueue_in(&tx, &[bad]).await.unwrap_err();
    assert!(matches!(refused.fault(), Fault::Refused(_)), "{refused}");
    assert!(enqueue_in(&tx, "x; DROP SCHEMA public", &[job(1)]).await.is_err());
    assert!(store.enqueue_in(&tx, &[job(3)]).await.unwrap()[0].fresh, "nothing was sent, so the transaction lives");
}

/// `SELECT enqueue(…)`, in the schema of the store.
async fn enqueue(client: &Client, call: &str) -> Result<JobId, String> {
    let row = client.query_one(&format!("SELECT enqueue({call})::text"), &[]).await;
    row.map(|row| row.get::<_, String>(0).parse().unwrap()).map_err(|error| match error.as_db_error() {
        Some(said) => said.message().to_owned(),
        None => panic!("{error}"),
    })
}

#[tokio::test]
async fn sql_enqueues_what_the_store_reads() {
    let schema = Schema::new();
    let store = schema.store().await;
    let client = schema.client().await;
    let id = enqueue(
        &client,
        r#"'App\Jobs\Send', '{"a": [1e400, -0, 1, 1], "b":"\u0000"}', queue => 'mail', priority => 0"#,
    );
    let id = id.await.unwrap();
    let job = store.job(id).await.unwrap().unwrap().job;
    assert_eq!(job.payload.as_str(), r#"{"a": [1e400, -0, 1, 1], "b":"\u0000"}"#, "byte for byte");
    assert_eq!((job.kind.as_str(), job.queue.as_str(), job.priority), ("App\\Jobs\\Send", "mail", 0));
    assert_eq!((job.state, job.version, job.attempts_max), (State::Ready, 1, None));

    let later =
        enqueue(&client, "'x', run_at => now() + interval '1 hour', attempts_max => 7, version => 2").await.unwrap();
    let job = store.job(later).await.unwrap().unwrap().job;
    assert_eq!((job.state, job.attempts_max, job.version), (State::Scheduled, Some(7), 2));
    assert_eq!((job.queue.as_str(), job.payload.as_str()), ("default", "null"));
    let waits_ms = job.run_at - job.enqueued_at;
    assert!((3_599_000..=3_601_000).contains(&waits_ms), "{job:?}");

    for sort in ["jsonb", "json", "text"] {
        let call = format!("'x', '{{\"b\":1, \"a\":2}}'::{sort}, queue => '{sort}'");
        let id = enqueue(&client, &call).await.unwrap();
        let kept = store.job(id).await.unwrap().unwrap().job.payload;
        let wanted = if sort == "jsonb" { "{\"a\": 2, \"b\": 1}" } else { "{\"b\":1, \"a\":2}" };
        assert_eq!(kept.as_str(), wanted, "{sort}");
        assert_eq!(claim(&store, sort).await.jobs[0].0.id, id);
    }
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn ids_from_sql_sort_by_the_time_of_their_making() {
    let schema = Schema::new();
    let _store = schema.store().await;
    let client = schema.client().await;
    let mut last = None;
    for _ in 0..20 {
        let id = enqueue(&client, "'x'").await.unwrap();
        let bytes = id.bytes();
        assert_eq!((bytes[6] >> 4, bytes[8] >> 6), (7, 0b10), "a UUIDv7: {id}");
        let time = bytes[..6].iter().fold(0_u64, |time, byte| time << 8 | u64::from(*byte));
        assert!(last.is_none_or(|last| time >= last));
        last = Some(time);
    }
    assert!(last.unwrap() > 1_700_000_000_000);
}

#[tokio::test]
async fn a_key_from_sql_keeps_others_out_whoever_enqueues_them() {
    let schema = Schema::new();
    let store = schema.store().await;
    let client = schema.client().await;
    let first = enqueue(&client, "'send', '{}', key => 'k'").await.unwrap();
    assert_eq!(enqueue(&client, "'send', '{}', key => 'k'").await.unwrap(), first);
    let unique = Some(Unique { key: Label::new("k").unwrap(), hold: Hold::Done });
    let answer = store.enqueue([NewJob { unique, ..job(1) }].into()).await.unwrap();
    assert_eq!((answer[0].id, answer[0].fresh), (first, false));
    let job = store.job(first).await.unwrap().unwrap().job;
    assert_eq!(job.unique.unwrap().hold, Hold::Remember(86_400_000), "as `once` does");
    for (hold, ms, kept) in [
        ("queued", "NULL", Hold::Queued),
        ("done", "NULL", Hold::Done),
        ("remember", "5", Hold::Remember(5)),
        ("period", "6", Hold::Period(6)),
    ] {
        let call = format!("'send', key => '{hold}', hold => '{hold}', hold_ms => {ms}");
        let id = enqueue(&client, &call).await.unwrap();
        assert_eq!(store.job(id).await.unwrap().unwrap().job.unique.unwrap().hold, kept);
    }
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn sql_refuses_what_the_store_refuses() {
    let schema = Schema::new();
    let store = schema.store().await;
    let client = schema.client().await;
    for call in [
        "NULL",
        "''",
        "'-a'",
        "'a b'",
        "'a;b'",
        "E'a\\nb'",
        "E'a\\n'",
        "repeat('a', 129)",
        "'é'",
        "'x', NULL::text",
        "'x', ''",
        "'x', '{'",
        "'x', '01'",
        "'x', repeat('[', 101) || repeat(']', 101)",
        "'x', '{\"a\":' || repeat('[{\"b\":', 50) || '1' || repeat('}]', 50) || '}'",
        "'x', '\"' || repeat('x', 1048575) || '\"'",
        "'x', queue => ''",
        "'x', queue => NULL",
        "'x', queue => 'schedules'",
        "'x', queue => 'schedules.mail'",
        "'banto.run'",
        "'x', priority => 10",
        "'x', priority => -1",
        "'x', priority => NULL",
        "'x', version => 0",
        "'x', version => 65536",
        "'x', attempts_max => 0",
        "'x', attempts_max => 1001",
        "'x', run_at => '1969-12-31 23:59:59Z'",
        "'x', run_at => '10000-01-01 00:00:00Z'",
        "'x', run_at => 'infinity'",
        "'x', key => ''",
        "'x', key => repeat('k', 256)",
        "'x', key => E'a\\tb'",
        "'x', key => U&'a\\200Bb'",
        "'x', key => U&'a\\+0E0001b'",
        "'x', key => 'k', hold => 'for ever'",
        "'x', key => 'k', hold => NULL",
        "'x', key => 'k', hold_ms => 0",
        "'x', key => 'k', hold_ms => 315360000001",
        "'x', key => 'k', hold => 'period', hold_ms => NULL",
    ] {
        let refused = enqueue(&client, call).await;
        assert!(refused.is_err(), "{call} gave {refused:?}");
    }
    assert_eq!(listed(&store).await, 0);
    // The other side of each edge is taken.
    for call in [
        "repeat('a', 128)",
        "'x', repeat('[', 100) || repeat(']', 100)",
        "'x', '\"' || repeat('[', 500) || '\\\"]\"'",
        "'x', '\"' || repeat('x', 1048574) || '\"'",
        "'banto.run', queue => 'schedules.mail'",
        "'x', queue => 'schedulesmail', run_at => '9999-12-31 23:59:59Z', attempts_max => 1000",
        "'x', key => repeat('番', 85)",
    ] {
        let id = enqueue(&client, call).await.unwrap_or_else(|refused| panic!("{call}: {refused}"));
        let card = store.job(id).await.unwrap().unwrap();
        assert_eq!(card.raw, None, "{call} was taken and cannot be read: {:?}", card.job.park);
    }
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

/// Whatever SQL takes as JSON the store can read. (What it refuses beyond that does no harm.)
#[tokio::test]
async fn sql_takes_no_json_that_the_store_cannot_read() {
    let schema = Schema::new();
    let store = schema.store().await;
    let client = schema.client().await;
    for text in [
        "1e400",
        "-0",
        "1.",
        ".5",
        "1e",
        "--1",
        "+1",
        "NaN",
        "Infinity",
        "nul",
        "tru",
        "'a'",
        "{a:1}",
        "[1,]",
        "{\"a\":1,}",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\\x\"",
        "\"\t\"",
        "\"\u{7f}\"",
        "\"\u{85}\"",
        "[1] [2]",
        "// a\n1",
        "\u{feff}1",
        "\u{a0}1",
        "\u{b}1",
        "\r\n\t 1",
        "\"\u{1}\"",
        "{\"a\":1,\"a\":2}",
        "123456789012345678901234567890",
        "\"\\\\\\\"\"",
        "[\"]\",\"[\"]",
    ] {
        let sent = client.query_one("SELECT enqueue('x', $1::text)::text", &[&text]).await;
        if let Ok(row) = sent {
            let id: JobId = row.get::<_, String>(0).parse().unwrap();
            let card = store.job(id).await.unwrap().unwrap();
            assert_eq!(card.raw, None, "{text:?} was taken and cannot be read");
            assert_eq!(card.job.payload.as_str(), text);
        } else {
            assert!(Payload::parse(text).is_err() || text.contains("\\ud"), "{text:?} is good JSON and was refused");
        }
    }
}

#[tokio::test]
async fn sql_cancels() {
    let schema = Schema::new();
    let store = schema.store().await;
    let client = schema.client().await;
    let cancel = async |id: JobId| -> String {
        client.query_one(&format!("SELECT cancel('{id}', 'ann')"), &[]).await.unwrap().get(0)
    };
    let waits = enqueue(&client, "'x', queue => 'mail', key => 'k', hold => 'done'").await.unwrap();
    assert_eq!(cancel(waits).await, "cancelled");
    let card = store.job(waits).await.unwrap().unwrap();
    assert_eq!((card.job.state, card.trail[0].text.as_str()), (State::Cancelled, "ann"));
    assert_eq!(store.holder(Label::new("k").unwrap()).await.unwrap(), None);
    let runs = enqueue(&client, "'x', queue => 'mail'").await.unwrap();
    assert_eq!(claim(&store, "mail").await.jobs[0].0.id, runs);
    assert_eq!([cancel(runs).await, cancel(runs).await, cancel(waits).await], ["asked", "nothing", "nothing"]);
    assert!(store.job(runs).await.unwrap().unwrap().job.cancel_asked);
    assert_eq!(cancel(job(9).id).await, "nothing");
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

/// An application's role needs the schema and nothing in it, and can do no more than enqueue and cancel.
#[tokio::test]
async fn a_role_without_rights_enqueues_and_reads_nothing() {
    let schema = Schema::new();
    let store = schema.store().await;
    let client = schema.client().await;
    let role = format!("app_{}", schema.name);
    client
        .batch_execute(&format!("CREATE ROLE {role}; GRANT USAGE ON SCHEMA {} TO {role}; SET ROLE {role}", schema.name))
        .await
        .unwrap();
    let id = enqueue(&client, "'x', queue => 'mail', key => 'k'").await.unwrap();
    assert_eq!(claim(&store, "mail").await.jobs[0].0.id, id);
    for table in ["job", "live", "ended", "key", "line", "meta"] {
        let refused = client.query(&format!("SELECT * FROM {table}"), &[]).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "42501", "{table}");
    }
    let refused = client.query("SELECT set_aside(ARRAY[gen_random_uuid()], ARRAY['x'], NULL)", &[]).await.unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "42501");
    client.batch_execute(&format!("RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}")).await.unwrap();
}
