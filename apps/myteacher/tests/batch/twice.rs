//! Two containers at once, and one that dies: nothing is made twice, nobody is told twice, nothing is lost.

use super::desk::Desk;
use banto::sqlite::rusqlite::{Connection, TransactionBehavior};
use myteacher::batch::{
    Batch, Chance,
    ledger::{Due, Over},
    make::{self, Made},
    scheduled_task,
};
use myteacher::error::Error;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_containers_at_once_make_each_due_instant_once() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    for _ in 0..20 {
        desk.plan("daily 10:00 | daily 10:05", "missed = 'all:100'").await;
    }
    let second = Batch { tables: desk.second().await, chance: Chance::seeded(8) };
    let first = desk.batch();
    for day in 1..=3 {
        desk.set(&format!("2026-12-0{day}T01:05:00Z"));
        let (one, other) = tokio::join!(
            tokio::spawn({
                let first = first.clone();
                async move { first.execute().await }
            }),
            tokio::spawn({
                let second = second.clone();
                async move { second.execute().await }
            }),
        );
        let (one, other) = (one.unwrap().unwrap(), other.unwrap().unwrap());
        let made = |done: &myteacher::batch::run::Done| done.lines.iter().map(|line| line.success).sum::<usize>();
        assert_eq!(made(&one) + made(&other), 40, "each counts what it did itself");
        assert_eq!(one.told + other.told, 60, "the tasks of the second instant are news; those it removed are none");
    }
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks").await, 20 * 2 * 3 * 3);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks WHERE deleted_at IS NULL").await, 20 * 3);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM user_notifications").await, 3 * 60);
}

#[tokio::test]
async fn whoever_comes_second_finds_the_row_and_makes_nothing() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let id = desk.plan("daily 10:00", "").await;
    let due = Due { at_ms: super::desk::ms("2026-12-01T01:00:00Z"), local: "x".into(), note: String::new() };
    let now = due.at_ms;
    let make = |db: &Connection| {
        let task = scheduled_task::find(db, id).unwrap().unwrap();
        make::make(db, &task, &due, Over::Nothing, false, &Chance::seeded(1), now).unwrap()
    };
    // Two connections of their own, and transactions one behind the other, as SQLite lets them.
    let path = desk.folder.path().join("jobs.db");
    for wanted in [true, false] {
        let mut db = Connection::open(&path).unwrap();
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        let made = make(&tx);
        assert_eq!(matches!(made, Made::Tasks { .. }), wanted, "{made:?}");
        tx.commit().unwrap();
    }
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks").await, 3);
    let double = "INSERT INTO scheduled_task_executions (scheduled_task_id, due_at, due_local, executed_at, status, created_at, updated_at)
                  SELECT scheduled_task_id, due_at, due_local, 0, 'success', 0, 0 FROM scheduled_task_executions";
    let refused = desk.tables.write(move |db| Ok::<_, Error>(db.execute(double, [])?)).await.unwrap_err().to_string();
    assert!(refused.contains("UNIQUE"), "the table itself keeps a second row out: {refused}");
}

#[tokio::test]
async fn a_crash_between_the_tasks_and_the_words_is_made_up_for_by_the_next_run() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let id = desk.plan("daily 10:00", "").await;
    desk.set("2026-12-01T01:00:00Z");
    let due = Due { at_ms: super::desk::ms("2026-12-01T01:00:00Z"), local: "x".into(), note: String::new() };
    let now = due.at_ms;
    // What a run had committed when it died: the tasks and their row, and nobody told, and nothing accounted for.
    let made = desk.tables.write(move |db| {
        let task = scheduled_task::find(db, id)?.unwrap();
        make::make(db, &task, &due, Over::Nothing, false, &Chance::seeded(1), now)
    });
    assert!(matches!(made.await.unwrap(), Made::Tasks { .. }));
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM user_notifications").await, 0);
    let done = desk.run().await;
    assert_eq!((done.told, done.lines[0].success), (3, 0));
    assert_eq!(desk.run().await.told, 0, "once");
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM user_notifications").await, 3);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM tasks").await, 3);
}

#[tokio::test]
async fn a_scheduled_task_that_is_changed_while_a_run_looks_at_it_is_left_to_the_next() {
    let desk = Desk::at("2026-12-01T00:00:00Z").await;
    let id = desk.plan("daily 10:00", "").await;
    let due = Due { at_ms: super::desk::ms("2026-12-01T01:00:00Z"), local: "x".into(), note: String::new() };
    let read = desk.tables.read(move |db| Ok::<_, Error>(scheduled_task::find(db, id)?.unwrap())).await.unwrap();
    desk.set("2026-12-01T01:00:00Z");
    desk.types(&format!("scheduled-tasks pause {id}")).await;
    let now = due.at_ms;
    let made = desk.tables.write(move |db| make::make(db, &read, &due, Over::Nothing, false, &Chance::seeded(1), now));
    assert_eq!(made.await.unwrap(), Made::Changed);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM scheduled_task_executions").await, 0);
}
