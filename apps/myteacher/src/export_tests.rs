//! Tests of exports: what is written can be read back, is nobody else's to read, and only what is written is deleted.

use std::os::unix::fs::PermissionsExt;

use super::*;

fn place() -> (tempfile::TempDir, To) {
    let folder = tempfile::tempdir().unwrap();
    let to = To { folder: folder.path().join("a/b") };
    (folder, to)
}

fn db() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    crate::table::migrate(&db).unwrap();
    db
}

fn kept(db: &Connection, sql: &str) -> Vec<Kept> {
    rows(db, sql, []).unwrap().into_iter().map(|row| Kept { table: "users".into(), row }).collect()
}

#[tokio::test]
async fn what_is_written_is_read_back_line_by_line() {
    let (_folder, to) = place();
    let db = db();
    db.execute_batch("INSERT INTO users (id, name) VALUES (1, 'Hana\nko \"x\"'), (2, '太郎'), (3, '')").unwrap();
    let mut export = Export::new(&to, "users", 1_764_547_200_000);
    assert_eq!(export.path(), None, "nothing was written, so there is no file");
    export.write(&kept(&db, "SELECT * FROM users WHERE id < 3")).await.unwrap();
    export.write(&kept(&db, "SELECT * FROM users WHERE id = 3")).await.unwrap();
    let path = export.path().unwrap();
    assert!(path.file_name().unwrap().to_str().unwrap().starts_with("users-20251201T000000Z-"), "{path:?}");
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["table"], "users");
    assert_eq!(lines[0]["row"]["name"], "Hana\nko \"x\"");
    assert_eq!(lines[1]["row"]["name"], "太郎");
    assert_eq!((&lines[2]["row"]["id"], &lines[2]["row"]["deleted_at"]), (&json!(3), &Value::Null));
}

#[tokio::test]
async fn only_the_owner_may_read_it_and_no_name_is_taken_twice() {
    let (_folder, to) = place();
    let row = [Kept { table: "users".into(), row: Row::new() }];
    let mut names = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let mut export = Export::new(&to, "users", 0);
        export.write(&row).await.unwrap();
        let path = export.path().unwrap();
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        names.insert(path.to_owned());
    }
    assert_eq!(names.len(), 20);
    assert_eq!(std::fs::metadata(&to.folder).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn a_place_that_cannot_be_is_an_error_in_words() {
    let (folder, _) = place();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let to = To { folder: folder.path().join("file/exports") };
    let mut export = Export::new(&to, "users", 0);
    let error = export.write(&[]).await.unwrap_err();
    assert!(matches!(error, Error::Export(_)) && export.path().is_none());
    assert!(error.to_string().contains("file/exports/users-19700101T000000Z-"), "{error}");
}

#[test]
fn bytes_that_are_no_text_are_hexadecimal() {
    let row = rows(&db(), "SELECT x'00ff' AS a, CAST(x'61ff' AS TEXT) AS b, 1.5 AS c, NULL AS d, 7 AS e", []).unwrap();
    assert_eq!(json!(row), json!([{ "a": "00ff", "b": "61ff", "c": 1.5, "d": null, "e": 7 }]));
}

#[test]
fn only_rows_that_still_are_as_written_are_deleted() {
    let db = db();
    db.execute_batch("INSERT INTO users (id, name) VALUES (1, 'a'), (2, 'b'), (3, 'c')").unwrap();
    let written = kept(&db, "SELECT * FROM users ORDER BY id");
    db.execute_batch("UPDATE users SET name = 'back again' WHERE id = 2; DELETE FROM users WHERE id = 3").unwrap();
    assert_eq!(delete_unchanged(&db, &written).unwrap(), 1);
    assert_eq!(json!(rows(&db, "SELECT id, name FROM users", []).unwrap()), json!([{ "id": 2, "name": "back again" }]));
}

#[test]
fn all_that_follows_a_row_is_found_however_far_and_once() {
    let db = db();
    db.execute_batch(
        "INSERT INTO users (id, name) VALUES (1, 'a'), (2, 'b');
         INSERT INTO teacher_avatars (id, user_id, look, run, job, estimated_token_usage, created_at, updated_at)
           VALUES (5, 1, '{}', 'r', 'j', 1, 0, 0), (6, 2, '{}', 's', 'k', 1, 0, 0);
         INSERT INTO avatar_comments (teacher_avatar_id, event_type, run, comment_text, created_at) VALUES (5, 'login', 'r', 'hi', 0);
         INSERT INTO avatar_drawings (teacher_avatar_id, run, picture, path, model, seed, created_at) VALUES (5, 'r', 'p', 'q', 'm', 1, 0);
         INSERT INTO ai_usage_logs (teacher_avatar_id, user_id, run, item, provider, model, units, token_cost, created_at)
           VALUES (5, 1, 'r', 'login', 'x', 'y', 1, 2, 0);
         INSERT INTO token_balances (user_id) VALUES (1), (2);
         INSERT INTO notification_templates (id, sender_id, type, priority, title, message, created_at) VALUES (9, 1, 't', 'info', 'x', 'y', 0);
         INSERT INTO user_notifications (user_id, notification_template_id) VALUES (1, 9), (2, 9);",
    )
    .unwrap();
    let mut found: Vec<String> = with_followers(&db, "users", 1).unwrap().into_iter().map(|kept| kept.table).collect();
    found.sort();
    let wanted = [
        "ai_usage_logs",
        "avatar_comments",
        "avatar_drawings",
        "notification_templates",
        "teacher_avatars",
        "token_balances",
        "user_notifications",
        "user_notifications",
        "users",
    ];
    assert_eq!(found, wanted, "what the other user received of this one's words goes too");
    let before: i64 = total(&db);
    db.execute("DELETE FROM users WHERE id = 1", []).unwrap();
    assert_eq!(before - total(&db), 9, "what was found is what the store deletes");
    assert_eq!(with_followers(&db, "users", 1).unwrap(), []);
}

/// How many rows there are in all tables.
fn total(db: &Connection) -> i64 {
    let mut tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let count = |table: String| -> i64 {
        db.query_row(&format!("SELECT count(*) FROM \"{table}\""), [], |row| row.get(0)).unwrap()
    };
    tables.into_iter().map(count).sum()
}
