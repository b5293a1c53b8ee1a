//! How SQLite means to carry out the statements that every job meets: by an index, without a scan and without sorting.

use rusqlite::{Connection, params_from_iter, types::Value};

use banto_core::State;

use crate::{claim, damage, enqueue, finish, fire, ledger, migrate, pages, prune, reads, row};

/// The plan of a statement, a line a step. Every loop over a table is "SEARCH" (by index or key) or "SCAN" (all of it).
fn plan(db: &Connection, sql: &str) -> Vec<String> {
    let mut explain = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let values = vec![Value::Null; explain.parameter_count()];
    explain.query_map(params_from_iter(values), |row| row.get(3)).unwrap().map(Result::unwrap).collect()
}

fn schema() -> Connection {
    let mut db = Connection::open_in_memory().unwrap();
    migrate::migrate(&mut db).unwrap();
    db
}

#[test]
fn no_hot_statement_scans_or_sorts() {
    let db = schema();
    let any = format!("{} WHERE j.id = ?1", row::ANY);
    let hot = [
        enqueue::ONE,
        enqueue::LINE_UP,
        claim::DUE,
        claim::NEXT,
        &claim::LINE,
        claim::LAST,
        claim::TAKE,
        &claim::LEASE,
        &claim::LEASES,
        finish::FIND,
        &finish::DONE,
        &finish::DONE_NEW,
        &finish::DONE_ALL,
        finish::FREE,
        fire::REGISTERED,
        fire::FATE,
        fire::ROW,
        fire::LAST,
        fire::UNMISS,
        ledger::OF_FATE,
        ledger::OF_SCHEDULE,
        &any,
    ];
    for sql in hot {
        for step in plan(&db, sql) {
            let constant = step.contains("CONSTANT ROW") || step.contains("VALUES CLAUSE");
            assert!(constant || !step.starts_with("SCAN"), "{step}\n{sql}");
            assert!(!step.contains("TEMP B-TREE"), "{step}\n{sql}");
        }
    }
}

/// What is done every few seconds, or for a page of a list, may sort a few rows; it may not read all jobs.
#[test]
fn no_statement_of_a_loop_or_a_list_scans_the_jobs() {
    let db = schema();
    let places: Vec<&str> = State::ALL.into_iter().map(pages::place).collect();
    let regular = [reads::DIED, prune::OLD, ledger::OLD, &damage::STRANGE, &damage::OVER, damage::LOST];
    for sql in places.into_iter().chain(regular) {
        for step in plan(&db, sql) {
            let all = ["banto_job", "j", "banto_done", "d"].iter().any(|table| step == format!("SCAN {table}"));
            assert!(!all, "{step}\n{sql}");
        }
    }
}

#[test]
fn the_line_is_read_in_its_own_order() {
    let plan = plan(&schema(), &claim::LINE).join("\n");
    assert!(plan.contains("SEARCH r USING PRIMARY KEY (queue=?)"), "{plan}");
    assert!(plan.contains("SEARCH j USING INTEGER PRIMARY KEY (rowid=?)"), "{plan}");
}

#[test]
fn the_test_would_notice_a_scan() {
    let plan = plan(&schema(), "SELECT * FROM banto_job WHERE kind = ?1 ORDER BY kind, error");
    assert!(plan.iter().any(|step| step.starts_with("SCAN")) && plan.iter().any(|step| step.contains("TEMP B-TREE")));
}
