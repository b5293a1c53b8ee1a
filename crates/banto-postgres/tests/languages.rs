//! Other languages enqueue inside their own transactions: psql and Python. A job of one that is rolled back never was.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::process::Command;

use banto_core::JobId;

mod place;
use place::{Schema, claim, listed};

#[tokio::test]
async fn psql_enqueues_inside_its_own_transaction() {
    let schema = Schema::new();
    let store = schema.store().await;
    let script = format!(
        "BEGIN; CREATE TABLE {0}.order_of (n int); INSERT INTO {0}.order_of VALUES (1);
         SELECT {0}.enqueue('send', '{{\"from\":\"psql\"}}', queue => 'mail'); COMMIT;
         BEGIN; SELECT {0}.enqueue('send', '{{\"from\":\"nobody\"}}', queue => 'mail'); ROLLBACK;",
        schema.name
    );
    let ran = Command::new("psql").args([schema.server(), "-v", "ON_ERROR_STOP=1", "-qAtc", &script]).output();
    let ran = ran.unwrap_or_else(|error| panic!("psql cannot be run ({error}): install PostgreSQL's client"));
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let jobs = claim(&store, "mail").await.jobs;
    assert_eq!(jobs.iter().map(|(job, _)| job.payload.as_str()).collect::<Vec<_>>(), ["{\"from\":\"psql\"}"]);
    assert_eq!(listed(&store).await, 1, "the rolled back one never was");
}

const PYTHON: &str = r#"
import json, sys, pg8000.dbapi
server, schema = sys.argv[1:]
host, port = server.split("@")[1].split("/")[0].split(":")
db = pg8000.dbapi.connect(user="postgres", host=host, port=int(port), database="postgres")
call = "SELECT %s.enqueue(%%s, %%s::jsonb, queue => 'mail', key => %%s)::text" % schema
def enqueue(payload, key):
    cursor = db.cursor()
    cursor.execute(call, ("send", json.dumps(payload), key))
    return cursor.fetchone()[0]
kept = enqueue({"from": "python", "name": "番頭 '; DROP TABLE job; --"}, "py")
db.commit()
assert enqueue({"from": "python again"}, "py") == kept
enqueue({"from": "nobody"}, "gone")
db.rollback()
print(kept)
"#;

/// By python3 with pg8000, which the first run installs beside the build. Without them this fails, unless it is told so by
/// `BANTO_TEST_WITHOUT=python`.
#[tokio::test]
async fn python_enqueues_inside_its_own_transaction() {
    if std::env::var("BANTO_TEST_WITHOUT").is_ok_and(|without| without.contains("python")) {
        eprintln!("NOT TESTED: that Python enqueues inside its own transaction (BANTO_TEST_WITHOUT=python)");
        return;
    }
    let schema = Schema::new();
    let store = schema.store().await;
    let ran = Command::new(python()).args(["-c", PYTHON, schema.server(), &schema.name]).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let id: JobId = String::from_utf8(ran.stdout).unwrap().trim().parse().unwrap();
    let jobs = claim(&store, "mail").await.jobs;
    assert_eq!(jobs.iter().map(|(job, _)| job.id).collect::<Vec<_>>(), [id]);
    let payload: serde_json::Value = jobs[0].0.payload.read().unwrap();
    assert_eq!(payload["name"], "番頭 '; DROP TABLE job; --");
    assert_eq!(listed(&store).await, 1);
}

/// A Python that has the driver.
fn python() -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("pg8000");
    let python = folder.join("bin/python3");
    if !folder.join("ready").exists() {
        let run = |command: &mut Command| {
            let ran = command.output();
            let said = ran.as_ref().map(|ran| String::from_utf8_lossy(&ran.stderr).into_owned());
            let good = ran.as_ref().is_ok_and(|ran| ran.status.success());
            assert!(good, "python3 with pg8000 cannot be had: {command:?}: {said:?}; or set BANTO_TEST_WITHOUT=python");
        };
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
        run(Command::new(&python).args([
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
            "pg8000>=1.30,<2",
        ]));
        std::fs::write(folder.join("ready"), "").unwrap();
    }
    python
}
