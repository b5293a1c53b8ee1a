//! How SQLite means to carry out the statements that every job meets: by an index, without a scan and without sorting.

use rusqlite::{Connection, params_from_iter, types::Value};

use crate::{claim, enqueue, finish, migrate, row};

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
        &finish::DONE_ALL,
        finish::FREE,
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
