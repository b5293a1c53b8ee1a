//! The chores as real processes: their forms, their exit codes, and what a crash leaves.

use std::{
    collections::BTreeSet,
    process::{Child, Command, Output, Stdio},
};

use banto::sqlite::rusqlite::{Connection, types::FromSql};
use serde_json::Value;
use tempfile::TempDir;

/// What would steer the program from outside the test.
const STEERING: [&str; 8] = [
    "BANTO_STORE",
    "BANTO_LOG",
    "MYTEACHER_FILES",
    "MYTEACHER_EXPORTS",
    "MYTEACHER_FREE_TOKENS",
    "MYTEACHER_KEEP_YEARS",
    "MYTEACHER_YEAR_ENDS",
    "MYTEACHER_OF_AGE",
];

/// As `kill -9`, when it is dropped: nothing of it goes on.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill(); // it may have ended
        let _ = self.0.wait();
    }
}

struct House(TempDir);

impl House {
    /// A house whose tables are there.
    fn new() -> House {
        let house = House(TempDir::new().unwrap());
        house.ends("cache clear", 0);
        house
    }

    fn command(&self, typed: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_myteacher"));
        command.args(typed.split_ascii_whitespace()).current_dir(self.0.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for name in STEERING {
            command.env_remove(name);
        }
        command
    }

    fn starts(&self, typed: &str) -> Child {
        self.command(typed).spawn().unwrap()
    }

    /// What it said, on the standard output and the standard error.
    #[track_caller]
    fn ends(&self, typed: &str, exit: i32) -> (String, String) {
        let Output { status, stdout, stderr } = self.command(typed).output().unwrap();
        let said = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
        assert_eq!(status.code(), Some(exit), "{typed}: {said:?}");
        assert!(!said.1.contains("panicked"), "{typed}: {said:?}");
        said
    }

    #[track_caller]
    fn json(&self, typed: &str) -> Value {
        let (out, _) = self.ends(&format!("{typed} --json"), 0);
        assert_eq!(out.lines().count(), 1, "{typed}: {out}");
        serde_json::from_str(&out).unwrap()
    }

    fn db(&self) -> Connection {
        Connection::open(self.0.path().join("storage/myteacher.db")).unwrap()
    }

    #[track_caller]
    fn one<T: FromSql>(&self, sql: &str) -> T {
        self.db().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// So many payments that nothing keeps.
    fn payments(&self, many: i64) {
        let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                   INSERT INTO payment_histories (id, payable_type, payable_id, stripe_payment_intent_id, amount, status, created_at, deleted_at)
                   SELECT i, 'group', 1, 'pi_' || i, i, 'succeeded', 0, 1 FROM n";
        self.db().execute(sql, [many]).unwrap();
    }

    fn payments_left(&self) -> i64 {
        self.one("SELECT count(*) FROM payment_histories")
    }

    /// The payments that are in an export, whole line by whole line.
    fn exported(&self) -> BTreeSet<i64> {
        let Ok(folder) = std::fs::read_dir(self.0.path().join("storage/exports")) else { return BTreeSet::new() };
        let texts = folder.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
        let lines = texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
        lines.filter_map(|line| serde_json::from_str::<Value>(&line).ok()?["row"]["id"].as_i64()).collect()
    }
}

#[test]
fn every_form_that_people_bring_along_is_the_command() {
    let house = House::new();
    for typed in [
        "payment clean-old-histories --dry-run",
        "payment:clean-old-histories --dry-run",
        "payments clean-old-histories --dry-run",
        "payments:clean-old-histories --dry-run",
        "payments:clean-old --dry-run",
        "payment clean-old --days 365 --yes",
        "notifications:delete-expired",
        "tokens:reset-free --dry-run",
        "group:reset-monthly-task-count",
        "reports:generate-monthly",
        "cache:clear",
        "users:delete-inactive",
        "subscription:cleanup-expired",
        "legal:delete-unconsented-minors --dry-run",
        "legal:delete-unconsented-minors --yes --days 30",
    ] {
        let said = house.json(typed);
        assert_eq!(said["due"], 0, "{typed}: {said}");
        assert_eq!(said["dry_run"], typed.contains("--dry-run"), "{typed}: {said}");
        let (out, _) = house.ends(typed, 0);
        assert!(!out.is_empty(), "{typed}");
    }
}

/// The old command asked, nobody answered, and it ended well with nothing done.
#[test]
fn c22_payments_are_not_cancelled_in_silence_where_nobody_can_be_asked() {
    let house = House::new();
    house.payments(3);
    let (out, err) = house.ends("payments:clean-old", 5);
    assert!(out.is_empty(), "{out}");
    assert_eq!(
        err,
        "myteacher: could not delete 3 payments: there is no terminal to ask on; say --yes if it is meant, or --dry-run to \
         only count; nothing was deleted\n"
    );
    assert_eq!((house.payments_left(), house.exported().len()), (3, 0));
    let (_, err) = house.ends("payments:clean-old --json", 5);
    assert_eq!(serde_json::from_str::<Value>(&err).unwrap()["exit"], 5);
    assert_eq!(house.json("payment:clean-old-histories --yes")["deleted"], 3);
    assert_eq!((house.payments_left(), house.exported()), (0, (1..=3).collect()));
}

#[test]
fn c22_minors_are_not_left_there_in_silence_where_nobody_can_be_asked() {
    let house = House::new();
    let sql = "INSERT INTO users (id, name, birth_date, parent_consent_asked_at) VALUES (1, 'u', '2999-01-01', 0)";
    house.db().execute(sql, []).unwrap();
    let (_, err) = house.ends("legal:delete-unconsented-minors", 5);
    assert!(err.contains("delete 1 minor without a parent's consent: there is no terminal"), "{err}");
    assert_eq!(house.one::<i64>("SELECT count(*) FROM users"), 1);
    assert_eq!(house.json("legal:delete-unconsented-minors --yes")["deleted"], 1);
    assert_eq!(house.one::<i64>("SELECT count(*) FROM users"), 0);
}

#[test]
fn what_means_nothing_is_refused() {
    let house = House::new();
    for typed in [
        "payment clean-old-histories --yes --dry-run",
        "payment clean-old-histories --days=-1",
        "payment clean-old-histories --year-ends 13",
        "notifications delete-expired --days x",
        "reports generate-monthly --month 2026-13",
        "reports generate-monthly --month 9999-01",
        "legal delete-unconsented-minors --days 0",
        "executions clean --months 0",
        "users delete-inactive --files gs://bucket",
    ] {
        let (out, err) = house.ends(typed, 2);
        assert!(out.is_empty() && err.starts_with("myteacher: could not "), "{typed}: {err}");
    }
}

#[test]
fn a_part_that_failed_is_told_by_the_exit_code() {
    let house = House::new();
    house
        .db()
        .execute_batch(
            "INSERT INTO users (id, name, deleted_at) VALUES (1, 'a', 0), (2, 'b', 0);
             CREATE TRIGGER broken BEFORE DELETE ON users WHEN old.id = 1 BEGIN SELECT RAISE(ABORT, 'the disk broke'); END",
        )
        .unwrap();
    let (out, _) = house.ends("users delete-inactive", 1);
    assert!(out.contains("1 user was deleted") && out.contains("could not delete user 1: "), "{out}");
}

#[test]
fn two_processes_at_once_delete_each_payment_once() {
    let house = House::new();
    house.payments(1_500);
    let both = [0, 1].map(|_| house.starts("payments:clean-old --yes --json"));
    let deleted = both.map(|child| {
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        assert_eq!(status.code(), Some(0), "{}", String::from_utf8_lossy(&stderr));
        serde_json::from_slice::<Value>(&stdout).unwrap()["deleted"].as_i64().unwrap()
    });
    assert_eq!(deleted.iter().sum::<i64>(), 1_500, "{deleted:?}");
    assert_eq!((house.payments_left(), house.exported().len()), (0, 1_500));
}

/// Its deletion never ends: what was written away is on the disk, the store is held, and then it is killed.
#[test]
fn a_process_killed_between_export_and_deletion_leaves_both() {
    let house = House::new();
    house.payments(3);
    let db = house.db();
    db.execute_batch(
        "CREATE VIEW endless AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;
         CREATE TRIGGER stuck BEFORE DELETE ON payment_histories BEGIN SELECT sum(i) FROM endless; END",
    )
    .unwrap();
    db.busy_timeout(std::time::Duration::ZERO).unwrap();
    let mut child = Killed(house.starts("payment:clean-old-histories --yes"));
    let held = || match db.execute_batch("BEGIN IMMEDIATE") {
        Ok(()) => db.execute_batch("ROLLBACK").is_err(),
        Err(_) => true,
    };
    let mut looks = 0; // at a store that is held, with nothing written away
    while house.exported().len() < 3 || !held() {
        assert_eq!(child.0.try_wait().unwrap(), None, "it is stuck in its deletion");
        looks = if held() { looks + 1 } else { 0 };
        assert!(looks < 200_000, "it deletes, and has written nothing away");
        std::thread::yield_now();
    }
    drop(child);
    assert_eq!((house.payments_left(), house.exported().len()), (3, 3));

    house.db().execute_batch("DROP TRIGGER stuck; DROP VIEW endless").unwrap();
    assert_eq!(house.json("payment:clean-old-histories --yes")["deleted"], 3);
    assert_eq!((house.payments_left(), house.exported()), (0, (1..=3).collect()));
    assert_eq!(std::fs::read_dir(house.0.path().join("storage/exports")).unwrap().count(), 2);
}
